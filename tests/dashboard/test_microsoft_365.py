"""Logins that end in December 2026: who, what ends, what to do, and a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from checks.company import SmtpState
from dashboard.actions import at_risk
from data import logins
from data.engine import open_engine
from data.logins import AtRisk
from tests.dashboard.conftest import APP, fill, plain, words
from tests.support import fleet, login_fleet

Open = Callable[..., AppTest]


@pytest.fixture
def page(database: str) -> Open:
    def open_page(**params: str) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=20).run()
        at.switch_page("views/microsoft_365.py")
        for name, value in params.items():
            at.query_params[name] = value
        return at.run()

    return open_page


def store(database: str, *cases: login_fleet.Case) -> None:
    engine = open_engine(database)
    login_fleet.fill(engine, datetime.now(UTC), cases or None)
    engine.dispose()


def test_the_page_says_who_and_what_ends_and_what_to_do(database: str, page: Open) -> None:
    store(database)
    at = page()
    assert not at.exception
    assert {tile.label: tile.value for tile in at.metric} == {
        "At risk": "3",
        "Work today": "1",
        "Others": "2",
    }
    rows = at.dataframe[0].value.set_index("Company")
    assert list(rows.index) == ["Company microsoft", "Company new", "Company tenant"]
    assert list(rows["Login"]["Company microsoft"]) == ["✓ works"]
    assert list(rows["Server"]) == ["smtp.office365.com"] * 3
    told = plain(words(at))
    assert "At the end of December 2026 Microsoft switches off" in told
    assert "connects its mailbox by OAuth" in told
    assert "Exchange Team blog, 27 January 2026" in told


def test_where_nobody_is_at_risk_the_page_says_so_and_explains_all_the_same(
    database: str, page: Open
) -> None:
    fill(database, 10)
    at = page()
    assert not at.exception
    told = words(at)
    assert "No login is at risk" in told
    assert "What ends" in told
    assert not at.dataframe


def test_fifty_companies_to_a_page_and_a_wrong_page_is_the_last(database: str, page: Open) -> None:
    store(database, *(login_fleet.Case(f"{n:03}", login_fleet.MICROSOFT) for n in range(60)))
    assert len(page().dataframe[0].value) == 50
    assert page(page="2").dataframe[0].value["Number"][0] == "050"
    assert len(page(page="999").dataframe[0].value) == 10
    assert len(page(page="evil").dataframe[0].value) == 50


def test_a_company_opens_on_the_same_page_and_leads_back_to_it(database: str, page: Open) -> None:
    store(database)
    at = page(company="microsoft")
    assert not at.exception
    assert at.title[0].value == "Company microsoft"
    assert at.button(key="back").label == "Microsoft 365 logins"
    at.button(key="back").click().run()
    assert at.title[0].value == "Microsoft 365 logins at risk in December 2026"


def test_a_database_that_goes_away_is_told(
    database: str, page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(logins, "at_risk", away)
    at = page()
    assert not at.exception
    assert "The database cannot be read" in words(at)


COMPANY = AtRisk("1", "Acme", "BE", "smtp.office365.com", SmtpState.OK, 1_795_000_000.0)


def test_the_file_has_the_exports_words_and_times() -> None:
    unchecked = replace(COMPANY, id="2", state=SmtpState.UNCHECKED, since=None)
    assert list(csv.reader(io.StringIO(at_risk.as_csv([COMPANY, unchecked]), newline=""))) == [
        ["company_id", "name", "country", "smtp_host", "smtp", "since"],
        ["1", "Acme", "BE", "smtp.office365.com", "ok", "2026-11-18T11:06:40Z"],
        ["2", "Acme", "BE", "smtp.office365.com", "unchecked", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "a;=1", *fleet.HOSTILE])
def test_no_cell_of_the_file_is_a_formula(text: str) -> None:
    written = at_risk.as_csv([replace(COMPANY, id=text, name=text, country=text, host=text)])
    (_, row) = csv.reader(io.StringIO(written, newline=""))
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)
    assert ";=" not in written


def test_the_table_is_text(database: str, page: Open) -> None:
    hostile = replace(login_fleet.Case("x", login_fleet.MICROSOFT), name=fleet.HOSTILE[1])
    store(database, hostile)
    at = page()
    assert at.dataframe[0].value["Company"][0] == fleet.HOSTILE[1]
    assert fleet.HOSTILE[1] not in words(at)
