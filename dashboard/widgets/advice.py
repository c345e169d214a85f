"""The record to publish, what it changes and for whom, and what large receivers make of the mail."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from checks.dmarc.receivers import WHY
from checks.report import Report
from checks.spf.advice import Advice, ChangeKind, Standing
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
        for sentence, who, losers in advise.sentences(advice):
            st.markdown(f":orange[:material/help:] {md(sentence)}")
            if losers:
                st.caption(f"{md(who[:1].upper() + who[1:])}: the senders that these terms authorise")
                st.code("\n".join(map(one_line, losers)), language=None, wrap_lines=True)
        _alternatives(advice)


def _record(advice: Advice) -> None:
    st.markdown(
        f"One TXT record at **{md(advice.domain)}**, in place of every SPF record that stands there now:"
    )
    st.code(block(advice.record), language=None, wrap_lines=True)
    if (
        len(advice.strings) > 1
    ):  # quotes only where they are needed: pasted into a panel they break the record
        st.caption("Longer than one string of 255 octets. Where a zone file is written by hand:")
        st.code(block(advise.as_published(advice)), language=None, wrap_lines=True)
    st.caption(
        f"Tried before it is shown: our mail then passes from each of our addresses. {md(advise.size(advice))}"
    )
    if any(change.kind is not ChangeKind.KEPT for change in advice.changes):
        with st.expander("What changes, term by term"):
            st.code(advise.difference(advice), language="diff", wrap_lines=True)


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
                "What is missing": one_line(advise.missing(one)),
            }
            for one in report.expectations
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
        st.caption(
            "By the published rules for personal accounts; delivered directly, since forwarding breaks SPF."
        )
