"""The logins, counted: the one place that decides whether one may start, and that knows how many left.

    begun = begin(session, wanted, now)                   # a row, before anything is sent; or why not now
    refused = count_auth(session, begun.attempt_id, address, now)     # committed before the AUTH leaves
    end(session, begun.attempt_id, login, now)            # what came of it

Each in a transaction of its own (`data.engine.writing`), committed at once. So whatever dies in between, no AUTH is
ever forgotten, and several processes keep the policy of `checks.smtp.etiquette` together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Because(StrEnum):
    """Why a login may not start, or its AUTH not leave."""

    NOT_DUE = "not due yet"
    PAUSED = "paused until the settings change"
    BUDGET_USED_UP = "check now was pressed as often as may be"
    UNDER_WAY = "a login of this mailbox is under way"
    BUSY = "as many logins as may be are under way"
    SERVER_RESTS = "the server refused several logins, and is left alone for a while"
    PROVIDER_RESTS = "the provider asked to slow down"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One login that somebody wants to make.

    `fingerprint`: of host, user name and password; `mailbox`: of host and user name (`data.login_keys`). `address`:
    where it will probably connect, empty where that is not known. `group`: the provider's name, empty for a server
    of nobody known. `asked`: somebody pressed "check now". `settings_at`: the company's `smtp_changed_at` as read.
    """

    company_id: str
    fingerprint: str
    mailbox: str
    address: str
    group: str
    asked: bool
    settings_at: datetime | None


@dataclass(frozen=True, slots=True)
class Begun:
    """It may go on. No AUTH has been counted yet."""

    attempt_id: int


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not before `until`, in epoch seconds; None: not before the settings change. `settled`: what is stored of the
    company's login was brought up to date with what is known of its credential."""

    until: float | None
    why: Because
    settled: bool = False
