"""Logins at Microsoft 365 that end in December 2026: what ends and what to do, as a table and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pandas as pd

from checks.company import SmtpState
from checks.smtp import login_rules
from dashboard.actions import moments
from dashboard.actions.company_table import login_state
from dashboard.actions.plain_text import one_line
from data.exporters.rows import text
from data.files import defuse
from data.logins import AtRisk

FILE_NAME = "microsoft-365-logins-at-risk.csv"
CSV_COLUMNS = ("company_id", "name", "country", "smtp_host", "smtp", "since")
SOURCE = login_rules.BASIC_AUTH_ENDS.source
WHAT_ENDS = (
    "At the end of December 2026 Microsoft switches off logging in with a password for sending mail (SMTP AUTH with"
    " basic authentication), in every organisation that exists today.",
    "An administrator may switch it on again. For organisations made after that it is not there from the start, and"
    " the day on which it ends for everybody is to be told in the second half of 2027.",
    "A login that is switched off is refused with 535 5.7.139, later with 550 5.7.30. The password is right then:"
    " entering it again changes nothing.",
)
WHAT_TO_DO = (
    "Tell the companies now, those first whose login works: nothing shows them yet what is coming.",
    "Best: the company connects its mailbox by OAuth, which does not end.",
    "Or its administrator plans to switch SMTP AUTH on again in Exchange, for the organisation or for this mailbox,"
    " once it is off. That helps until the final end.",
    "Or the company sends in another way: from the platform's address, or from its own by the platform's servers.",
)


def works(found: Sequence[AtRisk]) -> int:
    """How many of these logins work today."""
    return sum(one.state is SmtpState.OK for one in found)


def table(found: Sequence[AtRisk]) -> pd.DataFrame:
    """One row a company, every cell safe to show as text."""
    rows = [
        (
            one_line(one.name),
            one_line(one.id),
            one_line(one.country),
            one_line(one.host),
            login_state(one.state),
            None if one.since is None else moments.of(one.since),
        )
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=["Company", "Number", "Country", "Server", "Login", "Since"])
    frame["Since"] = pd.to_datetime(frame["Since"], utc=True)
    return frame


def as_csv(found: Sequence[AtRisk]) -> str:
    """The same for a spreadsheet, with no cell that it would run; the words are the export's."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(CSV_COLUMNS)
    for one in found:
        since = None if one.since is None else moments.of(one.since)
        cells = (one.id, one.name, one.country, one.host, one.state.value, since)
        writer.writerow([defuse(text(cell)) for cell in cells])
    return file.getvalue()
