"""The whole tree of a domain's SPF record, past every limit: for people, for counts, and for who is named.

The evaluator stops at the first match; this does not, so it never decides a result. Names with macros depend on
the sender and are counted but not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.lookup import Absent, LookupFailed, RecordType, Resolver, usable
from checks.spf import record
from checks.spf.evaluate import MAX_TERMS
from checks.spf.record import Directive, Mechanism, Modifier, Record

MAX_NODES = 100
MAX_DEPTH = 12


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


@dataclass(frozen=True, slots=True)
class Node:
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


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes, each after its parent; the root is the first. `texts`: every TXT record of the root."""

    nodes: tuple[Node, ...]
    texts: tuple[bytes, ...] = ()

    @property
    def root(self) -> Node:
        return self.nodes[0]

    @property
    def terms(self) -> int:
        """Terms that look something up, for a sender that nothing matches (RFC 7208 4.6.4)."""
        return sum(len(costly_terms(n.record)) for n in self.nodes if n.reachable and n.record)

    @property
    def over_budget(self) -> bool:
        return self.terms > MAX_TERMS


def reachable_directives(parsed: Record) -> tuple[Directive, ...]:
    """The directives up to and with the first `all`."""
    for i, directive in enumerate(parsed.directives):
        if directive.mechanism is Mechanism.ALL:
            return parsed.directives[: i + 1]
    return parsed.directives


def ends_with_all(parsed: Record) -> bool:
    """Whether an `all` ends the evaluation, so that a redirect is ignored (RFC 7208 6.1)."""
    return any(d.mechanism is Mechanism.ALL for d in parsed.directives)


def costly_terms(parsed: Record) -> tuple[Directive | Modifier, ...]:
    """The terms of this one record that cost a look-up when nothing matches."""
    terms: list[Directive | Modifier] = [d for d in reachable_directives(parsed) if d.costs_lookup]
    if parsed.redirect and not ends_with_all(parsed):
        terms.append(parsed.redirect)
    return tuple(terms)


async def walk(domain: str, resolver: Resolver) -> Tree:
    """Follow every include and redirect of the domain's record, breadth first."""
    root, texts = await _node(domain, resolver, depth=0)
    nodes = [root]
    at = 0
    while at < len(nodes):
        for term, target, reachable in _children(nodes[at]):
            nodes.append(await _child(nodes, at, term, target, reachable, resolver))
        at += 1
    return Tree(tuple(nodes), texts)


def _children(node: Node) -> list[tuple[str, str | None, bool]]:
    """The term, its literal target (None with macros) and whether evaluation can get there."""
    found: list[tuple[str, str | None, bool]] = []
    for parsed in node.records:
        reached = reachable_directives(parsed)
        for directive in parsed.directives:
            if directive.mechanism is Mechanism.INCLUDE and directive.domain:
                found.append(
                    (directive.text, directive.domain.literal, node.reachable and directive in reached)
                )
        if parsed.redirect and parsed.redirect.domain:
            reachable = node.reachable and not ends_with_all(parsed)
            found.append((parsed.redirect.text, parsed.redirect.domain.literal, reachable))
    return found


async def _child(
    nodes: list[Node], parent: int, term: str, target: str | None, reachable: bool, resolver: Resolver
) -> Node:
    depth = nodes[parent].depth + 1
    if target is None:
        return Node("", NodeState.MACRO, depth, term, parent, reachable)
    name = target.removesuffix(".").lower()
    if name in _ancestors(nodes, parent):
        return Node(name, NodeState.LOOP, depth, term, parent, reachable)
    if len(nodes) >= MAX_NODES or depth > MAX_DEPTH:
        return Node(name, NodeState.TOO_MANY, depth, term, parent, reachable)
    node, _ = await _node(name, resolver, depth, term, parent, reachable)
    return node


def _ancestors(nodes: list[Node], at: int) -> set[str]:
    names = set()
    while at >= 0:
        names.add(nodes[at].name)
        at = nodes[at].parent
    return names


async def _node(
    name: str, resolver: Resolver, depth: int, via: str = "", parent: int = -1, reachable: bool = True
) -> tuple[Node, tuple[bytes, ...]]:
    if not usable(name):
        return Node(name, NodeState.NO_SUCH_NAME, depth, via, parent, reachable), ()
    found = await resolver.lookup(name, RecordType.TXT)
    if isinstance(found, LookupFailed):
        return Node(name, NodeState.FAILED, depth, via, parent, reachable, (), found), ()
    if isinstance(found, Absent):
        state = NodeState.NO_SUCH_NAME if found.nxdomain else NodeState.NO_RECORD
        return Node(name, state, depth, via, parent, reachable), ()
    records = tuple(record.parse(octets) for octets in record.select(found.texts))
    state = {0: NodeState.NO_RECORD, 1: NodeState.RECORD}.get(len(records), NodeState.SEVERAL)
    texts = tuple(txt.octets for txt in found.texts)
    return Node(name, state, depth, via, parent, reachable, records), texts
