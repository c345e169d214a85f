"""SPF for the platform's mail: what was asked for every sending address, and the state that follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from checks.company import SpfState
from checks.lookup import Answer, RecordType, Resolver
from checks.platform import IPAddress, Platform
from checks.spf.evaluate import MAX_VOIDS, Outcome, Result, check_host
from checks.spf.include import Mention, mentions
from checks.spf.record import select
from checks.spf.tree import Tree, walk

_ELSEWHERE = ("www", "_spf")


@dataclass(frozen=True, slots=True)
class Sender:
    """One sending address: the outcome, and a stricter one where receivers that count void queries differ."""

    address: IPAddress
    outcome: Outcome
    stricter: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SpfFacts:
    """What is known of one domain's SPF for our mail.

    `domain`: whose record was asked; `shared`: a domain shared by everybody; `mentions`: where we are named;
    `elsewhere`: names beside the domain (parent, www, _spf) whose record names us, where receivers do not look.
    """

    domain: str
    shared: bool
    senders: tuple[Sender, ...]
    tree: Tree
    mentions: tuple[Mention, ...]
    elsewhere: tuple[Mention, ...] = ()

    @property
    def state(self) -> SpfState:
        """As interfaces.md defines the column."""
        if self.shared:
            return SpfState.IMPOSSIBLE
        results = {s.outcome.result for s in self.senders}
        if results == {Result.PASS}:
            return SpfState.EFFECTIVE
        if results <= {Result.PASS, Result.TEMPERROR}:
            return SpfState.UNKNOWN
        if self.mentions or Result.PASS in results:
            return SpfState.INEFFECTIVE
        return SpfState.MISSING

    @property
    def passes(self) -> bool | None:
        """Whether our mail passes from every address; None when that could not be told."""
        results = {s.outcome.result for s in self.senders}
        if results == {Result.PASS}:
            return True
        return None if results <= {Result.PASS, Result.TEMPERROR} else False


async def gather(
    domain: str, platform: Platform, resolver: Resolver, *, local: str = "", shared: bool = False
) -> SpfFacts:
    """Evaluate the platform's mail at `domain` from every sending address; `local` is MAIL FROM's local part."""
    sender = f"{local or 'postmaster'}@{domain}"
    helo = platform.domain or platform.include
    senders = await asyncio.gather(
        *(_sender(address, domain, sender, helo, resolver) for address in platform.sending_addresses)
    )
    tree = await walk(domain, resolver)
    found = mentions(tree, platform.include)
    facts = SpfFacts(domain, shared, tuple(senders), tree, found)
    if facts.state is not SpfState.MISSING:
        return facts
    return SpfFacts(domain, shared, tuple(senders), tree, found, await _elsewhere(domain, platform, resolver))


async def _sender(address: IPAddress, domain: str, sender: str, helo: str, resolver: Resolver) -> Sender:
    outcome = await check_host(address, domain, sender, helo, resolver=resolver, explain=False)
    if outcome.result is not Result.PASS or outcome.void_queries <= MAX_VOIDS:
        return Sender(address, outcome)
    stricter = await check_host(
        address, domain, sender, helo, resolver=resolver, voids="query", explain=False
    )
    return Sender(address, outcome, stricter if stricter.result is not Result.PASS else None)


async def _elsewhere(domain: str, platform: Platform, resolver: Resolver) -> tuple[Mention, ...]:
    """Our include in the own record of the parent, `www.` or `_spf.`: SPF is not inherited (RFC 7208 3.4)."""
    parent = domain.partition(".")[2]
    names = [f"{label}.{domain}" for label in _ELSEWHERE] + ([parent] if "." in parent else [])
    return tuple(
        m for found in await asyncio.gather(*(_own(n, platform, resolver) for n in names)) for m in found
    )


async def _own(name: str, platform: Platform, resolver: Resolver) -> tuple[Mention, ...]:
    found = await resolver.lookup(name, RecordType.TXT)
    if not isinstance(found, Answer) or not select(found.texts):
        return ()
    tree = await walk(name, resolver)
    return tuple(m for m in mentions(tree, platform.include) if m.present)
