"""Nothing but scanning, through a name server that keeps failing: does anything grow?

    python -m tests.bench.soak --minutes 30 [--domains N]

Scans the whole fleet again and again in this one process, through `tests.bench.faults`, each scan with a resolver of
its own on one database, as the command does. Prints, every minute (`--every` seconds), memory, open files and
sockets, and tasks; at the end whether they grew: memory as the median of the last third against that of the middle
one, files and tasks as they are between scans. Exit 1 if something grew.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import faults, needed, real_fleet, relay
from tests.bench.fleet import Fleet
from tests.bench.measured import descendants
from tests.bench.where_time_goes import scanned

MARGIN_MB = 20
"""Memory that may come and go between two medians."""

LEAST_SAMPLES = 9


@dataclass(frozen=True, slots=True)
class Look:
    """The scan's processes at one moment. `seconds` since the start; `memory` in MB, what they share counted for each;
    `tasks` of this process."""

    seconds: float
    memory: float
    files: int
    tasks: int


@dataclass(slots=True)
class Record:
    """All looks: every few seconds, and `between` scans, when nothing of a scan should be left.

    `servers`: the processes that this one had before it scanned, and which are not looked at.
    """

    servers: frozenset[int] = frozenset()
    began: float = field(default_factory=time.monotonic)
    looks: list[Look] = field(default_factory=list)
    between: list[Look] = field(default_factory=list)
    scans: int = 0
    domains: int = 0
    queries: int = 0
    unknown: int = 0

    def look(self) -> Look:
        pids = [pid for pid in descendants(os.getpid()) if pid not in self.servers]
        memory, files = (sum(counts) for counts in zip(*map(_counts, pids), strict=True))
        return Look(time.monotonic() - self.began, memory, files, len(asyncio.all_tasks()))


def _counts(pid: int) -> tuple[float, int]:
    """Megabytes in memory, and open files and sockets, of one process; none of one that is over."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(os.listdir(f"/proc/{pid}/fd"))
    return 0.0, 0


def growth(record: Record) -> list[str]:
    """What grew, in words; empty when nothing did, "too short to tell" when that cannot be told."""
    grown = []
    if len(record.looks) < LEAST_SAMPLES:
        grown.append(
            f"too short to tell: {len(record.looks)} looks at the memory, {LEAST_SAMPLES} are needed"
        )
    else:
        third = len(record.looks) // 3
        middle, last = (
            statistics.median(look.memory for look in looks)
            for looks in (record.looks[third : 2 * third], record.looks[2 * third :])
        )
        if last > middle + MARGIN_MB:
            grown.append(
                f"memory grew: {middle:.0f} MB in the middle third, {last:.0f} MB in the last (medians)"
            )
    for what in ("files", "tasks"):
        counts = [getattr(look, what) for look in record.between]
        if len(counts) > 1 and counts[-1] > counts[0]:
            grown.append(f"{what} between scans grew: {counts[0]} at first, {counts[-1]} at the end")
    return grown


async def _soak(made: Fleet, minutes: float, every: float) -> Record:
    servers = frozenset(descendants(os.getpid())) - {os.getpid()}
    record = Record(servers=servers)
    looking = asyncio.create_task(_look(record, every))
    end = record.began + 60 * minutes
    with suppress(TimeoutError):
        await _scan(made, record)  # the first one opens what stays open
        while time.monotonic() < end:
            async with asyncio.timeout(end - time.monotonic()):
                await _scan(made, record)
    looking.cancel()
    return record


async def _scan(made: Fleet, record: Record) -> None:
    try:
        summary = await scanned(made)
        record.scans += 1
        record.domains += summary.domains
        record.queries += summary.queries
        record.unknown += summary.unknown
    finally:
        await _settled(record)


async def _settled(record: Record) -> None:
    """Look when what was closed has had a turn of the loop to go."""
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    record.between.append(record.look())


async def _look(record: Record, every: float) -> None:
    told = -every
    while True:
        record.looks.append(look := record.look())
        if look.seconds >= told + every:
            told = look.seconds
            print(
                f"  {look.seconds / 60:5.1f} min  {look.memory:5.0f} MB  {look.files:4} files  {look.tasks:5} tasks  "
                f"{record.scans} scans of {record.domains} domains done",
                flush=True,
            )
        await asyncio.sleep(min(5.0, every))


def _report(record: Record, said: object) -> int:
    print(
        f"\n{record.scans} scans, {record.domains} domains, {record.queries} queries, {record.unknown} unknown; {said}"
    )
    for look in record.between[:1] + record.between[-1:]:
        print(
            f"  after a scan at {look.seconds:6.0f} s: {look.memory:.0f} MB, {look.files} files, {look.tasks} tasks"
        )
    grown = growth(record)
    print("nothing grew" if not grown else "\n".join(grown))
    return 1 if grown else 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    args = parser.parse_args(arguments)
    if missing := needed.missing("nsd"):
        print(missing, file=sys.stderr)
        return 3
    with (
        tempfile.TemporaryDirectory() as place,
        real_fleet.served_or_stand_in(Path(place), most=args.domains) as made,
        relay.running(made.address, module=faults.__name__) as way,
    ):
        failing = made.asking(way.address, "soak")
        failing.take_in()
        record = asyncio.run(_soak(failing, args.minutes, args.every))
    return _report(record, way.said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
