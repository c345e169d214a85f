"""Every stored token under the newest key, while imports and scans go on.

First in batches, each read, encrypted anew and written by itself: a token is replaced only if it is still the one that
was read, so a password that an import brought meanwhile is never lost. Then once more under the lock that imports
take: few are left then, and nobody can add one under an older key. So nothing waits longer than for a last look, and
what a crash leaves half done the next run does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, Table, bindparam, select, update
from sqlalchemy.orm import Session

from data import companies, fingerprints
from data.engine import told, writing
from data.key_file import KeyFile
from data.schema import CompanyRow, SecretRow
from data.secrets import Secrets

BATCH = 500


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of the stored passwords.

    `unreadable`: no key opens them, and they stay as they are. `lost`: the same of the key of the fingerprints;
    `renewed`: it was lost, but no password needs the key that is missing, so there is a new one. `older`: what became
    of the older keys in the key file; empty where there are none.
    """

    passwords: int = 0
    reencrypted: int = 0
    unreadable: int = 0
    lost: bool = False
    renewed: bool = False
    older: Literal["", "kept", "removed"] = ""

    @property
    def complete(self) -> bool:
        """Whether the newest key alone opens everything."""
        return not self.unreadable and not self.lost


def rotate(engine: Engine, secrets: Secrets) -> Rotation:
    """Encrypt with the newest key what older ones have made. Raises `DatabaseUnavailable`, `SecretsUnavailable`."""
    early = _in_batches(engine, secrets)
    with writing(engine) as session:
        companies.lock(session)
        late = _all(session, secrets)
        lost = not _renew_our_own(session, secrets)
        if renewed := lost and not late.unreadable:
            fingerprints.renew(session, secrets)
    return replace(late, reencrypted=early + late.reencrypted, lost=lost and not renewed, renewed=renewed)


def rotate_file(engine: Engine, path: Path, *, remove_older: bool = False) -> Rotation:
    """The same with a new key in the key file, in front of the others.

    These stay for other databases and for backups; `remove_older`: until nothing in this database needs them. At every
    moment the keys in the file open all that they opened before. A database without anything to encrypt leaves them
    alone: it may be another one than they are for.
    """
    if _is_empty(engine):
        return Rotation()
    file, secrets = KeyFile(path), Secrets(path=path)
    if file.stamp() is None:
        return rotate(engine, secrets)
    with file.changing():
        older = file.put_new_in_front()
        done = rotate(engine, secrets)
        if done.complete and remove_older:
            file.remove(older)
            return replace(done, older="removed")
    return replace(done, older="kept")


def _is_empty(engine: Engine) -> bool:
    with told(engine), Session(engine) as session:
        return not _read(session, "") and session.scalar(select(SecretRow.name)) is None


_table: Table = CompanyRow.metadata.tables[CompanyRow.__tablename__]
_Stored = Sequence[tuple[str, bytes]]
"""Ids and tokens."""
_Change = Mapping[str, object]
"""Of one token, as `_REPLACE` takes it."""


def _in_batches(engine: Engine, secrets: Secrets) -> int:
    """Each batch in transactions of its own. How many were encrypted anew."""
    reencrypted, after = 0, ""
    while stored := _read_alone(engine, after):
        after = stored[-1][0]
        changes, _ = _renewed(stored, secrets)
        if changes:
            with writing(engine) as session:
                reencrypted += _replace(session, changes)
    return reencrypted


def _all(session: Session, secrets: Secrets) -> Rotation:
    passwords, reencrypted, unreadable, after = 0, 0, 0, ""
    while stored := _read(session, after):
        after = stored[-1][0]
        changes, unopened = _renewed(stored, secrets)
        passwords += len(stored)
        reencrypted += _replace(session, changes)
        unreadable += unopened
    return Rotation(passwords, reencrypted, unreadable)


def _read_alone(engine: Engine, after: str) -> _Stored:
    with told(engine), Session(engine) as session:
        return _read(session, after)


def _read(session: Session, after: str) -> _Stored:
    """The next ones by id. (No id is empty.)"""
    id, token = _table.c.id, _table.c.smtp_password
    query = select(id, token).where(token.is_not(None), id > after).order_by(id).limit(BATCH)
    return [(row.id, row.smtp_password) for row in session.execute(query)]


def _renewed(stored: _Stored, secrets: Secrets) -> tuple[list[_Change], int]:
    """What is to be replaced by what, and how many no key opens."""
    anew = [(id, old, secrets.renewed(old)) for id, old in stored]
    changes: list[_Change] = [
        {"this_id": id, "old": old, "new": new} for id, old, new in anew if new not in (None, old)
    ]
    return changes, sum(new is None for _, _, new in anew)


_REPLACE = (
    update(_table)
    .where(_table.c.id == bindparam("this_id"), _table.c.smtp_password == bindparam("old"))
    .values(smtp_password=bindparam("new"))
)
"""Unless there is another one by now."""


def _replace(session: Session, changes: Sequence[_Change]) -> int:
    """How many were replaced."""
    if not changes:
        return 0
    replaced = session.connection().execute(_REPLACE, changes)
    return replaced.rowcount


def _renew_our_own(session: Session, secrets: Secrets) -> bool:
    """Our own secrets too. Whether all of them can be opened."""
    opened = True
    for row in session.scalars(select(SecretRow)):
        new = secrets.renewed(row.token)
        row.token = new or row.token
        opened = opened and new is not None
    return opened
