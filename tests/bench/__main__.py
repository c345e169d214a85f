"""`make bench`: how fast, beside whom, on the real records. Quote the ratios: machines are shared and noisy.

make bench BENCH="--domains 5000"     the first 5,000 domains; all if not said
make bench BENCH="agreement"          compare the spf column with pyspf instead (a quarter of an hour)
make bench BENCH="what-if"            the time and memory of data what-if, from a filled store
make bench BENCH="logins"             500 logins at once, beside 500 threads of smtplib
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from checks.lookup import ZoneResolver
from checks.spf import Memo, check_host
from tests.bench import agreement, logins, peers, real_fleet, what_if, zone_file
from tests.support import nsd

INCLUDE = "_spf.google.com"
ADDRESSES = ("74.125.1.1", "2001:4860:4864::25")


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] == "agreement":
        return agreement.main(arguments[1:])
    if arguments and arguments[0] == "logins":
        return logins.main(arguments[1:])
    if arguments and arguments[0] == "what-if":
        return what_if.main(arguments[1:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    args = parser.parse_args(arguments)
    if nsd.NSD is None or not real_fleet.RECORDS.exists():
        print("the benchmark needs NSD (Debian: apt install nsd) and ../shared/real", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as place:
        _scan(Path(place), args.domains)
        _evaluate(Path(place), args.domains)
    return 0


def _scan(where: Path, most: int | None) -> None:
    """Import and scan by the commands, twice, NSD answering on loopback."""
    with real_fleet.served(where, INCLUDE, ADDRESSES, most=most) as fleet:
        began = time.perf_counter()
        fleet.run("data", "import", str(fleet.companies))
        print(f"import               {time.perf_counter() - began:8.1f} s")
        for name in ("first scan", "second scan"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            said = fleet.scan()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            domains, queries = (said[what] / said["seconds"] for what in ("domains", "queries"))
            rates = f"{domains:8.0f} domains/s {queries:8.0f} queries/s"
            print(
                f"{name:20} {rates}  {1000 * cpu / said['domains']:.2f} ms CPU a domain  unknown {said['unknown']}"
            )
        print(f"peak memory          {after.ru_maxrss / 1024:8.0f} MB")


def _evaluate(where: Path, most: int | None) -> None:
    """SPF evaluations from records in memory, ours and pyspf's."""
    zone = zone_file.read(where / "zone" / "root.zone")
    names = (where / "zone" / "domains.txt").read_text().split()[:most]
    asked = [(ip, name) for name in names for ip in ADDRESSES]
    peers.serve_pyspf(zone)
    plain = _rate(lambda: asyncio.run(_ours(zone, asked, None)), len(asked))
    ours = _rate(lambda: asyncio.run(_ours(zone, asked, Memo())), len(asked))
    theirs = _rate(lambda: [peers.pyspf_result(ip, name) for ip, name in asked], len(asked))
    print(f"evaluations          {plain:8.0f} /s   pyspf {theirs:.0f} /s   ratio {plain / theirs:.2f}")
    print(f"  with a memo        {ours:8.0f} /s   pyspf {theirs:.0f} /s   ratio {ours / theirs:.2f}")


async def _ours(zone: ZoneResolver, asked: list[tuple[str, str]], memo: Memo | None) -> None:
    for ip, name in asked:
        await check_host(ip, name, f"postmaster@{name}", resolver=zone, explain=False, memo=memo)


def _rate(work: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
