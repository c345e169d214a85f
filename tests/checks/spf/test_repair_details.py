"""More of what the repair proposes, one case for each way that it can go; all that it says is in advised.json."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from checks.spf.advice import Size, strings_of
from checks.spf.ours import gather
from checks.spf.repair import propose
from tests.checks.spf.test_repair import OUR_RECORD, OURS, US, Case, advice_for, includes, rules_told
from tests.support.zone import zone

OUR_BROKEN = (
    "\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 include:gone.example ~all\n"
)
SIXTY = " ".join(f"ip4:198.51.100.{n}" for n in range(1, 61))

CASES = (
    # two terms or records where one can be
    Case("strings that make a slip of a word", '"v=spf1 mx" "include:i1.example -all"',
         f"v=spf1 {OURS} mx include:i1.example -all", ("MENDED",)),
    Case("all, and all again", "v=spf1 mx -all ~all", f"v=spf1 {OURS} mx -all", ("DUPLICATE",)),
    Case("the same with another sign", "v=spf1 mx -MX ip4:203.0.113.1 -ip4:203.0.113.1 -all",
         f"v=spf1 {OURS} mx ip4:203.0.113.1 -all", ("DUPLICATE", "ASK_INERT")),
    Case("ours with a sign, and without", f"v=spf1 ~{OURS} mx {OURS} -all", f"v=spf1 {OURS} mx -all",
         ("DUPLICATE", "OURS")),
    Case("ours before all and behind it", f"v=spf1 mx {OURS} -all {OURS}", f"v=spf1 {OURS} mx -all",
         ("DUPLICATE", "OURS")),
    Case("ours behind all, with a sign", f"v=spf1 mx -all ~{OURS}", f"v=spf1 {OURS} mx -all", ("OURS_QUALIFIED",)),
    Case("ours with a sign, and behind all", f"v=spf1 ~{OURS} mx -all {OURS}", f"v=spf1 {OURS} mx -all",
         ("DUPLICATE", "OURS_QUALIFIED")),
    Case("a list, and what is broken in it", "v=spf1 include:i1.example,broken.example,gone.example mx -all",
         f"v=spf1 {OURS} include:i1.example include:broken.example mx -all", ("MENDED",)),
    Case("two records, three ways to end", "v=spf1 mx ?all ~all\nv=spf1 a -all\nv=spf1 a -all",
         f"v=spf1 {OURS} mx a -all", ("ASK_ALL", "DUPLICATE", "MERGED")),
    Case("two records that both redirect", "v=spf1 mx redirect=i1.example\nv=spf1 a redirect=i2.example",
         f"v=spf1 {OURS} mx include:i1.example a include:i2.example", ("ASK_REDIRECT",)),
    Case("two records, one redirect and no all", "v=spf1 redirect=i1.example\nv=spf1 a",
         f"v=spf1 {OURS} a redirect=i1.example", ("MERGED",)),
    Case("two records, a redirect to us in one", "v=spf1 mx -all\nv=spf1 redirect=spf.sendwell.example",
         f"v=spf1 {OURS} mx -all", ("MERGED",)),
    Case("the same explanation twice", "v=spf1 mx exp=a.acme.example -all\nv=spf1 a exp=A.acme.example -all",
         f"v=spf1 {OURS} mx exp=a.acme.example a -all", ("DUPLICATE",)),
    Case("an explanation that does not parse", "v=spf1 mx exp=what -all", f"v=spf1 {OURS} mx -all",
         ("ASK_EXPLANATION",)),
    Case("an unknown modifier stays", "v=spf1 mx ra=postmaster -all", f"v=spf1 {OURS} mx ra=postmaster -all"),
    # redirects
    Case("a redirect to us beside all", "v=spf1 mx redirect=spf.sendwell.example -all",
         f"v=spf1 {OURS} mx -all", ("OURS_MISWRITTEN",)),
    Case("a redirect to us behind others that work", "v=spf1 mx redirect=spf.sendwell.example",
         f"v=spf1 {OURS} mx redirect=spf.sendwell.example"),
    Case("ours, and a redirect to us behind ten", f"v=spf1 {includes(10)} {OURS} redirect=spf.sendwell.example",
         f"v=spf1 {OURS} {includes(10)} ~all", ("OVER_TERMS",)),
    Case("a redirect to us behind ten, our record ending in -all",
         f"v=spf1 mx a {includes(9)} redirect=spf.sendwell.example", f"v=spf1 {OURS} mx a {includes(9)} -all",
         ("DEFAULT",), ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 -all\n"),
    Case("a redirect to us behind ten, our record ending in nothing",
         f"v=spf1 mx a {includes(9)} redirect=spf.sendwell.example", f"v=spf1 {OURS} mx a {includes(9)} ~all",
         ("DEFAULT",), ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64\n"),
    Case("a redirect that leads to a refusal", "v=spf1 redirect=led.example",
         f"v=spf1 {OURS} redirect=led.example", ("ASK_REFUSAL",),
         ours=OUR_RECORD + "led.example TXT v=spf1 redirect=guarded.example\n"),
    Case("a redirect whose refusal is of others", "v=spf1 include:guarded.example redirect=led.example",
         f"v=spf1 {OURS} include:guarded.example redirect=led.example", (),
         ours=OUR_RECORD + "led.example TXT v=spf1 -ip4:203.0.113.1 mx ?all redirect=guarded.example\n"),
    Case("a redirect with a refusal, with a dot", "v=spf1 redirect=Guarded.example.",
         f"v=spf1 {OURS} redirect=Guarded.example.", ("ASK_REFUSAL",)),
    Case("a redirect in the dark", "v=spf1 redirect=dark.example", f"v=spf1 {OURS} redirect=dark.example",
         ("NOT_LOOKED_UP",)),
    Case("a redirect in a circle", "v=spf1 redirect=led.example", f"v=spf1 {OURS} redirect=led.example",
         ("ASK_BROKEN",),
         ours=OUR_RECORD + "led.example TXT v=spf1 mx redirect=back.example\n"
         "back.example TXT v=spf1 redirect=led.example\n"),
    Case("a redirect that follows the sender", "v=spf1 redirect=%{l}.acme.example",
         f"v=spf1 {OURS} redirect=%{{l}}.acme.example", ("BEYOND_COUNTING",)),
    Case("a redirect to nothing, alone", "v=spf1 redirect=gone.example", f"v=spf1 {OURS} ~all",
         ("ASK_DEAD_REDIRECT", "DEFAULT")),
    Case("a redirect to nothing before other terms", "v=spf1 redirect=gone.example mx exp=why.acme.example a",
         f"v=spf1 {OURS} mx exp=why.acme.example a ~all", ("ASK_DEAD_REDIRECT", "DEFAULT")),
    Case("itself, with a dot", "v=spf1 mx include:Acme.example. -all", f"v=spf1 {OURS} mx -all", ("SELF",)),
    Case("a redirect to itself", "v=spf1 mx redirect=acme.example", f"v=spf1 {OURS} mx", ("SELF",)),
    # our mail passes already
    Case("ours first, something dead behind it", f"v=spf1 {OURS} mx include:gone.example -all",
         f"v=spf1 {OURS} mx -all", ("DEAD",)),
    Case("ours first, more than ten behind it", f"v=spf1 {OURS} {includes(11)} -all",
         f"v=spf1 {OURS} {includes(11)} -all", ("OVER_TERMS", "WITHOUT_COSTLY")),
    Case("our addresses, ten terms and something dead",
         f"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 {includes(10)} include:gone.example -all",
         f"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 {includes(10)} -all", ("NOT_NAMED", "DEAD")),
    Case("our addresses, and little else", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 mx -all",
         f"v=spf1 {OURS} ip4:192.0.2.0/24 ip6:2001:db8::/32 mx -all", ("OURS",)),
    Case("our addresses behind a refusal of one of them",
         "v=spf1 -ip4:192.0.2.3 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
         f"v=spf1 -ip4:192.0.2.3 {OURS} ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", ("NOT_FIRST",)),
    Case("everybody", "v=spf1 +all", f"v=spf1 {OURS} +all", ("ASK_PASS_ALL",)),
    Case("ours in their own record, behind too much", f"v=spf1 {includes(10)} include:own.acme.example -all",
         f"v=spf1 {OURS} {includes(10)} include:own.acme.example -all", ("OVER_TERMS",)),
    Case("ours in their own record with a sign", "v=spf1 mx ?include:own.acme.example -all",
         f"v=spf1 {OURS} mx ?include:own.acme.example -all", ("OURS",)),
    Case("ours in their own record to no effect, and our addresses",
         "v=spf1 include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
         f"v=spf1 {OURS} include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", ("OURS",),
         ours=f"{OUR_RECORD}own2.acme.example TXT v=spf1 ?{OURS}\n"),
    Case("ours in their own record behind all, and our addresses",
         "v=spf1 include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
         f"v=spf1 {OURS} include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", ("OURS",),
         ours=f"{OUR_RECORD}own2.acme.example TXT v=spf1 -all {OURS}\n"),
    Case("ours in somebody else's record", "v=spf1 include:other.example -all",
         f"v=spf1 {OURS} include:other.example -all", ("OURS",),
         ours=OUR_RECORD + "other.example TXT v=spf1 " + OURS + " -all\n"),
    Case("a near miss in their own record, and our addresses",
         "v=spf1 include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
         f"v=spf1 {OURS} include:own2.acme.example ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", ("OURS",),
         ours=f"{OUR_RECORD}own2.acme.example TXT v=spf1 a:spf.sendwell.example -all\n"),
    Case("ours first, and more blanks than one", f"v=spf1  {OURS}   mx -all", f"v=spf1  {OURS}   mx -all"),
    Case("ours first, and a term behind all", f"v=spf1 {OURS} mx -all include:i1.example",
         f"v=spf1 {OURS} mx -all include:i1.example"),
    Case("somebody else's record with ours costs too much", f"v=spf1 include:other.example {includes(9)} -all",
         f"v=spf1 include:other.example {includes(9)} -all", ("OVER_TERMS", "NOT_NAMED", "WITHOUT_COSTLY"),
         ours=f"{OUR_RECORD}other.example TXT v=spf1 {OURS} -all\n"),
    Case("ours first with a sign, to no effect, and our addresses",
         f"v=spf1 ?{OURS} ip4:192.0.2.10 ip6:2001:db8::10 -all",
         f"v=spf1 {OURS} ip4:192.0.2.10 ip6:2001:db8::10 -all", ("OURS_QUALIFIED",),
         ours="\nspf.sendwell.example TXT v=spf1 ip4:198.18.0.0/24 ~all\n"),
    # refusals
    Case("nothing but a refusal", "v=spf1 -ip4:203.0.113.1", f"v=spf1 {OURS} -ip4:203.0.113.1", ("OURS",)),
    Case("a refusal behind ours with a sign", f"v=spf1 ~{OURS} -ip4:192.0.2.3 mx -all",
         f"v=spf1 -ip4:192.0.2.3 {OURS} mx -all", ("NOT_FIRST", "OURS_QUALIFIED")),
    Case("ours behind a refusal and before sixty terms", f"v=spf1 -ip4:192.0.2.3 {OURS} {SIXTY} -all",
         f"v=spf1 -ip4:192.0.2.3 {OURS} {SIXTY} -all", ("NOT_FIRST",)),
    Case("a refusal behind ours, in a record that does not parse", f"v=spf1 ip4:x mx {OURS} -ip4:192.0.2.3 -all",
         f"v=spf1 {OURS} mx -ip4:192.0.2.3 -all", ("ASK_MEANING", "OURS")),
    Case("a refusal before ours, in a record that does not parse", f"v=spf1 ip4:x -ip4:192.0.2.3 {OURS} mx -all",
         f"v=spf1 -ip4:192.0.2.3 {OURS} mx -all", ("ASK_MEANING", "NOT_FIRST")),
    Case("a refusal with an en-dash", "v=spf1 \u2013ip4:192.0.2.10 mx -all", f"v=spf1 {OURS} -ip4:192.0.2.10 mx -all",
         ("ASK_REFUSAL", "MENDED")),
    Case("a refusal in a redirect that stands behind ours already", f"v=spf1 mx {OURS} redirect=guarded.example",
         f"v=spf1 {OURS} mx redirect=guarded.example", ("OURS",)),
    Case("a refusal in an include is none of theirs", "v=spf1 include:guarded.example -all",
         f"v=spf1 {OURS} include:guarded.example -all", ("OURS",)),
    Case("a refusal behind ours stays behind it", f"v=spf1 mx {OURS} -ip4:192.0.2.3 -all",
         f"v=spf1 {OURS} mx -ip4:192.0.2.3 -all", ("OURS",)),
    Case("a refusal of a network around ours, of each kind", "v=spf1 -ip6:2001:db8::/32 -a:mail.acme.example mx -all",
         f"v=spf1 {OURS} -ip6:2001:db8::/32 -a:mail.acme.example mx -all", ("ASK_REFUSAL",)),
    Case("a soft refusal is none", "v=spf1 ~ip4:192.0.2.3 mx -all", f"v=spf1 {OURS} ~ip4:192.0.2.3 mx -all"),
    Case("a refusal, where our include names hosts", "v=spf1 -ip4:203.0.113.1 mx -all",
         f"v=spf1 -ip4:203.0.113.1 {OURS} mx -all", ("NOT_FIRST",),
         ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 a:many.example ~all\n"),
    Case("more than sixty terms before a refusal", f"v=spf1 {SIXTY} -ip4:192.0.2.3 mx -all",
         f"v=spf1 {SIXTY} -ip4:192.0.2.3 mx {OURS} -all", ("NOT_FIRST", "LONG")),
    # our own include
    Case("our own include is broken", "v=spf1 a mx -all", f"v=spf1 a mx {OURS} -all", ("NOT_FIRST",), ours=OUR_BROKEN),
    Case("our own include is broken, and stands first", f"v=spf1 {OURS} mx -all", f"v=spf1 {OURS} mx -all",
         ours=OUR_BROKEN),
    Case("our own include costs three terms", f"v=spf1 mx {includes(8)} -all", f"v=spf1 mx {includes(8)} {OURS} -all",
         ("NOT_FIRST", "OVER_TERMS"),
         ours=OUR_RECORD.replace("~all", "a:four1.example a:four2.example ~all")),
    Case("our own include costs more than ten terms", "v=spf1 mx -all", f"v=spf1 mx {OURS} -all", ("OVER_TERMS",),
         ours=OUR_RECORD.replace("~all", "a:four1.example " * 11 + "~all")),
    # too much
    Case("what costs most is offered to go, each that suffices",
         f"v=spf1 include:two.example include:three.example {includes(5)} -all",
         f"v=spf1 {OURS} include:two.example include:three.example {includes(5)} -all", ("WITHOUT_COSTLY",),
         ours=OUR_RECORD + "two.example TXT v=spf1 include:i1.example ~all\n"
         "three.example TXT v=spf1 include:i1.example include:i2.example ~all\n"),
    Case("where none suffices alone, as many as it takes", f"v=spf1 {includes(12)} -all",
         f"v=spf1 {OURS} {includes(12)} -all", ("WITHOUT_COSTLY", "OVER_TERMS")),
    Case("hosts that cannot be listed", f"v=spf1 a:%{{d}} a:hidden.example a:four1.example {includes(8)} -all",
         f"v=spf1 {OURS} a:%{{d}} a:hidden.example a:four1.example {includes(8)} -all", ("NOT_LOOKED_UP",),
         ours=OUR_RECORD + "hidden.example * !SERVFAIL\n"),
    Case("hosts with lengths and signs", f"v=spf1 a/24//64 -mx//48 ?a:Four1.example./25 {includes(8)} -all",
         f"v=spf1 a/24//64 -mx//48 {OURS} ?a:Four1.example./25 {includes(8)} -all", ("HOSTS_BY_ADDRESS",)),
    Case("voids in one family, some with a name that follows the sender",
         f"v=spf1 exists:%{{i}}.g.example a:g2.example exists:g3.example "
         f"exists:%{{d}}.%{{o}}.g.example exists:%{{o}}.g.example {OURS} -all",
         f"v=spf1 {OURS} exists:%{{i}}.g.example -all", ("VOID",)),
    Case("ours behind voids that go", f"v=spf1 a:g1.example mx a:g2.example a:g3.example {OURS} a -all",
         f"v=spf1 {OURS} mx a -all", ("VOID", "OURS")),
    Case("too many terms, and voids that stay",
         f"v=spf1 a:four1.example a:four2.example a:four3.example {includes(7)} -all",
         f"v=spf1 {OURS} a:four1.example a:four2.example a:four3.example {includes(7)} -all", ("BY_ADDRESS",)),
    Case("exactly ten terms, and voids that stay",
         f"v=spf1 {OURS} a:four1.example a:four2.example a:four3.example {includes(6)} -all",
         f"v=spf1 {OURS} a:four1.example a:four2.example a:four3.example {includes(6)} -all", ("HOSTS_BY_ADDRESS",)),
    Case("all our networks, where they are not too long", f"v=spf1 {includes(10)} -all",
         f"v=spf1 {OURS} {includes(10)} -all", ("BY_ADDRESS",),
         ours=OUR_RECORD.replace("~all", "ip4:198.18.0.0/30 ip4:198.18.0.4/30 ~all")),
    Case("our addresses that no network of ours holds", f"v=spf1 {OURS} {includes(10)} -all",
         f"v=spf1 {OURS} {includes(10)} -all", ("BY_ADDRESS", "OVER_TERMS"),
         ours="\nspf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 a:out.example ~all\n"
         "out.example A 198.51.100.77\nout.example AAAA 2001:db8::10\n",
         platform=replace(US, sending_addresses=(*US.sending_addresses, ip_address("198.51.100.77")))),
    Case("eleven terms, and voids in an include", f"v=spf1 {OURS} include:hosts.example {includes(6)} -all",
         f"v=spf1 {OURS} include:hosts.example {includes(6)} -all", ("OVER_TERMS", "WITHOUT_COSTLY"),
         ours=OUR_RECORD + "hosts.example TXT v=spf1 a:four1.example a:four2.example a:four3.example ~all\n"),
    Case("exactly ten terms, and voids in an include",
         f"v=spf1 {OURS} include:hosts.example a {includes(4)} -all",
         f"v=spf1 {OURS} include:hosts.example a {includes(4)} -all", ("OVER_VOIDS_IN_ONE_FAMILY",),
         ours=OUR_RECORD + "hosts.example TXT v=spf1 a:four1.example a:four2.example a:four3.example ~all\n"),
    Case("mail servers that do not exist, and losers", "v=spf1 mx:gone.example include:%{l}.acme.example -all",
         f"v=spf1 {OURS} mx:gone.example include:%{{l}}.acme.example -all", ("LOSERS", "BY_ADDRESS")),
    # no record yet
    Case("no record, and another text", "proof=abc", f"v=spf1 {OURS} ~all", ("FIRST_RECORD",)),
    Case("two texts that were meant as records", "spf1 mx -all\nv=spf1; a ~all", f"v=spf1 {OURS} mx a -all",
         ("VERSION", "MERGED", "ASK_ALL")),
    Case("a version alone", "v=spf1", f"v=spf1 {OURS}", ("OURS",)),
    # somebody else's envelope, and an alias of an alias
    Case("the name is an alias of an alias", "", f"v=spf1 {OURS} ~all", ("ALIAS",),
         "bounce.acme.example CNAME bounces.elsewhere.example\nbounces.elsewhere.example CNAME b.elsewhere.example\n",
         replace(US, envelope="bounce.{domain}")),
    Case("no record, and our include lacks an address", "", "", ("STILL_NOT_PASSING",),
         platform=replace(US, sending_addresses=(ip_address("203.0.113.9"),))),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
async def test_the_record_is_proposed_and_told(case: Case) -> None:
    advice = await advice_for(case)

    assert advice.record == case.proposed
    assert set(case.told) <= rules_told(advice), advice


async def test_what_matched_nowhere_has_no_name() -> None:
    unknown = OUR_RECORD.replace("v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all", "!SERVFAIL")
    advice = await advice_for(Case("", "v=spf1 mx -all", "", ours=unknown))
    assert [(o.matched_name, o.matched_term) for o in advice.outcomes] == [("", ""), ("", "")]


@pytest.mark.parametrize(
    ("local", "passes"), [("", True), ("postmaster", True), ("info", True), ("other", False)]
)
async def test_it_is_evaluated_with_the_local_part_of_the_sender(local: str, passes: bool) -> None:
    people = "postmaster.let.example A 127.0.0.2\ninfo.let.example A 127.0.0.2\n"
    ours = "spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ~all\n"
    resolver = zone(f"{ours}{people}acme.example TXT v=spf1 exists:%{{l}}.let.example -all\n")
    facts = await gather("acme.example", US, resolver, local=local)
    advice = await propose(facts, US, resolver, local=local)
    assert bool(advice.record) is passes


@pytest.mark.parametrize("count", [20, 21])
async def test_hosts_are_listed_where_their_addresses_are_at_most_twenty(count: int) -> None:
    hosts = "\n".join(f"many.example A 198.51.102.{n}" for n in range(count + 1)) + "\n"
    case = Case("", f"v=spf1 a:many.example {includes(9)} -all", "", ours=OUR_RECORD + hosts)
    offered = {a.rule for a in (await advice_for(case)).alternatives}
    assert ("SPF_REPAIR_HOSTS_BY_ADDRESS" in offered) is (count <= 20)


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        (Size(10, (2, 2)), True),
        (Size(11, (0, 0)), False),
        (Size(0, (3, 0)), False),
        (Size(0, (0, 3)), False),
    ],
)
def test_ten_terms_and_two_voids_of_each_family_fit(size: Size, fits: bool) -> None:
    assert size.fits is fits


@pytest.mark.parametrize(
    ("record", "lengths"),
    [
        ("", [0]),
        ("x" * 255, [255]),
        ("x" * 256, [255, 1]),
        ("x" * 600, [255, 255, 90]),
        # never beside a blank, which a panel may trim: one octet before or behind the cut
        ("x" * 253 + " " + "y" * 100, [255, 99]),
        ("x" * 254 + " " + "y" * 100, [253, 102]),
        ("x" * 255 + " " + "y" * 100, [254, 102]),
        ("x" * 256 + " " + "y" * 100, [255, 102]),
        ("x" + " " * 255, [1, 255]),
    ],
)
def test_a_record_is_cut_where_no_blank_is_lost(record: str, lengths: list[int]) -> None:
    strings = strings_of(record)
    assert [len(s) for s in strings] == lengths
    assert "".join(strings) == record
