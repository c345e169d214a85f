"""Which companies log in at Microsoft 365 with a password, which Microsoft switches off in December 2026."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import cache, session, urlstate
from dashboard.actions import at_risk, wording
from dashboard.views import company
from dashboard.widgets import states
from dashboard.widgets.company_grid import pills
from dashboard.widgets.tiles import Tile, tiles
from data.logins import AtRisk

TITLE = "Microsoft 365 logins at risk in December 2026"
NAME = "Microsoft 365 logins"
PAGE_SIZE = 50
KEY = "at_risk"


def show() -> None:
    """How many, what ends and what to do, then who, fifty rows at a time."""
    context = session.current()
    found = cache.at_risk(context.asker.name, context.database)
    st.title(TITLE, anchor=False)
    if not found:
        states.nobody_at_risk()
    else:
        _numbers(found)
    _explanation()
    if found:
        _companies(found)


def _numbers(found: Sequence[AtRisk]) -> None:
    working = at_risk.works(found)
    tiles(
        (
            Tile("At risk", "event_busy", f"{len(found):,}", "log in there with a password"),
            Tile("Work today", "check_circle", f"{working:,}", "will fail unless something is done"),
            Tile("Others", "error", f"{len(found) - working:,}", "fail already, or are not known"),
        )
    )


def _explanation() -> None:
    ends, todo = st.columns(2)
    with ends.container(border=True, height="stretch"):
        st.subheader("What ends", anchor=False)
        st.markdown("\n".join(f"- {line}" for line in at_risk.WHAT_ENDS))
        st.caption(f"{at_risk.SOURCE}, as known in November 2026: Microsoft has moved the date before.")
    with todo.container(border=True, height="stretch"):
        st.subheader("What to do", anchor=False)
        st.markdown("\n".join(f"- {line}" for line in at_risk.WHAT_TO_DO))


def _companies(found: Sequence[AtRisk]) -> None:
    pages = -(-len(found) // PAGE_SIZE)
    number = min(max(1, urlstate.one(urlstate.PAGE, int, 1)), pages)
    rows = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        companies = wording.counted(len(found), "company", "companies")
        st.caption(f"{companies} · click a row to open it", width="content")
        st.download_button(
            "Download as CSV",
            lambda: at_risk.as_csv(found),
            at_risk.FILE_NAME,
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if pages > 1:
            st.pagination(pages, **urlstate.bind(urlstate.PAGE, number, 1))
    st.dataframe(
        at_risk.table(rows),
        key=KEY,
        on_select=lambda: _open(rows),
        selection_mode="single-cell",
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Companies at risk; choose a cell to open its company",
        column_config={
            "Login": pills(wording.LOGINS.values(), width=105),
            "Since": st.column_config.DatetimeColumn(
                format="distance", width=120, help="Since when the login is in that state"
            ),
        },
    )


def _open(rows: Sequence[AtRisk]) -> None:
    cells = st.session_state[KEY]["selection"]["cells"]
    if cells:
        urlstate.go(company=rows[cells[0][0]].id)


if company_id := urlstate.text("company"):
    company.show(company_id, NAME)
else:
    show()
