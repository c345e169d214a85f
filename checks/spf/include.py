"""Where a domain's records name the platform's include: rightly, or nearly (a near miss).

Present is not effective: nothing here decides whether mail passes; the evaluator does. This tells why it does
not, and parts *ineffective* (something names us) from *missing* (nothing does).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from checks.spf import record
from checks.spf.likeness import Likeness, likeness, organisation, stands_in
from checks.spf.record import Directive, Mechanism, Modifier, Record
from checks.spf.tree import Node, NodeState, Tree, target
from checks.spf.typing_slips import cleaned

MAX_TEXT = 4096
"""Characters of one text in which our name is looked for."""


class MentionKind(StrEnum):
    """How a record names us. The first two are *present*, the others near misses."""

    INCLUDE = "include"
    REDIRECT = "redirect"
    UNPARSED = "does not parse"
    IGNORED = "an unknown modifier, ignored"
    OTHER_TERM = "another mechanism than include"
    MISSPELT = "a misspelt name"
    NO_SPF_RECORD = "in a TXT record that is not an SPF record"
    OUR_DOMAIN = "our domain instead of our include"
    PART = "a part of our include"
    ADDRESSES = "some of our addresses"


_EFFECTS = {
    MentionKind.INCLUDE: "asks our record",
    MentionKind.REDIRECT: "asks our record",
    MentionKind.UNPARSED: "does not parse: permerror",
    MentionKind.IGNORED: "an unknown modifier: ignored",
    MentionKind.OTHER_TERM: "asks for addresses of that name, not for its SPF record",
    MentionKind.MISSPELT: "a name without an SPF record: permerror when it is reached",
    MentionKind.NO_SPF_RECORD: "not an SPF record: receivers do not see it",
    MentionKind.OUR_DOMAIN: "asks our domain's own record, which does not lead to our include: no match",
    MentionKind.PART: "a part of our include: partial, covers some of our addresses or none",
    MentionKind.ADDRESSES: "partial: some of our addresses, and they may change",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """One place that names us: in whose record, which term, which term of the record it is (from 1; 0 if it is
    no mechanism), how deep below the domain's own record, with which qualifier, and whether the evaluation can get
    there at all. `likeness`: how a name is like ours that is not ours."""

    kind: MentionKind
    name: str
    term: str
    position: int = 0
    depth: int = 0
    qualifier: str = "+"
    reachable: bool = True
    likeness: Likeness | None = None

    @property
    def present(self) -> bool:
        return self.kind in (MentionKind.INCLUDE, MentionKind.REDIRECT)

    @property
    def effect(self) -> str:
        """What it does to our mail."""
        if self.kind in (MentionKind.UNPARSED, MentionKind.IGNORED, MentionKind.NO_SPF_RECORD):
            return _EFFECTS[self.kind]
        return _EFFECTS[self.kind] if self.reachable else "never reached: ignored"


def mentions(tree: Tree, include: str, domain: str | None = None) -> tuple[Mention, ...]:
    """Every place that names `include`: at any depth when it is right, in the domain's own records (of its name
    and of names below it) when it nearly is. `domain`: the platform's own, where that is known."""
    found = [m for node in tree.nodes for parsed in node.records for m in _in_record(node, parsed, include)]
    names = _names(tree, {m.name for m in found}, include, domain)
    for node in tree.own:
        for parsed in node.records:
            found += _Near(names, node, parsed).mentions()
    found += _in_other_texts(tree, include)
    return tuple(found)


def _in_record(node: Node, parsed: Record, include: str) -> Iterator[Mention]:
    for term, position, reached in parsed.leading_on:
        if target(term) == include:
            kind, sign = _kind_and_sign(term)
            yield Mention(kind, node.name, term.text, position, node.depth, sign, node.reachable and reached)


def _kind_and_sign(term: Directive | Modifier) -> tuple[MentionKind, str]:
    if isinstance(term, Directive):
        return MentionKind.INCLUDE, term.qualifier
    return MentionKind.REDIRECT, "+"


@dataclass(frozen=True, slots=True)
class _Names:
    """What is known of names: our include, our domains, the names of the tree that nothing answers, and those that
    answer and do not lead to our include."""

    include: str
    domains: frozenset[str]
    dead: frozenset[str]
    without_us: frozenset[str]


def _names(tree: Tree, naming: set[str], include: str, domain: str | None) -> _Names:
    """`naming`: the names whose records name our include."""
    leading = set()
    for node in tree.nodes:
        at = node
        while node.name in naming:
            leading.add(at.name)
            if at.parent < 0:
                break
            at = tree.nodes[at.parent]
    absent = (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)
    dead = frozenset(n.name for n in tree.odd if n.state in absent)
    without_us = frozenset(n.name for n in tree.nodes if n.records and n.name not in leading)
    domains = frozenset(filter(None, (domain, organisation(include))))
    return _Names(include, domains, dead, without_us)


@dataclass(frozen=True, slots=True)
class _Near:
    """The near misses of one record."""

    names: _Names
    node: Node
    parsed: Record

    def mentions(self) -> list[Mention]:
        """Those that do not parse, those that are ignored, and those that say something else."""
        found = [
            self._said(MentionKind.UNPARSED, p.text) for p in self.parsed.problems if self._is_meant(p.text)
        ]
        found += [
            self._said(MentionKind.IGNORED, m.text)
            for m in self.parsed.modifiers
            if m.name != "redirect" and stands_in(cleaned(m.text), self.names.include)
        ]
        reached = len(self.parsed.reached)
        for position, directive in enumerate(self.parsed.directives, 1):
            if (kind := self._kind(directive)) is not None:
                found.append(self._term(kind, directive, position, position <= reached))
        return found + self._redirect()

    def _said(self, kind: MentionKind, text: str) -> Mention:
        return Mention(kind, self.node.name, text, 0, self.node.depth)

    def _term(self, kind: MentionKind, directive: Directive, position: int, reached: bool) -> Mention:
        like = likeness(target(directive) or "", self.names.include)
        sign, reachable = directive.qualifier, self.node.reachable and reached
        return Mention(kind, self.node.name, directive.text, position, self.node.depth, sign, reachable, like)

    def _redirect(self) -> list[Mention]:
        redirect = self.parsed.redirect
        name = target(redirect) if redirect else None
        kind = self._of_name(name) if name else None
        if redirect is None or name is None or kind is None:
            return []
        reachable = self.node.reachable and not self.parsed.ends_with_all
        like, depth = likeness(name, self.names.include), self.node.depth
        return [Mention(kind, self.node.name, redirect.text, 0, depth, "+", reachable, like)]

    def _kind(self, directive: Directive) -> MentionKind | None:
        name = target(directive)
        if name is None:
            return None
        if directive.mechanism is Mechanism.INCLUDE:
            return self._of_name(name)
        ours = name == self.names.include or name in self.names.domains
        return MentionKind.OTHER_TERM if ours else None

    def _of_name(self, name: str) -> MentionKind | None:
        """An include's name that is like ours: it counts when nothing answers there, or when it is our domain
        and its record does not lead to our include. A neighbour that answers is a neighbour."""
        if name in self.names.dead:
            like = name in self.names.domains or likeness(name, self.names.include)
            return MentionKind.MISSPELT if like else None
        others = name in self.names.domains and name != self.names.include
        return MentionKind.OUR_DOMAIN if others and name in self.names.without_us else None

    def _is_meant(self, text: str) -> bool:
        """A term that does not parse, with our name in it; or an include of another name of our domain."""
        plain = cleaned(text[:MAX_TEXT]).lower()
        below = f".{organisation(self.names.include)}"
        return stands_in(plain, self.names.include) or (
            "include" in plain[:9] and plain.rstrip(".").endswith(below)
        )


def _in_other_texts(tree: Tree, include: str) -> list[Mention]:
    """TXT records that were meant to be SPF: quoted, indented, without a version or with another sign behind it."""
    return [
        Mention(MentionKind.NO_SPF_RECORD, tree.root.name, octets.decode("utf-8", "backslashreplace"))
        for octets in tree.texts
        if not record.is_spf(octets) and is_meant_for_us(octets.decode("utf-8", "backslashreplace"), include)
    ]


def is_meant_for_us(text: str, include: str) -> bool:
    """Whether a text that is no SPF record was meant as one that names us, or as a part of one."""
    plain = cleaned(text[:MAX_TEXT]).lower()
    if not stands_in(plain, include):
        return False
    return plain.rstrip(".") == include or any(word in plain for word in ("include", "spf1", "redirect="))
