"""`python -m checks …`: ask about one domain or one connection from a terminal (interfaces.md)."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import settings as settings_file
from checks import catalogue, command, commands_propagation, terminal
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop, printable
from checks.company import Company, Diagnosis, SendingMethod
from checks.diagnosis import diagnose
from checks.domain_name import BadName, display, domain
from checks.lookup import OverlayResolver, RecordType, Resolver, txt
from checks.model import Severity
from checks.platform import Platform
from checks.resolver.propagation import Arrival
from checks.spf import Outcome, Result, check_host


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status is interfaces.md's."""
    args = _parser().parse_args(arguments)
    try:
        settings = settings_file.load(os.environ, Path(settings_file.__file__).parent)
    except settings_file.SettingsError as problem:
        raise Stop(USAGE, str(problem)) from None
    status: int = args.run(args, settings)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m checks", description="Does this mail pass, and why?")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("domain", help="judge domains as if companies there sent as themselves")
    one.add_argument("names", nargs="+", metavar="NAME")
    one.add_argument("--json", action="store_true", help="one JSON object a line, and nothing else")
    commands_propagation.add_options(one)
    one.set_defaults(run=_domain)

    spf = commands.add_parser("spf", help="evaluate SPF for one connection (RFC 7208)")
    spf.add_argument("name", metavar="NAME", help="the domain whose record is asked")
    spf.add_argument("--ip", required=True, help="the sending address")
    spf.add_argument("--sender", required=True, help="MAIL FROM")
    spf.add_argument("--helo", help="the name in HELO or EHLO; the sender's domain if not given")
    spf.add_argument("--record", metavar="'v=spf1 …'", help="what if NAME published this record?")
    spf.add_argument("--json", action="store_true", help="one JSON object, and nothing else")
    spf.set_defaults(run=_spf)
    return parser


# checks spf


def _spf(args: argparse.Namespace, settings: settings_file.Settings) -> int:
    try:
        ip = ip_address(args.ip)
    except ValueError:
        raise Stop(USAGE, f"--ip: {args.ip!r} is not an IP address") from None
    if args.record and not args.record.lower().startswith("v=spf1"):
        raise Stop(USAGE, "--record: an SPF record begins with v=spf1")
    name = args.name.removesuffix(".").lower()

    async def evaluate() -> Outcome:
        async with command.resolver(settings) as live:
            below: Resolver = live
            if args.record:
                below = OverlayResolver(live, {(name, RecordType.TXT): (txt(args.record),)})
            return await check_host(ip, name, args.sender, args.helo, resolver=below, trace=True)

    outcome = asyncio.run(evaluate())
    if args.json:
        print(json.dumps(_outcome(outcome)))
    else:
        terminal.show_outcome(outcome, terminal.console())
    if outcome.result is Result.PASS:
        return DONE
    return COULD_NOT_LOOK if outcome.result is Result.TEMPERROR else REJECTED


def _outcome(outcome: Outcome) -> dict[str, Any]:
    matched = outcome.matched
    return {
        "result": outcome.result,
        "explanation": outcome.explanation,
        "matched": {"name": matched.name, "term": matched.term} if matched else None,
        "terms": outcome.terms,
        "voids": outcome.voids,
        "address_family": outcome.address_family,
        "problem": _problem(outcome),
        "steps": [terminal.step_as_json(step) for step in outcome.steps],
    }


def _problem(outcome: Outcome) -> dict[str, str] | None:
    found = outcome.problem
    if found is None:
        return None
    return {"kind": found.kind, "name": found.name, "term": found.term, "detail": found.detail}


# checks domain


def _domain(args: argparse.Namespace, settings: settings_file.Settings) -> int:
    platform = command.platform(settings)
    propagation = commands_propagation.planned(args, settings)
    names, rejected = _names(args.names)

    async def judge() -> list[tuple[Diagnosis, tuple[Arrival, ...]]]:
        async with command.resolver(settings) as live:
            diagnoses = await asyncio.gather(*(diagnose(_company(name), platform, live) for name in names))
            return [
                (one, await commands_propagation.look(one.domain, propagation, live)) for one in diagnoses
            ]

    judged = asyncio.run(judge())
    for diagnosis, arrivals in judged:
        if args.json:
            print(json.dumps(_diagnosis(diagnosis) | commands_propagation.as_json(arrivals)))
        else:
            print(_diagnosis_text(diagnosis, platform))
            commands_propagation.show(arrivals, terminal.console())
    for problem in rejected:
        print(problem, file=sys.stderr)
    verdicts = {diagnosis.verdict for diagnosis, _ in judged}
    statuses = {commands_propagation.status(arrivals) for _, arrivals in judged}
    if rejected or Severity.FAILURE in verdicts or REJECTED in statuses:
        return REJECTED if judged else USAGE
    return COULD_NOT_LOOK if Severity.UNKNOWN in verdicts or COULD_NOT_LOOK in statuses else DONE


def _names(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    names: list[str] = []
    rejected: list[str] = []
    for text in texts:
        try:
            names.append(domain(text))
        except BadName as problem:
            rejected.append(str(problem))
    return list(dict.fromkeys(names)), rejected


def _company(name: str) -> Company:
    """Somebody at the domain who sends as themselves; their address is taken as validated."""
    return Company(name, name, SendingMethod.OWN_ADDRESS, f"postmaster@{name}", email_validated=True)


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "domain": diagnosis.domain,
        "verdict": diagnosis.verdict.word,
        "cause": diagnosis.cause,
        "spf": diagnosis.spf,
        "dmarc": diagnosis.dmarc,
        "provider": diagnosis.provider,
        "senders": [
            {
                "address": s.address,
                "envelope": s.envelope,
                "result": s.result,
                "matched": {"name": s.matched_name, "term": s.matched_term} if s.matched_term else None,
                "terms": s.terms,
                "voids": s.voids,
                "problem": s.problem,
            }
            for s in diagnosis.senders
        ],
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity.word,
                "matters": f.matters,
                "about": f.about,
                "title": catalogue.title(f),
                "fix": catalogue.RULES[f.rule].fix,
                "source": catalogue.RULES[f.rule].source,
                "evidence": [{"expected": e.expected, "found": e.found} for e in f.evidence],
            }
            for f in diagnosis.findings
        ],
        "spf_records": list(diagnosis.spf_records),
        "mx_records": list(diagnosis.mx_records),
        "dmarc_record": diagnosis.dmarc_record,
        "checked_at": diagnosis.checked_at,
    }


def _diagnosis_text(diagnosis: Diagnosis, platform: Platform) -> str:
    shown = display(diagnosis.domain)
    name = diagnosis.domain if shown == diagnosis.domain else f"{shown} ({diagnosis.domain})"
    state = (
        f"SPF {diagnosis.spf}, DMARC {diagnosis.dmarc}, mail at {diagnosis.provider or 'an unknown provider'}"
    )
    lines = [f"{name}: {diagnosis.verdict.name}", f"  {state}"]
    for sender in diagnosis.senders:
        why = (
            f"{sender.matched_term} in the record of {sender.matched_name}"
            if sender.matched_term
            else sender.problem
        )
        lines.append(printable(f"  from {sender.address}: {sender.result}" + (f" by {why}" if why else "")))
    for finding in diagnosis.findings:
        if finding.matters and finding.severity > Severity.OK:
            rule = catalogue.RULES[finding.rule]
            lines.append(printable(f"  {finding.severity.name} {rule.code}: {catalogue.title(finding)}"))
            lines += [printable(f"    expected {e.expected}, found {e.found}") for e in finding.evidence]
            lines.append(f"    → {rule.fix} [{rule.source}]")
    if not diagnosis.cause:
        lines.append(f"  Our mail passes (include:{platform.include}).")
    return "\n".join(lines)


if __name__ == "__main__":
    command.run(main)
