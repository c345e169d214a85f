"""Stored companies with a server of their own: a login in each state, as the pages meet it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import Company, SendingMethod, SmtpState
from checks.diagnosis import with_login
from checks.domain_name import Address
from checks.providers import Secret
from checks.smtp.discover import Confidence, Discovery, Found, Note, Source
from checks.smtp.result import Line, Security, Server, Who
from checks.smtp.standing import Standing
from data import companies, verdicts
from data.engine import writing
from data.login_found import FoundServers, encode_found
from data.login_json import encode_dialogue, encode_standing
from data.schema import CompanyRow, LoginAttemptRow, LoginRow, UnmatchedReplyRow
from data.secrets import Secrets
from tests.support.fleet import HOSTILE, PASSWORD, company, judged

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MICROSOFT = {"smtp_host": "smtp.office365.com", "smtp_port": 587, "smtp_security": "starttls"}
GOOGLE = {"smtp_host": "smtp.gmail.com", "smtp_port": 587, "smtp_security": "starttls"}
OWN = {"smtp_host": "mail.own.example", "smtp_port": 465, "smtp_security": "implicit"}
DIALOGUE = (
    Line(Who.NOTE, "connected to 198.51.100.7"),
    Line(Who.SERVER, "220 mail.own.example ESMTP"),
    Line(Who.CLIENT, "EHLO probe.platform.example"),
    Line(Who.SERVER, "250 AUTH PLAIN LOGIN"),
    Line(Who.CLIENT, "AUTH PLAIN (hidden)"),
)


@dataclass(frozen=True)
class Case:
    """One company. Times of the standing are seconds before now; `next_in` None: not before the settings change."""

    id: str
    server: dict[str, Any]
    standing: Standing | None = None
    next_in: float | None = None
    dialogue: tuple[Line, ...] = DIALOGUE
    found: Discovery | None = None
    password: str = PASSWORD
    changed: bool = False
    asked: int = 0
    """How often "check now" was pressed within the last minutes."""
    name: str = ""


def fill(engine: Engine, now: datetime, made: tuple[Case, ...] | None = None) -> None:
    """Store the cases, and two answers that the table does not know."""
    with writing(engine) as session:
        for case in made if made is not None else cases():
            _store(session, case, now)
        if made is None:
            _unmatched(session, now)


def cases() -> tuple[Case, ...]:
    """One company for each state; the hostile ones last."""
    return (*_working(), *_refused(), *_unknown(), *_untried(), *_hostile())


def _working() -> tuple[Case, ...]:
    ok = Standing(SmtpState.OK, code=235, text="2.7.0 Authentication successful", since=9 * DAY, at=2 * HOUR)
    microsoft = replace(ok, provider="Microsoft 365")
    return (
        Case(
            "works", OWN, _seen(ok), 22 * HOUR, found=_discovery(_found(OWN, Source.SRV, Confidence.LIKELY))
        ),
        Case("microsoft", MICROSOFT, _seen(microsoft), 20 * HOUR, found=_discovery(_microsoft())),
        Case("silent", OWN, replace(ok, seen_at=8 * HOUR), 0.0),
    )


def _refused() -> tuple[Case, ...]:
    app = Standing(
        *(SmtpState.PAUSED, "SMTP_APP_PASSWORD_NEEDED", 534, "5.7.9"),
        text="5.7.9 Application-specific password required.",
        step="Make an app password at myaccount.google.com and enter it here.",
        provider="Google",
        since=3 * DAY,
        at=3 * DAY,
    )
    wrong = Standing(
        *(SmtpState.FAILING, "SMTP_WRONG_PASSWORD", 535, "5.7.8"),
        text="5.7.8 Error: authentication failed",
        step="Enter user name and password again.",
        since=10 * MINUTE,
        at=10 * MINUTE,
    )
    off = Standing(
        *(SmtpState.PAUSED, "SMTP_AUTH_OFF_FOR_TENANT", 535, "5.7.139"),
        text="5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        step="Ask the administrator to switch on SMTP AUTH.",
        provider="Microsoft 365",
        since=DAY,
        at=DAY,
    )
    elsewhere = _discovery(_found(GOOGLE, Source.MX, Confidence.SURE, secret=Secret.APP_PASSWORD))
    return (
        Case("paused", GOOGLE, _seen(app), None, found=elsewhere),
        Case("wrong", OWN, _seen(wrong), 20 * MINUTE, found=elsewhere, asked=2),
        Case("tenant", MICROSOFT, _seen(off), None, found=_discovery(_microsoft())),
    )


def _unknown() -> tuple[Case, ...]:
    busy = Standing(
        *(SmtpState.UNKNOWN, "SMTP_TEMPORARY_FAULT", 454, "4.7.0"),
        text="4.7.0 Temporary authentication failure",
        step="Try again in half an hour.",
        since=40 * MINUTE,
        at=5 * MINUTE,
    )
    locked = Standing(SmtpState.UNKNOWN, "SMTP_PASSWORD_UNREADABLE", since=DAY, at=HOUR)
    return (
        Case("busy", OWN, _seen(busy), 40 * MINUTE, asked=3),
        Case(
            *("no key", OWN, _seen(locked), 5 * HOUR),
            dialogue=(),
            found=_discovery(notes=(Note.FORWARD_ONLY,)),
        ),
    )


def _untried() -> tuple[Case, ...]:
    changed = replace(_refused()[0], id="changed", changed=True)
    return (
        changed,
        Case("new", MICROSOFT),
        Case("no password", OWN, password=""),
        Case("no server", {}, password=""),
    )


def _hostile() -> tuple[Case, ...]:
    return tuple(
        Case(
            f"hostile {number}",
            {"smtp_host": text, "smtp_username": text, "smtp_port": 587, "smtp_security": "starttls"},
            _seen(
                Standing(
                    *(SmtpState.FAILING, "SMTP_LOGIN_REFUSED", 535, "5.7.8"),
                    text=text,
                    step="Sign in at the web site.",
                    since=DAY,
                    at=DAY,
                )
            ),
            0.0,
            dialogue=(Line(Who.SERVER, text),),
            found=_discovery(
                replace(
                    _found(OWN, Source.AUTOCONFIG, Confidence.LIKELY),
                    server=Server(text, 1, Security.STARTTLS),
                )
            ),
            name=text,
        )
        for number, text in enumerate(HOSTILE)
    )


def _seen(standing: Standing) -> Standing:
    return replace(standing, seen_at=standing.at)


def _found(
    server: dict[str, Any], source: Source, confidence: Confidence, secret: Secret = Secret.PASSWORD
) -> Found:
    at = Server(server["smtp_host"], server["smtp_port"], Security(server["smtp_security"]))
    return Found(at, "info@own.example", source, confidence, "", secret, answered=True)


def _microsoft() -> Found:
    return replace(_found(MICROSOFT, Source.MX, Confidence.SURE), provider="Microsoft 365", answered=None)


def _discovery(*servers: Found, notes: tuple[Note, ...] = ()) -> Discovery:
    return Discovery(Address("info", "own.example"), "", servers, notes)


def _store(session: Session, case: Case, now: datetime) -> None:
    at = f"{case.id.replace(' ', '-')}.example"
    server = {"smtp_username": f"info@{at}", **case.server} if case.server else {}
    values = company(case.name or f"Company {case.id}", at, SendingMethod.OWN_SERVER, **server, country="BE")
    earlier = now - timedelta(days=30)
    companies.upsert(session, [companies.Entry(case.id, values, case.password)], Secrets(), earlier)
    row = session.get_one(CompanyRow, case.id)
    standing = _at(case.standing, now) if case.standing else None
    judged_as = Company(
        *(case.id, values["name"], SendingMethod.OWN_SERVER, values["email"], True, values["from_address"]),
        smtp_host=row.smtp_host,
        smtp_username=row.smtp_username,
        smtp_has_password=bool(case.password),
    )
    known = None if case.changed else standing
    verdicts.save(session, [(case.id, with_login(judged(at), judged_as, known))], now)
    if standing:
        _login(session, case, standing, row, now)


def _at(standing: Standing, now: datetime) -> Standing:
    """With its seconds before now as moments."""
    then = now.timestamp()
    return replace(
        standing, since=then - standing.since, at=then - standing.at, seen_at=then - standing.seen_at
    )


def _login(session: Session, case: Case, standing: Standing, row: CompanyRow, now: datetime) -> None:
    fingerprint = f"fingerprint of {case.id}"
    found = FoundServers(now.timestamp() - DAY, case.found) if case.found else None
    session.add(
        LoginRow(
            company_id=case.id,
            fingerprint=fingerprint,
            settings_at=row.smtp_changed_at,
            state=standing.state.value,
            standing=encode_standing(standing),
            next_at=None if case.next_in is None else now.timestamp() + case.next_in,
            tried_at=standing.at,
            dialogue=encode_dialogue(case.dialogue),
            found=encode_found(found) if found else None,
        )
    )
    for number in range(case.asked):
        _attempt(session, case, fingerprint, now.timestamp() - (number + 1) * MINUTE, standing.state)
    if standing.state is SmtpState.PAUSED:  # a policy refusal, behind which nothing is asked again
        _attempt(session, case, fingerprint, standing.at, standing.state, standing.cause)
    if case.changed:
        row.smtp_changed_at = now


def _attempt(
    session: Session, case: Case, fingerprint: str, at: float, state: SmtpState, cause: str = ""
) -> None:
    session.add(
        LoginAttemptRow(
            company_id=case.id,
            fingerprint=fingerprint,
            mailbox="",
            asked=not cause,
            began_at=at,
            lease_until=at,
            ended_at=at,
            auths=1,
            result="refused" if cause else "unknown",
            cause=cause,
        )
    )


def _unmatched(session: Session, now: datetime) -> None:
    for digest, (text, count) in enumerate((("5.7.1 Computer says no", 12), (HOSTILE[1], 3)), 1):
        session.add(
            UnmatchedReplyRow(
                digest=digest,
                provider="Proximus" if digest == 1 else "",
                code=535,
                enhanced_code="5.7.1",
                text=text,
                count=count,
                first_at=now.timestamp() - 9 * DAY,
                last_at=now.timestamp() - HOUR,
            )
        )
