"""The real domains of ../shared/real as a fleet on NSD; where they are absent, made-up ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench import fleet, generated_fleet
from tests.bench.fleet import Fleet
from tests.support.shared import SHARED

RECORDS = SHARED / "real" / "records.jsonl.gz"
MAKE_ZONE = SHARED / "tools" / "make_zone.py"

INCLUDE = "_spf.google.com"
ADDRESSES = ("74.125.1.1", "2001:4860:4864::25")
STAND_INS = 25_000
"""Made-up domains where the real ones are absent."""


@contextmanager
def served(
    where: Path, include: str, addresses: Sequence[str], *, most: int | None = None
) -> Iterator[Fleet]:
    """The whole real fleet on NSD, or its first `most` domains; a company a domain, sending as itself."""
    with fleet.served(where, zone(where), include, addresses, most=most) as made:
        yield made


@contextmanager
def served_or_stand_in(where: Path, *, most: int | None = None) -> Iterator[Fleet]:
    """The real fleet for the include of a large sender; a made-up one where the records are absent."""
    if RECORDS.exists():
        with served(where, INCLUDE, ADDRESSES, most=most) as made:
            yield made
        return
    generated_fleet.write(where / "zone", STAND_INS)
    include, addresses = generated_fleet.INCLUDE, generated_fleet.ADDRESSES
    with fleet.served(where, where / "zone", include, addresses, most=most) as made:
        yield made


def zone(where: Path) -> Path:
    """The folder with `root.zone` and `domains.txt`, made the first time."""
    made = where / "zone"
    if not (made / "root.zone").exists():
        maker = [sys.executable, str(MAKE_ZONE), str(RECORDS), str(made)]
        subprocess.run(maker, check=True, capture_output=True)
    return made


def description() -> str:
    """Which fleet `served_or_stand_in` serves."""
    return "real records" if RECORDS.exists() else "made-up records: ../shared/real is absent"
