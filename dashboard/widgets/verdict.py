"""The verdict: its badge, and the card that says it in a sentence with the one next step."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.actions import moments
from dashboard.actions.explain import Explanation
from dashboard.actions.wording import Word
from dashboard.widgets import evidence
from dashboard.widgets.text import md
from data.verdicts import StoredVerdict


def badge(word: Word, label: str = "") -> str:
    """Markdown for a badge: icon, word and colour."""
    return f":{word.color}-badge[:material/{word.icon}: {md(label or word.label)}]"


def card(word: Word, explanation: Explanation) -> None:
    """What is the matter, the evidence, and what to do."""
    with st.container(border=True):
        sign = f":{word.color}[:material/{word.icon}:]"
        st.subheader(f"{sign} {md(explanation.sentence)}", anchor=False)
        st.markdown(md(explanation.meaning))
        if explanation.finding:
            evidence.show(explanation.finding)
        st.markdown(f":material/arrow_forward: **Next step:** {md(explanation.next_step)}")
        if explanation.finding:
            evidence.source(explanation.finding)


def times(word: Word, stored: StoredVerdict, now: datetime) -> None:
    """Since when, and how fresh the facts are."""
    told = [
        f"**{word.label}** since {moments.both(stored.since, now)}",
        f"Checked {moments.both(stored.checked_at, now)}: the oldest answer that this stands on",
    ]
    if _later(stored.attempted_at, stored.checked_at):
        told.append(f"Last tried {moments.both(stored.attempted_at, now)}")
    st.caption("  \n".join(told))


def _later(one: datetime, other: datetime) -> bool:
    """To the minute, as moments are shown: every scan takes a second or two, which tells nobody anything."""
    return one > other and moments.exact(one) != moments.exact(other)
