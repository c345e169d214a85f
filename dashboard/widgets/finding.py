"""One finding: its sentence, the evidence, the fix and the source."""

from __future__ import annotations

import streamlit as st

from checks.model import Finding, Severity
from dashboard.actions import explain, wording
from dashboard.widgets import evidence
from dashboard.widgets.text import md
from dashboard.widgets.verdict import badge


def card(finding: Finding) -> None:
    """The finding in a card of its own."""
    rule = explain.rule_of(finding.rule)
    with st.container(border=True):
        st.markdown(f"{badge(wording.FINDINGS[finding.severity])} :gray-badge[{wording.TOPICS[rule.topic]}]")
        st.markdown(f"**{md(explain.title(finding.rule, finding.about))}**  \n{md(rule.meaning)}")
        evidence.show(finding)
        if finding.severity is not Severity.OK:
            st.markdown(f":material/build: {md(rule.fix)}")
        evidence.source(finding)
