"""From what is published to what should stand there, our include apart: merged, mended, without what cannot work.

The order of what is kept never changes, and nothing goes that matches anybody: duplicates, names without a record
and terms behind `all` match nobody as the record stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from checks.spf.advice import Change, ChangeKind, Question
from checks.spf.budget import Cost, Fault
from checks.spf.record import Directive, Mechanism
from checks.spf.repair_asks import (
    ASK_ALL,
    ASK_BROKEN,
    ASK_DEAD_REDIRECT,
    ASK_EXPLANATION,
    ASK_INERT,
    ASK_PASS_ALL,
    ASK_REDIRECT,
)
from checks.spf.repair_read import Key, Piece, Reading, is_ours, piece
from checks.spf.repair_rules import DEAD, DEFAULT, DUPLICATE, MERGED, OURS_MISWRITTEN, SELF, VOID

_STRICTEST_FIRST = "-~?+"
_MODIFIERS = ("redirect", "exp", "ra", "rp", "rr")  # RFC 7208 6, RFC 6652 3

Costs = Mapping[Key, Cost]


@dataclass(frozen=True, slots=True)
class Plan:
    """The pieces in order, ours not among them; `ours` as published, if it is, and how many pieces stand before it.

    `moved`: pieces that stand elsewhere than they did, because several records became one.
    """

    pieces: tuple[Piece, ...]
    ours: Piece | None = None
    ours_at: int | None = None
    removed: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()
    moved: frozenset[Key] = frozenset()

    @property
    def end(self) -> int:
        """Where the terms end that are asked before `all` or a redirect."""
        return next((i for i, p in enumerate(self.pieces) if p.is_all or p.is_redirect), len(self.pieces))


@dataclass(slots=True)
class _Draft:
    """The plan while it is made."""

    include: str
    domain: str
    removed: list[Change] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def remove(self, gone: Piece, rule: str) -> None:
        """One that was run into another term has no place of its own in what is published: it is told as mended."""
        self.removed.append(Change(ChangeKind.REMOVED, gone.published or gone.text, "", rule))

    def ask(self, about: Piece, rule: str) -> None:
        if about.published:
            self.questions.append(Question(rule, about.published))

    def remove_and_ask(self, gone: Piece, rule: str) -> None:
        self.remove(gone, rule)
        self.ask(gone, rule)


def plan(reading: Reading, include: str, domain: str, costs: Costs) -> Plan:
    """Make one record of what was read. `costs` holds a cost for each of its terms that looks something up."""
    draft = _Draft(include, domain, list(reading.removed), list(reading.questions))
    records = [_effective(draft, pieces) for pieces in reading.records]
    pieces, moved = records[0] if len(records) == 1 else _merged(draft, records), frozenset[Key]()
    if len(records) > 1:
        moved = frozenset(p.key for p in pieces if p.is_all)
    pieces = _without_dead(draft, _once(draft, pieces), costs)
    ours, ours_at, pieces = _take_ours(draft, pieces)
    _ask_about(draft, pieces, costs)
    return Plan(tuple(pieces), ours, ours_at, tuple(draft.removed), tuple(draft.questions), moved)


def without_void(made: Plan, costs: Costs) -> Plan:
    """The plan without the terms that have no address in either family: they match nobody."""
    void = [p for p in made.pieces if _is_void(p, costs)]
    gone = tuple(Change(ChangeKind.REMOVED, p.published, "", VOID.code) for p in void if p.published)
    at = made.ours_at
    if at is not None:
        at -= sum(p in void for p in made.pieces[:at])
    kept = tuple(p for p in made.pieces if p not in void)
    return replace(made, pieces=kept, ours_at=at, removed=(*made.removed, *gone))


def _is_void(candidate: Piece, costs: Costs) -> bool:
    term = candidate.parsed
    if not isinstance(term, Directive) or term.mechanism not in (Mechanism.A, Mechanism.MX, Mechanism.EXISTS):
        return False
    follows_sender = term.domain is not None and not term.domain.letters <= {"d", "o"}
    cost = costs[candidate.key]
    return not follows_sender and not cost.fault and cost.voids == (1, 1)


# One record


def _effective(draft: _Draft, pieces: tuple[Piece, ...]) -> list[Piece]:
    """The pieces that count (RFC 7208 5.1, 6.1): up to the first `all`, then its modifiers; no redirect beside all."""
    found: list[Piece] = []
    ended = False
    has_all = any(p.is_all for p in pieces)
    for one in pieces:
        if is_ours(one.parsed, draft.include) and ended:
            found.append(replace(one, rule=one.rule or _BEHIND))
        elif has_all and one.is_redirect and leads_to(one, draft.include):
            found.append(piece(f"include:{draft.include}", one.published, OURS_MISWRITTEN.code))
        elif (ended and _is_inert(one)) or (has_all and one.is_redirect):
            _drop_inert(draft, one, found)
        else:
            found.append(one)
        ended = ended or one.is_all
    return found


_BEHIND = "behind all"
"""Marks an include of ours that is never reached, so that its place is not taken for one that counts."""


def _is_inert(one: Piece) -> bool:
    """Behind all: a mechanism, or a modifier of nobody's, such as what ran into the record from another."""
    return isinstance(one.parsed, Directive) or one.parsed.name not in _MODIFIERS


def _drop_inert(draft: _Draft, one: Piece, kept: list[Piece]) -> None:
    """Without a question where the same stands in the record already, and counts."""
    if one.is_all or any(p.key == one.key and _qualifier(p) == _qualifier(one) for p in kept):
        draft.remove(one, DUPLICATE.code)
    else:
        draft.remove_and_ask(one, ASK_INERT.code)


# Several records


def _merged(draft: _Draft, records: list[list[Piece]]) -> list[Piece]:
    """The union in order, one `all` at its end."""
    pieces = [p for pieces in records for p in pieces]
    alls = [p for p in pieces if p.is_all]
    redirects = [p for p in pieces if p.is_redirect]
    last = sorted(alls, key=lambda p: _STRICTEST_FIRST.index(_qualifier(p)))[:1]
    if not alls and len(redirects) == 1:
        last = redirects
    found = []
    for one in pieces:
        if one.is_redirect and one not in last:
            found.append(_included(draft, one))
        elif not one.is_all and not one.is_redirect:
            found.append(one)
    _drop_other_alls(draft, alls, last)
    return _one_explanation(draft, found) + last


def _included(draft: _Draft, redirect: Piece) -> Piece:
    if not leads_to(redirect, draft.include):
        draft.ask(redirect, ASK_REDIRECT.code)
    domain = redirect.parsed.domain.text if redirect.parsed.domain else ""
    return piece(f"include:{domain}", redirect.published, MERGED.code)


def _drop_other_alls(draft: _Draft, alls: list[Piece], kept: list[Piece]) -> None:
    for one in alls:
        if one is not (kept[0] if kept else None):
            same = kept and _qualifier(one) == _qualifier(kept[0])
            draft.remove(one, (DUPLICATE if same else ASK_ALL).code)
    texts = {_qualifier(p): p for p in alls}
    if len(texts) > 1:
        for one in texts.values():
            draft.ask(one, ASK_ALL.code)


def _one_explanation(draft: _Draft, pieces: list[Piece]) -> list[Piece]:
    explanations = [p for p in pieces if not isinstance(p.parsed, Directive) and p.parsed.name == "exp"]
    for other in explanations[1:]:
        if other.key != explanations[0].key:
            draft.remove_and_ask(other, ASK_EXPLANATION.code)
        else:
            draft.remove(other, DUPLICATE.code)
    return [p for p in pieces if p not in explanations[1:] or p is explanations[0]]


def _qualifier(one: Piece) -> str:
    return one.parsed.qualifier if isinstance(one.parsed, Directive) else "+"


# What cannot work


def _once(draft: _Draft, pieces: list[Piece]) -> list[Piece]:
    """Each term once: the second can match nobody whom the first did not (deterministic, so whatever its sign)."""
    seen: dict[Key, Piece] = {}
    found = []
    for one in pieces:
        first = seen.setdefault(_same(one, draft.domain), one)
        if first is one or is_ours(one.parsed, draft.include):
            found.append(one)
            continue
        draft.remove(one, DUPLICATE.code)
        if isinstance(one.parsed, Directive) and _qualifier(one) != _qualifier(first):
            draft.ask(one, ASK_INERT.code)
    return found


def _same(one: Piece, domain: str) -> Key:
    """The key, with the domain's own name where none is written: `a` is `a:acme.example` at acme.example."""
    term = one.parsed
    if isinstance(term, Directive) and term.domain is None:
        return (term.mechanism, domain, *one.key[2:])
    return one.key


def _without_dead(draft: _Draft, pieces: list[Piece], costs: Costs) -> list[Piece]:
    found: list[Piece] = []
    ends: list[Piece] = []  # behind every term, wherever the redirect stands (RFC 7208 6.1)
    for one in pieces:
        dead = _looks_up_record(one) and costs[one.key].fault & Fault.DEAD
        if is_ours(one.parsed, draft.include):
            found.append(one)
        elif _looks_up_record(one) and leads_to(one, draft.domain):
            draft.remove(one, SELF.code)
        elif dead and one.is_redirect:
            draft.remove_and_ask(one, ASK_DEAD_REDIRECT.code)
            ends.append(piece("~all", "", DEFAULT.code))
        elif dead:
            draft.remove(one, DEAD.code)
        else:
            found.append(one)
    return found + ends


def leads_to(one: Piece, name: str) -> bool:
    """Whether the include or redirect names `name`."""
    literal = one.parsed.domain.literal if one.parsed.domain else None
    return literal is not None and literal.removesuffix(".").lower() == name


def ends_with_ours(made: Plan, include: str) -> bool:
    """Whether the record redirects to us."""
    return any(p.is_redirect and leads_to(p, include) for p in made.pieces)


def _looks_up_record(one: Piece) -> bool:
    return one.is_redirect or (
        isinstance(one.parsed, Directive) and one.parsed.mechanism is Mechanism.INCLUDE
    )


def _ask_about(draft: _Draft, pieces: list[Piece], costs: Costs) -> None:
    for one in pieces:
        if one.is_all and _qualifier(one) == "+":
            draft.ask(one, ASK_PASS_ALL.code)
        elif one.key in costs and costs[one.key].fault & Fault.BROKEN:
            draft.ask(one, ASK_BROKEN.code)


# Ours


def _take_ours(draft: _Draft, pieces: list[Piece]) -> tuple[Piece | None, int | None, list[Piece]]:
    """Ours apart from the rest: the first one that authorises us, else the first that was meant to."""
    ours = [p for p in pieces if is_ours(p.parsed, draft.include)]
    if not ours:
        return None, None, pieces
    working = [p for p in ours if p.authorises and p.rule != _BEHIND]
    chosen = (working or ours)[0]
    rest = [p for p in pieces if not is_ours(p.parsed, draft.include)]
    before = pieces[: next(i for i, p in enumerate(pieces) if p is chosen)]
    at = sum(not is_ours(p.parsed, draft.include) for p in before)
    for other in ours:
        if other is not chosen:
            draft.remove(other, DUPLICATE.code)
    return chosen, at, rest
