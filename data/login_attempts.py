"""The logins, counted: the one place that decides whether one may start, and that knows how many left.

    begun = begin(session, wanted, now)                               # a row, before anything is sent; or why not now
    refused = count_auth(session, begun.attempt_id, address, now)     # committed before the AUTH leaves
    end(session, begun.attempt_id, login, now)                        # what came of it

Each in a transaction of its own (`data.engine.writing`), committed at once. So whatever dies in between, no AUTH is
ever forgotten, and several processes keep the policy of `checks.smtp.etiquette` together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BindParameter, and_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from checks.smtp import etiquette
from checks.smtp.etiquette import DAY, MINUTE, Attempt, Caps, Running, Why
from checks.smtp.result import Login, Result
from data import login_history, login_standings, unmatched_replies
from data.login_history import TABLE, Try
from data.login_standings import Door

LEASE = 2 * MINUTE
"""Longer than a login can last (`checks.smtp.conversation.Limits`): what is not over by then was left behind by a
process that died."""

AHEAD = LEASE
"""Seconds that the clock of another machine may be ahead of ours. What is later was written while a clock was wrong."""

SOON = 1.0
"""Seconds after which it is worth while to ask again, where others of us are in the way."""

CAPS = Caps()
_ADVISORY_LOCK = 0x4C4F47494E  # any number, the same in every process: who counts goes first


class Because(StrEnum):
    """Why a login may not start, or its AUTH not leave."""

    NOT_DUE = "not due"
    PAUSED = "paused"
    """Until the settings change."""
    BUDGET_USED_UP = "budget used up"
    """Of "check now"."""
    UNDER_WAY = "under way"
    """Another login of this mailbox is."""
    BUSY = "busy"
    """As many logins as may be are under way."""
    SERVER_RESTS = "server rests"
    """It refused several logins, and is left alone for a while."""
    PROVIDER_RESTS = "provider rests"
    """It asked to slow down."""
    TOO_LATE = "too late"
    """It took longer to begin than any login lasts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One login that somebody wants to make.

    `fingerprint`: of host, user name and password; `mailbox`: of host and user name (`data.fingerprints`). `address`:
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


def lock(session: Session) -> None:
    """Until the transaction ends, nobody else counts a login. (SQLite has one writer anyway.)"""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def begin(
    session: Session, wanted: Wanted, now: float, caps: Caps = CAPS, lease: float = LEASE
) -> Begun | NotNow:
    """Write a row for this login, if it may start now. The caller commits, and only then connects."""
    lock(session)
    _set_back(session, now)
    running = login_history.running(session, now)
    if any(one.mailbox == wanted.mailbox for one in running):
        return NotNow(now + SOON, Because.UNDER_WAY)
    refused = (
        _by_history(session, wanted, now)
        or _rests(session, wanted.group, wanted.address, now)
        or _in_the_way(session, wanted, running, now, caps)
    )
    if refused:
        return refused
    values = {
        "company_id": wanted.company_id,
        "settings_at": wanted.settings_at,
        "fingerprint": wanted.fingerprint,
        "mailbox": wanted.mailbox,
        "address": wanted.address,
        "provider_group": wanted.group,
        "asked": wanted.asked,
        "began_at": now,
        "lease_until": now + lease,
    }
    return Begun(session.execute(_INSERT, values).scalar_one())


def count_auth(session: Session, attempt_id: int, address: str, now: float) -> NotNow | None:
    """Count one AUTH to this address, unless it must not leave. The caller commits, and only then lets it leave."""
    lock(session)
    row = session.execute(_READ, {"this": attempt_id}).first()
    if row is None or row.ended_at is not None or row.lease_until <= now:
        return NotNow(now + SOON, Because.TOO_LATE)
    if refused := _rests(session, row.provider_group, address, now):
        return refused
    others = (one for one in login_history.running(session, now, attempt_id) if one.address == address)
    if not row.provider_group and any(others):
        return NotNow(now + SOON, Because.BUSY)
    session.execute(_COUNT, {"this": attempt_id, "where": address})
    return None


def history(session: Session, door: Door, now: float) -> list[Attempt]:
    """See `data.login_history.tries`."""
    return [one.attempt for one in login_history.tries(session, door, now)]


def put_off(session: Session, attempt_id: int, now: float) -> None:
    """A login that was given up before its answer came. It was none if no AUTH left; else nobody knows its result.
    The caller commits."""
    lock(session)
    this = {"this": attempt_id}
    session.execute(_NEVER_WAS, this)
    session.execute(_GIVEN_UP, {**this, "at": now})


def end(session: Session, attempt_id: int, login: Login, now: float, luck: float | None = None) -> None:
    """Write what came of a login, what is known of the company's by it, and when it is tried next. The caller
    commits. `luck`: see `checks.smtp.etiquette`; drawn here if it is not said."""
    lock(session)
    row = session.execute(_READ, {"this": attempt_id}).first()
    if row is None:
        return
    result = {
        "at": now,
        "said": login.result.value,
        "why": login.cause,
        "left": max(row.auths, login.attempts),
        "where": login.address or row.address,
    }
    session.execute(_END, {"this": attempt_id, **result})
    door = Door(row.company_id, row.fingerprint, row.settings_at, row.provider_group)
    luck = random.random() if luck is None else luck
    login_standings.write(session, door, history(session, door, now), login, now, luck)
    unmatched_replies.note(session, login, now)
    if login.result is Result.OK:
        session.execute(_FORGET, {"of": row.fingerprint, "before": now - DAY, "this": attempt_id})
    _bury(session, now)


def _bury(session: Session, now: float) -> None:
    """Who died before its AUTH made no try; who died later is over."""
    if session.execute(_DEAD, {"now": now}).first():
        session.execute(_NEVER_WERE, {"now": now})
        session.execute(_OVER, {"now": now})


def _set_back(session: Session, now: float) -> None:
    """What was written while a clock ran far ahead is taken for as late as now, the last of it, or nobody would be
    tried before that time comes."""
    ended, began = session.execute(_NEWEST).one()
    newest = max(ended or 0.0, began or 0.0)
    if newest > now + AHEAD:
        session.execute(_SET_BACK, {"ahead": now + AHEAD, "by": newest - now})


# Whether it may start


def _by_history(session: Session, wanted: Wanted, now: float) -> NotNow | None:
    """By what came of this credential so far.

    A daily scan is to look at each login daily, so it counts from the earliest moment of the jitter
    (docs/decisions/login.md). Other settings of the same credential are another port or another encryption: they are
    tried at once, unless the password itself was refused.
    """
    door = Door(wanted.company_id, wanted.fingerprint, wanted.settings_at, wanted.group)
    known = login_history.tries(session, door, now)
    tries = [one.attempt for one in known]
    plan = etiquette.plan(tries, wanted.fingerprint, luck=0.0)
    may_ask = wanted.asked and bool(tries) and etiquette.may_be_asked(tries, wanted.fingerprint)
    if not may_ask and (plan.at is None or login_standings.is_paused(session, door)):
        return NotNow(None, Because.PAUSED, login_standings.settle(session, door, tries))
    if wanted.asked:
        at = etiquette.check_now_at(tries, wanted.fingerprint, now)
        return NotNow(at, Because.BUDGET_USED_UP) if at is None or at > now else None
    due = plan.at is not None and plan.at <= now
    if due or (plan.why is Why.HEALTHY and _by_another_door(known[-1], wanted)):
        return None
    return NotNow(plan.at, Because.NOT_DUE, login_standings.settle(session, door, tries))


def _by_another_door(last: Try, wanted: Wanted) -> bool:
    return last.company_id == wanted.company_id and not last.same_door


def _in_the_way(
    session: Session, wanted: Wanted, running: Sequence[Running], now: float, caps: Caps
) -> NotNow | None:
    """The caps, and the time between two starts at one provider, whether the first one is over or not."""
    if not etiquette.may_start(Running(wanted.mailbox, wanted.address, wanted.group, now), running, caps):
        same = [one.began for one in running if wanted.group and one.group == wanted.group]
        return NotNow(max([now + caps.between, *(at + caps.between for at in same)]), Because.BUSY)
    if not wanted.group:
        return None
    last = login_history.last_start(session, wanted.group, now, caps.between)
    return None if last is None else NotNow(last + caps.between, Because.BUSY)


def _rests(session: Session, group: str, address: str, now: float) -> NotNow | None:
    """Whether the server or the provider is left alone. A server of nobody known is a provider of its own."""
    failures = login_history.failures(session, address, now) if address else ()
    if (until := etiquette.address_paused_until(failures)) > now:
        return NotNow(until, Because.SERVER_RESTS)
    answers = login_history.answers(session, group, address, now) if group or address else ()
    if (until := etiquette.group_paused_until(answers)) > now:
        return NotNow(until, Because.PROVIDER_RESTS)
    return None


# Statements, made once

_c = TABLE.c
_this = _c.id == bindparam("this")
_open = _c.ended_at.is_(None)
_under_way = and_(_this, _open)
_dead = and_(_open, _c.lease_until <= bindparam("now"))

_NEWEST = select(func.max(_c.ended_at), select(func.max(_c.began_at)).where(_open).scalar_subquery())
_by: BindParameter[float] = bindparam("by")
_SET_BACK = (
    update(TABLE)
    .where(func.coalesce(_c.ended_at, _c.began_at) > bindparam("ahead"))
    .values(began_at=_c.began_at - _by, lease_until=_c.lease_until - _by, ended_at=_c.ended_at - _by)
)
_INSERT = insert(TABLE).returning(_c.id)
_READ = select(TABLE).where(_this)
_COUNT = update(TABLE).where(_this).values(address=bindparam("where"), auths=_c.auths + 1)
_END = (
    update(TABLE)
    .where(_this)
    .values(
        ended_at=bindparam("at"),
        result=bindparam("said"),
        cause=bindparam("why"),
        auths=bindparam("left"),
        address=bindparam("where"),
    )
)
_NEVER_WAS = delete(TABLE).where(_under_way, _c.auths == 0)
_GIVEN_UP = update(TABLE).where(_under_way).values(ended_at=bindparam("at"))
_FORGET = delete(TABLE).where(
    _c.fingerprint == bindparam("of"), _c.began_at < bindparam("before"), _c.id != bindparam("this")
)
_DEAD = select(_c.id).where(_dead).limit(1)
_NEVER_WERE = delete(TABLE).where(_dead, _c.auths == 0)
_OVER = update(TABLE).where(_dead).values(ended_at=_c.lease_until)
