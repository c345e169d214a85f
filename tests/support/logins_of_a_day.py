"""A day of logins by a simulated clock, against the real store: who may start, and when, is the store's to say.

    day = Day(engine, companies=10_000, seconds=86_400)
    day.run()                 # AssertionError as soon as a cap is broken
    day.counts

Companies wait in lanes as in `data.worker.logins`; servers let in, refuse, are silent, ask to slow down, or the process
dies before the answer comes. What is asserted is reckoned here anew, from what happened, at each start and each AUTH.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from checks.smtp.etiquette import DAY, HOUR, MINUTE
from checks.smtp.result import Login, Result
from data import login_attempts
from data.engine import writing
from data.login_attempts import CAPS, Because, Begun, NotNow, Wanted
from data.schema import LoginRow
from tests.support.logins import LATER, LOST, NOW, OK, POLICY, SILENT, SLOWER, WRONG, add, company, wanted

CONNECTING, ANSWERING = 0.4, 1.1
"""Seconds up to the AUTH, and from there to the answer."""

GROUPS = ("Google",) * 3 + ("Microsoft 365",) * 4 + ("Combell", "OVHcloud", "", "", "")
KINDS = {"right": 88, "wrong": 6, "policy": 2, "silent": 2, "moody": 2}
"""How servers treat a company, in percent."""


@dataclass(slots=True)
class _Company:
    wanted: Wanted
    kind: str
    addresses: tuple[str, ...]


@dataclass(slots=True)
class _Lane:
    cap: int
    waiting: deque[str] = field(default_factory=deque)
    running: int = 0
    starts_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Running:
    company: _Company
    began: float
    address: str = ""
    """Where its AUTH went; empty before it left."""


class Day:
    """`addresses`: how many servers of nobody known there are; `servers`: how many each provider has."""

    def __init__(
        self,
        engine: Engine,
        *,
        companies: int,
        seconds: float,
        addresses: int = 200,
        servers: int = 8,
        seed: int = 1,
    ) -> None:
        self._engine = engine
        self._draw = random.Random(seed)
        self._ends = NOW + seconds
        self._companies = {f"c{n}": self._company(n, addresses, servers) for n in range(companies)}
        self._lanes: dict[str, _Lane] = {}
        self._events: list[tuple[float, int, str, str, int]] = []
        self._number = itertools.count()
        self._running: dict[int, _Running] = {}
        self._starts: dict[str, float] = {}
        self._failures: dict[str, list[float]] = defaultdict(list)
        self._rests: dict[str, float] = {}
        self._tries: dict[str, list[tuple[float, Result]]] = defaultdict(list)
        self.counts: Counter[str] = Counter()
        add(engine, *(company(id) for id in self._companies))
        for id in self._companies:
            self._at(NOW + self._draw.random() * seconds, "due", id)

    def _company(self, n: int, addresses: int, servers: int) -> _Company:
        group = self._draw.choice(GROUPS)
        kind = self._draw.choices([*KINDS], weights=[*KINDS.values()])[0]
        if group:
            theirs = tuple(f"{group}-{server}" for server in range(servers))
            return _Company(wanted(f"c{n}", group=group, address=""), kind, theirs)
        address = f"198.51.100.{self._draw.randrange(addresses)}"
        return _Company(wanted(f"c{n}", address=address), kind, (address,))

    def run(self) -> None:
        while self._events and self._events[0][0] < self._ends:
            now, _, what, id, attempt = heapq.heappop(self._events)
            match what:
                case "due":
                    self._lane(id).waiting.append(id)
                case "auth":
                    self._auth(id, attempt, now)
                case "end":
                    self._end(id, attempt, now)
            self._pump(self._lane(id), now)

    def _at(self, when: float, what: str, id: str, attempt: int = 0) -> None:
        heapq.heappush(self._events, (when, next(self._number), what, id, attempt))

    def _lane(self, id: str) -> _Lane:
        one = self._companies[id].wanted
        cap = CAPS.groups.get(one.group, CAPS.group) if one.group else 1
        return self._lanes.setdefault(one.group or one.address, _Lane(cap))

    # A login

    def _pump(self, lane: _Lane, now: float) -> None:
        while lane.waiting and lane.running < lane.cap and lane.starts_at <= now:
            id = lane.waiting.popleft()
            begun = self._begin(id, now)
            if isinstance(begun, Begun):
                self._started(id, begun.attempt_id, lane, now)
            elif begun.why is Because.BUSY:
                assert begun.until is not None
                lane.waiting.appendleft(id)
                lane.starts_at = begun.until
                self._at(begun.until, "look", id)
            else:
                self._again(id, begun)

    def _begin(self, id: str, now: float) -> Begun | NotNow:
        with writing(self._engine) as session:
            return login_attempts.begin(session, self._companies[id].wanted, now)

    def _started(self, id: str, attempt: int, lane: _Lane, now: float) -> None:
        company = self._companies[id]
        self._assert_may_start(company, now)
        self._running[attempt] = _Running(company, now)
        lane.running += 1
        if company.wanted.group:
            self._starts[company.wanted.group] = now
            lane.starts_at = now + CAPS.between
            self._at(lane.starts_at + 0.001, "look", id)
        self._at(now + CONNECTING, "auth", id, attempt)

    def _auth(self, id: str, attempt: int, now: float) -> None:
        company = self._companies[id]
        login = self._answer(company)
        if not login.attempts:
            self._at(now + ANSWERING, "end", id, attempt)
            return
        address = self._draw.choice(company.addresses)
        with writing(self._engine) as session:
            refused = login_attempts.count_auth(session, attempt, address, now)
            if refused:
                login_attempts.put_off(session, attempt, now)
        if refused:
            self._over(attempt)
            self._again(id, refused)
            return
        self._assert_may_leave(company, address, now)
        self._running[attempt] = replace(self._running[attempt], address=address)
        self.counts["auths"] += 1
        self._at(now + ANSWERING, "end", id, attempt)

    def _end(self, id: str, attempt: int, now: float) -> None:
        one = self._over(attempt)
        login = replace(self._answer(one.company), address=one.address)
        if one.address and self._draw.random() < 0.01:  # the process dies: nobody says what came of it
            self.counts["died"] += 1
            self._failures[one.address].append(one.began + login_attempts.LEASE)
            self._tries[id].append((one.began, Result.UNKNOWN))
            self._at(one.began + login_attempts.LEASE + 1, "due", id)
            return
        if not one.address and login.attempts:
            login = SILENT
        with writing(self._engine) as session:
            login_attempts.end(session, attempt, login, now, self._draw.random())
        self.counts[login.result.value] += 1
        self._note(id, one, login, now)
        with Session(self._engine) as session:
            next_at = session.scalar(select(LoginRow.next_at).where(LoginRow.company_id == id))
        if next_at is not None:
            self._at(next_at, "due", id)
        else:
            self.counts["paused"] += 1

    def _over(self, attempt: int) -> _Running:
        one = self._running.pop(attempt)
        self._lane(one.company.wanted.company_id).running -= 1
        return one

    def _again(self, id: str, refused: NotNow) -> None:
        self.counts["made to wait"] += 1
        if refused.until is not None:
            self._at(refused.until + 0.01 + self._draw.random() * MINUTE, "due", id)

    def _answer(self, company: _Company) -> Login:
        match company.kind:
            case "wrong":
                return WRONG
            case "policy":
                return POLICY
            case "silent":
                return SILENT
            case "moody":
                return self._draw.choice([OK, LATER, LOST, SILENT, SLOWER])
            case _:
                return OK

    # What must hold

    def _note(self, id: str, one: _Running, login: Login, now: float) -> None:
        group = one.company.wanted.group or one.address or one.company.wanted.address
        if login.cause in ("SMTP_TOO_MANY_CONNECTIONS", "SMTP_TEMPORARY_FAULT"):
            self._rests[group] = now + 15 * MINUTE
        if not one.address:
            return
        self._tries[id].append((one.began, login.result))
        if login.result is Result.REFUSED or login.cause == LOST.cause:
            self._failures[one.address].append(now)

    def _assert_may_start(self, company: _Company, now: float) -> None:
        wanted = company.wanted
        others = [one.company.wanted for one in self._running.values()]
        assert len(others) < CAPS.everywhere
        assert all(other.mailbox != wanted.mailbox for other in others)
        same = [
            other for other in others if (other.group or other.address) == (wanted.group or wanted.address)
        ]
        assert len(same) < (CAPS.groups.get(wanted.group, CAPS.group) if wanted.group else 1)
        if wanted.group:
            assert now - self._starts.get(wanted.group, 0.0) >= CAPS.between - 1e-6
        self._assert_policy(company, now)

    def _assert_policy(self, company: _Company, now: float) -> None:
        """The account: refused twice at most, and so long between two tries."""
        tries = self._tries[company.wanted.company_id]
        refused = sum(result is Result.REFUSED for _, result in tries)
        assert refused < (1 if company.kind == "policy" else 2)
        if tries:
            last, result = tries[-1]
            least = {Result.OK: 0.8 * DAY, Result.REFUSED: 30 * MINUTE}.get(result, 12 * MINUTE)
            assert now - last >= least - 1e-6

    def _assert_may_leave(self, company: _Company, address: str, now: float) -> None:
        group = company.wanted.group
        if not group:
            assert all(one.address != address for one in self._running.values())
        assert now >= self._rests.get(group or address, 0.0)
        recent = sorted(at for at in self._failures[address] if now - HOUR < at <= now)
        for first, third in zip(recent, recent[2:], strict=False):
            assert third - first > 10 * MINUTE or now >= third + 15 * MINUTE, "the breaker is open"
