"""What was looked up lately, so that a fleet asks for a shared include once and not ten thousand times."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from checks.lookup import Absent, Answer, LookupFailed, Mx, Record, RecordType, Result, Txt

Key = tuple[str, RecordType]
Ask = Callable[[], Awaitable[Result]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long results are kept, in seconds, and how much of them: `memory` in octets, roughly.

    `shortest` also for a TTL of 0: within one check the same question gets the same answer. A no is kept for
    3 hours at most (RFC 2308 5), a failure for a fixed while (RFC 9520 3.2: between 1 second and 5 minutes).
    """

    shortest: float = 5.0
    longest: float = 86_400.0
    longest_no: float = 10_800.0
    failure: float = 10.0
    memory: int = 64 * 2**20

    def lifetime(self, result: Result) -> float:
        """Seconds for which a result may be given again."""
        match result:
            case Answer():
                return max(self.shortest, min(result.ttl, self.longest))
            case Absent():
                return max(self.shortest, min(result.ttl, self.longest_no))
            case LookupFailed():
                return self.failure


_PLACE, _RECORD = 1_000, 100  # octets that Python spends on keeping a result, and on each record in it


def weight(result: Result) -> int:
    """Roughly the octets that it takes to keep a result: most have a hundred, a hostile one has 64 kB."""
    records = result.records if isinstance(result, Answer) else ()
    return _PLACE + sum(_RECORD + _length(record) for record in records)


def _length(record: Record) -> int:
    match record:
        case Txt():
            return sum(_RECORD + len(string) for string in record.strings)
        case Mx():
            return len(record.exchange)
        case _:
            return len(record)


@dataclass(slots=True)
class _Asking:
    """A query under way, and how many wait for it."""

    task: asyncio.Task[Result]
    waiting: int = 0


class Cache:
    """Results by name and type; the least recently used go first. For one event loop.

    `clock` counts seconds from anywhere, steadily: a wall clock that is set back would keep things for ever.
    """

    def __init__(self, bounds: Bounds | None = None, *, clock: Clock = time.monotonic) -> None:
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, Result]] = OrderedDict()
        self._weight = 0
        self._asking: dict[Key, _Asking] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: Key, ask: Ask) -> Result:
        """The kept result, else that of the query under way, else of a new one.

        What `ask` raises reaches everybody who waits, and is not kept. When one of those who wait is
        cancelled, the query goes on for the others; when all are, it ends.
        """
        if (kept := self._fresh(key)) is not None:
            return kept
        asking = self._asking.get(key) or self._start(key, ask)
        asking.waiting += 1
        try:
            return await asyncio.shield(asking.task)
        finally:
            asking.waiting -= 1
            if not asking.waiting and not asking.task.done():
                self._forget(key, asking.task)  # now, so that nobody joins a query that is ending
                asking.task.cancel()

    async def aclose(self) -> None:
        """End the queries under way."""
        tasks = [asking.task for asking in self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Key, ask: Ask) -> _Asking:
        task = asyncio.create_task(self._ask_and_keep(key, ask))
        task.add_done_callback(lambda done: self._forget(key, done))
        asking = self._asking[key] = _Asking(task)
        return asking

    async def _ask_and_keep(self, key: Key, ask: Ask) -> Result:
        result = await ask()
        self._keep(key, result)
        return result

    def _forget(self, key: Key, task: asyncio.Task[Result]) -> None:
        """Only the task's own place: a cancelled query may end after another has taken it."""
        asking = self._asking.get(key)
        if asking is not None and asking.task is task:
            del self._asking[key]

    def _fresh(self, key: Key) -> Result | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        expires, result = kept
        if expires <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return result

    def _keep(self, key: Key, result: Result) -> None:
        self._drop(key)
        self._kept[key] = (self._clock() + self._bounds.lifetime(result), result)
        self._weight += weight(result)
        while self._weight > self._bounds.memory:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._weight -= weight(kept[1])
