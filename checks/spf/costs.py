"""What a record costs a sender that nothing matches: terms, and voids per address family (RFC 7208 4.6.4).

The names of `a`, `mx` and `exists` are looked up for it, so that a term that finds nothing is known. What
cannot be known without a sender (macros, `ptr`) or could not be looked up makes a count a range.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal, NamedTuple

from checks.lookup import Absent, Answer, Asked, LookupFailed, RecordType, Resolver, lookup_all, usable
from checks.lookup import Result as LookupResult
from checks.spf.outcome import MAX_NAMES
from checks.spf.record import Directive, Mechanism, Modifier
from checks.spf.tree import Node, NodeState, Tree, counts_as, named

MAX_LOOKUPS = 100
"""For the terms of one tree. What comes behind is not known."""

MAX_COSTS = 500
"""Terms that are counted; where there are more, the counts are the least."""

Family = Literal[4, 6]
_ADDRESSES: dict[Family, RecordType] = {4: RecordType.A, 6: RecordType.AAAA}


@dataclass(frozen=True, slots=True)
class Count:
    """From `least` to `most`; no `most` where a part of the tree could not be read."""

    least: int
    most: int | None

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


class Cost(NamedTuple):
    """One term that looks something up, where evaluation can get to it: in which node of the tree, and what it
    names (None where that depends on the sender). `void4`, `void6`: whether it finds nothing for a sender of that
    family; None is not known. An include without a record ends the evaluation, so it is no void here."""

    node: int
    term: Directive | Modifier
    name: str | None
    void4: bool | None = False
    void6: bool | None = False
    exchangers: int = 0
    failures: tuple[LookupFailed, ...] = ()

    def void(self, family: Family) -> bool | None:
        return self.void4 if family == 4 else self.void6

    @property
    def names_nothing(self) -> bool:
        """Whether it finds nothing, whoever sends."""
        return bool(self.void4 and self.void6)

    @property
    def terms(self) -> int:
        return counts_as(self.term)

    @property
    def depends_on_sender(self) -> bool:
        return self.name is None or (
            isinstance(self.term, Directive) and self.term.mechanism is Mechanism.PTR
        )


@dataclass(frozen=True)  # no slots: the counts are kept with it
class Costs:
    """Every term that costs a look-up. `complete`: nothing of the tree was left unread; `all_asked`: nor of what the
    terms name."""

    items: tuple[Cost, ...] = ()
    complete: bool = True
    all_asked: bool = True

    @property
    def terms(self) -> Count:
        least = sum(item.terms for item in self.items)
        return Count(least, least if self.complete else None)

    def voids(self, family: Family) -> Count:
        return self._voids[family]

    @cached_property
    def _voids(self) -> dict[Family, Count]:
        return {4: self._count([i.void4 for i in self.items]), 6: self._count([i.void6 for i in self.items])}

    def _count(self, void: list[bool | None]) -> Count:
        least = void.count(True)
        return Count(least, least + void.count(None) if self.complete else None)

    @property
    def failures(self) -> tuple[LookupFailed, ...]:
        return tuple(dict.fromkeys(failure for item in self.items for failure in item.failures))


NOTHING_COUNTED = Costs()


async def measure(tree: Tree, resolver: Resolver) -> Costs:
    """Look up what the terms of the tree name, each name once, at most MAX_LOOKUPS in all."""
    every = (
        (at, term, named(term, node.name)) for at, node in enumerate(tree.nodes) for term in _costly(node)
    )
    terms = list(islice(every, MAX_COSTS + 1))
    asking = _Asking(resolver)
    await asking.ask(a for _, term, name in terms if name for a in _first(term, name))
    await asking.ask(a for _, term, name in terms if name for a in asking.exchangers(term, name))
    endless = any(n.reachable and n.state is NodeState.LOOP for n in tree.odd)
    complete = tree.complete and not endless and len(terms) <= MAX_COSTS
    return Costs(tuple(asking.cost(*term) for term in terms), complete, asking.had_room)


def _costly(node: Node) -> tuple[Directive | Modifier, ...]:
    return node.record.costly if node.reachable and node.record else ()


def _mechanism(term: Directive | Modifier) -> Mechanism | None:
    return term.mechanism if isinstance(term, Directive) else None


def _first(term: Directive | Modifier, name: str) -> list[Asked]:
    """What a term asks for to begin with. `exists` asks for A, whoever sends (RFC 7208 5.7)."""
    match _mechanism(term):
        case Mechanism.A:
            return [(name, RecordType.A), (name, RecordType.AAAA)]
        case Mechanism.EXISTS:
            return [(name, RecordType.A)]
        case Mechanism.MX:
            return [(name, RecordType.MX)]
        case _:
            return []


class _Asking:
    """What was asked so far, and what that says of a term."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.known: dict[Asked, LookupResult] = {}
        self.had_room = True

    async def ask(self, wanted: Iterable[Asked]) -> None:
        room = MAX_LOOKUPS - len(self.known)
        new = [a for a in dict.fromkeys(wanted) if a not in self.known and usable(a[0])]
        self.had_room = self.had_room and len(new) <= room
        if new := new[:room]:
            self.known.update(zip(new, await lookup_all(self.resolver, new), strict=True))

    def exchangers(self, term: Directive | Modifier, name: str) -> list[Asked]:
        if _mechanism(term) is not Mechanism.MX:
            return []
        return [(host, type) for host in self._hosts(name) for type in _ADDRESSES.values()]

    def _hosts(self, name: str) -> list[str]:
        found = self.known.get((name, RecordType.MX))
        exchangers = found.exchangers if isinstance(found, Answer) else ()
        return [mx.exchange for mx in exchangers if mx.exchange][:MAX_NAMES]

    def cost(self, node: int, term: Directive | Modifier, name: str | None) -> Cost:
        mechanism = _mechanism(term)
        if mechanism in (None, Mechanism.INCLUDE):
            return Cost(node, term, name)
        if name is None or mechanism is Mechanism.PTR:
            return Cost(node, term, name, None, None)
        void4, void6 = self._void(term, name, 4), self._void(term, name, 6)
        asked = [*_first(term, name), *self.exchangers(term, name)]
        failures = tuple(f for a in asked if isinstance(f := self.known.get(a), LookupFailed))
        found = self.known.get((name, RecordType.MX)) if mechanism is Mechanism.MX else None
        count = len(found.exchangers) if isinstance(found, Answer) else 0
        return Cost(node, term, name, void4, void6, count, failures)

    def _void(self, term: Directive | Modifier, name: str, family: Family) -> bool | None:
        """A term is void when all that it asks for does not exist (docs/decisions/voids.md)."""
        if not usable(name):
            return False  # costs no query: docs/decisions/voids.md
        match _mechanism(term):
            case Mechanism.A:
                return self._absent((name, _ADDRESSES[family]))
            case Mechanism.MX if isinstance(self.known.get((name, RecordType.MX)), Answer):
                absent = [self._absent((h, _ADDRESSES[family])) for h in self._hosts(name)]
                return False if False in absent else None if None in absent else True
            case Mechanism.MX:
                return self._absent((name, RecordType.MX))
            case _:
                return self._absent((name, RecordType.A))

    def _absent(self, asked: Asked) -> bool | None:
        found = self.known.get(asked)
        if found is None and not usable(asked[0]):
            return True
        return None if found is None or isinstance(found, LookupFailed) else isinstance(found, Absent)
