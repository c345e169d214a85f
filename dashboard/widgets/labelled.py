"""Values under their labels: as typed or as found, never read as Markdown, and copied as they are."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard.actions.plain_text import one_line


def lines(pairs: Iterable[tuple[str, str]]) -> None:
    """One label and value after the other; those without a value are left out."""
    for label, value in pairs:
        if value:
            with st.container(gap=None):
                st.caption(label)
                st.text(one_line(value))
