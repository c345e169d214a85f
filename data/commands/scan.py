"""`python -m data scan`: look up and judge every company, and store what was found."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from checks import command, fleet
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop
from checks.platform import Platform
from data import companies
from data.commands import Settings, Subparsers, company_id, forgotten
from data.commands.login_counts import logins_as_json, logins_sentence
from data.commands.login_setup import login_setup
from data.commands.progress import clock, shown
from data.commands.stoppable import Stoppable
from data.engine import open_existing, sentence, sqlite_file, writing
from data.worker import scan
from data.worker.crew import Crew, CrewLost, cores
from data.worker.logins import LoginCounts
from data.worker.member import Duty, collect_seldom
from data.worker.processes import Reserve
from data.worker.scan import Progress, ScanSummary, Tell, UnknownCompany


def add_parser(subparsers: Subparsers) -> None:
    """`scan [--only COMPANY_ID…] [--json]`."""
    parser = subparsers.add_parser("scan", help="look up and judge the companies", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        action="extend",
        type=company_id,
        metavar="COMPANY_ID",
        help="these companies alone, also if the last file did not name them",
    )
    parser.add_argument(
        "--processes",
        type=_count,
        default=0,
        metavar="N",
        help="how many look at companies at once, each a process; as many as there are cores if not said",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("a number of processes from 1 to 64")
    return int(text)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit status: 0 done; 1 done, but some companies could not be judged; 2 no such company; 3 not one look-up
    was answered, or no database; 130 stopped by Ctrl-C, 143 by SIGTERM, what was done being kept."""
    platform = command.platform(settings)
    collect_seldom()
    reserve = Reserve(_processes(args, settings))  # before a connection or a thread is there
    try:
        return _with_database(platform, args, settings, reserve)
    finally:
        reserve.close()


def _with_database(platform: Platform, args: argparse.Namespace, settings: Settings, reserve: Reserve) -> int:
    engine = open_existing(settings.database)
    try:
        return _run(engine, platform, args, settings, reserve)
    except UnknownCompany as error:
        raise Stop(USAGE, str(error)) from None
    except DBAPIError as error:
        raise Stop(COULD_NOT_LOOK, sentence(engine, error)) from None
    except CrewLost as error:
        raise Stop(COULD_NOT_LOOK, str(error)) from None
    finally:
        engine.dispose()


def _run(
    engine: Engine, platform: Platform, args: argparse.Namespace, settings: Settings, reserve: Reserve
) -> int:
    _forget_passwords(engine)
    latest: list[Progress] = []
    with shown() as tell:

        def told(now: Progress) -> None:
            latest[:] = [now]
            tell(now)

        work = Stoppable(_scan(engine, platform, settings, args, told, reserve))
        summary = asyncio.run(work.run())
    if summary is None:
        raise Stop(128 + work.signal, _stopped(*latest))
    print(json.dumps(_as_json(summary)) if args.json else _sentence(summary))
    return _status(summary)


def _forget_passwords(engine: Engine) -> None:
    """Those that were kept long enough."""
    with writing(engine) as session:
        deleted = companies.forget_passwords(session, datetime.now(UTC) - companies.KEEPS_PASSWORD)
    if deleted:
        print(forgotten(deleted), file=sys.stderr)


def _processes(args: argparse.Namespace, settings: Settings) -> int:
    """How many look at companies beside this process; 0 for this one alone. A database in memory is this process's
    own, and few companies are looked at sooner than processes are started."""
    size: int = args.processes or cores()
    in_memory = settings.database.startswith("sqlite") and sqlite_file(settings.database) is None
    return 0 if size < 2 or in_memory or args.only else size


def _crew(platform: Platform, settings: Settings, size: int, reserve: Reserve, limit: int) -> Crew | None:
    """The processes that do the looking; None for this one alone.

    `limit`: questions a second, which they share; 0 for none. Then they have no more companies under way together
    than one would have.
    """
    if limit:
        size = min(size, limit)
    if size < 2:
        return None
    width = max(1, fleet.width_for(limit) // size) if limit else fleet.WIDTH
    asked = settings.queries_per_second
    duty = Duty(settings.database, platform, settings.nameservers, asked, sharers=size, width=width)
    return Crew(duty, size, reserve=reserve)


async def _scan(
    engine: Engine,
    platform: Platform,
    settings: Settings,
    args: argparse.Namespace,
    tell: Tell,
    reserve: Reserve,
) -> ScanSummary:
    logins = login_setup(settings)
    async with command.resolver(settings) as resolver:
        size = _processes(args, settings)
        crew = _crew(platform, settings, size, reserve, resolver.limit)
        width = fleet.width_for(resolver.limit)
        return await scan.run(
            engine, platform, resolver, args.only, tell, width=width, crew=crew, logins=logins
        )


def _stopped(latest: Progress | None = None) -> str:
    """How much was done."""
    counts = f"{latest.counts.done:,} of {latest.total:,}" if latest else "none"
    return f"stopped: {counts} companies were judged and stored, the others keep what was known of them"


def _as_json(summary: ScanSummary) -> dict[str, object]:
    names = ("domains", "companies", "seconds", "queries", "unknown")
    return {**{name: getattr(summary, name) for name in names}, "logins": logins_as_json(summary.logins)}


def _sentence(summary: ScanSummary) -> str:
    if not summary.companies and not summary.broken:
        return "there is no company to scan: python -m data import FILE brings some"
    return (
        f"{summary.companies:,} companies with {summary.domains:,} domains judged in {clock(summary.seconds)}"
        f" with {summary.queries:,} queries; failed look-ups leave something of {summary.unknown:,} companies unknown"
        f"{_logins(summary.logins)}"
    )


def _logins(counts: LoginCounts) -> str:
    return f"; {logins_sentence(counts)}" if counts.due else ""


def _status(summary: ScanSummary) -> int:
    if summary.blind:
        print(
            "not one look-up was answered, and what was known is kept: "
            "check the network, or name a server that answers in SENDWELL_NAMESERVERS",
            file=sys.stderr,
        )
        return COULD_NOT_LOOK
    if broken := summary.broken + summary.logins.broken:
        print(f"{broken:,} companies could not be judged, and keep what was known of them", file=sys.stderr)
        return REJECTED
    return DONE
