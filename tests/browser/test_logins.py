"""A person looks after logins: from the overview to a company, a look now, and the list for December 2026."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data.engine import open_engine
from tests.browser.conftest import Open
from tests.support import fleet, login_fleet
from tests.support.dashboard_server import Running, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def logins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A dashboard over companies with a server of their own. The platform is not set, so a look comes to nothing."""
    url = f"sqlite:///{tmp_path_factory.mktemp('logins')}/fleet.db"
    engine = open_engine(url)
    login_fleet.fill(engine, datetime.now(UTC))
    engine.dispose()
    with running(url, SENDWELL_DOMAIN="platform.example") as served:
        yield served


def test_from_the_overview_to_the_paused_logins(logins: Running, visit: Open) -> None:
    window = visit(logins).open()
    window.sees("Logins at own servers")
    window.click("Paused").sees("2 companies")
    assert window.parameters() == {"problem": ["smtp_paused"], "method": ["own_server"], "gone": ["hide"]}
    window.click_row(0).sees("Login at the company's own server")
    window.sees("The server smtp.gmail.com wants an app password in place of the account's own.")
    window.sees("the login is paused until the settings change")
    window.back().sees("2 companies")


def test_from_the_overview_to_who_is_at_risk_and_back(logins: Running, visit: Open) -> None:
    window = visit(logins).open()
    window.click("What ends, what to do, and for whom")
    window.sees("At the end of December 2026 Microsoft switches off")
    window.click_row(0).sees("Company microsoft")
    window.press("Microsoft 365 logins").sees("3 companies")
    window.back().sees("Company microsoft")
    window.back().sees("3 companies")


def test_who_is_at_risk_can_be_had_as_a_file(logins: Running, visit: Open, tmp_path: Path) -> None:
    window = visit(logins).open("/microsoft-365")
    window.sees("3 companies")
    with window.page.expect_download() as download:
        window.press("Download as CSV")
    assert download.value.suggested_filename == "microsoft-365-logins-at-risk.csv"
    download.value.save_as(tmp_path / "file.csv")
    with (tmp_path / "file.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["company_id", "name", "country", "smtp_host", "smtp", "since"]
    assert [row[4] for row in rows[1:]] == ["ok", "unchecked", "paused"]


def test_a_double_click_looks_once_and_tells_what_came_of_it(logins: Running, visit: Open) -> None:
    window = visit(logins).open("/companies?company=works")
    button = window.page.get_by_role("button", name="Check now")
    button.dblclick()
    window.sees("Looking at the company now")
    expect(button).to_be_disabled()
    window.sees("The look came to nothing.")
    expect(button).to_be_enabled()
    window.settled().open("/companies?company=silent").sees("Login at the company's own server")
    expect(window.page.get_by_text("The look came to nothing.")).to_have_count(0)


@pytest.mark.parametrize("number", range(len(fleet.HOSTILE)))
def test_what_a_mail_server_says_is_shown_and_does_nothing(logins: Running, visit: Open, number: int) -> None:
    window = visit(logins).open(f"/companies?company=hostile%20{number}")
    window.sees("Login at the company's own server")
    window.click("Who said what in the last try")
    assert window.page.title() == "Sendwell"
    main = window.page.get_by_test_id("stMain")
    assert main.locator("a[href*=invalid], img[src*=invalid], script, h2:has-text('heading')").count() == 0


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_what_is_told_of_logins(
    logins: Running, empty_dashboard: Running, visit: Open, pictures: Path, scheme: str, width: int
) -> None:
    views = {
        "logins-overview": (logins, "/", "Logins at own servers"),
        "logins-list": (logins, "/companies?method=own_server", "20 companies"),
        "logins-december": (logins, "/microsoft-365", "3 companies"),
        "logins-december-empty": (empty_dashboard, "/microsoft-365", "No login is at risk"),
        "login-paused": (logins, "/companies?company=paused", "Records as published"),
    }
    for name, (served, path, text) in views.items():
        window = visit(served, scheme=scheme, width=width).open(path)
        window.sees(text)
        window.picture(pictures / f"{name}-{scheme}-{width}.png")
