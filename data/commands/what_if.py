"""`python -m data what-if`: which companies lose, gain or go over budget if some SPF records change."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address

from checks import command
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop
from checks.domain_name import BadName, domain, quoted
from checks.platform import IPAddress, Platform
from checks.spf.record import is_spf
from data.commands import Settings, Subparsers, what_if_text
from data.engine import open_existing
from data.what_if import Change, Group, NothingStored, Proposal, Report, proposal
from data.what_if import run as judge_fleet


def add_parser(subparsers: Subparsers) -> None:
    """`what-if [--include-record RECORD] [--record NAME=RECORD]… [--addresses IP,…] [--show N] [--json]`."""
    parser = subparsers.add_parser(
        "what-if", help="who loses if our include, or another name, changes", description=__doc__
    )
    add = parser.add_argument
    add("--include-record", action="append", default=[], metavar="'v=spf1 …'", help="what our include says")
    add(
        "--record",
        action="append",
        default=[],
        metavar="NAME='v=spf1 …'",
        help="what NAME says; may be repeated",
    )
    add("--addresses", default="", metavar="IP,…", help="what we send from afterwards, if other addresses")
    add("--show", type=int, default=20, metavar="N", help="companies shown of each group (20)")
    add("--json", action="store_true", help="one JSON object with every company, and nothing else")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit status: 0 nobody loses; 1 somebody does; 2 wrong usage; 3 nothing is stored, or no database."""
    platform = _platform(settings)
    proposed = _proposal(args, platform)
    engine = open_existing(settings.database)
    try:
        report = asyncio.run(judge_fleet(engine, platform, proposed))
    except NothingStored as problem:
        raise Stop(COULD_NOT_LOOK, str(problem)) from None
    finally:
        engine.dispose()
    if args.json:
        _print_json(report, proposed, platform)
    else:
        what_if_text.show(report, proposed, platform, args.show)
    return REJECTED if report.somebody_loses else DONE


def _platform(settings: Settings) -> Platform:
    """Without the sending addresses the shared helper would ask the DNS for a choice: no packet is sent here."""
    if settings.include and not settings.sending_addresses:
        mend = "set it to the addresses that the platform really sends from"
        raise Stop(USAGE, f"SENDWELL_SENDING_ADDRESSES is not set: {mend}")
    return command.platform(settings)


# The proposal


def _proposal(args: argparse.Namespace, platform: Platform) -> Proposal:
    records: defaultdict[str, tuple[bytes, ...]] = defaultdict(tuple)
    for text in args.include_record:
        records[platform.include] += (_record("--include-record", text),)
    for text in args.record:
        name, _, record = text.partition("=")
        records[_name(name)] += (_record("--record", record),)
    addresses = tuple(dict.fromkeys(_address(t.strip()) for t in args.addresses.split(",") if t.strip()))
    if not records and not addresses:
        raise Stop(USAGE, "Nothing would change: give --include-record, --record or --addresses")
    return Proposal(dict(records), addresses)


def _record(option: str, text: str) -> bytes:
    octets = os.fsencode(text)
    if not is_spf(octets):
        raise Stop(USAGE, f"{option}: {quoted(text)} is no SPF record: begin it with v=spf1 and a blank")
    return octets


def _name(text: str) -> str:
    try:
        return domain(text)
    except BadName as problem:
        raise Stop(USAGE, f"--record: {problem}: write NAME='v=spf1 …'") from None


def _address(text: str) -> IPAddress:
    try:
        return ip_address(text)
    except ValueError:
        mend = "give single addresses, separated by commas"
        raise Stop(USAGE, f"--addresses: {quoted(text)} is not an IP address: {mend}") from None


# As JSON


def _print_json(report: Report, proposed: Proposal, platform: Platform) -> None:
    """One object. The lists come last and are written as they are made: they may hold the whole fleet."""
    out = sys.stdout
    out.write(json.dumps(_head(report, proposed, platform))[:-1])
    for group in Group:
        out.write(f', "{group}": [')
        _write_all(report.of(group))
        out.write("]")
    out.write("}\n")


def _write_all(changes: Iterable[Change]) -> None:
    between = ""
    for change in changes:
        sys.stdout.write(between + json.dumps(_as_json(change)))
        between = ", "


def _head(report: Report, proposed: Proposal, platform: Platform) -> dict[str, object]:
    return {
        "include": platform.include,
        "records": {n: [os.fsdecode(r) for r in records] for n, records in proposed.records.items()},
        "addresses": [str(address) for address in proposed.addresses or platform.sending_addresses],
        "scanned_at": report.scanned_at.isoformat() if report.scanned_at else None,
        "companies": report.companies,
        "judged": report.judged,
        "shared_domains": report.shared,
        "stored_verdict_differs": report.differ,
        "warnings": [
            {
                "rule": flaw.rule,
                "severity": flaw.severity.word,
                "about": flaw.about,
                "title": proposal.title(flaw),
                "evidence": [{"expected": e.expected, "found": e.found} for e in flaw.evidence],
            }
            for flaw in report.flaws
        ],
        "platform_domain": _as_json(report.own) if report.own else None,
        "counts": {group: dict(report.counts(group)) for group in Group},
    }


def _as_json(change: Change) -> dict[str, object]:
    before, after, reason = change.difference.before, change.difference.after, change.difference.reason
    return {
        "company_id": change.company_id,
        "name": change.name,
        "domain": change.domain,
        "sending_method": change.method,
        "matters": change.matters,
        "before": before.spf,
        "after": after.spf,
        "reason": reason.rule if reason else "",
        "about": reason.about if reason else "",
        "evidence": [{"expected": e.expected, "found": e.found} for e in (reason.evidence if reason else ())],
        "terms_before": before.terms,
        "terms_after": after.terms,
    }
