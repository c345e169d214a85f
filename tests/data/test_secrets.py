"""Passwords: encrypted at rest, and shown by nothing."""

import json
import logging
import pickle
import secrets
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from data import __main__ as command
from data.engine import open_engine
from data.importers.run import Options, import_file
from data.schema import CompanyRow
from data.secrets import KEY_FILE, Secrets, SecretsUnavailable
from tests.data.importing import NOW, Files

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def password() -> str:
    """Another one in each test, so that it stands nowhere by chance."""
    return f"p{secrets.token_hex(12)}"


def test_a_password_comes_back_and_its_token_differs_each_time(password: str) -> None:
    box = Secrets()
    one, two = box.encrypt(password), box.encrypt(password)
    assert one != two
    assert password.encode() not in one
    assert box.decrypt(one) == box.decrypt(two) == password
    assert box.is_same(one, password)
    assert not box.is_same(one, password + "x")
    assert not box.is_same(None, password)


def test_passwords_may_be_in_any_script() -> None:
    box = Secrets()
    assert box.decrypt(box.encrypt(" pässwörd \U0001f511 ")) == " pässwörd \U0001f511 "


def test_an_old_key_still_opens_what_it_closed(password: str) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    token = Secrets([old]).encrypt(password)
    assert Secrets([new, old]).decrypt(token) == password
    assert Secrets([new]).decrypt(Secrets([new, old]).encrypt(password)) == password
    with pytest.raises(SecretsUnavailable, match="import the password again"):
        Secrets([new]).decrypt(token)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path, password: str) -> None:
    path = tmp_path / "var" / KEY_FILE
    token = Secrets(path=path).encrypt(password)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Secrets(path=path).decrypt(token) == password
    assert [p.name for p in path.parent.iterdir()] == [KEY_FILE]


def test_no_key_is_made_before_one_is_needed(tmp_path: Path) -> None:
    Secrets(path=tmp_path / KEY_FILE).is_same(None, "")
    assert not (tmp_path / KEY_FILE).exists()


def test_given_keys_leave_the_file_alone(tmp_path: Path, password: str) -> None:
    Secrets([Fernet.generate_key().decode()], tmp_path / KEY_FILE).encrypt(password)
    assert not (tmp_path / KEY_FILE).exists()


def test_a_key_file_that_others_may_read_is_closed_to_them(tmp_path: Path, password: str) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(Fernet.generate_key())
    path.chmod(0o644)
    Secrets(path=path).encrypt(password)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_may_hold_older_keys_below(tmp_path: Path, password: str) -> None:
    path = tmp_path / KEY_FILE
    token = Secrets(path=path).encrypt(password)
    path.write_bytes(Fernet.generate_key() + b"\n" + path.read_bytes())
    assert Secrets(path=path).decrypt(token) == password


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "var" / KEY_FILE
    code = f"""
from pathlib import Path
from data.secrets import Secrets
print(Secrets(path=Path({str(path)!r})).encrypt("hemlig").decode())
"""
    starts = [
        subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE) for _ in range(4)
    ]
    tokens = [start.communicate(timeout=60)[0].strip() for start in starts]
    assert [Secrets(path=path).decrypt(token) for token in tokens] == ["hemlig"] * 4


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"hemlig\n", "not a Fernet key"), (b"\xff\xfe", "cannot be used (not text)")],
)
def test_a_key_file_of_no_use_is_told_and_kept(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    with pytest.raises(SecretsUnavailable) as caught:
        Secrets(path=path).encrypt("x")
    assert says in str(caught.value)
    assert "hemlig" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_place_where_no_key_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretsUnavailable, match="set SENDWELL_SECRET_KEYS"):
        Secrets(path=tmp_path / "file" / KEY_FILE).encrypt("x")


def test_secrets_show_nothing_of_themselves() -> None:
    key = Fernet.generate_key().decode()
    box = Secrets([key])
    box.encrypt("x")
    assert key not in f"{box!r} {box} {box:}"
    assert not hasattr(box, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(box)


# Nowhere in what an import leaves behind

HEADER = "company_id,name,sending_method,smtp_port,smtp_username,smtp_password"
LAYOUTS = {
    "good": "1,A,own_server,25,u,{p}",
    "rejected": "1,A,pigeon,25,u,{p}",
    "too many cells": "1,A, NV,own_server,25,u,{p}",
    "far too many": "1,A,own_server,25,u,{p},{p},x",
    "too few cells": "1,A,own_server,{p}",
    "a stray quote": '1,"A "B" C,own_server,25,u,{p}',
    "a quote that stays open": '1,"A,own_server,25,u,{p}',
    "a control character": "1,A,own_server,25,u,{p}\x07",
    "octets that are not UTF-8": "1,Zoë Chloë,own_server,25,u,{p}\udce9",
    "too long": "1,A,own_server,25,u,{p}" + "x" * 2000,
    "a repeated id": "1,A,own_server,25,u,\n1,A,own_server,25,u,{p}",
    "without an id": ",A,own_server,25,u,{p}",
}
OTHER_HEADERS = {
    "a column that is misspelt": ("company_id,name,sending_method,SMTP_Passwort", "1,A,pigeon,{p}"),
    "a column in Dutch": ("company_id;name;sending_method;wachtwoord", "1;A;pigeon;{p}"),
    "the password first": ("smtp_password,company_id,name,sending_method", "{p},1,A,pigeon\n{p},2,B,x,y"),
    "a rejected file": ("company_id,name,sending_method,smtp_password,reason", "1,A,pigeon,{p},old"),
}


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["real", "dry"])
@pytest.mark.parametrize(
    ("header", "row"),
    [*((HEADER, row) for row in LAYOUTS.values()), *OTHER_HEADERS.values()],
    ids=[*LAYOUTS, *OTHER_HEADERS],
)
def test_a_password_stands_nowhere(
    header: str,
    row: str,
    dry: list[str],
    as_json: list[str],
    tmp_path: Path,
    project: Path,
    password: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    given = tmp_path / "given.csv"
    given.write_bytes(f"{header}\n{row.format(p=password)}\n".encode("utf-8", "surrogateescape"))
    command.main(["import", str(given), "--rejected", str(tmp_path / "rejected.csv"), *dry, *as_json])
    for format in () if dry else ("csv", "xlsx", "parquet"):  # a dry run leaves no database
        command.main(["export", str(tmp_path / f"export.{format}")])
    said = capfd.readouterr()
    assert password not in said.out + said.err + caplog.text
    given.unlink()
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert password.encode() not in path.read_bytes(), path.name


def test_a_password_does_not_show_when_the_database_fails(tmp_path: Path, password: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    box = Secrets()
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE companies")
    files = Files(engine, tmp_path)
    path = files.write(f"company_id,name,smtp_username,smtp_password\n1,A,{password},{password}\n")
    with pytest.raises(Exception) as caught:
        import_file(engine, path, box, NOW, Options())
    assert password not in "".join(traceback.format_exception(caught.value))
    engine.dispose()


def behind(error: BaseException) -> str:
    """All that an exception carries, with the variables of every frame but the test's own."""
    trace = error.__traceback__.tb_next if error.__traceback__ else None
    report = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    return "".join(report.format())


def test_the_variables_behind_an_error_of_an_import_are_forgotten(tmp_path: Path, password: str) -> None:
    """Who reports errors may report variables too."""
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    path = Files(engine, tmp_path).write(f"company_id,name,smtp_password\n1,A,{password}\n2,B,{password}\n")

    def broken(rows: int) -> None:
        raise OSError(f"broken behind row {rows}")

    with pytest.raises(OSError, match="broken behind row 1") as in_reading:
        import_file(engine, path, Secrets(), NOW, progress=broken)
    with pytest.raises(SecretsUnavailable) as in_writing:
        import_file(engine, path, Secrets(["no key"]), NOW)
    for error in (in_reading.value, in_writing.value):
        assert "importers/run.py" in behind(error)
        assert password not in behind(error)
    engine.dispose()


def test_the_password_that_is_stored_is_the_one_in_the_file(
    tmp_path: Path, project: Path, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "companies.csv"
    path.write_text(f"company_id,name,smtp_password\n1,A, {password} \n")
    assert command.main(["import", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 1
    engine = open_engine(f"sqlite:///{project}/var/sendwell.db")
    token = Files(engine, tmp_path).companies()["1"].smtp_password
    assert token is not None
    assert Secrets(path=project / "var" / KEY_FILE).decrypt(token) == f" {password} "
    assert "smtp_password" not in repr(CompanyRow())
    engine.dispose()
