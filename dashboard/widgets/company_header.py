"""Who the company is: its name, the badges under it, and its profile."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from checks.company import SendingMethod
from dashboard.actions import moments, wording
from dashboard.actions.company_table import both_forms
from dashboard.actions.wording import Word
from dashboard.widgets import labelled
from dashboard.widgets.text import md
from dashboard.widgets.verdict import badge
from data.companies_search import Profile

GONE = Word("Gone", "–", "event_busy", "gray")


def header(profile: Profile, verdict: Word) -> None:
    """The name as the title, and what matters at a glance."""
    st.title(md(profile.name) or "(no name)", anchor=False)
    badges = [badge(verdict)]
    if not profile.validated:
        label = "E-mail not validated" if profile.email else "No profile e-mail"
        badges.append(badge(wording.NOT_VALIDATED, label))
    if profile.gone_since:
        badges.append(badge(GONE, f"Gone from the imports since {moments.exact(profile.gone_since)}"))
    badges.append(f":gray-badge[Number {md(profile.id)}]")
    badges.append(f":gray-badge[{md(wording.METHODS[profile.method])}]")
    st.markdown(" ".join(badges))


def profile_card(profile: Profile, now: datetime) -> None:
    """What the platform's database says of the company. Never a password."""
    with st.container(border=True, gap="small"):
        st.subheader("Profile", anchor=False)
        labelled.lines(_lines(profile, now))


def _lines(profile: Profile, now: datetime) -> list[tuple[str, str]]:
    validated = profile.email_validated_at
    login = [] if profile.method is SendingMethod.OWN_SERVER else _login(profile)  # else in a card of its own
    return [
        ("Profile e-mail", profile.email or "not filled in"),
        ("Validated", moments.both(validated, now) if validated else "no"),
        ("Sends with", wording.METHODS[profile.method]),
        ("From address", profile.from_address),
        ("Domain", both_forms(profile.domain) if profile.domain else "none"),
        *login,
        ("Country", profile.country),
        ("Language", profile.language),
        ("Segment", profile.segment),
        ("Imported or changed", moments.exact(profile.imported_at)),
    ]


def _login(profile: Profile) -> list[tuple[str, str]]:
    return [
        ("SMTP server", _server(profile)),
        ("SMTP user name", profile.smtp_username),
        ("SMTP password", wording.STORED if profile.has_password else ""),
    ]


def _server(profile: Profile) -> str:
    port = f", port {profile.smtp_port}" if profile.smtp_port else ""
    security = f", {profile.smtp_security}" if profile.smtp_security else ""
    return f"{profile.smtp_host}{port}{security}" if profile.smtp_host else ""
