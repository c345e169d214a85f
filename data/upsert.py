"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps apart."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data.schema import Base

Upsert = sqlite.Insert | postgresql.Insert


def upsert(session: Session, table: type[Base]) -> Upsert:
    """An INSERT into the table that has `on_conflict_do_update`, for the database behind the session."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
