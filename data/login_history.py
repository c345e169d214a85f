"""What is stored of tries to log in, as decisions need it. Each try asks all of this: the statements are made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, Table, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from checks.smtp import etiquette, login_rules
from checks.smtp.etiquette import DAY, Attempt, Running
from checks.smtp.result import Result
from data.login_standings import Door
from data.schema import LoginAttemptRow

TABLE: Table = LoginAttemptRow.metadata.tables[LoginAttemptRow.__tablename__]


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a credential. `same_door`: by this company, with the settings that it has now."""

    attempt: Attempt
    company_id: str
    same_door: bool


def tries(session: Session, door: Door, now: float) -> list[Try]:
    """The tries of a credential that count, the oldest first, with those under way.

    One whose lease ran out was made by somebody who died: it counts if an AUTH left, with an unknown result. One
    without an AUTH says something of the port and its encryption alone, and nothing to who has other ones.
    """
    found = []
    rows = session.execute(_TRIES, {"fingerprint": door.fingerprint, "now": now})
    for at, result, cause, asked, auths, whose, settings in rows:
        same_door = (whose, settings) == (door.company_id, door.settings_at)
        if auths or same_door:
            attempt = Attempt(at, door.fingerprint, Result(result) if result else None, cause, asked, auths)
            found.append(Try(attempt, whose, same_door))
    return found


def running(session: Session, now: float, besides: int = 0) -> list[Running]:
    """Those under way, whoever's."""
    return [Running(*columns) for columns in session.execute(_RUNNING, {"now": now, "besides": besides})]


def last_start(session: Session, group: str, now: float, within: float) -> float | None:
    """When the last login at a provider began, of those that are over, if that is less than so many seconds from now:
    the clock of another machine may be ahead."""
    starts = session.execute(_JUST_OVER, {"since": now - within})
    return max((at for whose, at in starts if whose == group and abs(now - at) < within), default=None)


def failures(session: Session, address: str, now: float) -> Sequence[float]:
    """When a password was refused at an address lately, whoever's. An answer that nobody heard may have been a
    refusal, be it that whoever waited for it died."""
    since = now - etiquette.BREAKER_WINDOW - etiquette.BREAKER_PAUSE
    return session.scalars(_FAILURES, {"address": address, "since": since, "now": now}).all()


def answers(session: Session, group: str, address: str, now: float) -> list[tuple[float, bool]]:
    """When somebody was asked to slow down in the last day, since the last login before the latest of these that
    worked, and when that was: at a provider, or at the address of a server of nobody known."""
    asked, let_in = _OF_GROUP if group else _OF_ADDRESS
    whose = group or address
    slow = session.scalars(asked, {"whose": whose, "since": now - DAY}).all()
    if not slow or max(slow) <= now - etiquette.GROUP_LONGEST:
        return []
    worked: float = session.scalar(let_in, {"whose": whose, "until": max(slow)}) or 0.0
    return [(worked, False), *((at, True) for at in slow if at >= worked)]


_c = TABLE.c
_now: BindParameter[float] = bindparam("now")
_since: BindParameter[float] = bindparam("since")

_TRIES = (
    select(_c.began_at, _c.result, _c.cause, _c.asked, _c.auths, _c.company_id, _c.settings_at)
    .where(_c.fingerprint == bindparam("fingerprint"))
    .where(or_(_c.ended_at.is_not(None), _c.auths > 0, _c.lease_until > _now))
    .order_by(_c.began_at, _c.id)
)
_RUNNING = select(_c.mailbox, _c.address, _c.provider_group, _c.began_at).where(
    _c.ended_at.is_(None), _c.lease_until > _now, _c.id != bindparam("besides")
)
_JUST_OVER = select(_c.provider_group, _c.began_at).where(_c.ended_at > _since)
_FAILURES = select(func.coalesce(_c.ended_at, _c.lease_until)).where(
    _c.address == bindparam("address"),
    or_(_c.ended_at > _since, and_(_c.ended_at.is_(None), _c.lease_until <= _now)),
    or_(
        _c.result.in_((Result.REFUSED.value, "")),
        and_(_c.result == Result.UNKNOWN.value, _c.cause == login_rules.ANSWER_LOST.code),
    ),
    _c.auths > 0,
)


def _answers(column: str) -> tuple[Select[Any], Select[Any]]:
    """Those that asked to slow down since a moment, and the last one that let somebody in until another."""
    theirs = _c[column] == bindparam("whose")
    asked = select(_c.ended_at).where(theirs, _c.ended_at > _since, _c.cause.in_(sorted(etiquette.SLOW_DOWN)))
    worked = select(func.max(_c.ended_at)).where(
        theirs, _c.cause == "", _c.result == Result.OK.value, _c.ended_at <= bindparam("until")
    )
    return asked, worked


_OF_GROUP, _OF_ADDRESS = _answers("provider_group"), _answers("address")
