"""Records that were made to be endless: what is told of them stays small and quick."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from checks.lookup import RecordType, Txt, ZoneResolver, txt
from checks.spf.costs import measure
from checks.spf.evaluate import check_host
from checks.spf.health import health
from checks.spf.include import mentions
from checks.spf.judge import judge
from checks.spf.ours import Sender, SpfFacts
from checks.spf.partial import OurInclude, partial_mentions
from checks.spf.tree import MAX_NODES, walk
from tests.checks.test_diagnosis import PLATFORM

Records = dict[str, list[str | Txt]]


def one(term: str, count: int) -> Records:
    return {"a.example": ["v=spf1 " + " ".join(term.replace("#", str(i)) for i in range(count)) + " -all"]}


def fan_out() -> Records:
    def names(level: int) -> str:
        return "v=spf1 " + " ".join(f"include:n{level}-{i}.example" for i in range(10)) + " -all"

    return {"a.example": [names(0)]} | {
        f"n{n}-{i}.example": [names(n + 1)] for n in range(10) for i in range(10)
    }


BOMBS: dict[str, Records] = {
    "fan-out of 10 at 10 deep": fan_out(),
    "a redirect to itself": {"a.example": ["v=spf1 redirect=a.example"]},
    "4,000 names": one("a:h#.example", 4000),
    "10,000 times a": one("a", 10000),
    "3,000 includes": one("include:h#.example", 3000),
    "2,000 nearly ours": one("include:spf.sendwel#.example", 2000),
    "5,000 faults": one("foo:#", 5000),
    "4,000 faults to mend": one("ipv4:1.2.3.4", 4000),
    "10,000 modifiers": one("x=y", 10000),
    "10,000 times all": one("all", 10000),
    "3,000 networks": one("ip6:#::/3", 3000),
    "one long term": one("include:" * 8000, 1),
    "one long list": one("ip4:1.2.3.4," * 5000, 1),
    "many signs": one("a+" * 30000, 1),
    "1,500 records": {"a.example": [f"v=spf1 include:i{n}.example" for n in range(1500)]},
    "5,000 strings": {"a.example": [Txt((b"v=spf1 mx", *[b"ip4:1.2.3.4"] * 5000))]},
    "100 names of 10,000 terms": one("include:n#.example", 100)
    | {f"n{n}.example": ["v=spf1 " + "a " * 10000] for n in range(100)},
}


async def facts_of(zone: ZoneResolver) -> SpfFacts:
    tree = await walk("a.example", zone)
    ours = await walk(PLATFORM.include, zone)
    address = PLATFORM.sending_addresses[0]
    outcome = await check_host(address, "a.example", "x@a.example", resolver=zone)
    found = mentions(tree, PLATFORM.include, PLATFORM.domain)
    found += partial_mentions(tree, OurInclude(ours), PLATFORM.sending_addresses)
    costs = await measure(tree, zone)
    return SpfFacts("a.example", False, (Sender(address, outcome),), tree, found, costs=costs)


@pytest.mark.parametrize("records", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_told_in_bounds(records: Records) -> None:
    zone = ZoneResolver(
        {
            (name, RecordType.TXT): [txt(t) if isinstance(t, str) else t for t in texts]
            for name, texts in records.items()
        }
    )
    facts = asyncio.run(facts_of(zone))
    assert len(facts.tree.nodes) <= 2 * MAX_NODES
    tracemalloc.start()
    judge(asyncio.run(facts_of(zone)), PLATFORM)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000
    assert all(len(f.evidence) <= 11 for f in health(facts, passing=False))


def test_the_parser_is_asked_for_no_more_than_the_tree_reads() -> None:
    records = BOMBS["100 names of 10,000 terms"]
    zone = ZoneResolver({(n, RecordType.TXT): [txt(str(t)) for t in texts] for n, texts in records.items()})
    tree = asyncio.run(walk("a.example", zone))
    read = sum(len(r.text) for node in tree.nodes[1:] for r in node.records)
    assert 0 < read <= 32768
