"""Logins for the store's tests: companies, what somebody wants, and what servers say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from checks.smtp.result import Login, Result
from data import login_attempts, logins
from data.engine import writing
from data.login_attempts import Begun, NotNow, Wanted
from data.logins import StoredLogin
from data.schema import CompanyRow, LoginAttemptRow

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOW = MONDAY.timestamp()
HERE = "9.9.9.9"

OK = Login(Result.OK, 235, text="2.7.0 ok", attempts=1, recognised=True)
WRONG = Login(
    Result.REFUSED,
    535,
    "5.7.8",
    "SMTP_WRONG_PASSWORD",
    "5.7.8 no",
    attempts=1,
    step="Enter it.",
    recognised=True,
)
POLICY = Login(Result.REFUSED, 535, "5.7.139", "SMTP_AUTH_OFF_FOR_TENANT", "off", attempts=1, recognised=True)
EXPIRED = Login(Result.INSECURE, cause="SMTP_CERTIFICATE_EXPIRED", recognised=True)
SILENT = Login(Result.UNREACHABLE, cause="SMTP_TIMED_OUT", recognised=True)
LATER = Login(Result.UNKNOWN, 454, "4.7.0", "SMTP_TEMPORARY_FAULT", "later", attempts=1, recognised=True)
SLOWER = Login(Result.UNKNOWN, 421, "4.7.0", "SMTP_TOO_MANY_CONNECTIONS", "slower", recognised=True)
LOST = Login(Result.UNKNOWN, cause="SMTP_ANSWER_LOST", attempts=1, recognised=True)


def company(id: str = "c1", **columns: Any) -> CompanyRow:
    given = {
        "name": id,
        "sending_method": "own_server",
        "email": f"info@{id}.example",
        "smtp_host": "mail.acme.be",
        "smtp_username": id,
        "smtp_password": b"token",
        "imported_at": MONDAY,
    }
    return CompanyRow(id=id, **{**given, **columns})


def add(engine: Engine, *companies: CompanyRow) -> None:
    with writing(engine) as session:
        session.add_all(companies)


def wanted(id: str = "c1", **given: Any) -> Wanted:
    """By default another mailbox and credential for each company, all of them at one server of nobody known."""
    defaults = {
        "company_id": id,
        "fingerprint": f"password of {id}",
        "mailbox": f"mailbox of {id}",
        "address": HERE,
        "group": "",
        "asked": False,
        "settings_at": None,
    }
    return Wanted(**{**defaults, **given})


def begin(engine: Engine, what: Wanted, at: float) -> Begun | NotNow:
    with writing(engine) as session:
        return login_attempts.begin(session, what, at)


def count(engine: Engine, attempt_id: int, at: float, address: str = HERE) -> NotNow | None:
    with writing(engine) as session:
        return login_attempts.count_auth(session, attempt_id, address, at)


def end(engine: Engine, attempt_id: int, login: Login, at: float, luck: float | None = None) -> None:
    with writing(engine) as session:
        login_attempts.end(session, attempt_id, login, at, luck)


def try_it(engine: Engine, what: Wanted, login: Login, at: float, luck: float | None = 0.5) -> NotNow | None:
    """A whole login that takes no time; why not, where it may not be."""
    begun = begin(engine, what, at)
    if isinstance(begun, NotNow):
        return begun
    for _ in range(login.attempts):
        refused = count(engine, begun.attempt_id, at, what.address or HERE)
        if refused:
            with writing(engine) as session:
                login_attempts.put_off(session, begun.attempt_id, at)
            return refused
    end(engine, begun.attempt_id, login, at, luck)
    return None


def stored(engine: Engine, id: str = "c1", at: float = NOW) -> StoredLogin:
    with Session(engine) as session:
        found = logins.get(session, id, at)
    assert found is not None
    return found


def attempts(engine: Engine) -> list[LoginAttemptRow]:
    with Session(engine) as session:
        return list(session.scalars(select(LoginAttemptRow).order_by(LoginAttemptRow.id)))
