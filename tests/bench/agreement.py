"""Does the `spf` column agree with pyspf, for every real domain and every sending address?

    python -m tests.bench.agreement [--include NAME --addresses IP,…]

Serves ../shared/real with NSD, then import, scan and export by the commands. pyspf is asked about the same
records. The column counts voids by term; pyspf by query: so each result is also compared with ours counted
its way, and a column that differs for that reason alone is told apart. Differences are listed one by one, except
those of the reviewed list, which names the RFC section that decides.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.lookup import ZoneResolver
from checks.providers import is_shared
from checks.spf import check_host
from tests.bench import peers, real_fleet, zone_file

FLEETS = (
    ("spf.mailjet.com", ("87.253.232.5", "185.189.236.9", "2001:db8::25")),
    ("_spf.google.com", ("74.125.1.1", "2001:4860:4864::25", "2404:6800:4864::25")),
)

REVIEWED = {
    # (domain, ours, pyspf): why we are right
    (
        "rmprincealbert.ca",
        "pass",
        "permerror",
    ): "RFC 7208 4.6.4: a self-include behind the match is never evaluated",
    (
        "budakeszi.hu",
        "pass",
        "permerror",
    ): "RFC 7208 4.6.4: a self-include behind the match is never evaluated",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One domain: the exported column, and each address's result as we count, as pyspf counts, and pyspf's."""

    domain: str
    column: str
    by_term: tuple[str, ...]
    by_query: tuple[str, ...]
    theirs: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--include")
    parser.add_argument("--addresses", type=lambda text: tuple(text.split(",")))
    args = parser.parse_args(arguments)
    fleets = ((args.include, args.addresses),) if args.include else FLEETS
    with tempfile.TemporaryDirectory() as where:
        differences = sum(compare(Path(where), include, addresses) for include, addresses in fleets)
    return 1 if differences else 0


def compare(where: Path, include: str, addresses: tuple[str, ...]) -> int:
    """Scan, export, ask pyspf, and print what came out; the number of differences that nobody reviewed."""
    with real_fleet.served(where, include, addresses) as fleet:
        fleet.run("data", "import", str(fleet.companies))
        summary = fleet.scan()
        exported = {row["company_id"]: row["spf"] for row in fleet.export()}
        zone = zone_file.read(fleet.zone)
    domains = (where / "zone" / "domains.txt").read_text().split()
    rate = summary["domains"] / summary["seconds"]
    print(f"\n{include} from {', '.join(addresses)}")
    print(f"  scan: {summary}, {rate:.0f} domains/s")
    print(f"  lost: {len(set(domains) - set(exported))} of {len(domains)} domains")
    rows = asyncio.run(_rows(zone, domains, exported, addresses))
    print(f"  column: {dict(Counter(row.column for row in rows))}")
    return _report(rows)


async def _rows(
    zone: ZoneResolver, domains: list[str], exported: dict[str, str], ips: tuple[str, ...]
) -> list[Row]:
    peers.serve_pyspf(zone)
    rows = []
    for name in domains:
        sender = f"postmaster@{name}"
        by_term = [await check_host(ip, name, sender, resolver=zone) for ip in ips]
        by_query = [await check_host(ip, name, sender, resolver=zone, voids="query") for ip in ips]
        rows.append(
            Row(
                name,
                exported.get(name, "lost"),
                tuple(str(o.result) for o in by_term),
                tuple(str(o.result) for o in by_query),
                tuple(peers.pyspf_result(ip, name) for ip in ips),
            )
        )
    return rows


def _report(rows: list[Row]) -> int:
    results = [(row, *pair) for row in rows for pair in zip(row.by_query, row.theirs, strict=True)]
    unlike = [(row, ours, theirs) for row, ours, theirs in results if ours != theirs]
    reviewed = [u for u in unlike if (u[0].domain, u[1], u[2]) in REVIEWED]
    print(
        f"  results: {len(results)}, unlike pyspf's with voids by query: {len(unlike)}, reviewed: {len(reviewed)}"
    )
    for row, ours, theirs in reviewed:
        print(f"    reviewed {row.domain}: {ours}, pyspf {theirs}: {REVIEWED[row.domain, ours, theirs]}")
    counted = sum(row.by_term != row.by_query for row in rows)
    print(f"  domains where counting voids by query changes a result: {counted}")
    fresh = [u for u in unlike if u not in reviewed]
    for row, ours, theirs in fresh:
        print(f"    DIFFERS {row.domain}: {ours}, pyspf {theirs}")
    return len(fresh) + _wrong_columns(rows)


def _wrong_columns(rows: list[Row]) -> int:
    """The column against the results by term, which it is defined by; and against pyspf's, where counts agree."""
    shared = [row for row in rows if is_shared(row.domain)]
    wrong = [row for row in rows if row not in shared and not _fits(row.column, row.by_term)]
    direct = [row for row in rows if row not in shared and row.by_term == row.by_query]
    unlike = [row for row in direct if not _fits(row.column, row.theirs) and not _is_reviewed(row)]
    print(f"  shared domains: {len(shared)}, columns that contradict our results: {len(wrong)}")
    print(f"  columns compared with pyspf's results: {len(direct)}, that contradict them: {len(unlike)}")
    for row in (*wrong, *unlike):
        print(f"    WRONG {row}")
    return len(wrong) + len(unlike)


def _fits(column: str, results: tuple[str, ...]) -> bool:
    if column == "effective":
        return set(results) == {"pass"}
    if column == "unknown":
        return "temperror" in results and set(results) <= {"pass", "temperror"}
    return column in ("missing", "ineffective") and not set(results) <= {"pass", "temperror"}


def _is_reviewed(row: Row) -> bool:
    pairs = zip(row.by_query, row.theirs, strict=True)
    return all(ours == theirs or (row.domain, ours, theirs) in REVIEWED for ours, theirs in pairs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
