"""The list of companies as a table of plain cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from checks import domain_name
from dashboard.actions import moments, wording
from dashboard.actions.explain import title
from dashboard.actions.plain_text import one_line
from data.companies_search import Listed

COLUMNS = (
    *("Verdict", "Company", "Cause", "Domain", "E-mail", "SPF"),
    *("Number", "DMARC", "Login", "Login since", "Sends with", "Checked"),
)
LOGINS_FIRST = (*COLUMNS[:2], "Login", "Login since", *(c for c in COLUMNS[2:] if not c.startswith("Login")))
"""The order for who looks at logins: they stand where no scrolling is needed."""


def table(rows: Sequence[Listed]) -> pd.DataFrame:
    """One row a company, every cell safe to show as text."""
    frame = pd.DataFrame([_cells(row) for row in rows], columns=list(COLUMNS))
    for name in ("Checked", "Login since"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def login_state(state: str) -> list[str]:
    """The state of a login as a pill; none for a company without a server of its own."""
    return [wording.LOGINS[state].signed] if state in wording.LOGINS else []


def both_forms(domain: str) -> str:
    """`münchen.de (xn--mnchen-3ya.de)`, or the one form where they do not differ."""
    shown = domain_name.display(domain)
    return domain if shown == domain else f"{shown} ({domain})"


def _cells(row: Listed) -> tuple[object, ...]:
    return (
        [wording.VERDICTS[row.verdict].signed],
        one_line(row.name) + (" (gone)" if row.gone_since else ""),
        _cause(row),
        both_forms(row.domain),
        _address(row),
        wording.SPF.get(row.spf, row.spf),
        one_line(row.id),
        wording.DMARC.get(row.dmarc, row.dmarc),
        login_state(row.smtp),
        None if row.login_since is None else moments.of(row.login_since),
        wording.METHODS[row.method],
        row.checked_at,
    )


def _cause(row: Listed) -> str:
    """The domain has a column of its own; what else the cause is about is named."""
    about = "" if row.about == row.domain else row.about
    return one_line(title(row.cause, about)) if row.cause else ""


def _address(row: Listed) -> list[str]:
    """The exclamation mark is due by the profile alone, before anything was looked up."""
    state = row.address or ("" if row.validated else "unvalidated" if row.email else "missing")
    return [wording.ADDRESS[state].signed] if state in wording.ADDRESS else []
