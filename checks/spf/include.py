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
from checks.spf.record import Directive, Mechanism, Record
from checks.spf.tree import Node, NodeState, Tree, ends_with_all, reachable_directives, target
from checks.spf.typing_slips import cleaned


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
    leads = {at for at, node in enumerate(tree.nodes) if any(m.name == node.name for m in found)}
    for node in own_nodes(tree):
        for parsed in node.records:
            found += _Near(tree, node, parsed, include, domain, leads).mentions()
    found += _in_other_texts(tree, include)
    return tuple(found)


def own_nodes(tree: Tree) -> Iterator[Node]:
    """The nodes whose records the domain's owner writes: its name, and the names below it."""
    root = tree.root.name
    return (n for n in tree.nodes if n.records and (n is tree.root or n.name.endswith("." + root)))


def _in_record(node: Node, parsed: Record, include: str) -> Iterator[Mention]:
    reached = len(reachable_directives(parsed))
    for position, directive in enumerate(parsed.directives, 1):
        if directive.mechanism is Mechanism.INCLUDE and target(directive) == include:
            reachable = node.reachable and position <= reached
            sign, text = directive.qualifier, directive.text
            yield Mention(MentionKind.INCLUDE, node.name, text, position, node.depth, sign, reachable)
    redirect = parsed.redirect
    if redirect and target(redirect) == include:
        reachable = node.reachable and not ends_with_all(parsed)
        yield Mention(MentionKind.REDIRECT, node.name, redirect.text, 0, node.depth, "+", reachable)


@dataclass(frozen=True, slots=True)
class _Near:
    """The near misses of one record. `leads`: the nodes whose records name our include."""

    tree: Tree
    node: Node
    parsed: Record
    include: str
    domain: str | None
    leads: set[int]

    def mentions(self) -> list[Mention]:
        """Those that do not parse, those that are ignored, and those that say something else."""
        found = [
            self._said(MentionKind.UNPARSED, p.text)
            for p in self.parsed.problems
            if stands_in(cleaned(p.text), self.include)
        ]
        found += [
            self._said(MentionKind.IGNORED, m.text)
            for m in self.parsed.modifiers
            if m.name != "redirect" and stands_in(cleaned(m.text), self.include)
        ]
        reached = len(reachable_directives(self.parsed))
        for position, directive in enumerate(self.parsed.directives, 1):
            if (kind := self._kind(directive)) is not None:
                found.append(self._term(kind, directive, position, position <= reached))
        return found + self._redirect()

    def _said(self, kind: MentionKind, text: str) -> Mention:
        return Mention(kind, self.node.name, text, 0, self.node.depth)

    def _term(self, kind: MentionKind, directive: Directive, position: int, reached: bool) -> Mention:
        like = likeness(target(directive) or "", self.include)
        sign, reachable = directive.qualifier, self.node.reachable and reached
        return Mention(kind, self.node.name, directive.text, position, self.node.depth, sign, reachable, like)

    def _redirect(self) -> list[Mention]:
        redirect = self.parsed.redirect
        name = target(redirect) if redirect else None
        kind = self._of_name(name) if name else None
        if redirect is None or name is None or kind is None:
            return []
        reachable = self.node.reachable and not ends_with_all(self.parsed)
        like, depth = likeness(name, self.include), self.node.depth
        return [Mention(kind, self.node.name, redirect.text, 0, depth, "+", reachable, like)]

    def _kind(self, directive: Directive) -> MentionKind | None:
        name = target(directive)
        if name is None:
            return None
        if directive.mechanism is Mechanism.INCLUDE:
            return self._of_name(name)
        return MentionKind.OTHER_TERM if name in (self.include, *self._domains()) else None

    def _of_name(self, name: str) -> MentionKind | None:
        """An include's name that is like ours: it counts when nothing answers there, or when it is our domain
        and its record does not lead to our include. A neighbour that answers is a neighbour."""
        like = likeness(name, self.include)
        if (like or name == self.domain) and self._is_dead(name):
            return MentionKind.MISSPELT
        if name in self._domains() and name != self.include and self._answers_without_us(name):
            return MentionKind.OUR_DOMAIN
        return None

    def _domains(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.domain, organisation(self.include))))

    def _is_dead(self, name: str) -> bool:
        dead = (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)
        return any(n.name == name and n.state in dead for n in self.tree.nodes)

    def _answers_without_us(self, name: str) -> bool:
        answers = [at for at, n in enumerate(self.tree.nodes) if n.name == name and n.records]
        return bool(answers) and not any(self._leads_to_us(at) for at in answers)

    def _leads_to_us(self, at: int) -> bool:
        """Whether a record that names our include is that node's, or stands below it."""
        for leading in self.leads:
            while leading >= 0:
                if leading == at:
                    return True
                leading = self.tree.nodes[leading].parent
        return False


def _in_other_texts(tree: Tree, include: str) -> list[Mention]:
    """TXT records that were meant to be SPF: quoted, indented, without a version or with another sign behind it."""
    return [
        Mention(MentionKind.NO_SPF_RECORD, tree.root.name, octets.decode("utf-8", "backslashreplace"))
        for octets in tree.texts
        if not record.is_spf(octets) and is_meant_for_us(octets.decode("utf-8", "backslashreplace"), include)
    ]


def is_meant_for_us(text: str, include: str) -> bool:
    """Whether a text that is no SPF record was meant as one that names us, or as a part of one."""
    plain = cleaned(text).lower()
    if not stands_in(plain, include):
        return False
    return plain.rstrip(".") == include or any(word in plain for word in ("include", "spf1", "redirect="))
