"""Who has the record: each server and each public resolver, from what was seen there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from checks.resolver.propagation.facts import Facts, Held, Public, Server, Stage, Trouble, Wanted

_TELLING = tuple(Trouble)
"""What tells most about a server comes first, where its addresses are in different trouble."""


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """Whether a server has the record; None when it does not say. `trouble`: why not.

    A server that answers differently at its addresses does not have it yet; silent ones beside do not count.
    """

    server: Server
    has: bool | None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class PublicStanding:
    """Whether a public resolver has the record, wherever it was seen there; None when it does not say.

    `seconds`: until its other answer expires, at most; None when it has the record or does not tell.
    `former`: servers that it asks although neither the parent nor the zone names them.
    """

    public: Public
    has: bool | None
    seconds: int | None = None
    trouble: Trouble | None = None
    former: tuple[str, ...] = ()


def answers(stage: Stage) -> Iterator[tuple[Held, int | None]]:
    """What the zone's servers hold, with the serial beside it."""
    for server in stage.servers:
        for address in server.addresses:
            if isinstance(address.outcome, Held):
                yield address.outcome, address.serial


def view(held: Held, wanted: Wanted) -> tuple[str, ...]:
    """What an authoritative server holds, as texts; an alias is one."""
    if held.aliases:
        return (f"CNAME {held.aliases[0]}",)
    return wanted.among(held.records)


def meant(facts: Facts) -> tuple[str, ...]:
    """The record that is looked for: the expected one, else the newest by its zone's serial, else the commonest.

    Empty when no server holds any.
    """
    if facts.wanted.expected is not None:
        return (facts.wanted.expected,)
    best: tuple[str, ...] = ()
    serials: dict[tuple[str, ...], int | None] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for held, serial in answers(facts.stages[-1]) if facts.stages else ():
        texts = view(held, facts.wanted)
        counts[texts] += 1
        if texts not in serials or newer(serial, serials[texts]):
            serials[texts] = serial
    for texts in filter(None, serials):
        a, b = serials[texts], serials.get(best)
        if not best or newer(a, b) or (not newer(b, a) and counts[texts] > counts[best]):
            best = texts
    return best


def newer(a: int | None, b: int | None) -> bool:
    """Whether serial `a` comes after `b`, in a circle of 2^32 (RFC 1982 3.2); any after none."""
    if a is None or b is None:
        return a is not None and b is None
    return 0 < (a - b) % 2**32 < 2**31


def server_standing(server: Server, facts: Facts, sought: tuple[str, ...]) -> ServerStanding:
    outcomes = [address.outcome for address in server.addresses]
    held = [outcome for outcome in outcomes if isinstance(outcome, Held)]
    if held:
        return ServerStanding(
            server, all(_has(view(one, facts.wanted), facts.wanted, sought) for one in held)
        )
    troubles = [server.trouble] if server.trouble else [o for o in outcomes if isinstance(o, Trouble)]
    return ServerStanding(server, None, min(troubles, key=_TELLING.index, default=Trouble.NO_ADDRESS))


def _has(texts: tuple[str, ...], wanted: Wanted, sought: tuple[str, ...]) -> bool:
    return wanted.expected in texts if wanted.expected is not None else texts == sought


def public_standing(public: Public, facts: Facts, sought: tuple[str, ...], known: bool) -> PublicStanding:
    """`known`: whether it is known what the record should be."""
    lacking: list[int | None] = []
    troubles: list[Trouble] = []
    had = False
    former = _former(public, facts)
    for seen in public.seen:
        if isinstance(seen.outcome, Trouble):
            troubles.append(seen.outcome)
        elif _public_has(seen.outcome, facts, sought):
            had = True
        else:
            lacking.append(_longest(seen.outcome.seconds, seen.nameserver_seconds if former else 0))
    if not known or not (had or lacking):
        return PublicStanding(public, None, trouble=min(troubles, key=_TELLING.index, default=None))
    if not lacking:
        return PublicStanding(public, True, former=former)
    return PublicStanding(public, False, _longest(*lacking), former=former)


def _public_has(held: Held, facts: Facts, sought: tuple[str, ...]) -> bool:
    """The zone's servers may disagree on an alias: then the one that is meant must lie on the way."""
    if facts.wanted.expected is None and any(f"CNAME {alias}" in sought for alias in held.aliases):
        return True
    return _has(facts.wanted.among(held.records), facts.wanted, sought)


def _longest(*seconds: int | None) -> int | None:
    known = [one for one in seconds if one is not None]
    return max(known) if len(known) == len(seconds) else None


def _former(public: Public, facts: Facts) -> tuple[str, ...]:
    if not facts.stages or not facts.stages[-1].servers:
        return ()
    stage = facts.stages[-1]
    current = set(stage.cut.names).union(*(server.nameservers for server in stage.servers))
    return tuple(sorted({name for seen in public.seen for name in seen.nameservers} - current))
