"""What is exported: a row for each company, with its verdict if it has one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.schema import CompanyRow, VerdictRow

_COLUMNS = {
    "company_id": CompanyRow.id,
    "name": CompanyRow.name,
    "domain": CompanyRow.domain,
    "sending_method": CompanyRow.sending_method,
    "verdict": VerdictRow.verdict,
    "cause": VerdictRow.cause,
    "address": VerdictRow.address,
    "spf": VerdictRow.spf,
    "dmarc": VerdictRow.dmarc,
    "smtp": VerdictRow.smtp,
    "provider": VerdictRow.provider,
    "since": VerdictRow.since,
    "checked_at": VerdictRow.checked_at,
}
COLUMNS = tuple(_COLUMNS)
MOMENTS = ("since", "checked_at")

Row = tuple[Any, ...]
"""Texts, hostile ones among them; `MOMENTS` are aware datetimes. None where there is no verdict."""


def rows(session: Session) -> Iterator[Row]:
    """All companies, those that are gone too, by id: a few in memory at a time."""
    query = (
        select(*_COLUMNS.values())
        .join(VerdictRow, VerdictRow.company_id == CompanyRow.id, isouter=True)
        .order_by(CompanyRow.id)
        .execution_options(yield_per=1000)
    )
    for row in session.execute(query):
        yield tuple(row)


def text(value: str | datetime | None) -> str:
    """A value for a file that knows text alone: times in ISO 8601, UTC."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
