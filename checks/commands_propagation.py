"""`python -m checks domain … --propagation`: has the record arrived? Options, look, and what is printed.

add_options(parser)                            # --propagation, --expect, --allow
plan = planned(args, settings)                 # None without --propagation; Stop(2) for wrong use
arrivals = await look(name, plan, resolver)    # for one domain
as_json(arrivals), show(arrivals, console), status(arrivals)
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop
from checks.lookup import Resolver
from checks.model import Finding, Severity
from checks.resolver.propagation import (
    Arrival,
    Held,
    Limits,
    PublicResolver,
    State,
    Trouble,
    Wanted,
    dmarc,
    gather,
    judge,
    meant_by,
    mx,
    network,
    operators,
    public_resolver,
    sentence,
    spf,
)
from checks.resolver.propagation.limits import Network
from checks.resolver.propagation.rules import BY_CODE, title
from checks.resolver.propagation.sentence import duration
from checks.resolver.propagation.standing import PublicStanding, ServerStanding, view
from checks.terminal import marked, plain


class PropagationSettings(Protocol):
    """What `settings.Settings` has of these."""

    @property
    def public_resolvers(self) -> tuple[str, ...]: ...
    @property
    def smtp_allow(self) -> tuple[Network, ...]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for, and whom to ask."""

    expected: str | None
    public: tuple[PublicResolver, ...]
    limits: Limits

    def wanted(self, domain: str) -> tuple[Wanted, ...]:
        """The expected record where it belongs; without one, the three that decide about mail."""
        if self.expected is not None:
            return (meant_by(domain, self.expected),)
        return spf(domain), dmarc(domain), mx(domain)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `checks domain`."""
    parser.add_argument(
        "--propagation", action="store_true", help="ask each server of the zone, and the public resolvers"
    )
    parser.add_argument(
        "--expect", metavar="'v=spf1 …'", help="with --propagation: has this record arrived? (also DMARC, MX)"
    )
    parser.add_argument(
        "--allow",
        metavar="CIDR",
        help="with --propagation: ask name servers in this network too",
        action="append",
    )


def planned(
    args: argparse.Namespace, settings: PropagationSettings, ports: Mapping[str, int] | None = None
) -> Plan | None:
    """What the options ask for; `Stop(2)` says what is wrong. `ports`: see `Limits`."""
    if not args.propagation:
        if args.expect is not None or args.allow:
            raise Stop(USAGE, "--expect and --allow go with --propagation: add it")
        return None
    if args.expect is not None and not args.expect.strip():
        raise Stop(USAGE, "--expect: write the record that should be there, such as 'v=spf1 mx -all'")
    try:
        allow = (*settings.smtp_allow, *(network(text) for text in args.allow or ()))
        public = tuple(public_resolver(text) for text in settings.public_resolvers)
    except ValueError as problem:
        raise Stop(USAGE, str(problem)) from None
    return Plan(args.expect, public, Limits(allow=allow, ports=ports or {}))


async def look(domain: str, plan: Plan | None, resolver: Resolver) -> tuple[Arrival, ...]:
    """Each record of the domain that the plan wants, all at once; nothing without a plan."""
    if plan is None:
        return ()
    looks = (gather(wanted, resolver, plan.public, plan.limits) for wanted in plan.wanted(domain))
    return tuple(judge(facts) for facts in await asyncio.gather(*looks))


def status(arrivals: Sequence[Arrival]) -> int:
    """3 when nothing could be seen of a record; 1 when servers differ, or what is expected is not everywhere."""
    states = {arrival.state for arrival in arrivals}
    missed = any(
        arrival.state is State.NOWHERE and arrival.facts.wanted.expected is not None for arrival in arrivals
    )
    if State.SOME in states or missed:
        return REJECTED
    return COULD_NOT_LOOK if State.UNKNOWN in states else DONE


# As JSON


def as_json(arrivals: Sequence[Arrival]) -> dict[str, Any]:
    """To be merged into the domain's object: `{"propagation": [{"name", "type", "state", "sentence", …}]}`."""
    return {"propagation": [_arrival(arrival) for arrival in arrivals]} if arrivals else {}


def _arrival(arrival: Arrival) -> dict[str, Any]:
    stage, wanted = arrival.stage, arrival.facts.wanted
    return {
        "name": wanted.name,
        "type": wanted.type,
        "expected": wanted.expected,
        "state": arrival.state,
        "sentence": sentence(arrival),
        "records": list(arrival.sought),
        "seconds": arrival.seconds,
        "aliases": [stage.name for stage in arrival.facts.stages[1:]],
        "zone": stage.cut.zone if stage else None,
        "delegated_by": stage.cut.parent if stage else None,
        "delegated_to": list(stage.cut.names) if stage and stage.cut.seen else None,
        "operators": list(operators(stage)),
        "servers": [_server(one, wanted) for one in arrival.servers],
        "resolvers": [_resolver(one, wanted) for one in arrival.resolvers],
        "findings": [_finding(finding) for finding in arrival.findings],
        "at": arrival.facts.at,
    }


def _server(one: ServerStanding, wanted: Wanted) -> dict[str, Any]:
    return {
        "name": one.server.name,
        "has_it": one.has,
        "problem": one.trouble,
        "addresses": [
            {"address": address.address, "serial": address.serial, **_outcome(address.outcome, wanted)}
            for address in one.server.addresses
        ],
    }


def _outcome(outcome: Held | Trouble, wanted: Wanted) -> dict[str, Any]:
    if isinstance(outcome, Trouble):
        return {"records": None, "ttl": None, "problem": outcome}
    return {"records": list(view(outcome, wanted)), "ttl": outcome.seconds, "problem": None}


def _resolver(one: PublicStanding, wanted: Wanted) -> dict[str, Any]:
    return {
        "name": one.public.name,
        "has_it": one.has,
        "seconds": one.seconds,
        "records": _seen(one, wanted),
        "former_servers": list(one.former),
        "problem": one.trouble,
    }


def _seen(one: PublicStanding, wanted: Wanted) -> list[str] | None:
    """All that it was seen to hold; None when it gave no answer."""
    held = [seen.outcome for seen in one.public.seen if isinstance(seen.outcome, Held)]
    texts = (text for outcome in held for text in wanted.among(outcome.records))
    return list(dict.fromkeys(texts)) if held else None


def _finding(finding: Finding) -> dict[str, Any]:
    rule = BY_CODE[finding.rule]
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "about": finding.about,
        "title": title(finding),
        "fix": rule.fix,
        "source": rule.source,
        "evidence": [{"expected": e.expected, "found": e.found} for e in finding.evidence],
    }


# For people


_TONE = {State.EVERYWHERE: "good", State.SOME: "bad", State.NOWHERE: "bad", State.UNKNOWN: "open"}
_TONE_OF = {True: "good", False: "bad", None: "open"}


def show(arrivals: Sequence[Arrival], to: Console) -> None:
    """The sentence, who holds what, and what to do, for each record."""
    for arrival in arrivals:
        to.print(marked(sentence(arrival), _TONE[arrival.state]))
        to.print(_table(arrival))
        for finding in arrival.findings:
            _show_finding(finding, to)


def _table(arrival: Arrival) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    wanted = arrival.facts.wanted
    for one in arrival.servers:
        if not one.server.addresses:
            table.add_row(marked(one.server.name, "open"), plain(str(one.trouble or "")))
        for address in one.server.addresses:
            who = marked(f"{one.server.name} {address.address}", _TONE_OF[one.has])
            serial = f" (serial {address.serial})" if address.serial is not None else ""
            table.add_row(who, plain(_said(address.outcome, wanted) + serial))
    for resolver in arrival.resolvers:
        table.add_row(marked(resolver.public.name, _TONE_OF[resolver.has]), plain(_public(resolver, wanted)))
    return table


def _said(outcome: Held | Trouble, wanted: Wanted) -> str:
    if isinstance(outcome, Trouble):
        return outcome
    return " and ".join(view(outcome, wanted)) or ("no such name" if outcome.nxdomain else "no such record")


def _public(one: PublicStanding, wanted: Wanted) -> str:
    seen = _seen(one, wanted)
    if seen is None:
        return one.trouble or ""
    left = f" (for at most {duration(one.seconds)})" if one.seconds is not None else ""
    return (" and ".join(seen) or "no such record") + left


def _show_finding(finding: Finding, to: Console) -> None:
    rule = BY_CODE[finding.rule]
    to.print(plain(f"  {finding.severity.name} {rule.code}: {title(finding)}"))
    for evidence in finding.evidence:
        to.print(plain(f"    expected {evidence.expected}, found {evidence.found}"))
    if finding.severity > Severity.NOTE:
        to.print(plain(f"    → {rule.fix} [{rule.source}]"))
