"""`python -m checks login` and `python -m checks server`: options, the look, and what is printed.

The password comes on standard input alone: in the arguments every process of the machine could read it.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import getpass
import json
import ssl
import sys
from pathlib import Path
from typing import Any, Protocol

from checks import terminal, terminal_smtp
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, PlatformSettings, Stop, resolver
from checks.domain_name import BadName, address
from checks.resolver.propagation import network
from checks.resolver.propagation.limits import Network
from checks.smtp import tls
from checks.smtp.credentials import MAX_OCTETS, BadCredentials, Credentials, SecretKind
from checks.smtp.discover import Discovery, Note, discover
from checks.smtp.guard import Guard
from checks.smtp.judge import coming
from checks.smtp.login import log_in
from checks.smtp.probe import Means
from checks.smtp.result import Login, Result, Security, Server

NAMELESS = "sendwell.invalid"
"""What we are called where no setting says it (RFC 2606): the machine's own name is nobody's business."""

ONE_TRY = "One try, counted nowhere: many of them lock an account or get our address banned."

_STATUS = {
    Result.OK: DONE,
    Result.REFUSED: REJECTED,
    Result.INSECURE: REJECTED,
    Result.UNREACHABLE: COULD_NOT_LOOK,
    Result.UNKNOWN: COULD_NOT_LOOK,
}


class SmtpSettings(PlatformSettings, Protocol):
    """What `settings.Settings` has of these."""

    @property
    def smtp_allow(self) -> tuple[Network, ...]: ...
    @property
    def smtp_ca_file(self) -> Path | None: ...
    @property
    def ehlo_name(self) -> str | None: ...


def add_login(parser: argparse.ArgumentParser) -> None:
    """The options of `checks login`."""
    parser.description = (
        f"Log in at a mail server and out again. The password is read from standard input. {ONE_TRY}"
    )
    parser.add_argument("--host", required=True, help="the server for outgoing mail, by its name")
    parser.add_argument("--port", required=True, type=int, help="465, 587, 2465, 2525 or 2587")
    parser.add_argument("--security", required=True, choices=[str(one) for one in Security])
    parser.add_argument("--username", required=True, help="mostly the whole e-mail address")
    parser.add_argument("--token", action="store_true", help="standard input holds an OAuth access token")
    add_common(parser)
    parser.set_defaults(run=run_login)


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="PEM",
        help="trust these authorities, not the system's and the settings'",
    )
    parser.add_argument(
        "--allow", action="append", metavar="CIDR", help="let this network through on any port, for tests"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, and nothing else")


def run_login(args: argparse.Namespace, settings: SmtpSettings) -> int:
    guard, context = guard_of(args, settings), context_of(args, settings)
    if not 1 <= args.port <= 65535:
        raise Stop(USAGE, f"--port: {args.port} is not a port: write a whole number from 1 to 65535")
    server = Server(args.host, args.port, Security(args.security))
    credentials = _credentials(args.username, SecretKind.TOKEN if args.token else SecretKind.PASSWORD)

    async def look() -> Login:
        async with resolver(settings) as live:
            return await log_in(
                server,
                credentials,
                resolver=live,
                ehlo_name=ehlo_name(settings),
                guard=guard,
                context=context,
            )

    found = asyncio.run(look())
    if args.json:
        print(json.dumps(as_json(found)))
    else:
        terminal_smtp.show_login(server, found, coming(server.host, credentials.kind), terminal.console())
        print(ONE_TRY, file=sys.stderr)
    return _STATUS[found.result]


def add_server(parser: argparse.ArgumentParser) -> None:
    """The options of `checks server`."""
    parser.description = "Find the server for outgoing mail of an address. No password is sent anywhere."
    parser.add_argument("address", metavar="ADDRESS", help="an e-mail address")
    parser.add_argument("--typed", metavar="HOST", default="", help="the server that the company entered")
    add_common(parser)
    parser.set_defaults(run=run_server)


def run_server(args: argparse.Namespace, settings: SmtpSettings) -> int:
    guard, context = guard_of(args, settings), context_of(args, settings)
    try:
        wanted = address(args.address)
    except BadName as problem:
        raise Stop(USAGE, str(problem)) from None

    async def look() -> Discovery:
        async with resolver(settings) as live:
            means = Means.of(live, ehlo_name(settings), guard, context)
            return await discover(wanted, means, typed=args.typed)

    found = asyncio.run(look())
    if args.json:
        print(json.dumps(discovery_as_json(found)))
    else:
        terminal_smtp.show_discovery(found, terminal.console())
    if any(one.answered is not False for one in found.servers):
        return DONE
    return COULD_NOT_LOOK if Note.NOT_LOOKED_UP in found.notes else REJECTED


def discovery_as_json(found: Discovery) -> dict[str, Any]:
    """One object; `servers` the surest first, and empty where none was found."""
    return {
        "address": str(found.address),
        "domain": found.address.domain,
        "provider": found.provider,
        "servers": [
            {
                **dataclasses.asdict(one.server),
                "username": one.username,
                "source": one.source,
                "confidence": one.confidence,
                "provider": one.provider,
                "secret": one.secret,
                "answered": one.answered,
                "cause": one.cause,
            }
            for one in found.servers
        ],
        "notes": list(found.notes),
    }


def as_json(login: Login) -> dict[str, Any]:
    """The object of interfaces.md, and beside it what the drill-down shows."""
    return {
        "result": login.result,
        "code": login.code,
        "enhanced_code": login.enhanced_code,
        "cause": login.cause,
        "text": login.text,
        "attempts": login.attempts,
        "tls": login.tls,
        "step": login.step,
        "provider": login.provider,
        "mechanism": login.mechanism,
        "address": login.address,
        "recognised": login.recognised,
        "dialogue": [dataclasses.asdict(line) for line in login.dialogue],
    }


def guard_of(args: argparse.Namespace, settings: SmtpSettings) -> Guard:
    """Who is let through: the settings' networks and the command's."""
    try:
        return Guard((*settings.smtp_allow, *(network(text) for text in args.allow or ())))
    except ValueError as problem:
        raise Stop(USAGE, f"--allow: {problem}") from None


def context_of(args: argparse.Namespace, settings: SmtpSettings) -> ssl.SSLContext:
    if args.ca_file is None:
        return context_by(settings)
    try:
        return tls.context_with(args.ca_file)
    except tls.BadCaFile as problem:
        raise Stop(USAGE, f"--ca-file: {problem}") from None


def context_by(settings: SmtpSettings) -> ssl.SSLContext:
    """Trusting the system's authorities, and those that the settings name."""
    if settings.smtp_ca_file is None:
        return tls.default_context()
    try:
        return tls.context_with(settings.smtp_ca_file, beside_the_systems=True)
    except tls.BadCaFile as problem:
        raise Stop(USAGE, f"SENDWELL_SMTP_CA_FILE: {problem}") from None


def ehlo_name(settings: SmtpSettings) -> str:
    return settings.ehlo_name or settings.domain or NAMELESS


def _credentials(username: str, kind: SecretKind) -> Credentials:
    """The secret from standard input. What is wrong with it is told without any of it, and without a traceback."""
    problem = ""
    try:
        return Credentials(username, _secret(kind), kind)
    except BadCredentials as refused:
        problem = str(refused)
    except UnicodeDecodeError:
        problem = f"the {kind} is not UTF-8 text: enter it again"
    raise Stop(USAGE, f"standard input: {problem}")


def _secret(kind: SecretKind) -> str:
    """Its one line without the line's end; from a keyboard without showing it."""
    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        return getpass.getpass(f"The {kind}: ")
    octets = sys.stdin.buffer.read(MAX_OCTETS + 3)
    return octets.removesuffix(b"\n").removesuffix(b"\r").decode()
