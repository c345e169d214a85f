"""`python -m checks …`: ask about one domain or one connection from a terminal (interfaces.md)."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while libraries load, Ctrl-C ends us without a traceback

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
from checks import command, commands_propagation, commands_smtp, report, terminal, terminal_domain
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop
from checks.company import Company, SendingMethod
from checks.domain_name import BadName, domain
from checks.lookup import OverlayResolver, RecordType, Resolver, txt
from checks.model import Severity
from checks.report import Report
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


def _parser() -> command.Parser:
    parser = command.Parser(prog="python -m checks", description="Does this mail pass, and why?")
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

    commands_smtp.add_login(commands.add_parser("login", help="try a login at a mail server, once"))
    commands_smtp.add_server(commands.add_parser("server", help="find the SMTP server of an address"))
    return parser


# checks spf


def _spf(args: argparse.Namespace, settings: settings_file.Settings) -> int:
    try:
        ip = ip_address(args.ip)
    except ValueError:
        raise Stop(USAGE, f"--ip: {args.ip!r} is not an IP address") from None
    if args.record is not None and not args.record.lower().startswith("v=spf1"):
        raise Stop(USAGE, "--record: an SPF record begins with v=spf1")
    name = _asked(args.name)

    async def evaluate() -> Outcome:
        async with command.resolver(settings) as live:
            below: Resolver = live
            if args.record:
                below = OverlayResolver(live, {(name, RecordType.TXT): (txt(os.fsencode(args.record)),)})
            return await check_host(ip, name, args.sender, args.helo, resolver=below, trace=True)

    outcome = asyncio.run(evaluate())
    if args.json:
        print(json.dumps(_outcome(outcome)))
    else:
        terminal.show_outcome(outcome, terminal.console())
    if outcome.result is Result.PASS:
        return DONE
    return COULD_NOT_LOOK if outcome.result is Result.TEMPERROR else REJECTED


def _asked(text: str) -> str:
    """The name as the evaluation asks it, so that --record stands there; what is no domain stays as it is."""
    try:
        return domain(text)
    except BadName:
        return text.removesuffix(".").lower()


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

    async def judge() -> list[tuple[Report, tuple[Arrival, ...]]]:
        async with command.resolver(settings) as live:
            made = (report.make(_company(name), platform, live, with_reports=True) for name in names)
            return [
                (one, await commands_propagation.look(one.diagnosis.domain, propagation, live))
                for one in await asyncio.gather(*made)
            ]

    judged = asyncio.run(judge())
    for one, arrivals in judged:
        if args.json:
            print(json.dumps(report.as_json(one) | commands_propagation.as_json(arrivals)))
        else:
            terminal_domain.show(one, terminal.console())
            commands_propagation.show(arrivals, terminal.console())
    for problem in rejected:
        print(problem, file=sys.stderr)
    verdicts = {one.diagnosis.verdict for one, _ in judged}
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


if __name__ == "__main__":
    command.run(main)
