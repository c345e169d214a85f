"""The list of companies as a table of plain cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from checks import domain_name
from dashboard.actions import wording
from dashboard.actions.explain import title
from dashboard.actions.plain_text import one_line
from data.companies_search import Listed

COLUMNS = (
    *("Verdict", "Company", "Cause", "Domain", "E-mail", "SPF"),
    *("Number", "DMARC", "SMTP", "Sends with", "Checked"),
)


def table(rows: Sequence[Listed]) -> pd.DataFrame:
    """One row a company, every cell safe to show as text."""
    frame = pd.DataFrame([_cells(row) for row in rows], columns=list(COLUMNS))
    frame["Checked"] = pd.to_datetime(frame["Checked"], utc=True)
    return frame


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
        wording.SMTP.get(row.smtp, row.smtp),
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
