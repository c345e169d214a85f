"""What a scan sees is remembered, and what it cannot see is what was known before. Unknown is not failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from checks.fleet import TOO_LATE
from checks.lookup import LookupFailed, RecordType, Resolver, Result
from data.observations import Key, Observation

Recall = Callable[[Key], Awaitable[Observation | None]]
"""Reads what the store knows of a name and type."""

NOTED = 100_000
"""How many names and types are kept in mind as noted, so that a shared one is not written again and again."""


class Memory:
    """What one scan has seen and not yet stored, and the way to what was known before.

    `answered`, `failed`: how many look-ups were, those from a cache too.
    """

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._unstored: dict[Key, Observation] = {}
        self._noted: dict[Key, float] = {}
        self.answered = 0
        self.failed = 0

    def note(self, seen: Result) -> None:
        """To be stored, unless it is what was noted last (a cache gives the same answer many times)."""
        key = seen.name, seen.type
        if self._noted.get(key) == seen.at:
            return
        if len(self._noted) >= NOTED:
            self._noted.clear()
        self._noted[key] = seen.at
        before = self._unstored.get(key)
        self._unstored[key] = before.then(seen) if before else Observation.of(seen)

    def take(self) -> list[Observation]:
        """What is to be stored now; what is taken must be, before the next `known` reads the store."""
        taken = list(self._unstored.values())
        self._unstored.clear()
        return taken

    async def known(self, key: Key) -> Result | None:
        """The last definite answer, from this scan or the store; None if there never was one."""
        held = self._unstored.get(key)
        if held is None or isinstance(held.result, LookupFailed):
            held = await self._recall(key)
        return None if held is None or isinstance(held.result, LookupFailed) else held.result


class RememberingResolver:
    """Another resolver whose answers are noted. Where it fails, the last known answer stands in, with its own
    `at`, and the failure is noted beside it; `LookupFailed` is left for what was never known.

    One for each judgement: `complete` turns false when an older answer stood in.
    """

    def __init__(self, below: Resolver, memory: Memory) -> None:
        self._below = below
        self._memory = memory
        self.complete = True

    async def lookup(self, name: str, type: RecordType) -> Result:
        seen = await self._below.lookup(name, type)
        if isinstance(seen, LookupFailed):
            return await self._instead(seen)
        self._memory.answered += 1
        self._memory.note(seen)
        return seen

    async def _instead(self, failure: LookupFailed) -> Result:
        self._memory.failed += 1
        known = await self._memory.known((failure.name, failure.type))
        # What was not asked for want of time says nothing against what is known.
        if known is None or failure.server != TOO_LATE:
            self._memory.note(failure)
        if known is None:
            return failure
        self.complete = False
        return known
