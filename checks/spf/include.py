"""Where a domain's records name the platform's include: rightly, or nearly (a near miss).

Present is not effective: nothing here decides whether mail passes; the evaluator does. This tells why it does
not, and parts *ineffective* (something names us) from *missing* (nothing does).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from checks.spf import record
from checks.spf.record import Mechanism, Record
from checks.spf.tree import Node, NodeState, Tree, ends_with_all, reachable_directives, target
from checks.spf.typing_slips import distance


class MentionKind(StrEnum):
    """How a record names us. The first two are *present*, the others near misses."""

    INCLUDE = "include"
    REDIRECT = "redirect"
    UNPARSED = "does not parse"
    IGNORED = "an unknown modifier, ignored"
    OTHER_TERM = "another mechanism than include"
    MISSPELT = "a misspelt name"
    NO_SPF_RECORD = "in a TXT record that is not an SPF record"


@dataclass(frozen=True, slots=True)
class Mention:
    """One place that names us: in whose record, which term, which term of the record it is (from 1; 0 if it does
    not parse or is a modifier), how deep below the domain's own record, with which qualifier, and whether the
    evaluation can get there at all."""

    kind: MentionKind
    name: str
    term: str
    position: int = 0
    depth: int = 0
    qualifier: str = "+"
    reachable: bool = True

    @property
    def present(self) -> bool:
        return self.kind in (MentionKind.INCLUDE, MentionKind.REDIRECT)


def mentions(tree: Tree, include: str) -> tuple[Mention, ...]:
    """Every place that names `include`: at any depth when it is right, in the domain's own TXT when it nearly is."""
    found: list[Mention] = []
    for node in tree.nodes:
        for parsed in node.records:
            found += _in_record(node, parsed, include)
    for parsed in tree.root.records:
        found += _near_misses(tree, parsed, include)
    found += _in_other_texts(tree, include)
    return tuple(found)


def _in_record(node: Node, parsed: Record, include: str) -> list[Mention]:
    reached = reachable_directives(parsed)
    found = []
    for position, directive in enumerate(parsed.directives, 1):
        if directive.mechanism is Mechanism.INCLUDE and target(directive) == include:
            reachable = node.reachable and directive in reached
            found.append(
                Mention(
                    MentionKind.INCLUDE,
                    node.name,
                    directive.text,
                    position,
                    node.depth,
                    directive.qualifier,
                    reachable,
                )
            )
    redirect = parsed.redirect
    if redirect and target(redirect) == include:
        reachable = node.reachable and not ends_with_all(parsed)
        found.append(Mention(MentionKind.REDIRECT, node.name, redirect.text, 0, node.depth, "+", reachable))
    return found


def _near_misses(tree: Tree, parsed: Record, include: str) -> list[Mention]:
    name = tree.root.name
    found = [Mention(MentionKind.UNPARSED, name, p.text) for p in parsed.problems if _names(p.text, include)]
    found += [
        Mention(MentionKind.IGNORED, name, m.text)
        for m in parsed.modifiers
        if m.name not in ("redirect", "exp") and _names(m.text, include)
    ]
    for position, directive in enumerate(parsed.directives, 1):
        named = target(directive)
        if named is None or (named == include and directive.mechanism is Mechanism.INCLUDE):
            continue
        if directive.mechanism is not Mechanism.INCLUDE:
            if named == include:
                found.append(Mention(MentionKind.OTHER_TERM, name, directive.text, position))
        elif (_names(named, include) or _resembles(named, include)) and _is_dead(tree, named):
            found.append(
                Mention(MentionKind.MISSPELT, name, directive.text, position, 0, directive.qualifier)
            )
    redirect = target(parsed.redirect) if parsed.redirect else None
    if (
        parsed.redirect
        and redirect
        and redirect != include
        and _resembles(redirect, include)
        and _is_dead(tree, redirect)
    ):
        found.append(Mention(MentionKind.MISSPELT, name, parsed.redirect.text))
    return found


def _in_other_texts(tree: Tree, include: str) -> list[Mention]:
    """TXT records that were meant to be SPF: quoted, indented, with another separator after the version."""
    return [
        Mention(MentionKind.NO_SPF_RECORD, tree.root.name, octets.decode("utf-8", "backslashreplace"))
        for octets in tree.texts
        if b"spf1" in octets.lower()
        and not record.is_spf(octets)
        and _names(octets.decode("utf-8", "backslashreplace"), include)
    ]


def _names(text: str, include: str) -> bool:
    """Whether the include's name stands in the text, as a name of its own or run into what surrounds it."""
    return re.search(rf"(?<![a-z0-9_-]){re.escape(include)}", text.lower()) is not None


def _is_dead(tree: Tree, name: str) -> bool:
    return any(
        n.name == name and n.depth == 1 and n.state in (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)
        for n in tree.nodes
    )


def _resembles(name: str, include: str) -> bool:
    """Whether one could be meant for the other: a slip or two in a name that is otherwise the same."""
    if name == include:
        return False
    allowed = 1 if len(include) < 12 else 2
    return abs(len(name) - len(include)) <= allowed and distance(name, include, allowed) <= allowed
