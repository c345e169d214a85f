"""The database as a process that scans writes it: by one thread of its own, so that the event loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data.engine import writing

T = TypeVar("T")


class Database:
    """The database, written by one thread alone."""

    def __init__(self, engine: Engine, thread: ThreadPoolExecutor) -> None:
        self._engine = engine
        self.thread = thread

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do this in a transaction, also when nobody waits for it any more."""

        def transaction() -> T:
            with writing(self._engine) as session:
                return work(session)

        return await asyncio.shield(self._in_thread(transaction))

    async def read(self, work: Callable[[Session], T]) -> T:
        def transaction() -> T:
            with Session(self._engine) as session:
                return work(session)

        return await self._in_thread(transaction)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self.thread, work)


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Database]:
    thread = ThreadPoolExecutor(1, "database")
    try:
        yield Database(engine, thread)
    finally:
        thread.shutdown()
