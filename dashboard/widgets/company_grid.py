"""The table of companies: fifty rows, and a click anywhere in one opens the company."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard import urlstate
from dashboard.actions import wording
from dashboard.actions.company_table import COLUMNS, LOGINS_FIRST, table
from dashboard.actions.wording import Word
from data.companies_search import Page

KEY = "companies"


def grid(page: Page, *, logins_first: bool = False) -> None:
    """The rows of this page. `logins_first`: the columns about logins stand in front."""
    column = st.column_config
    st.dataframe(
        table(page.rows),
        key=KEY,
        on_select=lambda: _open(page),
        selection_mode="single-cell",
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Companies; choose a cell to open its company",
        column_order=LOGINS_FIRST if logins_first else COLUMNS,
        column_config={
            "Verdict": pills(wording.VERDICTS.values(), width=125, pinned=True),
            "Company": column.TextColumn(width=165),
            "Cause": column.TextColumn(width=325, help="The worst of what matters for the company's method"),
            "Domain": column.TextColumn(width=165),
            "E-mail": pills(wording.ADDRESS.values(), width=125),
            "SPF": column.TextColumn(width=105, help="Whether our mail passes, whatever the method"),
            "Number": column.TextColumn(width=80),
            "DMARC": column.TextColumn(width=100, help="The policy that applies to the From address"),
            "Login": pills(wording.LOGINS.values(), width=105, help="At the company's own server"),
            "Login since": column.DatetimeColumn(format="distance", width=120),
            "Sends with": column.TextColumn(width=130),
            "Checked": column.DatetimeColumn(format="distance", width=120),
        },
    )


def pills(
    words: Iterable[Word], *, width: int, pinned: bool = False, help: str | None = None
) -> ColumnConfig:
    """A column of coloured words."""
    color_of = {word.signed: word.color for word in words}
    return st.column_config.MultiselectColumn(
        options=list(color_of), color=list(color_of.values()), width=width, pinned=pinned, help=help
    )


def _open(page: Page) -> None:
    """Before the next run, so that the address changes once and Back comes back here."""
    cells = st.session_state[KEY]["selection"]["cells"]
    if cells:
        urlstate.go(company=page.rows[cells[0][0]].id)
