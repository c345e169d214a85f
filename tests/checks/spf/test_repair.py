"""What the repair proposes for one record after another, what it asks, and what it offers instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address

import pytest

from checks.platform import PLATFORM, Platform
from checks.spf.advice import Advice, ChangeKind, Standing, strings_of
from checks.spf.ours import gather
from checks.spf.repair import propose
from checks.spf.repair_rules import paid_by
from tests.support.zone import zone

US = Platform(
    "spf.sendwell.example", (ip_address("192.0.2.10"), ip_address("2001:db8::10")), domain="sendwell.example"
)
OURS = "include:spf.sendwell.example"
OUR_RECORD = "\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all\n"
COMMON = """
    acme.example MX 10 mail.acme.example
    mail.acme.example A 198.51.100.7
    mail.acme.example AAAA 2001:db8:1::7
    acme.example A 198.51.100.8
    acme.example AAAA 2001:db8:1::8
    broken.example TXT v=spf1 ip4:nonsense -all
    dark.example TXT !SERVFAIL
    guarded.example TXT v=spf1 -ip4:192.0.2.3 mx -all
    own.acme.example TXT v=spf1 include:spf.sendwell.example -all
""" + "\n".join(
    f"i{n}.example TXT v=spf1 ip4:198.51.100.{n} ~all\n four{n}.example A 198.51.101.{n}"
    for n in range(1, 14)
)


def includes(count: int) -> str:
    return " ".join(f"include:i{n}.example" for n in range(1, count + 1))


@dataclass(frozen=True)
class Case:
    """What is published (one record a line), what shall be, and the rules that it is told with."""

    says: str
    published: str
    proposed: str
    told: tuple[str, ...] = ()
    more: str = ""
    platform: Platform = US
    ours: str = OUR_RECORD


CASES = (
    Case("no record", "", f"v=spf1 {OURS} ~all", ("FIRST_RECORD", "SAYING_NOTHING", "OURS", "DEFAULT")),
    Case("ours missing", "v=spf1 mx -all", f"v=spf1 {OURS} mx -all", ("OURS",)),
    Case("ours last", f"v=spf1 mx {OURS} -all", f"v=spf1 {OURS} mx -all", ("OURS",)),
    Case("ours behind all", f"v=spf1 mx -all {OURS}", f"v=spf1 {OURS} mx -all", ("OURS",)),
    Case("ours first and right", f"v=spf1 {OURS} mx -all", f"v=spf1 {OURS} mx -all"),
    Case("ours in upper case", f"v=spf1 {OURS.upper()}. mx -all", f"v=spf1 {OURS.upper()}. mx -all"),
    *(
        Case(
            f"ours with {sign}", f"v=spf1 {sign}{OURS} mx -all", f"v=spf1 {OURS} mx -all", ("OURS_QUALIFIED",)
        )
        for sign in "-~?"
    ),
    *(
        Case(f"ours as {text}", f"v=spf1 mx {text} -all", f"v=spf1 {OURS} mx -all", ("OURS_MISWRITTEN",))
        for text in (
            "include=spf.sendwell.example",
            "include.spf.sendwell.example",
            "include: spf.sendwell.example",
            "include:spf.sendwel.example",
        )
    ),
    Case(
        "strings joined without a space",
        f'"v=spf1 {OURS}" "include:i1.example -all"',
        f"v=spf1 {OURS} include:i1.example -all",
        ("OURS_MISWRITTEN", "MENDED"),
    ),
    Case("ipv4:", "v=spf1 ipv4:198.51.100.1 -all", f"v=spf1 {OURS} ip4:198.51.100.1 -all", ("MENDED",)),
    Case(
        "bare addresses",
        "v=spf1 198.51.100.1 2001:db8:1::1 -all",
        f"v=spf1 {OURS} ip4:198.51.100.1 ip6:2001:db8:1::1 -all",
        ("MENDED",),
    ),
    Case(
        "include: x", "v=spf1 include: i1.example -all", f"v=spf1 {OURS} include:i1.example -all", ("MENDED",)
    ),
    Case("an en-dash", "v=spf1 mx –all", f"v=spf1 {OURS} mx -all", ("MENDED",)),
    Case("no address", "v=spf1 ip4:192.0.2.999 mx -all", f"v=spf1 {OURS} mx -all", ("ASK_MEANING",)),
    Case(
        "all, with another record run into it",
        "v=spf1 mx ~allgoogle-site-verification=abc",
        f"v=spf1 {OURS} mx ~all",
        ("ASK_MEANING",),
    ),
    Case(
        "literal quotes",
        '"\\"v=spf1 include:i1.example -all\\""',
        f"v=spf1 {OURS} include:i1.example -all",
        ("VERSION", "OURS"),
    ),
    Case("a dead include", "v=spf1 mx include:gone.example -all", f"v=spf1 {OURS} mx -all", ("DEAD",)),
    Case(
        "a dead include that is like a name with a record",
        "v=spf1 mx include:spf.google.com -all",
        f"v=spf1 {OURS} mx -all",
        ("ASK_NEAR_NAME", "DEAD"),
        ours=OUR_RECORD + "_spf.google.com TXT v=spf1 ip4:198.51.100.0/24 ~all\n",
    ),
    Case("itself", "v=spf1 mx include:acme.example -all", f"v=spf1 {OURS} mx -all", ("SELF",)),
    Case("a duplicate", "v=spf1 mx a MX -all", f"v=spf1 {OURS} mx a -all", ("DUPLICATE",)),
    Case("its own name", "v=spf1 a a:acme.example -all", f"v=spf1 {OURS} a -all", ("DUPLICATE",)),
    Case("behind all", "v=spf1 mx -all include:i1.example", f"v=spf1 {OURS} mx -all", ("ASK_INERT",)),
    Case(
        "redirect beside all", "v=spf1 mx redirect=i1.example -all", f"v=spf1 {OURS} mx -all", ("ASK_INERT",)
    ),
    Case("redirect alone", "v=spf1 redirect=i1.example", f"v=spf1 {OURS} redirect=i1.example", ("OURS",)),
    Case("redirect to us", "v=spf1 redirect=spf.sendwell.example", "v=spf1 redirect=spf.sendwell.example"),
    Case(
        "redirect to nothing",
        "v=spf1 mx redirect=gone.example",
        f"v=spf1 {OURS} mx ~all",
        ("ASK_DEAD_REDIRECT",),
    ),
    Case(
        "redirect to us behind ten",
        f"v=spf1 mx a {includes(9)} redirect=spf.sendwell.example",
        f"v=spf1 {OURS} mx a {includes(9)} ~all",
        ("OURS_MISWRITTEN", "OVER_TERMS", "LOSERS", "DEFAULT"),
    ),
    Case(
        "a redirect with a refusal",
        "v=spf1 redirect=guarded.example",
        f"v=spf1 {OURS} redirect=guarded.example",
        ("ASK_REFUSAL",),
    ),
    Case(
        "two records",
        f"v=spf1 mx include:i1.example -all\nv=spf1 {OURS} mx include:i2.example ~all",
        f"v=spf1 {OURS} mx include:i1.example include:i2.example -all",
        ("MERGED", "ASK_ALL", "DUPLICATE"),
    ),
    Case(
        "two records, a redirect in one",
        "v=spf1 mx ~all\nv=spf1 redirect=i1.example",
        f"v=spf1 {OURS} mx include:i1.example ~all",
        ("ASK_REDIRECT", "MERGED"),
    ),
    Case(
        "two explanations",
        "v=spf1 mx exp=a.acme.example -all\nv=spf1 a exp=b.acme.example -all",
        f"v=spf1 {OURS} mx exp=a.acme.example a -all",
        ("ASK_EXPLANATION",),
    ),
    Case("+all", "v=spf1 mx +all", f"v=spf1 {OURS} mx +all", ("ASK_PASS_ALL",)),
    Case("no mail at all", "v=spf1 -all", f"v=spf1 {OURS} -all", ("ASK_NO_MAIL",)),
    Case(
        "a broken include",
        "v=spf1 mx include:broken.example -all",
        f"v=spf1 {OURS} mx include:broken.example -all",
        ("ASK_BROKEN",),
    ),
    Case(
        "an include in the dark",
        "v=spf1 mx include:dark.example -all",
        f"v=spf1 {OURS} mx include:dark.example -all",
        ("NOT_LOOKED_UP",),
    ),
    Case(
        "a refusal of somebody else",
        "v=spf1 -ip4:203.0.113.1 mx -all",
        f"v=spf1 {OURS} -ip4:203.0.113.1 mx -all",
        ("OURS",),
    ),
    Case(
        "a refusal inside our networks keeps its place",
        "v=spf1 -ip4:192.0.2.3 mx -all",
        f"v=spf1 -ip4:192.0.2.3 {OURS} mx -all",
        ("NOT_FIRST",),
    ),
    Case(
        "a refusal of our very address is asked about",
        "v=spf1 -ip4:192.0.2.10 mx -all",
        f"v=spf1 {OURS} -ip4:192.0.2.10 mx -all",
        ("ASK_REFUSAL",),
    ),
    Case(
        "terms without addresses, too many of them",
        f"v=spf1 a:g1.example a:g2.example mx a:g3.example {OURS} -all",
        f"v=spf1 {OURS} mx -all",
        ("VOID", "OURS"),
    ),
    Case(
        "hosts without IPv6",
        f"v=spf1 a:four1.example a:four2.example a:four3.example {OURS} -all",
        f"v=spf1 {OURS} a:four1.example a:four2.example a:four3.example -all",
        ("OVER_VOIDS_IN_ONE_FAMILY", "HOSTS_BY_ADDRESS"),
    ),
    Case(
        "an include full of names that do not exist",
        "v=spf1 include:hollow.example mx -all",
        f"v=spf1 {OURS} include:hollow.example mx -all",
        ("OVER_VOIDS",),
        ours=OUR_RECORD + "hollow.example TXT v=spf1 a:g1.example a:g2.example a:g3.example -all\n",
    ),
    Case(
        "exactly ten",
        f"v=spf1 mx a {includes(8)} -all",
        f"v=spf1 {OURS} mx a {includes(8)} -all",
        ("LOSERS", "OVER_TERMS", "BY_ADDRESS", "HOSTS_BY_ADDRESS", "WITHOUT_COSTLY"),
    ),
    Case(
        "ten, of which our addresses are covered already",
        f"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 {includes(10)} -all",
        f"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 {includes(10)} -all",
        ("NOT_NAMED",),
    ),
    Case(
        "ours in a record of the company's own",
        "v=spf1 include:own.acme.example -all",
        "v=spf1 include:own.acme.example -all",
        ("NOT_NAMED",),
    ),
    Case(
        "an include that follows the sender",
        "v=spf1 include:%{l}.acme.example -all",
        f"v=spf1 {OURS} include:%{{l}}.acme.example -all",
        ("BEYOND_COUNTING", "LOSERS"),
    ),
    Case(
        "a long record",
        "v=spf1 " + " ".join(f"ip4:198.51.100.{n}" for n in range(100, 130)) + " -all",
        f"v=spf1 {OURS} " + " ".join(f"ip4:198.51.100.{n}" for n in range(100, 130)) + " -all",
        ("LONG",),
    ),
    Case(
        "our own include is broken behind our addresses",
        "v=spf1 mx -all",
        f"v=spf1 mx {OURS} -all",
        ("NOT_FIRST",),
        ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:gone.example ~all\n",
    ),
    Case(
        "our own include is broken, and a refusal of ours stands before everybody",
        "v=spf1 -ip4:192.0.2.10 mx -all",
        f"v=spf1 {OURS} -ip4:192.0.2.10 mx -all",
        ("LOSERS_OF_OURS", "ASK_REFUSAL"),
        ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:gone.example ~all\n",
    ),
    Case(
        "our own include holds a term without an answer, and the record two",
        "v=spf1 mx a:g1.example a:four1.example a:four2.example include:i1.example -all",
        f"v=spf1 mx a:four1.example a:four2.example include:i1.example {OURS} -all",
        ("NOT_FIRST", "VOID"),
        ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 a:gone.example ~all\n",
    ),
    Case(
        "the name is an alias",
        "",
        f"v=spf1 {OURS} ~all",
        ("ALIAS",),
        "bounce.acme.example CNAME bounces.elsewhere.example\n",
        replace(US, envelope="bounce.{domain}"),
    ),
    Case(
        "our include lacks an address",
        "v=spf1 mx -all",
        "",
        ("STILL_NOT_PASSING",),
        platform=replace(US, sending_addresses=(*US.sending_addresses, ip_address("203.0.113.9"))),
    ),
    Case(
        "our include cannot be looked up",
        "v=spf1 mx -all",
        "",
        ("STILL_UNKNOWN",),
        ours="\nspf.sendwell.example TXT !SERVFAIL\n",
    ),
    Case("the record cannot be looked up", "!SERVFAIL", "", ("RECORD_UNKNOWN",)),
    Case(
        "a platform envelope",
        "v=spf1 mx -all",
        "",
        ("PLATFORM_ENVELOPE",),
        platform=replace(US, envelope=PLATFORM),
    ),
    Case(
        "our own name", "v=spf1 mx -all", "", ("OUR_OWN_NAME",), platform=replace(US, include="acme.example")
    ),
)


async def advice_for(case: Case, *, shared: bool = False) -> Advice:
    published = "\n".join(f"acme.example TXT {line}" for line in case.published.splitlines())
    resolver = zone(COMMON + case.ours + case.more + published)
    domain = case.platform.envelope.replace("{domain}", "acme.example") if case.more else "acme.example"
    facts = await gather(domain, case.platform, resolver, shared=shared)
    return await propose(facts, case.platform, resolver)


def rules_told(advice: Advice) -> set[str]:
    told = [*advice.changes, *advice.collisions, *advice.questions, *advice.alternatives]
    return {t.rule.removeprefix("SPF_REPAIR_") for t in told if t.rule}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
async def test_the_record_is_proposed_and_told(case: Case) -> None:
    advice = await advice_for(case)

    assert advice.record == case.proposed
    assert set(case.told) <= rules_told(advice), advice
    assert bool(advice.record) == (advice.standing in (Standing.PUBLISH, Standing.NOTHING))
    if case.proposed and case.published == case.proposed:
        assert advice.standing is Standing.NOTHING
        assert {c.kind for c in advice.changes} <= {ChangeKind.KEPT}


async def test_a_shared_domain_has_no_advice_but_other_ways() -> None:
    advice = await advice_for(CASES[0], shared=True)

    assert advice.standing is Standing.IMPOSSIBLE
    assert rules_told(advice) == {"SHARED_DOMAIN", "SEND_FROM_PLATFORM", "OWN_DOMAIN"}


async def test_who_loses_is_named_and_each_way_out_says_its_price() -> None:
    advice = await advice_for(next(c for c in CASES if c.says == "exactly ten"))

    assert advice.losers == ("include:i8.example",)
    assert advice.needs_decision
    assert advice.size.terms == 11
    offered = {a.rule: a for a in advice.alternatives}
    assert (
        f"ip4:192.0.2.0/28 ip6:2001:db8::/64 mx a {includes(8)} -all"
        in offered["SPF_REPAIR_BY_ADDRESS"].record
    )
    assert offered["SPF_REPAIR_BY_ADDRESS"].losers == ()
    assert "mx" not in offered["SPF_REPAIR_HOSTS_BY_ADDRESS"].record.split()
    assert offered["SPF_REPAIR_WITHOUT_COSTLY"].losers == offered["SPF_REPAIR_WITHOUT_COSTLY"].terms
    assert all(a.size.terms <= 10 for a in advice.alternatives)


async def test_whoever_is_left_out_of_a_shorter_list_of_our_addresses_is_named() -> None:
    many = " ".join(f"ip4:198.18.{n}.0/30" for n in range(40))
    ours = f"\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 {many} ~all\n"
    case = Case("", f"v=spf1 {OURS} {includes(10)} -all", "", ours=ours)

    advice = await advice_for(case)

    by_address = next(a for a in advice.alternatives if a.rule == "SPF_REPAIR_BY_ADDRESS")
    assert "ip4:192.0.2.0/28 ip6:2001:db8::/64 include:i1.example" in by_address.record
    assert by_address.losers == (OURS,)


async def test_the_outcome_of_each_address_is_shown() -> None:
    advice = await advice_for(CASES[1])

    assert [(o.address, o.result, o.matched_term, o.terms, o.voids) for o in advice.outcomes] == [
        ("192.0.2.10", "pass", OURS, 1, 0),
        ("2001:db8::10", "pass", OURS, 1, 0),
    ]


async def test_what_keeps_our_mail_from_passing_is_named_by_address() -> None:
    advice = await advice_for(next(c for c in CASES if c.says == "our include lacks an address"))

    assert advice.standing is Standing.WITHHELD
    assert [c.about for c in advice.collisions] == ["203.0.113.9"]
    assert advice.strings == ()


async def test_the_difference_is_told_term_by_term() -> None:
    advice = await advice_for(next(c for c in CASES if c.says == "two records"))

    assert [(c.kind, c.before, c.after) for c in advice.changes] == [
        (ChangeKind.REMOVED, "v=spf1", ""),
        (ChangeKind.MOVED, OURS, OURS),
        (ChangeKind.KEPT, "mx", "mx"),
        (ChangeKind.KEPT, "include:i1.example", "include:i1.example"),
        (ChangeKind.KEPT, "include:i2.example", "include:i2.example"),
        (ChangeKind.MOVED, "-all", "-all"),
        (ChangeKind.REMOVED, "~all", ""),
        (ChangeKind.REMOVED, "mx", ""),
    ]


def test_strings_are_cut_inside_a_term() -> None:
    record = "v=spf1 " + "ip4:192.0.2.1 " * 60 + "-all"

    strings = strings_of(record)

    assert "".join(strings) == record
    assert all(0 < len(s) <= 255 and s == s.strip() for s in strings)


async def test_two_terms_that_had_run_together_are_both_told_as_mended() -> None:
    case = Case("", "v=spf1 include:i1.example+ip4:198.51.100.1 -all", "")

    advice = await advice_for(case)

    assert [(c.before, c.after) for c in advice.changes if c.kind is ChangeKind.MENDED] == [
        ("include:i1.example+ip4:198.51.100.1", "include:i1.example"),
        ("", "+ip4:198.51.100.1"),
    ]


async def test_a_host_without_ipv6_is_told_for_that_family_alone_and_as_no_fault() -> None:
    advice = await advice_for(next(c for c in CASES if c.says == "hosts without IPv6"))

    told = {c.rule: c for c in advice.collisions}
    assert "SPF_REPAIR_OVER_VOIDS" not in told
    assert told["SPF_REPAIR_OVER_VOIDS_IN_ONE_FAMILY"].losers == ("a:four3.example",)
    assert paid_by("SPF_REPAIR_OVER_VOIDS_IN_ONE_FAMILY") == "who may end in permerror"
    assert paid_by("SPF_REPAIR_LOSERS") == "who may lose"
    assert not advice.needs_decision
