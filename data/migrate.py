"""The schema of an opened database, brought up to date by the scripts in `migrations/`."""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from data.engine import DatabaseUnavailable
from data.revision import MIGRATIONS

_ADVISORY_LOCK = 0x53454E44  # any number, the same in every process: who migrates goes first
_in_this_process = threading.Lock()  # Alembic's context is a global of the process


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema up to date. Under a lock, so that two processes that start at once do it one after the other.
    Raises `DatabaseUnavailable` when the database is newer than this program, or cannot hold every name."""
    with _in_this_process:
        _migrate(engine)


def _migrate(engine: Engine) -> None:
    script = ScriptDirectory.from_config(_config())
    with engine.connect() as connection:
        if _revision(connection, script) == script.get_current_head():
            return
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            _require_utf8(connection)
        _revision(connection, script)
        command.upgrade(_config(connection), "head")


def _require_utf8(connection: Connection) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"The PostgreSQL database {connection.engine.url.database} is in {encoding}, which cannot hold every name: "
            "have one made in UTF-8: createdb -E UTF8 -T template0"
        )


def _revision(connection: Connection, script: ScriptDirectory) -> str | None:
    """The database's revision, one that this program knows; None when it has none yet."""
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {r.revision for r in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseUnavailable(
            "The database was written by a newer Sendwell: update this one, or name another database"
        )
    return revision
