"""`python -m data logins`: make the logins that are due, between two scans; no domain is looked at.

Every quarter of an hour, say by cron: then a refused login is confirmed half an hour later, and who was not reached is
tried again when the plan says so, not a day later. When nothing is due, nothing is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from checks import command
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, Stop
from data.commands import Settings, Subparsers
from data.commands.login_counts import logins_as_json, logins_sentence
from data.commands.login_setup import login_setup
from data.commands.progress import Lines
from data.commands.stoppable import Stoppable
from data.engine import open_existing, sentence
from data.worker import logins
from data.worker.logins import NO_LOGINS, LoginCounts, Tell


def add_parser(subparsers: Subparsers) -> None:
    """`logins [--json]`."""
    parser = subparsers.add_parser(
        "logins",
        help="make the logins that are due, between two scans",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit status: 0 done, whatever the servers said; 1 an error of ours kept some from being made; 3 no database;
    130 stopped by Ctrl-C, 143 by SIGTERM: an AUTH that left is counted all the same."""
    engine = open_existing(settings.database)
    try:
        counts = _made(engine, settings)
    except DBAPIError as error:
        raise Stop(COULD_NOT_LOOK, sentence(engine, error)) from None
    finally:
        engine.dispose()
    print(json.dumps(logins_as_json(counts)) if args.json else _sentence(counts))
    if counts.broken:
        print(f"{counts.broken:,} logins could not be made because of an error of ours", file=sys.stderr)
    return REJECTED if counts.broken else DONE


def _made(engine: Engine, settings: Settings) -> LoginCounts:
    latest = NO_LOGINS
    say = Lines(Console(stderr=True))

    def told(now: LoginCounts) -> None:
        nonlocal latest
        latest = now
        say(f"Logging in: {now.done:,} of {now.due:,}, {now.let_in:,} let in")

    work = Stoppable(_run(engine, settings, told))
    counts = asyncio.run(work.run())
    if counts is None:
        done = f"{latest.done:,} of {latest.due:,} logins were gone through"
        raise Stop(128 + work.signal, f"stopped: {done}, the others stay due")
    return counts


async def _run(engine: Engine, settings: Settings, tell: Tell) -> LoginCounts:
    setup = login_setup(settings)
    async with command.resolver(settings) as resolver:
        return await logins.run_due(engine, setup, resolver, tell)


def _sentence(counts: LoginCounts) -> str:
    return logins_sentence(counts) if counts.due else "no login is due"
