"""The whole tree of a domain's SPF record, past every limit: for people, for counts, and for who is named.

The evaluator stops at the first match; this does not, so it never decides a result. Names with macros depend on
the sender and are counted but not followed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from checks.domain_name import is_below
from checks.lookup import Absent, LookupFailed, RecordType, Resolver, Txt, lookup_all, usable
from checks.lookup import Result as LookupResult
from checks.spf import macro, record
from checks.spf.macro import Values
from checks.spf.outcome import MAX_TERMS
from checks.spf.record import Directive, Modifier, Record

MAX_NODES = 100
MAX_DEPTH = 12
MAX_OCTETS = 32768
"""Of all records together, the domain's own apart. What comes behind is not read."""
MAX_SECONDS = 15.0
"""No look-ups are begun after so long."""


class NodeState(StrEnum):
    """What was found at a name of the tree."""

    RECORD = "record"
    NO_RECORD = "no SPF record"
    NO_SUCH_NAME = "no such name"
    SEVERAL = "several SPF records"
    FAILED = "look-up failed"
    LOOP = "already being evaluated"
    MACRO = "depends on the sender"
    TOO_MANY = "not followed: the tree is too large"
    TOO_LATE = "not followed: the look-ups took too long"


UNREAD = frozenset({NodeState.FAILED, NodeState.TOO_MANY, NodeState.TOO_LATE, NodeState.MACRO})
"""States behind which there may be more than the tree shows."""


class Node(NamedTuple):
    """One name in the tree. `via`: the term that led here (empty at the root), in `parent`'s record (its index).

    `reachable` is False behind an `all`. `failure` is set for FAILED.
    """

    name: str
    state: NodeState
    depth: int
    via: str = ""
    parent: int = -1
    reachable: bool = True
    records: tuple[Record, ...] = ()
    failure: LookupFailed | None = None

    @property
    def record(self) -> Record | None:
        return self.records[0] if self.state is NodeState.RECORD else None


@dataclass(frozen=True)  # no slots: what many checks ask of it is kept with it
class Tree:
    """The nodes, each after its parent; the root is the first. `texts`: every TXT record of the root;
    `published`: the same with their strings apart. `seconds`: how long the walk took."""

    nodes: tuple[Node, ...]
    texts: tuple[bytes, ...] = ()
    published: tuple[Txt, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def root(self) -> Node:
        return self.nodes[0]

    @cached_property
    def own(self) -> tuple[Node, ...]:
        """The nodes whose records the domain's owner writes: its name, and the names below it."""
        below = "." + self.root.name
        return tuple(n for n in self.nodes if n.records and (n is self.root or n.name.endswith(below)))

    @cached_property
    def odd(self) -> tuple[Node, ...]:
        """The nodes that are not what they should be: one record that parses."""
        return tuple(n for n in self.nodes if n.record is None or n.record.problems)

    @property
    def terms(self) -> int:
        """Terms that look something up, for a sender that nothing matches (RFC 7208 4.6.4)."""
        costly = (t for n in self.nodes if n.reachable and n.record for t in n.record.costly)
        return sum(map(counts_as, costly))

    @property
    def over_budget(self) -> bool:
        return self.terms > MAX_TERMS

    @property
    def complete(self) -> bool:
        """Whether nothing that evaluation can get to was left unread; otherwise `terms` is the least."""
        return not any(n.reachable and n.state in UNREAD for n in self.odd)

    def path(self, node: Node) -> tuple[str, ...]:
        """The names from the root to this node: the way of a loop, say."""
        names = [node.name]
        while node.parent >= 0:
            node = self.nodes[node.parent]
            names.append(node.name)
        return tuple(reversed(names))


def reachable_directives(parsed: Record) -> tuple[Directive, ...]:
    """The directives up to and with the first `all`."""
    return parsed.reached


def ends_with_all(parsed: Record) -> bool:
    """Whether an `all` ends the evaluation, so that a redirect is ignored (RFC 7208 6.1)."""
    return parsed.ends_with_all


def counts_as(term: Directive | Modifier) -> int:
    """How many of the ten terms this costly one takes: itself, and one more for a %{p} in its name, whatever the
    family of the sender and however often it stands there (RFC 7208 4.6.4)."""
    return 2 if term.domain and "p" in term.domain.letters else 1


def target(term: Directive | Modifier) -> str | None:
    """The name that the term asks about; None for the current domain, and where that depends on the sender."""
    domain = term.domain
    if domain is None or domain.name is not None or domain.literal is None:
        return domain.name if domain else None
    return domain.literal.removesuffix(".").lower()


def named(term: Directive | Modifier, current: str) -> str | None:
    """The name that the term asks about in the record of `current`; None where that depends on the sender."""
    if term.domain is None:
        return current
    if term.domain.name is not None:
        return term.domain.name
    if term.domain.letters and term.domain.letters <= {"d"}:  # the current domain: RFC 7208 7.2
        return macro.expand_domain(term.domain, Values(domain=current))
    return target(term)


async def walk(domain: str, resolver: Resolver) -> Tree:
    """Follow every include and redirect of the domain's record, breadth first, a level at a time."""
    return await _Walk(resolver).run(domain)


class _Step(NamedTuple):
    """A term that leads on: in which node, to which name (None with macros); `cut`: the tree is full."""

    parent: int
    depth: int
    via: str
    name: str | None
    reachable: bool
    cut: bool = False


class _Walk:
    """The state of one walk: what was found, and how much of it there may be."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.nodes: list[Node] = []
        self.octets = 0
        self.began = time.monotonic()

    async def run(self, domain: str) -> Tree:
        level = [_Step(-1, 0, "", domain, True)]
        published: tuple[Txt, ...] = ()
        while level:
            unread = [self._unread(step) for step in level]
            asked = [step.name or "" for step, reason in zip(level, unread, strict=True) if reason is None]
            answers = await self._ask(asked)
            first = len(self.nodes)
            for step, reason in zip(level, unread, strict=True):
                self.nodes.append(self._node(step, reason, answers))
            if not first:
                published = tuple(getattr(answers.get(domain), "texts", ()))
            level = list(self._steps(first))
        seconds = time.monotonic() - self.began
        return Tree(tuple(self.nodes), tuple(t.octets for t in published), published, seconds)

    async def _ask(self, names: list[str]) -> dict[str, LookupResult]:
        asked = [name for name in dict.fromkeys(names) if usable(name)]
        found = await lookup_all(self.resolver, [(name, RecordType.TXT) for name in asked])
        return dict(zip(asked, found, strict=True))

    def _steps(self, first: int) -> Iterator[_Step]:
        """Where the nodes from `first` on lead. When the tree is full, only the first term of each node."""
        room = MAX_NODES - len(self.nodes)
        for at in range(first, len(self.nodes)):
            node = self.nodes[at]
            for term, _, reachable in (child for parsed in node.records for child in parsed.leading_on):
                room -= 1
                cut, here = room < 0, node.reachable and reachable
                yield _Step(at, node.depth + 1, term.text, named(term, node.name), here, cut)
                if cut:
                    break

    def _unread(self, step: _Step) -> NodeState | None:
        """Why a name is not to be asked, if there is a reason."""
        if step.name is None:
            return NodeState.MACRO
        if step.name in self._ancestors(step.parent):
            return NodeState.LOOP
        if step.cut or step.depth > MAX_DEPTH:
            return NodeState.TOO_MANY
        return NodeState.TOO_LATE if time.monotonic() - self.began > MAX_SECONDS else None

    def _ancestors(self, at: int) -> Iterator[str]:
        while at >= 0:
            yield self.nodes[at].name
            at = self.nodes[at].parent

    def _node(self, step: _Step, reason: NodeState | None, answers: dict[str, LookupResult]) -> Node:
        name = step.name or ""
        state, records, failure = self._read(answers.get(name)) if reason is None else (reason, (), None)
        return Node(name, state, step.depth, step.via, step.parent, step.reachable, records, failure)

    def _read(self, found: LookupResult | None) -> tuple[NodeState, tuple[Record, ...], LookupFailed | None]:
        if found is None:
            return NodeState.NO_SUCH_NAME, (), None
        if isinstance(found, LookupFailed):
            return NodeState.FAILED, (), found
        if isinstance(found, Absent):
            return NodeState.NO_SUCH_NAME if found.nxdomain else NodeState.NO_RECORD, (), None
        if self.nodes:
            self.octets += sum(len(octets) for octets in record.select(found.texts))
        if self.octets > MAX_OCTETS:
            return NodeState.TOO_MANY, (), None
        records = record.published(found.records)
        several = NodeState.RECORD if len(records) == 1 else NodeState.SEVERAL
        return several if records else NodeState.NO_RECORD, records, None


def own_includes(tree: Tree, domain: str) -> list[str]:
    """What the domain's record includes, itself or through names below the domain; what a service includes in
    turn says nothing about the company."""
    own: set[int] = set()
    found: list[str] = []
    for at, node in enumerate(tree.nodes):
        if node.parent in own:
            found.append(node.name)
        if at == 0 or (node.parent in own and is_below(node.name, domain)):
            own.add(at)
    return found
