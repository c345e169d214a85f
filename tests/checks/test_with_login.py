"""A login that comes after the verdict changes it into the one that it would have been."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.company import Company, SendingMethod, SmtpState
from checks.diagnosis import diagnose, with_login
from checks.model import Severity
from checks.smtp.result import Login, Result
from checks.smtp.standing import Standing, then
from tests.checks import test_diagnosis as decided
from tests.checks.smtp.test_standing import LOGINS, WRONG
from tests.support.zone import zone

OWN_SERVER = replace(
    decided.OWN,
    method=SendingMethod.OWN_SERVER,
    smtp_host="mail.acme.example",
    smtp_username="info@acme.example",
    smtp_has_password=True,
)
COMPANIES = (
    OWN_SERVER,
    replace(OWN_SERVER, email_validated=False),
    replace(OWN_SERVER, smtp_host="smtp.office365.com"),
    replace(OWN_SERVER, smtp_host=""),
    replace(OWN_SERVER, smtp_has_password=False),
    decided.OWN,
)
STANDINGS = st.one_of(
    st.none(),
    st.builds(lambda login, paused: then(None, login, 500.0, paused=paused), LOGINS, st.booleans()),
)


def judged(case: decided.Case, company: Company, login: Standing | None) -> object:
    records = zone(decided.COMMON + case.records, at=1000.0)
    return asyncio.run(diagnose(company, case.platform, records, login=login))


@settings(max_examples=60)
@given(st.sampled_from(decided.CASES), st.sampled_from(COMPANIES), STANDINGS, STANDINGS)
def test_what_a_login_changes_is_what_the_judge_says_with_it(
    case: decided.Case, company: Company, first: Standing | None, second: Standing | None
) -> None:
    before = asyncio.run(
        diagnose(company, case.platform, zone(decided.COMMON + case.records, at=1000.0), login=first)
    )
    assert with_login(before, company, second) == judged(case, company, second)


def verdict(company: Company, login: Standing | None) -> tuple[Severity, str, SmtpState]:
    found = asyncio.run(
        diagnose(company, decided.PLATFORM, zone(decided.COMMON + decided.MX + decided.OURS), login=login)
    )
    return found.verdict, found.cause, found.smtp


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (Login(Result.OK, 235), (Severity.OK, "", SmtpState.OK)),
        (WRONG, (Severity.FAILURE, "SMTP_WRONG_PASSWORD", SmtpState.FAILING)),
        (
            Login(Result.UNREACHABLE, cause="SMTP_TIMED_OUT"),
            (Severity.UNKNOWN, "SMTP_TIMED_OUT", SmtpState.UNKNOWN),
        ),
        (
            Login(Result.UNKNOWN, 454, "4.7.0", "SMTP_TEMPORARY_FAULT"),
            (Severity.UNKNOWN, "SMTP_TEMPORARY_FAULT", SmtpState.UNKNOWN),
        ),
    ],
)
def test_the_login_decides_the_verdict_of_who_sends_by_an_own_server(
    login: Login, expected: tuple[Severity, str, SmtpState]
) -> None:
    standing = then(None, login, 100.0, paused=False)
    assert verdict(OWN_SERVER, standing) == expected
    assert verdict(decided.OWN, standing)[2] is SmtpState.NOT_USED


def test_a_paused_login_is_a_failure() -> None:
    standing = then(None, WRONG, 100.0, paused=True)
    assert verdict(OWN_SERVER, standing) == (Severity.FAILURE, "SMTP_WRONG_PASSWORD", SmtpState.PAUSED)


@pytest.mark.parametrize(
    ("company", "found"),
    [
        (OWN_SERVER, "not tried yet"),
        (replace(OWN_SERVER, smtp_username=""), "no user name"),
        (replace(OWN_SERVER, smtp_has_password=False), "no password"),
        (replace(OWN_SERVER, smtp_username="", smtp_has_password=False), "no user name, no password"),
    ],
)
def test_what_was_not_tried_says_what_is_missing(company: Company, found: str) -> None:
    told = asyncio.run(diagnose(company, decided.PLATFORM, zone(decided.COMMON + decided.MX)))
    (finding,) = [f for f in told.findings if f.rule == "SMTP_UNCHECKED"]
    assert (told.smtp, finding.severity) == (SmtpState.UNCHECKED, Severity.NOTE)
    assert finding.evidence[0].found == found


def test_a_password_at_microsoft_365_is_warned_of_while_it_works() -> None:
    company = replace(OWN_SERVER, smtp_host="smtp.office365.com")
    works = then(None, Login(Result.OK, 235), 100.0, paused=False)
    assert verdict(company, works) == (Severity.WARNING, "SMTP_BASIC_AUTH_ENDS", SmtpState.OK)
    assert verdict(replace(company, smtp_has_password=False), None)[1] == "SMTP_UNCHECKED"
    assert verdict(replace(company, method=SendingMethod.PLATFORM), None)[0] is Severity.OK
