"""Words for numbers, moments and rules; links that read back as the filter that they were made of."""

from datetime import UTC, datetime, timedelta

import pytest

from checks.catalogue import RULES
from checks.company import AddressState, DmarcState, SendingMethod, SmtpState, SpfState
from checks.model import Severity, Topic
from checks.smtp.discover import Confidence
from checks.smtp.result import Security
from dashboard.actions import company_link, explain, wording
from dashboard.actions.moments import ago, exact
from dashboard.actions.wording import counted, percent
from data.companies_search import VERDICTS, Filter, Order, Problem

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)
def test_how_long_ago(passed: timedelta, text: str) -> None:
    assert ago(NOW - passed, NOW) == text


def test_exactly_when_is_utc() -> None:
    assert exact(NOW) == "23 Nov 2026, 09:30 UTC"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.125, "12.5 %")],
)
def test_a_percentage_never_rounds_to_all_or_none(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text


def test_numbers_agree_with_their_noun() -> None:
    assert counted(1, "company", "companies") == "1 company"
    assert counted(12345, "company", "companies") == "12,345 companies"


def test_every_word_of_the_export_has_a_label() -> None:
    assert set(wording.VERDICTS) == set(VERDICTS)
    assert set(wording.FINDINGS) == set(Severity)
    assert set(wording.METHODS) == set(SendingMethod)
    assert set(wording.PROBLEMS) == set(Problem)
    assert set(wording.ORDERS) == set(Order)
    assert set(wording.TOPICS) == set(Topic)
    assert set(wording.ADDRESS) == set(AddressState)
    assert set(wording.SPF) == set(SpfState) - {SpfState.NONE}
    assert set(wording.SPF_EXPLAINED) == set(SpfState)
    assert set(wording.DMARC) == set(DmarcState) - {DmarcState.NOTHING}
    assert set(wording.LOGINS) == set(wording.LOGINS_EXPLAINED) == set(SmtpState) - {SmtpState.NOT_USED}
    assert set(wording.LOGINS_TRIED) == set(wording.LOGINS) - {SmtpState.UNCHECKED}
    assert set(wording.CONFIDENCES) == set(Confidence)
    assert set(wording.SECURITIES) == set(Security)


@pytest.mark.parametrize("code", list(RULES))
def test_every_rule_can_be_told_in_general(code: str) -> None:
    title = explain.general_title(code)
    assert "{" not in title
    assert title[0].isupper()
    assert title.endswith(".")


def test_a_link_holds_the_whole_filter() -> None:
    params = company_link.to_params(
        Filter(
            "x y", (Problem.SPF_MISSING,), ("failure",), (SendingMethod.PLATFORM,), ("SPF_NO_RECORD",), True
        )
    )
    assert params == {
        "q": "x y",
        "problem": ["spf_missing"],
        "verdict": ["failure"],
        "method": ["platform"],
        "cause": ["SPF_NO_RECORD"],
        "gone": "hide",
    }
    assert company_link.to_params(Filter()) == {}
