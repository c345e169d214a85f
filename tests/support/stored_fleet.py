"""A fleet as an import and a scan would leave it in the store, without either: from a zone in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from checks.company import Company
from checks.diagnosis import diagnose, diagnose_platform
from checks.lookup import RecordType, Result, ZoneResolver
from checks.platform import Platform
from checks.profile import read
from data import observations, verdicts
from data.schema import CompanyRow

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Notebook:
    """A zone, and what was asked of it since somebody last looked: what a scan would store."""

    def __init__(self, zone: ZoneResolver) -> None:
        self._zone = zone
        self._seen: dict[tuple[str, RecordType], Result] = {}
        self._noted: set[tuple[str, RecordType]] = set()

    async def lookup(self, name: str, type: RecordType) -> Result:
        found = self._zone.find(name, type)
        if (name, type) not in self._noted:
            self._noted.add((name, type))
            self._seen[name, type] = replace(found, at=NOW.timestamp())
        return found

    def take(self) -> list[Result]:
        """Each answer once."""
        seen = list(self._seen.values())
        self._seen.clear()
        return seen


async def store(
    session: Session, companies: Sequence[Company], platform: Platform, notebook: Notebook
) -> None:
    """The companies, all that judging them asks, and their verdicts. The caller commits."""
    for company in companies:
        session.add(
            CompanyRow(
                id=company.id,
                name=company.name,
                email=company.email,
                from_address=company.from_address,
                domain=read(company).domain,
                sending_method=company.method.value,
                email_validated_at=NOW,
                imported_at=NOW,
            )
        )
    session.flush()
    await diagnose_platform(platform, notebook)
    judged = [(company.id, await diagnose(company, platform, notebook)) for company in companies]
    observations.record(session, notebook.take())
    verdicts.save(session, judged, NOW)
