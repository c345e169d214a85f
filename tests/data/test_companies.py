"""The companies as stored: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from checks.company import Company, SendingMethod
from data import companies
from data.companies import Entry, Tally
from data.engine import writing
from data.schema import CompanyRow
from data.secrets import Secrets

DAY_1 = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DAY_2 = DAY_1 + timedelta(days=1)
DAY_3 = DAY_1 + timedelta(days=2)
SECRETS = Secrets()


def entry(id: str = "1", password: str = "", **values: Any) -> Entry:
    return Entry(id, values, password)


def put(engine: Engine, *entries: Entry, at: datetime = DAY_1, secrets: Secrets = SECRETS) -> Tally:
    with writing(engine) as session:
        return companies.upsert(session, entries, secrets, at)


def gone(engine: Engine, *named: str, at: datetime) -> int:
    with writing(engine) as session:
        return companies.mark_gone(session, named, at)


def row(engine: Engine, id: str = "1") -> CompanyRow:
    with Session(engine) as session:
        return session.get_one(CompanyRow, id)


def ids(engine: Engine, only: list[str] | None = None) -> list[str]:
    with Session(engine) as session:
        return [company.id for company in companies.for_scan(session, only)]


def test_a_company_is_added_once_and_then_unchanged(store: Engine) -> None:
    acme = entry(name="Acme", email="info@acme.be", email_validated_at=DAY_1)
    assert put(store, acme) == Tally(added=1)
    assert put(store, acme, at=DAY_2) == Tally(unchanged=1)
    assert row(store).imported_at == DAY_1
    assert put(store, entry(name="Acme NV", email="info@acme.be"), at=DAY_3) == Tally(changed=1)
    assert row(store).imported_at == DAY_3
    assert row(store).email_validated_at == DAY_1


def test_what_is_not_given_gets_defaults_in_a_new_company(store: Engine) -> None:
    put(store, entry(name="Acme"))
    acme = row(store)
    assert (acme.sending_method, acme.email, acme.email_validated_at, acme.smtp_port) == (
        "platform",
        "",
        None,
        None,
    )
    assert acme.smtp_password is None
    assert acme.gone_since is None


def test_an_absent_column_keeps_what_was_there_and_an_empty_one_clears_it(store: Engine) -> None:
    put(
        store,
        entry(name="Acme", email="info@acme.be", segment="gold", smtp_port=587, email_validated_at=DAY_1),
    )
    put(store, entry(name="Acme", email="", smtp_port=None, email_validated_at=None), at=DAY_2)
    acme = row(store)
    assert (acme.email, acme.smtp_port, acme.email_validated_at, acme.segment) == ("", None, None, "gold")
    assert acme.domain == ""


def test_an_empty_password_keeps_the_old_one_and_the_same_one_changes_nothing(store: Engine) -> None:
    put(store, entry(name="Acme", password="hemlig"))
    token = row(store).smtp_password
    assert put(store, entry(name="Acme"), at=DAY_2) == Tally(unchanged=1)
    assert put(store, entry(name="Acme", password="hemlig"), at=DAY_2) == Tally(unchanged=1)
    assert row(store).smtp_password == token
    assert put(store, entry(name="Acme", password="nytt"), at=DAY_2) == Tally(changed=1)
    assert SECRETS.decrypt(row(store).smtp_password or b"") == "nytt"


def test_a_password_whose_key_is_lost_is_written_anew(store: Engine) -> None:
    put(store, entry(name="Acme", password="hemlig"))
    other = Secrets()
    assert put(store, entry(name="Acme", password="hemlig"), secrets=other) == Tally(changed=1)
    assert other.decrypt(row(store).smtp_password or b"") == "hemlig"


def test_a_company_that_is_no_longer_named_is_marked_and_comes_back(store: Engine) -> None:
    put(store, entry("1", name="One"), entry("2", name="Two"))
    assert gone(store, "1", at=DAY_2) == 1
    assert gone(store, "1", at=DAY_3) == 0
    assert row(store, "2").gone_since == DAY_2
    assert row(store, "1").gone_since is None
    assert put(store, entry("2", name="Two"), at=DAY_3) == Tally(changed=1)
    assert row(store, "2").gone_since is None


def test_a_scan_gets_those_that_are_not_gone_or_those_that_it_names(store: Engine) -> None:
    put(store, *(entry(id, name="x") for id in ("10", "9", "a", "B", "é")))
    gone(store, "10", "9", "a", "B", at=DAY_2)
    with Session(store) as session:
        assert companies.count(session) == 4
    assert ids(store) == ["10", "9", "B", "a"]
    assert ids(store, ["é", "9", "nobody", "9"]) == ["9", "é"]
    assert ids(store, []) == []


def test_a_scan_of_many_gets_each_once(store: Engine) -> None:
    many = [f"{i:05}" for i in range(2 * companies.BATCH + 7)]
    assert put(store, *(entry(id, name=id) for id in many)) == Tally(added=len(many))
    assert ids(store) == many
    assert ids(store, many) == many


def test_a_scan_gets_what_the_judgement_needs(store: Engine) -> None:
    put(
        store,
        entry(
            name="Acme",
            email="info@acme.be",
            email_validated_at=DAY_1,
            sending_method="own_server",
            from_address="post@acme.be",
            smtp_host="smtp.acme.be",
        ),
    )
    with Session(store) as session:
        assert list(companies.for_scan(session)) == [
            Company(
                "1", "Acme", SendingMethod.OWN_SERVER, "info@acme.be", True, "post@acme.be", "smtp.acme.be"
            )
        ]


@pytest.mark.parametrize(
    ("email", "sender", "domain"),
    [
        ("info@Acme.BE", "", "acme.be"),
        ("info@acme.be", "post@mail.acme.be", "mail.acme.be"),
        ("info@bücher.example", "", "xn--bcher-kva.example"),
        ("a@b@c", "", ""),
        ("info@acme.be", "a@b@c", ""),
        (f"info@{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 63}.be", "", ""),
        ("", "", ""),
    ],
)
def test_the_domain_is_that_of_the_from_address_else_of_the_email(
    store: Engine, email: str, sender: str, domain: str
) -> None:
    put(store, entry(name="Acme", email=email, from_address=sender))
    assert row(store).domain == domain


def test_a_company_is_found_by_everything_that_people_know_of_it(store: Engine) -> None:
    put(store, entry("K-77", name="BÜCHER Straße", email="Info@bücher.example", from_address=""))
    search = row(store, "K-77").search
    for part in ("k-77", "bücher strasse", "info@bücher.example", "xn--bcher-kva.example"):
        assert part in search
    assert row(store, "K-77").sort_name == "bücher strasse"


def test_the_longest_names_and_ids_can_be_stored_and_sorted(store: Engine) -> None:
    put(store, entry("\U0001f389" * 200, name="\u0390" * 500, email="x" * 1000, segment="é" * 200))
    assert row(store, "\U0001f389" * 200).name == "\u0390" * 500


def test_ids_sort_by_code_point_on_every_database(store: Engine) -> None:
    put(store, *(entry(id, name=id) for id in ("b", "A", "a", "B", "_", "É", "1")))
    with Session(store) as session:
        assert list(session.scalars(select(CompanyRow.id).order_by(CompanyRow.id))) == [
            *("1", "A", "B", "_", "a", "b", "É")
        ]


def test_an_entry_does_not_show_its_password() -> None:
    assert "hemlig" not in repr(entry(name="Acme", password="hemlig"))


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE companies; --", "<script>alert(1)</script>", "%_\\", "=1+1"]
)
def test_hostile_text_is_kept_as_text(store: Engine, hostile: str) -> None:
    put(store, entry(hostile, name=hostile, email=hostile))
    assert row(store, hostile).name == hostile
