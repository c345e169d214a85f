"""The DNS records that the verdict stands on, as published."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from checks.company import Diagnosis
from dashboard.actions import wording
from dashboard.actions.plain_text import block
from dashboard.widgets.text import md


def card(diagnosis: Diagnosis) -> None:
    """SPF, DMARC and MX."""
    policy = wording.DMARC.get(diagnosis.dmarc, "")
    provider = f", mail is taken by {md(diagnosis.provider)}" if diagnosis.provider else ""
    with st.container(border=True):
        st.subheader("Records as published", anchor=False)
        _records("SPF", [block(record) for record in diagnosis.spf_records])
        _records(f"DMARC, policy that applies: {policy}", [block(diagnosis.dmarc_record)])
        _records(f"MX{provider}", ["\n".join(map(block, diagnosis.mx_records))])


def _records(label: str, blocks: Sequence[str]) -> None:
    shown = [text for text in blocks if text]
    with st.container(gap="xxsmall"):
        st.caption(label if len(shown) < 2 else f"{label} ({len(shown)} records)")
        if not shown:
            st.markdown(":gray[No record known]")
        for text in shown:
            st.code(text, language=None, wrap_lines=True)
