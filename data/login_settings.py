"""What a company entered for its login, and whose login is due. The password stays a token here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from checks.company import SendingMethod
from checks.smtp.etiquette import DAILY, SPREAD
from checks.smtp.result import Server
from data.batches import batches
from data.login_attempts import AHEAD
from data.logins import IDS_A_QUERY, IS_CURRENT
from data.schema import CompanyRow, LoginRow

EARLIEST = DAILY * (1 - SPREAD)
"""Seconds after which no login waits any longer that is tried again at all, whatever was drawn for it: so a scan that
is made daily looks at each one daily."""


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """As entered: hostile. `address`: the company's own, to find its server by. `changed_at`: see `CompanyRow`."""

    company_id: str
    server: Server
    username: str
    token: bytes = field(repr=False)
    address: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """Whose login may be tried, and where."""

    company_id: str
    host: str


def due(
    session: Session, now: float, only: Collection[str] | None = None, *, early: bool = True
) -> Iterator[Due]:
    """The companies whose login is tried now, as far as it is known here; `data.login_attempts` decides.

    Those that are not gone; with `only`, those with these ids, gone or not. `early`: from `EARLIEST` on, as a scan has
    it, which comes but once a day; else not before the time that was drawn.
    """
    waited = or_(LoginRow.next_at <= now, LoginRow.tried_at > now + AHEAD)
    if early:
        waited = or_(waited, LoginRow.tried_at <= now - EARLIEST)
    query = (
        select(CompanyRow.id, CompanyRow.smtp_host)
        .outerjoin(LoginRow, LoginRow.company_id == CompanyRow.id)
        .where(_COMPLETE)
        .where(or_(LoginRow.company_id.is_(None), ~IS_CURRENT, and_(LoginRow.next_at.is_not(None), waited)))
        .order_by(CompanyRow.id)
    )
    if only is None:
        queries = [query.where(CompanyRow.gone_since.is_(None))]
    else:
        queries = [query.where(CompanyRow.id.in_(ids)) for ids in batches(sorted(set(only)), IDS_A_QUERY)]
    for query in queries:
        for id, host in session.execute(query):
            yield Due(id, host.strip())


def get(session: Session, company_id: str) -> LoginSettings | None:
    """What a company's login needs; None where some of it is missing, or it does not send by a server of its own."""
    row = session.scalar(select(CompanyRow).where(CompanyRow.id == company_id, _COMPLETE))
    if row is None or row.smtp_password is None:
        return None
    return LoginSettings(
        company_id=row.id,
        server=Server.entered(row.smtp_host, row.smtp_port, row.smtp_security),
        username=row.smtp_username,
        token=row.smtp_password,
        address=row.from_address or row.email or row.smtp_username,
        changed_at=row.smtp_changed_at,
    )


_COMPLETE = and_(
    CompanyRow.sending_method == SendingMethod.OWN_SERVER.value,
    CompanyRow.smtp_host != "",
    CompanyRow.smtp_username != "",
    CompanyRow.smtp_password.is_not(None),
)
