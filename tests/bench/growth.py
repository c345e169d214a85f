"""Does a scan stay as cheap a domain, however many there are?

    make bench BENCH="growth"                       10,000, 100,000 and 300,000 domains, three scans of each
    make bench BENCH="growth --sizes 10000,30000 --runs 1"

The fleet is made up beyond the real domains, which stand scattered among the others: each size has the same mix. A
scan begins with an empty store each time. CPU seconds are those of `data scan`, from its start to its end.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import fleet, generated_fleet, needed, real_fleet
from tests.bench.fleet import Fleet
from tests.bench.measured import Run

SIZES = (10_000, 100_000, 300_000)
RUNS = 3
MOST_MEMORY = 400


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args(arguments)
    if missing := needed.missing("nsd"):
        print(missing, file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as place:
        _measure(Path(place), sorted(args.sizes), args.runs)
    return 0


def _measure(where: Path, sizes: Sequence[int], runs: int) -> None:
    real = real_fleet.zone(where) if real_fleet.RECORDS.exists() else None
    generated_fleet.write(where / "grown", sizes[-1], beyond=real)
    include = real_fleet.INCLUDE if real else generated_fleet.INCLUDE
    addresses = real_fleet.ADDRESSES if real else generated_fleet.ADDRESSES
    with fleet.served(where, where / "grown", include, addresses) as grown:
        print(
            f"{len(grown.domains)} domains served, {real_fleet.description()} among made-up ones", flush=True
        )
        start = grown.asking(grown.address, "empty").measure("data", "scan", "--json")
        print(
            f"starting and ending: {start.cpu:.1f} s CPU, {start.peak:.0f} MB; it is in all that follows",
            flush=True,
        )
        medians = [_size(grown, size, runs) for size in sizes]
    print(f"most / least CPU a domain {max(medians) / min(medians):.2f} (at most 1.2)")


def _size(grown: Fleet, size: int, runs: int) -> float:
    """Milliseconds of CPU a domain, the median of some scans."""
    done = list(_scans(grown, size, runs))
    cpu = [1000 * scan.cpu / size for scan in done]
    rates = ", ".join(f"{size / scan.said['seconds']:.0f}" for scan in done)
    print(
        f"{size:8} domains  {statistics.median(cpu):6.2f} ms CPU a domain ({', '.join(f'{ms:.2f}' for ms in cpu)})  "
        f"{rates} domains/s  {max(scan.peak for scan in done):4.0f} MB at most ({MOST_MEMORY} allowed)  "
        f"unknown {sum(scan.said['unknown'] for scan in done)}",
        flush=True,
    )
    return statistics.median(cpu)


def _scans(grown: Fleet, size: int, runs: int) -> Iterator[Run]:
    fleet.write_companies(grown.where, grown.domains[:size])
    for number in range(runs):
        once = grown.asking(grown.address, f"growth-{size}-{number}")
        once.take_in()
        yield once.measure("data", "scan", "--json")
        once.forget()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
