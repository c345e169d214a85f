"""SPF from each address that the platform sends from: the result, and which term of whose record decided it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from checks.company import SenderOutcome
from dashboard.actions import wording
from dashboard.actions.plain_text import one_line
from dashboard.widgets import evidence
from dashboard.widgets.text import md


def table(senders: Sequence[SenderOutcome]) -> None:
    """One row for each sending address; columns in which nothing stands are left out. Then what broke, if any."""
    asked = dict.fromkeys(sender.envelope for sender in senders)
    st.caption(f"The record asked is that of {', '.join(map(md, asked))}, the domain of the envelope sender.")
    frame = pd.DataFrame([_row(sender) for sender in senders])
    st.dataframe(
        frame.loc[:, (frame != "").any()],
        hide_index=True,
        column_config={
            "Terms": st.column_config.TextColumn(
                help="Look-ups that count, 10 at most (RFC 7208 4.6.4)", width=55
            ),
            "Voids": st.column_config.TextColumn(help="Look-ups that found nothing, 2 at most", width=55),
            "Result": st.column_config.TextColumn(width=95),
        },
        alt="SPF result for each of the platform's sending addresses",
    )
    for problem, addresses in _broken(senders).items():
        evidence.code(f"What broke, from {' and '.join(map(md, addresses))}", problem)


def _row(sender: SenderOutcome) -> dict[str, str]:
    return {
        "Our address": one_line(sender.address),
        "Result": wording.RESULTS.get(sender.result, one_line(sender.result)),
        "Decided by": one_line(sender.matched_term),
        "In the record of": one_line(_elsewhere(sender)),
        "Terms": str(sender.terms),
        "Voids": str(sender.voids),
    }


def _elsewhere(sender: SenderOutcome) -> str:
    """Whose record decided, where it is not the one asked: that is told above the table, which has little room."""
    return "" if sender.matched_name == sender.envelope else sender.matched_name


def _broken(senders: Sequence[SenderOutcome]) -> dict[str, list[str]]:
    """Each problem with the addresses that met it."""
    met: dict[str, list[str]] = {}
    for sender in senders:
        if sender.problem:
            met.setdefault(sender.problem, []).append(sender.address)
    return met
