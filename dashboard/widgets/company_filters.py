"""Search, filters and order of the list, with the page's address as their memory."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from checks.company import SendingMethod
from dashboard import urlstate
from dashboard.actions import company_link, explain, wording
from dashboard.widgets.text import md
from data.companies_search import VERDICTS, Filter, Order, Problem

PARAMETERS = ("q", "verdict", "problem", "method", "cause", "gone", "sort", "page")


def chosen() -> Filter:
    """The filter that the address asks for; what it holds besides is left out."""
    return Filter(
        text=urlstate.text("q"),
        problems=urlstate.many("problem", Problem),
        verdicts=urlstate.many("verdict", company_link.verdict),
        methods=urlstate.many("method", SendingMethod),
        causes=urlstate.many("cause", str)[:20],
        present_only=urlstate.text("gone") == company_link.HIDE_GONE,
    )


def order() -> Order:
    return urlstate.one("sort", Order, Order.WORST)


def show(filter: Filter) -> None:
    """The widgets; each change is one step in the browser's history."""
    # Where that does not fit, in two rows: what was chosen can be read.
    with st.grid(4, min_column_width=220):
        _choices(filter)
    _problems(filter)
    _causes(filter)


def _choices(filter: Filter) -> None:
    st.text_input(
        "Search",
        placeholder="Name, number, e-mail or domain",
        icon=":material/search:",
        max_chars=200,
        **urlstate.bind("q", filter.text, ""),
    )
    st.multiselect(
        "Verdict",
        VERDICTS,
        format_func=lambda word: wording.VERDICTS[word].label,
        placeholder="Any",
        wrap=True,
        **urlstate.bind("verdict", list(filter.verdicts), []),
    )
    st.multiselect(
        "Sends with",
        tuple(SendingMethod),
        format_func=wording.METHODS.__getitem__,
        placeholder="Any",
        wrap=True,
        **urlstate.bind("method", list(filter.methods), []),
    )
    st.selectbox(
        "Sort",
        tuple(Order),
        format_func=wording.ORDERS.__getitem__,
        **urlstate.bind("sort", order(), Order.WORST),
    )


def reset() -> None:
    """Everything again."""
    urlstate.go(**dict.fromkeys(PARAMETERS))


def is_narrowed(filter: Filter) -> bool:
    """Whether anything but the gone companies is left out."""
    return replace(filter, present_only=False) != Filter()


def is_about_logins(filter: Filter) -> bool:
    """Whether the list is of companies with a server of their own."""
    return filter.methods == (SendingMethod.OWN_SERVER,) or any(p.facet == "smtp" for p in filter.problems)


def _problems(filter: Filter) -> None:
    st.pills(
        "Show only",
        tuple(Problem),
        format_func=wording.PROBLEMS.__getitem__,
        selection_mode="multi",
        label_visibility="collapsed",
        **urlstate.bind("problem", list(filter.problems), []),
    )


def hide_gone(filter: Filter) -> None:
    """Whether companies are listed that the last import no longer named."""
    key = urlstate.bind("gone", filter.present_only, False)["key"]
    st.toggle(
        "Hide gone",
        help="Companies that the last import no longer named",
        width="content",
        key=key,
        on_change=_hide_gone,
    )


def _hide_gone() -> None:
    urlstate.go(gone=company_link.HIDE_GONE if st.session_state["url_gone"] else None, page=None)


def _causes(filter: Filter) -> None:
    if not filter.causes:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for code in filter.causes:
            st.markdown(f":blue-badge[Cause: {md(explain.general_title(code))}]", width="content")
        st.button(
            "Any cause",
            icon=":material/close:",
            type="tertiary",
            key="any_cause",
            on_click=urlstate.go,
            kwargs={"cause": None, "page": None},
        )
