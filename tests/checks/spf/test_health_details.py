"""More of a record's health: at each limit and one beyond it, in whose record, with all of the evidence.

What stands in `healthy.json` was read by a person when it was written. `SENDWELL_WRITE_TOLD=1` writes it anew after a
change that is meant; the difference is then to be read, line by line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from checks.lookup import FailureReason, LookupFailed, RecordType, Result
from checks.spf.health import health
from checks.spf.ours import gather
from tests.checks.test_diagnosis import PLATFORM
from tests.support.read import as_read
from tests.support.zone import zone

OURS = "include:spf.sendwell.example"
COMMON = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all
    both.example A 198.51.100.1
    both.example AAAA 2001:db8:1::1
    four.example A 198.51.100.4
    i.example TXT v=spf1 ip4:198.51.100.1 ~all
    below.acme.example TXT v=spf1 ptr -all mx redirect=i.example
"""


def a(count: int, host: str = "both.example") -> str:
    """So many terms that are not the same."""
    return " ".join(f"a:{host}/{length}" for length in range(32, 32 - count, -1))


def exchangers(count: int) -> str:
    return "".join(f"many.example MX {n} both.example\n" for n in range(count))


@dataclass(frozen=True)
class Case:
    """What is published at acme.example, one record a line, and elsewhere."""

    says: str
    published: str
    more: str = ""


CASES = (
    # who passes
    Case("everybody passes by what it redirects to", "v=spf1 redirect=o.example", "o.example TXT v=spf1 mx all\n"),
    Case("everybody passes by an include, and one that is in vain", "v=spf1 include:o.example ?include:o2.example -all",
         "o.example TXT v=spf1 +all\no2.example TXT v=spf1 +all\n"),
    Case("everybody passes two below", "v=spf1 include:m.example -all",
         "m.example TXT v=spf1 include:o.example -all\no.example TXT v=spf1 +all\n"),
    Case("everybody passes two below a sign", "v=spf1 ?include:m.example -all",
         "m.example TXT v=spf1 include:o.example -all\no.example TXT v=spf1 +all\n"),
    Case("everybody passes below a sign", "v=spf1 include:m.example -all",
         "m.example TXT v=spf1 ~include:o.example -all\no.example TXT v=spf1 +all\n"),
    Case("everybody passes behind all", "v=spf1 -all include:o.example", "o.example TXT v=spf1 +all\n"),
    Case("a wide range in a record that does not parse", "v=spf1 include:o.example -all",
         "o.example TXT v=spf1 ip4:x ip4:0.0.0.0/1 +all\n"),
    Case("wide ranges, each once", "v=spf1 ip4:16.0.0.0/8 -ip4:17.0.0.0/8 -all ip4:18.0.0.0/8"),
    # counts
    Case("ten terms", f"v=spf1 {OURS} {a(9)} -all"),
    Case("eleven terms", f"v=spf1 {OURS} {a(10)} -all"),
    Case("two voids", f"v=spf1 {OURS} {a(2, 'four.example')} -all"),
    Case("three voids from IPv6", f"v=spf1 {OURS} {a(3, 'four.example')} -all"),
    Case("three voids from IPv4 too", f"v=spf1 {OURS} {a(3, 'gone.example')} -all"),
    Case("voids with long names",
         f"v=spf1 {OURS} {' '.join(f'a:{c * 63}.{c * 63}.{c * 50}.example' for c in 'bcd')} -all"),
    Case("ten exchangers", f"v=spf1 {OURS} mx:many.example -all", exchangers(10)),
    Case("eleven exchangers", f"v=spf1 {OURS} mx:many.example a:many.example -all", exchangers(11)),
    # names
    Case("dead names of each kind, one of them behind all",
         f"v=spf1 {OURS} include:gone.example include:four.example include:two.example include:odd.example -all "
         "include:gone2.example",
         "two.example TXT v=spf1 -all\ntwo.example TXT v=spf1 mx\nodd.example TXT v=spf1 foo bar -all\n"),
    Case("a dead name that is like others", f"v=spf1 {OURS} include:spf.made.example include:spf.maid.example -all",
         "_spf.made.example TXT v=spf1 ip4:198.51.100.1 ~all\nspf1.made.example TXT v=spf1 ip4:198.51.100.2 ~all\n"),
    Case("look-ups that failed: a record, its hosts, and one behind all",
         f"v=spf1 {OURS} include:dark.example a:dark.example -all include:dim.example",
         "dark.example * !TIMEOUT\ndim.example * !SERVFAIL\n"),
    Case("names that find nothing, in their own records and in others'",
         f"v=spf1 {OURS} a:gone.example include:below2.acme.example include:theirs.example -all",
         "below2.acme.example TXT v=spf1 mx:gone.example ~all\ntheirs.example TXT v=spf1 a:gone.example ~all\n"),
    # what does not say what was meant
    Case("not as meant, in their own records and in others'",
         f"v=spf1 {OURS} ip4=192.0.2.1 include:below2.acme.example include:theirs.example -all",
         "below2.acme.example TXT v=spf1 include=i.example ~all\ntheirs.example TXT v=spf1 ip4=192.0.2.1 ~all\n"),
    Case("the version again", f"v=spf1 {OURS} v=spf1 -all"),
    Case("behind all, a redirect beside it and ptr, in a record below",
         f"v=spf1 {OURS} include:below.acme.example ptr:acme.example -all"),
    Case("the same in somebody else's record", f"v=spf1 {OURS} include:theirs.example -all",
         "theirs.example TXT v=spf1 ptr -all mx redirect=i.example\n"),
    Case("ptr behind all", f"v=spf1 {OURS} -all ptr"),
    Case("texts that are no record", f"v=spf1 {OURS} -all\n\" v=spf1 mx -all\"\nv=spf1; {'x' * 600}\nproof=1\n"),
    Case("strings run together twice", f'"v=spf1 {OURS} mx" "a:both.example a" "ip4:192.0.2.1 -all"'),
    # how it ends
    Case("?all, and in what it redirects to", "v=spf1 redirect=i2.example", "i2.example TXT v=spf1 mx ?all\n"),
    Case("?all of an include is theirs", f"v=spf1 {OURS} include:i2.example -all", "i2.example TXT v=spf1 ?all\n"),
    Case("?all behind another all", f"v=spf1 {OURS} -all ?all"),
    Case("?mx at the end", f"v=spf1 {OURS} ?mx"),
    Case("no all, two below", "v=spf1 redirect=i2.example",
         "i2.example TXT v=spf1 REDIRECT=i3.example\ni3.example TXT v=spf1 mx\n"),
    Case("no all, and a redirect to nothing", f"v=spf1 {OURS} redirect=gone.example"),
    Case("no all in an include", f"v=spf1 {OURS} include:i2.example -all", "i2.example TXT v=spf1 mx\n"),
    Case("a redirect beside all, to a record without", f"v=spf1 {OURS} -all redirect=i2.example",
         "i2.example TXT v=spf1 mx\n"),
    Case("no all, and a fault", f"v=spf1 {OURS} foo"),
    # twice
    Case("the same term three times, in two records",
         f"v=spf1 {OURS} a:both.example A:Both.example. include:i.example include:j.example -all",
         "j.example TXT v=spf1 a:both.example include:i.example ~all\n"),
    Case("the same name for other things",
         f"v=spf1 {OURS} a:both.example mx:both.example a:both.example/24 a:both.example//64 -all"),
    Case("a redirect to what is included", f"v=spf1 {OURS} include:i.example redirect=i.example"),
    Case("a record twice, with what is below it", f"v=spf1 {OURS} include:j.example include:k.example -all",
         "j.example TXT v=spf1 include:i.example ~all\nk.example TXT v=spf1 include:j.example ~all\n"),
    Case("the same in five ways", f"v=spf1 {OURS} {'a:both.example +a:both.example ' * 2}"
         "?a:both.example -a:both.example A:both.example -all"),
    Case("macros twice",
         f"v=spf1 {OURS} exists:%{{i}}.x.example exists:%{{i}}.x.example ptr ptr a:%{{p}}.example -all"),
    Case("covered", f"v=spf1 {OURS} ip4:192.0.2.1 ip4:198.51.100.0/24 ip4:198.51.100.9 -all"),
    # octets: the name, its records, and the answer
    Case("450 octets with the name", f"v=spf1 {OURS} -all\n{'x' * (450 - 12 - 40)}"),
    Case("451 octets with the name", f"v=spf1 {OURS} -all\n{'x' * (451 - 12 - 40)}"),
    Case("512 octets of answer", "\n".join([f"v=spf1 {OURS} -all", *"abcdefghijklmnopqr", "x" * 164])),
    Case("513 octets of answer", "\n".join([f"v=spf1 {OURS} -all", *"abcdefghijklmnopqr", "x" * 165])),
    Case("two strings", f'"v=spf1 {OURS} {a(12)} " "{" ".join(f"ip4:198.51.100.{n}" for n in range(9))} -all"'),
    # limits of ours
    Case("what was not followed", f"v=spf1 {OURS} include:d1.example -all",
         "".join(f"d{n}.example TXT v=spf1 include:d{n + 1}.example -all\n" for n in range(1, 14))),
    Case("no record at all", "proof=1"),
)  # fmt: skip


async def told(case: Case) -> list[str]:
    here = "\n".join(f"acme.example TXT {line}" for line in case.published.splitlines())
    facts = await gather("acme.example", PLATFORM, zone(COMMON + case.more + here))
    return [
        f"{f.severity.word}{'' if f.matters else ' (audit)'} {f.rule}: "
        + " | ".join(f"{e.expected} → {e.found}" for e in f.evidence)
        for f in health(facts, passing=bool(facts.passes))
    ]


async def test_a_failure_without_a_server_is_told_without() -> None:
    class Dark:
        immediate = True

        async def lookup(self, name: str, type: RecordType) -> Result:
            if name == "dark.example":
                return LookupFailed(name, type, FailureReason.TIMEOUT)
            return await zone(COMMON + f"acme.example TXT v=spf1 {OURS} a:dark.example -all\n").lookup(
                name, type
            )

    facts = await gather("acme.example", PLATFORM, Dark())
    (found,) = (f for f in health(facts, passing=True) if f.rule == "SPF_HEALTH_UNKNOWN")
    assert [e.found for e in found.evidence] == ["dark.example: timeout", "dark.example: timeout"]


async def test_a_record_that_was_never_stored_is_no_failure() -> None:
    class Stored:
        immediate = True

        async def lookup(self, name: str, type: RecordType) -> Result:
            if name == "new.example":
                return LookupFailed(name, type, FailureReason.NOT_STORED)
            return await zone(COMMON + f"acme.example TXT v=spf1 {OURS} a:new.example -all\n").lookup(
                name, type
            )

    facts = await gather("acme.example", PLATFORM, Stored())
    assert "SPF_HEALTH_UNKNOWN" not in {f.rule for f in health(facts, passing=True)}


def test_all_is_told_as_it_was_read() -> None:
    as_read({case.says: asyncio.run(told(case)) for case in CASES}, Path(__file__).parent / "healthy.json")
