"""The DNS records that the verdict stands on, as published."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from checks.company import Diagnosis, DmarcState, SpfState
from dashboard.actions import wording
from dashboard.actions.plain_text import block
from dashboard.widgets.text import md

NONE_PUBLISHED = "No record is published."
NOT_LOOKED_UP = "Not known: the look-up failed."
NOT_KNOWN = "No record is known."


def card(diagnosis: Diagnosis) -> None:
    """SPF, DMARC and MX."""
    policy = wording.DMARC.get(diagnosis.dmarc, "")
    provider = f", mail is taken by {md(diagnosis.provider)}" if diagnosis.provider else ""
    with st.container(border=True):
        st.subheader("Records as published", anchor=False)
        _records("SPF", [block(record) for record in diagnosis.spf_records], _why_no_spf(diagnosis))
        dmarc = [block(diagnosis.dmarc_record)]
        _records(f"DMARC, policy that applies: {policy}", dmarc, _why_no_dmarc(diagnosis))
        _records(f"MX{provider}", ["\n".join(map(block, diagnosis.mx_records))], NOT_KNOWN)


def _why_no_spf(diagnosis: Diagnosis) -> str:
    if any(sender.result == "none" for sender in diagnosis.senders):
        return NONE_PUBLISHED
    return NOT_LOOKED_UP if diagnosis.spf is SpfState.UNKNOWN else NOT_KNOWN


def _why_no_dmarc(diagnosis: Diagnosis) -> str:
    known = {DmarcState.ABSENT: NONE_PUBLISHED, DmarcState.UNKNOWN: NOT_LOOKED_UP}
    return known.get(diagnosis.dmarc, NOT_KNOWN)


def _records(label: str, blocks: Sequence[str], otherwise: str) -> None:
    shown = [text for text in blocks if text]
    with st.container(gap="xxsmall"):
        st.caption(label if len(shown) < 2 else f"{label} ({len(shown)} records)")
        if not shown:
            st.markdown(f":gray[{otherwise}]")
        for text in shown:
            st.code(text, language=None, wrap_lines=True)
