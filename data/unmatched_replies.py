"""What servers said that the table of answers does not know, counted, so that the table can grow from what is seen."""

from __future__ import annotations

import re

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from checks.smtp.result import Login
from data import upsert
from data.digest import digest
from data.schema import UnmatchedReplyRow

MOST = 2000
"""Texts that are kept. Beyond, those that were heard once and longest ago go: a server may say something else each
time."""

_PERSONAL = (
    (re.compile(r"[^\s<>\"'(),;:]+@[\w.-]+"), "[address]"),
    (
        re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b", re.IGNORECASE),
        "[ip]",
    ),
    (re.compile(r"(?<![\w.])(?=[\w.+/=-]*\d)(?!\d\.\d{1,3}\.\d{1,3}\b)[\w.+/=-]{8,}"), "[id]"),
)


def note(session: Session, login: Login, now: float) -> None:
    """Count what this login was answered, if nobody knows it. The caller commits."""
    if login.recognised or not login.text:
        return
    text = alike(login.text)
    what = (login.provider, login.code, login.enhanced_code, text)
    insert = upsert.upsert(session, UnmatchedReplyRow).values(
        digest=digest("\n".join(map(str, what))),
        provider=login.provider[:100],
        code=login.code,
        enhanced_code=login.enhanced_code,
        text=text,
        count=1,
        first_at=now,
        last_at=now,
    )
    known = {"count": UnmatchedReplyRow.count + 1, "last_at": now}
    session.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=known))
    _forget(session)


def alike(text: str) -> str:
    """Without what differs from one answer to the next, or says who was meant: addresses, IPs, ids of sessions."""
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text


def _forget(session: Session) -> None:
    row = UnmatchedReplyRow
    rarest = select(row.digest).order_by(row.count.desc(), row.last_at.desc(), row.digest).offset(MOST)
    session.execute(delete(row).where(row.digest.in_(rarest)))
