"""The list of companies: what it shows, what its address holds, and how little it sends."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy.exc import OperationalError

from dashboard.actions.company_table import COLUMNS
from data import companies_search
from data.engine import open_engine
from tests.dashboard.conftest import OPEN, fill, plain, words
from tests.support import fleet, login_fleet


def test_the_worst_stand_first_fifty_to_a_page(stored: str, companies: OPEN) -> None:
    at = companies()
    assert not at.exception
    rows = at.dataframe[0].value
    assert tuple(rows.columns) == COLUMNS
    assert len(rows) == 50
    assert rows["Verdict"][0] == ["✕ Failing"]
    assert "130 companies" in words(at)


def test_a_row_says_the_cause_in_words_and_both_forms_of_the_domain(stored: str, companies: OPEN) -> None:
    row = companies(q="zürich").dataframe[0].value.iloc[0]
    assert row["Domain"] == "café-zürich.example (xn--caf-zrich-d4a5s.example)"
    row = companies(q="garage").dataframe[0].value.iloc[0]
    assert row["Cause"] == "The SPF record of the domain does not name us."
    assert (row["E-mail"], row["SPF"], row["DMARC"]) == (["✓ validated"], "✕ missing", "none")
    assert list(row["Login"]) == [], "it has no server of its own"


def test_the_exclamation_mark_does_not_wait_for_a_scan(database: str, companies: OPEN) -> None:
    fill(database, 20, scanned=False)
    rows = companies().dataframe[0].value.set_index("Company")
    assert list(rows["E-mail"]["No Mail Ltd"]) == ["! missing"]
    assert list(rows["E-mail"]["Florist Rosa"]) == ["! not validated"]
    assert list(rows["E-mail"]["Acme Brussels"]) == []
    assert list(rows["Verdict"]["Acme Brussels"]) == ["– Not checked"]


def test_a_gone_company_is_marked_and_can_be_hidden(stored: str, companies: OPEN) -> None:
    assert companies(q="former").dataframe[0].value["Company"][0] == "Former Customer (gone)"
    assert "No company matches" in words(companies(q="former", gone="hide"))
    at = companies(gone="hide")
    assert at.toggle(key="url_gone").value
    assert "129 companies" in words(at)
    at.toggle(key="url_gone").set_value(False).run()
    assert "130 companies" in words(at)
    assert "gone" not in at.query_params


def test_a_login_shows_its_state_and_since_when_in_front_for_who_asks_for_logins(
    database: str, companies: OPEN
) -> None:
    engine = open_engine(database)
    login_fleet.fill(engine, datetime.now(UTC))
    engine.dispose()
    at = companies(problem="smtp_paused")
    rows = at.dataframe[0].value.set_index("Company")
    assert {pill for cell in rows["Login"] for pill in cell} == {"✕ paused"}
    assert set(rows.index) == {"Company paused", "Company tenant"}
    passed = datetime.now(UTC) - rows["Login since"]["Company paused"]
    assert timedelta(days=3) <= passed < timedelta(days=3, minutes=5)
    assert list(at.dataframe[0].proto.column_order)[:4] == ["Verdict", "Company", "Login", "Login since"]
    assert list(companies().dataframe[0].proto.column_order) == list(COLUMNS)
    rows = companies(method="own_server").dataframe[0].value.set_index("Company")
    assert list(rows["Login"]["Company new"]) == ["– not tried"]
    assert pd.isna(rows["Login since"]["Company changed"]), "what is known is of other settings"


def test_the_address_fills_the_filters(stored: str, companies: OPEN) -> None:
    at = companies(
        problem=["spf_missing", "spf_ineffective"],
        method="own_address",
        sort="name",
        cause="SPF_INCLUDE_MISSING",
    )
    assert at.pills(key="url_problem").value == ["spf_missing", "spf_ineffective"]
    assert at.multiselect(key="url_method").value == ["own_address"]
    assert at.selectbox(key="url_sort").value == "name"
    assert "Cause: The SPF record of the domain does not name us." in plain(words(at))
    assert set(at.dataframe[0].value["SPF"]) == {"✕ missing"}


def test_what_is_chosen_stands_in_the_address_and_begins_at_page_one(stored: str, companies: OPEN) -> None:
    at = companies(page="2")
    assert at.dataframe[0].value["Company"][0] != companies().dataframe[0].value["Company"][0]
    at.text_input(key="url_q").set_value("company").run()
    assert at.query_params == {"q": ["company"]} or at.query_params == {"q": "company"}
    at.multiselect(key="url_verdict").set_value(["failure"]).run()
    assert at.query_params["verdict"] in ("failure", ["failure"])
    at.text_input(key="url_q").set_value("").run()
    assert "q" not in at.query_params


@pytest.mark.parametrize(
    "params",
    [
        {"page": "minus one", "sort": "evil", "verdict": "x", "problem": "<script>", "method": "'"},
        {"page": "99999999999999999999", "cause": ["NO_SUCH_RULE"] * 50},
        {"page": "-3", "q": "\x00" + "a" * 5000},
        {"gone": "perhaps", "company": ""},
    ],
)
def test_an_old_or_hostile_address_never_breaks_the_page(
    stored: str, companies: OPEN, params: dict[str, str]
) -> None:
    assert not companies(**params).exception


def test_nothing_found_offers_a_way_out(stored: str, companies: OPEN) -> None:
    at = companies(q="nobody at all")
    assert "No company matches" in words(at)
    at.button(key="reset").click().run()
    assert len(at.dataframe[0].value) == 50


def test_without_companies_the_page_says_how_to_import(companies: OPEN) -> None:
    at = companies()
    assert not at.exception
    assert "python -m data import" in words(at)


def test_a_database_that_goes_away_is_told(
    stored: str, companies: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(companies_search, "search", away)
    at = companies()
    assert not at.exception
    assert "The database cannot be read" in words(at)


def test_hostile_names_are_cells_like_any_other(stored: str, companies: OPEN) -> None:
    at = companies(q="hostile-", sort="number")
    assert list(at.dataframe[0].value["Company"])[:3] == list(fleet.HOSTILE[:3])
    assert "\\u202e" in at.dataframe[0].value["Company"][6]
    for text in fleet.HOSTILE:
        assert text not in words(at)


def test_a_page_of_the_list_is_small(stored: str, companies: OPEN) -> None:
    """The browser gets fifty rows, never the fleet."""
    at = companies()
    octets = sum(
        node.proto.ByteSize() for kind in ("dataframe", "markdown", "pills") for node in at.get(kind)
    )
    assert octets < 60_000
