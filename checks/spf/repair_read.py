"""What a domain publishes, as pieces that can be kept, mended or left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.spf import mend, record
from checks.spf.advice import Change, ChangeKind, Question
from checks.spf.include import MentionKind
from checks.spf.ours import SpfFacts
from checks.spf.record import Directive, Mechanism, Modifier, Record
from checks.spf.repair_asks import ASK_EXPLANATION, ASK_MEANING
from checks.spf.repair_rules import MENDED, MERGED, OURS_MISWRITTEN, VERSION
from checks.spf.tree import NodeState, ends_with_all

Key = tuple[object, ...]

_ALL = re.compile(r"[+?~-]all(?![.:/=])", re.IGNORECASE)
"""`~allgoogle-site-verification=…`, `i~all`: what closes a record stays, whatever ran into it; that is asked about."""
_DEAD = (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)


@dataclass(frozen=True, slots=True)
class Piece:
    """One term of the record to come. `published`: what stands there now (empty: new); `rule`: why it differs."""

    text: str
    published: str
    parsed: Directive | Modifier
    rule: str = ""

    @property
    def key(self) -> Key:
        return key(self.parsed)

    @property
    def is_all(self) -> bool:
        return isinstance(self.parsed, Directive) and self.parsed.mechanism is Mechanism.ALL

    @property
    def is_redirect(self) -> bool:
        return isinstance(self.parsed, Modifier) and self.parsed.name == "redirect"

    @property
    def refuses(self) -> bool:
        """A deliberate `-` term (RFC 7208 4.6.2)."""
        return isinstance(self.parsed, Directive) and self.parsed.qualifier == "-" and not self.is_all

    @property
    def authorises(self) -> bool:
        return self.is_redirect or (isinstance(self.parsed, Directive) and self.parsed.qualifier == "+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The published records as pieces; what could not be read; and the other TXT records of the name.

    `intact`: one record that parses, so that somebody may pass by it now; `published`: its terms as they stand.
    """

    records: tuple[tuple[Piece, ...], ...]
    removed: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()
    versions: tuple[Change, ...] = ()
    others: tuple[bytes, ...] = ()
    intact: bool = False
    published: tuple[Piece, ...] = ()


def key(term: Directive | Modifier) -> Key:
    """What makes two terms the same whatever their sign: the second can match nobody whom the first did not."""
    domain = term.domain
    literal = domain.literal if domain else None
    target = literal.removesuffix(".").lower() if literal is not None else domain.text if domain else ""
    if isinstance(term, Directive):
        return (term.mechanism, target, term.network, term.cidr4, term.cidr6)
    return (term.name, target) if domain else (term.name, term.text)


def piece(text: str, published: str = "", rule: str = "") -> Piece:
    """A piece of a term that parses."""
    parsed = record.parse(f"v=spf1 {text}".encode())
    terms: list[Directive | Modifier] = [*parsed.directives, *parsed.modifiers]
    return Piece(text, published, terms[0], rule)


def is_ours(term: Directive | Modifier, include: str) -> bool:
    return isinstance(term, Directive) and key(term)[:2] == (Mechanism.INCLUDE, include)


def read(facts: SpfFacts, include: str) -> Reading:
    """Read the domain's records; where there is none, the TXT records that were meant to be one."""
    parsed = facts.tree.root.records
    others = tuple(t for t in facts.tree.texts if not record.is_spf(t))
    versions: tuple[Change, ...] = ()
    if not parsed:
        meant = {t: text for t in others if (text := mend.meant_as_spf(t)) is not None}
        others = tuple(t for t in others if t not in meant)
        parsed = tuple(record.parse(text.encode()) for text in meant.values())
        versions = tuple(Change(ChangeKind.MENDED, _start(t), "v=spf1", VERSION.code) for t in meant)
    reader = _Reader(facts, include)
    pieces = tuple(tuple(reader.read(one)) for one in parsed)
    versions += tuple(Change(ChangeKind.REMOVED, "v=spf1", "", MERGED.code) for _ in parsed[1:])
    intact = facts.tree.root.record is not None and not parsed[0].problems
    published = as_published(parsed[0]) if intact else ()
    return Reading(
        pieces, tuple(reader.removed), tuple(reader.questions), versions, others, intact, published
    )


def as_published(parsed: Record) -> tuple[Piece, ...]:
    """The terms of a record that parses, in order."""
    terms: list[Directive | Modifier] = [*parsed.directives, *parsed.modifiers]
    return tuple(Piece(t.text, t.text, t) for t in sorted(terms, key=lambda t: t.column))


def _closing(text: str) -> str:
    """The `all` at the beginning or the end of a term that does not parse; empty if there is none."""
    found = _ALL.match(text) or re.search(r"[+?~-]all\Z", text, re.IGNORECASE)
    return found.group() if found else ""


def _start(octets: bytes) -> str:
    return (octets.decode("utf-8", "backslashreplace").strip().split() or [""])[0]


class _Reader:
    """Reads records term by term, and keeps what cannot be."""

    def __init__(self, facts: SpfFacts, include: str) -> None:
        self._include = include
        near = (MentionKind.MISSPELT, MentionKind.IGNORED, MentionKind.UNPARSED)
        self._near = {m.term for m in facts.mentions if m.kind in near and m.name == facts.domain}
        self._alive = {n.via for n in facts.tree.nodes if n.depth == 1 and n.state not in _DEAD}
        """An odd name that answers all the same is what was meant."""
        self.removed: list[Change] = []
        self.questions: list[Question] = []

    def read(self, parsed: Record) -> Iterator[Piece]:
        terms: dict[int, Directive | Modifier] = {d.column: d for d in parsed.directives}
        terms.update((m.column, m) for m in parsed.modifiers)
        mends = {m.start: m for m in mend.mends(parsed) if m.breaks or m.text not in self._alive}
        done = 0
        for found in list(re.finditer(r"[^ ]+", parsed.text))[1:]:
            text, column = found.group(), found.start()
            if column < done:
                continue
            meant = mends.get(column)
            if meant:
                done = meant.end
                yield from self._mended(meant.text, meant.instead)
            elif column in terms and not self._is_near_miss(text, terms[column]):
                yield Piece(text, text, terms[column])
            elif self._names_ours(text):
                yield piece(f"include:{self._include}", text, OURS_MISWRITTEN.code)
            elif (closing := _closing(text)) and not ends_with_all(parsed):
                yield piece(closing, text, ASK_MEANING.code)
                self.questions.append(Question(ASK_MEANING.code, text))
            else:
                self._ask(text)

    def _mended(self, text: str, instead: str) -> Iterator[Piece]:
        if not instead:
            self.removed.append(Change(ChangeKind.REMOVED, text, "", MENDED.code))
        for i, term in enumerate(instead.split()):
            mended = piece(term, text if i == 0 else "", MENDED.code)
            ours = is_ours(mended.parsed, self._include)
            yield Piece(term, mended.published, mended.parsed, OURS_MISWRITTEN.code if ours else MENDED.code)

    def _is_near_miss(self, text: str, term: Directive | Modifier) -> bool:
        return text in self._near and not is_ours(term, self._include)

    def _names_ours(self, text: str) -> bool:
        """Whether a term that cannot stay was meant for us: our name in it, or one that resembles it."""
        return (
            text in self._near
            or re.search(rf"(?<![a-z0-9_-]){re.escape(self._include)}(?![a-z0-9-])", text.lower()) is not None
        )

    def _ask(self, text: str) -> None:
        rule = ASK_EXPLANATION if text.lower().startswith("exp=") else ASK_MEANING
        self.removed.append(Change(ChangeKind.REMOVED, text, "", rule.code))
        self.questions.append(Question(rule.code, text))
