"""Where the CPU time of a scan goes, by room: a sampling view of one scan in this process.

    make bench PROFILE=1 BENCH="--domains 3000"

Every few milliseconds of CPU the process is looked at: the time since the last look goes to the nearest frame of
ours on the stack, in the thread that used it (the event loop's, or the one that works on the database). Time in
libraries and in C counts for whoever called them; what has nobody of ours on the stack is the event loop's.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

from checks.platform import Platform
from checks.resolver import LiveResolver
from data.engine import open_engine
from data.worker import scan
from data.worker.member import collect_seldom
from data.worker.scan import ScanSummary
from tests.bench import needed, real_fleet
from tests.bench.fleet import Fleet

EVERY = 0.002
"""Seconds of CPU between two looks."""

ROOMS = (
    # the first that fits, by the start of the file's path inside the project
    ("resolver: transport", ("checks/resolver/transport", "checks/resolver/stream")),
    (
        "resolver: wire",
        tuple(f"checks/resolver/{name}" for name in ("wire", "rdata", "message", "reading", "names")),
    ),
    ("resolver: cache", ("checks/resolver/cache",)),
    ("resolver: live", ("checks/resolver/", "checks/lookup")),
    ("judge: SPF", ("checks/spf/",)),
    ("judge: DMARC", ("checks/dmarc/",)),
    ("judge: MX", ("checks/mx/",)),
    (
        "judge: the rest",
        ("checks/diagnosis", "checks/profile", "checks/providers", "checks/domain_name", "checks/smtp"),
    ),
    ("fleet", ("checks/fleet",)),
    ("scan", ("data/worker/",)),
    ("store", ("data/",)),
    ("judge: the rest", ("checks/",)),
)
LOOP = "event loop"


class Sampler:
    """Looks at the process by its CPU time. For the main thread; `seconds` by room, file and function."""

    def __init__(self) -> None:
        self.seconds: Counter[tuple[str, str, str]] = Counter()
        self._main = threading.main_thread().ident
        self._used = self._used_here = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._used, self._used_here = time.process_time(), time.thread_time()
        before = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        used, here = time.process_time(), time.thread_time()
        main = here - self._used_here
        others = used - self._used - main  # at times a little less than nothing: two clocks
        self._used, self._used_here = used, here
        self.seconds[place(frame)] += main
        threads = [f for ident, f in sys._current_frames().items() if ident != self._main]
        busy = next((p for p in map(place, threads) if p[0] != LOOP), (LOOP, "other threads", ""))
        self.seconds[busy] += others


def place(frame: FrameType | None) -> tuple[str, str, str]:
    """Room, file and function of the nearest frame of the project's."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_HERE) and not path.startswith(_NOT_OURS):
            inside = path[len(_HERE) :]
            return room(inside), inside, frame.f_code.co_name
        frame = frame.f_back
    return LOOP, "asyncio and what it calls", ""


_HERE = f"{needed.ROOT}/"
_NOT_OURS = (f"{_HERE}tests/", f"{_HERE}.venv/")


def room(path: str) -> str:
    """The room of a file, by its path inside the project."""
    return next((name for name, starts in ROOMS if path.startswith(starts)), "other")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    args = parser.parse_args(arguments)
    if missing := needed.missing("nsd"):
        print(missing, file=sys.stderr)
        return 3
    with (
        tempfile.TemporaryDirectory() as place,
        real_fleet.served_or_stand_in(Path(place), most=args.domains) as made,
    ):
        made.take_in()
        collect_seldom()
        sampler = Sampler()
        began = time.process_time()
        with sampler.watching():
            summary = asyncio.run(scanned(made))
        _report(sampler, summary, time.process_time() - began)
    return 0


async def scanned(made: Fleet) -> ScanSummary:
    """One scan of a fleet that was taken in, in this process, as `python -m data scan` does it."""
    addresses = tuple(map(ip_address, made.environment["SENDWELL_SENDING_ADDRESSES"].split(",")))
    platform = Platform(made.environment["SENDWELL_INCLUDE"], addresses)
    engine = open_engine(made.environment["SENDWELL_DATABASE"])
    try:
        async with LiveResolver(nameservers=[made.address]) as resolver:
            return await scan.run(engine, platform, resolver)
    finally:
        engine.dispose()


def _report(sampler: Sampler, summary: ScanSummary, cpu: float) -> None:
    seen = sum(sampler.seconds.values())
    print(
        f"{summary.domains} domains in {summary.seconds:.1f} s, {cpu:.1f} s CPU, of which {seen:.1f} s were looked at"
    )
    by_room: Counter[str] = Counter()
    for (in_room, _, _), seconds in sampler.seconds.items():
        by_room[in_room] += seconds
    for name, seconds in by_room.most_common():
        print(f"\n  {name:24} {_share(seconds, seen, summary)}")
        files: Counter[str] = Counter()
        for (in_room, file, _), part in sampler.seconds.items():
            files[file] += part if in_room == name else 0
        for file, part in files.most_common(4):
            if part > 0.005 * seen:
                print(f"    {file:36} {_share(part, seen, summary)}")
    print("\n  the functions with most")
    for (_, file, function), seconds in sampler.seconds.most_common(15):
        print(f"    {f'{file} {function}':60} {_share(seconds, seen, summary)}")


def _share(seconds: float, all: float, summary: ScanSummary) -> str:
    return f"{100 * seconds / all:5.1f} %  {1e6 * seconds / max(1, summary.domains):6.0f} µs a domain"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
