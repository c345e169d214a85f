"""The pages, run without a browser over a small stored fleet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data import scans
from data.engine import open_engine, writing
from tests.support import fleet

APP = Path(__file__).parent.parent.parent / "dashboard" / "app.py"
OPEN = Callable[..., AppTest]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, the one that the settings name."""
    url = f"sqlite:///{tmp_path}/fleet.db"
    monkeypatch.setenv("SENDWELL_DATABASE", url)
    monkeypatch.setenv("SENDWELL_DOMAIN", "platform.example")
    st.cache_data.clear()
    st.cache_resource.clear()
    return url


@pytest.fixture
def stored(database: str) -> str:
    """The database, with a fleet scanned just now."""
    fill(database)
    return database


@pytest.fixture
def overview(database: str) -> OPEN:
    return lambda: AppTest.from_file(str(APP), default_timeout=20).run()


@pytest.fixture
def companies(database: str) -> OPEN:
    """Opens the list, or a company, with these parameters in the address."""

    def open_list(**params: Any) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=20).run()
        at.switch_page("views/companies.py")
        for name, value in params.items():
            at.query_params[name] = value
        return at.run()

    return open_list


def fill(url: str, size: int = 130, *, scanned: bool = True) -> None:
    engine = open_engine(url)
    fleet.fill(engine, size, scanned=scanned, now=datetime.now(UTC))
    engine.dispose()


def begin_a_scan(url: str) -> None:
    """One more, which has looked at nothing yet."""
    engine = open_engine(url)
    with writing(engine) as session:
        scans.start(session, 130, datetime.now(UTC))
    engine.dispose()
    st.cache_data.clear()


def words(at: AppTest) -> str:
    """All text that the page shows outside of tables."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "code", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(at, kind))


def plain(text: str) -> str:
    """Escaped Markdown as it is read."""
    return text.replace("\\", "").replace("\u2060", "")
