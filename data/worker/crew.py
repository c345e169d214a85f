"""Several processes of this machine that look at companies at once, each with its own sockets and cache.

They get ids and give back what is to be written; this process alone writes. A process that dies costs no company its
verdict: what it had in hand goes to another, in halves, so that whatever killed it is found.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from data.engine import DatabaseUnavailable
from data.observations import Rows
from data.worker import processes
from data.worker.look import BATCH, Looked, Store
from data.worker.member import Duty, Failed, Word
from data.worker.processes import Reserve, Started

PATIENCE = 1.5
"""Seconds that processes have to end what they do when they are told to stop."""

MOST_DEATHS = 25
"""Processes that may die in one scan before it is given up."""

_log = logging.getLogger(__name__)


class CrewLost(Exception):
    """Too many processes died. One sentence."""


@dataclass(frozen=True, slots=True)
class Crew:
    """`size` processes with the same duty, as far as there are any from the `reserve`. For fewer companies than
    `worth_it` starting them takes longer than it saves."""

    duty: Duty
    size: int
    worth_it: int = 4 * BATCH
    reserve: Reserve | None = None

    async def run(self, batches: Iterable[list[str]], store: Store) -> None:
        """Look at all the companies with these ids; `store` gets what came of them, and this waits for it.

        Cancelling stops the processes; what they had done by then is stored. Raises `DatabaseUnavailable` and
        `CrewLost`.
        """
        work = _Work(batches, store)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.size):
                    group.create_task(_keep_one(self, work))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    def start(self) -> Started:
        """One more process, which has its duty."""
        started = (self.reserve and self.reserve.take()) or processes.new()
        with suppress(OSError):  # it died: who listens to it is told
            started.pipe.send(self.duty)
        return started


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Work:
    """What is still to be done, and what was found broken."""

    def __init__(self, batches: Iterable[list[str]], store: Store) -> None:
        self._fresh: Iterator[list[str]] = iter(batches)
        self._again: deque[list[str]] = deque()
        self._deaths = 0
        self.store = store

    def next(self) -> list[str] | None:
        return self._again.popleft() if self._again else next(self._fresh, None)

    async def lost(self, batches: Sequence[Sequence[str]]) -> None:
        """A process died with these in hand."""
        self._deaths += 1
        if self._deaths > MOST_DEATHS:
            raise CrewLost(f"{self._deaths} processes of this scan died: is there enough memory?")
        for ids in batches:
            if len(ids) == 1:
                _log.error("company %r could not be judged: it kills the process", ids[0])
                await self.store(Looked((ids[0],), Rows({}, {}), (), (), broken=1))
            elif ids:
                self._again += [list(ids[: len(ids) // 2]), list(ids[len(ids) // 2 :])]


async def _keep_one(crew: Crew, work: _Work) -> None:
    """One process, and another in its place when it dies, until there is nothing left to do."""
    while True:
        one = _Member(crew.start(), work)
        try:
            if await one.serve() and not one.in_hand():
                return
        finally:
            await one.end()
        await work.lost(one.in_hand())


@dataclass(slots=True)
class _Hand:
    """The ids that a process was given and has not brought back, by batch."""

    batches: list[dict[str, None]] = field(default_factory=list)

    def give(self, ids: list[str]) -> None:
        self.batches.append(dict.fromkeys(ids))

    def take(self, ids: Iterable[str]) -> None:
        for id in ids:
            for batch in self.batches:
                if batch.pop(id, self) is None:
                    break
        self.batches = [batch for batch in self.batches if batch]


class _Member:
    """One process, as the one that writes sees it."""

    def __init__(self, started: Started, work: _Work) -> None:
        self._process, self._pipe = started
        self._work = work
        self._hand = _Hand()
        self._no_more = False
        self._said: asyncio.Queue[object] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self._ear = threading.Thread(target=self._listen, args=(loop,), name="listening", daemon=True)
        self._ear.start()

    def in_hand(self) -> list[list[str]]:
        return [list(batch) for batch in self._hand.batches]

    async def serve(self) -> bool:
        """Give it work and store what it finds, until all is done (True) or it dies (False)."""
        while True:
            match await self._said.get():
                case Word.HUNGRY:
                    self._give()
                case Looked() as looked:
                    await asyncio.shield(self._store(looked))
                case Failed() as failed:
                    raise DatabaseUnavailable(failed.why) if failed.of_database else RuntimeError(failed.why)
                case Word.DONE:
                    return True
                case _:
                    return False

    async def end(self) -> None:
        """See the process end: at once where it is done, soon where it is to stop."""
        self._tell(Word.STOP)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    while (said := await self._said.get()) not in (Word.DONE, _GONE):
                        if isinstance(said, Looked):
                            await self._store(said)
        finally:
            self._process.kill()
            self._process.join()
            self._ear.join()
            self._pipe.close()

    def _give(self) -> None:
        """Ids, or that there are no more: then what another leaves behind is for the one in that one's place."""
        ids = None if self._no_more else self._work.next()
        self._no_more = ids is None
        if ids is not None:
            self._hand.give(ids)
        self._tell(ids)

    async def _store(self, looked: Looked) -> None:
        await self._work.store(looked)
        self._hand.take(looked.ids)
        self._tell(Word.STORED)

    def _tell(self, what: Word | list[str] | None) -> None:
        with suppress(OSError):  # it died: its ear tells
            self._pipe.send(what)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, until the process is gone."""
        with suppress(EOFError, OSError):
            while True:
                loop.call_soon_threadsafe(self._said.put_nowait, self._pipe.recv())
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._said.put_nowait, _GONE)


_GONE = object()
