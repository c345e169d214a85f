"""Look at everything: the delegation, each authoritative server, and the public resolvers beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from checks.lookup import RecordType, Resolver
from checks.resolver.message import Reply
from checks.resolver.names import to_labels, to_text
from checks.resolver.propagation import delegation
from checks.resolver.propagation.direct import Asker, Own, held
from checks.resolver.propagation.facts import (
    Address,
    Cut,
    Facts,
    Held,
    Lost,
    Public,
    Seen,
    Server,
    Stage,
    Trouble,
    Wanted,
)
from checks.resolver.propagation.limits import Limits
from checks.resolver.reading import Found, Missing, Trail, read
from checks.resolver.servers import Nameserver, parse


@dataclass(frozen=True, slots=True)
class PublicResolver:
    """A resolver that many people use. One `name` may have several addresses."""

    name: str
    server: Nameserver


def public_resolver(text: str) -> PublicResolver:
    """Read `name=IP` or `name=IP:port`, as in settings; ValueError says how to write it."""
    name, equals, server = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is not a public resolver: write it as Google=8.8.8.8")
    return PublicResolver(name.strip(), parse(server))


async def gather(
    wanted: Wanted,
    resolver: Resolver,
    public: Sequence[PublicResolver] = (),
    limits: Limits | None = None,
    *,
    now: Callable[[], float] = time.time,
) -> Facts:
    """All that can be seen of the wanted record, within the limits; never raises for what the DNS says.

    `resolver` (recursive) finds the top of the way down and the addresses of servers without glue.
    """
    asker = Asker(limits or Limits())
    at = now()
    asked = [one for one in dict.fromkeys(public) for _ in range(asker.limits.samples)]
    (stages, lost), replies = await asyncio.gather(
        _stages(wanted, resolver, asker),
        asyncio.gather(*(asker.recursive(one.server, wanted.name, wanted.type) for one in asked)),
    )
    zone = stages[-1].cut.zone if stages else ""
    seen = await asyncio.gather(
        *(_seen(one, reply, wanted, zone, asker) for one, reply in zip(asked, replies, strict=True))
    )
    return Facts(wanted, stages, _by_name(asked, seen), lost, at)


async def _stages(wanted: Wanted, resolver: Resolver, asker: Asker) -> tuple[tuple[Stage, ...], Lost | None]:
    """The name's servers; then those of the target, as long as all that answer agree on an alias."""
    stages: list[Stage] = []
    name: str | None = wanted.name
    while name is not None:
        if any(stage.name == name for stage in stages):
            return tuple(stages), Lost.CIRCLE
        if len(stages) > asker.limits.aliases:
            return tuple(stages), Lost.TOO_MANY
        cut = await delegation.find(name, resolver, asker)
        if cut is None:
            return tuple(stages), Lost.NO_ZONE
        stages.append(await _stage(name, wanted.type, cut, resolver, asker))
        name = _agreed_alias(stages[-1])
    return tuple(stages), None


def _agreed_alias(stage: Stage) -> str | None:
    outcomes = {
        address.outcome.aliases[:1]
        for server in stage.servers
        for address in server.addresses
        if isinstance(address.outcome, Held)
    }
    (target,) = outcomes.pop() if len(outcomes) == 1 and outcomes != {()} else (None,)
    return target


async def _stage(name: str, type: RecordType, cut: Cut, resolver: Resolver, asker: Asker) -> Stage:
    """The servers that the parent names, then those that only the zone itself names."""
    asking = _Servers(name, type, cut, resolver, asker)
    await asking.ask(cut.names)
    await asking.ask({name for server in asking.servers for name in server.nameservers})
    return Stage(name, cut, tuple(asking.servers), asking.unasked)


class _Servers:
    """Asks the servers of one zone, each address once, although several names may lead to it."""

    def __init__(self, name: str, type: RecordType, cut: Cut, resolver: Resolver, asker: Asker) -> None:
        self._name, self._type, self._cut = name, type, cut
        self._resolver, self._asker = resolver, asker
        self._asked: dict[str, asyncio.Task[Address]] = {}
        self._names: set[str] = set()
        self.servers: list[Server] = []
        self.unasked = 0

    async def ask(self, names: Iterable[str]) -> None:
        """Ask those of the names that were not asked before, within the limit."""
        new = sorted(set(names) - self._names)
        allowed = new[: max(self._asker.limits.servers - len(self.servers), 0)]
        self.unasked += len(new) - len(allowed)
        self._names.update(new)
        self.servers += await asyncio.gather(*(self._server(name) for name in allowed))

    async def _server(self, name: str) -> Server:
        located = await delegation.locate(name, self._cut, self._resolver, self._asker)
        chosen = located.addresses[: self._asker.limits.addresses]
        for address in chosen:
            if address not in self._asked:
                self._asked[address] = asyncio.create_task(self._address(address))
        asked = await asyncio.gather(*(self._asked[address] for address in chosen))
        return Server(name, tuple(asked), located.trouble, len(located.addresses) - len(chosen))

    async def _address(self, address: str) -> Address:
        """The record; and only of a server that says something, its serial and its NS set too."""
        said = await self._asker.own(address, self._name, self._type)
        outcome = said if isinstance(said, Trouble) else held(said, self._name)
        if isinstance(outcome, Trouble):
            return Address(address, outcome)
        zone = self._cut.zone
        soa, ns = await asyncio.gather(
            *(self._asker.own(address, zone, type) for type in (RecordType.SOA, RecordType.NS))
        )
        return Address(address, outcome, _serial(soa, zone), _names(ns, zone))


def _serial(said: Own | Trouble, zone: str) -> int | None:
    if isinstance(said, Trouble) or not said.authoritative or said.zone is None or said.zone.name != zone:
        return None
    return said.zone.serial


def _names(said: Own | Trouble, zone: str) -> tuple[str, ...]:
    if isinstance(said, Trouble) or not said.authoritative:
        return ()
    return _targets(said.reply, zone)


def _targets(reply: Reply, zone: str) -> tuple[str, ...]:
    owner = to_labels(zone)
    return tuple(sorted({str(one.record) for one in reply.held if one.owner == owner}))


# The public resolvers


def _by_name(asked: Sequence[PublicResolver], seen: Sequence[Seen]) -> tuple[Public, ...]:
    by_name: dict[str, list[Seen]] = {}
    for one, what in zip(asked, seen, strict=True):
        by_name.setdefault(one.name, []).append(what)
    return tuple(Public(name, tuple(what)) for name, what in by_name.items())


async def _seen(
    public: PublicResolver, reply: Reply | Trouble, wanted: Wanted, zone: str, asker: Asker
) -> Seen:
    """What it answered, and whom it believes to serve the zone: perhaps servers of before a move."""
    address = str(public.server)
    if isinstance(reply, Trouble):
        return Seen(address, reply)
    outcome = _cached(reply, wanted.name)
    ns = await asker.recursive(public.server, zone, RecordType.NS) if zone else Trouble.NOT_ASKED
    if isinstance(ns, Trouble) or not (names := _targets(ns, zone)):
        return Seen(address, outcome)
    return Seen(address, outcome, names, max(one.ttl for one in ns.held))


def _cached(reply: Reply, name: str) -> Held | Trouble:
    """What a recursive answer holds, and when the last of it expires: a new record may hide behind any part."""
    found = read(Trail(to_labels(name) or ()), reply)
    if not isinstance(found, Found | Missing):
        return Trouble.MALFORMED
    trail = found.trail
    way = {trail.start, *trail.passed[:-1]} if trail.passed else set()
    seconds = [alias.ttl for alias in reply.aliases if alias.owner in way]
    aliases = tuple(to_text(target) for target in trail.passed)
    if isinstance(found, Found):
        seconds += [one.ttl for one in reply.held if one.owner == trail.owner]
        return Held(found.records, aliases, max(seconds))
    # A no without a SOA must not be kept (RFC 2308 5): nobody knows whether it is.
    left = max([*seconds, reply.authority.negative_ttl]) if reply.authority else None
    return Held((), aliases, left, found.nxdomain)
