"""Pages with nothing to show: what is the matter, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.widgets.text import md


def no_companies() -> None:
    """Nothing was imported."""
    with _card(":material/inbox:", "No companies yet"):
        st.markdown("Import a file (CSV or Excel) with one row for each company, then look at their domains:")
        st.code("python -m data import companies.csv\npython -m data scan", language=None)
        st.caption(
            "The columns `company_id` and `name` are needed; `email`, `email_validated_at`, `sending_method` "
            "and `from_address` decide what is checked. The README lists all of them."
        )


def never_scanned(companies: int) -> None:
    """Imported, and nobody has looked."""
    with _card(":material/radar:", "Not checked yet"):
        subject = "The company is" if companies == 1 else f"{companies:,} companies are"
        st.markdown(f"{subject} imported, and nothing is known of their domains. Run the first scan:")
        st.code("python -m data scan", language=None)


def nobody_at_risk() -> None:
    """No login at Microsoft 365 with a password."""
    with _card(":material/check_circle:", "No login is at risk"):
        st.markdown("No company in the last import logs in at Microsoft 365 with a password.")


def nothing_found(reset: Callable[[], None]) -> None:
    """The search and the filters leave nothing."""
    with _card(":material/search_off:", "No company matches"):
        st.markdown(
            "Search looks at name, number, e-mail address and domain. Every word must be in one of them."
        )
        st.button("Reset search and filters", icon=":material/restart_alt:", on_click=reset, key="reset")


def no_such_company(company_id: str, back: Callable[[], None]) -> None:
    """A link to a company that is not there."""
    st.title("Companies", anchor=False)
    with _card(":material/domain_disabled:", "No such company"):
        st.markdown(f"No company has the number **{md(company_id)}**. It may come from another database.")
        st.button("All companies", icon=":material/arrow_back:", on_click=back, key="all")


def database_away(what: str) -> None:
    """What is known cannot be read."""
    with _card(":material/database_off:", "The database cannot be read"):
        st.markdown(md(what))
        st.markdown("Nothing is lost by this. Once the database is there again, try again.")
        st.button("Try again", icon=":material/refresh:", key="try_again")


def _card(icon: str, title: str) -> st.delta_generator.DeltaGenerator:
    card = st.container(border=True, horizontal_alignment="left")
    card.subheader(f"{icon} {title}", anchor=False)
    return card
