"""Numbers in tiles, and counts as rows that lead to the companies they count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.actions.wording import Word, percent

STYLE = Path(__file__).parent.parent / "assets/bars.css"
LIST = "views/companies.py"
Params = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: what it counts, the number, and what it is made of."""

    label: str
    icon: str
    value: str
    detail: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One count of a whole, and the parameters of the list that holds what it counts. `label`: Markdown."""

    label: str
    count: int
    link: Params


def tiles(row: Sequence[Tile]) -> None:
    """A row of numbers."""
    with st.grid(len(row), min_column_width=190):
        for tile in row:
            st.metric(
                tile.label,
                tile.value,
                tile.detail or None,
                delta_color="off",
                delta_arrow="off",
                icon=f":material/{tile.icon}:",
                help=tile.help or None,
                border=True,
                height="stretch",
            )


def bars(key: str, rows: Sequence[Bar], whole: int) -> None:
    """A row for each count: a link, its share as a bar, and the number."""
    st.html(STYLE)
    with st.container(key=f"bars-{key}", gap="xsmall"):
        for bar in rows:
            _bar(bar, whole)


def _bar(bar: Bar, whole: int) -> None:
    fraction = bar.count / whole if whole else 0.0
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.page_link(LIST, label=bar.label, query_params=bar.link, width="stretch")
        st.progress(fraction, width=120)
        st.markdown(f"**{bar.count:,}** :gray[{percent(fraction)}]", width=110, text_alignment="right")


def icon_of(word: Word) -> str:
    """Markdown for a verdict's icon in its colour."""
    return f":{word.color}[:material/{word.icon}:]"
