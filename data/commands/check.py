"""`python -m data check COMPANY_ID`: look at one company now, its login too, within the budget of "check now"."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from checks import command, terminal
from checks.command import COULD_NOT_LOOK, DONE, REJECTED, USAGE, Stop
from checks.model import Severity
from checks.smtp.result import Login
from data.commands import Settings, Subparsers, check_text, company_id
from data.commands.login_setup import login_setup
from data.engine import open_existing, sentence
from data.login_attempts import NotNow
from data.logins import StoredLogin
from data.verdicts import StoredVerdict
from data.worker import check
from data.worker.check import Checked
from data.worker.one_login import NOT_BEGUN
from data.worker.scan import UnknownCompany


def add_parser(subparsers: Subparsers) -> None:
    """`check COMPANY_ID [--json]`."""
    parser = subparsers.add_parser("check", help="look at one company now", description=__doc__)
    parser.add_argument("company_id", type=company_id, metavar="COMPANY_ID")
    parser.add_argument("--json", action="store_true", help="one JSON object, and nothing else")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit status: 0 done; 1 the verdict is a failure, or no login was tried since it may not be now; 2 no such
    company; 3 something that decides could not be looked up, or no database."""
    platform = command.platform(settings)
    setup = login_setup(settings)
    engine = open_existing(settings.database)

    async def look() -> Checked:
        async with command.resolver(settings) as resolver:
            return await check.run(engine, platform, resolver, args.company_id, setup)

    try:
        found = asyncio.run(look())
    except UnknownCompany as error:
        raise Stop(USAGE, str(error)) from None
    except DBAPIError as error:
        raise Stop(COULD_NOT_LOOK, sentence(engine, error)) from None
    finally:
        engine.dispose()
    if args.json:
        print(json.dumps(as_json(args.company_id, found)))
    else:
        check_text.show(found, terminal.console())
    if refused := check_text.refused(found.outcome):
        print(refused, file=sys.stderr)
    return _status(found)


def as_json(company_id: str, found: Checked) -> dict[str, Any]:
    """Times in ISO 8601, UTC. `login` is null where none was ever tried; `refused`: why none was tried now, empty if
    one was or none is needed; `refused_until`: null for not before the settings change."""
    outcome = found.outcome
    return {
        "company_id": company_id,
        **(_verdict(found.verdict) if found.verdict else {}),
        "login": _login(found.login) if found.login else None,
        "tried": isinstance(outcome, Login) and outcome.cause not in NOT_BEGUN,
        "refused": check_text.refused(outcome),
        "refused_until": _time(outcome.until) if isinstance(outcome, NotNow) else None,
    }


def _verdict(stored: StoredVerdict) -> dict[str, Any]:
    told = stored.diagnosis
    return {
        "domain": told.domain,
        "verdict": told.verdict.word,
        "cause": told.cause,
        "address": told.address,
        "spf": told.spf,
        "dmarc": told.dmarc,
        "smtp": told.smtp,
        "provider": told.provider,
        "since": _time(stored.since.timestamp()),
        "checked_at": _time(stored.checked_at.timestamp()),
    }


def _login(stored: StoredLogin) -> dict[str, Any]:
    known = stored.standing
    return {
        "state": known.state,
        "cause": known.cause,
        "code": known.code,
        "enhanced_code": known.enhanced_code,
        "text": known.text,
        "step": known.step,
        "provider": known.provider,
        "since": _time(known.since),
        "tried_at": _time(known.at),
        "seen_at": _time(known.seen_at),
        "next_at": _time(stored.next_at),
        "check_now_left": stored.check_now_left,
        "changed": stored.changed,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(found: Checked) -> int:
    verdict = found.verdict.diagnosis.verdict if found.verdict else Severity.UNKNOWN
    if verdict is Severity.FAILURE or isinstance(found.outcome, NotNow):
        return REJECTED
    return COULD_NOT_LOOK if found.blind or verdict is Severity.UNKNOWN else DONE
