"""A person clicks through the dashboard."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from data.engine import open_engine
from tests.browser.conftest import Open
from tests.support import fleet
from tests.support.dashboard_server import Running, running

pytestmark = pytest.mark.browser

NUMBERS = {case.values["name"]: str(number) for number, case in enumerate(fleet.cases(), start=1)}


def test_from_the_overview_to_a_company_and_back(dashboard: Running, visit: Open) -> None:
    window = visit(dashboard).open()
    window.sees("Companies by verdict")
    window.click("The SPF record of the domain does not name us.")
    window.sees("8 companies")
    assert window.parameters() == {"verdict": ["failure"], "cause": ["SPF_INCLUDE_MISSING"], "gone": ["hide"]}

    search = window.page.get_by_placeholder("Name, number, e-mail or domain")
    search.fill("garage")
    search.press("Enter")
    window.sees("1 company")
    assert window.parameters()["q"] == ["garage"]

    window.click_row(0).sees("Garage Peeters")
    window.sees("The SPF record of garage.example does not name us.")
    assert window.parameters()["company"] == [NUMBERS["Garage Peeters"]]

    window.back().sees("1 company")
    assert "company" not in window.parameters()
    assert window.parameters()["q"] == ["garage"]
    window.back().sees("8 companies")
    expect(search).to_have_value("")


def test_each_page_of_the_list_is_a_step_in_the_history(dashboard: Running, visit: Open) -> None:
    window = visit(dashboard).open("/companies?sort=number")
    window.sees("240 companies")
    window.page.get_by_label("Page 2", exact=True).click()
    expect(window.page).to_have_url(re.compile(r"page=2"))
    window.settled().click_row(0).sees("Company 0026 BV")
    assert window.parameters() == {"sort": ["number"], "page": ["2"], "company": ["51"]}
    window.press("Companies")
    window.sees("240 companies")
    assert window.parameters() == {"sort": ["number"], "page": ["2"]}
    window.back().sees("Company 0026 BV")
    window.back().sees("240 companies")
    window.back().sees("240 companies")
    assert window.parameters() == {"sort": ["number"]}


def test_filters_combine_and_reset(dashboard: Running, visit: Open) -> None:
    window = visit(dashboard).open("/companies")
    window.press("SPF missing")
    expect(window.page).to_have_url(re.compile("problem=spf_missing"))
    window.press("E-mail not validated")
    window.sees("No company matches")
    window.press("Reset search and filters")
    window.sees("240 companies")
    assert window.parameters() == {}


def test_a_link_to_a_company_opens_it(dashboard: Running, visit: Open) -> None:
    window = visit(dashboard).open(f"/companies?company={NUMBERS['Twelve Includes NV']}")
    window.sees("needs more than 10 DNS look-ups before our mail is decided on")
    window.sees("include:spf.platform.example would be term 13")


@pytest.mark.parametrize("number", range(len(fleet.HOSTILE)))
def test_hostile_text_is_shown_and_does_nothing(dashboard: Running, visit: Open, number: int) -> None:
    window = visit(dashboard).open(f"/companies?company={NUMBERS[fleet.HOSTILE[number]]}")
    window.sees("Records as published")
    assert window.page.title() == "Sendwell"
    main = window.page.get_by_test_id("stMain")
    assert main.locator("a[href*=invalid], img[src*=invalid], script, h2:has-text('heading')").count() == 0
    window.open(f"/companies?q=hostile-{number}").sees("1 company")


def test_a_database_that_goes_away_is_told_and_comes_back(tmp_path: Path, visit: Open) -> None:
    file = tmp_path / "fleet.db"
    engine = open_engine(f"sqlite:///{file}")
    fleet.fill(engine, 60, now=datetime.now(UTC))
    with running(f"sqlite:///{file}") as served:
        window = visit(served).open("/companies")
        window.sees("60 companies")
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE verdicts RENAME TO elsewhere")
        window.open("/companies").sees("The database cannot be read")
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO verdicts")
        window.press("Try again").sees("60 companies")
        window.page.close()
        assert served.interrupt()[0] == 0
    engine.dispose()


@pytest.mark.parametrize("width", [1440, 1024, 900, 420])
def test_the_counts_of_the_overview_can_be_read_at_every_width(
    dashboard: Running, visit: Open, width: int
) -> None:
    rows = visit(dashboard, width=width).open().page.locator("[class*=st-key-bars-verdicts]")
    expect(rows.get_by_text("83.7 %")).to_be_visible()
    label = rows.get_by_test_id("stPageLink").filter(has_text="Failing").bounding_box(timeout=5000)
    assert label is not None
    assert label["height"] < 50, "a line for each letter"
    cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.innerText)"
    assert rows.get_by_test_id("stMarkdown").evaluate_all(cut) == []


@pytest.mark.parametrize("width", [1440, 1024, 420])
def test_what_was_chosen_can_be_read_at_every_width(dashboard: Running, visit: Open, width: int) -> None:
    window = visit(dashboard, width=width).open("/companies?verdict=failure&verdict=warning&sort=checked")
    cut = "found => found.scrollWidth > found.clientWidth"
    assert not window.sees("Failing").evaluate(cut)
    assert not window.page.get_by_test_id("stMultiSelectTagsContainer").first.evaluate(cut)
    assert not window.page.get_by_role("combobox", name="Sort").evaluate(cut)


CONTRAST = """
element => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let ground = [255, 255, 255], strength = 1;
  for (let each = element; each; each = each.parentElement) strength *= getComputedStyle(each).opacity;
  for (let each = element; each; each = each.parentElement) {
    const color = numbers(getComputedStyle(each).backgroundColor);
    if (color.length < 4) { ground = color; break; }
  }
  const ink = numbers(getComputedStyle(element).color).slice(0, 3);
  const seen = ink.map((v, i) => v * strength + ground[i] * (1 - strength));
  const [low, high] = [light(seen), light(ground)].sort((one, other) => one - other);
  return (high + 0.05) / (low + 0.05);
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_print_has_the_contrast_that_wcag_wants_of_it(
    dashboard: Running, visit: Open, scheme: str
) -> None:
    window = visit(dashboard, scheme=scheme).open()
    assert window.sees("Last scan finished").evaluate(CONTRAST) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("width", [1440, 420])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_every_view(
    dashboard: Running, empty_dashboard: Running, visit: Open, pictures: Path, scheme: str, width: int
) -> None:
    views = {
        "overview": (dashboard, "/", "Failing by cause"),
        "companies": (dashboard, "/companies", "240 companies"),
        "company": (dashboard, f"/companies?company={NUMBERS['Garage Peeters']}", "Records as published"),
        "not-found": (dashboard, "/companies?q=nobody", "No company matches"),
        "empty": (empty_dashboard, "/", "No companies yet"),
    }
    for name, (served, path, text) in views.items():
        window = visit(served, scheme=scheme, width=width).open(path)
        window.sees(text)
        window.picture(pictures / f"{name}-{scheme}-{width}.png")
