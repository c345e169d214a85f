"""What do pyspf and spftrace say, for every real domain and six sending addresses? No scan, no packet.

    python -m tests.bench.opinions [--domains N]

Each is asked about the same records (../shared/real) in memory. They count voids unlike each other, and unlike RFC 7208
4.6.4, which counts terms: pyspf counts every query that comes back empty, spftrace a query only the first time that
its name is asked. So each is compared with ours counted its way; how often counting by term decides otherwise is told
apart. What differs for another reason has to stand in REVIEWED, with the section that decides. Exit 1 for a
difference that nobody reviewed, or a reviewed one that is no more.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.lookup import Absent, RecordType, ZoneResolver
from checks.lookup import Result as LookupResult
from checks.spf import check_host
from checks.spf.counting import Counted
from checks.spf.evaluate import _Evaluation
from tests.bench import peers, real_fleet, zone_file

ADDRESSES = (
    "87.253.232.5",  # in Mailjet's include
    "74.125.1.1",  # in Google's
    "2001:4860:4864::25",
    "40.92.1.1",  # in Microsoft's
    "2a01:111:f403::1",
    "2001:db8::25",  # in nobody's
)


@dataclass(frozen=True, slots=True)
class Opinions:
    """What was said of one domain and address: by term, then as each peer counts beside the peer's own."""

    domain: str
    address: str
    by_term: str
    by_query: str
    pyspf: str
    by_name: str
    spftrace: str

    @property
    def agree(self) -> bool:
        return self.by_query == self.pyspf and self.by_name == self.spftrace


SELF_INCLUDE = (
    ("pass", "permerror", "pass", "pass"),
    "RFC 7208 4.6: our match stands before an include of the domain itself, which parses and is never evaluated",
)
REVIEWED = {
    # (domain, address): (ours as pyspf counts, pyspf, ours as spftrace counts, spftrace), why ours is right
    ("rmprincealbert.ca", "40.92.1.1"): SELF_INCLUDE,
    ("rmprincealbert.ca", "2a01:111:f403::1"): SELF_INCLUDE,
    ("budakeszi.hu", "40.92.1.1"): SELF_INCLUDE,
    ("budakeszi.hu", "2a01:111:f403::1"): SELF_INCLUDE,
    ("municipalitestjeandematha.com", "2a01:111:f403::1"): (
        ("permerror", "pass", "permerror", "permerror"),
        "RFC 7208 4.6, 12: a line feed inside an ip4 term does not parse; pyspf's pattern lets one pass at the end",
    ),
}


class _ByName(Counted):
    """Counts an empty query the first time alone that its name is asked."""

    def __init__(self, zone: ZoneResolver) -> None:
        super().__init__(zone, by_query=True, tracer=None)
        self.asked: set[tuple[str, RecordType]] = set()

    def note(self, found: LookupResult) -> None:
        if isinstance(found, Absent):
            if (found.name, found.type) in self.asked:
                return
            self.asked.add((found.name, found.type))
        super().note(found)


async def _by_name(zone: ZoneResolver, ip: str, domain: str) -> str:
    evaluation = _Evaluation(ip, domain, f"postmaster@{domain}", None, zone, "query", False, None)
    evaluation.counted = _ByName(zone)
    return str((await evaluation.run(explain=False)).result)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    args = parser.parse_args(arguments)
    if not real_fleet.RECORDS.exists():
        print("needs ../shared/real", file=sys.stderr)
        return 3
    zone, domains = _read()
    began = time.perf_counter()
    opinions = asyncio.run(_ask(zone, domains[: args.domains]))
    print(f"{len(domains[: args.domains])} domains, {len(ADDRESSES)} addresses: {len(opinions)} results each")
    print(f"{time.perf_counter() - began:.0f} s")
    return _report(opinions, whole=args.domains is None)


def _read() -> tuple[ZoneResolver, list[str]]:
    with tempfile.TemporaryDirectory() as place:
        made = real_fleet.zone(Path(place))
        return zone_file.read(made / "root.zone"), (made / "domains.txt").read_text().split()


async def _ask(zone: ZoneResolver, domains: Sequence[str]) -> list[Opinions]:
    peers.serve_pyspf(zone)
    theirs = peers.SpftraceZone(zone)
    found = []
    for domain in domains:
        sender = f"postmaster@{domain}"
        for ip in ADDRESSES:
            by_term = await check_host(ip, domain, sender, resolver=zone)
            by_query = await check_host(ip, domain, sender, resolver=zone, voids="query")
            found.append(
                Opinions(
                    domain,
                    ip,
                    str(by_term.result),
                    str(by_query.result),
                    peers.pyspf_result(ip, domain),
                    await _by_name(zone, ip, domain),
                    await peers.spftrace_result(theirs, ip, domain),
                )
            )
    return found


def _report(opinions: Sequence[Opinions], *, whole: bool) -> int:
    unlike = {
        (o.domain, o.address): (o.by_query, o.pyspf, o.by_name, o.spftrace) for o in opinions if not o.agree
    }
    for name, pairs in (
        ("pyspf", [(o.by_query, o.pyspf) for o in opinions]),
        ("spftrace", [(o.by_name, o.spftrace) for o in opinions]),
    ):
        print(
            f"{name:9} says what we say, counting voids as it does: {sum(a == b for a, b in pairs)} of {len(pairs)}"
        )
    print(f"results that change when voids are counted by query: {_changed(opinions, 'by_query')}")
    print(f"results that change when voids are counted by name:  {_changed(opinions, 'by_name')}")
    print(f"results by term: {dict(Counter(o.by_term for o in opinions).most_common())}")
    fresh = {at: said for at, said in unlike.items() if at not in REVIEWED or REVIEWED[at][0] != said}
    gone = [at for at in REVIEWED if at not in unlike] if whole else []
    print(f"unlike: {len(unlike)}, reviewed: {len(unlike) - len(fresh)}")
    for at in unlike.keys() - fresh.keys():
        print(f"  reviewed {at}: {REVIEWED[at][1]}")
    for line in (*_told(fresh.items()), *(f"NO MORE UNLIKE {at}" for at in gone)):
        print(f"  {line}")
    return 1 if fresh or gone else 0


def _changed(opinions: Iterable[Opinions], how: str) -> int:
    return sum(o.by_term != getattr(o, how) for o in opinions)


def _told(unlike: Iterable[tuple[tuple[str, str], tuple[str, str, str, str]]]) -> Iterator[str]:
    for (domain, address), (by_query, pyspf, by_name, spftrace) in unlike:
        yield f"UNLIKE {domain} {address}: {by_query}, pyspf {pyspf}; {by_name}, spftrace {spftrace}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
