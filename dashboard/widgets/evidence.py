"""What was expected and what was found, and by which standard: as published, never read as Markdown."""

from __future__ import annotations

import streamlit as st

from checks.model import Finding
from dashboard.actions import explain
from dashboard.actions.plain_text import block
from dashboard.widgets.text import md


def show(finding: Finding) -> None:
    """Each piece of evidence, expected beside found."""
    for each in finding.evidence:
        expected, found = st.columns(2)
        with expected:
            code("Expected", each.expected)
        with found:
            code("Found", each.found)


def source(finding: Finding) -> None:
    """The rule's code and where it comes from."""
    rule = explain.rule_of(finding.rule)
    st.caption(f"{md(finding.rule)}{' · ' if rule.source else ''}{md(rule.source)}")


def code(label: str, text: str) -> None:
    """One text under its label."""
    with st.container(gap="xxsmall"):
        st.caption(label)
        st.code(block(text) or "(nothing)", language=None, wrap_lines=True)
