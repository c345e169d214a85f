"""Has it arrived? From what was seen: the state, the findings, and one sentence for support. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from checks.model import Evidence, Finding, Rule
from checks.public_suffixes import registrable
from checks.resolver.propagation import rules
from checks.resolver.propagation.delegation import within
from checks.resolver.propagation.facts import Facts, Held, Lost, Server, Stage, Trouble
from checks.resolver.propagation.standing import (
    PublicStanding,
    ServerStanding,
    answers,
    meant,
    newer,
    public_standing,
    server_standing,
    view,
)


class State(StrEnum):
    """Where the record stands, at the zone's own servers.

    A server that gives no answer is unknown, never "not published". EVERYWHERE is a promise, so each server must
    have said that it holds the record. NOWHERE: of those that answer, none holds it. UNKNOWN: none answers.
    """

    EVERYWHERE = "everywhere"
    SOME = "on some servers"
    NOWHERE = "nowhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is told. `sought`: the records that are meant, as texts, expected or the newest that was seen.

    `seconds`: until every public resolver that was asked has let go of another answer, at most; None when one
    of them does not say, or none holds another. `servers`: of the zone where the record stands.
    """

    facts: Facts
    state: State
    sought: tuple[str, ...]
    servers: tuple[ServerStanding, ...]
    resolvers: tuple[PublicStanding, ...]
    findings: tuple[Finding, ...]

    @property
    def stage(self) -> Stage | None:
        """Where the record stands, or should."""
        return self.facts.stages[-1] if self.facts.stages else None

    @property
    def seconds(self) -> int | None:
        waits = [one.seconds for one in self.resolvers if one.has is False]
        known = [wait for wait in waits if wait is not None]
        return max(known) if known and len(known) == len(waits) else None


def judge(facts: Facts) -> Arrival:
    """The facts' state and findings."""
    sought = meant(facts)
    last = facts.stages[-1] if facts.stages else None
    servers = tuple(server_standing(server, facts, sought) for server in (last.servers if last else ()))
    known = facts.wanted.expected is not None or any(one.has is not None for one in servers)
    resolvers = tuple(public_standing(public, facts, sought, known) for public in facts.resolvers)
    state = _state(facts, servers, sought)
    findings = (
        *_of_delegations(facts),
        *_of_records(facts, state, servers, sought),
        *_of_resolvers(facts, resolvers, sought),
    )
    return Arrival(facts, state, sought, servers, resolvers, tuple(findings))


def _state(facts: Facts, servers: tuple[ServerStanding, ...], sought: tuple[str, ...]) -> State:
    if facts.lost is not None:
        return State.UNKNOWN if facts.lost is Lost.NO_ZONE else State.NOWHERE
    has = [one.has for one in servers]
    if not any(one is not None for one in has):
        return State.UNKNOWN
    if not sought or not any(has):
        return State.NOWHERE
    return State.EVERYWHERE if all(has) else State.SOME


def undelegated(facts: Facts) -> tuple[str, str] | None:
    """The registered domain that no zone above delegates, and the zone that says so."""
    if not facts.stages:
        return None
    stage = facts.stages[-1]
    domain = registrable(stage.name) or stage.name
    held = [one for one, _ in answers(stage)]
    if within(stage.cut.zone, domain) or not held or not all(one.nxdomain for one in held):
        return None
    return domain, stage.cut.zone


def _finding(rule: Rule, about: str, *evidence: tuple[str, str]) -> Finding:
    return Finding(rule.code, rule.severity, about, tuple(Evidence(*pair) for pair in evidence))


# The delegations and the servers as such


def _of_delegations(facts: Facts) -> Iterator[Finding]:
    name = facts.stages[-1].name if facts.stages else facts.wanted.name
    if facts.lost is Lost.NO_ZONE:
        yield _finding(rules.ZONE_UNKNOWN, name, ("the servers of its zone", "no answer"))
    elif facts.lost is not None:
        way = " → ".join(stage.name for stage in facts.stages)
        yield _finding(rules.ALIAS_WITHOUT_END, facts.wanted.name, ("a record", way))
    if missing := undelegated(facts):
        yield _finding(rules.NOT_DELEGATED, missing[0], ("a delegation", f"NXDOMAIN from {missing[1]}"))
        return
    seen: set[str] = set()
    for stage in facts.stages:
        if stage.cut.zone not in seen:
            seen.add(stage.cut.zone)
            yield from _of_delegation(stage)


def _of_delegation(stage: Stage) -> Iterator[Finding]:
    cut = stage.cut
    own = set().union(*(server.nameservers for server in stage.servers))
    if cut.seen and own and own != set(cut.names):
        yield _finding(rules.DELEGATION_DIFFERS, cut.zone, (", ".join(cut.names), ", ".join(sorted(own))))
    if cut.parent is None:
        yield _finding(rules.PARENT_UNSEEN, cut.zone, ("a referral from its parent", "no answer"))
    if unasked := stage.unasked + sum(server.unasked for server in stage.servers):
        yield _finding(rules.NOT_ALL_ASKED, cut.zone, ("to ask all", f"{unasked} not asked"))
    no_ipv6 = _is_without_ipv6(stage)
    if no_ipv6:
        yield _finding(rules.NO_IPV6_HERE, cut.zone, ("an answer over IPv6", Trouble.UNREACHABLE.value))
    for server in stage.servers:
        yield from _of_server(server, no_ipv6)


def _is_without_ipv6(stage: Stage) -> bool:
    """A machine without IPv6 reaches none of them; a dead server would be one of several."""
    asked = [a for server in stage.servers for a in server.addresses if ":" in a.address]
    return bool(asked) and all(a.outcome is Trouble.UNREACHABLE for a in asked)


def _of_server(server: Server, no_ipv6: bool) -> Iterator[Finding]:
    """One finding a rule, with an evidence an address."""
    if server.trouble is not None:
        yield _finding(rules.OF_TROUBLE[server.trouble], server.name, ("an address", server.trouble.value))
    found: dict[Rule, list[tuple[str, str]]] = {}
    for address in server.addresses:
        trouble = address.outcome
        if isinstance(trouble, Held) or (no_ipv6 and ":" in address.address):
            continue
        evidence = ("an authoritative answer", f"{address.address} {trouble.value}")
        found.setdefault(rules.OF_TROUBLE[trouble], []).append(evidence)
    for rule, evidences in found.items():
        yield _finding(rule, server.name, *evidences)


# The record


def _of_records(
    facts: Facts, state: State, servers: tuple[ServerStanding, ...], sought: tuple[str, ...]
) -> Iterator[Finding]:
    if facts.lost is not None or not facts.stages or undelegated(facts):
        return
    if state is State.NOWHERE:
        zone = facts.stages[-1].cut.zone
        found = {_text(view(held, facts.wanted)) for held, _ in answers(facts.stages[-1])}
        yield _finding(rules.NOWHERE, zone, *((_text(sought), text) for text in sorted(found)))
        return
    newest = _newest_serial(facts, sought)
    for standing in servers:
        yield from _of_record(facts, standing, sought, newest)


def _of_record(
    facts: Facts, standing: ServerStanding, sought: tuple[str, ...], newest: int | None
) -> Iterator[Finding]:
    differing: list[tuple[str, str]] = []
    beside: list[tuple[str, str]] = []
    for address in standing.server.addresses:
        if not isinstance(address.outcome, Held):
            continue
        texts = view(address.outcome, facts.wanted)
        if not set(sought) <= set(texts) or (facts.wanted.expected is None and texts != sought):
            differing.append((_at(sought, newest), _at(texts, address.serial)))
        elif facts.wanted.expected is not None and facts.wanted.tag and len(texts) > 1:
            beside.append((_text(sought), _text(texts)))
    if differing:
        yield _finding(rules.SERVER_DIFFERS, standing.server.name, *dict.fromkeys(differing))
    if beside:
        yield _finding(rules.OLD_BESIDE, standing.server.name, *dict.fromkeys(beside))


def _newest_serial(facts: Facts, sought: tuple[str, ...]) -> int | None:
    """The newest serial of those servers that hold what is sought."""
    newest: int | None = None
    for held, serial in answers(facts.stages[-1]):
        if set(sought) <= set(view(held, facts.wanted)) and newer(serial, newest):
            newest = serial
    return newest


def _text(texts: tuple[str, ...]) -> str:
    return " and ".join(texts) or "no such record"


def _at(texts: tuple[str, ...], serial: int | None) -> str:
    return _text(texts) + (f" (serial {serial})" if serial is not None else "")


# The public resolvers


def _of_resolvers(
    facts: Facts, resolvers: tuple[PublicStanding, ...], sought: tuple[str, ...]
) -> Iterator[Finding]:
    for one in resolvers:
        name = one.public.name
        if one.has is False:
            left = "" if one.seconds is None else f" (for at most {one.seconds} seconds)"
            found = sorted({_text(texts) for texts in _cached(facts, one)} - {_text(sought)})
            yield _finding(
                rules.RESOLVER_HOLDS_ANOTHER, name, *((_text(sought), text + left) for text in found)
            )
        if one.former:
            yield _finding(rules.RESOLVER_ASKS_FORMER, name, ("the servers of now", ", ".join(one.former)))
        if one.trouble is not None:
            yield _finding(rules.RESOLVER_FAILS, name, ("an answer", one.trouble.value))


def _cached(facts: Facts, one: PublicStanding) -> Iterator[tuple[str, ...]]:
    for seen in one.public.seen:
        if isinstance(seen.outcome, Held):
            yield facts.wanted.among(seen.outcome.records)
