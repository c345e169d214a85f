"""The cases decided in interfaces.md that need no login, and what else the columns promise."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from ipaddress import ip_address

import pytest

from checks.company import Company, Diagnosis, SendingMethod
from checks.diagnosis import diagnose, diagnose_platform
from checks.model import Severity
from checks.platform import Dkim, Fallback, Platform
from tests.support.zone import zone

PLATFORM = Platform(
    "spf.sendwell.example", (ip_address("192.0.2.10"), ip_address("2001:db8::10")), domain="sendwell.example"
)
OWN = Company("1", "Acme", SendingMethod.OWN_ADDRESS, "info@acme.example", email_validated=True)
BY_PLATFORM = replace(OWN, method=SendingMethod.PLATFORM)
COMMON = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all
    mail.acme.example A 198.51.100.7
    gmail.com MX 10 mx.google.example
    mx.google.example A 198.51.100.8
    gmail.com TXT v=spf1 ip4:198.51.100.0/24 ~all
    _dmarc.gmail.com TXT v=DMARC1; p=none
"""
MX = "acme.example MX 10 mail.acme.example\n"
OURS = "acme.example TXT v=spf1 include:spf.sendwell.example -all\n"
REJECT = "_dmarc.acme.example TXT v=DMARC1; p=reject\n"


@dataclass(frozen=True)
class Case:
    """What is given and the columns that must come out; None where interfaces.md does not say."""

    says: str
    records: str
    verdict: str | None = None
    address: str | None = "validated"
    spf: str | None = None
    dmarc: str | None = None
    cause: str | None = None
    company: Company = OWN
    platform: Platform = PLATFORM


def told(records: str, company: Company = OWN, platform: Platform = PLATFORM) -> Diagnosis:
    return asyncio.run(diagnose(company, platform, zone(COMMON + records)))


NO_ADDRESS = Company("1", "Acme", SendingMethod.OWN_ADDRESS)
GMAIL = replace(OWN, email="acme@gmail.com")
BY_ENVELOPE = replace(PLATFORM, envelope="platform")

CASES = (
    Case(
        "gmail.com, platform",
        "",
        "ok",
        "validated",
        "impossible",
        "none",
        "",
        replace(GMAIL, method=SendingMethod.PLATFORM),
    ),
    Case(
        "gmail.com, own_address", "", "failure", "validated", "impossible", "none", "SPF_SHARED_DOMAIN", GMAIL
    ),
    Case(
        "no e-mail and no from_address", "", "failure", "missing", "", "", "PROFILE_EMAIL_MISSING", NO_ADDRESS
    ),
    Case(
        "unvalidated, and its domain has a null MX",
        "acme.example MX 0 .\n",
        "failure",
        "unreachable",
        cause="PROFILE_EMAIL_UNREACHABLE",
        company=replace(BY_PLATFORM, email_validated=False),
    ),
    Case(
        "unvalidated, and its domain takes mail",
        MX,
        "failure",
        "unvalidated",
        cause="PROFILE_EMAIL_NOT_VALIDATED",
        company=replace(BY_PLATFORM, email_validated=False),
    ),
    Case("MX SERVFAIL", "acme.example MX !SERVFAIL\n", "unknown", "unknown", company=BY_PLATFORM),
    Case("MX SERVFAIL, own address", OURS + "acme.example MX !SERVFAIL\n", "unknown", "unknown", "effective"),
    Case(
        "null MX on the From domain only",
        MX + "send.acme.example MX 0 .\n send.acme.example TXT v=spf1 include:spf.sendwell.example -all\n",
        "warning",
        "validated",
        "effective",
        company=replace(OWN, from_address="us@send.acme.example"),
    ),
    Case(
        "two records, one names us",
        MX + OURS + "acme.example TXT v=spf1 -all\n",
        "failure",
        spf="ineffective",
        cause="SPF_SEVERAL_RECORDS",
    ),
    Case(
        "two records, neither names us",
        MX + "acme.example TXT v=spf1 mx -all\n acme.example TXT v=spf1 -all\n",
        "failure",
        spf="missing",
        cause="SPF_SEVERAL_RECORDS",
    ),
    Case(
        "SERVFAIL before our match",
        MX
        + "acme.example TXT v=spf1 include:dark.example include:spf.sendwell.example -all\n dark.example * !SERVFAIL\n",
        "unknown",
        spf="unknown",
    ),
    Case(
        "SERVFAIL after our match",
        MX
        + "acme.example TXT v=spf1 include:spf.sendwell.example include:dark.example -all\n dark.example * !SERVFAIL\n",
        spf="effective",
    ),
    Case("SERVFAIL of the record itself", MX + "acme.example TXT !SERVFAIL\n", "unknown", spf="unknown"),
    Case(
        "SERVFAIL of an include behind -all",
        MX + "acme.example TXT v=spf1 -all include:dark.example\n dark.example * !SERVFAIL\n",
        "failure",
        spf="missing",
    ),
    Case(
        "IPv4 passes, IPv6 times out",
        MX
        + "acme.example TXT v=spf1 ip4:192.0.2.10 a:six.example include:spf.sendwell.example -all\n"
        + "six.example AAAA !TIMEOUT\n",
        "unknown",
        spf="unknown",
    ),
    Case(
        "IPv4 fails, IPv6 times out, nothing names us",
        MX + "acme.example TXT v=spf1 -ip4:192.0.2.10 a:six.example -all\n six.example AAAA !TIMEOUT\n",
        "failure",
        spf="missing",
    ),
    Case(
        "IPv4 fails, IPv6 times out, ours named",
        MX
        + "acme.example TXT v=spf1 -ip4:192.0.2.10 a:six.example include:spf.sendwell.example -all\n"
        + "six.example AAAA !TIMEOUT\n",
        "failure",
        spf="ineffective",
    ),
    Case(
        "+all without us",
        MX + "acme.example TXT v=spf1 +all\n",
        "warning",
        spf="effective",
        cause="SPF_PASS_ALL",
    ),
    Case(
        "ip4 and ip6 cover all of our addresses",
        MX + "acme.example TXT v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all\n",
        "note",
        spf="effective",
        cause="SPF_PASSES_WITHOUT_INCLUDE",
    ),
    Case(
        "ip4 covers some of our addresses",
        MX + "acme.example TXT v=spf1 ip4:192.0.2.10 -all\n",
        "failure",
        spf="ineffective",
        cause="SPF_PASSES_FROM_SOME_ADDRESSES",
    ),
    Case(
        "redirect=ours", MX + "acme.example TXT v=spf1 redirect=spf.sendwell.example\n", "ok", spf="effective"
    ),
    Case(
        "redirect=ours beside -all",
        MX + "acme.example TXT v=spf1 redirect=spf.sendwell.example -all\n",
        "failure",
        spf="ineffective",
        cause="SPF_INCLUDE_NOT_REACHED",
    ),
    Case(
        "ours effective but not first",
        MX + "acme.example TXT v=spf1 mx include:spf.sendwell.example -all\n",
        "note",
        spf="effective",
        cause="SPF_INCLUDE_NOT_FIRST",
    ),
    Case("ours effective and first", MX + OURS, "ok", spf="effective", dmarc="absent", cause=""),
    Case(
        "From in a subdomain without record, the parent has ours",
        MX
        + OURS
        + "_dmarc.acme.example TXT v=DMARC1; p=reject; sp=quarantine\n post.acme.example MX 10 mail.acme.example\n",
        "failure",
        spf="missing",
        dmarc="quarantine",
        cause="SPF_NO_RECORD",
        company=replace(OWN, from_address="us@post.acme.example"),
    ),
    *(
        Case(
            f"own_address, p={policy}, envelope platform, DKIM none",
            MX + OURS + f"_dmarc.acme.example TXT v=DMARC1; p={policy}\n",
            "failure",
            dmarc=policy,
            cause="DMARC_TURNS_OUR_MAIL_AWAY",
            platform=BY_ENVELOPE,
        )
        for policy in ("reject", "quarantine")
    ),
    *(
        Case(
            f"own_address, p={policy}, envelope platform, DKIM tenant, {spf}",
            MX + records + f"_dmarc.acme.example TXT v=DMARC1; p={policy}\n",
            "ok",
            dmarc=policy,
            spf=spf,
            platform=replace(BY_ENVELOPE, dkim=Dkim.TENANT),
        )
        for policy in ("reject", "quarantine")
        for spf, records in (
            ("missing", ""),
            ("effective", OURS),
            ("unknown", "acme.example TXT !SERVFAIL\n"),
        )
    ),
    Case(
        "own_address, p=reject, spf effective and aligned, DKIM none",
        MX + OURS + REJECT,
        "warning",
        spf="effective",
        dmarc="reject",
        cause="DMARC_RESTS_ON_SPF_ALONE",
    ),
    Case(
        "own_address, p=reject, spf effective, DKIM aligned",
        MX + OURS + REJECT,
        "ok",
        spf="effective",
        dmarc="reject",
        platform=replace(PLATFORM, dkim=Dkim.TENANT),
    ),
    Case(
        "own_address, envelope platform, no DMARC",
        MX + OURS,
        "note",
        dmarc="absent",
        cause="SPF_NOT_ASKED",
        platform=BY_ENVELOPE,
    ),
    Case(
        "p=reject; t=y", MX + OURS + "_dmarc.acme.example TXT v=DMARC1; p=reject; t=y\n", dmarc="quarantine"
    ),
    Case(
        "two DMARC records",
        MX + OURS + REJECT + "_dmarc.acme.example TXT v=DMARC1; p=none\n",
        dmarc="invalid",
    ),
    Case(
        "DMARC SERVFAIL, SPF passes aligned",
        MX + OURS + "_dmarc.acme.example TXT !SERVFAIL\n",
        "ok",
        spf="effective",
        dmarc="unknown",
    ),
    Case(
        "own server without a host",
        MX,
        "failure",
        cause="SMTP_HOST_MISSING",
        company=replace(OWN, method=SendingMethod.OWN_SERVER),
    ),
    Case(
        "own server, not checked",
        MX,
        "note",
        cause="SMTP_UNCHECKED",
        company=replace(OWN, method=SendingMethod.OWN_SERVER, smtp_host="smtp.acme.example"),
    ),
    Case(
        "own_address that does not pass, with fallback",
        MX,
        "warning",
        spf="missing",
        cause="SPF_NO_RECORD",
        platform=replace(PLATFORM, fallback=Fallback.PLATFORM),
    ),
    Case(
        "own_address that DMARC turns away, with fallback",
        MX + REJECT,
        "warning",
        dmarc="reject",
        platform=replace(BY_ENVELOPE, fallback=Fallback.PLATFORM),
    ),
    Case(
        "an envelope below the company's domain asks there",
        MX + OURS + "bounce.acme.example TXT v=spf1 -all\n",
        "failure",
        spf="missing",
        platform=replace(PLATFORM, envelope="bounce.{domain}"),
    ),
    Case(
        "an envelope below the company's domain that passes is aligned",
        MX + REJECT + "bounce.acme.example TXT v=spf1 include:spf.sendwell.example -all\n",
        "warning",
        spf="effective",
        dmarc="reject",
        cause="DMARC_RESTS_ON_SPF_ALONE",
        platform=replace(PLATFORM, envelope="bounce.{domain}"),
    ),
    Case(
        "the same with strict alignment is turned away",
        MX
        + "_dmarc.acme.example TXT v=DMARC1; p=reject; aspf=s\n"
        + "bounce.acme.example TXT v=spf1 include:spf.sendwell.example -all\n",
        "failure",
        spf="effective",
        dmarc="reject",
        cause="DMARC_TURNS_OUR_MAIL_AWAY",
        platform=replace(PLATFORM, envelope="bounce.{domain}"),
    ),
    Case(
        "a malformed e-mail",
        "",
        "failure",
        "malformed",
        "",
        "",
        "PROFILE_EMAIL_MALFORMED",
        replace(OWN, email="a@b@c"),
    ),
    Case("a domain that does not exist", "", "failure", "unreachable", "missing"),
    Case("every exchanger dead", "acme.example MX 10 gone.example\n", "failure", "unreachable"),
    Case(
        "an address instead of an MX", "acme.example A 198.51.100.7\n" + OURS, "ok", "validated", "effective"
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_decided_case_holds(case: Case) -> None:
    diagnosis = told(case.records, case.company, case.platform)
    columns = {
        "verdict": diagnosis.verdict.word,
        "address": str(diagnosis.address),
        "spf": str(diagnosis.spf),
        "dmarc": str(diagnosis.dmarc),
        "cause": diagnosis.cause,
    }
    expected = {name: value for name in columns if (value := getattr(case, name)) is not None}
    assert {name: columns[name] for name in expected} == expected, diagnosis.findings


def test_a_record_at_the_parent_is_named_where_it_stands() -> None:
    diagnosis = told(MX + OURS, replace(OWN, from_address="us@post.acme.example"))
    where = [f for f in diagnosis.findings if f.rule == "SPF_INCLUDE_ELSEWHERE"]
    assert [(f.about, f.evidence[0].found) for f in where] == [
        ("acme.example", "include:spf.sendwell.example")
    ]


def test_a_sending_address_that_our_own_include_forgot_is_our_fault() -> None:
    forgot = replace(PLATFORM, sending_addresses=(ip_address("203.0.113.9"),))
    diagnosis = told(MX + OURS, OWN, forgot)
    assert (diagnosis.spf, diagnosis.cause) == ("ineffective", "SPF_INCLUDE_LACKS_ADDRESS")


def test_receivers_that_count_every_empty_query_are_a_warning() -> None:
    hosts = "".join(
        f"acme.example MX {n} six{n}.example\n six{n}.example A 198.51.100.{n}\n" for n in (1, 2, 3)
    )
    hosts += "acme.example MX 4 six4.example\n six4.example AAAA 2001:db8:1::4\n"
    diagnosis = told(hosts + "acme.example TXT v=spf1 mx include:spf.sendwell.example -all\n")
    assert (diagnosis.spf, diagnosis.verdict, diagnosis.cause) == (
        "effective",
        Severity.WARNING,
        "SPF_SOME_RECEIVERS_COUNT_MORE",
    )


def test_what_does_not_matter_for_the_method_is_told_but_does_not_count() -> None:
    diagnosis = told(MX + "acme.example TXT v=spf1 ipv4:192.0.2.1 -all\n" + REJECT, BY_PLATFORM)
    assert (diagnosis.verdict, diagnosis.spf, diagnosis.dmarc) == (Severity.OK, "missing", "reject")
    assert [f.rule for f in diagnosis.findings if not f.matters and f.severity is Severity.FAILURE] == [
        "SPF_SYNTAX_ERROR"
    ]


def test_the_platforms_own_domain_is_judged_like_a_company() -> None:
    records = "sendwell.example MX 10 mail.acme.example\n sendwell.example TXT v=spf1 ip4:192.0.2.10 -all\n"
    diagnosis = asyncio.run(diagnose_platform(PLATFORM, zone(COMMON + records)))
    assert diagnosis is not None
    assert (diagnosis.domain, diagnosis.spf, diagnosis.verdict) == (
        "sendwell.example",
        "ineffective",
        Severity.FAILURE,
    )


def test_a_platform_domain_that_is_not_set_is_not_checked() -> None:
    assert asyncio.run(diagnose_platform(replace(PLATFORM, domain=None), zone(COMMON))) is None


def test_a_verdict_is_as_old_as_its_oldest_fact() -> None:
    diagnosis = asyncio.run(diagnose(OWN, PLATFORM, zone(COMMON + MX + OURS, at=1234.5)))
    assert diagnosis.checked_at == 1234.5
