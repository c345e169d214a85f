"""The one file that caches. Who asks is always a parameter, so nobody is shown what was made for another."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import Diagnosis
from data import logins, scans, statistics
from data.engine import open_engine
from data.logins import AtRisk, Unmatched

FRESH_SECONDS = 20
"""How old the numbers of the fleet may be."""
MOST_UNMATCHED = 50


@dataclass(frozen=True)
class Fleet:
    """What the overview tells. `own`: the platform's own domain as it was judged last."""

    numbers: statistics.Overview
    scan: scans.Scan | None
    own: Diagnosis | None


@st.cache_resource(show_spinner=False, max_entries=4)
def engine(database: str) -> Engine:
    """One engine for each database, for all visitors."""
    return open_engine(database)


@st.cache_data(show_spinner=False, ttl=FRESH_SECONDS, max_entries=100)
def fleet(asker: str, database: str) -> Fleet:
    """The numbers, as this asker may see them."""
    with Session(engine(database)) as session:
        return Fleet(statistics.overview(session), scans.latest(session), scans.own_domain(session))


@st.cache_data(show_spinner=False, ttl=FRESH_SECONDS, max_entries=10)
def at_risk(asker: str, database: str) -> tuple[AtRisk, ...]:
    """The companies whose password at Microsoft 365 ends in December 2026."""
    with Session(engine(database)) as session:
        return tuple(logins.at_risk(session))


@st.cache_data(show_spinner=False, ttl=FRESH_SECONDS, max_entries=10)
def unmatched(asker: str, database: str) -> tuple[Unmatched, ...]:
    """What mail servers said that the table of answers does not know, the most frequent first."""
    with Session(engine(database)) as session:
        return tuple(logins.unmatched(session, MOST_UNMATCHED))


def forget() -> None:
    """Begin anew: the engine too, whose database may have gone away."""
    engine.clear()
    for cached in (fleet, at_risk, unmatched):
        cached.clear()
