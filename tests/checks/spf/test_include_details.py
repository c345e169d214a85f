"""Where the records of a domain name us: each mention with its place, and what is none."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from checks.company import SpfState
from checks.lookup import RecordType
from checks.platform import Platform
from checks.spf.include import MAX_TEXT, Mention, MentionKind, mentions
from checks.spf.likeness import Likeness
from checks.spf.memo import Memo
from checks.spf.ours import SpfFacts, gather
from checks.spf.partial import OurInclude, partial_mentions
from checks.spf.tree import walk
from tests.checks.spf.test_tree_details import Waiting
from tests.support.zone import zone

OURS, DOMAIN = "spf.sendwell.example", "sendwell.example"
COMMON = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:_a.sendwell.example ~all
    _a.sendwell.example TXT v=spf1 ip4:192.0.2.64/28 ip4:192.0.2.80/28 -ip4:192.0.3.0/24 ~all
    sendwell.example TXT v=spf1 ip4:203.0.113.1 -all
    leads.example TXT v=spf1 include:far.example ~all
    far.example TXT v=spf1 mx include:spf.sendwell.example ~all
    other.example TXT v=spf1 ip4:203.0.113.2 ~all
"""
HERE = "acme.example"


async def found(text: str, more: str = "", ours: str = OURS, domain: str | None = DOMAIN) -> list[Mention]:
    records = zone(COMMON + "\n".join(f"acme.example TXT {line}" for line in text.splitlines()) + "\n" + more)
    return list(mentions(await walk(HERE, records), ours, domain))


I, R, N = MentionKind.INCLUDE, MentionKind.REDIRECT, MentionKind  # noqa: E741


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=spf1 mx ~include:SPF.Sendwell.example. -all",
         [Mention(I, HERE, "~include:SPF.Sendwell.example.", 2, 0, "~", True)]),
        ("v=spf1 mx -all include:spf.sendwell.example include:spf.sendwell.example",
         [Mention(I, HERE, "include:spf.sendwell.example", 3, 0, "+", False),
          Mention(I, HERE, "include:spf.sendwell.example", 4, 0, "+", False)]),
        ("v=spf1 mx redirect=spf.sendwell.example",
         [Mention(R, HERE, "redirect=spf.sendwell.example", 0, 0, "+", True)]),
        ("v=spf1 redirect=spf.sendwell.example -all",
         [Mention(R, HERE, "redirect=spf.sendwell.example", 0, 0, "+", False)]),
        # deeper
        ("v=spf1 ?include:leads.example -all", [Mention(I, "far.example", "include:spf.sendwell.example", 2, 2)]),
        ("v=spf1 -all redirect=leads.example",
         [Mention(I, "far.example", "include:spf.sendwell.example", 2, 2, "+", False)]),
        # what does not parse, or is ignored
        ("v=spf1 include.spf.sendwell.example mx", [Mention(N.UNPARSED, HERE, "include.spf.sendwell.example", 0, 0)]),
        ("v=spf1 include=spf.sendwell.example mx", [Mention(N.IGNORED, HERE, "include=spf.sendwell.example", 0, 0)]),
        ("v=spf1 mx x=sendwell.example -all", []),
        ("v=spf1 include;mail.sendwell.example mx", [Mention(N.UNPARSED, HERE, "include;mail.sendwell.example")]),
        ("v=spf1 x-include:mail.sendwell.example. mx",
         [Mention(N.UNPARSED, HERE, "x-include:mail.sendwell.example.")]),
        ("v=spf1 xx-include:mail.sendwell.example mx", []),
        ("v=spf1 incl.mail.sendwell.example mx", []),
        ("v=spf1 include.sendwell.example.be mx", []),
        # another mechanism
        ("v=spf1 mx ?a:spf.sendwell.example/24 -all",
         [Mention(N.OTHER_TERM, HERE, "?a:spf.sendwell.example/24", 2, 0, "?")]),
        ("v=spf1 -all mx:sendwell.example",
         [Mention(N.OTHER_TERM, HERE, "mx:sendwell.example", 2, 0, "+", False, Likeness.OUR_DOMAIN)]),
        ("v=spf1 a:mail.sendwell.example a -all", []),
        # names in vain
        ("v=spf1 mx include:spf.sendwel.example -all",
         [Mention(N.MISSPELT, HERE, "include:spf.sendwel.example", 2, 0, "+", True, Likeness.SLIP)]),
        ("v=spf1 ~include:gone.sendwell.example -all",
         [Mention(N.MISSPELT, HERE, "~include:gone.sendwell.example", 1, 0, "~", True, Likeness.BELOW_US)]),
        ("v=spf1 include:gone.example -all", []),
        ("v=spf1 mx redirect=spf.sendwel.example",
         [Mention(N.MISSPELT, HERE, "redirect=spf.sendwel.example", 0, 0, "+", True, Likeness.SLIP)]),
        ("v=spf1 redirect=spf.sendwel.example ?all",
         [Mention(N.MISSPELT, HERE, "redirect=spf.sendwel.example", 0, 0, "+", False, Likeness.SLIP)]),
        ("v=spf1 redirect=other.example", []),
        ("v=spf1 redirect=%{l}.example", []),
        ("v=spf1 include:%{l}.sendwell.example -all", []),
        # our domain, which does not lead to us
        ("v=spf1 include:sendwell.example -all",
         [Mention(N.OUR_DOMAIN, HERE, "include:sendwell.example", 1, 0, "+", True, Likeness.OUR_DOMAIN)]),
        ("v=spf1 redirect=sendwell.example",
         [Mention(N.OUR_DOMAIN, HERE, "redirect=sendwell.example", 0, 0, "+", True, Likeness.OUR_DOMAIN)]),
        # other texts
        ("v=spf1 mx\nv=spf1; include:spf.sendwell.example",
         [Mention(N.NO_SPF_RECORD, HERE, "v=spf1; include:spf.sendwell.example")]),
        ("v=spf1 mx\nspf.sendwell.example.", [Mention(N.NO_SPF_RECORD, HERE, "spf.sendwell.example.")]),
        ("v=spf1 mx\nverify spf.sendwell.example=1", []),
        ("v=spf1 mx\nsee redirect=spf.sendwell.example",
         [Mention(N.NO_SPF_RECORD, HERE, "see redirect=spf.sendwell.example")]),
        ("v=spf1 mx\nspf1 a:spf.sendwell.example", [Mention(N.NO_SPF_RECORD, HERE, "spf1 a:spf.sendwell.example")]),
    ],
    ids=lambda value: ascii(value) if isinstance(value, str) else "",
)  # fmt: skip
async def test_each_mention_has_its_place(text: str, expected: list[Mention]) -> None:
    assert await found(text) == expected


async def test_our_domain_that_leads_to_us_is_no_near_miss() -> None:
    leads = "sendwell.example TXT v=spf1 include:mid.sendwell.example -all\n"
    mid = "mid.sendwell.example TXT v=spf1 include:spf.sendwell.example -all\n"
    records = zone(COMMON.replace("sendwell.example TXT v=spf1 ip4:203.0.113.1 -all", "") + leads + mid)
    tree = await walk("mid.sendwell.example", records)
    assert tree.root.records
    for text in ("include:sendwell.example", "redirect=sendwell.example"):
        here = zone(
            f"acme.example TXT v=spf1 {text}\n{leads}{mid}spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 -all\n"
        )
        kinds = [m.kind for m in mentions(await walk(HERE, here), OURS, DOMAIN)]
        assert kinds == [MentionKind.INCLUDE]


async def test_the_platforms_own_domain_counts_where_it_is_known() -> None:
    text, more = "v=spf1 include:sendwell.com -all", "sendwell.com TXT v=spf1 ip4:203.0.113.1 -all\n"
    assert [m.kind for m in await found(text, more, domain="sendwell.com")] == [MentionKind.OUR_DOMAIN]
    assert await found(text, more, domain=None) == []
    assert [m.kind for m in await found(text, domain="sendwell.com")] == [MentionKind.MISSPELT]


async def test_near_misses_count_in_the_domains_own_records() -> None:
    near = "TXT v=spf1 include=spf.sendwell.example ~all\n"
    below = await found("v=spf1 mx -all include:i.acme.example", f"i.acme.example {near}")
    assert below == [Mention(MentionKind.IGNORED, "i.acme.example", "include=spf.sendwell.example", 0, 1)]
    assert await found("v=spf1 include:i.example -all", f"i.example {near}") == []
    assert await found("v=spf1 include:i-acme.example -all", f"i-acme.example {near}") == []


async def test_our_name_is_looked_for_in_the_beginning_of_a_text() -> None:
    for length, many in ((MAX_TEXT, 1), (MAX_TEXT + 1, 0)):
        text = "v=spf1 mx\nspf1 " + "x" * (length - 5 - len(OURS) - 1) + " " + OURS
        assert len(await found(text)) == many


@pytest.mark.parametrize(
    ("kind", "reachable", "effect"),
    [
        (MentionKind.INCLUDE, True, "asks our record"),
        (MentionKind.INCLUDE, False, "never reached: ignored"),
        (MentionKind.UNPARSED, False, "does not parse: permerror"),
        (MentionKind.IGNORED, False, "an unknown modifier: ignored"),
        (MentionKind.NO_SPF_RECORD, False, "not an SPF record: receivers do not see it"),
        (MentionKind.MISSPELT, True, "a name without an SPF record: permerror when it is reached"),
    ],
)
def test_a_mention_does_something_to_our_mail(kind: MentionKind, reachable: bool, effect: str) -> None:
    assert Mention(kind, HERE, "x", reachable=reachable).effect == effect


# A part of our include


ADDRESSES = (ip_address("192.0.2.10"), ip_address("2001:db8::10"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx ip4:192.0.2.10 -all", [(N.ADDRESSES, "ip4:192.0.2.10", 2, True)]),
        ("-all ip4:192.0.2.10", [(N.ADDRESSES, "ip4:192.0.2.10", 2, False)]),
        ("ip6:2001:db8::10 ip4:198.51.100.1", [(N.ADDRESSES, "ip6:2001:db8::10", 1, True)]),
        ("?ip4:192.0.2.10", []),
        ("ip4:192.0.0.0/16", [(N.ADDRESSES, "ip4:192.0.0.0/16", 1, True)]),
        ("ip4:192.0.0.0/15", []),
        ("ip6:2001:db8::/32", [(N.ADDRESSES, "ip6:2001:db8::/32", 1, True)]),
        ("ip6:2001:db8::/31", []),
        ("ip4:192.0.2.9 ip4:192.0.2.11",
         [(N.ADDRESSES, "ip4:192.0.2.9", 1, True), (N.ADDRESSES, "ip4:192.0.2.11", 2, True)]),
        ("ip4:192.0.2.16", []),
        # within the networks of our include, joined where they touch
        ("ip4:192.0.2.64/27", [(N.ADDRESSES, "ip4:192.0.2.64/27", 1, True)]),
        ("ip4:192.0.2.64/26", []),
        ("ip4:192.0.2.96", []),
        ("ip4:192.0.2.63", []),
        ("ip4:192.0.3.7", []),
        ("ip6:2001:db8:0:0:ffff::1", [(N.ADDRESSES, "ip6:2001:db8:0:0:ffff::1", 1, True)]),
        ("ip6:2001:db8:0:1::1", []),
        ("ip4:0.0.0.1", []),
        ("include:_a.sendwell.example", [(N.PART, "include:_a.sendwell.example", 1, True)]),
        ("~include:_a.sendwell.example", []),
        ("include:other.example a:_a.sendwell.example", []),
        ("include:spf.sendwell.example", []),
    ],
)  # fmt: skip
async def test_a_term_may_hold_a_part_of_our_include(
    text: str, expected: list[tuple[MentionKind, str, int, bool]]
) -> None:
    records = zone(COMMON + f"acme.example TXT v=spf1 {text}\n")
    tree, ours = await walk(HERE, records), OurInclude(await walk(OURS, records))
    parts = partial_mentions(tree, ours, ADDRESSES)
    assert [(m.kind, m.term, m.position, m.reachable) for m in parts] == expected
    assert all(m.name == HERE and m.depth == 0 for m in parts)


@pytest.mark.parametrize(("length", "many"), [(8, 1), (7, 0)])
async def test_a_network_of_ours_that_is_too_wide_covers_nobody(length: int, many: int) -> None:
    records = zone(
        f"spf.sendwell.example TXT v=spf1 ip4:16.0.0.0/{length} -all\nacme.example TXT v=spf1 ip4:16.0.0.1 -all\n"
    )
    tree, ours = await walk(HERE, records), OurInclude(await walk(OURS, records))
    assert len(partial_mentions(tree, ours, ADDRESSES)) == many


async def test_our_networks_are_joined_whatever_their_order() -> None:
    nets = "ip4:192.0.2.128/25 ip4:192.0.2.0/25 ip4:192.0.2.0/30 ip4:192.0.4.0/24 ip6:2001:db8::/64"
    records = zone(
        f"spf.sendwell.example TXT v=spf1 {nets} -all ip4:198.51.100.0/24\n"
        "acme.example TXT v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.0/23 ip4:192.0.3.1 ip4:192.0.4.9 ip4:198.51.100.1 -all\n"
    )
    tree, ours = await walk(HERE, records), OurInclude(await walk(OURS, records))
    assert [m.term for m in partial_mentions(tree, ours, ())] == [
        "ip4:192.0.2.0/24",
        "ip4:192.0.4.9",
        "ip4:198.51.100.1",
    ]


async def test_an_address_of_ours_counts_that_our_include_does_not_hold() -> None:
    records = zone(
        COMMON + "acme.example TXT v=spf1 ip4:203.0.113.9 ip4:203.0.113.8 ip6:2001:db8:9::/127 -all\n"
    )
    tree, ours = await walk(HERE, records), OurInclude(await walk(OURS, records))
    addresses = (ip_address("203.0.113.9"), ip_address("2001:db8:9::1"))
    found = [m.term for m in partial_mentions(tree, ours, addresses)]
    assert found == ["ip4:203.0.113.9", "ip6:2001:db8:9::/127"]


async def test_networks_of_the_two_families_are_not_joined() -> None:
    records = zone(
        "spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/24 ip6:::5 -all\nacme.example TXT v=spf1 ip6:::5 ip6:::6 -all\n"
    )
    tree, ours = await walk(HERE, records), OurInclude(await walk(OURS, records))
    assert [m.term for m in partial_mentions(tree, ours, ())] == ["ip6:::5"]


# Beside the domain


US = Platform(OURS, ADDRESSES, domain=DOMAIN)


async def facts(records: str, domain: str = HERE) -> SpfFacts:
    return await gather(domain, US, zone(COMMON + records))


async def test_a_part_of_our_include_is_seen_without_any_other_term() -> None:
    told = await facts("acme.example TXT v=spf1 include:_a.sendwell.example\n")
    assert [m.kind for m in told.mentions] == [MentionKind.PART]
    told = await facts("acme.example TXT v=spf1 ip4:192.0.2.9\n")
    assert [m.kind for m in told.mentions] == [MentionKind.ADDRESSES]


@pytest.mark.parametrize(
    ("name", "text", "mention"),
    [
        ("www.acme.example", "v=spf1 mx include:spf.sendwell.example -all",
         Mention(I, "www.acme.example", "include:spf.sendwell.example", 2)),
        ("_spf.acme.example", "v=spf1 redirect=spf.sendwell.example",
         Mention(R, "_spf.acme.example", "redirect=spf.sendwell.example")),
        ("_dmarc.acme.example", "v=DMARC1; include:spf.sendwell.example",
         Mention(N.NO_SPF_RECORD, "_dmarc.acme.example", "v=DMARC1; include:spf.sendwell.example")),
    ],
)  # fmt: skip
async def test_ours_beside_the_domain(name: str, text: str, mention: Mention) -> None:
    record = "acme.example TXT v=spf1 mx -all\n"
    assert (await facts(f"{record}{name} TXT {text}\n")).elsewhere == (mention,)
    assert (await facts(f"{record}{name} TXT v=spf1 include=spf.sendwell.example\n")).elsewhere == ()
    assert (await facts(f"{record}{name} TXT other words\n")).elsewhere == ()
    assert (await facts(f"{record}mail.acme.example TXT {text}\n")).elsewhere == ()


async def test_ours_at_the_parent_unless_that_is_everybodys() -> None:
    ours = f"TXT v=spf1 include:{OURS} -all\n"
    at_parent = await facts(f"post.acme.example TXT v=spf1 mx -all\nacme.example {ours}", "post.acme.example")
    assert [m.name for m in at_parent.elsewhere] == ["acme.example"]
    assert (await facts(f"acme.example TXT v=spf1 mx -all\nexample {ours}")).elsewhere == ()


async def test_it_is_asked_what_the_sender_says() -> None:
    record = "acme.example TXT v=spf1 exists:%{l}.%{o}.%{h}.x.example -all\n"
    for local, helo in (("", "postmaster"), ("info", "info")):
        there = f"{helo}.acme.example.sendwell.example.x.example A 127.0.0.2\n"
        told = await gather(HERE, US, zone(COMMON + record + there), local=local)
        assert told.passes
    without = replace(US, domain=None)
    there = f"postmaster.acme.example.{OURS}.x.example A 127.0.0.2\n"
    assert (await gather(HERE, without, zone(COMMON + record + there))).passes
    failed = zone(COMMON + "acme.example TXT !SERVFAIL\n")
    assert (await gather(HERE, US, failed)).passes is None
    assert failed.find(HERE, RecordType.TXT).name == HERE


async def test_what_our_include_holds_is_worked_out_once_while_its_records_say_the_same() -> None:
    records = "acme.example TXT v=spf1 ip4:192.0.2.9 -all\nother.example TXT v=spf1 ip4:192.0.2.9 -all\n"
    waiting, memo = Waiting(zone(COMMON + records)), Memo()
    first = await gather(HERE, US, waiting, memo=memo)
    known = memo.ours[OURS]
    asked = waiting.asked.count(("_a.sendwell.example", RecordType.TXT))
    second = await gather("other.example", US, waiting, memo=memo)
    assert [m.kind for m in (*first.mentions, *second.mentions)] == [MentionKind.ADDRESSES] * 2
    assert memo.ours == {OURS: known}
    assert memo.ours[OURS].include is known.include
    assert waiting.asked.count(("_a.sendwell.example", RecordType.TXT)) == asked + 1
    moved = zone(COMMON.replace("192.0.2.0/28", "203.0.113.0/28") + records)
    assert not (await gather(HERE, US, moved, memo=memo)).mentions
    assert memo.ours[OURS].include is not known.include


async def test_what_passes_or_could_not_be_told_is_no_failure() -> None:
    one = await facts(
        "acme.example TXT v=spf1 ip4:192.0.2.10 a:dark.example -all\ndark.example * !SERVFAIL\n"
    )
    assert (one.passes, one.state) == (None, SpfState.UNKNOWN)
    both = await facts(
        f"acme.example TXT v=spf1 include:{OURS} ip4:192.0.2.10 include:_a.sendwell.example -all\n"
    )
    assert (both.passes, both.state) == (True, SpfState.EFFECTIVE)
    assert [m.kind for m in both.mentions] == [MentionKind.INCLUDE]
    neither = await facts("acme.example TXT v=spf1 mx -all\n")
    assert (neither.passes, neither.state) == (False, SpfState.MISSING)


async def test_what_could_not_be_read_of_our_include_is_not_remembered() -> None:
    dark = "_a.sendwell.example TXT !SERVFAIL\nacme.example TXT v=spf1 ip4:192.0.2.9 -all\n"
    memo = Memo()
    told = await gather(
        HERE, US, zone(COMMON.replace("_a.sendwell.example TXT", "x.example TXT") + dark), memo=memo
    )
    assert [m.kind for m in told.mentions] == [MentionKind.ADDRESSES]
    assert memo.ours == {}
