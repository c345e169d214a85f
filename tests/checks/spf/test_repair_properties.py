"""What holds for the repair of any record whatever, over zones that a grammar makes up.

SENDWELL_LONG_PROPERTIES=1 looks at many more of them.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from ipaddress import ip_address

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from checks.lookup import FailureReason, OverlayResolver, Record, RecordType, Resolver, ZoneResolver, txt
from checks.platform import Platform
from checks.spf import check_host, record
from checks.spf.advice import Advice, ChangeKind, Standing
from checks.spf.mend import meant_as_spf
from checks.spf.ours import gather
from checks.spf.outcome import Result
from checks.spf.repair import propose
from checks.spf.repair_rules import (
    BY_CODE,
    LOSERS,
    LOSERS_OF_OURS,
    OVER_TERMS,
    OVER_VOIDS,
    OVER_VOIDS_IN_ONE_FAMILY,
)

LONG = os.environ.get("SENDWELL_LONG_PROPERTIES") == "1"
HERE = "acme.example"
OURS = "spf.sendwell.example"
OUR_ADDRESSES = ("192.0.2.10", "2001:db8::10")
PLATFORM = Platform(OURS, tuple(map(ip_address, OUR_ADDRESSES)), domain="sendwell.example")

# Every network that a generated record can name, and one that none does.
SENDERS = (
    *(
        "192.0.2.1",
        "192.0.2.10",
        "192.0.2.200",
        "198.51.100.1",
        "198.51.100.2",
        "198.51.100.77",
        "203.0.113.9",
    ),
    *("2001:db8::1", "2001:db8::10", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:ffff::9"),
)
ADDRESSES = ("192.0.2.1", "192.0.2.0/24", "192.0.2.10", "198.51.100.1", "198.51.100.0/24", "198.51.100.2")
SIXES = ("2001:db8::1", "2001:db8::/64", "2001:db8:1::/64", "2001:db8:1::2")
HOSTS = ("four.example", "six.example", "both.example", "gone.example", "dark.example")
INCLUDES = tuple(f"i{n}.example" for n in range(6))
NEARLY = ("spf.wide.example", "i3.example.acme.example")
"""Nothing there, and like names with a record."""
NAMES = (
    *INCLUDES,
    "nothing.example",
    "broken.example",
    "double.example",
    "wide.example",
    HERE,
    "looped.example",
    *NEARLY,
)

FIXED: dict[tuple[str, RecordType], list[Record]] = {
    ("four.example", RecordType.A): ["198.51.100.1"],
    ("six.example", RecordType.AAAA): ["2001:db8:1::1"],
    ("both.example", RecordType.A): ["198.51.100.2"],
    ("both.example", RecordType.AAAA): ["2001:db8:1::2"],
    ("broken.example", RecordType.TXT): [txt("v=spf1 ip4:198.51.100.77 ip4:nonsense -all")],
    ("double.example", RecordType.TXT): [txt("v=spf1 -all"), txt("v=spf1 mx -all")],
    ("wide.example", RecordType.TXT): [
        txt("v=spf1 include:i0.example include:i1.example include:i2.example ~all")
    ],
    ("looped.example", RecordType.TXT): [txt("v=spf1 ip4:198.51.100.2 include:looped.example -all")],
    ("nothing.example", RecordType.A): ["198.51.100.9"],
    ("198.51.100.77.listed.example", RecordType.A): ["127.0.0.2"],
    ("77.100.51.198.in-addr.arpa", RecordType.PTR): ["both.example", "named.example"],
    ("named.example", RecordType.A): ["198.51.100.77"],
    ("named.example.listed.example", RecordType.A): ["198.51.100.77"],
}

signs = st.sampled_from(["", "", "", "", "+", "-", "~", "?"])
directives = st.one_of(
    st.builds("ip4:{}".format, st.sampled_from(ADDRESSES)),
    st.builds("ip6:{}".format, st.sampled_from(SIXES)),
    st.builds("include:{}".format, st.sampled_from(NAMES)),
    st.builds("include:{}".format, st.sampled_from(INCLUDES)),
    st.builds("a:{}".format, st.sampled_from(HOSTS)),
    st.sampled_from(["a", "mx", "mx:both.example", "ptr", "a/24", "a:both.example//64", "mx:gone.example"]),
    st.sampled_from(["exists:%{i}.listed.example", "exists:four.example", "exists:gone.example"]),
    st.sampled_from(
        ["include:%{d}.of.example", "include:%{l}.people.example", "a:%{d}", "exists:%{p}.listed.example"]
    ),
)
ours = st.builds(
    lambda sign, text: sign + text,
    signs,
    st.sampled_from(
        [f"include:{OURS}"] * 4
        + [f"INCLUDE:{OURS.upper()}.", f"include={OURS}", f"include.{OURS}", f"include: {OURS}", f"a:{OURS}"]
        + ["include:spf.sendwel.example", f"include:{OURS}include:i0.example", f"include:{OURS}~all"]
    ),
)
broken = st.sampled_from(
    [
        *(
            "ipv4:198.51.100.1",
            "ip4:192.0.2.999",
            "198.51.100.2",
            "2001:db8:1::1",
            "include: i1.example",
            "–all",
        ),
        *("al", "mx:", "include:", "ip4:", "foo", "includ:i2.example", "a b", "~all-all", "i4", "exp=x"),
        "ip4:198.51.100.1,192.0.2.1",
    ]
)
modifiers = st.sampled_from(
    [f"redirect={n}" for n in (*INCLUDES[:3], "nothing.example", OURS, "%{d}.of.example")]
    + ["exp=why.example", "exp=other.example", "ra=postmaster", "include=i3.example", "RA=x"]
)
alls = st.sampled_from(["-all", "~all", "?all", "+all", "ALL"])
terms = st.one_of(
    st.builds(str.__add__, signs, directives),
    st.builds(str.__add__, signs, directives),
    st.builds(str.__add__, signs, directives),
    ours,
    modifiers,
)


@st.composite
def records(draw: st.DrawFn, *, faulty: bool = True) -> str:
    """One record: mostly of the grammar, sometimes with what people make of it."""
    found = draw(st.lists(terms, max_size=draw(st.sampled_from([3, 6, 14]))))
    if faulty and draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), draw(broken))
    if draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), f"include:{draw(st.sampled_from(NEARLY))}")
    if draw(st.integers(0, 4)):
        found.append(draw(alls))
    if draw(st.integers(0, 9)) == 0:
        found.append(draw(terms))
    return " ".join(
        [draw(st.sampled_from(["v=spf1"] * 12 + ["V=SPF1", "v=spf1 ", '"v=spf1', "v=spf1;"])), *found]
    )


@dataclass(frozen=True)
class World:
    """A zone, and what the domain publishes in it."""

    published: tuple[str, ...]
    zone: ZoneResolver


@st.composite
def worlds(draw: st.DrawFn) -> World:
    zone: dict[tuple[str, RecordType], list[Record]] = {name: list(found) for name, found in FIXED.items()}
    published = draw(st.lists(records(), max_size=draw(st.sampled_from([1, 1, 1, 1, 2, 3]))))
    zone[HERE, RecordType.TXT] = [txt("site-verification=1"), *map(txt, published)]
    for name in INCLUDES:
        zone[name, RecordType.TXT] = [txt(draw(records(faulty=False)))]
    zone[OURS, RecordType.TXT] = [txt(draw(our_records))]
    if draw(st.booleans()):
        zone[HERE, RecordType.A] = ["198.51.100.1"]
    failures: dict[tuple[str, RecordType] | str, FailureReason] = {"dark.example": FailureReason.SERVFAIL}
    return World(tuple(published), ZoneResolver(zone, failures))


our_records = st.sampled_from(
    ["v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all"] * 4
    + [
        "v=spf1 include:i5.example ip4:192.0.2.0/28 ip6:2001:db8::/64 -all",
        "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:nothing.example -all",
        "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 a:gone.example mx:gone.example ?all",
        "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:i0.example include:i1.example a:both.example ~all",
        "v=spf1 ip4:192.0.2.0/28 ~all",
        "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 a:dark.example ~all",
        "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 exists:%{i}.listed.example ~all",
    ]
)


FILLERS = tuple(f"include:f{n}.example" for n in range(9))
SOUND = (
    "v=spf1 ip4:203.0.113.200 ~all",
    "v=spf1 ip4:203.0.113.200 -all",
    "v=spf1 ip4:198.51.100.1 ~all",
    "v=spf1 ip6:2001:db8:1::1 a:four.example ~all",
    "v=spf1 -ip4:198.51.100.77 a:four.example mx:both.example ~all",
    "v=spf1 a:gone.example ~all",
    "v=spf1 redirect=wide.example",
)
TAILS = (
    *(
        "ip4:198.51.100.77",
        "ip4:203.0.113.9",
        "ip6:2001:db8:ffff::9",
        "a:both.example",
        "include:tail.example",
    ),
    *(
        "include:long.example",
        "ip4:192.0.2.200",
        "a:four.example",
        "a:six.example",
        "mx:gone.example",
        "a:%{p}.listed.example",
        "+all",
    ),
)


@st.composite
def tight_worlds(draw: st.DrawFn) -> World:
    """Records that parse and mostly work, at about ten terms or two voids, with senders named at their end."""
    zone: dict[tuple[str, RecordType], list[Record]] = {name: list(found) for name, found in FIXED.items()}
    fillers = draw(st.permutations(FILLERS))[: draw(st.integers(1, 9))]
    found = [*fillers, *draw(st.lists(st.sampled_from(TAILS), min_size=1, max_size=4, unique=True))]
    for extra in draw(st.lists(st.one_of(ours, st.sampled_from(["-ip4:192.0.2.1", "ptr"])), max_size=2)):
        found.insert(draw(st.integers(0, len(found))), extra)
    if draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), f"include:{draw(st.sampled_from(NEARLY))}")
    published = " ".join(["v=spf1", *found, draw(st.sampled_from(["-all", "~all", "redirect=tail.example"]))])
    zone[HERE, RecordType.TXT] = [txt(published)]
    for filler in FILLERS:
        text = SOUND[0] if draw(st.integers(0, 2)) else draw(st.sampled_from(SOUND))
        zone[filler.removeprefix("include:"), RecordType.TXT] = [txt(text)]
    for name in INCLUDES:
        zone[name, RecordType.TXT] = [txt("v=spf1 ip4:203.0.113.201 ~all")]
    zone["tail.example", RecordType.TXT] = [
        txt("v=spf1 ip4:198.51.100.77 ip4:203.0.113.9 ip6:2001:db8:ffff::9 -all")
    ]
    zone["long.example", RecordType.TXT] = [
        txt("v=spf1 a:both.example mx:both.example include:tail.example ~all")
    ]
    zone[OURS, RecordType.TXT] = [txt(draw(our_records))]
    return World((published,), ZoneResolver(zone, {"dark.example": FailureReason.SERVFAIL}))


async def advice_of(resolver: Resolver) -> Advice:
    return await propose(await gather(HERE, PLATFORM, resolver), PLATFORM, resolver)


def publishing(text: str, below: Resolver) -> OverlayResolver:
    return OverlayResolver(below, {(HERE, RecordType.TXT): [txt("site-verification=1"), txt(text)]})


async def results(resolver: Resolver) -> dict[str, tuple[Result, str]]:
    """What each sender gets, and by which of the domain's own terms."""
    found = {}
    for sender in SENDERS:
        outcome = await check_host(sender, HERE, f"postmaster@{HERE}", "sendwell.example", resolver=resolver)
        found[sender] = outcome.result, outcome.path[0].term if outcome.path else ""
    return found


@settings(
    max_examples=4000 if LONG else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.one_of(worlds(), tight_worlds()))
def test_what_is_proposed_holds_its_word(world: World) -> None:
    asyncio.run(holds(world))


async def holds(world: World) -> None:
    advice = await advice_of(world.zone)
    event(advice.standing)
    for collision in advice.collisions:
        event(collision.rule)
    its_words_are_known(advice)
    every_question_names_a_published_term(advice, world)
    if advice.standing not in (Standing.PUBLISH, Standing.NOTHING):
        assert not advice.record
        assert not advice.changes
        return
    proposed = publishing(advice.record, world.zone)
    it_is_one_record_that_parses(advice)
    await our_mail_passes(proposed)
    await nobody_loses_unnamed(advice, world.zone, proposed)
    the_limits_are_told(advice)
    for other in advice.alternatives:
        await our_mail_passes(publishing(other.record, world.zone))
        await nobody_loses_unnamed(advice, world.zone, publishing(other.record, world.zone), other.losers)
    for answer in (q.answer for q in advice.questions if q.answer):
        event("an answer is offered")
        await our_mail_passes(publishing(answer.record, world.zone))
        await nobody_loses_unnamed(advice, world.zone, publishing(answer.record, world.zone), answer.losers)
    await asking_again_changes_nothing(advice, proposed)


def its_words_are_known(advice: Advice) -> None:
    told = [*advice.collisions, *advice.questions, *advice.alternatives]
    assert {x.rule for x in told} <= set(BY_CODE)
    assert {c.rule for c in advice.changes if c.rule} <= set(BY_CODE)
    assert all(c.rule for c in advice.changes if c.kind is not ChangeKind.KEPT)


def every_question_names_a_published_term(advice: Advice, world: World) -> None:
    meant = [meant_as_spf(text.encode()) or "" for text in world.published]
    for question in advice.questions:
        assert any(question.term in text for text in (*world.published, *meant)), question


def it_is_one_record_that_parses(advice: Advice) -> None:
    assert record.is_spf(advice.record.encode())
    assert record.parse(advice.record.encode()).problems == ()
    assert "".join(advice.strings) == advice.record
    assert all(len(s.encode()) <= 255 for s in advice.strings)
    assert advice.octets == len(advice.record.encode())


async def our_mail_passes(proposed: Resolver) -> None:
    found = await results(proposed)
    assert {found[a][0] for a in OUR_ADDRESSES} == {Result.PASS}


async def nobody_loses_unnamed(
    advice: Advice, zone: Resolver, proposed: Resolver, named: tuple[str, ...] = ()
) -> None:
    by_change = (LOSERS.code, LOSERS_OF_OURS.code)
    said = {*named, *(t for c in advice.collisions if c.rule in by_change for t in c.losers)}
    before, after = await results(zone), await results(proposed)
    for sender, (result, term) in before.items():
        if result is Result.PASS and after[sender][0] is not Result.PASS:
            assert term in said, (sender, term, after[sender])


def the_limits_are_told(advice: Advice) -> None:
    codes = {c.rule for c in advice.collisions}
    assert (advice.size.terms > 10) == (OVER_TERMS.code in codes)
    assert (advice.size.voids[0] > 2) == (OVER_VOIDS.code in codes)
    assert (advice.size.voids[1] > 2 >= advice.size.voids[0]) == (OVER_VOIDS_IN_ONE_FAMILY.code in codes)


async def asking_again_changes_nothing(advice: Advice, proposed: Resolver) -> None:
    again = await advice_of(proposed)
    assert (again.standing, again.record) == (Standing.NOTHING, advice.record), again


@settings(max_examples=1000 if LONG else 50, deadline=None)
@given(st.one_of(worlds(), tight_worlds()))
def test_the_count_is_an_upper_bound_for_every_sender(world: World) -> None:
    asyncio.run(counts_hold(world))


async def counts_hold(world: World) -> None:
    advice = await advice_of(world.zone)
    if not advice.record or advice.size.unknown:
        return
    for sender in SENDERS:
        outcome = await check_host(
            sender,
            HERE,
            f"postmaster@{HERE}",
            "sendwell.example",
            resolver=publishing(advice.record, world.zone),
        )
        family = 0 if outcome.address_family == "ipv4" else 1
        if outcome.result is not Result.PERMERROR:
            assert outcome.terms <= advice.size.terms
            assert outcome.voids <= advice.size.voids[family]
