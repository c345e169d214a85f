"""One company: the verdict in a sentence with the next step, then everything it stands on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from checks.company import Diagnosis, SendingMethod
from checks.report import Report
from dashboard import cache, session, urlstate
from dashboard.actions import advise, explain, login_words, wording
from dashboard.actions.explain import Explanation
from dashboard.widgets import (
    advice,
    company_header,
    finding,
    fleet_cards,
    login_card,
    look_now,
    records,
    senders,
    states,
    verdict,
)
from data import companies_search, logins, verdicts
from data.logins import StoredLogin
from data.verdicts import StoredVerdict


def show(company_id: str, list_title: str = "Companies") -> None:
    """The company with this number. `list_title`: of the list that the way back leads to."""
    now = datetime.now(UTC)
    with session.reading() as database:
        profile = companies_search.get(database, company_id)
        stored = verdicts.get(database, company_id)
        login = logins.get(database, company_id, now.timestamp())
        full = advise.for_company(database, company_id, session.current().platform) if stored else None
    if profile is None:
        states.no_such_company(company_id, _back)
        return
    st.button(list_title, icon=":material/arrow_back:", type="tertiary", on_click=_back, key="back")
    word = wording.VERDICTS[stored.diagnosis.verdict.word if stored else companies_search.UNCHECKED]
    company_header.header(profile, word)
    verdict.card(word, _explained(stored, login))
    wide, narrow = st.columns([2, 1])
    with wide:
        if stored:
            verdict.times(word, stored, now)
        if profile.method is SendingMethod.OWN_SERVER:
            login_card.card(profile, stored, login, now)
        else:
            look_now.button(company_id, stored, "Looks up the DNS now, and judges anew.")
        if stored:
            if profile.method is SendingMethod.PLATFORM:
                context = session.current()
                fleet = cache.fleet(context.asker.name, context.database)
                fleet_cards.stands_on_ours(context.own_domain, fleet.own, now)
            _facts(stored.diagnosis, profile.method, full)
    with narrow:
        company_header.profile_card(profile, now)


def _explained(stored: StoredVerdict | None, login: StoredLogin | None) -> Explanation:
    """With the step for that very provider where the login is what is the matter."""
    if stored is None:
        return explain.NOT_CHECKED
    told = explain.explain(stored.diagnosis)
    known = login_words.current(login)
    if known and known.step and known.cause == stored.diagnosis.cause:
        return replace(told, next_step=known.step)
    return told


def _facts(diagnosis: Diagnosis, method: SendingMethod, full: Report | None) -> None:
    if full:
        advice.card(full)
    if diagnosis.senders:
        _spf(diagnosis, method)
    for each in explain.also(diagnosis):
        if not login_card.tells(each):
            finding.card(each)
    if diagnosis.domain:
        records.card(diagnosis)
    if full:
        advice.receivers(full)
    if told := explain.for_the_audit(diagnosis):
        with st.expander(f"For the audit: {len(told)} more, beside what decides the verdict"):
            for each in told:
                finding.card(each)


def _spf(diagnosis: Diagnosis, method: SendingMethod) -> None:
    with st.container(border=True):
        st.subheader("SPF from each of our addresses", anchor=False)
        st.markdown(f"**{wording.SPF.get(diagnosis.spf, '')}**: {wording.SPF_EXPLAINED[diagnosis.spf]}")
        if method is not SendingMethod.OWN_ADDRESS:
            st.markdown("The company does not send this way now: told for the audit alone.")
        senders.table(diagnosis.senders)


def _back() -> None:
    urlstate.go(company=None)
