"""The live resolver: asks the servers that it was given until one of them knows."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from checks.lookup import Absent, FailureReason, RecordType, Result
from checks.resolver.asking import Asking
from checks.resolver.cache import Bounds, Cache
from checks.resolver.lane import Lane
from checks.resolver.names import lower
from checks.resolver.servers import Nameserver, named_or_systems
from checks.resolver.transport import Dial, Link, Peer
from checks.resolver.wire import to_wire

_NO_TTL = 300  # seconds, for a name that no query can carry: it will be as unusable then

TICK = 0.02
"""Seconds between two looks at what is overdue: one look for all costs less than a timer for each."""

PAUSE = 0.1
"""Seconds by which such a look may be late."""

PUBLIC_RATE = 500
"""Questions a second to a server at a public address, unless told otherwise: a third of what the strictest of the
large ones documents (Google Public DNS: 1,500 a second for each address)."""

Key = tuple[str, RecordType]


class LiveResolver:
    """A `Resolver` over the network. One event loop; share one instance, so that its cache is shared.

    `nameservers`: `IP`, `IP:port`, `[v6]:port` or `v6`, with `tls://name@` before it for TLS, preferred first;
    none: the system's. A look-up takes `attempts` × `timeout` seconds at most: a question without an answer is
    asked again, in turn over the servers, after a few round trips, then after twice as long, up to `timeout`.
    At most `in_flight` questions are out to a server at a time, fewer when packets get lost, and at most
    `queries_per_second` go out (0: no limit; None: `PUBLIC_RATE` to a server at a public address); the others
    wait. `sharers`: so many resolvers keep within that rate together. `now` gives epoch seconds for `at`; `clock`
    counts steadily. Raises ValueError for what is no name server, `NoNameservers` when none is named and the system
    has none.

    Results are shared and kept: `at` says when the answer came, and it may be older than the look-up.
    """

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        timeout: float = 2.0,
        attempts: int = 4,
        *,
        in_flight: int = 2000,
        queries_per_second: int | None = None,
        sharers: int = 1,
        bounds: Bounds | None = None,
        dial: Dial = Peer,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if timeout <= 0 or attempts < 1 or in_flight < 1 or (queries_per_second or 0) < 0:
            raise ValueError(
                "timeout must be above 0 seconds, attempts and in_flight at least 1, "
                "queries_per_second at least 0"
            )
        self._servers = named_or_systems(nameservers)
        self.timeout = timeout
        self.patience = timeout * attempts
        self.now = now
        self._in_flight = in_flight
        self._rate = queries_per_second
        self._sharers = sharers
        self._clock = clock
        self._dial = dial
        self._cache = Cache(bounds, clock=clock)
        self._lanes: tuple[Lane, ...] = ()
        self._links: tuple[Link, ...] = ()
        self._asking: dict[Key, Asking] = {}
        self._out: set[Asking] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way and let go of the sockets."""
        asking, self._asking = self._asking, {}
        for one in asking.values():
            one.done = True
            for waiting in one.waiting:
                waiting.cancel()
        self._out.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for link in self._links:
            link.close()

    @property
    def queries(self) -> int:
        """Packets asked so far."""
        return sum(link.queries for link in self._links)

    @property
    def failures(self) -> dict[str, Counter[FailureReason]]:
        """How often each server failed so far, by reason."""
        return {lane.name: Counter(lane.failures) for lane in self._lanes}

    @property
    def asking(self) -> int:
        """Questions under way, for however many askers."""
        return len(self._asking)

    @property
    def out(self) -> int:
        """Those of them that wait for an answer."""
        return len(self._out)

    def find(self, name: str, type: RecordType) -> Result | None:
        """What is kept for a name in lower case, without waiting; None when it would have to be asked."""
        return self._cache.get((name, type))

    def expect(self, asked: Iterable[Key]) -> None:
        """Begin to ask for what is not kept; a `lookup` finds it under way."""
        for key in asked:
            if key not in self._asking and self._cache.get(key) is None:
                name = lower(key[0])
                qname = to_wire(name) if name == key[0] else None
                if qname is not None:
                    self._begin(key, qname)

    async def lookup(self, name: str, type: RecordType) -> Result:
        """What the DNS says; a name that no query can carry does not exist, and nobody is asked."""
        kept = self._cache.get((name, type))
        if kept is not None:
            return kept
        asking = self._asking.get((name, type))
        if asking is None:
            lowered = lower(name)
            if lowered != name:
                return await self.lookup(lowered, type)
            qname = to_wire(name)
            if qname is None:
                return Absent(name, type, nxdomain=True, ttl=_NO_TTL, at=self.now())
            asking = self._begin((name, type), qname)
        # One future for each who waits: whoever is cancelled takes nothing from the others.
        future: asyncio.Future[Result] = self._running().create_future()
        asking.waiting.append(future)
        return await future

    def _begin(self, key: Key, qname: bytes) -> Asking:
        self._running()
        asking = self._asking[key] = Asking(self, key, qname)
        return asking

    def _running(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
            self._links = tuple(self._dial(server, loop, self._clock) for server in self._servers)
            self._lanes = tuple(
                Lane(str(server), link, self._in_flight, self._rate_of(server), self._clock)
                for server, link in zip(self._servers, self._links, strict=True)
            )
        return loop

    @property
    def limit(self) -> int:
        """Questions a second that the server gets which gets the fewest; 0 where none has a limit."""
        return min(filter(None, map(self._rate_of, self._servers)), default=0)

    def _rate_of(self, server: Nameserver) -> int:
        rate = self._rate if self._rate is not None else 0 if server.is_private else PUBLIC_RATE
        return max(1, rate // self._sharers) if rate else 0

    # What an `Asking` needs

    def lanes(self) -> tuple[Lane, ...]:
        """The servers as listed; those at rest come last, as one of them may be all that there is."""
        if len(self._lanes) == 1:
            return self._lanes
        now = self._clock()
        return tuple(sorted(self._lanes, key=lambda lane: lane.rests_until > now))

    def watch(self, asking: Asking) -> None:
        """Look after it when it is due."""
        self._out.add(asking)
        if self._sweeper is None and self._loop is not None:
            self._sweeper = self._loop.call_later(TICK, self._sweep)

    def finished(self, asking: Asking, result: Result) -> None:
        """Keep the result and give it to all who wait."""
        self._out.discard(asking)
        self._asking.pop(asking.key, None)
        self._cache.keep(asking.key, result)
        for waiting in asking.waiting:
            if not waiting.done():
                waiting.set_result(result)

    def broken(self, asking: Asking, bug: Exception) -> None:
        """A bug reaches everybody who waits, and is not kept."""
        asking.done = True
        self._out.discard(asking)
        self._asking.pop(asking.key, None)
        for waiting in asking.waiting:
            if not waiting.done():
                waiting.set_exception(bug)

    def _sweep(self) -> None:
        now = self._clock()
        self._excuse_a_pause()
        for asking in [asking for asking in self._out if asking.due <= now]:
            asking.overdue(now)
        for lane in self._lanes:
            lane.review(now)
        busy = self._out or any(lane.queue for lane in self._lanes)
        self._sweeper = self._loop.call_later(TICK, self._sweep) if busy and self._loop else None

    def _excuse_a_pause(self) -> None:
        """Time in which this process did not run, on a machine that is too busy, is not the servers' silence."""
        if self._sweeper is None or self._loop is None:
            return
        late = self._loop.time() - self._sweeper.when()
        if late > PAUSE:
            for asking in self._out:
                asking.postpone(late)
