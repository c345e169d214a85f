"""The look-ups of one check, counted as they are made: ten terms and two void ones for all of it (RFC 7208 4.6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from checks.lookup import Absent, LookupFailed, RecordType, Resolver, lookup_all
from checks.lookup import Result as LookupResult
from checks.spf.memo import Remembered
from checks.spf.outcome import MAX_TERMS, MAX_VOIDS, Problem, ProblemKind, Result
from checks.spf.trace import Tracer


class Stop(Exception):
    """Ends the evaluation at once with permerror or temperror (RFC 7208 2.6.6, 2.6.7)."""

    def __init__(self, result: Result, problem: Problem) -> None:
        self.result = result
        self.problem = problem


class Counted:
    """Look-ups whose counts are for the whole check, however deep the includes; `Stop` beyond a limit.

    `by_query`: each empty query is a void, as pyspf has it, in place of each term whose queries all are.
    """

    __slots__ = ("_resolver", "_tracer", "by_query", "decided", "terms", "void_queries", "void_terms")

    def __init__(self, resolver: Resolver, by_query: bool, tracer: Tracer | None) -> None:
        self.by_query = by_query
        self.terms = 0
        self.void_terms = 0
        self.void_queries = 0
        self.decided = False
        """What exp= looks up behind the result counts nowhere (RFC 7208 4.6.4)."""
        self._resolver = resolver
        self._tracer = tracer

    @property
    def voids(self) -> int:
        return self.void_queries if self.by_query else self.void_terms

    @property
    def sums(self) -> tuple[int, int, int]:
        """Terms, void terms and void queries."""
        return self.terms, self.void_terms, self.void_queries

    def since(self, before: tuple[int, int, int]) -> tuple[int, int, int]:
        """The same, counted since."""
        return self.terms - before[0], self.void_terms - before[1], self.void_queries - before[2]

    def again(self, known: Remembered) -> bool:
        """Count what was counted before, unless that runs into a limit."""
        terms = self.terms + known.terms
        void_terms, void_queries = self.void_terms + known.void_terms, self.void_queries + known.void_queries
        if terms > MAX_TERMS or (void_queries if self.by_query else void_terms) > MAX_VOIDS:
            return False
        self.terms, self.void_terms, self.void_queries = terms, void_terms, void_queries
        return True

    async def lookup(self, name: str, type: RecordType) -> LookupResult:
        found = await self._resolver.lookup(name, type)
        self.note(found)
        return found

    async def lookup_all(self, names: Sequence[str], type: RecordType) -> list[LookupResult]:
        found = await lookup_all(self._resolver, [(name, type) for name in names])
        for answer in found:
            self.note(answer)
        return found

    def note(self, found: LookupResult) -> None:
        """One query, and what came back."""
        if self.decided:
            return
        if self._tracer:
            self._tracer.looked_up(found)
        if isinstance(found, Absent):
            self.void_queries += 1
            if self.by_query and self.void_queries > MAX_VOIDS:
                permerror(ProblemKind.VOID_LIMIT, found.name)

    def term(self, name: str, term: str) -> None:
        """One more term of a name's record that looks something up."""
        if self.decided:
            return
        self.terms += 1
        if self.terms > MAX_TERMS:
            permerror(ProblemKind.TERM_LIMIT, name, term)

    def void_term(self, name: str, term: str, target: str) -> None:
        """One of them found nothing at its target."""
        self.void_terms += 1
        if not self.by_query and self.void_terms > MAX_VOIDS:
            permerror(ProblemKind.VOID_LIMIT, name, term, target)


def permerror(kind: ProblemKind, name: str, term: str = "", detail: str = "") -> NoReturn:
    raise Stop(Result.PERMERROR, Problem(kind, name, term, detail))


def temperror(name: str, term: str, failed: LookupFailed) -> NoReturn:
    said_by = f" from {failed.server}" if failed.server else ""
    detail = f"{failed.name} {failed.type}: {failed.reason}{said_by}"
    raise Stop(Result.TEMPERROR, Problem(ProblemKind.LOOKUP_FAILED, name, term, detail))
