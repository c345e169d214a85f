"""Writing many rows at once: statements that SQLAlchemy spells for the database, with values that go to the driver
as they are. Binding each row's values by SQLAlchemy costs more than SQLite needs to store the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import JSON, Dialect, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.orm import Session

from data.schema import Base

Upsert = sqlite.Insert | postgresql.Insert
Row = tuple[Any, ...]
"""Values in the order of some columns. Those of JSON columns are JSON text already."""


def upsert(session: Session, table: type[Base]) -> Upsert:
    """An INSERT into the table that has `on_conflict_do_update`, for the database behind the session."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def write(session: Session, statement: Upsert | Update, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Run the statement for each row. `names`: what the values of a row are called in the statement."""
    if not rows:
        return
    dialect = session.get_bind().dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    bound = _bound(compiled, dialect, names, rows)
    order = getattr(compiled, "positiontup", None)
    if order is None:
        parameters: Any = [dict(zip(names, row, strict=True)) for row in bound]
    elif list(order) == list(names):
        parameters = bound
    else:
        places = [names.index(name) for name in order]
        parameters = [tuple(row[place] for place in places) for row in bound]
    session.connection().exec_driver_sql(str(compiled), parameters)


def _bound(compiled: Compiled, dialect: Dialect, names: Sequence[str], rows: Sequence[Row]) -> Sequence[Row]:
    """The rows with moments and the like as the driver wants them."""
    processors: dict[int, Callable[[Any], Any]] = {}
    for place, name in enumerate(names):
        type = compiled.binds[name].type  # type: ignore[attr-defined]
        processor = None if isinstance(type, JSON) else type.dialect_impl(dialect).bind_processor(dialect)
        if processor:
            processors[place] = processor
    if not processors:
        return rows
    return [
        tuple(processors[place](value) if place in processors else value for place, value in enumerate(row))
        for row in rows
    ]
