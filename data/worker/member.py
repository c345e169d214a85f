"""A process that looks at companies for another one, which writes: what it is told, what it says."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import traceback
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from multiprocessing.connection import Connection

from sqlalchemy.exc import DBAPIError

from checks import fleet
from checks.platform import Platform
from checks.resolver import LiveResolver
from checks.resolver.cache import Bounds
from data.engine import DatabaseUnavailable, connect, sentence
from data.worker.look import Look, Looked

AHEAD = 2
"""Batches that a process has in hand beyond the one that it works at."""


class Word(Enum):
    """What the two say to each other, beside ids (None: there are no more) and what came of them."""

    HUNGRY = "give me ids"
    STORED = "what you sent last is stored"
    STOP = "stop: say what is done, and end"
    DONE = "all is said"


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot go on. `why`: one sentence where the database is the reason, else the traceback of a bug."""

    why: str
    of_database: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """What a process needs to know. Plain values that go to another process; they may hold a database's password."""

    database: str
    platform: Platform
    nameservers: tuple[str, ...]
    queries_per_second: int | None = None
    sharers: int = 1
    """Processes with this duty: together they ask each server no more than one alone would, and remember as much."""
    width: int = fleet.WIDTH
    deadline: float = fleet.DEADLINE

    def __repr__(self) -> str:
        return "Duty(…)"


def main(pipe: Connection) -> None:
    """The process. It is told its duty first, and ends when it is told to, and when the other one is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they are for the one that writes, which tells us
        signal.signal(number, signal.SIG_IGN)
    collect_seldom()
    with suppress(OSError, EOFError):
        duty: Duty = pipe.recv()
        asyncio.run(_Talk(pipe).work(duty))


def _resolver(duty: Duty) -> LiveResolver:
    return LiveResolver(
        duty.nameservers or None,
        queries_per_second=duty.queries_per_second,
        sharers=duty.sharers,
        bounds=Bounds(memory=Bounds().memory // duty.sharers),
    )


def collect_seldom() -> None:
    """For a process that scans: what a judgement makes is nearly all gone before a collection would look at it, and
    what was loaded before stays."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Talk:
    """This process's end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._speaking = ThreadPoolExecutor(1, "speaking")  # one word after the other
        self._ids: asyncio.Queue[list[str] | None] = asyncio.Queue()
        self._stored = asyncio.Event()

    async def work(self, duty: Duty) -> None:
        """Look at what is given; say why when that is not possible."""
        looking = asyncio.create_task(self._look(duty))
        arguments = (asyncio.get_running_loop(), looking)
        threading.Thread(target=self._listen, args=arguments, name="listening", daemon=True).start()
        try:
            await looking
        except asyncio.CancelledError:
            await self._say(Word.DONE)
        except DatabaseUnavailable as problem:
            await self._say(Failed(str(problem), of_database=True))
        except Exception:
            await self._say(Failed(traceback.format_exc(), of_database=False))
        else:
            await self._say(Word.DONE)

    async def _look(self, duty: Duty) -> None:
        engine = connect(duty.database)
        try:
            async with _resolver(duty) as resolver:
                width, deadline = duty.width, duty.deadline
                look = Look(engine, duty.platform, resolver, self._hand_on, width=width, deadline=deadline)
                await look.run(self._batches())
        except DBAPIError as error:
            raise DatabaseUnavailable(sentence(engine, error)) from None
        finally:
            engine.dispose()

    async def _batches(self) -> AsyncIterator[list[str]]:
        for _ in range(AHEAD):
            await self._say(Word.HUNGRY)
        while (ids := await self._ids.get()) is not None:
            await self._say(Word.HUNGRY)
            yield ids

    async def _hand_on(self, looked: Looked) -> None:
        if looked.says_something:
            self._stored.clear()
            await self._say(looked)
            await self._stored.wait()

    async def _say(self, what: Word | Looked | Failed) -> None:
        await asyncio.get_running_loop().run_in_executor(self._speaking, self._pipe.send, what)

    def _listen(self, loop: asyncio.AbstractEventLoop, looking: asyncio.Task[None]) -> None:
        """In a thread of its own. When the other process is gone nobody stores what we find, and this one ends too."""
        with suppress(EOFError, OSError, RuntimeError):  # RuntimeError: the loop has ended
            while True:
                match self._pipe.recv():
                    case Word.STORED:
                        loop.call_soon_threadsafe(self._stored.set)
                    case Word.STOP:
                        loop.call_soon_threadsafe(looking.cancel)
                    case ids:
                        loop.call_soon_threadsafe(self._ids.put_nowait, ids)
        os._exit(0)
