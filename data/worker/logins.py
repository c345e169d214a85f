"""The logins of a scan: all that are due, as many at once as the policy lets, beside the look at the DNS.

Companies at one provider, or at one address of nobody known, stand in one lane, and each lane has as many runners as
logins may run there. So nobody asks the store for what cannot be, and whoever has to wait, waits in memory.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from checks import fleet
from checks.lookup import Resolver
from checks.providers import provider_of_server
from checks.smtp.guard import Vetted
from checks.smtp.result import Login, Result
from checks.tasks import asked_to_stop
from data import login_settings
from data.engine import DatabaseUnavailable
from data.login_attempts import Because, NotNow
from data.login_settings import Due
from data.worker.database import Database, opened
from data.worker.one_login import NOT_BEGUN, LoginSetup, OneLogin, is_worth_finding

PATIENCE = 30.0
"""Seconds that are waited for a mailbox, a server or a provider to be free again. What takes longer is left for the
next scan; for room among the caps it is waited as long as it takes."""

FINDING, FINDING_TAKES = 20, 30.0
"""So many servers are looked for at once, beside the logins, each for so many seconds at most."""

LONGEST_NAP = 2.0
"""Seconds between two questions whether there is room, while other processes take it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoginCounts:
    """How far the logins of a scan are: `due` are to be gone through, `done` have been.

    `tried`: logins that were made, whatever they came to; `let_in`: those of them that worked. `put_off`: left for
    the next scan, since their server or provider is left alone. `broken`: an error of ours kept them from being made
    (logged).
    """

    due: int = 0
    done: int = 0
    tried: int = 0
    let_in: int = 0
    put_off: int = 0
    broken: int = 0


NO_LOGINS = LoginCounts()

Tell = Callable[[LoginCounts], None]


def ignore(_: LoginCounts) -> None:
    """Tells nobody."""


async def run_due(engine: Engine, setup: LoginSetup, resolver: Resolver, tell: Tell = ignore) -> LoginCounts:
    """The logins that are due, without a scan, each at its own time; see `Logins.run`."""
    async with opened(engine) as database:
        logins = Logins(database, setup, resolver, tell)
        await logins.run(early=False)
        return logins.counts


@dataclass(slots=True)
class _Lane:
    """Companies that stand in each other's way. `starts_at`: of the next one, by the loop's clock; `rests_until`:
    epoch seconds."""

    group: str
    address: str
    ids: deque[str] = field(default_factory=deque)
    starts_at: float = 0.0
    rests_until: float = 0.0


class Logins:
    """The logins of one scan. `tell` is called after each."""

    def __init__(
        self,
        database: Database,
        setup: LoginSetup,
        resolver: Resolver,
        tell: Tell = ignore,
    ) -> None:
        self._database = database
        self._setup = setup
        self._resolver = resolver
        self._tell = tell
        self._one = OneLogin(database, setup, resolver)
        self._finding = asyncio.Semaphore(FINDING)
        self.counts = NO_LOGINS

    async def run(self, only: Collection[str] | None = None, *, early: bool = True) -> None:
        """Go through all that are due (`data.login_settings.due`), or those with the ids in `only` that are.

        Cancelling stops at once; what left by then stays counted. Raises `DatabaseUnavailable`, `SQLAlchemyError`.
        """
        due = await self._database.read(lambda s: list(login_settings.due(s, time.time(), only, early=early)))
        self.counts = replace(self.counts, due=len(due))
        lanes = await self._lanes(due)
        places = deque(lane for lane in lanes for _ in range(min(len(lane.ids), self._room(lane))))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(len(places), self._setup.caps.everywhere)):
                    group.create_task(self._run(places, group))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def ask(self, company_id: str) -> Login | NotNow | None:
        """One login now, since somebody pressed "check now", within what is left of its budget; None where what it
        needs was not entered. Waits a little for room, as somebody waits for this."""
        settings = await self._database.read(lambda s: login_settings.get(s, company_id))
        if settings is None:
            return None
        (lane,) = await self._lanes([Due(company_id, settings.server.host)])
        outcome = await self._tried(lane, company_id, asked=True)
        if isinstance(outcome, Login) and is_worth_finding(outcome):
            await self._find_server(company_id)
        return outcome

    async def _run(self, places: deque[_Lane], group: asyncio.TaskGroup) -> None:
        """Looking for a server holds up nobody in the lane."""
        while places:
            lane = places.popleft()
            while lane.ids:
                company_id = lane.ids.popleft()
                outcome = await self._go_through(lane, company_id)
                if asked_to_stop():
                    raise asyncio.CancelledError
                if isinstance(outcome, Login) and is_worth_finding(outcome):
                    group.create_task(self._find_server(company_id))

    async def _find_server(self, company_id: str) -> None:
        async with self._finding:
            try:
                async with asyncio.timeout(FINDING_TAKES):
                    await self._one.find_server(company_id)
            except TimeoutError:
                pass
            except (SQLAlchemyError, DatabaseUnavailable):
                raise
            except Exception as error:  # of one company
                _log.error(
                    "the server of company %r could not be found: %s", company_id, type(error).__name__
                )

    def _room(self, lane: _Lane) -> int:
        caps = self._setup.caps
        return caps.groups.get(lane.group, caps.group) if lane.group else 1

    # Lanes

    async def _lanes(self, due: Collection[Due]) -> list[_Lane]:
        """The longest first, since they take longest."""
        addresses = await self._addresses({one.host for one in due if not provider_of_server(one.host)})
        lanes: dict[tuple[str, str], _Lane] = {}
        for one in due:
            group, address = provider_of_server(one.host), addresses.get(one.host, "")
            key = (group, "") if group else ("", address or one.host)
            lanes.setdefault(key, _Lane(group, address)).ids.append(one.company_id)
        return sorted(lanes.values(), key=lambda lane: -len(lane.ids))

    async def _addresses(self, hosts: Collection[str]) -> dict[str, str]:
        """The address of each server of nobody known; empty where we may not or cannot connect."""
        judged = fleet.judge_all(
            _each(hosts), self._address, self._resolver, width=self._setup.caps.everywhere
        )
        async with aclosing(judged):
            return {host: address async for host, address in judged}

    async def _address(self, host: str, resolver: Resolver) -> tuple[str, str]:
        found = await self._setup.guard.vet(host, 587, resolver)
        if not isinstance(found, Vetted):
            return host, ""
        return host, str(min(found.addresses, key=lambda ip: (ip.version, int(ip))))

    # One after the other

    async def _go_through(self, lane: _Lane, company_id: str) -> Login | NotNow | None:
        try:
            outcome = await self._tried(lane, company_id)
        except (SQLAlchemyError, DatabaseUnavailable):
            raise
        except Exception as error:  # of one company; it may say what was entered, so it is not told
            _log.error("the login of company %r could not be made: %s", company_id, type(error).__name__)
            self._count(broken=1)
            return None
        self._count_outcome(outcome)
        return outcome

    async def _tried(self, lane: _Lane, company_id: str, *, asked: bool = False) -> Login | NotNow | None:
        until, waited = time.time() + PATIENCE, 0
        while True:
            if lane.rests_until > time.time():
                return NotNow(lane.rests_until, Because.PROVIDER_RESTS)
            await self._keep_apart(lane)
            outcome = await self._one.make(company_id, asked=asked, expected=lane.address)
            if not isinstance(outcome, NotNow) or not _is_waited_for(outcome, until, patient=not asked):
                self._note_rest(lane, outcome)
                return outcome
            waited += 1
            await asyncio.sleep(_nap(outcome, waited))

    async def _keep_apart(self, lane: _Lane) -> None:
        """So long between two starts at one provider."""
        if not lane.group:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, lane.starts_at)
        lane.starts_at = start + self._setup.caps.between
        await asyncio.sleep(start - now)

    def _note_rest(self, lane: _Lane, outcome: Login | NotNow | None) -> None:
        """What rests for one in the lane, rests for all of them; the servers of a provider rest each for itself."""
        if not isinstance(outcome, NotNow) or outcome.until is None:
            return
        whole = outcome.why is Because.PROVIDER_RESTS or not lane.group
        if outcome.why in _RESTS and whole:
            lane.rests_until = outcome.until

    def _count_outcome(self, outcome: Login | NotNow | None) -> None:
        self._count(
            tried=isinstance(outcome, Login) and outcome.cause not in NOT_BEGUN,
            let_in=isinstance(outcome, Login) and outcome.result is Result.OK,
            put_off=isinstance(outcome, NotNow) and outcome.why not in _DECIDED,
        )

    def _count(self, *, tried: int = 0, let_in: int = 0, put_off: int = 0, broken: int = 0) -> None:
        before = self.counts
        self.counts = LoginCounts(
            due=before.due,
            done=before.done + 1,
            tried=before.tried + tried,
            let_in=before.let_in + let_in,
            put_off=before.put_off + put_off,
            broken=before.broken + broken,
        )
        self._tell(self.counts)


_RESTS = frozenset({Because.SERVER_RESTS, Because.PROVIDER_RESTS})
_DECIDED = frozenset({Because.NOT_DUE, Because.PAUSED})


def _is_waited_for(refused: NotNow, until: float, *, patient: bool) -> bool:
    if refused.why in _DECIDED or refused.until is None:
        return False
    return (patient and refused.why is Because.BUSY) or refused.until <= until


def _nap(refused: NotNow, waited: int) -> float:
    """Longer each time, as others seem to need the room."""
    least = (refused.until or 0.0) - time.time()
    return max(least, min(0.05 * 2.0 ** min(waited, 10), LONGEST_NAP))


async def _each(hosts: Iterable[str]) -> AsyncIterator[str]:
    for host in hosts:
        yield host
