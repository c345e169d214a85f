"""One scan: every company's facts looked up, judged and stored, in this process.

Facts and verdicts are written together, a batch a transaction, so whatever ends a scan leaves a consistent
database. One thread of its own does all database work; the event loop never waits for it but for room.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checks import diagnosis, fleet
from checks.company import Company, Diagnosis
from checks.lookup import Resolver
from checks.platform import Platform
from data import companies, observations, scans, verdicts
from data.engine import writing
from data.observations import Key, Observation
from data.scans import Counts, ScanState
from data.schema import CompanyRow
from data.worker.remember import Memory, RememberingResolver

BATCH = 500
"""Companies read at once, and written at once at the latest."""

TICK = 0.5
"""Seconds after which what is there is written and told, however little it is."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: `counts` are stored, `total` companies are to be done, `seconds` have passed."""

    counts: Counts
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """What a scan did.

    `domains`: different domains of the companies judged. `companies`: those judged. `seconds`: by the clock.
    `queries`: packets asked. `unknown`: companies of which the verdict, address, SPF or DMARC is unknown.
    `broken`: companies that could not be judged because of an error of ours (logged); they keep their old
    verdict. `blind`: look-ups were made and not one of them was answered.
    """

    domains: int
    companies: int
    seconds: float
    queries: int
    unknown: int
    broken: int = 0
    blind: bool = False


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
) -> ScanSummary:
    """Look up, judge and store every company that is not gone, or those with the ids in `only`, gone or not.

    The resolver's cache is what lets companies share look-ups; its `queries` are counted if it has them.
    Cancelling stops within a second or two: what was done is stored, and the scan stands as interrupted.
    `progress` is told what is stored, a few times a second. Raises `UnknownCompany`, `SQLAlchemyError`.
    """
    async with _database(engine) as database:
        ids = await database.read(lambda session: _ids(session, only))
        return await _Scan(database, platform, resolver, ids, progress).run(width, deadline)


class _Database:
    """The database, worked on by one thread alone."""

    def __init__(self, engine: Engine, thread: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._thread = thread

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do this in a transaction, also when nobody waits for it any more."""

        def transaction() -> T:
            with writing(self._engine) as session:
                return work(session)

        return await asyncio.shield(self._in_thread(transaction))

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do this in a session of its own, which ends with it: one left open would keep SQLite's past alive."""

        def transaction() -> T:
            with Session(self._engine) as session:
                return work(session)

        return await self._in_thread(transaction)

    async def recall(self, key: Key) -> Observation | None:
        """What is stored of a name and type."""
        return await self.read(lambda session: observations.known(session, [key]).get(key))

    async def companies(self, ids: Sequence[str]) -> AsyncGenerator[Company, None]:
        """Those with these ids, a batch in memory at a time."""
        for batch in companies.batches(ids, BATCH):
            for company in await self.read(partial(_companies, batch)):
                yield company

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


@asynccontextmanager
async def _database(engine: Engine) -> AsyncIterator[_Database]:
    thread = ThreadPoolExecutor(1, "database")
    try:
        yield _Database(engine, thread)
    finally:
        thread.shutdown()


def _ids(session: Session, only: Collection[str] | None) -> list[str]:
    """Of the companies to scan. Those with one domain follow each other, so that a cache of any size helps."""
    query = select(CompanyRow.id).order_by(CompanyRow.domain, CompanyRow.id)
    if only is None:
        return list(session.scalars(query.where(CompanyRow.gone_since.is_(None))))
    asked = sorted(set(only))
    found: list[str] = []
    for batch in companies.batches(asked, BATCH):
        found.extend(session.scalars(query.where(CompanyRow.id.in_(batch))))
    if missing := sorted(set(asked).difference(found)):
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise UnknownCompany(f"no company has the id {shown}: nothing was scanned")
    return found


def _companies(ids: list[str], session: Session) -> list[Company]:
    return list(companies.for_scan(session, ids))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of a company: its diagnosis, None for an error of ours. `complete`: no older fact stood in."""

    company_id: str
    diagnosis: Diagnosis | None
    complete: bool


class _Scan:
    """The state of one scan: what is judged and not yet stored, and what is counted."""

    def __init__(
        self, database: _Database, platform: Platform, resolver: Resolver, ids: Sequence[str], tell: Tell
    ) -> None:
        self._database = database
        self._platform = platform
        self._resolver = resolver
        self._ids = ids
        self._tell = tell
        self._memory = Memory(database.recall)
        self._began = time.monotonic()
        self._asked_before = _queries(resolver)
        self._judged: list[_Judged] = []
        self._own: Diagnosis | None = None
        self._domains: set[str] = set()
        self._done = self._unknown = self._broken = 0
        self._id = 0

    async def run(self, width: int, deadline: float) -> ScanSummary:
        self._id = await self._database.write(lambda s: scans.start(s, len(self._ids), _now()))
        try:
            await self._work(width, deadline)
            await self._end(ScanState.DONE)
        except asyncio.CancelledError:
            await self._end(ScanState.INTERRUPTED)
            raise
        except BaseException:
            with suppress(SQLAlchemyError):
                await self._end(ScanState.FAILED)
            raise
        return self._summary()

    async def _work(self, width: int, deadline: float) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                ticking = group.create_task(self._tick())
                own = group.create_task(self._judge_platform(deadline))
                await self._judge_all(width, deadline)
                await own
                ticking.cancel()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _judge_all(self, width: int, deadline: float) -> None:
        found = self._database.companies(self._ids)
        async with (
            aclosing(found),
            aclosing(
                fleet.judge_all(found, self._judge, self._resolver, width=width, deadline=deadline)
            ) as all,
        ):
            async for judged in all:
                self._count(judged)
                if len(self._judged) >= BATCH:
                    await self._store()

    async def _judge(self, company: Company, resolver: Resolver) -> _Judged:
        remembering = RememberingResolver(resolver, self._memory)
        try:
            found = await diagnosis.diagnose(company, self._platform, remembering)
            return _Judged(company.id, found, remembering.complete)
        except SQLAlchemyError:
            raise
        except Exception as error:  # one company that trips us up must not cost the others their verdict
            _log.error("company %r could not be judged: %r", company.id, error)
            _log.debug("company %r", company.id, exc_info=True)
            return _Judged(company.id, None, complete=False)

    async def _judge_platform(self, deadline: float) -> None:
        limited = fleet.DeadlineResolver(self._resolver, deadline)
        remembering = RememberingResolver(limited, self._memory)
        self._own = await diagnosis.diagnose_platform(self._platform, remembering)

    def _count(self, judged: _Judged) -> None:
        self._done += 1
        if judged.diagnosis is None:
            self._broken += 1
            return
        self._judged.append(judged)
        self._unknown += _left_open(judged.diagnosis)
        if judged.diagnosis.domain:
            self._domains.add(judged.diagnosis.domain)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            await self._store()

    async def _store(self, last: Callable[[Session, Counts], None] | None = None) -> None:
        """Write what there is. The one thread keeps the order of what is taken here."""
        judged, self._judged = self._judged, []
        seen, counts = self._memory.take(), self._counts()

        def write(session: Session) -> None:
            observations.store(session, seen)
            for complete in (True, False):
                some = ((j.company_id, j.diagnosis) for j in judged if j.diagnosis and j.complete is complete)
                verdicts.save(session, some, _now(), complete=complete)
            scans.progress(session, self._id, counts)
            if last:
                last(session, counts)

        await self._database.write(write)
        self._tell(Progress(counts, len(self._ids), self._seconds()))

    async def _end(self, state: ScanState) -> None:
        await self._store(lambda s, counts: scans.finish(s, self._id, state, counts, _now(), self._own))

    def _counts(self) -> Counts:
        queries = _queries(self._resolver) - self._asked_before
        return Counts(self._done, len(self._domains), queries, self._unknown)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _summary(self) -> ScanSummary:
        counts = self._counts()
        return ScanSummary(
            domains=counts.domains,
            companies=counts.done - self._broken,
            seconds=round(self._seconds(), 3),
            queries=counts.queries,
            unknown=counts.unknown,
            broken=self._broken,
            blind=self._memory.failed > 0 and not self._memory.answered,
        )


def _left_open(judged: Diagnosis) -> bool:
    """Whether a look-up that failed leaves something unknown, be it about mail that the method does not use."""
    return "unknown" in (judged.verdict.word, judged.address, judged.spf, judged.dmarc)


def _queries(resolver: Resolver) -> int:
    """Packets asked so far; a resolver without a network counts none."""
    return int(getattr(resolver, "queries", 0))


def _now() -> datetime:
    return datetime.now(UTC)
