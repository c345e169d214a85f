"""The fleet at a glance: how many are validated, sending as themselves, healthy; what fails, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import cache, session
from dashboard.widgets import fleet_cards, login_cards, states

context = session.current()
now = datetime.now(UTC)
fleet = cache.fleet(context.asker.name, context.database)
numbers = fleet.numbers

st.title("Overview", anchor=False)
fleet_cards.scan_line(fleet.scan, now)
if not numbers.companies:
    states.no_companies()
    st.stop()
fleet_cards.headline(numbers)
if not numbers.checked:
    states.never_scanned(numbers.companies)
    st.stop()
left, right = st.columns(2)
with left:
    fleet_cards.by_verdict(numbers)
with right:
    fleet_cards.by_method(numbers)
fleet_cards.by_cause(numbers)
if numbers.logins():
    left, right = st.columns(2)
    with left:
        login_cards.by_state(numbers)
    with right:
        login_cards.december(cache.at_risk(context.asker.name, context.database))
fleet_cards.own_domain(context.own_domain, fleet.own, now)
login_cards.unmatched(cache.unmatched(context.asker.name, context.database), now)
