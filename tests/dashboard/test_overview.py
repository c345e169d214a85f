"""The overview: full, empty, never scanned, interrupted, and with its database away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from data import scans, statistics
from data.engine import open_engine
from data.schema import ScanRow
from tests.dashboard.conftest import OPEN, begin_a_scan, fill, plain, words
from tests.dashboard.test_advice import store
from tests.support import fleet, login_fleet


def test_the_numbers_are_on_the_tiles(stored: str, overview: OPEN) -> None:
    at = overview()
    assert not at.exception
    tiles = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    assert tiles["Companies"] == ("129", "1 gone, not counted")
    assert tiles["E-mail validated"] == ("92.2 %", "119 of 129, 1 unknown")
    assert tiles["SPF effective, own address"][1].endswith(", 2 unknown")
    assert tiles["Failing"][0] == "25"


def test_each_count_leads_to_its_companies(stored: str, overview: OPEN) -> None:
    listed = [(plain(link.label), link.proto.query_string) for link in overview().page_link]
    verdict, login = [query for label, query in listed if label.endswith("Failing")]
    assert verdict == "verdict=failure&gone=hide"
    assert login == "problem=smtp_failing&method=own_server&gone=hide"
    links = dict(listed)
    assert links["The SPF record of the domain does not name us."] == (
        "verdict=failure&cause=SPF_INCLUDE_MISSING&gone=hide"
    )


def test_the_last_scan_and_our_own_domain_are_told(stored: str, overview: OPEN) -> None:
    told = plain(words(overview()))
    assert "Last scan finished 12 minutes ago" in told
    assert "130 of 130 companies, 125 domains." in told
    assert "platform.example" in told
    assert "v=spf1 include:spf.platform.example -all" in told


def test_while_a_scan_goes_on_our_own_domain_is_told_as_it_was_known(stored: str, overview: OPEN) -> None:
    begin_a_scan(stored)
    told = plain(words(overview()))
    assert "has looked at 0 of 130 companies so far" in told
    assert "the next scan looks at it" not in told
    assert "v=spf1 include:spf.platform.example -all" in told


def test_an_own_domain_that_is_not_set_is_told_as_not_checked(
    stored: str, overview: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDWELL_DOMAIN")
    assert "Not checked: set `SENDWELL_DOMAIN`" in words(overview())


def test_logins_are_counted_by_their_state_and_those_that_end_in_december_apart(
    database: str, overview: OPEN
) -> None:
    with_logins(database)
    at = overview()
    assert not at.exception
    told = plain(words(at))
    assert "Logins at own servers" in told
    assert "Of 20 companies with a server of their own" in told
    assert "**3 companies log in** at Microsoft 365 with a password. **1 login works** today." in told
    assert "Microsoft switches off passwords at Microsoft 365 at the end of December 2026." in told
    assert [link.label for link in at.page_link if "What ends" in link.label]


def test_where_nobody_logs_in_at_microsoft_the_card_says_so(stored: str, overview: OPEN) -> None:
    assert "No company logs in at Microsoft 365 with a password." in words(overview())


def test_without_servers_of_their_own_there_is_no_card_about_logins(database: str, overview: OPEN) -> None:
    store(database, {"1": "info@acme.example"})
    told = words(overview())
    assert "Companies by verdict" in told
    assert "Logins at own servers" not in told
    assert "December 2026" not in told


def test_answers_that_the_table_does_not_know_are_listed_for_engineers(database: str, overview: OPEN) -> None:
    with_logins(database)
    at = overview()
    (unknown,) = (each for each in at.expander if "does not know yet (2)" in each.label)
    rows = unknown.dataframe[0].value
    assert list(rows["Heard"]) == [12, 3]
    assert list(rows["What was said"]) == ["5.7.1 Computer says no", fleet.HOSTILE[1]]
    assert list(rows["Code"]) == ["535 5.7.1"] * 2
    assert fleet.HOSTILE[1] not in words(at)


def with_logins(url: str) -> None:
    engine = open_engine(url)
    login_fleet.fill(engine, datetime.now(UTC))
    engine.dispose()


def test_an_empty_database_says_how_to_import(overview: OPEN) -> None:
    at = overview()
    assert not at.exception
    assert not at.metric
    assert "python -m data import companies.csv" in words(at)


def test_before_the_first_scan_the_page_says_to_run_it(database: str, overview: OPEN) -> None:
    fill(database, 30, scanned=False)
    at = overview()
    assert not at.exception
    assert {metric.value for metric in at.metric} == {"29", "–"}
    assert "python -m data scan" in words(at)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (scans.ScanState.INTERRUPTED, "was interrupted after 40 of 130 companies"),
        (scans.ScanState.FAILED, "failed after 40 of 130 companies"),
        (scans.ScanState.RUNNING, "has looked at 40 of 130 companies so far"),
    ],
)
def test_a_scan_that_did_not_end_well_says_how_far_it_came(
    stored: str, overview: OPEN, state: scans.ScanState, text: str
) -> None:
    with Session(open_engine(stored)) as session:
        row = session.get_one(ScanRow, 1)
        row.state, row.done = state.value, 40
        session.commit()
    assert text in words(overview())


def test_a_database_that_goes_away_is_told_without_a_traceback(
    stored: str, overview: OPEN, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(session: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "overview", away)
        at = overview()
    assert not at.exception
    assert "The database cannot be read" in words(at)
    assert "SELECT" not in words(at)
    at.button(key="try_again").click().run()
    assert at.metric[0].value == "129"


def test_a_database_that_cannot_be_opened_is_told(
    overview: OPEN, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broken = tmp_path_factory.mktemp("broken") / "not-a-database.db"
    broken.write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("SENDWELL_DATABASE", f"sqlite:///{broken}")
    at = overview()
    assert not at.exception
    assert "is not an SQLite database" in plain(words(at))
