"""Names in vain that are like another: a question each, with the record as it would be with the answer.

The answered record is worked out and evaluated like any other, so what is shown passes; what is published
without an answer leaves the name out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from itertools import islice

from checks.lookup import OverlayResolver, RecordType, Resolver, txt
from checks.spf import mend, record
from checks.spf.advice import Advice, Answered, ChangeKind, Question, Standing
from checks.spf.joints import all_joints
from checks.spf.near_names import MOST_NAMES, bare_name, others, publishes
from checks.spf.ours import SpfFacts
from checks.spf.record import Directive, Mechanism
from checks.spf.repair_asks import ASK_DEAD_REDIRECT, ASK_MEANING, ASK_NEAR_NAME
from checks.spf.repair_read import Piece, as_published
from checks.spf.repair_rules import DEAD, LOSERS, MENDED, NOT_LOOKED_UP, paid_by

Publish = Callable[[Resolver], Awaitable[Advice]]
"""The advice for the domain, if it published what this resolver says."""

_REPLACED = (ASK_DEAD_REDIRECT.code, ASK_MEANING.code)
"""What need not be asked beside "did you mean …?"."""


async def with_near_names(
    advice: Advice, facts: SpfFacts, ours: str, resolver: Resolver, publish: Publish
) -> Advice:
    """The advice with a question for each of its names in vain that another name is like."""
    asked = [q async for q in _questions(advice, facts, ours, resolver, publish)]
    if not asked:
        return advice
    terms = {q.term for q in asked}
    kept = [q for q in advice.questions if not (q.rule in _REPLACED and q.term in terms)]
    return replace(advice, questions=(*kept, *asked))


async def _questions(
    advice: Advice, facts: SpfFacts, ours: str, resolver: Resolver, publish: Publish
) -> AsyncIterator[Question]:
    taken = {ours, *(n.name for n in facts.tree.nodes)}
    for term in islice(_in_vain(advice), MOST_NAMES):
        async for instead in _instead(term, facts, taken, resolver):
            answered = await _answered(term, instead, facts, resolver, publish)
            if answered and answered.record != advice.record:
                yield Question(ASK_NEAR_NAME.code, term, answered)


def _in_vain(advice: Advice) -> list[str]:
    """The terms, as published, that are left out because nothing answers to their names, and those of which a part may
    be: several names that ran together."""
    rules = {ChangeKind.REMOVED: (DEAD.code, *_REPLACED), ChangeKind.MENDED: (MENDED.code,)}
    return list(dict.fromkeys(c.before for c in advice.changes if c.rule in rules.get(c.kind, ())))


async def _instead(term: str, facts: SpfFacts, taken: set[str], resolver: Resolver) -> AsyncIterator[str]:
    """What may have been meant by the term."""
    domain, name = facts.domain, bare_name(term)
    if name:
        for other in await others(name, domain, resolver, taken, itself=True):
            yield f"include:{other}"
        return
    for joint in (j for t in facts.tree.published for j in all_joints(t) if j.term == term):
        named = [n for p in _pieces(f"{joint.left} {joint.right}") if (n := _asked(p))]
        if named and all([await publishes(n, resolver) for n in named]):
            yield f"{joint.left} {joint.right}"
            return
    pieces = _pieces(mend.mended(record.parse(f"v=spf1 {term}".encode())).removeprefix("v=spf1 "))
    for i, one in enumerate(pieces):
        name = _asked(one)
        if name is None or await publishes(name, resolver):
            continue
        for other in await others(name, domain, resolver, taken):
            kept = [p.text for p in pieces]
            kept[i] = one.text.removesuffix(one.parsed.domain.text if one.parsed.domain else "") + other
            yield " ".join(kept)


def _pieces(terms: str) -> tuple[Piece, ...]:
    return as_published(record.parse(f"v=spf1 {terms}".encode()))


def _asked(one: Piece) -> str | None:
    """The name whose record an include or a redirect asks for."""
    asks = one.is_redirect or (
        isinstance(one.parsed, Directive) and one.parsed.mechanism is Mechanism.INCLUDE
    )
    return one.parsed.domain.name if asks and one.parsed.domain else None


async def _answered(
    term: str, instead: str, facts: SpfFacts, resolver: Resolver, publish: Publish
) -> Answered | None:
    """The record to publish if that was meant; None where our mail would not pass by it."""
    published = sorted(facts.tree.texts, key=record.is_spf, reverse=True)
    texts = [octets.decode("utf-8", "backslashreplace") for octets in published]
    stands = re.compile(rf"(?<![^ ]){re.escape(term)}(?![^ ])")
    at = next((i for i, text in enumerate(texts) if stands.search(text)), None)
    if at is None:
        return None
    texts[at] = stands.sub(lambda _: instead, texts[at], count=1)
    overlay = OverlayResolver(resolver, {(facts.domain, RecordType.TXT): [txt(text) for text in texts]})
    advice = await publish(overlay)
    stays = set(instead.split()) <= set(advice.record.split())
    if advice.standing not in (Standing.PUBLISH, Standing.NOTHING) or not stays:
        return None
    unread = any(c.rule == NOT_LOOKED_UP.code for c in advice.collisions)
    size = replace(advice.size, unknown=True) if unread else advice.size
    return Answered(instead, advice.record, advice.strings, size, _losers(advice))


def _losers(advice: Advice) -> tuple[str, ...]:
    """Whoever would lose by the record; whoever comes too late for a limit does so today."""
    named = [t for c in advice.collisions if paid_by(c.rule) == paid_by(LOSERS.code) for t in c.losers]
    return tuple(dict.fromkeys(named))
