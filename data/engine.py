"""Opening the database: SQLite or PostgreSQL, its schema brought up to date."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from data.revision import is_newest

WAIT_SECONDS = 60
"""How long a writer waits for another one; an import of a large fleet is one transaction."""


PAGES_IN_LOG = 10_000
"""Of 4 kB that SQLite's log holds before they are put into place: a page that changes often is then moved seldom."""


class DatabaseUnavailable(Exception):
    """The database cannot be used. One sentence: what is wrong, where, and what to do; never a password."""


def open_engine(url: str) -> Engine:
    """An engine on the database at this SQLAlchemy URL, with the newest schema.

    `sqlite:///file` (its directory is made), `sqlite://` (in memory, for one process), `postgresql://…`.
    Raises `DatabaseUnavailable`.
    """
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        _make_directory(parsed)
    engine = _create(parsed)
    try:
        if not is_newest(engine):
            from data.migrate import migrate  # here, as Alembic takes its time to load

            migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        raise DatabaseUnavailable(sentence(engine, error)) from None
    except DatabaseUnavailable:
        engine.dispose()
        raise
    return engine


def open_existing(url: str) -> Engine:
    """The same, where there is something in it to work on: a mistyped name is told, and makes no empty file."""
    file = sqlite_file(url)
    if file and not file.exists():
        raise DatabaseUnavailable(
            f"There is no database {file}: check SENDWELL_DATABASE; python -m data import FILE makes one"
        )
    return open_engine(url)


def connect(url: str) -> Engine:
    """The same, for a process that another one started after it had opened the database: nothing is looked after."""
    return _create(_parse(url))


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session for one transaction that writes: committed at the end, rolled back on any exception.

    On SQLite it takes the write lock at once, so that what it reads first cannot have changed when it writes.
    """
    session = Session(engine.execution_options(writes=True))
    with told(engine), session, session.begin():
        yield session


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """What fails within because of the database is told as `DatabaseUnavailable`; bugs stay what they are."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError):
        raise
    except DBAPIError as error:
        raise DatabaseUnavailable(sentence(engine, error)) from None


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, whether it is there or not; None for any other. Raises `DatabaseUnavailable`."""
    parsed = _parse(url)
    return _file(parsed) if parsed.drivername == "sqlite" else None


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unreadable() from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.host:  # of two slashes: the directory would be a host
            raise _unreadable()
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise DatabaseUnavailable(
        f"The database's URL asks for {backend}: only sqlite and postgresql can be used"
    )


def _unreadable() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "The database's URL cannot be read: "
        "write it as sqlite:///var/sendwell.db or postgresql://user:password@host/name"
    )


def _make_directory(url: URL) -> None:
    if not (path := _file(url)):
        return
    try:
        if path.is_dir():
            raise DatabaseUnavailable(f"{path} is a directory: name a file for the database")
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The database {path} cannot be made ({error.strerror}): "
            "give yourself the right to write there, or name another file"
        ) from None


def _file(url: URL) -> Path | None:
    """The SQLite file; None for a database in memory or an SQLite URI."""
    name = url.database
    return Path(name) if name and name != ":memory:" and not name.startswith("file:") else None


def _create(url: URL) -> Engine:
    if url.drivername != "sqlite":
        # A statement prepared while its table is empty keeps a plan for an empty table: imports then crawl.
        arguments = {
            "connect_timeout": 10,
            "application_name": "sendwell",
            "client_encoding": "utf8",
            "prepare_threshold": None,
        }
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)
    options: dict[str, Any] = {
        "hide_parameters": True,
        "connect_args": {"timeout": WAIT_SECONDS, "check_same_thread": False},
    }
    if not _file(url):
        options["poolclass"] = StaticPool  # each connection to memory would be a database of its own
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin on its own, and not before a SELECT
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = FAST")  # deleted tokens are overwritten; it costs nothing
    connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_IN_LOG}")
    _switch_to_wal(connection)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait when two processes switch a new file at once: try again."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# What went wrong, in one sentence

_SQLITE_REASONS = (
    ("not a database", "is not an SQLite database", "name another file"),
    ("malformed", "is damaged", "put back a copy of it, or name another file"),
    ("readonly", "cannot be written", "give yourself the right to write it and its directory"),
    ("unable to open", "cannot be opened", "give yourself the right to write it and its directory"),
    ("already exists", "holds tables that are not Sendwell's", "name another file"),
    ("locked", "is being written by another program", "wait until that one is done, then try again"),
    ("full", "cannot grow: the disk is full", "make room"),
)
_POSTGRES_REASONS = (
    ("password", "does not accept the user and password", "check them in SENDWELL_DATABASE"),
    ("no pg_hba.conf entry", "does not let this user in from here", "ask its administrator to"),
    ("role", "does not know the user", "check it in SENDWELL_DATABASE, or have it made"),
    ("does not exist", "does not exist", "have it made: createdb"),
    ("permission denied", "gives this user too few rights", "let it create tables there"),
    ("already exists", "holds tables that are not Sendwell's", "name another database"),
    ("", "does not answer", "check its host and port in SENDWELL_DATABASE, and that it runs"),
)


def sentence(engine: Engine, error: DBAPIError) -> str:
    """What a database error means. The driver's text may hold what was written, so it is never repeated."""
    url, said = engine.url, str(error.orig)
    if url.drivername == "sqlite":
        where, reasons = f"The database {url.database or 'in memory'}", _SQLITE_REASONS
    else:
        where = f"The PostgreSQL database {url.database or ''} at {url.host or 'the local socket'}"
        reasons = _POSTGRES_REASONS
    for part, what, mend in reasons:
        if part in said:
            return f"{where} {what}: {mend}"
    word = re.sub(r"[^A-Za-z ]", "", type(error.orig).__name__)
    return f"{where} cannot be used ({word}): name another one in SENDWELL_DATABASE"
