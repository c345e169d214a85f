"""Why our mail does not pass, or what is to be known where it does: all that is said, to the letter.

What stands in `judged.json` was read by a person when it was written. `SENDWELL_WRITE_TOLD=1` writes it anew after a
change that is meant; the difference is then to be read, line by line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from checks.spf import health_rules
from checks.spf.judge import judge
from checks.spf.ours import gather
from checks.spf.outcome import Result
from tests.checks.test_diagnosis import PLATFORM
from tests.support.read import as_read
from tests.support.zone import zone

OURS = "include:spf.sendwell.example"
OUR_RECORD = "spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all\n"
COMMON = (
    """
    four.example TXT v=spf1 ip4:192.0.2.10 -all
    i.example TXT v=spf1 ip4:198.51.100.1 ~all
    host.example A 198.51.100.1
    bad.example TXT v=spf1 ip4:x mx
    double.example TXT v=spf1 mx
    double.example TXT v=spf1 a
    postmaster.double.example TXT v=spf1 mx
    postmaster.double.example TXT v=spf1 a
    postmaster.bad.example TXT v=spf1 ip4:x mx
"""
    + f"six.example TXT v=spf1 {'a:host.example ' * 6}~all\n"
)
GONE = "spf.sendwell.example TXT nothing\n"
IN_PART = "spf.sendwell.example TXT v=spf1 include:gone.example -all\n"
LACKS = f"spf.sendwell.example TXT v=spf1 ip4:192.0.2.99 ~all\ndeep.example TXT v=spf1 {OURS} ~all\n"
HOLES = "holes.example MX 1 g1.example\nholes.example MX 4 both.example\n"
MORE_HOLES = "holes.example MX 2 g2.example\nholes.example MX 3 g3.example\n"
BOTH = "both.example A 198.51.100.1\nboth.example AAAA 2001:db8:1::1\n"
MANY = "".join(f"many.example MX {n} h{n}.example\n" for n in range(11))
HEALTH = {rule.code for rule in health_rules.RULES}


@dataclass(frozen=True)
class Case:
    """What is published at acme.example, one record a line, and elsewhere."""

    says: str
    published: str
    more: str = ""


CASES = (
    Case("no record, but a name", "", "www.acme.example A 198.51.100.1\n"),
    Case("no name at all", ""),
    Case("several records", "v=spf1 mx\nv=spf1 a"),
    Case("several records below", "v=spf1 include:double.example"),
    Case("several records at a name that follows the sender", "v=spf1 include:%{l}.double.example"),
    Case("syntax below", f"v=spf1 include:bad.example {OURS}"),
    Case("syntax at a name that follows the sender", f"v=spf1 include:%{{l}}.bad.example {OURS}"),
    Case(
        "too many terms", f"v=spf1 include:six.example a:host.example a:host.example ?a:host.example {OURS}"
    ),
    Case(
        "too many voids, from IPv6",
        f"v=spf1 a:host.example a:host.example include:i.example a:host.example {OURS}",
    ),
    Case("too many voids, from both", f"v=spf1 a:g1.example mx:g2.example a:g3.example {OURS}"),
    Case(
        "too many voids, from IPv4",
        f"v=spf1 a:six.example a:six.example a:six.example {OURS}",
        "six.example AAAA 2001:db8:1::6\n",
    ),
    Case("too many exchangers", f"v=spf1 mx:many.example {OURS}", MANY),
    Case("a dead include", f"v=spf1 include:gone.example {OURS}"),
    Case("an include without a record", f"v=spf1 include:host.example {OURS}"),
    Case("an include that is no name", f"v=spf1 include:%{{l}}..example {OURS}"),
    Case("a redirect to nothing", "v=spf1 redirect=gone.example"),
    Case("nothing of ours", "v=spf1 mx -all"),
    Case("nothing of ours and no all", "v=spf1 mx"),
    Case("nothing of ours, decided below", "v=spf1 redirect=i.example"),
    Case("ours behind all, twice", f"v=spf1 mx -all {OURS} ~{OURS}"),
    Case("ours with signs", f"v=spf1 ~{OURS} ?{OURS} -all"),
    Case(
        "ours with and without a sign, behind a refusal",
        f"v=spf1 -ip4:192.0.2.0/24 -ip6:2001:db8::/32 ~{OURS} {OURS} -all",
    ),
    Case("a refusal of ours before ours", f"v=spf1 -ip4:192.0.2.10 -ip6:2001:db8::10 {OURS} -all"),
    Case(
        "a redirect to us behind a refusal",
        "v=spf1 -ip4:192.0.2.0/24 -ip6:2001:db8::/32 redirect=spf.sendwell.example",
    ),
    Case("ours lacks the addresses", f"v=spf1 mx {OURS} -all", LACKS),
    Case("ours lacks them, then no all", f"v=spf1 {OURS}", LACKS),
    Case("ours lacks them, by a redirect", "v=spf1 redirect=spf.sendwell.example", LACKS),
    Case("ours lacks them, below", "v=spf1 include:deep.example -all", LACKS),
    Case("ours is gone", f"v=spf1 {OURS} -all", GONE),
    Case("ours is gone, by a redirect", "v=spf1 redirect=spf.sendwell.example", GONE),
    Case("a part of ours is gone", f"v=spf1 {OURS} -all", IN_PART),
    Case(
        "a part of ours is gone that is named before ours too",
        f"v=spf1 include:gone.example {OURS} -all",
        IN_PART,
    ),
    Case(
        "ours is refused below",
        "v=spf1 redirect=deep2.example",
        f"deep2.example TXT v=spf1 -ip4:192.0.2.0/24 -ip6:2001:db8::/32 {OURS} -all\n",
    ),
    Case("passes from IPv4 alone", "v=spf1 include:four.example -all"),
    Case(
        "passes from IPv4 alone, no word from IPv6",
        "v=spf1 ip4:192.0.2.10 a:dark.example -all",
        "dark.example * !SERVFAIL\n",
    ),
    Case(
        "near misses of each kind",
        "v=spf1 include=spf.sendwell.example mx ip4:192.0.2.10 a:spf.sendwell.example "
        f"include:spf.sendwel.example -all\nspf1 {OURS}",
    ),
    Case("near misses that do not parse", "v=spf1 include.spf.sendwell.example ip6:2001:db8::10 -all"),
    Case(
        "near misses below",
        "v=spf1 include:_spf.acme.example -all",
        "_spf.acme.example TXT v=spf1 a:spf.sendwell.example ip4:192.0.2.10 ~all\n",
    ),
    Case(
        "no record, a near miss, and ours elsewhere", f"proof {OURS}", f"www.acme.example TXT v=spf1 {OURS}\n"
    ),
    Case("no record, and ours elsewhere", "proof", f"www.acme.example TXT v=spf1 {OURS}\n"),
    Case(
        "nothing of ours, and ours elsewhere, twice",
        "v=spf1 mx -all",
        f"www.acme.example TXT v=spf1 {OURS}\n_spf.acme.example TXT v=spf1 mx {OURS}\n",
    ),
    Case("could not be looked up", "v=spf1 include:dark.example -all", "dark.example * !TIMEOUT\n"),
    Case(
        "could not be looked up from one",
        "v=spf1 ip4:192.0.2.10 include:dark.example -all",
        "dark.example * !TIMEOUT\n",
    ),
    Case(
        "two look-ups failed",
        "v=spf1 a:dark.example a:dim.example -all",
        "dark.example AAAA !TIMEOUT\ndim.example A !SERVFAIL\n",
    ),
    Case("a record that includes itself before ours", f"v=spf1 include:acme.example {OURS} -all"),
    Case("passes by ours, first", f"v=spf1 {OURS} -all"),
    Case("passes by ours, second", f"v=spf1 mx {OURS} -all"),
    Case("passes by ours behind a near miss", f"v=spf1 a:spf.sendwell.example {OURS} -all"),
    Case(
        "passes by ours below, first there",
        "v=spf1 mx include:own.example -all",
        f"own.example TXT v=spf1 {OURS} -all\n",
    ),
    Case("passes by a redirect alone", "v=spf1 redirect=spf.sendwell.example"),
    Case("passes by a redirect behind another term", "v=spf1 mx redirect=spf.sendwell.example"),
    Case("passes by ours below", "v=spf1 include:own.example -all", f"own.example TXT v=spf1 {OURS} -all\n"),
    Case("passes without ours", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"),
    Case("passes with everybody", "v=spf1 mx +all"),
    Case("passes with everybody, below", "v=spf1 redirect=open.example", "open.example TXT v=spf1 ALL\n"),
    Case("passes from one by all", "v=spf1 ip4:192.0.2.10 all"),
    Case("passes at receivers that count terms", f"v=spf1 mx:holes.example {OURS} -all", HOLES + MORE_HOLES),
    Case("passes, two empty queries", f"v=spf1 mx:holes.example {OURS} -all", HOLES + BOTH),
)


async def said(case: Case) -> list[str]:
    here = "\n".join(f"acme.example TXT {line}" for line in case.published.splitlines())
    ours = "" if case.more in (LACKS, GONE, IN_PART) else OUR_RECORD
    facts = await gather("acme.example", PLATFORM, zone(ours + COMMON + case.more + here))
    return [
        f"{f.rule} {f.about}: " + " | ".join(f"{e.expected} → {e.found}" for e in f.evidence)
        for f in judge(facts, PLATFORM)
        if f.rule not in HEALTH
    ]


async def test_the_stricter_way_to_count_gives_another_result() -> None:
    text = f"acme.example TXT v=spf1 mx:holes.example {OURS} -all\n"
    two = HOLES + BOTH + "holes.example MX 2 g2.example\n"
    three = two + "holes.example MX 3 g3.example\n"
    for holes, results in ((three, [Result.PERMERROR] * 2), (two, []), (HOLES + BOTH, [])):
        facts = await gather("acme.example", PLATFORM, zone(OUR_RECORD + COMMON + holes + text))
        assert facts.passes
        assert [s.stricter.result for s in facts.senders if s.stricter] == results


def test_all_is_said_as_it_was_read() -> None:
    as_read({case.says: asyncio.run(said(case)) for case in CASES}, Path(__file__).parent / "judged.json")
