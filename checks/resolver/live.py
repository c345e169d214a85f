"""The live resolver: asks the servers that it was given until one of them knows."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import dns.rcode

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, RecordType, Result
from checks.resolver.cache import Bounds, Cache
from checks.resolver.health import Health
from checks.resolver.message import Question, Reply
from checks.resolver.names import lower, to_labels, to_text
from checks.resolver.reading import Found, GoOn, Missing, Nonsense, Trail, read
from checks.resolver.servers import Nameserver, named_or_systems
from checks.resolver.transport import SocketTransport, Transport

_NO_TTL = 300  # seconds, for a name that no query can carry: it will be as unusable then

_TELLING = (
    FailureReason.SERVFAIL,  # about the domain: someone tried to find out and could not
    FailureReason.MALFORMED,
    FailureReason.REFUSED,  # about the server
    FailureReason.TIMEOUT,
    FailureReason.UNREACHABLE,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What came of asking one server."""

    server: Nameserver
    outcome: Reply | FailureReason


@dataclass(slots=True)
class _Patience:
    """Seconds left for one look-up, waiting for a free place not counted."""

    left: float


class LiveResolver:
    """A `Resolver` over the network. One event loop; share one instance, so that its cache is shared.

    `nameservers`: `IP`, `IP:port`, `[v6]:port` or `v6`, preferred first; none: the system's. A look-up asks
    at most `attempts` times, in turn over the servers, `timeout` seconds each, so `attempts` × `timeout`
    seconds in all. At most `in_flight` questions are out at a time; the others wait. `now` gives epoch
    seconds for `at`; `clock` counts steadily for the cache. Raises ValueError for what is no name server,
    `NoNameservers` when none is named and the system has none.

    Results are shared and kept: `at` says when the answer came, and it may be older than the look-up.
    """

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        timeout: float = 2.0,
        attempts: int = 4,
        *,
        in_flight: int = 200,
        bounds: Bounds | None = None,
        transport: Transport | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if timeout <= 0 or attempts < 1 or in_flight < 1:
            raise ValueError("timeout must be above 0 seconds, attempts and in_flight at least 1")
        self._servers = named_or_systems(nameservers)
        self._timeout = timeout
        self._attempts = attempts
        self._places = asyncio.Semaphore(in_flight)
        self._transport = transport or SocketTransport()
        self._now = now
        self._clock = clock
        self._cache = Cache(bounds, clock=clock)
        self._health = Health(self._servers, clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way and let go of the sockets."""
        await self._cache.aclose()
        await self._transport.aclose()

    @property
    def queries(self) -> int:
        """Packets asked so far."""
        return self._transport.queries

    @property
    def failures(self) -> dict[str, Counter[FailureReason]]:
        """How often each server failed so far, by reason."""
        return self._health.failures

    async def lookup(self, name: str, type: RecordType) -> Result:
        """What the DNS says; a name that no query can carry does not exist, and nobody is asked."""
        name = lower(name)
        labels = to_labels(name)
        if labels is None:
            return Absent(name, type, nxdomain=True, ttl=_NO_TTL, at=self._now())
        return await self._cache.get((name, type), lambda: self._resolve(name, Trail(labels), type))

    async def _resolve(self, name: str, trail: Trail, type: RecordType) -> Result:
        """Ask for the name, then for the targets of aliases, until the end of the trail is known."""
        patience = _Patience(self._timeout * self._attempts)
        while True:
            said = await self._ask(Question(trail.owner, type), patience)
            if isinstance(said.outcome, FailureReason):
                return self._failed(name, type, said.outcome, said.server)
            match read(trail, said.outcome):
                case Found(trail, records, ttl):
                    return Answer(name, type, records, ttl, _aliases(trail), self._now())
                case Missing(trail, nxdomain, ttl):
                    return Absent(name, type, nxdomain, ttl, _aliases(trail), self._now())
                case Nonsense():
                    return self._failed(name, type, FailureReason.MALFORMED, said.server)
                case GoOn(trail):
                    pass

    def _failed(self, name: str, type: RecordType, reason: FailureReason, server: Nameserver) -> LookupFailed:
        return LookupFailed(name, type, reason, str(server), self._now())

    async def _ask(self, question: Question, patience: _Patience) -> _Said:
        """The first answer, elsewhere first when a server has none; else the failure that tells most."""
        servers = deque(self._health.order())
        failures: dict[FailureReason, Nameserver] = {}
        for _ in range(self._attempts):
            if not servers:
                break
            server = servers.popleft()
            outcome = await self._exchange(server, question, patience)
            if isinstance(outcome, Reply):
                return _Said(server, outcome)
            failures.setdefault(outcome, server)
            if outcome is FailureReason.TIMEOUT:
                servers.append(server)  # a packet may have been lost; whoever spoke would only repeat it
        reason = min(failures, key=_TELLING.index)
        return _Said(failures[reason], reason)

    async def _exchange(
        self, server: Nameserver, question: Question, patience: _Patience
    ) -> Reply | FailureReason:
        async with self._places:
            if patience.left <= 0:
                return FailureReason.TIMEOUT
            started = self._clock()
            heard = await self._transport.exchange(server, question, min(self._timeout, patience.left))
            patience.left -= self._clock() - started
        outcome = _answer(heard) if isinstance(heard, Reply) else heard
        if isinstance(outcome, Reply):
            self._health.answered(server)
        else:
            self._health.failed(server, outcome)
        return outcome


def _answer(reply: Reply) -> Reply | FailureReason:
    """The reply, if it says what is so; else why it does not."""
    match reply.rcode:
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN:
            return FailureReason.REFUSED if reply.referral else reply
        case dns.rcode.FORMERR:
            return FailureReason.MALFORMED
        case dns.rcode.REFUSED | dns.rcode.NOTIMP | dns.rcode.NOTAUTH:
            return FailureReason.REFUSED
        case _:
            return FailureReason.SERVFAIL


def _aliases(trail: Trail) -> tuple[str, ...]:
    return tuple(to_text(target) for target in trail.passed)
