"""What Streamlit runs for each visitor: page config, navigation, and who asks. Nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

import settings
from checks import command
from dashboard import session

HERE = Path(__file__).parent

st.set_page_config(page_title="Sendwell", page_icon=str(HERE / "assets/mark.svg"), layout="wide")
st.logo(str(HERE / "assets/logo.svg"), icon_image=str(HERE / "assets/mark.svg"), size="large")
known = settings.load(os.environ, HERE.parent)
platform = command.platform(known) if known.include and known.sending_addresses else None
session.begin(session.Context(session.Asker(), known.database, known.domain, platform))
page = st.navigation(
    [
        st.Page("views/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("views/companies.py", title="Companies", icon=":material/apartment:"),
        st.Page(
            "views/microsoft_365.py",
            title="Microsoft 365 logins",
            icon=":material/event_busy:",
            url_path="microsoft-365",
        ),
    ]
)
with session.telling_failures():
    page.run()
