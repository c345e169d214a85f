"""One possible record: its pieces with ours among them, what it costs, who would lose, and whether our mail passes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checks.company import SenderOutcome
from checks.lookup import OverlayResolver, RecordType, Resolver, txt
from checks.platform import IPAddress, Platform
from checks.spf.advice import Size
from checks.spf.budget import Fault, total
from checks.spf.evaluate import check_host
from checks.spf.ours import SpfFacts
from checks.spf.outcome import Outcome, Result
from checks.spf.record import Record
from checks.spf.repair_place import NOBODY, Loss, Ours, losers, readmitted
from checks.spf.repair_plan import Costs, Plan
from checks.spf.repair_read import Piece, Reading, as_published
from checks.spf.tree import ends_with_all


@dataclass(frozen=True, slots=True)
class Draft:
    """The pieces of a record in order. `at`: ours' index among them, None when it is not there."""

    pieces: tuple[Piece, ...]
    at: int | None = None
    loss: Loss = NOBODY
    refusals: tuple[Piece, ...] = ()

    @property
    def record(self) -> str:
        return " ".join(("v=spf1", *(p.text for p in self.pieces)))


@dataclass(frozen=True, slots=True)
class Bench:
    """What drafts are made and measured with. `old`: the pieces that senders pass by now, None if nobody can;
    `records`: those below the domain's own, by name."""

    facts: SpfFacts
    platform: Platform
    resolver: Resolver
    sender: str
    reading: Reading
    costs: Costs
    ours: Ours
    old: tuple[Piece, ...] | None
    records: Mapping[str, Record]

    @property
    def passes_now(self) -> bool:
        """Whether our mail passes already, at receivers of either way to count voids."""
        return bool(self.facts.passes) and not any(s.stricter for s in self.facts.senders)

    @property
    def named_now(self) -> bool:
        """Whether our include works somewhere in the published record already."""
        return any(p.key == self.ours.piece.key and p.authorises for p in self.old or ())

    def redirect_refuses(self, one: Piece) -> bool:
        """Whether the record that this redirect leads to refuses somebody whom our include may let pass."""
        name = one.parsed.domain.literal if one.is_redirect and one.parsed.domain else None
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            parsed = self.records.get(name.removesuffix(".").lower())
            if parsed is None:
                return False
            if any(p.refuses and self.ours.may_match(p) for p in as_published(parsed)):
                return True
            domain = parsed.redirect.domain if parsed.redirect and not ends_with_all(parsed) else None
            name = domain.literal if domain else None
        return False

    def size(self, pieces: Sequence[Piece]) -> Size:
        cost = total([self.costs[p.key] for p in pieces if p.key in self.costs])
        octets = len("v=spf1") + sum(1 + len(p.text) for p in pieces)
        return Size(cost.terms, cost.voids, octets, bool(cost.fault & Fault.UNKNOWN))

    def draft(self, pieces: Sequence[Piece], at: int | None = None) -> Draft:
        """A record of these pieces alone, ours (if any) being one of them."""
        return Draft(tuple(pieces), at, self.loss(pieces))

    def loss(self, pieces: Sequence[Piece]) -> Loss:
        return losers(self.old, pieces, self.ours.piece.key, self.costs)

    def with_ours(self, made: Plan, at: int) -> Draft:
        """The plan with ours as its piece number `at`."""
        pieces = (*made.pieces[:at], self.ours_of(made), *made.pieces[at:])
        before = self.old if self.old is not None else _in_its_place(made)
        return Draft(pieces, at, self.loss(pieces), readmitted(before, pieces, self.ours))

    def ours_of(self, made: Plan) -> Piece:
        """Our include as it is published where that works, else as it should be."""
        if made.ours is None:
            return self.ours.piece
        if made.ours.authorises:
            return made.ours
        return replace(self.ours.piece, published=made.ours.published, rule=self.ours.piece.rule)

    async def outcomes(self, record: str) -> tuple[tuple[IPAddress, Outcome], ...]:
        """Our mail from each sending address, if this were published."""
        here = (self.facts.domain, RecordType.TXT)
        overlay = OverlayResolver(self.resolver, {here: [*map(txt, self.reading.others), txt(record)]})
        helo = self.platform.domain or self.platform.include
        addresses = self.platform.sending_addresses
        found = await asyncio.gather(
            *(
                check_host(a, self.facts.domain, self.sender, helo, resolver=overlay, explain=False)
                for a in addresses
            )
        )
        return tuple(zip(addresses, found, strict=True))

    async def passes(self, record: str) -> bool:
        return all(o.result is Result.PASS for _, o in await self.outcomes(record))


def _in_its_place(made: Plan) -> tuple[Piece, ...]:
    if made.ours is None or made.ours_at is None:
        return made.pieces
    return (*made.pieces[: made.ours_at], made.ours, *made.pieces[made.ours_at :])


def told(domain: str, address: IPAddress, outcome: Outcome) -> SenderOutcome:
    """The outcome in the words of the export and the pages."""
    problem = outcome.problem
    parts = (problem.kind, problem.name, problem.term, problem.detail) if problem else ()
    return SenderOutcome(
        address=str(address),
        envelope=domain,
        result=outcome.result,
        matched_name=outcome.matched.name if outcome.matched else "",
        matched_term=outcome.matched.term if outcome.matched else "",
        terms=outcome.terms,
        voids=outcome.voids,
        problem=": ".join(filter(None, parts)),
    )
