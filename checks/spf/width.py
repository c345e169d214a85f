"""How much of the address space terms let pass, and which of them others cover."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from checks.spf.record import Directive, Mechanism, Record, remembered
from checks.spf.tree import Node, Tree


class Width(Enum):
    """How wide a term is."""

    NARROW = "as senders have it"
    WIDE = "wider than the networks of the largest senders"
    NEARLY_ALL = "wider than any one holder's"


# The registries gave at most a /8 of IPv4 and a /16 of IPv6 to one holder: what is wider means strangers.
# The widest network in the records of Google, Microsoft and Amazon is a /14.
_HOLDER = {4: 8, 6: 16}
_SENDER = {4: 14, 6: 28}


def width(directive: Directive) -> Width:
    """By the term's prefix lengths; `a` and `mx` have one for each family (RFC 7208 5.3)."""
    if directive.span:
        return _width(directive.span[0], directive.prefix_length)
    if directive.mechanism not in (Mechanism.A, Mechanism.MX):
        return Width.NARROW
    both = (_width(4, directive.cidr4), _width(6, directive.cidr6))
    return max(both, key=list(Width).index)


def _width(version: int, length: int) -> Width:
    if length < _HOLDER[version]:
        return Width.NEARLY_ALL
    return Width.WIDE if length < _SENDER[version] else Width.NARROW


@remembered
def wide_terms(parsed: Record) -> tuple[tuple[Directive, Width], ...]:
    """The terms that let too much pass, and how wide they are; none of a record that does not parse."""
    passing = (d for d in parsed.reached if d.qualifier == "+" and not parsed.problems)
    return tuple((d, wide) for d in passing if (wide := width(d)) is not Width.NARROW)


def covered(tree: Tree) -> Iterator[tuple[str, str]]:
    """The ip4 and ip6 terms of the domain's own records that another one covers, with that one. Signs are alike:
    a refusal within a network that passes is meant."""
    if not any(node.record and node.record.networks for node in tree.own):
        return
    own = {id(node) for node in tree.own}
    wide: dict[int, tuple[int, Directive, Node]] = {}
    for directive, node in sorted(_networks(tree), key=_from_wide_to_narrow):
        if directive.span is None:
            continue
        version, _, last = directive.span
        known = wide.get(version)
        if known and last <= known[0]:
            if id(node) in own and directive is not known[1]:
                yield _said(directive, node), _said(known[1], known[2])
        else:
            wide[version] = (last, directive, node)


def _networks(tree: Tree) -> Iterator[tuple[Directive, Node]]:
    for node in tree.nodes:
        signs = tree.root is node or node.via[:1] not in ("-", "~", "?")
        if node.record and node.reachable and signs:
            for directive in node.record.networks:
                yield directive, node


def _from_wide_to_narrow(found: tuple[Directive, Node]) -> tuple[int, int, int, int]:
    span = found[0].span or (0, 0, 0)
    return span[0], span[1], -span[2], found[1].depth


def _said(directive: Directive, node: Node) -> str:
    return f"{directive.text} in the record of {node.name}"
