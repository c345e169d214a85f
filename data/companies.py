"""The companies: written by imports, read for scans. (`companies_search` finds them for people.)"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Table, bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from checks import profile
from checks.company import Company, SendingMethod
from checks.domain_name import display
from data.batches import batches
from data.schema import CompanyRow, LoginAttemptRow, LoginRow

if TYPE_CHECKING:  # the dashboard and the processes of a scan read companies, and can decrypt nothing
    from data.secrets import Secrets

BATCH = 500
"""Rows a statement: enough for speed, within the parameters that a statement can have."""

KEEPS_PASSWORD = timedelta(days=30)
"""How long a company may be gone before its stored password is deleted."""

_log = logging.getLogger(__name__)
_table: Table = CompanyRow.metadata.tables[CompanyRow.__tablename__]
_DEFAULTS: dict[str, Any] = {
    "name": "",
    "email": "",
    "email_validated_at": None,
    "sending_method": SendingMethod.PLATFORM.value,
    "from_address": "",
    "country": "",
    "language": "",
    "segment": "",
    "smtp_host": "",
    "smtp_port": None,
    "smtp_security": "",
    "smtp_username": "",
    "smtp_password": None,
}
_OF_THE_LOGIN = ("smtp_host", "smtp_port", "smtp_security", "smtp_username", "smtp_password")
_SORT_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of one company. A column that is not in `values` keeps what was there.

    `values`: by column of `CompanyRow`, with the column's type, without `id` and `smtp_password`.
    `password`: clear text; empty keeps what was there.
    """

    id: str
    values: Mapping[str, Any]
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many companies a write added, changed and found as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


def upsert(session: Session, entries: Iterable[Entry], secrets: Secrets, at: datetime) -> Tally:
    """Add or change these companies, each id once; whoever is named is not gone. The caller commits."""
    tally = Tally()
    for batch in batches(entries, BATCH):
        tally += _upsert_batch(session, batch, secrets, at)
    return tally


def lock(session: Session) -> None:
    """Until the transaction ends, nobody else writes companies. Reading goes on. (SQLite has one writer anyway.)"""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE companies IN SHARE ROW EXCLUSIVE MODE"))


def mark_gone(session: Session, named: Container[str], at: datetime) -> int:
    """Mark the companies that are not named as gone since `at`, unless they are marked already. How many."""
    present = session.scalars(select(_table.c.id).where(_table.c.gone_since.is_(None)))
    gone = [id for id in present if id not in named]
    for batch in batches(gone, BATCH):
        session.execute(update(_table).where(_table.c.id.in_(batch)).values(gone_since=at))
    return len(gone)


def forget_passwords(session: Session, before: datetime) -> int:
    """Delete the stored passwords of companies that were gone before that moment, and what is known of their logins.
    How many passwords. The caller commits.

    Attempts of a credential that another company still has, and those after that moment, go on counting.
    """
    theirs = (_table.c.gone_since < before) & _table.c.smtp_password.is_not(None)
    found = select(_table.c.id).where(theirs)
    if session.scalars(found.limit(1)).first() is None:
        return 0
    lock(session)  # so that none of them comes back meanwhile
    ids = session.scalars(found).all()
    for batch in batches(ids, BATCH):
        session.execute(delete(LoginRow).where(LoginRow.company_id.in_(batch)))
        session.execute(update(_table).where(_table.c.id.in_(batch)).values(smtp_password=None))
    for batch in batches(ids, BATCH):
        session.execute(_delete_attempts(batch, before))
    _log.info(
        "the stored passwords of %d companies were deleted: they are gone since before %s", len(ids), before
    )
    return len(ids)


def _delete_attempts(ids: Sequence[str], before: datetime) -> Delete:
    row = LoginAttemptRow
    return delete(row).where(
        row.company_id.in_(ids),
        row.began_at < before.timestamp(),
        row.fingerprint.not_in(select(LoginRow.fingerprint)),
    )


def count(session: Session) -> int:
    """How many companies there are, without those that are gone: what `for_scan(session, None)` yields."""
    query = select(func.count()).select_from(_table).where(_table.c.gone_since.is_(None))
    return session.scalar(query) or 0


def for_scan(session: Session, only: Collection[str] | None = None) -> Iterator[Company]:
    """The companies to judge, by id, a few in memory at a time. Do not commit in this session meanwhile.

    Those that are not gone; with `only`, those with these ids, gone or not (an unknown id yields nothing).
    """
    query = select(*_JUDGED).order_by(_table.c.id).execution_options(yield_per=BATCH)
    if only is None:
        queries = [query.where(_table.c.gone_since.is_(None))]
    else:
        queries = [query.where(_table.c.id.in_(ids)) for ids in batches(sorted(set(only)), BATCH)]
    for query in queries:
        for row in session.execute(query):
            yield _company(*row)


def _upsert_batch(session: Session, batch: Sequence[Entry], secrets: Secrets, at: datetime) -> Tally:
    before = _stored(session, [entry.id for entry in batch])
    added, changed = [], []
    for entry in batch:
        old = before.get(entry.id)
        new = _merged(entry, old, secrets, at)
        if old is None:
            added.append(new)
        elif new != old:
            changed.append(new)
    if added:
        session.execute(insert(_table), [_complete(new, at) for new in added])
    if changed:
        session.execute(_UPDATE, [_prefixed(_complete(new, at)) for new in changed])
    return Tally(len(added), len(changed), len(batch) - len(added) - len(changed))


def _stored(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The companies with these ids, as dicts of the columns that a file decides, and when that changed the login."""
    columns = [_table.c[name] for name in ("id", *_DEFAULTS, "smtp_changed_at", "gone_since")]
    rows = session.execute(select(*columns).where(_table.c.id.in_(ids)))
    return {row.id: dict(row._mapping) for row in rows}


def _merged(entry: Entry, old: Mapping[str, Any] | None, secrets: Secrets, at: datetime) -> dict[str, Any]:
    kept = {"smtp_changed_at": None} | dict(old or {})
    new = {**_DEFAULTS, **kept, **entry.values, "id": entry.id, "gone_since": None}
    if entry.password and not secrets.is_same(new["smtp_password"], entry.password):
        new["smtp_password"] = secrets.encrypt(entry.password)
    before = old or _DEFAULTS
    if any(new[name] != before[name] for name in _OF_THE_LOGIN):
        new["smtp_changed_at"] = at
    return new


def _complete(new: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """With the columns that follow from the others: the one place where they are made."""
    typed = Company(new["id"], new["name"], email=new["email"], from_address=new["from_address"])
    domain = profile.read(typed).domain
    found_by = (new["name"], new["id"], new["email"], new["from_address"], domain, display(domain))
    return {
        **new,
        "domain": domain,
        "search": "\n".join(dict.fromkeys(filter(None, map(_folded, found_by)))),
        "sort_name": _folded(new["name"])[:_SORT_CHARACTERS],
        "imported_at": at,
    }


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


_JUDGED = (
    *(_table.c.id, _table.c.name, _table.c.sending_method, _table.c.email),
    *(_table.c.email_validated_at.is_not(None), _table.c.from_address, _table.c.smtp_host),
    *(_table.c.smtp_username, _table.c.smtp_password.is_not(None)),
)


def _company(
    id: str,
    name: str,
    method: str,
    email: str,
    validated: bool,
    sender: str,
    host: str,
    username: str,
    has_password: bool,
) -> Company:
    """What the judgement needs of a stored company."""
    typed = SendingMethod(method)
    return Company(id, name, typed, email, bool(validated), sender, host, username, bool(has_password))


_WRITTEN = (*_DEFAULTS, "smtp_changed_at", "gone_since", "domain", "search", "sort_name", "imported_at")
_UPDATE = (
    update(_table)
    .where(_table.c.id == bindparam("this_id"))
    .values({name: bindparam(f"new_{name}") for name in _WRITTEN})
)


def _prefixed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"this_id": row["id"], **{f"new_{name}": row[name] for name in _WRITTEN}}
