"""What is known of the companies' logins, read for scans and pages. Nothing here opens a password.

`data.login_attempts` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from checks.company import SendingMethod, SmtpState
from checks.providers import provider_of_server
from checks.smtp import etiquette
from checks.smtp.judge import MICROSOFT_365
from checks.smtp.result import Line
from checks.smtp.standing import Standing
from data import login_attempts
from data.batches import batches
from data.login_json import decode_dialogue, decode_standing
from data.login_standings import Door
from data.schema import CompanyRow, LoginRow, UnmatchedReplyRow

if TYPE_CHECKING:
    from data.login_found import FoundServers

IDS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A company's login as stored. `dialogue` and the texts in `standing` and `found` are hostile.

    `next_at`: epoch seconds, None for not before the settings change. `check_now_left`: how often "check now" may
    still be pressed, now; `may_be_asked`: whether that tries the login at all, be it paused. `changed`: the settings
    were changed after the last try: what is known is of other ones.
    """

    standing: Standing
    next_at: float | None
    dialogue: tuple[Line, ...]
    found: FoundServers | None
    check_now_left: int
    may_be_asked: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a judgement needs. `standing`: None where nothing is known of these settings. `version`: differs once
    somebody writes something else, or the settings change; 0 where nothing ever was written. `changed`: something is
    known of other settings."""

    standing: Standing | None = None
    version: float = 0.0

    @property
    def changed(self) -> bool:
        return self.standing is None and self.version != 0


UNTRIED = Known()


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A company whose password Microsoft will not take any more. `since`: of `state`, epoch seconds; None while
    unchecked. Text is as typed: hostile."""

    id: str
    name: str
    country: str
    host: str
    state: SmtpState
    since: float | None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What servers said that the table of answers does not know. `text` is hostile; times are epoch seconds."""

    provider: str
    code: int | None
    enhanced_code: str
    text: str
    count: int
    first_at: float
    last_at: float


def get(session: Session, company_id: str, now: float) -> StoredLogin | None:
    """What is stored of a company's login; None where none was tried."""
    from data.login_found import decode_found  # here, as processes that look at the DNS alone do without it

    row = session.get(LoginRow, company_id)
    if row is None:
        return None
    changed = session.get_one(CompanyRow, company_id).smtp_changed_at != row.settings_at
    door = Door(company_id, row.fingerprint, row.settings_at)
    tries = [] if changed else login_attempts.history(session, door, now)
    return StoredLogin(
        standing=decode_standing(row.standing),
        next_at=row.next_at,
        dialogue=decode_dialogue(row.dialogue),
        found=decode_found(row.found) if row.found else None,
        check_now_left=etiquette.check_now_left(tries, row.fingerprint, now),
        may_be_asked=etiquette.may_be_asked(tries, row.fingerprint),
        changed=changed,
    )


def known(session: Session, ids: Collection[str]) -> dict[str, Known]:
    """Of those companies whose login was tried."""
    columns = (LoginRow.company_id, LoginRow.standing, LoginRow.tried_at, IS_CURRENT)
    found: dict[str, Known] = {}
    for some in batches(sorted(ids), IDS_A_QUERY):
        query = select(*columns).join(CompanyRow, CompanyRow.id == LoginRow.company_id)
        for id, standing, tried_at, current in session.execute(query.where(LoginRow.company_id.in_(some))):
            found[id] = Known(decode_standing(standing) if current else None, _version(tried_at, current))
    return found


def _version(tried_at: float, current: bool) -> float:
    """A login that is known of other settings may become that of these without a try."""
    return tried_at if current else -tried_at


def news(session: Session, read: Iterable[tuple[str, float]]) -> list[str]:
    """Of companies with the version that was read of what is known of them (0 for nothing): whose is another now."""
    versions = dict(read)
    found: list[str] = []
    for some in batches(sorted(versions), IDS_A_QUERY):
        query = select(LoginRow.company_id, LoginRow.tried_at, IS_CURRENT).join(
            CompanyRow, CompanyRow.id == LoginRow.company_id
        )
        rows = session.execute(query.where(LoginRow.company_id.in_(some)))
        found += [id for id, tried_at, current in rows if versions[id] != _version(tried_at, current)]
    return found


def at_risk(session: Session) -> list[AtRisk]:
    """The companies that log in at Microsoft 365 with a password, by name, without those that are gone."""
    hosts = session.scalars(select(CompanyRow.smtp_host).where(_WITH_PASSWORD).distinct())
    theirs = [host for host in hosts if provider_of_server(host.strip()) == MICROSOFT_365]
    found: list[AtRisk] = []
    for some in batches(sorted(theirs), IDS_A_QUERY):
        found += _at_risk(session, some)
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def _at_risk(session: Session, hosts: Collection[str]) -> list[AtRisk]:
    company = (CompanyRow.id, CompanyRow.name, CompanyRow.country, CompanyRow.smtp_host)
    query = (
        select(*company, LoginRow.standing, IS_CURRENT)
        .outerjoin(LoginRow, LoginRow.company_id == CompanyRow.id)
        .where(_WITH_PASSWORD, CompanyRow.smtp_host.in_(hosts))
    )
    found = []
    for id, name, country, host, stored, current in session.execute(query):
        standing = decode_standing(stored) if stored and current else None
        state = standing.state if standing else SmtpState.UNCHECKED
        found.append(AtRisk(id, name, country, host, state, standing.since if standing else None))
    return found


def unmatched(session: Session, limit: int) -> list[Unmatched]:
    """Those heard most often, at most so many."""
    row = UnmatchedReplyRow
    query = select(row).order_by(row.count.desc(), row.last_at.desc(), row.digest).limit(limit)
    return [
        Unmatched(r.provider, r.code, r.enhanced_code, r.text, r.count, r.first_at, r.last_at)
        for r in session.scalars(query)
    ]


_WITH_PASSWORD = and_(
    CompanyRow.sending_method == SendingMethod.OWN_SERVER.value,
    CompanyRow.smtp_password.is_not(None),
    CompanyRow.gone_since.is_(None),
)
IS_CURRENT = LoginRow.settings_at.is_not_distinct_from(CompanyRow.smtp_changed_at)
"""Whether what is stored of a login is of the settings that the company has now."""
