"""The record to publish, what it changes and for whom, and what large receivers make of the mail."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from checks.dmarc.receivers import WHY
from checks.report import Report
from checks.spf.advice import Advice, Answered, ChangeKind, Standing
from dashboard.actions import advise
from dashboard.actions.plain_text import block, one_line
from dashboard.widgets.text import md


def card(report: Report) -> None:
    """What to publish; nothing where nothing is to be changed."""
    advice = report.advice
    if advice is None or advice.standing is Standing.NOTHING:
        return
    with st.container(border=True):
        st.subheader("What to publish", anchor=False)
        if advice.record:
            _record(advice)
        else:
            st.markdown(
                f":gray[:material/do_not_disturb_on:] {md(advice.standing[:1].upper() + advice.standing[1:])}."
            )
        for sentence, who, losers in advise.collisions(advice):
            st.markdown(f":orange[:material/warning:] {md(sentence)}")
            _losers(who, losers)
        for question, why, answer in advise.questions(advice):
            _question(question, why, answer)
        _alternatives(advice)


def _record(advice: Advice) -> None:
    st.markdown(
        f"One TXT record at **{md(advice.domain)}**, in place of every SPF record that stands there now:"
    )
    _to_publish(advice.record, advice.strings)
    st.caption(
        "Tried before it is shown: our mail then passes from each of our addresses. "
        f"{md(advise.size(advice.size))}"
    )
    if any(change.kind is not ChangeKind.KEPT for change in advice.changes):
        with st.expander("What changes, term by term"):
            st.code(advise.difference(advice), language="diff", wrap_lines=True)


def _to_publish(record: str, strings: Sequence[str]) -> None:
    """Quotes only where they are needed: pasted into a panel they break the record."""
    st.code(block(record), language=None, wrap_lines=True)
    if len(strings) > 1:
        st.caption("Longer than one string of 255 octets. Where a zone file is written by hand:")
        st.code(block(advise.as_published(strings)), language=None, wrap_lines=True)


def _question(question: str, why: str, answer: Answered | None) -> None:
    st.markdown(f":orange[:material/help:] **{md(question)}**" + (f"  \n{md(why)}" if why else ""))
    if answer is None:
        return
    st.markdown("If so, publish this record instead:")
    _to_publish(answer.record, answer.strings)
    st.caption(f"Tried as well. {md(advise.size(answer.size))}")
    _losers("who may lose", answer.losers)


def _losers(who: str, terms: Sequence[str]) -> None:
    if terms:
        st.caption(f"{md(who[:1].upper() + who[1:])}: the senders that these terms authorise")
        st.code("\n".join(map(one_line, terms)), language=None, wrap_lines=True)


def _alternatives(advice: Advice) -> None:
    found = advise.alternatives(advice)
    if not found:
        return
    with st.expander(f"Other ways ({len(found)}), each with its trade"):
        for sentence, record in found:
            st.markdown(md(sentence))
            if record:
                st.code(block(record), language=None, wrap_lines=True)


def receivers(report: Report) -> None:
    """What becomes of the mail, delivered directly."""
    if report.delivery is None:
        return
    with st.expander("What receivers make of our mail in this company's name"):
        fate = report.delivery
        st.markdown(f"A receiver that follows the standards: **{md(fate.fate)}**. {md(WHY[fate.why])}")
        rows = [
            {
                "Receiver": one.receiver.value,
                "Sender": "5,000 a day and more" if one.large else "smaller",
                "Our mail": one.fate.value,
                "What is missing": md(advise.missing(one)),
            }
            for one in report.expectations
        ]
        # Not a grid: its cells do not wrap, and what is missing is the longest of them.
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
        st.caption(
            "By the published rules for personal accounts; delivered directly, since forwarding breaks SPF."
        )
