"""A command run as a process of its own: how long, how much CPU, how much memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.needed import ROOT

PEEK = 0.2
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """`seconds` by the clock and `cpu` seconds, from start to end, children too; `peak`: megabytes at most, of all
    its processes at once; `said`: the JSON object on its standard output."""

    seconds: float
    cpu: float
    peak: float
    said: dict[str, Any]


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Run:
    """Run `python …`, which prints one JSON object; SystemExit with what it said when it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        out, usage, most = _until_it_ends(process)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"python {' '.join(arguments)}: exit {process.returncode}\n{errors.read()}")
    return Run(time.monotonic() - began, usage.ru_utime + usage.ru_stime, most / 1e6, json.loads(out))


def _until_it_ends(process: subprocess.Popen[str]) -> tuple[str, resource.struct_rusage, int]:
    """What it printed, what it used (with its children that ended), and its family's memory at most, in octets."""
    family = _Family(process.pid)
    family.start()
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    family.stop()
    return out, usage, family.most


class _Family(threading.Thread):
    """Watches the memory of a process and its descendants together.

    `ru_maxrss` would not do: it knows the largest process alone, and starts at what the one had that forked it.
    """

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._over.wait(PEEK):
            members = list(descendants(self._root))
            together = (
                sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in members) if len(members) > 1 else 0
            )
            self.most = max(self.most, 1024 * together, 1024 * _kilobytes(self._root, "status", "VmHWM:"))

    def stop(self) -> None:
        self._over.set()
        self.join()


def descendants(pid: int) -> Iterator[int]:
    """The process, its children, theirs, and so on."""
    yield pid
    for task in _read(Path(f"/proc/{pid}/task"), "children"):
        yield from descendants(int(task))


def _read(tasks: Path, name: str) -> list[str]:
    try:
        return [word for task in tasks.iterdir() for word in (task / name).read_text().split()]
    except OSError:  # it ended meanwhile, or this system has no /proc
        return []


def _kilobytes(pid: int, file: str, field: str) -> int:
    """VmHWM: the most that it ever had; Pss: what it has, with parts of what it shares with others."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
