"""Many items judged at once: bounded, streaming, and none of them lost.

Items are taken in as there is room and results come out as they are ready, so that a fleet of any size needs
the memory of `width` items, and one slow item holds up nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from checks.lookup import Asked, FailureReason, LookupFailed, RecordType, Resolver, Result, expect
from checks.tasks import asked_to_stop

Item = TypeVar("Item")
Judged = TypeVar("Judged")
Judge = Callable[[Item, Resolver], Awaitable[Judged]]

WIDTH = 256
DEADLINE = 30.0

TOO_LATE = "deadline"
"""The `server` of a look-up that was not even sent, because the item's time was up."""


def width_for(limit: int) -> int:
    """How many items may be under way where so many questions a second are asked (0: no limit).

    An item's time runs while its questions wait for those of the others. It has about ten of them: so many items as
    questions a second are done in ten seconds.
    """
    return min(WIDTH, limit) if limit else WIDTH


class DeadlineResolver:
    """Another resolver for so many seconds; from then on every look-up is `LookupFailed(TIMEOUT)` at once.

    So an item whose name servers do not answer is judged on what was heard in time, and not lost. A resolver that
    says how long a look-up of its own takes at most (`patience`, in seconds) is asked nothing new so long before the
    end, and needs no clock for each look-up; what it knows already (`find`) it says at any time.
    """

    def __init__(self, below: Resolver, seconds: float) -> None:
        self._below = below
        self._patience: float | None = getattr(below, "patience", None)
        self._find: Callable[[str, RecordType], Result | None] = getattr(below, "find", _nothing)
        self._deadline = time.monotonic() + seconds

    async def lookup(self, name: str, type: RecordType) -> Result:
        if (known := self._find(name, type)) is not None:
            return known
        left = self._deadline - time.monotonic()
        if left <= (self._patience or 0):
            return LookupFailed(name, type, FailureReason.TIMEOUT, TOO_LATE, time.time())
        if self._patience is not None:
            return await self._below.lookup(name, type)
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                return await self._below.lookup(name, type)
        return LookupFailed(name, type, FailureReason.TIMEOUT, "", time.time())

    def expect(self, asked: Iterable[Asked]) -> None:
        if self._deadline - time.monotonic() > (self._patience or 0):
            expect(self._below, asked)


def _nothing(_name: str, _type: RecordType) -> Result | None:
    return None


async def judge_all(
    items: AsyncIterable[Item],
    judge: Judge[Item, Judged],
    resolver: Resolver,
    *,
    width: int = WIDTH,
    deadline: float = DEADLINE,
) -> AsyncGenerator[Judged, None]:
    """What `judge` says of each item, in the order in which it is ready.

    `judge` gets the item and a resolver that stops answering `deadline` seconds after the item was begun. At
    most `width` items are held from being taken in until their result was taken out, so a slow reader slows
    the intake. What `items` or `judge` raises ends it all and is raised here. Close the iterator
    (`contextlib.aclosing`) to stop early: what is under way is cancelled and waited for.
    """
    room = asyncio.Semaphore(width)
    ready: asyncio.Queue[Judged | _End] = asyncio.Queue()

    async def one(item: Item) -> None:
        try:
            ready.put_nowait(await judge(item, DeadlineResolver(resolver, deadline)))
        except asyncio.CancelledError as cancelled:
            if not asked_to_stop():  # a task group would take it for a quiet end, and the item would be lost
                raise RuntimeError(f"the judgement of {item!r} cancelled itself") from cancelled
            raise

    async def all_of_them() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                async for item in items:
                    await room.acquire()
                    group.create_task(one(item))
        finally:
            ready.put_nowait(_END)

    work = asyncio.create_task(all_of_them())
    try:
        while not isinstance(judged := await ready.get(), _End):
            yield judged
            room.release()
        await work
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


class _End:
    """Stands behind the last result."""


_END = _End()
