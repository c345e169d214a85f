"""The login at a company's own server: how it stands, why, what to do, and what was entered beside what was found."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from checks.model import Finding, Topic
from checks.smtp import login_rules, words
from checks.smtp.discover import Found
from checks.smtp.standing import Standing
from dashboard.actions import explain, login_words, moments, wording
from dashboard.actions.plain_text import one_line
from dashboard.widgets import evidence, labelled, look_now
from dashboard.widgets.text import md
from dashboard.widgets.verdict import badge
from data.companies_search import Profile
from data.logins import StoredLogin
from data.verdicts import StoredVerdict


def card(profile: Profile, stored: StoredVerdict | None, login: StoredLogin | None, now: datetime) -> None:
    """Everything that is known of it; for a company that nobody has tried too. Never a password."""
    state = login_words.state(profile, login)
    with st.container(border=True):
        st.subheader("Login at the company's own server", anchor=False)
        st.markdown(f"{badge(wording.LOGINS[state])} {wording.LOGINS_EXPLAINED[state]}")
        if untried := login_words.untried(profile, login):
            st.markdown(f":material/info: {md(untried)}")
        if told := login_words.times(login, now):
            st.caption("  \n".join(told))
        look_now.button(profile.id, stored, login_words.budget(profile, login))
        if login:
            _why(profile, login, stored.diagnosis.cause if stored else "")
        _servers(profile, login, now)


def tells(finding: Finding) -> bool:
    """Whether the card says what this finding says."""
    about_login = explain.rule_of(finding.rule).topic is Topic.SMTP
    return about_login and finding.rule != login_rules.BASIC_AUTH_ENDS.code


def _why(profile: Profile, login: StoredLogin, verdict_cause: str) -> None:
    """Cause, step and evidence, where they are of these settings; the dialogue of the last try in any case."""
    standing = login_words.current(login)
    if standing and standing.cause and standing.cause == verdict_cause:
        st.markdown(":material/arrow_upward: Why, what was said and what to do stand at the top of the page.")
    elif standing:
        _cause(standing, profile.smtp_host)
    if login.dialogue:
        with st.expander("Who said what in the last try"):
            st.code(login_words.dialogue(login.dialogue), language=None, wrap_lines=True)
            st.caption("User name and password are hidden, also where the server repeats them.")


def _cause(standing: Standing, host: str) -> None:
    sentence, step = login_words.cause(standing, host)
    if sentence:
        st.markdown(f"**{md(sentence)}**")
        st.markdown(f":material/arrow_forward: **What to do:** {md(step)}")
    if said := login_words.said(standing):
        whose = f" ({md(standing.provider)})" if standing.provider else ""
        evidence.code(f"What was said{whose}", said)
    if standing.cause:
        st.caption(f"{md(standing.cause)} · {md(explain.rule_of(standing.cause).source)}")


def _servers(profile: Profile, login: StoredLogin | None, now: datetime) -> None:
    found = login.found if login else None
    entered, other = st.columns(2)
    with entered:
        st.markdown("**Entered**")
        labelled.lines(_entered(profile))
    with other:
        st.markdown("**Found for the address**")
        if found is None:
            st.markdown(":gray[Nobody has looked for it yet.]")
            return
        compared = login_words.compare(profile, found.discovery, login_words.current(login))
        if compared.found:
            labelled.lines(_found(compared.found))
        elif found.complete:
            st.markdown(":gray[None was found.]")
        for note in compared.notes:
            st.markdown(md(note))
    more = f" {wording.counted(compared.others, 'other', 'others')} found besides." if compared.others else ""
    st.markdown(f":material/compare_arrows: {md(compared.meaning)}{more}")
    st.caption(f"Looked for {moments.both(moments.of(found.at), now)}. No password is sent for that.")


def _entered(profile: Profile) -> list[tuple[str, str]]:
    return [
        ("Server", profile.smtp_host or "not filled in"),
        ("Port and encryption", _port(profile.smtp_port, profile.smtp_security)),
        ("User name", profile.smtp_username or "not filled in"),
        ("Password", wording.STORED if profile.has_password else "none stored"),
    ]


def _port(port: int | None, security: str) -> str:
    said = [str(port or ""), wording.SECURITIES.get(security, security)]
    return ", ".join(filter(None, said)) or "not filled in"


def _found(one: Found) -> list[tuple[str, str]]:
    return [
        ("Server", one.server.host),
        ("Port and encryption", _port(one.server.port, one.server.security)),
        ("User name", one.username or "one that the provider gives"),
        ("Opened by", words.OPENS[one.secret]),
        ("How sure", f"{wording.CONFIDENCES[one.confidence]}: {words.FROM[one.source]}"),
        ("Looked at", _answered(one)),
    ]


def _answered(one: Found) -> str:
    """Empty where nobody looked: a provider's own servers are known without."""
    if one.answered is None:
        return ""
    return "answers, encrypted" if one.answered else one_line(explain.title(one.cause, one.server.host))
