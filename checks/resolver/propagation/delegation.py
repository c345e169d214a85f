"""Find the zone that holds a name, and who delegates it: down from the top, in the parents' own words.

RFC 1034 4.2.2: a zone's servers are named twice, by its parent and by itself. Resolvers follow the parent, so a
recursive resolver's answer alone would hide a delegation that has changed, or that leads to servers that do
not serve the zone. Each step leads to a longer name, so the walk ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from checks.domain_name import parents
from checks.lookup import Answer, LookupFailed, RecordType, Resolver
from checks.resolver.propagation.direct import Asker, Own
from checks.resolver.propagation.facts import Cut, Trouble

_PARENT_SERVERS = 4  # that are asked at a step, until one knows
_PARENT_ADDRESSES = 2


async def find(name: str, resolver: Resolver, asker: Asker) -> Cut | None:
    """The zone that holds `name`; None when nobody could be asked.

    The walk begins at the highest name that the recursive resolver knows servers of, mostly the top-level
    domain; if none of those says anything (a closed network), at the next below it.
    """
    last: Cut | None = None
    for top in reversed((name, *parents(name))[-asker.limits.depth :]):
        start = await _as_resolver_says(top, resolver, asker)
        if start is None:
            continue
        last = await _Walk(name, resolver, asker).down(start)
        if last.told_by:
            return last
    return last if last is not None and "." in last.zone else None


async def _as_resolver_says(zone: str, resolver: Resolver, asker: Asker) -> Cut | None:
    found = await asker.lookup(resolver, zone, RecordType.NS)
    if not isinstance(found, Answer) or found.aliases:
        return None
    return Cut(zone, tuple(sorted(found.values)))


@dataclass(frozen=True, slots=True)
class Located:
    """Where a server is. `trouble`: why nowhere."""

    addresses: tuple[str, ...]
    trouble: Trouble | None = None


async def locate(name: str, cut: Cut, resolver: Resolver, asker: Asker) -> Located:
    """The addresses of a zone's server: the glue, which resolvers use first, and what its name says."""
    glue = [address for owner, address in cut.glue if owner == name]
    found = await asyncio.gather(
        *(asker.lookup(resolver, name, type) for type in (RecordType.A, RecordType.AAAA))
    )
    looked_up = [address for one in found if isinstance(one, Answer) for address in one.values]
    if addresses := tuple(dict.fromkeys([*glue, *looked_up])):
        return Located(addresses)
    unknown = any(isinstance(one, LookupFailed) for one in found)
    return Located((), Trouble.ADDRESS_UNKNOWN if unknown else Trouble.NO_ADDRESS)


class _Walk:
    """One way down to a name."""

    def __init__(self, name: str, resolver: Resolver, asker: Asker) -> None:
        self._name = name
        self._resolver = resolver
        self._asker = asker

    async def down(self, cut: Cut) -> Cut:
        """The deepest zone on the way. `told_by` of what comes back is empty if nobody knew anything."""
        for _ in range(self._asker.limits.depth):
            further = await self._step(cut)
            if further is None or further.zone == cut.zone:
                return further or cut
            cut = further
        return cut

    async def _step(self, cut: Cut) -> Cut | None:
        """What the first of the zone's servers that knows says: a zone below, or the zone itself."""
        asked: set[str] = set()
        for name in cut.names[:_PARENT_SERVERS]:
            for address in await self._addresses(name, cut):
                if address not in asked and (said := await self._ask(address, cut)) is not None:
                    return said
                asked.add(address)
        return None

    async def _addresses(self, name: str, cut: Cut) -> tuple[str, ...]:
        glue = tuple(address for owner, address in cut.glue if owner == name)
        addresses = glue or (await locate(name, cut, self._resolver, self._asker)).addresses
        return tuple(sorted(addresses, key=lambda address: ":" in address))[:_PARENT_ADDRESSES]

    async def _ask(self, address: str, cut: Cut) -> Cut | None:
        """The SOA at the name tells where its zone begins; an alias hides that, so then at the name above."""
        for name in (self._name, *parents(self._name)):
            if not within(name, cut.zone):
                return None
            said = await self._asker.own(address, name, RecordType.SOA)
            if isinstance(said, Trouble):
                return None
            if said.referral is not None:
                return self._delegated(said, cut, address)
            if not said.authoritative:
                return None
            if not said.reply.aliases:
                return await self._held(said, cut, address)
        return None

    def _delegated(self, said: Own, cut: Cut, address: str) -> Cut | None:
        """A referral that leads down and towards the name; whatever else is no delegation (RFC 1034 4.3.2)."""
        zone, names = said.referral or ("", ())
        if zone == cut.zone or not within(zone, cut.zone) or not within(self._name, zone):
            return None
        return Cut(zone, names, said.glue, cut.zone, address)

    async def _held(self, said: Own, cut: Cut, address: str) -> Cut | None:
        """The server holds the zone of the name: its parent's, or one below it that is hidden in it."""
        zone = said.zone.name if said.zone else cut.zone
        if zone == cut.zone:
            return Cut(cut.zone, cut.names, cut.glue, cut.parent, cut.told_by or address, cut.hidden)
        if not within(zone, cut.zone) or not within(self._name, zone):
            return None
        named = await self._asker.own(address, zone, RecordType.NS)
        if isinstance(named, Trouble):
            return None
        names = tuple(sorted({one.record for one in named.reply.held if isinstance(one.record, str)}))
        return Cut(zone, names or cut.names, named.glue, cut.zone, address, hidden=True)


def within(name: str, zone: str) -> bool:
    """Whether a name is a zone's own name or one below it; everything is within the root."""
    return not zone or name == zone or name.endswith(f".{zone}")
