"""One login becomes the column and its findings."""

from __future__ import annotations

import pytest

from checks.company import SmtpState
from checks.smtp.credentials import SecretKind
from checks.smtp.judge import coming, judge
from checks.smtp.result import Login, Result
from tests.checks.smtp.scenarios import NEVER_CONNECTED, turned_away


@pytest.mark.parametrize(
    ("login", "state", "rules"),
    [
        (Login(Result.OK, 235), SmtpState.OK, []),
        (
            Login(Result.REFUSED, 535, "5.7.8", "SMTP_WRONG_PASSWORD", "no"),
            SmtpState.FAILING,
            ["SMTP_WRONG_PASSWORD"],
        ),
        (Login(Result.INSECURE, cause="SMTP_TLS_FAILED"), SmtpState.FAILING, ["SMTP_TLS_FAILED"]),
        (Login(Result.UNREACHABLE, cause="SMTP_TIMED_OUT"), SmtpState.UNKNOWN, ["SMTP_TIMED_OUT"]),
        (Login(Result.UNKNOWN, cause="SMTP_ANSWER_LOST"), SmtpState.UNKNOWN, ["SMTP_ANSWER_LOST"]),
    ],
)
def test_what_is_no_answer_is_unknown(login: Login, state: SmtpState, rules: list[str]) -> None:
    found, findings = judge("mail.acme.be", login)
    assert (found, [finding.rule for finding in findings]) == (state, rules)


def test_the_evidence_is_what_the_server_said() -> None:
    _, (finding,) = judge(
        "mail.acme.be", Login(Result.REFUSED, 535, "5.7.8", "SMTP_WRONG_PASSWORD", "5.7.8 no")
    )
    assert (finding.about, finding.evidence[0].found) == ("mail.acme.be", "535 5.7.8 no")


def test_a_password_at_microsoft_365_is_told_to_end() -> None:
    (finding,) = coming("smtp.office365.com")
    assert finding.rule == "SMTP_BASIC_AUTH_ENDS"
    assert coming("smtp.acme.be", provider="Microsoft 365") != ()
    assert coming("smtp.office365.com", SecretKind.TOKEN) == ()
    assert coming("smtp.gmail.com") == ()


@pytest.mark.parametrize(("cause", "where"), NEVER_CONNECTED.items())
def test_what_the_guard_turns_away_is_told_and_never_connected(cause: str, where: tuple[str, int]) -> None:
    assert turned_away(*where) == cause
