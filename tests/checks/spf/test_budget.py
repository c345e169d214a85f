"""What a term costs a sender that it does not match: the terms and voids of everything below it, and its faults."""

from __future__ import annotations

import pytest

from checks.lookup import RecordType, Resolver, Result
from checks.spf import record
from checks.spf.budget import MOST_DEPTH, MOST_LOOKUPS, MOST_RECORDS, Cost, Fault, Meter
from checks.spf.record import Directive, Modifier
from tests.support.zone import zone

ZONE = """
    acme.example A 198.51.100.1
    acme.example MX 10 mail.acme.example
    mail.acme.example A 198.51.100.2
    mail.acme.example AAAA 2001:db8::2
    four.example A 198.51.100.4
    acme.example.acme.example.x.example A 198.51.100.4
    six.example AAAA 2001:db8::6
    dark.example * !SERVFAIL
    half.example A 198.51.100.5
    half.example AAAA !TIMEOUT
    mx4.example MX 10 four.example
    mx46.example MX 10 four.example
    mx46.example MX 20 six.example
    mxgone.example MX 10 gone.example
    mxnull.example MX 0 .
    mxdark.example MX 10 dark.example
    of.acme.example TXT v=spf1 a:four.example -all
    acme.example.of.example TXT v=spf1 a:%{d} a:%{o} -all
    i1.example TXT v=spf1 ip4:198.51.100.9 ~all
    i2.example TXT v=spf1 include:i1.example a:four.example ~all
    i3.example TXT v=spf1 -include:i1.example a:four.example include:i2.example ~all
    behind.example TXT v=spf1 a:four.example -all mx:mx4.example redirect=i2.example
    led.example TXT v=spf1 a:gone.example redirect=i2.example
    hollow.example TXT v=spf1 include:nothing.example ~all
    leads.example TXT v=spf1 redirect=nothing.example
    double.example TXT v=spf1 -all
    double.example TXT v=spf1 ~all
    broken.example TXT v=spf1 ip4:nonsense ~all
    around.example TXT v=spf1 include:around.example ~all
    back.example TXT v=spf1 include:acme.example ~all
    nothing.example TXT proof=1
""" + "\n".join(f"ten.example MX {n} h{n}.example\n h{n}.example A 198.51.101.{n}" for n in range(1, 11)) + "\n".join(
    f"\neleven.example MX {n} h{n}.example" for n in range(1, 12)
)  # fmt: skip


def term(text: str) -> Directive | Modifier:
    parsed = record.parse(f"v=spf1 {text}".encode())
    return [*parsed.directives, *parsed.modifiers][0]


FREE, ONE = Cost(), Cost(1, 1)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("ip4:192.0.2.1", FREE),
        ("all", FREE),
        ("exp=why.example", FREE),
        ("x=y", FREE),
        # addresses: void in a family when no name has one there
        ("a", Cost(1, 1, (0, 1))),
        ("a:mail.acme.example", ONE),
        ("a:six.example", Cost(1, 1, (1, 0))),
        ("a:gone.example", Cost(1, 1, (1, 1))),
        ("a:%{d}", Cost(1, 1, (0, 1))),
        ("a:%{o}", Cost(1, 1, (0, 1))),
        ("a:%{d}.%{o}.x.example", Cost(1, 1, (0, 1))),
        ("a:%{l}.example", Cost(1, 1, (1, 1))),
        ("a:half.example", Cost(1, 1, fault=Fault.FAILED)),
        ("ptr", Cost(1, 1, (1, 1))),
        # exchangers
        ("mx", ONE),
        ("mx:mx4.example", Cost(1, 1, (0, 1))),
        ("mx:mx46.example", ONE),
        ("mx:mxgone.example", Cost(1, 1, (1, 1))),
        ("mx:mxnull.example", Cost(1, 1, (1, 1))),
        ("mx:gone.example", Cost(1, 1, (1, 1))),
        ("mx:dark.example", Cost(1, 1, fault=Fault.FAILED)),
        ("mx:mxdark.example", Cost(1, 1, fault=Fault.FAILED)),
        ("mx:ten.example", Cost(1, 1, (0, 1))),
        ("mx:eleven.example", Cost(1, 1, fault=Fault.BROKEN)),
        # exists asks for A, whoever sends
        ("exists:four.example", ONE),
        ("exists:six.example", Cost(1, 1, (1, 1))),
        ("exists:gone.example", Cost(1, 1, (1, 1))),
        ("exists:dark.example", Cost(1, 1, fault=Fault.FAILED)),
        ("exists:%{i}.example", Cost(1, 1, (1, 1))),
        # what cannot be asked
        (f"a:{'x' * 64}.example", Cost(1, 1, (1, 1))),
        (f"mx:{'x' * 64}.example", Cost(1, 1, (1, 1))),
        (f"exists:{'x' * 64}.example", Cost(1, 1, (1, 1))),
        (f"include:{'x' * 64}.example", Cost(1, 1, fault=Fault.DEAD)),
        # records
        ("include:i1.example", ONE),
        ("include:i2.example", Cost(3, 3, (0, 1))),
        ("redirect=i2.example", Cost(3, 3, (0, 1))),
        ("include:behind.example", Cost(2, 2, (0, 1))),
        ("include:led.example", Cost(5, 5, (1, 2))),
        ("include:%{l}.example", Cost(1, 1, fault=Fault.UNKNOWN)),
        ("include:%{d}.of.example", Cost(3, 3, (1, 2))),
        ("include:nothing.example", Cost(1, 1, fault=Fault.DEAD)),
        ("include:gone.example", Cost(1, 1, fault=Fault.DEAD)),
        ("redirect=gone.example", Cost(1, 1, fault=Fault.DEAD)),
        ("include:dark.example", Cost(1, 1, fault=Fault.FAILED)),
        ("include:double.example", Cost(1, 1, fault=Fault.BROKEN)),
        ("include:broken.example", Cost(1, 1, fault=Fault.BROKEN)),
        # one name without a record below is a fault of the record that names it
        ("include:hollow.example", Cost(2, 2, fault=Fault.BROKEN)),
        ("include:leads.example", Cost(2, 2, fault=Fault.BROKEN)),
        # circles
        ("include:acme.example", Cost(1, 1, fault=Fault.BROKEN)),
        ("include:around.example", Cost(2, 2, fault=Fault.BROKEN)),
        ("include:back.example", Cost(2, 2, fault=Fault.BROKEN)),
        # whoever is refused in an include goes on behind it: the least stops there, the most does not
        ("include:i3.example", Cost(6, 2, (0, 2))),
    ],
)
async def test_a_term_costs_what_is_below_it(text: str, cost: Cost) -> None:
    assert await Meter("acme.example", zone(ZONE)).term(term(text)) == cost


def test_costs_are_added() -> None:
    one = Cost(3, 2, (1, 0), Fault.BROKEN)
    other = Cost(1, 1, (1, 1), Fault.UNKNOWN)
    assert one + other == Cost(4, 3, (2, 1), Fault.BROKEN | Fault.UNKNOWN)


class Counting:
    """What was asked, and how often."""

    def __init__(self, beneath: Resolver) -> None:
        self.beneath = beneath
        self.asked: list[tuple[str, RecordType]] = []

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.asked.append((name, type))
        return await self.beneath.lookup(name, type)


async def test_a_record_is_read_once() -> None:
    counting = Counting(zone(ZONE))
    meter = Meter("acme.example", counting)
    assert await meter.term(term("include:i2.example")) == await meter.term(term("redirect=i2.example"))
    assert counting.asked.count(("i2.example", RecordType.TXT)) == 1
    assert counting.asked.count(("i1.example", RecordType.TXT)) == 1
    assert list(meter.records) == ["i2.example", "i1.example"]


async def test_what_cannot_be_asked_is_not() -> None:
    counting = Counting(zone(ZONE))
    meter = Meter("acme.example", counting)
    for text in ("a", "mx", "exists", "include"):
        await meter.term(term(f"{text}:{'x' * 64}.example"))
    await meter.term(term("mx:mxnull.example"))
    assert counting.asked == [("mxnull.example", RecordType.MX)]


async def test_more_addresses_are_counted_as_void_without_a_look() -> None:
    counting = Counting(zone(ZONE))
    meter = Meter("acme.example", counting)
    for _ in range(MOST_LOOKUPS):
        assert await meter.term(term("exists:four.example")) == ONE
    assert await meter.term(term("exists:four.example")) == Cost(1, 1, (1, 1))
    assert len(counting.asked) == MOST_LOOKUPS


async def test_more_records_are_told_as_broken() -> None:
    records = "\n".join(f"r{n}.example TXT v=spf1 -all" for n in range(MOST_RECORDS + 1))
    meter = Meter("acme.example", zone(records))
    for n in range(MOST_RECORDS):
        assert await meter.term(term(f"include:r{n}.example")) == ONE
    assert await meter.term(term(f"include:r{MOST_RECORDS}.example")) == Cost(1, 1, fault=Fault.BROKEN)
    assert await meter.term(term("include:r0.example")) == ONE


async def test_what_lies_deeper_is_told_as_broken() -> None:
    chain = [f"c{n}.example TXT v=spf1 include:c{n + 1}.example -all" for n in range(1, MOST_DEPTH + 1)]
    within = zone("\n".join([*chain[:-1], f"c{MOST_DEPTH}.example TXT v=spf1 -all"]))
    beyond = zone("\n".join([*chain, f"c{MOST_DEPTH + 1}.example TXT v=spf1 -all"]))
    first = term("include:c1.example")

    assert await Meter("acme.example", within).term(first) == Cost(MOST_DEPTH, MOST_DEPTH)
    more = MOST_DEPTH + 1
    assert await Meter("acme.example", beyond).term(first) == Cost(more, more, fault=Fault.BROKEN)
