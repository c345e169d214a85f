"""Opening the database: made, brought up to date, or refused in one sentence."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import revision
from data.engine import DatabaseUnavailable, open_engine, told, writing
from data.schema import Base
from tests.data.conftest import Cluster

PROJECT = Path(__file__).parents[2]
INSERT = text(
    "INSERT INTO scans (id, state, started_at, companies, domains, done, queries, unknown, platform)"
    " VALUES (:id, 'running', '2026-01-02 00:00:00', 0, 0, 0, 0, 0, 'null')"
)


def refusal(url: str) -> str:
    with pytest.raises(DatabaseUnavailable) as caught:
        open_engine(url)
    said = str(caught.value)
    assert "\n" not in said
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return said


def scans(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(text("SELECT count(*) FROM scans")) or 0


def test_the_newest_script_is_where_alembic_ends() -> None:
    config = Config()
    config.set_main_option("script_location", str(revision.MIGRATIONS))
    assert revision.newest() == ScriptDirectory.from_config(config).get_current_head()


def test_migrations_make_what_the_models_say(store: Engine) -> None:
    with store.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_changes_nothing(url: str) -> None:
    first = open_engine(url)
    with writing(first) as session:
        session.execute(INSERT, {"id": 1})
    first.dispose()
    again = open_engine(url)
    assert scans(again) == 1
    again.dispose()


def test_four_processes_that_start_at_once_all_get_the_schema(url: str) -> None:
    code = f"from data.engine import open_engine; print(open_engine({url!r}).dialect.name)"
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    ends = [(process.communicate(timeout=120), process.returncode) for process in starts]
    assert [(status, errors) for (_, errors), status in ends] == [(0, b"")] * 4
    engine = open_engine(url)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_a_transaction_is_written_whole_or_not_at_all(store: Engine) -> None:
    with pytest.raises(KeyboardInterrupt), writing(store) as session:
        session.execute(INSERT, {"id": 1})
        raise KeyboardInterrupt
    assert scans(store) == 0
    with writing(store) as session:
        session.execute(INSERT, {"id": 1})
    assert scans(store) == 1


def test_a_bug_stays_a_bug(store: Engine) -> None:
    with pytest.raises(IntegrityError), writing(store) as session:
        session.execute(INSERT, {"id": 1})
        session.execute(INSERT, {"id": 1})


def test_a_newer_schema_is_left_alone(store: Engine, url: str) -> None:
    with writing(store) as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    assert "newer Sendwell" in refusal(url)


@pytest.mark.integration
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_is_refused(cluster: Cluster, encoding: str) -> None:
    """Not at the first name that it lacks a letter for, perhaps in a year."""
    url = cluster.new_database(f"TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")
    assert f"is in {encoding}, which cannot hold every name" in refusal(url)


def test_another_programs_tables_are_left_alone(url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE companies (mine INTEGER)"))
    assert "tables that are not Sendwell's" in refusal(url)
    assert inspect(engine).get_table_names() == ["companies"]
    engine.dispose()


def test_sqlite_is_set_up_for_many_readers_and_one_writer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/deep/down/test.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 60_000}
    engine.dispose()


def test_a_writer_that_reads_first_does_not_lose_to_one_that_came_between(tmp_path: Path) -> None:
    """With a deferred transaction the write would fail at once as "locked", however long one waits."""
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    with writing(engine) as session:
        session.execute(text("SELECT count(*) FROM scans"))
        other = sqlite3.connect(tmp_path / "test.db", timeout=0.01)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM scans")
        other.close()
        session.execute(INSERT, {"id": 1})
    assert scans(engine) == 1
    engine.dispose()


def test_a_database_in_memory_is_one_database() -> None:
    engine = open_engine("sqlite://")
    with writing(engine) as session:
        session.execute(INSERT, {"id": 1})
    assert scans(engine) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("hemlig", "cannot be read"),
        ("://hemlig@", "cannot be read"),
        ("postgresql://u:hemlig@host:port/x", "cannot be read"),
        ("sqlite://hemlig/sendwell.db", "cannot be read"),
        ("mysql://u:hemlig@localhost/x", "only sqlite and postgresql"),
        ("nothing://u:hemlig@localhost/x", "only sqlite and postgresql"),
    ],
)
def test_a_wrong_url_is_told_without_its_password(url: str, says: str) -> None:
    said = refusal(url)
    assert says in said
    assert "hemlig" not in said


def test_a_file_that_is_no_database_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    assert "is not an SQLite database" in refusal(f"sqlite:///{path}")
    assert path.read_text() == "Dear Sir or Madam, " * 100


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    assert "is a directory" in refusal(f"sqlite:///{tmp_path}")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in refusal(f"sqlite:///{tmp_path}/file/below/test.db")
    assert "name too long" in refusal(f"sqlite:///{tmp_path}/{'x' * 300}.db")


def test_a_directory_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    closed = Path("/proc/self") if os.geteuid() == 0 else tmp_path  # root may write nearly everywhere
    assert "give yourself the right to write" in refusal(f"sqlite:///{closed}/test.db")


@pytest.mark.integration
def test_a_server_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    for where in (
        f"u:hemlig@/x?host={tmp_path}",
        "u:hemlig@127.0.0.1:9/x",
        "u@127.0.0.1:9/x?password=hemlig",
    ):
        said = refusal(f"postgresql://{where}")
        assert "does not answer" in said
        assert "hemlig" not in said


@pytest.mark.integration
def test_a_database_that_is_not_there_is_told(cluster: Cluster) -> None:
    assert "does not exist" in refusal(cluster.url("absent"))


def test_what_fails_later_is_told_too(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    engine.dispose()
    (tmp_path / "test.db").write_bytes(b"\0" * 100_000)
    (tmp_path / "test.db-wal").unlink(missing_ok=True)
    with pytest.raises(DatabaseUnavailable, match="not an SQLite database"), told(engine):
        scans(engine)
    engine.dispose()
