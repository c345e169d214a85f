"""A company that is gone for 30 days loses its stored password, and what is known of its login."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from data import __main__ as command
from data import companies
from data.engine import open_engine, writing
from data.schema import LoginAttemptRow, LoginRow
from tests.data.importing import NOW, SECRETS, Files
from tests.data.test_logins import attempt, login

HEADER = "company_id,name,smtp_password\n"
BOTH, ONE = f"{HEADER}1,A,hemlig\n2,B,hemlig\n", f"{HEADER}1,A,\n"
A_MONTH = timedelta(days=30)


def passwords(engine: Engine) -> set[str]:
    found = Files(engine, Path()).companies()
    return {id for id, company in found.items() if company.smtp_password is not None}


def count(engine: Engine, table: type[LoginRow] | type[LoginAttemptRow]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_import_forgets_who_is_gone_for_long(store: Engine, tmp_path: Path) -> None:
    files = Files(store, tmp_path)
    files.take(BOTH)
    assert files.take(ONE).forgotten == 0
    assert files.take(ONE, NOW + A_MONTH).forgotten == 0
    assert passwords(store) == {"1", "2"}
    dry = files.take(ONE, NOW + A_MONTH + timedelta(seconds=1), dry_run=True)
    assert (dry.forgotten, passwords(store)) == (1, {"1", "2"})
    assert files.take(ONE, NOW + A_MONTH + timedelta(seconds=1)).forgotten == 1
    assert passwords(store) == {"1"}
    assert files.take(ONE, NOW + 2 * A_MONTH).forgotten == 0


def test_who_comes_back_in_time_keeps_it(store: Engine, tmp_path: Path) -> None:
    files = Files(store, tmp_path)
    files.take(BOTH)
    files.take(ONE)
    files.take("company_id,name\n2,B\n", NOW + 2 * A_MONTH, part=True)
    assert passwords(store) == {"1", "2"}
    assert SECRETS.decrypt(files.companies()["2"].smtp_password or b"") == "hemlig"


def test_who_comes_back_later_is_new_to_us(store: Engine, tmp_path: Path) -> None:
    files = Files(store, tmp_path)
    files.take(BOTH)
    files.take(ONE)
    late = NOW + 2 * A_MONTH
    files.take(ONE, late)
    files.take(BOTH, late)
    assert passwords(store) == {"1", "2"}
    assert files.companies()["2"].smtp_changed_at == late


def test_what_is_known_of_the_login_goes_with_it_but_not_what_others_need(
    store: Engine, tmp_path: Path
) -> None:
    """The same mailbox may be another company's too, and a try after that moment counts for the server."""
    files = Files(store, tmp_path)
    files.take(BOTH)
    files.take(ONE)
    before = NOW - timedelta(days=1)
    with writing(store) as session:
        login(session, "1", fingerprint="shared")
        login(session, "2", fingerprint="own")
        for fingerprint, at in (("shared", before), ("own", before), ("own", NOW + A_MONTH)):
            attempt(session, at.timestamp(), company_id="2", fingerprint=fingerprint)
        attempt(session, before.timestamp(), company_id="1", fingerprint="old")
    files.take(ONE, NOW + A_MONTH + timedelta(seconds=1))
    with Session(store) as session:
        assert session.scalars(select(LoginRow.company_id)).all() == ["1"]
        kept = session.execute(select(LoginAttemptRow.fingerprint, LoginAttemptRow.began_at)).all()
    assert sorted(kept) == [
        ("old", before.timestamp()),
        ("own", (NOW + A_MONTH).timestamp()),
        ("shared", before.timestamp()),
    ]


def test_many_are_forgotten_at_once_and_told_as_a_number(
    store: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    files = Files(store, tmp_path)
    many = range(2 * companies.BATCH + 3)
    files.take(HEADER + "".join(f"{i},A,hemlig\n" for i in many))
    files.take("company_id,name\nother,B\n")
    assert files.take("company_id,name\nother,B\n", NOW + 2 * A_MONTH).forgotten == len(many)
    assert passwords(store) == set()
    assert f"the stored passwords of {len(many)} companies were deleted" in caplog.text


def test_the_commands_tell_it_only_if_there_were_some(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = open_engine(f"sqlite:///{project}/var/sendwell.db")
    files = Files(engine, tmp_path)
    long_ago = datetime.now(UTC) - 2 * A_MONTH
    files.take(BOTH, long_ago)
    files.take(ONE, long_ago)
    path = files.write(ONE)
    command.main(["import", str(path)])
    assert (
        "1 stored passwords were deleted: of companies that are gone for more than 30 days"
        in capsys.readouterr().out
    )
    command.main(["import", str(path)])
    assert "deleted" not in capsys.readouterr().out
    command.main(["import", str(path), "--json"])
    assert json.loads(capsys.readouterr().out)["forgotten"] == 0
    engine.dispose()


def test_the_tokens_are_overwritten_in_the_file(tmp_path: Path) -> None:
    """Once SQLite has moved them out of its log, which it does when the last connection closes."""
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    files = Files(engine, tmp_path)
    files.take(HEADER + "".join(f"{i},A,hemlig\n" for i in range(400)))
    files.take("company_id,name\nother,B\n")
    tokens = [company.smtp_password or b"" for id, company in files.companies().items() if id != "other"]
    files.take("company_id,name\nother,B\n", NOW + 2 * A_MONTH)
    engine.dispose()
    assert [path.name for path in tmp_path.glob("test.db*")] == ["test.db"]
    left = (tmp_path / "test.db").read_bytes()
    assert [token for token in tokens if token in left] == []
