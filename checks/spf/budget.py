"""What each term costs a sender that it does not match: terms, and voids per address family (RFC 7208 4.6.4).

An upper bound, whoever sends: so an order of terms within ten and two is within them for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto

from checks.lookup import Absent, Answer, LookupFailed, RecordType, Resolver, usable
from checks.spf import macro, record
from checks.spf.macro import Macro, Values
from checks.spf.outcome import MAX_NAMES
from checks.spf.record import Directive, Mechanism, Modifier, Record
from checks.spf.tree import counts_as, ends_with_all, reachable_directives

MOST_RECORDS = 200
MOST_DEPTH = 20
"""A tree beyond these is over every limit anyway, and told as broken."""
MOST_LOOKUPS = 500
"""Beyond these, addresses are not looked up any more but counted as void: still an upper bound."""
_FAMILIES = (RecordType.A, RecordType.AAAA)


class Fault(Flag):
    """Why a sender does not get past a term, or why that cannot be said."""

    NONE = 0
    DEAD = auto()
    """The name has no SPF record: permerror (RFC 7208 5.2, 6.1)."""
    BROKEN = auto()
    """Permerror inside: syntax, several records, a loop, more than ten exchangers."""
    FAILED = auto()
    """A look-up failed: temperror, today."""
    UNKNOWN = auto()
    """The name depends on the sender."""


ERRORS = Fault.DEAD | Fault.BROKEN | Fault.FAILED


@dataclass(frozen=True, slots=True)
class Cost:
    """`terms` at most and `least` at fewest; `voids` at most, from IPv4 and from IPv6."""

    terms: int = 0
    least: int = 0
    voids: tuple[int, int] = (0, 0)
    fault: Fault = Fault.NONE

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.terms + other.terms,
            self.least + other.least,
            (self.voids[0] + other.voids[0], self.voids[1] + other.voids[1]),
            self.fault | other.fault,
        )


def total(costs: list[Cost]) -> Cost:
    return sum(costs, Cost())


class Meter:
    """Measures the terms of one domain's record; remembers the records below it."""

    def __init__(self, domain: str, resolver: Resolver) -> None:
        self._domain = domain
        self._resolver = resolver
        self._known: dict[str, Cost] = {}
        self._records: dict[str, Record] = {}
        self._lookups = 0

    @property
    def records(self) -> dict[str, Record]:
        """The records seen below the domain, by name."""
        return self._records

    async def term(self, term: Directive | Modifier, at: str = "", path: tuple[str, ...] = ()) -> Cost:
        """One term of the record at `at` (the domain itself if empty), with everything below it."""
        at = at or self._domain
        path = path or (at,)
        if isinstance(term, Modifier):
            return await self._below(term, at, path) if term.name == "redirect" else Cost()
        if not term.costs_lookup:
            return Cost()
        if term.mechanism is Mechanism.INCLUDE:
            return await self._below(term, at, path)
        target = self._name(term.domain, at)
        self._lookups += 1
        if target is None or term.mechanism is Mechanism.PTR or self._lookups > MOST_LOOKUPS:
            taken = counts_as(term)
            return Cost(taken, taken, (1, 1))
        match term.mechanism:
            case Mechanism.A:
                return await self._addresses([target])
            case Mechanism.MX:
                return await self._exchangers(target)
            case _:
                return await self._exists(target)

    def _name(self, domain: Macro | None, at: str) -> str | None:
        """The name meant, or None when it depends on the sender."""
        if domain is None:
            return at
        if not domain.letters <= {"d", "o"}:
            return None
        return macro.expand_domain(domain, Values(sender_domain=self._domain, domain=at))

    async def _below(self, term: Directive | Modifier, at: str, path: tuple[str, ...]) -> Cost:
        name = self._name(term.domain, at)
        if name is None:
            taken = counts_as(term)
            return Cost(taken, taken, fault=Fault.UNKNOWN)
        if name in path or len(path) > MOST_DEPTH:
            return Cost(1, 1, fault=Fault.BROKEN)
        if name not in self._known:
            if len(self._records) >= MOST_RECORDS:
                return Cost(1, 1, fault=Fault.BROKEN)
            self._known[name] = await self._record(name, (*path, name))
        return Cost(1, 1) + self._known[name]

    async def _record(self, name: str, path: tuple[str, ...]) -> Cost:
        if not usable(name) or "." not in name:
            return Cost(fault=Fault.DEAD)
        found = await self._resolver.lookup(name, RecordType.TXT)
        if isinstance(found, LookupFailed):
            return Cost(fault=Fault.FAILED)
        records = record.select(found.texts) if isinstance(found, Answer) else ()
        if not records:
            return Cost(fault=Fault.DEAD)
        parsed = record.parse(records[0])
        if len(records) > 1 or parsed.problems:
            return Cost(fault=Fault.BROKEN)
        self._records[name] = parsed
        return await self._parsed(parsed, name, path)

    async def _parsed(self, parsed: Record, name: str, path: tuple[str, ...]) -> Cost:
        """A whole record. `least`: a sender refused by one term of an include goes on behind the include."""
        spent = Cost()
        least = 0
        refused = False
        steps: list[Directive | Modifier] = list(reachable_directives(parsed))
        if parsed.redirect and not ends_with_all(parsed):
            steps.append(parsed.redirect)
        for step in steps:
            cost = await self.term(step, name, path)
            fault = Fault.BROKEN if cost.fault & Fault.DEAD else Fault.NONE
            spent += Cost(cost.terms, 0, cost.voids, (cost.fault & ~Fault.DEAD) | fault)
            least += 0 if refused else cost.least
            refused = refused or (isinstance(step, Directive) and step.qualifier != "+")
        return Cost(spent.terms, least, spent.voids, spent.fault)

    async def _addresses(self, names: list[str]) -> Cost:
        """One term that asks for addresses: void in a family when none of the names has one there."""
        voids, fault = [], Fault.NONE
        for family in _FAMILIES:
            answers = [await self._resolver.lookup(n, family) for n in names if usable(n)]
            if any(isinstance(a, LookupFailed) for a in answers):
                fault = Fault.FAILED
            voids.append(int(all(isinstance(a, Absent) for a in answers)))
        return Cost(1, 1, (voids[0], voids[1]), fault)

    async def _exchangers(self, name: str) -> Cost:
        found = await self._resolver.lookup(name, RecordType.MX) if usable(name) else None
        if isinstance(found, LookupFailed):
            return Cost(1, 1, fault=Fault.FAILED)
        if not isinstance(found, Answer):
            return Cost(1, 1, (1, 1))
        if len(found.exchangers) > MAX_NAMES:
            return Cost(1, 1, fault=Fault.BROKEN)
        return await self._addresses([mx.exchange for mx in found.exchangers if mx.exchange])

    async def _exists(self, name: str) -> Cost:
        found = await self._resolver.lookup(name, RecordType.A) if usable(name) else None
        if isinstance(found, LookupFailed):
            return Cost(1, 1, fault=Fault.FAILED)
        return Cost(1, 1) if isinstance(found, Answer) else Cost(1, 1, (1, 1))
