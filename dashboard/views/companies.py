"""The list of companies, or the one that the address names."""

from __future__ import annotations

import streamlit as st

from dashboard import session, urlstate
from dashboard.actions.wording import counted
from dashboard.views import company
from dashboard.widgets import company_filters, states
from dashboard.widgets.company_grid import grid
from data import companies_search


def show() -> None:
    """The filtered list, fifty rows at a time."""
    filter, order = company_filters.chosen(), company_filters.order()
    with session.reading() as database:
        page = companies_search.search(database, filter, order, urlstate.one("page", int, 1))
    st.title("Companies", anchor=False)
    if not page.total and not company_filters.is_narrowed(filter):
        states.no_companies()
        return
    company_filters.show(filter)
    if not page.total:
        states.nothing_found(company_filters.reset)
        return
    _pager(page, filter)
    grid(page, logins_first=company_filters.is_about_logins(filter))


def _pager(page: companies_search.Page, filter: companies_search.Filter) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{counted(page.total, 'company', 'companies')} · click a row to open it", width="content")
        company_filters.hide_gone(filter)
        if page.count > 1:
            st.pagination(page.count, **urlstate.bind(urlstate.PAGE, page.number, 1))


if company_id := urlstate.text("company"):
    company.show(company_id)
else:
    show()
