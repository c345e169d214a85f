"""Looking at companies: their facts looked up and judged, and what came of it made ready to be written.

This is what each process of a scan runs. It reads the database and never writes it: what it finds goes to whoever
writes, and counts as stored when that one says so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checks import diagnosis, fleet, profile
from checks.company import Company, Diagnosis, SendingMethod, SmtpState
from checks.lookup import Resolver, Witness, lookup_all
from checks.model import Severity
from checks.platform import Platform
from checks.spf import Memo
from data import companies, logins, observations, verdicts
from data.engine import DatabaseUnavailable
from data.logins import UNTRIED, Known
from data.observations import Key, Observation, Rows
from data.upsert import Row
from data.verdicts import NO_BASIS, Basis, Times
from data.worker import basis
from data.worker.remember import Memory, RememberingResolver

BATCH = 500
"""Companies read at once, and handed on at once at the latest."""

TICK = 0.5
"""Seconds after which what is there is handed on, however little it is."""

SAME_ANSWERS = 5.0
"""Seconds for which what includes say is remembered, unless an answer changes before: no longer than the resolver
keeps an answer at least."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """Of some companies. `complete`: no older fact stood in.

    `changed`: rows to write; `same`: of those whose verdict stands on what it stood on before, so that only their
    times are news.
    """

    complete: bool
    changed: tuple[Row, ...]
    same: tuple[Times, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at some companies, in plain values that can go to another process.

    `ids`: the companies that are done. `broken`: how many of them an error of ours kept from being judged (logged);
    they keep their old verdict. `domains`: of those judged. `unknown`: of how many a failed look-up leaves something
    unknown. `queries`: packets asked since the last of these; `answered`, `failed`: look-ups. `logins`: of the
    companies that were judged anew and send by their own server, the version of what was known of their login
    (`data.logins`).
    """

    ids: tuple[str, ...]
    facts: Rows
    verdicts: tuple[Seen, ...]
    domains: tuple[str, ...]
    unknown: int = 0
    broken: int = 0
    queries: int = 0
    answered: int = 0
    failed: int = 0
    logins: tuple[tuple[str, float], ...] = ()

    @property
    def says_something(self) -> bool:
        counted = self.queries or self.answered or self.failed
        return bool(self.ids or self.facts.answers or self.facts.failures or counted)


Store = Callable[[Looked], Awaitable[None]]
"""Hands on what was found, and returns when it is stored."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A company, what its stored verdict stands on, and what is known of its login."""

    company: Company
    basis: Basis
    login: Known = UNTRIED


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of a company. `diagnosis`: None when the stored one still holds (`same_since`: epoch seconds of the
    oldest fact), and for an error of ours. `complete`: no older fact stood in. `basis`: what it stands on. `login`:
    the version of what was known of its login, where that was judged too."""

    company_id: str
    diagnosis: Diagnosis | None = None
    complete: bool = True
    basis: Basis = NO_BASIS
    domain: str = ""
    same_since: float | None = None
    login: float | None = None

    @property
    def broken(self) -> bool:
        return self.diagnosis is None and self.same_since is None


class Look:
    """One process's look at companies. `width`: so many at once; `deadline`: seconds for each of them; `thread`: that
    which writes, where the database is one connection that both must share."""

    def __init__(
        self,
        engine: Engine,
        platform: Platform,
        resolver: Resolver,
        store: Store,
        *,
        width: int = fleet.WIDTH,
        deadline: float = fleet.DEADLINE,
        thread: ThreadPoolExecutor | None = None,
    ) -> None:
        self._database = Reading(engine, thread)
        self._platform = platform
        self._judged_by = basis.judged_by(platform)
        self._resolver = resolver
        self._store = store
        self._width = width
        self._deadline = deadline
        self._memory = Memory(self._database.recall)
        self._memo, self._memo_since, self._memo_changes = Memo(), time.monotonic(), 0
        self._judged: list[_Judged] = []
        self._queries = _queries(resolver)
        self._one_at_a_time = asyncio.Lock()
        self._first_ever = False
        self._failure: Exception | None = None
        self.own: Diagnosis | None = None
        """The platform's own domain, where that was asked for and is set."""

    async def run(self, batches: AsyncIterable[list[str]], *, with_platform: bool = False) -> None:
        """Look at the companies with these ids, until there are no more. What was done is handed on also when this
        is cancelled or fails. `with_platform`: at the platform's own domain too; see `own`."""
        try:
            self._first_ever = await self._database.read(observations.is_empty)
            async with asyncio.TaskGroup() as group:
                ticking = group.create_task(self._tick())
                if with_platform:
                    self.own = await self._judge_platform()
                await self._judge_all(batches)
                ticking.cancel()
            await self._hand_on()
        except asyncio.CancelledError:
            await self._hand_on()
            raise
        except BaseException as error:
            with suppress(SQLAlchemyError, DatabaseUnavailable):
                await self._hand_on()
            raise error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error from None
        finally:
            self._database.close()

    async def _judge_platform(self) -> Diagnosis | None:
        limited = fleet.DeadlineResolver(self._resolver, self._deadline)
        remembering = RememberingResolver(limited, self._memory)
        return await diagnosis.diagnose_platform(self._platform, remembering)

    async def _judge_all(self, batches: AsyncIterable[list[str]]) -> None:
        found = self._database.companies(batches)
        judged = fleet.judge_all(
            found, self._judge, self._resolver, width=self._width, deadline=self._deadline
        )
        async with aclosing(found), aclosing(judged):
            async for one in judged:
                self._judged.append(one)
                if len(self._judged) >= BATCH:
                    await self._hand_on()

    async def _judge(self, known: _Known, resolver: Resolver) -> _Judged:
        company = known.company
        try:
            return await self._as_before(known, resolver) or await self._judge_anew(known, resolver)
        except SQLAlchemyError:
            raise
        except Exception as error:  # one company that trips us up must not cost the others their verdict
            _log.error("company %r could not be judged: %r", company.id, error)
            _log.debug("company %r", company.id, exc_info=True)
            return _Judged(company.id, complete=False)

    async def _as_before(self, known: _Known, resolver: Resolver) -> _Judged | None:
        """What is stored holds while the DNS says what it said when that was judged. (Who writes what is known of a
        login judges by itself again, but nobody does when only its settings change.)"""
        if not known.basis.digest or known.login.changed:
            return None
        remembering = RememberingResolver(resolver, self._memory)
        witness = Witness(remembering)
        await lookup_all(witness, basis.asked(known.basis))
        now_digest = basis.digest_of(self._judged_by, known.company, remembering.seen)
        if not remembering.settled or now_digest != known.basis.digest:
            return None
        oldest = time.time() if witness.oldest is None else witness.oldest
        domain = profile.read(known.company).domain
        return _Judged(known.company.id, domain=domain, same_since=oldest)

    async def _judge_anew(self, known: _Known, resolver: Resolver) -> _Judged:
        company, login = known.company, known.login
        remembering = RememberingResolver(resolver, self._memory)
        changes = self._memory.changes
        facts = await diagnosis.gather(company, self._platform, remembering, memo=self._shared())
        found = diagnosis.judge(company, self._platform, replace(facts, login=login.standing))
        # Where an answer changed meanwhile, this may stand on what was said before and on what is said now.
        as_one = changes == self._memory.changes
        repeatable = remembering.settled and facts.repeatable and as_one
        stands_on = basis.of(self._judged_by, company, remembering.seen) if repeatable else NO_BASIS
        version = login.version if company.method is SendingMethod.OWN_SERVER else None
        return _Judged(company.id, found, remembering.complete, stands_on, found.domain, login=version)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            await self._hand_on()

    def _shared(self) -> Memo:
        now, changes = time.monotonic(), self._memory.changes
        if now - self._memo_since > SAME_ANSWERS or changes != self._memo_changes:
            self._memo, self._memo_since, self._memo_changes = Memo(), now, changes
        return self._memo

    async def _hand_on(self) -> None:
        """What there is; also when nobody waits for it any more."""
        await asyncio.shield(self._handed_on())

    async def _handed_on(self) -> None:
        """In the order in which it was seen, so one after the other. What fails here ends the look, also when nobody
        waited for it."""
        async with self._one_at_a_time:
            if self._failure:
                raise self._failure
            try:
                await self._hand_on_now()
            except Exception as error:
                self._failure = error
                raise

    async def _hand_on_now(self) -> None:
        judged, self._judged = self._judged, []
        counted = self._counts()
        with self._memory.leaving() as seen:
            looked = await self._database.read(partial(_made, judged, seen, counted, self._first_ever))
            await self._store(looked)

    def _counts(self) -> tuple[int, int, int]:
        """Packets, answered and failed look-ups since the last time."""
        before, self._queries = self._queries, _queries(self._resolver)
        return (self._queries - before, *self._memory.counted())


def _made(
    judged: list[_Judged],
    seen: list[Observation],
    counted: tuple[int, int, int],
    first_ever: bool,
    session: Session,
) -> Looked:
    facts = observations.rows(seen)
    queries, answered, failed = counted
    return Looked(
        ids=tuple(j.company_id for j in judged),
        facts=facts if first_ever else observations.news(session, facts),
        verdicts=tuple(_seen(judged, complete) for complete in (True, False)),
        domains=tuple({j.domain for j in judged if j.domain}),
        unknown=sum(_left_open(j.diagnosis) for j in judged if j.diagnosis),
        broken=sum(j.broken for j in judged),
        queries=queries,
        answered=answered,
        failed=failed,
        logins=tuple((j.company_id, j.login) for j in judged if j.login is not None),
    )


def _seen(judged: list[_Judged], complete: bool) -> Seen:
    now = datetime.now(UTC)
    these = [j for j in judged if j.complete is complete]
    return Seen(
        complete,
        tuple(verdicts.row(j.company_id, j.diagnosis, now, j.basis) for j in these if j.diagnosis),
        tuple(
            (j.company_id, datetime.fromtimestamp(j.same_since, UTC), now)
            for j in these
            if j.same_since is not None
        ),
    )


def _left_open(judged: Diagnosis) -> bool:
    """Whether a look-up that failed leaves something unknown, be it about mail that the method does not use. A login
    of which nothing is known is another matter: a verdict that stands because of it is not judged anew."""
    words = [judged.address, judged.spf, judged.dmarc]
    return "unknown" in words or (judged.verdict is Severity.UNKNOWN and judged.smtp is not SmtpState.UNKNOWN)


def _queries(resolver: Resolver) -> int:
    """Packets asked so far; a resolver without a network counts none."""
    return int(getattr(resolver, "queries", 0))


class Reading:
    """The database as one thread reads it."""

    def __init__(self, engine: Engine, thread: ThreadPoolExecutor | None) -> None:
        self._engine = engine
        self._own = None if thread else ThreadPoolExecutor(1, "reading")
        self._thread = thread or self._own

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do this in a session of its own, which ends with it: one left open would keep SQLite's past alive."""

        def transaction() -> T:
            with Session(self._engine) as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    async def recall(self, key: Key) -> Observation | None:
        """What is stored of a name and type."""
        return await self.read(lambda session: observations.known(session, [key]).get(key))

    async def companies(self, batches: AsyncIterable[list[str]]) -> AsyncGenerator[_Known, None]:
        """Those with these ids, a batch in memory at a time."""
        async for ids in batches:
            for known in await self.read(partial(_companies, ids)):
                yield known

    def close(self) -> None:
        if self._own:
            self._own.shutdown()


def _companies(ids: list[str], session: Session) -> list[_Known]:
    found = list(companies.for_scan(session, ids))
    bases = verdicts.bases(session, ids)
    known = logins.known(session, [c.id for c in found if c.method is SendingMethod.OWN_SERVER])
    return [_Known(c, bases.get(c.id, NO_BASIS), known.get(c.id, UNTRIED)) for c in found]
