"""The button that looks at a company now: it tells while that goes on, then what is new."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.actions import check_now, wording
from dashboard.actions.check_now import Look, Outcome
from dashboard.widgets.text import md
from data.verdicts import StoredVerdict

_KEY = "look_now"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The look that this visitor follows. `verdict`: the word that the company had before it, empty for none."""

    company_id: str
    look: Look
    verdict: str


def button(company_id: str, stored: StoredVerdict | None, note: str) -> None:
    """The button with a note beside it, and below what goes on or what came of it."""
    verdict = stored.diagnosis.verdict.word if stored else ""
    asked = _asked(company_id, verdict)
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.button(
            "Check now",
            icon=":material/refresh:",
            key="check_now",
            on_click=_begin,
            args=(company_id, verdict),
            disabled=asked is not None and not asked.look.done(),
        )
        st.caption(md(note), width="stretch")
    if asked and asked.look.done():
        if not _has_a_later_one(asked.look.result(), stored):
            _show(asked.look.result(), asked.verdict)
    elif asked:
        _wait(asked.look)


def _has_a_later_one(outcome: Outcome, stored: StoredVerdict | None) -> bool:
    """Whether somebody has looked since: what came of this look would gainsay what the page shows now."""
    return stored is not None and stored.attempted_at.timestamp() > outcome.at


def _begin(company_id: str, verdict: str) -> None:
    st.session_state[_KEY] = _Asked(company_id, check_now.start(company_id), verdict)


def _asked(company_id: str, verdict: str) -> _Asked | None:
    """The look at this company that the visitor asked for, or that somebody else did and that goes on."""
    known: _Asked | None = st.session_state.get(_KEY)
    if known and known.company_id == company_id:
        return known
    if look := check_now.under_way(company_id):
        st.session_state[_KEY] = _Asked(company_id, look, verdict)
        return _Asked(company_id, look, verdict)
    return None


@st.fragment(run_every=1.0)
def _wait(look: Look) -> None:
    if look.done():
        st.rerun()  # the whole page: what it shows is read anew
    # Not in a `with`, at whose end it would be over.
    status = st.status("Looking at the company now: mostly some seconds, a minute at most", state="running")
    status.markdown("The look goes on if you leave the page, and what it finds is stored.")


def _show(outcome: Outcome, before: str) -> None:
    if outcome.error:
        st.warning("The look came to nothing.", icon=":material/warning:")
        st.code(outcome.error, language=None, wrap_lines=True)
        return
    st.info(" ".join(_news(outcome, before)), icon=":material/task_alt:")


def _news(outcome: Outcome, before: str) -> list[str]:
    """Markdown."""
    told = [_verdict(outcome.verdict, before)]
    if outcome.is_old:
        told.append("Not everything could be looked up now: what was known before stands.")
    if outcome.told_nothing:
        told.append("The login was tried, and the answer said nothing new.")
    elif outcome.tried:
        told.append(wording.LOGINS_TRIED.get(outcome.smtp, ""))
    return [*told, md(f"{outcome.refused}.")] if outcome.refused else told


def _verdict(now: str, before: str) -> str:
    if now == before or not before:
        still = " still" if before else ""
        return f"Looked at: the verdict is{still} **{_label(now)}**."
    return f"Looked at: the verdict was **{_label(before)}**, and is **{_label(now)}** now."


def _label(verdict: str) -> str:
    word = wording.VERDICTS.get(verdict)
    return md(word.label if word else verdict)
