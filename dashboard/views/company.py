"""One company: the verdict in a sentence with the next step, then everything it stands on."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from checks.company import Diagnosis, SendingMethod
from checks.report import Report
from dashboard import cache, session, urlstate
from dashboard.actions import advise, explain, wording
from dashboard.widgets import advice, company_header, finding, fleet_cards, records, senders, states, verdict
from data import companies_search, verdicts


def show(company_id: str) -> None:
    """The company with this number."""
    with session.reading() as database:
        profile = companies_search.get(database, company_id)
        stored = verdicts.get(database, company_id)
        full = advise.for_company(database, company_id, session.current().platform) if stored else None
    now = datetime.now(UTC)
    if profile is None:
        states.no_such_company(company_id, _back)
        return
    st.button("Companies", icon=":material/arrow_back:", type="tertiary", on_click=_back, key="back")
    word = wording.VERDICTS[stored.diagnosis.verdict.word if stored else companies_search.UNCHECKED]
    company_header.header(profile, word, now)
    verdict.card(word, explain.explain(stored.diagnosis) if stored else explain.NOT_CHECKED)
    wide, narrow = st.columns([2, 1])
    with wide:
        if stored:
            verdict.times(word, stored, now)
            if profile.method is SendingMethod.PLATFORM:
                context = session.current()
                fleet = cache.fleet(context.asker.name, context.database)
                fleet_cards.stands_on_ours(context.own_domain, fleet.scan, now)
            _facts(stored.diagnosis, profile.method, full)
    with narrow if stored else wide:
        company_header.profile_card(profile, now)


def _facts(diagnosis: Diagnosis, method: SendingMethod, full: Report | None) -> None:
    if full:
        advice.card(full)
    if diagnosis.senders:
        _spf(diagnosis, method)
    for each in explain.also(diagnosis):
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
