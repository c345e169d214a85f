"""What a server's reply means for the question: records, a definite no, a name to go on with, or nonsense."""

from __future__ import annotations

from dataclasses import dataclass

import dns.rcode

from checks.lookup import MAX_ALIASES, Mx, Record, Txt
from checks.resolver.message import Alias, Held, Reply
from checks.resolver.names import Labels

LONGEST_TTL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Trail:
    """The way from the asked name to where we stand: the targets passed, and the least TTL in seconds."""

    start: Labels
    passed: tuple[Labels, ...] = ()
    ttl: int = LONGEST_TTL

    @property
    def owner(self) -> Labels:
        """Where we stand."""
        return self.passed[-1] if self.passed else self.start

    def to(self, target: Labels, ttl: int) -> Trail | None:
        """One alias further; None when it leads in a circle or is one too many."""
        if target == self.start or target in self.passed or len(self.passed) >= MAX_ALIASES:
            return None
        return Trail(self.start, (*self.passed, target), min(self.ttl, ttl))


@dataclass(frozen=True, slots=True)
class Found:
    """Records of the asked type stand at the trail's end."""

    trail: Trail
    records: tuple[Record, ...]
    ttl: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The trail's end does not exist, or has no record of the asked type."""

    trail: Trail
    nxdomain: bool
    ttl: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """An alias leads to a name of which this reply says nothing."""

    trail: Trail


@dataclass(frozen=True, slots=True)
class Nonsense:
    """The reply contradicts itself, or its aliases never end."""


Reading = Found | Missing | GoOn | Nonsense


def read(trail: Trail, reply: Reply) -> Reading:
    """What a reply (NOERROR or NXDOMAIN) to a question about the trail's end says."""
    asked_at = trail.owner
    while not (held := _at(trail.owner, reply.held)) and (ways := _aliases(trail.owner, reply.aliases)):
        further = trail.to(ways[0].target, ways[0].ttl) if len({way.target for way in ways}) == 1 else None
        if further is None:
            return Nonsense()
        trail = further
    if held:
        return _found(trail, held, reply)
    nxdomain = reply.rcode == dns.rcode.NXDOMAIN  # of the last name in the chain (RFC 6604 3)
    if trail.owner != asked_at and not nxdomain and not _covers(reply, trail.owner):
        return GoOn(trail)
    # Without a SOA there is no time that a no may be kept for (RFC 2308 5).
    ttl = reply.authority.negative_ttl if reply.authority else 0
    return Missing(trail, nxdomain, min(trail.ttl, ttl))


def _found(trail: Trail, held: list[Held], reply: Reply) -> Reading:
    if reply.rcode == dns.rcode.NXDOMAIN:
        return Nonsense()
    # A record set has no order, and servers turn it round: sorted, the same records are the same answer.
    records = sorted((one.record for one in held), key=_order)
    return Found(trail, tuple(dict.fromkeys(records)), min(trail.ttl, *(one.ttl for one in held)))


def _order(record: Record) -> tuple[object, ...]:
    match record:
        case Txt():
            return record.strings
        case Mx():
            return record.preference, record.exchange
        case _:
            return (record,)


def _at(owner: Labels, held: tuple[Held, ...]) -> list[Held]:
    return [one for one in held if one.owner == owner]


def _aliases(owner: Labels, aliases: tuple[Alias, ...]) -> list[Alias]:
    return [one for one in aliases if one.owner == owner]


def _covers(reply: Reply, name: Labels) -> bool:
    """Whether the zone that says no is one in which the name can stand."""
    if reply.authority is None:
        return False
    zone = reply.authority.zone
    return not zone or name[-len(zone) :] == zone
