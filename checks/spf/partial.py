"""Near misses that only our own include's records can show: a part of it, or some of its addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from checks.platform import IPAddress
from checks.spf.include import Mention, MentionKind
from checks.spf.record import Directive, Mechanism, Record
from checks.spf.tree import Node, Tree, target

WIDEST = {4: 16, 6: 32}
"""A network as wide as this may still be meant for an address of ours; a wider one is meant for all the world."""


def partial_mentions(tree: Tree, ours: OurInclude, addresses: tuple[IPAddress, ...]) -> tuple[Mention, ...]:
    """The terms in the domain's own records that hold a part of our include or of `addresses`."""
    numbers: list[tuple[int, int]] = [(a.version, int(a)) for a in addresses]
    own = (node for node in tree.own if node.name not in ours.names)
    return tuple(m for node in own for r in node.records for m in _in(node, r, ours, numbers))


def _in(node: Node, parsed: Record, ours: OurInclude, addresses: list[tuple[int, int]]) -> Iterator[Mention]:
    reached = len(parsed.reached)
    for position, directive in enumerate(parsed.directives, 1):
        kind = _kind(directive, ours, addresses)
        if kind:
            sign, reachable = directive.qualifier, node.reachable and position <= reached
            yield Mention(kind, node.name, directive.text, position, node.depth, sign, reachable)


def _kind(directive: Directive, ours: OurInclude, addresses: list[tuple[int, int]]) -> MentionKind | None:
    if directive.qualifier != "+":  # a refusal of an address is no attempt to authorise it
        return None
    if directive.mechanism is Mechanism.INCLUDE:
        return MentionKind.PART if ours.has_part(target(directive)) else None
    span = directive.span
    if span is None:
        return None
    holds = any(span[0] == version and span[1] <= number <= span[2] for version, number in addresses)
    if (holds and directive.prefix_length >= WIDEST[span[0]]) or ours.covers(span):
        return MentionKind.ADDRESSES
    return None


class OurInclude:
    """The names that our include leads to, and its networks in order and joined, so that one look tells whether
    another lies within. `tree`: that of our include."""

    def __init__(self, tree: Tree) -> None:
        self.root = tree.root.name
        self.names = frozenset(n.name for n in tree.nodes if n.records)
        spans = sorted(
            d.span
            for node in tree.nodes
            if node.record and node.reachable
            for d in node.record.directives
            if d.span and d.qualifier == "+" and d.prefix_length >= WIDEST[d.span[0]] // 2
        )
        self.starts: list[tuple[int, int]] = []
        self.ends: list[int] = []
        for version, first, last in spans:
            if self.starts and self.starts[-1][0] == version and first <= self.ends[-1] + 1:
                self.ends[-1] = max(self.ends[-1], last)
            else:
                self.starts.append((version, first))
                self.ends.append(last)

    def has_part(self, name: str | None) -> bool:
        """Whether our include leads to the name; to itself does not count."""
        return name in self.names and name != self.root

    def covers(self, span: tuple[int, int, int]) -> bool:
        """Whether a network lies within ours; `span` as in `Directive`."""
        version, first, last = span
        at = bisect_right(self.starts, (version, first)) - 1
        return at >= 0 and self.starts[at][0] == version and last <= self.ends[at]
