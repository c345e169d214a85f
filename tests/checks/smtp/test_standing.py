"""What is known of a login from one try to the next: unknown never erases it, and nothing is known of new settings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.company import Company, SendingMethod, SmtpState
from checks.model import Severity
from checks.smtp.result import Login, Result, result_of
from checks.smtp.rules import RULES, judge
from checks.smtp.standing import HOUR, Standing, then

OK = Login(Result.OK, 235)
WRONG = Login(Result.REFUSED, 535, "5.7.8", "SMTP_WRONG_PASSWORD", "5.7.8 no", attempts=1, step="Enter it.")
EXPIRED = Login(Result.INSECURE, cause="SMTP_CERTIFICATE_EXPIRED")
SILENT = Login(Result.UNREACHABLE, cause="SMTP_TIMED_OUT")
CLOSED = Login(Result.UNREACHABLE, cause="SMTP_CONNECTION_REFUSED")
BUSY = Login(Result.UNKNOWN, 454, "4.7.0", "SMTP_TEMPORARY_FAULT", "4.7.0 later", attempts=1)
LOST = Login(Result.UNKNOWN, cause="SMTP_ANSWER_LOST", attempts=1)
DARK = Login(Result.UNKNOWN, cause="SMTP_LOOKUP_FAILED")

COMPANY = Company("c", "Acme", SendingMethod.OWN_SERVER, smtp_host="mail.acme.be")


def after(*logins: tuple[float, Login], paused: bool = False) -> Standing:
    """`paused` holds for the last one."""
    known: Standing | None = None
    for at, login in logins:
        known = then(known, login, at, paused=paused and at == logins[-1][0])
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("login", "state"),
    [
        (OK, SmtpState.OK),
        (WRONG, SmtpState.FAILING),
        (EXPIRED, SmtpState.FAILING),
        (SILENT, SmtpState.UNKNOWN),
        (BUSY, SmtpState.UNKNOWN),
        (LOST, SmtpState.UNKNOWN),
    ],
)
def test_what_a_first_login_says(login: Login, state: SmtpState) -> None:
    found = after((100.0, login))
    assert (found.state, found.cause, found.code, found.text) == (state, login.cause, login.code, login.text)
    assert (found.since, found.at, found.seen_at, found.step) == (100.0, 100.0, 100.0, login.step)


@pytest.mark.parametrize("says_nothing", [BUSY, LOST, DARK])
@pytest.mark.parametrize("known", [OK, WRONG, EXPIRED])
def test_unknown_never_erases_what_is_known(known: Login, says_nothing: Login) -> None:
    before = after((100.0, known))
    assert then(before, says_nothing, 900.0, paused=False) == replace(before, at=900.0)


def test_a_server_that_nobody_reached_may_still_refuse_the_password() -> None:
    before = after((100.0, WRONG))
    assert then(before, SILENT, 900.0, paused=False) == replace(before, at=900.0)


def test_a_login_that_worked_is_unknown_once_its_server_is_not_reached() -> None:
    found = after((100.0, OK), (500.0, SILENT))
    assert (found.state, found.cause, found.since) == (SmtpState.UNKNOWN, "SMTP_TIMED_OUT", 500.0)


def test_a_server_is_failing_that_two_looks_an_hour_apart_did_not_reach() -> None:
    soon = after((0.0, SILENT), (HOUR - 1, SILENT))
    assert (soon.state, soon.since) == (SmtpState.UNKNOWN, 0.0)
    late = then(soon, SILENT, HOUR, paused=False)
    assert (late.state, late.since, late.seen_at) == (SmtpState.FAILING, 0.0, HOUR)


def test_it_does_not_matter_what_kept_each_look_from_it() -> None:
    found = after((0.0, SILENT), (1800.0, CLOSED), (HOUR, SILENT), (HOUR + 60, CLOSED))
    assert (found.state, found.cause, found.since) == (SmtpState.FAILING, "SMTP_CONNECTION_REFUSED", 0.0)


def test_a_server_that_answers_is_not_unreachable_any_more() -> None:
    failing = after((0.0, SILENT), (HOUR, SILENT))
    assert then(failing, DARK, 2 * HOUR, paused=False).state is SmtpState.FAILING
    found = then(failing, BUSY, 2 * HOUR, paused=False)
    assert (found.state, found.cause, found.since) == (SmtpState.UNKNOWN, "SMTP_TEMPORARY_FAULT", 2 * HOUR)


def test_a_confirmed_refusal_is_paused_since_it_was_confirmed() -> None:
    found = after((0.0, WRONG), (1900.0, WRONG), paused=True)
    assert (found.state, found.cause, found.since) == (SmtpState.PAUSED, "SMTP_WRONG_PASSWORD", 1900.0)


@pytest.mark.parametrize("lost", [LOST, BUSY])
def test_a_confirming_try_whose_answer_was_lost_pauses_with_what_is_known(lost: Login) -> None:
    found = after((0.0, WRONG), (1900.0, lost), paused=True)
    assert (found.state, found.cause, found.code) == (SmtpState.PAUSED, "SMTP_WRONG_PASSWORD", 535)
    assert (found.since, found.at, found.seen_at) == (1900.0, 1900.0, 0.0)


def test_the_same_again_holds_since_the_first_time() -> None:
    assert after((0.0, OK), (100.0, OK)).since == 0.0
    found = after((0.0, OK), (100.0, WRONG), (200.0, OK))
    assert (found.since, found.seen_at) == (200.0, 200.0)


_CAUSES = sorted(
    rule.code for rule in RULES if rule.code.startswith("SMTP_") and rule.code not in
    ("SMTP_HOST_MISSING", "SMTP_UNCHECKED", "SMTP_BASIC_AUTH_ENDS")
)  # fmt: skip
_BY_CODE = {rule.code: rule for rule in RULES}


def _failed(cause: str) -> Login:
    return Login(result_of(_BY_CODE[cause]), cause=cause)


LOGINS = st.one_of(st.just(OK), st.sampled_from(_CAUSES).map(_failed))


@given(st.lists(st.tuples(st.floats(1, 1e5), LOGINS, st.booleans()), min_size=1, max_size=8))
def test_whatever_happens_a_finding_says_what_the_state_says(
    story: list[tuple[float, Login, bool]],
) -> None:
    known, at = None, 0.0
    for wait, login, paused in story:
        at += wait
        known = then(known, login, at, paused=paused)
        assert max(known.since, known.seen_at) <= known.at == at
        assert (known.cause == "") == (known.state is SmtpState.OK)
        state, findings = judge(COMPANY, known)
        assert state is known.state
        severities = {SmtpState.OK: [], SmtpState.UNKNOWN: [Severity.UNKNOWN]}
        assert [f.severity for f in findings] == severities.get(state, [Severity.FAILURE])
