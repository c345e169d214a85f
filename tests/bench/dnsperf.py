"""dnsperf over a list of questions: as fast as the name server answers on this machine. The ceiling."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.needed import program
from tests.bench.questions import Question

_PLAIN = re.compile(r"[a-z0-9_*-]+(\.[a-z0-9_*-]+)*")
_RATE = re.compile(r"Queries per second:\s+([\d.]+)")
_LOST = re.compile(r"Queries lost:\s+(\d+)")

CLIENTS, OUTSTANDING = 8, 1000
PATIENCE = 1
"""Seconds after which a query is lost, and another one takes its place."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`rate`: queries a second. `lost`: queries that were not answered in time."""

    rate: float
    lost: int


def write(questions: Sequence[Question], target: Path) -> int:
    """Write a file of questions; how many were left out because their names would need escapes."""
    plain = [(name, type) for name, type in questions if _PLAIN.fullmatch(name)]
    target.write_text("".join(f"{name} {type}\n" for name, type in plain))
    return len(questions) - len(plain)


def run(address: str, questions: Path, seconds: float, *, outstanding: int = OUTSTANDING) -> Ceiling:
    """Ask them over and over, for so many seconds; `outstanding` queries at a time."""
    host, _, port = address.rpartition(":")
    asked = ["-s", host, "-p", port, "-d", str(questions), "-l", f"{seconds:g}"]
    options = ["-c", str(CLIENTS), "-q", str(outstanding), "-t", str(PATIENCE), "-e", "-b", "4096"]
    found = subprocess.run(
        [program("dnsperf") or "dnsperf", *asked, *options], check=True, capture_output=True, text=True
    ).stdout
    rate, lost = _RATE.search(found), _LOST.search(found)
    if rate is None or lost is None:
        raise SystemExit(f"dnsperf said nothing of its rate:\n{found}")
    return Ceiling(float(rate.group(1)), int(lost.group(1)))
