"""What a scan sees is remembered, and what it cannot see is what was known before. Unknown is not failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from checks.fleet import TOO_LATE
from checks.lookup import LookupFailed, RecordType, Resolver, Result, expect, is_immediate
from data.observations import Key, Observation

Recall = Callable[[Key], Awaitable[Observation | None]]
"""Reads what the store knows of a name and type."""

NOTED = 20_000
"""How many names and types are kept in mind as noted, so that a shared one is not written again and again."""


class Memory:
    """What one process of a scan has seen and is not stored yet, and the way to what was known before."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._unstored: dict[Key, Observation] = {}
        self._leaving: dict[Key, Observation] = {}
        self._noted: dict[Key, tuple[float, int]] = {}
        self._answered = self._failed = 0
        self.changes = 0
        """How often something else was seen of a name and type than before: nothing that stands on several answers
        holds beyond it."""

    def note(self, seen: Result) -> int:
        """To be stored, unless it is what was noted last (a cache gives the same answer many times). The digest of
        what it says."""
        self._answered += 1
        key = seen.name, seen.type
        noted = self._noted.get(key)
        return noted[1] if noted and noted[0] == seen.at else self._keep(key, seen)

    async def instead(self, failure: LookupFailed) -> Result | None:
        """The last known answer of what could not be looked up; None when there never was one. Both are noted."""
        self._failed += 1
        key = failure.name, failure.type
        known = await self._known(key)
        # What was not asked for want of time says nothing against what is known.
        noted = self._noted.get(key)
        if (known is None or failure.server != TOO_LATE) and not (noted and noted[0] == failure.at):
            self._keep(key, failure)
        return known

    @contextmanager
    def leaving(self) -> Iterator[list[Observation]]:
        """What is to be stored now. It is remembered here until the block ends: then the store knows it."""
        self._leaving, self._unstored = self._unstored, {}
        try:
            yield list(self._leaving.values())
        finally:
            self._leaving = {}

    def counted(self) -> tuple[int, int]:
        """How many look-ups were answered, and failed, since this was asked last; those from a cache too."""
        counts = self._answered, self._failed
        self._answered = self._failed = 0
        return counts

    def _keep(self, key: Key, seen: Result) -> int:
        if len(self._noted) >= NOTED:
            self._noted.clear()
        before = self._unstored.get(key)
        kept = self._unstored[key] = before.then(seen) if before else Observation.of(seen)
        noted = self._noted.get(key)
        self.changes += noted is not None and noted[1] != kept.digest
        self._noted[key] = seen.at, kept.digest
        return kept.digest

    async def _known(self, key: Key) -> Result | None:
        """The last definite answer, from this scan or the store."""
        for held in (self._unstored.get(key), self._leaving.get(key)):
            if held and not isinstance(held.result, LookupFailed):
                return held.result
        stored = await self._recall(key)
        return None if stored is None or isinstance(stored.result, LookupFailed) else stored.result


class RememberingResolver:
    """Another resolver whose answers are noted. Where it fails, the last known answer stands in, with its own
    `at`, and the failure is noted beside it; `LookupFailed` is left for what was never known.

    One for each judgement: `complete` turns false when an older answer stood in. `seen`: what was asked for, with a
    digest of the answer; `settled` turns false when anything failed.
    """

    def __init__(self, below: Resolver, memory: Memory) -> None:
        self._below = below
        self.immediate = is_immediate(below)
        self._memory = memory
        self.complete = self.settled = True
        self.seen: dict[Key, int] = {}

    async def lookup(self, name: str, type: RecordType) -> Result:
        seen = await self._below.lookup(name, type)
        if not isinstance(seen, LookupFailed):
            self.seen[name, type] = self._memory.note(seen)
            return seen
        self.settled = False
        known = await self._memory.instead(seen)
        if known is None:
            return seen
        self.complete = False
        return known

    def expect(self, asked: Iterable[Key]) -> None:
        expect(self._below, asked)
