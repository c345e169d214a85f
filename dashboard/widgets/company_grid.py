"""The table of companies: fifty rows, and a click anywhere in one opens the company."""

from __future__ import annotations

import streamlit as st

from dashboard import urlstate
from dashboard.actions import wording
from dashboard.actions.company_table import table
from data.companies_search import Page

KEY = "companies"
_COLOR_OF = {word.signed: word.color for word in wording.VERDICTS.values()}


def grid(page: Page) -> None:
    """The rows of this page."""
    column = st.column_config
    st.dataframe(
        table(page.rows),
        key=KEY,
        on_select=lambda: _open(page),
        selection_mode="single-cell",
        hide_index=True,
        height="content",
        alt="Companies; choose a cell to open its company",
        column_config={
            "Verdict": column.MultiselectColumn(
                options=list(_COLOR_OF), color=list(_COLOR_OF.values()), width=125, pinned=True
            ),
            "Company": column.TextColumn(width=180),
            "Number": column.TextColumn(width=70),
            "Cause": column.TextColumn(width=260, help="The worst of what matters for the company's method"),
            "Domain": column.TextColumn(width=180),
            "Sends with": column.TextColumn(width=130),
            "E-mail": column.TextColumn(width=115),
            "SPF": column.TextColumn(width=100, help="Whether our mail passes, whatever the method"),
            "DMARC": column.TextColumn(width=100, help="The policy that applies to the From address"),
            "SMTP": column.TextColumn(width=100, help="The login at the company's own server"),
            "Checked": column.DatetimeColumn(format="distance", width=120),
        },
    )


def _open(page: Page) -> None:
    """Before the next run, so that the address changes once and Back comes back here."""
    cells = st.session_state[KEY]["selection"]["cells"]
    if cells:
        urlstate.go(company=page.rows[cells[0][0]].id)
