"""One question of the resolver, from the first packet to the result that all who wait for it get.

No task and no timer of its own: `heard` is called when something came back, `overdue` when nothing did in time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import dns.rcode

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, Record, RecordType, Result
from checks.resolver.message import Reply
from checks.resolver.names import Labels, to_text
from checks.resolver.reading import Found, GoOn, Missing, Trail, read
from checks.resolver.wire import Asked, Nothing, Records, from_labels

if TYPE_CHECKING:
    from checks.resolver.lane import Lane
    from checks.resolver.live import LiveResolver
    from checks.resolver.transport import Outcome, Sent

_TELLING = (
    FailureReason.SERVFAIL,  # about the domain: someone tried to find out and could not
    FailureReason.MALFORMED,
    FailureReason.REFUSED,  # about the server
    FailureReason.TIMEOUT,
    FailureReason.UNREACHABLE,
)

_NEVER = float("inf")


class Asking:
    """A question on its way. `due`: when to look after it, on the resolver's clock."""

    __slots__ = (
        *("_asked", "_deadline", "_failures", "_lane", "_lanes", "_older", "_resolver", "_sent"),
        *("_silences", "_trail", "done", "due", "key", "queued", "waiting"),
    )

    def __init__(self, resolver: LiveResolver, key: tuple[str, RecordType], qname: bytes) -> None:
        self._resolver = resolver
        self.key = key
        self.waiting: list[asyncio.Future[Result]] = []
        self.done = False
        self.due = _NEVER
        self.queued = 0.0
        self._deadline = 0.0
        self._trail: Trail | None = None
        self._ask_for(Asked(qname, key[1]))

    def _ask_for(self, asked: Asked) -> None:
        self._asked = asked
        self._sent: Sent | None = None  # the last one, while it keeps its place
        self._older: list[Sent] | None = None
        self._failures: dict[FailureReason, Lane] | None = None
        self._silences = 0
        self._lanes = self._resolver.lanes()
        self._lane = self._lanes[0]
        self._lane.ask(self)

    def go(self, lane: Lane, now: float) -> None:
        """There is room: ask. Patience does not run while a question waits for its place."""
        resolver = self._resolver
        if self._deadline:
            self._deadline += now - self.queued
        else:
            self._deadline = now + resolver.patience
        self._sent = lane.send(self._asked, self, now)
        wait = lane.wait
        if self._silences:
            wait *= 1 << min(self._silences, 10)
        if wait > resolver.timeout:
            wait = resolver.timeout
        due = now + wait
        self.due = due if due < self._deadline else self._deadline
        resolver.watch(self)

    def postpone(self, seconds: float) -> None:
        """We were not there to hear an answer."""
        self.due += seconds
        self._deadline += seconds

    def overdue(self, now: float) -> None:
        """Nothing came in time: ask the next server, and listen on for this one."""
        sent, lane = self._sent, self._lane
        if sent is not None:
            if sent.streamed and now < (until := min(sent.at + self._resolver.timeout, self._deadline)):
                self.due = until  # TCP repeats by itself
                return
            self._sent = None
            self._older = [*(self._older or ()), sent]
            self._failed(lane, FailureReason.MALFORMED if sent.strange else FailureReason.TIMEOUT)
            lane.silent()
        self._silences += 1
        self._lanes = (*self._lanes[1:], lane)
        self._ask_the_next(now)

    def heard(self, sent: Sent, outcome: Outcome, now: float) -> None:
        """Something came back: for the last query, or, late, for one before it."""
        try:
            self._heard(sent, outcome, now)
        except Exception as bug:
            self._resolver.broken(self, bug)
        sent.lane.pump(now)

    def _heard(self, sent: Sent, outcome: Outcome, now: float) -> None:
        lane = sent.lane
        latest = sent is self._sent
        if latest:
            self._sent = None
            lane.release()
        if outcome is not FailureReason.UNREACHABLE:
            lane.answered(sent, now, lost=latest and self._silences > 0)
        if isinstance(outcome, (Records, Nothing)):
            self._read(outcome)
        elif isinstance(outcome, Reply):
            self._heard_reply(lane, outcome, now)
        else:
            self._spoke(lane, outcome, now)

    def _read(self, said: Records | Nothing) -> None:
        trail = self._trail
        ttl = said.ttl if trail is None else min(trail.ttl, said.ttl)
        passed = () if trail is None else trail.passed
        if isinstance(said, Records):
            self._found(said.records, ttl, passed)
        else:
            self._missing(said.nxdomain, ttl, passed)

    def _heard_reply(self, lane: Lane, reply: Reply, now: float) -> None:
        if (reason := _refusal(reply)) is not None:
            return self._spoke(lane, reason, now)
        trail = self._trail or Trail(self._asked.labels)
        match read(trail, reply):
            case Found(trail, records, ttl):
                self._found(records, ttl, trail.passed)
            case Missing(trail, nxdomain, ttl):
                self._missing(nxdomain, ttl, trail.passed)
            case GoOn(trail):
                self._forget_all()
                self._trail = trail
                self.queued = now
                self._ask_for(Asked(from_labels(trail.owner), self.key[1], trail.owner))
            case _:
                self._spoke(lane, FailureReason.MALFORMED, now)

    def _found(self, records: tuple[Record, ...], ttl: int, passed: tuple[Labels, ...]) -> None:
        name, type = self.key
        self._finish(Answer(name, type, records, ttl, _texts(passed), self._resolver.now()))

    def _missing(self, nxdomain: bool, ttl: int, passed: tuple[Labels, ...]) -> None:
        name, type = self.key
        self._finish(Absent(name, type, nxdomain, ttl, _texts(passed), self._resolver.now()))

    def _spoke(self, lane: Lane, reason: FailureReason, now: float) -> None:
        """The server has no answer, and would not have one a moment later: it is not asked the same again."""
        self._failed(lane, reason)
        self._lanes = tuple(other for other in self._lanes if other is not lane)
        if self._sent is None or self._lane is lane:
            self._ask_the_next(now)

    def _failed(self, lane: Lane, reason: FailureReason) -> None:
        lane.failed(reason)
        self._failures = self._failures or {}
        self._failures.setdefault(reason, lane)

    def _ask_the_next(self, now: float) -> None:
        if self._lanes and now < self._deadline:
            self._lane = self._lanes[0]
            self.queued = now
            self.due = _NEVER
            self._lane.ask(self, at_once=self._silences == 1)
        elif self._failures:
            reason = min(self._failures, key=_TELLING.index)
            self._give_up(reason, self._failures[reason])

    def _give_up(self, reason: FailureReason, lane: Lane) -> None:
        name, type = self.key
        self._finish(LookupFailed(name, type, reason, lane.name, self._resolver.now()))

    def _finish(self, result: Result) -> None:
        self.done = True
        self._forget_all()
        self._resolver.finished(self, result)

    def _forget_all(self) -> None:
        if self._sent is not None:
            self._sent.forget()
            self._sent.lane.release()
            self._sent = None
        if self._older:
            for sent in self._older:
                sent.forget()
            self._older = None


def _texts(passed: tuple[Labels, ...]) -> tuple[str, ...]:
    return tuple(to_text(target) for target in passed) if passed else ()


def _refusal(reply: Reply) -> FailureReason | None:
    """Why the reply does not say what is so, if it does not."""
    match reply.rcode:
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN:
            return FailureReason.REFUSED if reply.referral else None
        case dns.rcode.FORMERR:
            return FailureReason.MALFORMED
        case dns.rcode.REFUSED | dns.rcode.NOTIMP | dns.rcode.NOTAUTH:
            return FailureReason.REFUSED
        case _:
            return FailureReason.SERVFAIL
