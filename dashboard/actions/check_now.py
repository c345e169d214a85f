"""Look at one company now: `python -m data check` in a process of its own, which alone may open a password.

A look goes on in the background, and there is one of a company at a time for all visitors: whoever asks meanwhile
gets the one that is under way. How many logins a company may have, the store counts, across processes.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.actions.plain_text import block

PROJECT = Path(__file__).parent.parent.parent
COMMAND: tuple[str, ...] = (sys.executable, "-m", "data", "check", "--json", "--")
LONGEST = 120.0
"""Seconds that a look may take; look-ups and one login have shorter limits of their own."""
AT_ONCE = 4
"""Looks at different companies; the next one waits its turn."""

log = logging.getLogger("sendwell.dashboard")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a look, in the words of the export. `error`: why nothing did; all else is empty then.

    `tried`: whether a login was; `told_nothing`: it was, and the answer said nothing of user name and password.
    `refused`: why none was, in a sentence without its stop; empty if one was, or none is needed. `is_old`: what was
    known before stands in for a look-up that failed. `at`: when the look was over, in epoch seconds.
    """

    verdict: str = ""
    smtp: str = ""
    tried: bool = False
    told_nothing: bool = False
    refused: str = ""
    error: str = ""
    is_old: bool = False
    at: float = field(default=0.0, compare=False)


Look = Future[Outcome]
"""A look: `done()` once its outcome is there. It never ends in an exception."""

_guard = threading.Lock()
_turns = threading.BoundedSemaphore(AT_ONCE)
_under_way: dict[str, Look] = {}


def start(company_id: str) -> Look:
    """Begin a look, or join the one that is under way."""
    with _guard:
        if found := _under_way.get(company_id):
            return found
        look = _under_way[company_id] = Look()
    # No pool: its threads would keep the dashboard from ending until the last look is over.
    threading.Thread(target=_run, args=(company_id, look), daemon=True).start()
    return look


def under_way(company_id: str) -> Look | None:
    """The look at this company that somebody began and that is not over."""
    with _guard:
        return _under_way.get(company_id)


def _run(company_id: str, look: Look) -> None:
    try:
        with _turns:
            outcome = _look(company_id)
    except Exception:
        log.exception("a look failed")
        outcome = Outcome(error="Something went wrong that should not have; the log has it.")
    with _guard:
        del _under_way[company_id]
    look.set_result(replace(outcome, at=time.time()))


def _look(company_id: str) -> Outcome:
    began = time.time()
    try:
        done = subprocess.run(
            [*COMMAND, company_id],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(error=f"Nothing came of it within {LONGEST:.0f} seconds. Try again later.")
    except (OSError, ValueError):  # no process to be had, or a number that no command line can hold
        return Outcome(error="The look could not be started on this machine. Try again later.")
    return _told(done.returncode, done.stdout, done.stderr, began)


def _told(status: int, out: bytes, err: bytes, began: float) -> Outcome:
    try:
        return _read(json.loads(out), began)
    except (ValueError, KeyError, TypeError):
        pass  # it ended without an answer, and says why elsewhere
    said = block(err.decode(errors="replace").strip().rpartition("\n")[2])
    return Outcome(error=said or f"The look ended without an answer (exit status {status}).")


def _read(told: dict[str, Any], began: float) -> Outcome:
    login = told["login"]
    checked_at = datetime.fromisoformat(told["checked_at"]).timestamp()  # in whole seconds
    return Outcome(
        verdict=str(told["verdict"]),
        smtp=str(told["smtp"]),
        tried=bool(told["tried"]),
        told_nothing=bool(told["tried"] and login and login["seen_at"] != login["tried_at"]),
        refused=str(told["refused"]),
        is_old=checked_at < began - 1,
    )
