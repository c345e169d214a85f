"""Work that SIGINT and SIGTERM stop in an orderly way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Generic, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM)

T = TypeVar("T")


class Stoppable(Generic[T]):
    """The first signal cancels the work, the second one ends the process at once. `signal`: which one it was, 0 for
    none."""

    def __init__(self, work: Coroutine[None, None, T]) -> None:
        self._work = work
        self.signal = 0

    async def run(self) -> T | None:
        """What the work returns, or None when a signal stopped it: what it does when it is cancelled is done then."""
        work = asyncio.create_task(self._work)
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            self.signal = number
            for each in SIGNALS:
                loop.remove_signal_handler(each)
            work.cancel()

        for each in SIGNALS:
            loop.add_signal_handler(each, stop, each)
        try:
            return await work
        except asyncio.CancelledError:
            if not self.signal:
                raise
            return None
