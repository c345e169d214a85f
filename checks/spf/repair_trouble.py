"""What a record cannot have at once, and who pays for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from checks.spf.advice import SHOWN_OCTETS, Collision
from checks.spf.budget import Cost, Fault, total
from checks.spf.outcome import MAX_TERMS, MAX_VOIDS
from checks.spf.repair_draft import Bench, Draft
from checks.spf.repair_read import Piece
from checks.spf.repair_rules import (
    BEYOND_COUNTING,
    LONG,
    LOSERS,
    LOSERS_OF_OURS,
    NOT_FIRST,
    NOT_LOOKED_UP,
    OVER_TERMS,
    OVER_VOIDS,
    OVER_VOIDS_IN_ONE_FAMILY,
)


def collisions(bench: Bench, draft: Draft) -> tuple[Collision, ...]:
    """Every collision of the goals in this record, what costs somebody something first."""
    return tuple(_collisions(bench, draft))


def _collisions(bench: Bench, draft: Draft) -> Iterator[Collision]:
    domain, pieces = bench.facts.domain, draft.pieces
    if draft.loss.terms:
        rule = LOSERS_OF_OURS if draft.loss.by_error else LOSERS
        yield Collision(rule.code, domain, draft.loss.terms, decide=True)
    size = bench.size(pieces)
    if size.terms > MAX_TERMS:
        yield Collision(OVER_TERMS.code, domain, _beyond(bench, pieces, _over_terms), decide=True)
    if max(size.voids) > MAX_VOIDS:
        rule = OVER_VOIDS if size.voids[0] > MAX_VOIDS else OVER_VOIDS_IN_ONE_FAMILY
        yield Collision(rule.code, domain, _beyond(bench, pieces, _over_voids))
    if draft.at:
        yield Collision(NOT_FIRST.code, domain)
    fault = total([bench.costs[p.key] for p in pieces if p.key in bench.costs]).fault
    if fault & Fault.UNKNOWN:
        yield Collision(BEYOND_COUNTING.code, domain)
    if fault & Fault.FAILED:
        yield Collision(NOT_LOOKED_UP.code, domain)
    if size.octets > SHOWN_OCTETS:
        yield Collision(LONG.code, domain)


def _over_terms(spent: Cost) -> bool:
    return spent.terms > MAX_TERMS


def _over_voids(spent: Cost) -> bool:
    return max(spent.voids) > MAX_VOIDS


def _beyond(bench: Bench, pieces: Sequence[Piece], over: Callable[[Cost], bool]) -> tuple[str, ...]:
    """The terms whose senders may be reached only past the limit; ours is asked before it (it was evaluated)."""
    spent = Cost()
    found = []
    for one in pieces:
        spent += bench.costs.get(one.key, Cost())
        if one.authorises and one.key != bench.ours.piece.key and over(spent):
            found.append(one.published or one.text)
    return tuple(found)
