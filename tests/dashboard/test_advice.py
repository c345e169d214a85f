"""What to publish, on the company's page: worked out from stored answers, tried before it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from checks.company import SendingMethod
from data import companies, observations, verdicts
from data.engine import open_engine, writing
from data.secrets import Secrets
from tests.dashboard.conftest import OPEN, plain, words
from tests.support.recording import diagnosed
from tests.support.zone import zone

ZONE = """
    spf.sendwell.example TXT v=spf1 ip4:192.0.2.0/28 ~all
    _spf.host.example TXT v=spf1 ip4:198.51.100.0/24 ~all
    acme.example MX 10 mail.acme.example
    mail.acme.example A 198.51.100.7
    acme.example TXT v=spf1 include:_spf.host.example ipv4:198.51.100.9 -all
"""


MISSPELT = (
    ZONE
    + """
    _spf.shop.example TXT v=spf1 ip4:203.0.113.0/24 ~all
    near.example MX 10 mail.acme.example
    near.example TXT v=spf1 include:spf.shop.example ~all
"""
)


@pytest.fixture
def advised(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two companies that send as themselves, scanned; and the settings that the advice needs."""
    monkeypatch.setenv("SENDWELL_INCLUDE", "spf.sendwell.example")
    monkeypatch.setenv("SENDWELL_SENDING_ADDRESSES", "192.0.2.1")
    store(database, {"1": "info@acme.example", "2": "info@near.example"})


def store(database: str, emails: dict[str, str]) -> None:
    """Companies by number, judged from `MISSPELT`."""
    now = datetime.now(UTC)
    engine = open_engine(database)
    with writing(engine) as session:
        for number, email in emails.items():
            values = {
                "name": "Acme",
                "email": email,
                "email_validated_at": now,
                "sending_method": SendingMethod.OWN_ADDRESS.value,
            }
            companies.upsert(session, [companies.Entry(number, values)], Secrets(), now)
            diagnosis, seen = diagnosed(email, zone(MISSPELT, at=now.timestamp()))
            observations.record(session, seen)
            verdicts.save(session, [(number, diagnosis)], now)
    engine.dispose()


def test_the_page_shows_the_record_to_publish_and_what_changes(advised: None, companies: OPEN) -> None:
    at = companies(company="1")
    assert not at.exception
    shown = [block.value for block in at.code]
    assert "v=spf1 include:spf.sendwell.example include:_spf.host.example ip4:198.51.100.9 -all" in shown
    changes = next(text for text in shown if "→" in text).split("\n")
    assert "! ipv4:198.51.100.9 → ip4:198.51.100.9" in changes
    assert "+ include:spf.sendwell.example" in changes
    assert "Tried before it is shown: our mail then passes from each of our addresses." in plain(words(at))


def test_a_last_try_of_the_same_minute_is_not_told_twice(advised: None, companies: OPEN) -> None:
    told = words(companies(company="1"))
    assert "the oldest answer that this stands on" in told
    assert "Last tried" not in told


def test_a_question_comes_with_its_reason_and_the_record_that_its_answer_makes(
    advised: None, companies: OPEN
) -> None:
    at = companies(company="2")
    assert not at.exception
    told = plain(words(at))
    question = "Did you mean include:_spf.shop.example where the record says include:spf.shop.example?"
    assert f"**{question}**  \nThe name that stands there has no SPF record, and one like it has." in told
    shown = [block.value for block in at.code]
    assert "v=spf1 include:spf.sendwell.example ~all" in shown
    assert "v=spf1 include:spf.sendwell.example include:_spf.shop.example ~all" in shown
    assert "Tried as well. For a stranger: 2 of at most 10 terms" in told


def test_the_page_says_what_large_receivers_want(advised: None, companies: OPEN) -> None:
    (table,) = companies(company="1").table
    receivers = table.value
    assert set(receivers["Receiver"]) == {"Gmail", "Yahoo", "Outlook.com"}
    assert set(receivers["Our mail"]) <= {"accepted", "at risk", "refused", "unknown"}


def test_without_the_platforms_settings_nothing_is_advised(
    advised: None, companies: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDWELL_SENDING_ADDRESSES")
    at = companies(company="1")
    assert not at.exception
    assert "What to publish" not in words(at)
