"""The scans: what each was to do, how far it came, and how it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from checks.company import Diagnosis
from data import verdicts
from data.schema import ScanRow


class ScanState(StrEnum):
    """How a scan stands. INTERRUPTED: stopped or killed, and what was done is kept. FAILED: by an error."""

    RUNNING = "running"
    DONE = "done"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a scan has come, as stored.

    `done`: companies gone through. `domains`: different domains among them. `queries`: packets asked.
    `unknown`: companies of which failed look-ups leave something unknown.
    """

    done: int = 0
    domains: int = 0
    queries: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan. `companies`: how many it was to do. `platform`: the platform's own domain as judged in it; None
    while that is not known, or when no such domain is set."""

    id: int
    state: ScanState
    started_at: datetime
    finished_at: datetime | None
    companies: int
    counts: Counts
    platform: Diagnosis | None


def start(session: Session, companies: int, now: datetime) -> int:
    """Begin a scan of so many companies and give its id. The caller commits.

    A scan that still stands as running was killed, and is marked so. (One that lives after all says so itself
    with its next `progress`.)
    """
    left = update(ScanRow).where(ScanRow.state == ScanState.RUNNING.value)
    session.execute(left.values(state=ScanState.INTERRUPTED.value))
    row = ScanRow(state=ScanState.RUNNING.value, started_at=now, companies=companies, platform=None)
    session.add(row)
    session.flush()
    return row.id


def progress(session: Session, scan_id: int, counts: Counts) -> None:
    """Say how far a running scan has come. The caller commits, with what was done."""
    _update(session, scan_id, state=ScanState.RUNNING.value, **asdict(counts))


def finish(
    session: Session,
    scan_id: int,
    state: ScanState,
    counts: Counts,
    now: datetime,
    platform: Diagnosis | None = None,
) -> None:
    """End a scan: how, how far it came, and what it says of the platform's own domain. The caller commits."""
    encoded = verdicts.encode(platform) if platform else None
    _update(session, scan_id, state=state.value, finished_at=now, platform=encoded, **asdict(counts))


def latest(session: Session) -> Scan | None:
    """The scan that began last, or None before the first."""
    row = session.scalar(select(ScanRow).order_by(ScanRow.id.desc()).limit(1))
    return _scan(row) if row else None


def own_domain(session: Session) -> Diagnosis | None:
    """The platform's own domain as it was judged last: a scan that goes on or was killed says nothing of it, and what
    was known stays."""
    judged = ScanRow.platform["domain"].as_string().is_not(None)  # None is stored as JSON's null
    known = session.scalar(select(ScanRow.platform).where(judged).order_by(ScanRow.id.desc()).limit(1))
    return verdicts.decode(known) if known else None


def _update(session: Session, scan_id: int, **values: object) -> None:
    session.execute(update(ScanRow).where(ScanRow.id == scan_id).values(**values))


def _scan(row: ScanRow) -> Scan:
    return Scan(
        id=row.id,
        state=ScanState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        companies=row.companies,
        counts=Counts(row.done, row.domains, row.queries, row.unknown),
        platform=verdicts.decode(row.platform) if row.platform else None,
    )
