"""One window on the dashboard: where it goes, what it asks for, what its console complains of."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

ROW = 35
"""Pixels of a row of the grid, and of its head: it is painted on a canvas."""
HARMLESS = (
    # A page with a path of its own looks for the server below that path first, then above.
    re.compile(r"/(companies|microsoft-365)/_stcore/(health|host-config)"),
)


class Visit:
    """A window and what happened in it."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str = "/") -> Visit:
        self.page.goto(self.home + path)
        return self.settled()

    def settled(self) -> Visit:
        """Wait until the script behind the page has run."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        return self

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        """Wait for the text in the main part of the page."""
        found = self.page.get_by_test_id("stMain").get_by_text(text).first
        expect(found).to_be_visible(timeout=15_000)
        return found

    def click(self, text: str) -> Visit:
        self.sees(text).click()
        return self.settled()

    def press(self, name: str) -> Visit:
        """Press the button of this name in the main part of the page."""
        self.page.get_by_test_id("stMain").get_by_role("button", name=name).first.click()
        return self.settled()

    def click_row(self, number: int) -> Visit:
        """Click in the row of this number, counting from 0."""
        grid = self.page.get_by_test_id("stDataFrame").first
        grid.locator("canvas").first.wait_for()
        grid.scroll_into_view_if_needed()
        box = grid.bounding_box()
        assert box is not None
        y = box["y"] + ROW * (number + 1) + ROW / 2
        self.page.mouse.move(box["x"] + 170, y)
        self.page.wait_for_timeout(300)  # a click straight after a run is swallowed
        self.page.mouse.click(box["x"] + 200, y, delay=40)
        return self

    def back(self) -> Visit:
        self.page.go_back()
        return self.settled()

    def parameters(self) -> dict[str, list[str]]:
        """What the address holds."""
        return parse_qs(urlsplit(self.page.url).query)

    def picture(self, path: Path) -> None:
        """The whole page, however long, in its own window's width."""
        size = self.page.viewport_size
        block = self.page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert size is not None
        assert block is not None
        height = int(min(max(size["height"], block["height"]), 2600))
        self.page.set_viewport_size({"width": size["width"], "height": height})
        self.page.wait_for_timeout(800)
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.foreign.append(url)

    def _said(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type in ("error", "warning") and not any(known.search(where) for known in HARMLESS):
            self.complaints.append(f"{message.text} ({where})")
