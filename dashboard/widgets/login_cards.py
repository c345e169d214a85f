"""The cards of the overview about logins at the companies' own servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from checks.smtp import login_rules
from checks.smtp.judge import MICROSOFT_365
from dashboard.actions import at_risk, company_link, explain, moments, wording
from dashboard.actions.plain_text import one_line
from dashboard.widgets.text import md
from dashboard.widgets.tiles import Bar, bars, icon_of
from data.logins import AtRisk, Unmatched
from data.statistics import Overview

AT_RISK = "views/microsoft_365.py"


def by_state(numbers: Overview) -> None:
    """Companies with a server of their own, by how the login there stands; each row leads to its companies."""
    counts = numbers.logins()
    with st.container(border=True, height="stretch"):
        st.subheader("Logins at own servers", anchor=False)
        own = wording.counted(counts.total(), "company", "companies")
        st.caption(f"Of {own} with a server of their own")
        rows = [
            Bar(f"{icon_of(word)} {word.label.capitalize()}", counts[state], company_link.of_login(state))
            for state, word in wording.LOGINS.items()
        ]
        bars("logins", rows, counts.total())


def december(found: Sequence[AtRisk]) -> None:
    """How many logins end with the year, and the way to them."""
    with st.container(border=True, height="stretch"):
        st.subheader("Microsoft 365 logins at risk in December 2026", anchor=False)
        if not found:
            st.markdown(
                ":green[:material/check_circle:] No company logs in at Microsoft 365 with a password."
            )
            return
        companies = wording.counted(len(found), "company logs in", "companies log in")
        working = wording.counted(at_risk.works(found), "login works", "logins work")
        st.markdown(
            f":orange[:material/event_busy:] **{companies}** at Microsoft 365 with a password."
            f" **{working}** today."
        )
        st.markdown(md(explain.title(login_rules.BASIC_AUTH_ENDS.code, MICROSOFT_365)))
        st.page_link(AT_RISK, label="What ends, what to do, and for whom", icon=":material/arrow_forward:")


def unmatched(found: Sequence[Unmatched], now: datetime) -> None:
    """For engineers: answers that `replies.toml` does not know, the most frequent first. Nothing where none are."""
    if not found:
        return
    with st.expander(f"Answers of mail servers that the table does not know yet ({len(found)})"):
        st.dataframe(
            pd.DataFrame([_row(one, now) for one in found]),
            hide_index=True,
            column_config={"Heard": st.column_config.NumberColumn(format="localized", width=70)},
            alt="Unknown answers of mail servers, the most frequent first",
        )
        st.caption(
            "Most frequent first, with user names and passwords hidden. CONTRIBUTING says how an answer is added to "
            "`checks/smtp/replies.toml`."
        )


def _row(one: Unmatched, now: datetime) -> dict[str, object]:
    codes = f"{one.code or ''} {one.enhanced_code}".strip()
    return {
        "Heard": one.count,
        "Provider": one_line(one.provider),
        "Code": codes,
        "What was said": one_line(one.text, 400),
        "Last": moments.ago(moments.of(one.last_at), now),
    }
