"""Chromium in front of the real dashboard over a seeded database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from data.engine import open_engine
from tests.browser.visit import Visit
from tests.support import fleet
from tests.support.dashboard_server import Running, running

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SCREENSHOTS = "SENDWELL_SCREENSHOTS"
"""The environment variable that names a directory for the pictures; without it they go with the test's files."""

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A fleet of 240 companies, scanned just now."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser')}/fleet.db"
    engine = open_engine(url)
    fleet.fill(engine, now=datetime.now(UTC))
    engine.dispose()
    with running(url, SENDWELL_DOMAIN="platform.example") as served:
        yield served


@pytest.fixture(scope="module")
def empty_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path_factory.mktemp('empty')}/fleet.db") as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"Chromium is not installed ({CHROMIUM})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Opens a fresh window on a dashboard; what it asked for and complained of is looked at in the end."""
    visits: list[Visit] = []

    def begin(served: Running, *, scheme: str = "light", width: int = 1440, height: int = 900) -> Visit:
        context = chromium.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height},
        )
        page: Page = context.new_page()
        visits.append(Visit(page, served.url))
        return visits[-1]

    yield begin
    for each in visits:
        each.page.context.close()
    assert [each.foreign for each in visits] == [[] for _ in visits], "something was fetched from elsewhere"
    assert [each.complaints for each in visits] == [[] for _ in visits], "the browser's console"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go."""
    named = os.environ.get(SCREENSHOTS)
    directory = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
