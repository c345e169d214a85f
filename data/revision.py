"""Whether a database has the newest schema: told without Alembic, which takes its time to load."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

MIGRATIONS = Path(__file__).parent / "migrations"


def is_newest(engine: Engine) -> bool:
    """False also where that cannot be told: then whoever migrates finds out why."""
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest())
    except DBAPIError:
        return False


def newest() -> str:
    """The revision of the newest script; its file's name begins with it."""
    return max(script.name for script in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]
