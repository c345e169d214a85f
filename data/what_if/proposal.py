"""What is proposed: SPF records at some names, other sending addresses. And what is wrong with it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.lookup import Absent, LookupFailed, OverlayResolver, Record, RecordType, Resolver, Txt, txt
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.platform import IPAddress, Platform
from checks.spf import Result, check_host, record
from checks.spf.outcome import MAX_TERMS
from checks.spf.record import Mechanism
from checks.spf.tree import Node, NodeState, Tree, ends_with_all, reachable_directives, walk


@dataclass(frozen=True, slots=True)
class Proposal:
    """`records`: by name (lower case, no trailing dot), the SPF records that it would publish: one, or what is
    broken. `addresses`: those that the platform would send from; empty: as now."""

    records: Mapping[str, tuple[bytes, ...]]
    addresses: tuple[IPAddress, ...] = ()


async def overlay(proposal: Proposal, stored: Resolver, aliases: Mapping[str, str]) -> OverlayResolver:
    """`stored` with the proposed records in place, and at the names (`aliases`) that a CNAME leads there.

    A name's other TXT records stay.
    """
    whole = {name: await _texts(name, proposed, stored) for name, proposed in proposal.records.items()}
    whole |= {alias: whole[target] for alias, target in aliases.items() if alias not in whole}
    return OverlayResolver(stored, {(name, RecordType.TXT): texts for name, texts in whole.items()})


async def _texts(name: str, proposed: tuple[bytes, ...], stored: Resolver) -> tuple[Record, ...]:
    found = await stored.lookup(name, RecordType.TXT)
    texts = () if isinstance(found, (Absent, LookupFailed)) else found.texts
    return *(txt(octets) for octets in proposed), *(text for text in texts if not _is_spf(text))


def _is_spf(text: Txt) -> bool:
    return record.is_spf(text.octets)


# What is wrong with it by itself


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"PROPOSED_{code}", Topic.SPF, severity, title, meaning, fix, source)


SEVERAL_RECORDS = _rule(
    "SEVERAL_RECORDS",
    Severity.FAILURE,
    "{about} would publish more than one SPF record.",
    "Receivers must not choose between them: permerror at every company that gets there.",
    "Propose one record for each name.",
    "RFC 7208 4.5",
)
SYNTAX_ERROR = _rule(
    "SYNTAX_ERROR",
    Severity.FAILURE,
    "The proposed record of {about} does not parse.",
    "One bad term anywhere is a permerror at every company that gets there.",
    "Correct the term shown.",
    "RFC 7208 4.6",
)
LACKS_ADDRESS = _rule(
    "LACKS_ADDRESS",
    Severity.FAILURE,
    "The proposed record of {about} does not let all of our sending addresses pass.",
    "The companies did their part; mail from that address passes at none of them by our include.",
    "Add the address, or take it out of the addresses that we send from.",
    "RFC 7208 5.6",
)
OVER_BUDGET = _rule(
    "OVER_BUDGET",
    Severity.FAILURE,
    "The proposed record of {about} uses the whole budget of look-ups up by itself.",
    "Including it costs one look-up, and its own terms count with it: over 10, receivers say permerror.",
    "Name networks with ip4 and ip6, which cost nothing, or nest less.",
    "RFC 7208 4.6.4",
)
DEAD_NAME = _rule(
    "DEAD_NAME",
    Severity.FAILURE,
    "The proposed record of {about} leads to a name without a usable SPF record.",
    "An include of such a name is a permerror for every sender that gets so far.",
    "Publish that name first, or correct it.",
    "RFC 7208 5.2",
)
NOT_STORED = _rule(
    "NOT_STORED",
    Severity.UNKNOWN,
    "The proposed record of {about} leads to a name of which nothing is stored.",
    "Whoever gets so far can only be told to be unknown.",
    "Say what it would publish: --record NAME='v=spf1 …'.",
    "RFC 7208 4.4",
)
PASS_ALL = _rule(
    "PASS_ALL",
    Severity.WARNING,
    "The proposed record of {about} lets everybody pass.",
    "Whoever includes it lets anybody send in its name.",
    "End it in -all or ~all.",
    "RFC 7208 5.1",
)
NO_ALL = _rule(
    "NO_ALL",
    Severity.NOTE,
    "The proposed record of {about} says nothing about other senders.",
    "Within an include that does no harm; asked by itself, it ends in neutral.",
    "End it in -all or ~all.",
    "RFC 7208 5.1",
)
BEHIND_ALL = _rule(
    "BEHIND_ALL",
    Severity.WARNING,
    "The proposed record of {about} has terms behind all.",
    "They are never read.",
    "Move all to the end.",
    "RFC 7208 5.1",
)

RULES = (
    SEVERAL_RECORDS,
    SYNTAX_ERROR,
    LACKS_ADDRESS,
    OVER_BUDGET,
    DEAD_NAME,
    NOT_STORED,
    PASS_ALL,
    NO_ALL,
    BEHIND_ALL,
)
BY_CODE = {rule.code: rule for rule in RULES}


async def flaws(proposal: Proposal, platform: Platform, proposed: Resolver) -> tuple[Finding, ...]:
    """What is wrong with the proposed records, and with the include as it would be, the worst first.

    `platform` with the proposed addresses; `proposed`: the overlay.
    """
    found = [f for name, records in proposal.records.items() for f in _about_records(name, records)]
    found += _about_tree(await walk(platform.include, proposed))
    found += await _about_addresses(platform, proposed)
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def title(finding: Finding) -> str:
    """The sentence, with the name in it."""
    return BY_CODE[finding.rule].title.replace("{about}", finding.about)


def _finding(rule: Rule, about: str, *evidence: Evidence) -> Finding:
    return Finding(rule.code, rule.severity, about, evidence)


def _about_records(name: str, records: tuple[bytes, ...]) -> list[Finding]:
    found = [f for octets in records for f in _about_record(name, record.parse(octets))]
    if len(records) > 1:
        texts = (Evidence("one SPF record", record.parse(octets).text) for octets in records)
        found.append(_finding(SEVERAL_RECORDS, name, *texts))
    return found


def _about_record(name: str, parsed: record.Record) -> list[Finding]:
    if parsed.problems:
        where = (Evidence(f"{p.expected} (column {p.column + 1})", p.text) for p in parsed.problems)
        return [_finding(SYNTAX_ERROR, name, *where)]
    reached = reachable_directives(parsed)
    ends = reached[-1] if reached and reached[-1].mechanism is Mechanism.ALL else None
    found = []
    if ends and ends.qualifier == "+":
        found.append(_finding(PASS_ALL, name, Evidence("-all or ~all", ends.text)))
    elif (ends and ends.qualifier == "?") or (not ends and not parsed.redirect):
        found.append(_finding(NO_ALL, name, Evidence("-all or ~all", ends.text if ends else "nothing")))
    behind = [d.text for d in parsed.directives[len(reached) :]]
    if parsed.redirect and ends_with_all(parsed):
        behind.append(parsed.redirect.text)
    if behind:
        found.append(_finding(BEHIND_ALL, name, Evidence("all at the end", " ".join(behind))))
    return found


def _about_tree(tree: Tree) -> list[Finding]:
    """The include with all that it leads to."""
    include = tree.root.name
    found = []
    if 1 + tree.terms > MAX_TERMS:
        most = Evidence(f"at most {MAX_TERMS - 1} terms that look something up", str(tree.terms))
        found.append(_finding(OVER_BUDGET, include, most))
    reached = [node for node in tree.nodes if node.reachable]
    dead = [_place(n, tree) for n in reached if n.state in (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)]
    if dead:
        found.append(_finding(DEAD_NAME, include, *dead))
    failed = [_place(n, tree) for n in reached if n.state is NodeState.FAILED]
    if failed:
        found.append(_finding(NOT_STORED, include, *failed))
    return found


def _place(node: Node, tree: Tree) -> Evidence:
    why = str(node.failure.reason) if node.failure else str(node.state)
    where = f"{node.via} in the record of {tree.nodes[node.parent].name}" if node.via else node.name
    return Evidence("a name with one SPF record", f"{where}: {why}")


async def _about_addresses(platform: Platform, proposed: Resolver) -> list[Finding]:
    """Whether the include, asked by itself, lets ours pass. What is not stored is told of the tree."""
    include, sender = platform.include, f"postmaster@{platform.include}"
    lacking = []
    for address in platform.sending_addresses:
        outcome = await check_host(
            address, include, sender, platform.domain, resolver=proposed, explain=False
        )
        if outcome.result not in (Result.PASS, Result.TEMPERROR):
            lacking.append(Evidence(f"pass from {address}", str(outcome.result)))
    return [_finding(LACKS_ADDRESS, include, *lacking)] if lacking else []
