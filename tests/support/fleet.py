"""A stored fleet for the tests of lists, numbers and pages: a few hundred companies, every state among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from checks.company import (
    AddressState,
    Diagnosis,
    DmarcState,
    SenderOutcome,
    SendingMethod,
    SmtpState,
    SpfState,
)
from checks.domain_name import domain
from checks.model import Evidence, Finding, Severity
from data import companies, scans, verdicts
from data.engine import writing
from data.secrets import Secrets

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
HOSTILE = (
    "<script>document.title='owned'</script>",
    "![pixel](https://tracker.invalid/p.png) [click](https://evil.invalid)",
    '=HYPERLINK("https://evil.invalid";"pay")',
    "**bold** _it_ `code` :red[red] :material/home: $E=mc^2$ ~~no~~",
    "<img src=https://tracker.invalid/i.png onerror=alert(1)>",
    "https://evil.invalid/login www.evil.invalid admin@evil.invalid",
    "a\u202egnp.exe \u0007bell\nsecond line | pipe",
    "# heading\n- list\n> quote",
)
"""Names and DNS texts that a page must show and never obey."""


@dataclass(frozen=True)
class Case:
    """A company and what was judged of it; `diagnosis` None for one that no scan has seen."""

    values: dict[str, Any]
    diagnosis: Diagnosis | None
    password: str = ""
    gone: bool = False


def fill(engine: Engine, size: int = 240, *, scanned: bool = True, now: datetime = NOW) -> None:
    """Store the fleet: ids are "1", "2", …; the first ones are the `cases()`, the rest healthy or plainly bad."""
    made = [*cases(), *(_ordinary(n) for n in range(max(0, size - len(cases()))))]
    numbered = [(str(number), case) for number, case in enumerate(made, start=1)]
    with writing(engine) as session:
        entries = (companies.Entry(id, case.values, case.password) for id, case in numbered)
        companies.upsert(session, entries, Secrets(), now - timedelta(days=40))
        present = {id for id, case in numbered if not case.gone}
        companies.mark_gone(session, present, now - timedelta(days=3))
        if scanned:
            judged = [(id, case.diagnosis) for id, case in numbered if case.diagnosis]
            verdicts.save(session, [(id, _at(d, now)) for id, d in judged if d], now)
            _scan(session, len(numbered), now)


def cases() -> tuple[Case, ...]:
    """One company for each state, the hostile ones last."""
    return (*_healthy(), *_address_cases(), *_spf_cases(), *_server_cases(), *_odd_cases(), *_hostile_cases())


def platform_diagnosis() -> Diagnosis:
    """The platform's own domain, healthy."""
    return judged("platform.example", spf_records=("v=spf1 include:spf.platform.example -all",))


def company(
    name: str, at: str, method: SendingMethod = SendingMethod.OWN_ADDRESS, **values: Any
) -> dict[str, Any]:
    """The columns of a validated company at a domain."""
    return {
        "name": name,
        "email": f"info@{at}",
        "email_validated_at": NOW - timedelta(days=200),
        "sending_method": method.value,
        "from_address": f"billing@{at}" if method is not SendingMethod.PLATFORM else "",
        **values,
    }


def finding(
    rule: str, severity: Severity, about: str, *evidence: tuple[str, str], matters: bool = True
) -> Finding:
    return Finding(rule, severity, about, tuple(Evidence(*pair) for pair in evidence), matters)


def judged(at: str, *findings: Finding, **changes: Any) -> Diagnosis:
    """A diagnosis at a domain: healthy, with these findings and changes; verdict and cause from the worst."""
    mattering = [f for f in findings if f.matters]
    worst = max(mattering, key=lambda f: f.severity, default=None)
    record = "v=spf1 include:spf.platform.example include:_spf.host.example ~all"
    diagnosis = Diagnosis(
        domain=at,
        verdict=worst.severity if worst else Severity.OK,
        cause=worst.rule if worst else "",
        address=AddressState.VALIDATED,
        spf=SpfState.EFFECTIVE,
        dmarc=DmarcState.NONE,
        smtp=SmtpState.NOT_USED,
        findings=tuple(findings),
        senders=(
            SenderOutcome("192.0.2.1", at, "pass", "spf.platform.example", "ip4:192.0.2.0/28", 1, 0),
            SenderOutcome("2001:db8::1", at, "pass", "spf.platform.example", "ip6:2001:db8::/48", 1, 0),
        ),
        spf_records=(record,),
        mx_records=("10 mx1.host.example", "20 mx2.host.example"),
        dmarc_record=f"v=DMARC1; p=none; rua=mailto:dmarc@{at}",
        checked_at=NOW.timestamp(),
    )
    return replace(diagnosis, **changes)


def _senders(at: str, result: str, **more: Any) -> tuple[SenderOutcome, ...]:
    return tuple(SenderOutcome(address, at, result, **more) for address in ("192.0.2.1", "2001:db8::1"))


def _healthy() -> tuple[Case, ...]:
    not_first = finding(
        "SPF_INCLUDE_NOT_FIRST",
        Severity.NOTE,
        "bakery.example",
        ("v=spf1 include:spf.platform.example …", "v=spf1 a mx include:spf.platform.example ~all"),
    )
    return (
        Case(company("Acme Brussels", "acme.example"), judged("acme.example")),
        Case(company("Bakery De Smet", "bakery.example"), judged("bakery.example", not_first)),
        Case(
            company("Café Zürich", "café-zürich.example"),
            judged(domain("café-zürich.example")),
        ),
    )


def _address_cases() -> tuple[Case, ...]:
    platform = SendingMethod.PLATFORM
    missing = finding(
        "PROFILE_EMAIL_MISSING", Severity.FAILURE, "", ("an e-mail address in the profile", "none")
    )
    unvalidated = finding(
        "PROFILE_EMAIL_NOT_VALIDATED",
        Severity.FAILURE,
        "info@florist.example",
        ("a validated e-mail", "not validated"),
    )
    null_mx = finding(
        "PROFILE_EMAIL_UNREACHABLE", Severity.FAILURE, "parked.example", ("a mail server", "0 .")
    )
    return (
        Case(
            company("No Mail Ltd", "x.example", platform, email=""),
            judged(
                "",
                missing,
                address=AddressState.MISSING,
                spf=SpfState.NONE,
                dmarc=DmarcState.NOTHING,
                senders=(),
                spf_records=(),
                mx_records=(),
                dmarc_record="",
            ),
        ),
        Case(
            company("Florist Rosa", "florist.example", platform, email_validated_at=None),
            judged("florist.example", unvalidated, address=AddressState.UNVALIDATED),
        ),
        Case(
            company("Parked Domain BV", "parked.example", platform),
            judged("parked.example", null_mx, address=AddressState.UNREACHABLE, mx_records=("0 .",)),
        ),
    )


def _spf_cases() -> tuple[Case, ...]:
    none = finding(
        "SPF_INCLUDE_MISSING",
        Severity.FAILURE,
        "garage.example",
        ("include:spf.platform.example", "v=spf1 include:_spf.host.example -all"),
    )
    limit = finding(
        "SPF_TERM_LIMIT_EXCEEDED",
        Severity.FAILURE,
        "twelve.example",
        ("at most 10 terms", "include:spf.platform.example would be term 13"),
    )
    health = finding(
        "SPF_OVER_BUDGET_FOR_OTHERS",
        Severity.NOTE,
        "twelve.example",
        ("at most 10 terms", "13"),
        matters=False,
    )
    unknown = finding(
        "SPF_LOOKUP_FAILED", Severity.UNKNOWN, "slow.example", ("an answer", "TXT slow.example: timeout")
    )
    alone = finding("DMARC_RESTS_ON_SPF_ALONE", Severity.WARNING, "strict.example", ("aligned DKIM", "none"))
    return (
        Case(
            company("Garage Peeters", "garage.example"),
            judged(
                "garage.example",
                none,
                spf=SpfState.MISSING,
                senders=_senders(
                    "garage.example", "fail", matched_name="garage.example", matched_term="-all", terms=1
                ),
                spf_records=("v=spf1 include:_spf.host.example -all",),
            ),
        ),
        Case(
            company("Twelve Includes NV", "twelve.example"),
            judged(
                "twelve.example",
                limit,
                health,
                spf=SpfState.INEFFECTIVE,
                senders=_senders(
                    "twelve.example",
                    "permerror",
                    terms=11,
                    voids=1,
                    problem="include:k.example would be the 11th term",
                ),
            ),
        ),
        Case(
            company("Slow Resolver SA", "slow.example"),
            judged(
                "slow.example",
                unknown,
                spf=SpfState.UNKNOWN,
                dmarc=DmarcState.UNKNOWN,
                senders=_senders("slow.example", "temperror", problem="TXT slow.example: timeout"),
                spf_records=(),
                mx_records=(),
                dmarc_record="",
            ),
        ),
        Case(
            company("Strict Policy Oy", "strict.example"),
            judged("strict.example", alone, dmarc=DmarcState.REJECT, dmarc_record="v=DMARC1; p=reject"),
        ),
        Case(
            company("Gmail Trader", "gmail.com"),
            judged(
                "gmail.com",
                finding("SPF_SHARED_DOMAIN", Severity.FAILURE, "gmail.com"),
                spf=SpfState.IMPOSSIBLE,
            ),
        ),
    )


def _server_cases() -> tuple[Case, ...]:
    server = {
        "smtp_host": "smtp.host.example",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_username": "invoices@own.example",
    }
    note = finding("SMTP_UNCHECKED", Severity.NOTE, "smtp.host.example", ("a login", "not tried yet"))
    refused = finding(
        "SMTP_LOGIN_REFUSED", Severity.FAILURE, "smtp.host.example", ("235", "535 5.7.8 Bad credentials")
    )
    return (
        Case(
            company("Own Server GmbH", "own.example", SendingMethod.OWN_SERVER, **server),
            judged("own.example", note, smtp=SmtpState.UNCHECKED),
            password=PASSWORD,
        ),
        Case(
            company("Locked Out ApS", "locked.example", SendingMethod.OWN_SERVER, **server),
            judged("locked.example", refused, smtp=SmtpState.FAILING),
            password=PASSWORD,
        ),
    )


def _odd_cases() -> tuple[Case, ...]:
    return (
        Case(company("Imported Yesterday", "new.example"), None),
        Case(company("Former Customer", "former.example"), judged("former.example"), gone=True),
        Case(
            company("Old Rule Inc", "oldrule.example"),
            judged("oldrule.example", finding("SPF_NO_LONGER_KNOWN", Severity.WARNING, "oldrule.example")),
        ),
    )


def _hostile_cases() -> tuple[Case, ...]:
    return tuple(_hostile(number, text) for number, text in enumerate(HOSTILE))


def _hostile(number: int, text: str) -> Case:
    at = f"hostile-{number}.example"
    bad = finding("SPF_SYNTAX_ERROR", Severity.FAILURE, text, ("a term", text))
    values = company(text, at, smtp_host=text, smtp_username=text, country=text[:100])
    diagnosis = judged(
        at,
        bad,
        spf=SpfState.INEFFECTIVE,
        senders=_senders(at, "permerror", matched_name=text, matched_term=text, problem=text),
        spf_records=(text, "v=spf1 " + text),
        mx_records=(text,),
        dmarc_record=text,
    )
    return Case(values, diagnosis)


def _ordinary(n: int) -> Case:
    at = f"company-{n:04}.example"
    method = tuple(SendingMethod)[n % 3]
    values = company(f"Company {n:04} BV", at, method)
    if n % 10 == 0:
        bad = finding(
            "SPF_INCLUDE_MISSING", Severity.FAILURE, at, ("include:spf.platform.example", "v=spf1 -all")
        )
        return Case(
            values,
            judged(at, replace(bad, matters=method is SendingMethod.OWN_ADDRESS), spf=SpfState.MISSING),
        )
    if n % 17 == 0:
        bad = finding(
            "PROFILE_EMAIL_NOT_VALIDATED",
            Severity.FAILURE,
            f"info@{at}",
            ("a validated e-mail", "not validated"),
        )
        return Case({**values, "email_validated_at": None}, judged(at, bad, address=AddressState.UNVALIDATED))
    return Case(values, judged(at))


def _at(diagnosis: Diagnosis, now: datetime) -> Diagnosis:
    return replace(diagnosis, checked_at=(now - timedelta(minutes=12)).timestamp())


def _scan(session: Any, size: int, now: datetime) -> None:
    scan = scans.start(session, size, now - timedelta(minutes=20))
    counts = scans.Counts(size, size - 5, size * 6, 1)
    scans.finish(
        session, scan, scans.ScanState.DONE, counts, now - timedelta(minutes=12), platform_diagnosis()
    )
