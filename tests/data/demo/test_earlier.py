"""What was looked at before the demo's scan, and when."""

from itertools import pairwise

import pytest

from checks.smtp.etiquette import CONFIRM_AFTER, address_paused_until
from checks.smtp.standing import LASTS
from data.demo import fleet
from data.demo.earlier import looks
from data.demo.mail_layout import Layout, Ports

MANY, ONE = Layout(), Layout(ports=Ports.ONE_ADDRESS)
BY_ID = {company.id: company for company in fleet.companies()}


@pytest.mark.parametrize("mail", [MANY, ONE], ids=["many addresses", "one address"])
def test_the_earliest_comes_first(mail: Layout) -> None:
    assert all(first >= then for (first, _), (then, _) in pairwise(looks(mail)))


def test_what_needs_time_had_it() -> None:
    by_cause = {BY_ID[id].scenario.expected.cause: seconds for seconds, id in looks(MANY)}
    assert set(by_cause) == {"SMTP_WRONG_PASSWORD", "SMTP_CONNECTION_REFUSED"}
    assert by_cause["SMTP_WRONG_PASSWORD"] > CONFIRM_AFTER
    assert by_cause["SMTP_CONNECTION_REFUSED"] > LASTS


def test_at_one_address_every_login_is_looked_at_before_the_scan() -> None:
    assert {id for _, id in looks(ONE)} == {id for id, company in BY_ID.items() if company.smtp_password}


def test_at_one_address_no_login_meets_a_server_that_is_left_alone() -> None:
    refused: list[float] = []
    for seconds, id in looks(ONE):
        at = 1_000_000 - seconds
        assert address_paused_until(refused) <= at, BY_ID[id].scenario.name
        expected = BY_ID[id].scenario.expected
        if expected.smtp == "paused" or expected.cause == "SMTP_WRONG_PASSWORD":
            refused.append(at)
    assert len(refused) > 10
