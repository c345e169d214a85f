"""The one file that caches. Who asks is always a parameter, so nobody is shown what was made for another."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data import scans, statistics
from data.engine import open_engine

FRESH_SECONDS = 20
"""How old the numbers of the fleet may be."""


@dataclass(frozen=True)
class Fleet:
    """What the overview tells."""

    numbers: statistics.Overview
    scan: scans.Scan | None


@st.cache_resource(show_spinner=False, max_entries=4)
def engine(database: str) -> Engine:
    """One engine for each database, for all visitors."""
    return open_engine(database)


@st.cache_data(show_spinner=False, ttl=FRESH_SECONDS, max_entries=100)
def fleet(asker: str, database: str) -> Fleet:
    """The numbers, as this asker may see them."""
    with Session(engine(database)) as session:
        return Fleet(statistics.overview(session), scans.latest(session))


def forget() -> None:
    """Begin anew: the engine too, whose database may have gone away."""
    engine.clear()
    fleet.clear()
