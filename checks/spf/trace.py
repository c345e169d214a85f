"""The working of one evaluation, term by term. Built only when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from checks.lookup import Result as LookupResult


@dataclass(frozen=True, slots=True)
class Step:
    """One term as it was evaluated; the domain's own record comes first, with an empty `term`. Hostile text.

    `name`: whose record; `depth`: 0 for the domain's own and what it redirects to, one more in each include.
    `domain`: what the term names, before macro expansion; `target`: after it (empty where the term names none).
    `lookups`: what was asked for this very term. `terms`, `voids`: the counts of the whole check after it.
    `verdict`: matches | no match | followed (redirect) | ended (the check broke off here) | empty for the record.
    """

    name: str
    depth: int
    term: str
    qualifier: str
    domain: str
    target: str
    lookups: tuple[LookupResult, ...]
    terms: int
    voids: int
    verdict: str


@dataclass(slots=True)
class _Open:
    name: str
    depth: int
    term: str
    qualifier: str
    domain: str = ""
    target: str = ""
    lookups: list[LookupResult] = field(default_factory=list)
    terms: int = 0
    voids: int = 0
    verdict: str = "ended"


class Tracer:
    """Takes notes while an evaluation goes: terms are opened and closed like brackets."""

    def __init__(self) -> None:
        self._all: list[_Open] = []
        self._open: list[_Open] = []
        self._depth = 0

    def begin(self, name: str, term: str, qualifier: str = "") -> None:
        step = _Open(name, self._depth, term, qualifier)
        self._all.append(step)
        self._open.append(step)

    def enter(self) -> None:
        """Into an include: what comes next is one deeper."""
        self._depth += 1

    def leave(self) -> None:
        self._depth -= 1

    def expanded(self, domain: str, target: str) -> None:
        if self._open:
            self._open[-1].domain, self._open[-1].target = domain, target

    def looked_up(self, found: LookupResult) -> None:
        if self._open:
            self._open[-1].lookups.append(found)

    def end(self, verdict: str, terms: int, voids: int) -> None:
        step = self._open.pop()
        step.verdict, step.terms, step.voids = verdict, terms, voids

    def steps(self, terms: int, voids: int) -> tuple[Step, ...]:
        """All of them in order; those that an error left open end with these counts."""
        while self._open:
            self.end("ended", terms, voids)
        return tuple(
            Step(
                s.name,
                s.depth,
                s.term,
                s.qualifier,
                s.domain,
                s.target,
                tuple(s.lookups),
                s.terms,
                s.voids,
                s.verdict,
            )
            for s in self._all
        )
