"""Writing what is known of each company's login, from what its tries came to. `data.login_attempts` calls this."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from checks.company import SmtpState
from checks.smtp import etiquette, login_rules, replies
from checks.smtp.etiquette import Attempt, Why
from checks.smtp.result import Login, Result
from checks.smtp.standing import Standing, then
from data.login_json import decode_standing, encode_dialogue, encode_standing
from data.schema import CompanyRow, LoginRow


@dataclass(frozen=True, slots=True)
class Door:
    """Whose login it is, and with which settings: the company's `smtp_changed_at` when they were read."""

    company_id: str
    fingerprint: str
    settings_at: datetime | None
    provider: str = ""


def write(
    session: Session, door: Door, history: Sequence[Attempt], login: Login, now: float, luck: float
) -> None:
    """After a login that ended `now`. What is known of newer settings is left alone."""
    row = session.get(LoginRow, door.company_id)
    company = session.execute(_SETTINGS_AT, {"id": door.company_id}).first()
    if company is None or (row and row.settings_at == company.smtp_changed_at != door.settings_at):
        return
    plan = etiquette.plan(history, door.fingerprint, luck)
    before = decode_standing(row.standing) if row and _is_of(row, door) else None
    standing = then(before, login, now, paused=plan.why is Why.PAUSED)
    _put(session, row, door, standing, plan.at, encode_dialogue(login.dialogue))


_SETTINGS_AT = select(CompanyRow.smtp_changed_at).where(CompanyRow.id == bindparam("id"))


def write_unusable(session: Session, door: Door, login: Login, now: float, next_at: float | None) -> None:
    """Of credentials that no login was begun with: what was known of them before cannot be told apart."""
    row = session.get(LoginRow, door.company_id)
    before = decode_standing(row.standing) if row and row.standing["cause"] == login.cause else None
    _put(session, row, door, then(before, login, now, paused=False), next_at, [])


def settle(session: Session, door: Door, history: Sequence[Attempt]) -> bool:
    """Where no login may start now: bring what is stored up to date with what is known of the credential, and say
    whether that changed anything.

    Others may have tried it: another company that has the same, this one before its settings were changed and
    changed back, or a process that died before it could say what came of it.
    """
    row = session.get(LoginRow, door.company_id)
    own = row if row and _is_of(row, door) else None
    if not history or (own and own.tried_at >= history[-1].at):
        return False
    base = _newest(session, door.fingerprint, history[-1]) or own
    known = decode_standing(base.standing) if base else None
    newer = [one for one in history if known is None or one.at > known.at]
    plan = etiquette.plan(history, door.fingerprint, random.random())
    standing = _after(known, newer, door.provider, paused=plan.why is Why.PAUSED)
    _put(session, row, door, standing, plan.at, base.dialogue if base else [])
    return True


def is_paused(session: Session, door: Door) -> bool:
    """Whether the company's login stands as paused with these settings, whatever the history says."""
    row = session.get(LoginRow, door.company_id)
    return row is not None and row.state == SmtpState.PAUSED.value and row.settings_at == door.settings_at


def found(session: Session, company_id: str) -> dict[str, Any] | None:
    """What `note_found` wrote last."""
    row = session.get(LoginRow, company_id)
    return row.found if row else None


def note_found(session: Session, company_id: str, found: dict[str, Any]) -> None:
    """What was found when somebody looked for the company's server (`data.login_found`). The caller commits."""
    row = session.get(LoginRow, company_id)
    if row is not None:
        row.found = found


def _is_of(row: LoginRow, door: Door) -> bool:
    return (row.fingerprint, row.settings_at) == (door.fingerprint, door.settings_at)


def _newest(session: Session, fingerprint: str, last: Attempt) -> LoginRow | None:
    """What is stored of the same credential, whichever company's, if it is what the last try came to."""
    query = select(LoginRow).where(LoginRow.fingerprint == fingerprint, LoginRow.tried_at >= last.at)
    row = session.scalar(query.order_by(LoginRow.tried_at.desc(), LoginRow.company_id).limit(1))
    if row is None:
        return None
    says = row.state == SmtpState.OK.value, row.standing["cause"]
    return row if says == (last.result is Result.OK, last.cause) else None


def _after(known: Standing | None, tries: Sequence[Attempt], provider: str, *, paused: bool) -> Standing:
    for number, one in enumerate(tries, 1):
        is_last = number == len(tries)
        known = then(known, _login(one, provider), one.at, paused=paused and is_last)
    if known is None:
        raise ValueError("nothing is known of a credential that nobody tried")
    return known


def _login(one: Attempt, provider: str) -> Login:
    """As far as the count tells: without what was said."""
    result = one.result or Result.UNKNOWN
    cause = one.cause or ("" if result is Result.OK else login_rules.ANSWER_LOST.code)
    step = replies.built_in().step(replies.RULES[cause], provider) if cause else ""
    return Login(result, cause=cause, attempts=one.auths, step=step, provider=provider)


def _put(
    session: Session,
    row: LoginRow | None,
    door: Door,
    standing: Standing,
    next_at: float | None,
    dialogue: Any,
) -> None:
    if row is None:
        row = LoginRow(company_id=door.company_id)
        session.add(row)
    row.fingerprint = door.fingerprint
    row.settings_at = door.settings_at
    row.state = standing.state.value
    row.standing = encode_standing(standing)
    row.next_at = next_at
    row.tried_at = standing.at
    row.dialogue = dialogue
    session.flush()
