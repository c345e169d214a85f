"""Where our include can stand, and who would pay for it: read off the structure, so it holds for every sender.

A sender's count at a term is the sum over the terms before it. Where the order of the kept terms is unchanged,
only what newly stands before a term can raise the count there; so nobody loses at a term that nothing new
precedes, or whose worst case stays within ten terms and two voids of each family (RFC 7208 4.6.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.lookup import Resolver
from checks.spf.budget import ERRORS, Cost, Fault, total
from checks.spf.outcome import MAX_TERMS, MAX_VOIDS
from checks.spf.record import Directive, Mechanism, Network, Record
from checks.spf.repair_plan import Costs
from checks.spf.repair_read import Key, Piece
from checks.spf.tree import NodeState, reachable_directives, walk


@dataclass(frozen=True, slots=True)
class Ours:
    """Our include as others meet it: its cost, its networks, whether these are all that it authorises, its record."""

    piece: Piece
    cost: Cost
    networks: tuple[Network, ...] = ()
    only_networks: bool = True
    record: Record | None = None

    def may_match(self, refused: Piece) -> bool:
        """Whether a sender that this term refuses may be one that our include lets pass."""
        network = refused.parsed.network if isinstance(refused.parsed, Directive) else None
        if network is None or not self.only_networks:
            return True
        return any(network.version == n.version and network.overlaps(n) for n in self.networks)


async def networks(include: str, resolver: Resolver) -> tuple[tuple[Network, ...], bool]:
    """The networks that the include authorises, at any depth, and whether it authorises by nothing else."""
    found: dict[Network, None] = {}
    only = True
    for node in (await walk(include, resolver)).nodes:
        for directive in reachable_directives(node.record) if node.record and node.reachable else ():
            if directive.network is not None and directive.qualifier == "+":
                found[directive.network] = None
            only = only and directive.mechanism in (
                Mechanism.IP4,
                Mechanism.IP6,
                Mechanism.ALL,
                Mechanism.INCLUDE,
            )
        only = only and node.state is not NodeState.MACRO
    return tuple(found), only


@dataclass(frozen=True, slots=True)
class Loss:
    """The terms whose senders may lose, and the rule-worthy reason: `by_error` when ours does not work to its end."""

    terms: tuple[str, ...] = ()
    by_error: bool = False


NOBODY = Loss()


def losers(old: Sequence[Piece] | None, new: Sequence[Piece], ours: Key, costs: Costs) -> Loss:
    """Who passed under `old` (None: nobody did) and may not under `new`, whose kept terms have the same order."""
    if old is None:
        return NOBODY
    places = {p.key: i for i, p in reversed(list(enumerate(old)))}
    least = _least_starts(old, costs)
    spent = Cost()
    movers: list[tuple[int, Cost]] = []
    found = []
    by_error = False
    for one in new:
        place, cost = places.get(one.key, len(old)), costs.get(one.key, Cost())
        spent += cost
        extra = [c for at, c in movers if at > place]
        reached = place < len(old) and least[place] + bool(cost.terms) <= MAX_TERMS
        if reached and one.authorises and extra:
            errors = any(c.fault & ERRORS for c in extra)
            if errors or _may_break(spent, total(extra)):
                found.append(one.published or one.text)
                by_error = by_error or errors
        if place == len(old) or one.key == ours:
            movers.append((place, cost))
    return Loss(tuple(found), by_error)


def _least_starts(old: Sequence[Piece], costs: Costs) -> list[int]:
    starts, spent = [], 0
    for one in old:
        starts.append(spent)
        spent += costs.get(one.key, Cost()).least
    return starts


def _may_break(spent: Cost, extra: Cost) -> bool:
    if extra.terms and (spent.terms > MAX_TERMS or spent.fault & Fault.UNKNOWN):
        return True
    return any(extra.voids[f] and spent.voids[f] > MAX_VOIDS for f in (0, 1))


def readmitted(old: Sequence[Piece], new: Sequence[Piece], ours: Ours) -> tuple[Piece, ...]:
    """The deliberate refusals that stand behind ours in `new` and did not in `old`, and may refuse what ours holds."""
    keys = {p.key for p in old}
    works = next((i for i, p in enumerate(old) if p.key == ours.piece.key and p.authorises), len(old))
    before = keys - {p.key for p in old[works:]}
    at = next((i for i, p in enumerate(new) if p.key == ours.piece.key), len(new))
    return tuple(
        p for p in new[at:] if p.refuses and (p.key in before or p.key not in keys) and ours.may_match(p)
    )
