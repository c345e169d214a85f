"""Every row of the table "Present is not effective": what happens to our mail, and on what evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from checks.company import Company, Diagnosis, SendingMethod
from checks.diagnosis import diagnose
from checks.lookup import FailureReason, Resolver
from checks.model import Severity
from checks.platform import Platform
from checks.resolver import LiveResolver
from tests.support.dns_server import DnsServer
from tests.support.zone import parse, zone

IPV4, IPV6 = "192.0.2.10", "2001:db8::10"
PLATFORM = Platform("spf.sendwell.example", (ip_address(IPV4), ip_address(IPV6)), domain="sendwell.example")
COMPANY = Company("1", "Acme", SendingMethod.OWN_ADDRESS, "info@acme.example", email_validated=True)

COMMON = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all
    acme.example MX 10 mail.acme.example
    mail.acme.example A 198.51.100.7
"""
OTHERS = "\n".join(f"i{n}.example TXT v=spf1 ip4:198.51.100.{n} ~all" for n in range(1, 14))
TWELVE = " ".join(f"include:i{n}.example" for n in range(1, 13))


@dataclass(frozen=True)
class Row:
    """A row of the table: the records, then what each sending address gets and what is said of it."""

    says: str
    records: str
    results: tuple[str, str]
    spf: str
    cause: str
    verdict: Severity = Severity.FAILURE
    found: dict[str, str] = field(default_factory=dict)
    """Rule code → text that must stand in its evidence."""
    never: tuple[str, ...] = ()


def record(text: str) -> str:
    return f"acme.example TXT {text}"


ROWS = (
    Row(
        "ours first, then 12 more includes: passes, over budget for others",
        record(f"v=spf1 include:spf.sendwell.example {TWELVE} -all"),
        ("pass", "pass"),
        "effective",
        "SPF_OVER_BUDGET_FOR_OTHERS",
        Severity.NOTE,
        {"SPF_OVER_BUDGET_FOR_OTHERS": "13", "SPF_PASSES": "include:spf.sendwell.example (acme.example)"},
        ("SPF_TERM_LIMIT_EXCEEDED",),
    ),
    Row(
        "12 includes, ours last: permerror",
        record(f"v=spf1 {TWELVE} include:spf.sendwell.example -all"),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_TERM_LIMIT_EXCEEDED",
        found={"SPF_TERM_LIMIT_EXCEEDED": "include:i11.example in the record of acme.example"},
    ),
    Row(
        "ours first, then a syntax error: permerror",
        record("v=spf1 include:spf.sendwell.example ipv4:1.2.3.4 -all"),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_SYNTAX_ERROR",
        found={"SPF_SYNTAX_ERROR": "ipv4:1.2.3.4"},
    ),
    Row(
        "ours first, then a dead include: passes for us",
        record("v=spf1 include:spf.sendwell.example include:gone.example -all"),
        ("pass", "pass"),
        "effective",
        "SPF_DEAD_INCLUDE",
        Severity.NOTE,
        {"SPF_DEAD_INCLUDE": "include:gone.example"},
    ),
    Row(
        "three a: hosts without AAAA, then ours: passes from IPv4, permerror from IPv6",
        record("v=spf1 a:h1.example a:h2.example a:h3.example include:spf.sendwell.example -all")
        + "".join(f"\n h{n}.example A 198.51.100.{n}" for n in (1, 2, 3)),
        ("pass", "permerror"),
        "ineffective",
        "SPF_VOID_LIMIT_EXCEEDED",
        found={
            "SPF_VOID_LIMIT_EXCEEDED": "a:h3.example in the record of acme.example",
            "SPF_PASSES_FROM_SOME_ADDRESSES": "permerror",
        },
    ),
    Row(
        "-all include:ours: fails, never reached",
        record("v=spf1 -all include:spf.sendwell.example"),
        ("fail", "fail"),
        "ineffective",
        "SPF_INCLUDE_NOT_REACHED",
        found={"SPF_INCLUDE_NOT_REACHED": "include:spf.sendwell.example as term 2"},
    ),
    *(
        Row(
            f"{sign}include:ours: {result}",
            record(f"v=spf1 {sign}include:spf.sendwell.example -all"),
            (result, result),
            "ineffective",
            "SPF_INCLUDE_QUALIFIED",
            found={"SPF_INCLUDE_QUALIFIED": f"{sign}include:spf.sendwell.example"},
        )
        for sign, result in (("-", "fail"), ("~", "softfail"), ("?", "neutral"))
    ),
    Row(
        "include=ours: an unknown modifier, whatever all says",
        record("v=spf1 include=spf.sendwell.example ~all"),
        ("softfail", "softfail"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={"SPF_INCLUDE_MISWRITTEN": "include=spf.sendwell.example (an unknown modifier: ignored)"},
    ),
    *(
        Row(
            f"{term}, beside a correct, earlier include: permerror",
            record(f"v=spf1 include:spf.sendwell.example {term} -all"),
            ("permerror", "permerror"),
            "ineffective",
            "SPF_SYNTAX_ERROR",
            found={"SPF_SYNTAX_ERROR": term.split()[0], "SPF_INCLUDE_MISWRITTEN": "does not parse"},
        )
        for term in ("include.spf.sendwell.example", "include: spf.sendwell.example")
    ),
    Row(
        "a misspelt name of ours, no such name: permerror when reached",
        record("v=spf1 include:spf.sendwel.example -all"),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={
            "SPF_INCLUDE_WITHOUT_RECORD": "no such name at spf.sendwel.example",
            "SPF_INCLUDE_MISWRITTEN": "include:spf.sendwel.example",
        },
    ),
    Row(
        "a misspelt name of ours, no record there: permerror when reached",
        record("v=spf1 include:spf.sendwel.example -all\n spf.sendwel.example TXT parked"),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={"SPF_INCLUDE_WITHOUT_RECORD": "no SPF record at spf.sendwel.example"},
    ),
    Row(
        "a misspelt name of ours behind all: whatever all says",
        record("v=spf1 ?all include:spf.sendwel.example"),
        ("neutral", "neutral"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={"SPF_INCLUDE_MISWRITTEN": "include:spf.sendwel.example"},
    ),
    Row(
        "include:ours with a trailing dot: passes",
        record("v=spf1 include:spf.sendwell.example. -all"),
        ("pass", "pass"),
        "effective",
        "",
        Severity.OK,
        {"SPF_PASSES": "include:spf.sendwell.example."},
    ),
    Row(
        "upper case: passes",
        record("v=spf1 INCLUDE:SPF.Sendwell.Example -ALL"),
        ("pass", "pass"),
        "effective",
        "",
        Severity.OK,
        {"SPF_PASSES": "INCLUDE:SPF.Sendwell.Example"},
    ),
    Row(
        "ours inside an include that passes",
        record(
            "v=spf1 include:_spf.acme.example -all\n _spf.acme.example TXT v=spf1 include:spf.sendwell.example ?all"
        ),
        ("pass", "pass"),
        "effective",
        "SPF_INCLUDE_NOT_FIRST",
        Severity.NOTE,
        {
            "SPF_PASSES": "include:_spf.acme.example (acme.example) → include:spf.sendwell.example (_spf.acme.example)"
        },
    ),
    Row(
        "ours inside a redirect that passes",
        record(
            "v=spf1 redirect=_spf.acme.example\n _spf.acme.example TXT v=spf1 include:spf.sendwell.example -all"
        ),
        ("pass", "pass"),
        "effective",
        "SPF_INCLUDE_NOT_FIRST",
        Severity.NOTE,
        {"SPF_PASSES": "redirect=_spf.acme.example"},
    ),
    Row(
        "two SPF records, one with ours: permerror",
        record("v=spf1 include:spf.sendwell.example -all\n acme.example TXT v=spf1 mx -all"),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_SEVERAL_RECORDS",
        found={"SPF_SEVERAL_RECORDS": "v=spf1 mx -all"},
    ),
    *(
        Row(
            f"a second record that is none ({other!r}) does not count",
            record(f'v=spf1 include:spf.sendwell.example -all\n acme.example TXT "{other}"'),
            ("pass", "pass"),
            "effective",
            "",
            Severity.OK,
            never=("SPF_SEVERAL_RECORDS",),
        )
        for other in (" v=spf1 mx -all", "v=spf1; mx -all")
    ),
    Row(
        "the record published with literal quotes: none",
        record(r'"\"v=spf1 include:spf.sendwell.example -all\""'),
        ("none", "none"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={"SPF_INCLUDE_MISWRITTEN": "not an SPF record", "SPF_NO_RECORD": "no SPF record"},
    ),
    Row(
        "strings joined without a space, ours at the joint: permerror",
        record('"v=spf1 include:spf.sendwell.example" "include:i1.example -all"'),
        ("permerror", "permerror"),
        "ineffective",
        "SPF_INCLUDE_MISWRITTEN",
        found={"SPF_INCLUDE_MISWRITTEN": "include:spf.sendwell.exampleinclude:i1.example"},
    ),
    Row(
        "strings joined without a space behind ours: passes",
        record(
            '"v=spf1 include:spf.sendwell.example include:i1.exam" "ple include:i2.example" "include:i3.example -all"'
        ),
        ("pass", "pass"),
        "effective",
        "SPF_DEAD_INCLUDE",
        Severity.NOTE,
    ),
    *(
        Row(
            f"{failure} before our match: unknown",
            record(
                f"v=spf1 include:i1.example include:dark.example include:spf.sendwell.example -all\n"
                f" dark.example TXT !{failure}"
            ),
            ("temperror", "temperror"),
            "unknown",
            "SPF_LOOKUP_FAILED",
            Severity.UNKNOWN,
            {"SPF_LOOKUP_FAILED": f"dark.example TXT: {failure.lower()}"},
            ("SPF_NO_RECORD", "SPF_INCLUDE_MISSING", "SPF_INCLUDE_WITHOUT_RECORD"),
        )
        for failure in ("SERVFAIL", "TIMEOUT")
    ),
    Row(
        "SERVFAIL after our match: passes",
        record("v=spf1 include:spf.sendwell.example include:dark.example -all\n dark.example TXT !SERVFAIL"),
        ("pass", "pass"),
        "effective",
        "SPF_HEALTH_UNKNOWN",
        Severity.NOTE,
        {"SPF_HEALTH_UNKNOWN": "dark.example: servfail"},
    ),
)


async def check(row: Row, resolver: Resolver) -> None:
    diagnosis = await diagnose(COMPANY, PLATFORM, resolver)

    assert tuple(s.result for s in diagnosis.senders) == row.results
    assert (diagnosis.spf, diagnosis.cause, diagnosis.verdict) == (row.spf, row.cause, row.verdict)
    for code, text in row.found.items():
        assert text in evidence(diagnosis, code), diagnosis.findings
    said = {f.rule for f in diagnosis.findings}
    assert not said & set(row.never)


def evidence(diagnosis: Diagnosis, code: str) -> str:
    return "\n".join(e.found for f in diagnosis.findings if f.rule == code for e in f.evidence)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
async def test_the_row_holds(row: Row) -> None:
    await check(row, zone(COMMON + OTHERS + "\n" + row.records))


@pytest.mark.integration
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
async def test_the_row_holds_over_the_wire(row: Row) -> None:
    records, failures = parse(COMMON + OTHERS + "\n" + row.records)
    behaviours = {
        name if isinstance(name, str) else name[0]: "silent"
        if reason is FailureReason.TIMEOUT
        else "servfail"
        for name, reason in failures.items()
    }
    async with (
        DnsServer(records, behaviours) as server,
        LiveResolver([server.address], timeout=0.3, attempts=2) as live,
    ):
        await check(row, live)
