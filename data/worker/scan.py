"""One scan: every company's facts looked up, judged and stored, in this process or with others to help.

Facts and verdicts are written together, a batch a transaction, so whatever ends a scan leaves a consistent
database. One thread of its own does all writing; the event loop never waits for it but for room.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from checks import fleet
from checks.company import Diagnosis
from checks.lookup import Resolver
from checks.platform import Platform
from data import scans
from data.batches import batches
from data.engine import DatabaseUnavailable
from data.scans import Counts, ScanState
from data.schema import CompanyRow
from data.worker.crew import Crew
from data.worker.database import Database, opened
from data.worker.keep import keep
from data.worker.logins import NO_LOGINS, LoginCounts, Logins
from data.worker.look import BATCH, Look, Looked
from data.worker.one_login import LoginSetup


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: `counts` are stored, `total` companies are to be done, `seconds` have passed; and how far
    its logins are."""

    counts: Counts
    total: int
    seconds: float
    logins: LoginCounts = NO_LOGINS


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """What a scan did.

    `domains`: different domains of the companies judged. `companies`: those judged. `seconds`: by the clock.
    `queries`: packets asked. `unknown`: companies of which failed look-ups leave something unknown.
    `broken`: companies that could not be judged because of an error of ours (logged); they keep their old
    verdict. `blind`: look-ups were made and not one of them was answered. `logins`: what became of those that were
    due.
    """

    domains: int
    companies: int
    seconds: float
    queries: int
    unknown: int
    broken: int = 0
    blind: bool = False
    logins: LoginCounts = NO_LOGINS


Tell = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """Tells nobody."""


class UnknownCompany(LookupError):
    """Companies asked for by ids that nobody has."""


async def run(
    engine: Engine,
    platform: Platform,
    resolver: Resolver,
    only: Collection[str] | None = None,
    progress: Tell = ignore,
    *,
    width: int = fleet.WIDTH,
    deadline: float = fleet.DEADLINE,
    crew: Crew | None = None,
    logins: LoginSetup | None = None,
) -> ScanSummary:
    """Look up, judge and store every company that is not gone, or those with the ids in `only`, gone or not.

    The resolver's cache is what lets companies share look-ups; its `queries` are counted if it has them. `crew`:
    other processes that do the looking; the resolver is asked for the platform's own domain and the mail servers
    alone then. `logins`: with what the logins that are due are made, always in this process; None for none.
    Cancelling stops within a second or two: what was done is stored, and the scan stands as interrupted.
    `progress` is told what is stored, a few times a second. Raises `UnknownCompany`, `SQLAlchemyError`.
    """
    async with opened(engine) as database:
        ids = await database.read(lambda session: _Ids(_ids(session, only)))
        scan = _Scan(database, ids, progress, only)
        if logins:
            scan.logins = Logins(database, logins, resolver, scan.tell_logins)
        shared = database.thread if isinstance(engine.pool, StaticPool) else None
        look = Look(engine, platform, resolver, scan.store, width=width, deadline=deadline, thread=shared)
        return await scan.run(look, crew if crew and len(ids) >= crew.worth_it else None)


class _Ids:
    """Of the companies to scan, in batches, each as one text: a list of 300,000 would take 30 MB."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._batches: list[str] = []
        self._count = 0
        for batch in batches(ids, BATCH):
            self._batches.append(json.dumps(batch))
            self._count += len(batch)

    def __len__(self) -> int:
        return self._count

    def batches(self) -> Iterator[list[str]]:
        yield from map(json.loads, self._batches)


def _ids(session: Session, only: Collection[str] | None) -> Iterable[str]:
    """Of the companies to scan. Those with one domain follow each other, so that a cache of any size helps."""
    query = select(CompanyRow.id).order_by(CompanyRow.domain, CompanyRow.id)
    if only is None:
        all = query.where(CompanyRow.gone_since.is_(None)).execution_options(yield_per=10 * BATCH)
        return session.scalars(all)
    asked = sorted(set(only))
    found: list[str] = []
    for batch in batches(asked, BATCH):
        found.extend(session.scalars(query.where(CompanyRow.id.in_(batch))))
    if missing := sorted(set(asked).difference(found)):
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise UnknownCompany(f"no company has the id {shown}: nothing was scanned")
    return found


async def _each(batches: Iterable[list[str]]) -> AsyncIterator[list[str]]:
    for batch in batches:
        yield batch


class _Scan:
    """The state of one scan: what is stored and counted."""

    def __init__(
        self, database: Database, ids: _Ids, tell: Tell, only: Collection[str] | None = None
    ) -> None:
        self._database = database
        self._ids = ids
        self._only = only
        self._tell = tell
        self._began = time.monotonic()
        self._domains: set[int] = set()
        self._counts = self._stored = Counts()
        self._login_counts = NO_LOGINS
        self._broken = self._answered = self._failed = 0
        self._id = 0
        self.logins: Logins | None = None

    async def run(self, look: Look, crew: Crew | None) -> ScanSummary:
        self._id = await self._database.write(lambda s: scans.start(s, len(self._ids), _now()))
        try:
            await self._look(look, crew)
            await self._end(ScanState.DONE, look.own)
        except asyncio.CancelledError:
            await self._end(ScanState.INTERRUPTED, look.own)
            raise
        except BaseException:
            with suppress(SQLAlchemyError, DatabaseUnavailable):
                await self._end(ScanState.FAILED, look.own)
            raise
        return self._summary()

    async def _look(self, look: Look, crew: Crew | None) -> None:
        """Logins take longer than the DNS where a provider takes few at a time: the scan ends with the last one."""
        try:
            async with asyncio.TaskGroup() as group:
                if self.logins:
                    group.create_task(self.logins.run(self._only))
                if crew is None:
                    await look.run(_each(self._ids.batches()), with_platform=True)
                else:
                    group.create_task(look.run(_each(()), with_platform=True))
                    await crew.run(self._ids.batches(), self.store)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def store(self, looked: Looked) -> None:
        """Write and count what came of some companies. The one thread keeps the order of what is given here."""
        self._count(looked)
        counts = self._counts

        def write(session: Session) -> None:
            keep(session, looked)
            scans.progress(session, self._id, counts)

        await self._database.write(write)
        self._stored = counts
        self._tell_all()

    def tell_logins(self, logins: LoginCounts) -> None:
        self._login_counts = logins
        self._tell_all()

    def _tell_all(self) -> None:
        now = Progress(self._stored, len(self._ids), self._seconds(), self._login_counts)
        self._tell(now)

    def _count(self, looked: Looked) -> None:
        self._domains.update(map(hash, looked.domains))
        self._broken += looked.broken
        self._answered += looked.answered
        self._failed += looked.failed
        before = self._counts
        self._counts = Counts(
            done=before.done + len(looked.ids),
            domains=len(self._domains),
            queries=before.queries + looked.queries,
            unknown=before.unknown + looked.unknown,
        )

    async def _end(self, state: ScanState, own: Diagnosis | None) -> None:
        await self._database.write(lambda s: scans.finish(s, self._id, state, self._counts, _now(), own))

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _summary(self) -> ScanSummary:
        return ScanSummary(
            domains=self._counts.domains,
            companies=self._counts.done - self._broken,
            seconds=round(self._seconds(), 3),
            queries=self._counts.queries,
            unknown=self._counts.unknown,
            broken=self._broken,
            blind=self._failed > 0 and not self._answered,
            logins=self._login_counts,
        )


def _now() -> datetime:
    return datetime.now(UTC)
