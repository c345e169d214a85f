"""A fleet of companies with a domain each, its DNS in memory, and what a scan of it left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from checks.company import SendingMethod
from checks.lookup import FailureReason, LookupFailed, Mx, RecordType, Result, ZoneResolver, txt
from checks.platform import Platform
from data import scans, verdicts
from data.engine import writing
from data.schema import CompanyRow, ObservationRow, VerdictRow
from data.verdicts import StoredVerdict

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PLATFORM = Platform("spf.ours.example", (ip_address("192.0.2.1"),), domain="ours.example")
OURS = "v=spf1 include:spf.ours.example -all"

Records = dict[tuple[str, RecordType], list[object]]


def zone(count: int) -> Records:
    """d0.example, d1.example, …: even ones publish our include, odd ones do not."""
    records: Records = {
        ("spf.ours.example", RecordType.TXT): [txt("v=spf1 ip4:192.0.2.0/24 -all")],
        ("ours.example", RecordType.TXT): [txt(OURS)],
        ("ours.example", RecordType.MX): [Mx(10, "mx.ours.example")],
        ("mx.ours.example", RecordType.A): ["192.0.2.25"],
    }
    for n in range(count):
        records[f"d{n}.example", RecordType.TXT] = [txt("v=spf1 -all" if n % 2 else OURS)]
        records[f"d{n}.example", RecordType.MX] = [Mx(10, "mx.ours.example")]
    return records


class Scripted:
    """A zone that answers with the time of the scan, counts, and can die: before any look-up, or after some."""

    def __init__(self, records: Records, at: float, *, dies_after: int | None = None) -> None:
        self._zone = ZoneResolver(records, at=at)  # type: ignore[arg-type]
        self._at = at
        self._left = dies_after
        self.queries = 0
        self.pause = 0.0

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.queries += 1
        await asyncio.sleep(self.pause)
        if self._left is not None:
            if self._left <= 0:
                return LookupFailed(name, type, FailureReason.TIMEOUT, "192.0.2.53", self._at)
            self._left -= 1
        return self._zone.find(name, type)


def add(engine: Engine, numbers: Iterable[int], domain: str = "d{}.example", gone: bool = False) -> None:
    with writing(engine) as session:
        for n in numbers:
            session.add(
                CompanyRow(
                    id=f"c{n:05}",
                    name=f"Company {n}",
                    email=f"info{n}@{domain.format(n)}",
                    email_validated_at=NOW,
                    sending_method=SendingMethod.OWN_ADDRESS.value,
                    domain=domain.format(n),
                    imported_at=NOW,
                    gone_since=NOW if gone else None,
                )
            )


def stored(engine: Engine) -> dict[str, StoredVerdict]:
    with Session(engine) as session:
        found = (verdicts.get(session, id) for id in session.scalars(select(VerdictRow.company_id)))
        return {verdict.company_id: verdict for verdict in found if verdict}


def latest(engine: Engine) -> scans.Scan:
    with Session(engine) as session:
        found = scans.latest(session)
    assert found is not None
    return found


def count(engine: Engine, table: type[VerdictRow | ObservationRow]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
