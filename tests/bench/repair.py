"""What the repair says of every real domain: counts, and a sample to read.

    python -m tests.bench.repair ZONE DOMAINS [--sample 30]
    python -m tests.bench.repair ZONE DOMAINS --senders 7000    who passes before and after, at so many domains

ZONE and DOMAINS are what ../shared/tools/make_zone.py writes (root.zone, domains.txt). Each domain is a company
that sends through spf.mailjet.com, then one that sends through _spf.google.com.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from checks.lookup import OverlayResolver, RecordType, ZoneResolver, txt
from checks.platform import Platform
from checks.providers import is_shared
from checks.spf import Result, check_host
from checks.spf.advice import Advice, ChangeKind, Standing
from checks.spf.ours import SpfFacts, gather
from checks.spf.repair import propose
from checks.spf.repair_rules import sentence
from tests.bench import zone_file

PLATFORMS = (
    Platform("spf.mailjet.com", (ip_address("87.253.232.5"), ip_address("185.189.236.9"))),
    Platform("_spf.google.com", (ip_address("74.125.1.1"), ip_address("2001:4860:4864::25"))),
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zone", type=Path)
    parser.add_argument("domains", type=Path)
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="print N advices that do more than add ours"
    )
    parser.add_argument(
        "--senders", type=int, default=0, metavar="N", help="ask for the senders of N domains"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    zone = zone_file.read(args.zone)
    if args.senders:
        domains = random.Random(args.seed).sample(args.domains.read_text().split(), args.senders)
        return asyncio.run(_ask_senders(zone, domains, PLATFORMS[1], args.seed))
    for platform in PLATFORMS:
        asyncio.run(_measure(zone, args.domains.read_text().split(), platform, args.sample, args.seed))
    return 0


async def _measure(
    zone: ZoneResolver, domains: list[str], platform: Platform, sample: int, seed: int
) -> None:
    began = time.perf_counter()
    told: list[tuple[SpfFacts, Advice]] = []
    for domain in domains:
        facts = await gather(domain, platform, zone, shared=is_shared(domain))
        told.append((facts, await propose(facts, platform, zone)))
    seconds = time.perf_counter() - began
    print(f"{platform.include}: {len(told)} domains in {seconds:.0f} s")
    for group, count in Counter(_group(advice) for _, advice in told).most_common():
        print(f"  {count:6} {group}")
    rules = Counter(r for _, a in told for r in {x.rule for x in (*a.collisions, *a.questions)})
    for rule, count in rules.most_common():
        print(f"         {count:6} {rule}")
    shown = [t for t in told if t[1].standing is Standing.PUBLISH and _is_interesting(t[1])]
    for facts, advice in random.Random(seed).sample(shown, min(sample, len(shown))):
        _print(facts, advice)


async def _ask_senders(zone: ZoneResolver, domains: list[str], platform: Platform, seed: int) -> int:
    """Up to 15 networks of each domain's whole tree, before and after: whoever loses must be named."""
    counted: Counter[str] = Counter()
    for domain in domains:
        facts = await gather(domain, platform, zone)
        advice = await propose(facts, platform, zone)
        if advice.standing is not Standing.PUBLISH:
            continue
        directives = [d for n in facts.tree.nodes for r in n.records for d in r.directives]
        networks = [d.network for d in directives if d.network]
        after = OverlayResolver(zone, {(domain, RecordType.TXT): [txt(advice.record)]})
        for network in random.Random(seed).sample(networks, min(15, len(networks))):
            ip, sender = network.network_address, f"postmaster@{domain}"
            now = await check_host(ip, domain, sender, resolver=zone, explain=False)
            then = await check_host(ip, domain, sender, resolver=after, explain=False)
            if now.result is Result.PASS:
                lost = then.result is not Result.PASS
                named = lost and now.path[0].term in advice.losers
                counted["passes still" if not lost else "loses, and named" if named else "LOSES UNNAMED"] += 1
    print(dict(counted))
    return int("LOSES UNNAMED" in counted)


def _group(advice: Advice) -> str:
    if advice.standing is not Standing.PUBLISH:
        return advice.standing
    if advice.size.terms > 10:
        way = "another way is offered" if advice.alternatives else "no other way"
        return f"not within 10 terms with our include; {way}"
    return "published after a decision" if advice.needs_decision else "proposed, and passing"


def _is_interesting(advice: Advice) -> bool:
    """Whether more happens than that our include is added."""
    return advice.needs_decision or any(
        c.kind not in (ChangeKind.KEPT, ChangeKind.ADDED) for c in advice.changes
    )


def _print(facts: SpfFacts, advice: Advice) -> None:
    print(f"\n{facts.domain}: {advice.standing}; {advice.size}")
    for parsed in facts.tree.root.records:
        print(f"  - {parsed.text}")
    print(f"  + {advice.record}")
    for change in advice.changes:
        if change.kind is not ChangeKind.KEPT:
            print(f"      {change.kind} {change.before!r} → {change.after!r} {change.rule}")
    for about in advice.collisions:
        print(f"      ! {sentence(about.rule, about.about)} {', '.join(about.losers)}")
    for asked in advice.questions:
        print(f"      ? {sentence(asked.rule, asked.term)}")
    for other in advice.alternatives:
        print(f"      ~ {sentence(other.rule, ', '.join(other.terms))} {other.record} {other.losers}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
