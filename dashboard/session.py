"""Who asks, and the way to the database for the script that answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checks.platform import Platform
from dashboard import cache
from dashboard.widgets import states
from data.engine import DatabaseUnavailable

_KEY = "sendwell"

log = logging.getLogger("sendwell.dashboard")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. Nobody logs in yet: whoever reaches the port, which listens on this machine alone."""

    name: str = "local"


@dataclass(frozen=True, slots=True)
class Context:
    """What the entry script hands to the pages. `own_domain`: the platform's, or None when that is not checked.
    `platform`: what is needed to advise on records; None while its include or its addresses are not set."""

    asker: Asker
    database: str = field(repr=False)
    own_domain: str | None = None
    platform: Platform | None = None


def begin(context: Context) -> None:
    """Remember the context for this visitor's pages."""
    st.session_state[_KEY] = context


def current() -> Context:
    """The context of the visitor whose page runs."""
    context: Context = st.session_state[_KEY]
    return context


@contextmanager
def reading() -> Iterator[Session]:
    """A session to read with; what it could write is rolled back."""
    with Session(cache.engine(current().database)) as session:
        yield session


@contextmanager
def telling_failures() -> Iterator[None]:
    """Tell on the page when the database cannot be read, and begin anew with the next run."""
    try:
        yield
    except DatabaseUnavailable as error:
        states.database_away(str(error))
    except SQLAlchemyError as error:
        log.error("the database cannot be read: %s", type(error).__name__)
        cache.forget()
        states.database_away("The database did not answer as it should.")
