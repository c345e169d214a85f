"""Rotating the keys: everything under the newest one, and no password is lost, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from checks.company import SmtpState
from data import __main__ as command
from data import companies, fingerprints, rotation
from data.companies import Entry
from data.demo.certificates import Pair
from data.engine import connect, open_engine, writing
from data.rotation import Rotation, rotate, rotate_file
from data.schema import CompanyRow
from data.secrets import KEY_FILE, Secrets
from data.worker.one_login import LoginSetup
from tests.data.importing import NOW
from tests.support.login_scans import enter, letting_in, scanned, verdict
from tests.support.smtp_server import serving

PROJECT = Path(__file__).parents[2]
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
MANY = 2 * rotation.BATCH + 7


def put(engine: Engine, passwords: dict[str, str], secrets: Secrets) -> None:
    """Import them as a file would."""
    with writing(engine) as session:
        companies.lock(session)
        entries = (Entry(id, {"name": id}, password) for id, password in passwords.items())
        companies.upsert(session, entries, secrets, NOW)


def tokens(engine: Engine) -> dict[str, bytes]:
    with Session(engine) as session:
        rows = session.execute(select(CompanyRow.id, CompanyRow.smtp_password))
        return {id: token for id, token in rows if token is not None}


def opened(engine: Engine, secrets: Secrets) -> dict[str, str | None]:
    return {id: secrets.opened(token) for id, token in tokens(engine).items()}


def fingerprint(engine: Engine, secrets: Secrets) -> str | None:
    with writing(engine) as session:
        made = fingerprints.load(session, secrets)
    return made.mailbox("a.be", "jan") if made else None


def numbered(count: int) -> dict[str, str]:
    return {f"{i:05}": f"hemlig {i}" for i in range(count)}


# With keys that are given


def test_all_is_encrypted_with_the_newest_key(store: Engine) -> None:
    before = numbered(MANY)
    put(store, before, Secrets([OLD]))
    put(store, {"new": "hemlig"}, Secrets([NEW, OLD]))
    first = fingerprint(store, Secrets([OLD]))
    assert rotate(store, Secrets([NEW, OLD])) == Rotation(MANY + 1, MANY)
    assert opened(store, Secrets([NEW])) == before | {"new": "hemlig"}
    assert fingerprint(store, Secrets([NEW])) == first
    after = tokens(store)
    assert rotate(store, Secrets([NEW, OLD])) == Rotation(MANY + 1, 0)
    assert tokens(store) == after


def test_a_token_keeps_its_time_and_its_company_counts_as_unchanged(store: Engine) -> None:
    put(store, {"1": "hemlig"}, Secrets([OLD]))
    age = Fernet(OLD).extract_timestamp(tokens(store)["1"])
    token = Fernet(OLD).encrypt_at_time(b"hemlig", age - 1000)
    with writing(store) as session:
        session.execute(update(CompanyRow).values(smtp_password=token))
        changed_at = session.scalar(select(CompanyRow.smtp_changed_at))
    rotate(store, Secrets([NEW, OLD]))
    assert Fernet(NEW).extract_timestamp(tokens(store)["1"]) == age - 1000
    with Session(store) as session:
        assert session.scalar(select(CompanyRow.smtp_changed_at)) == changed_at


def test_what_no_key_opens_stays_as_it_is(store: Engine) -> None:
    put(store, {"lost": "hemlig"}, Secrets([OTHER]))
    put(store, {"1": "hemlig"}, Secrets([OLD]))
    before = tokens(store)["lost"]
    done = rotate(store, Secrets([NEW, OLD]))
    assert (done, done.complete) == (Rotation(2, 1, 1), False)
    assert tokens(store)["lost"] == before


def test_a_lost_key_of_the_fingerprints_is_renewed_once_no_password_needs_what_is_missing(
    store: Engine,
) -> None:
    put(store, {"1": "hemlig"}, Secrets([OTHER]))
    first = fingerprint(store, Secrets([OTHER]))
    assert rotate(store, Secrets([NEW])) == Rotation(1, 0, unreadable=1, lost=True)
    assert fingerprint(store, Secrets([NEW])) is None
    put(store, {"1": "hemlig"}, Secrets([NEW]))
    assert fingerprint(store, Secrets([NEW])) is None
    done = rotate(store, Secrets([NEW]))
    assert (done, done.complete) == (Rotation(1, 0, renewed=True), True)
    assert fingerprint(store, Secrets([NEW])) not in (None, first)


class Meanwhile(Secrets):
    """Somebody does something between the look at a token and its replacement."""

    def __init__(self, keys: list[str], what: Callable[[], None]) -> None:
        super().__init__(keys)
        self._what: Callable[[], None] | None = what

    def renewed(self, token: bytes) -> bytes | None:
        new = super().renewed(token)
        what, self._what = self._what, None
        if what:
            what()
        return new


def test_a_password_that_is_imported_meanwhile_is_not_lost(store: Engine) -> None:
    put(store, numbered(3), Secrets([OLD]))
    changes = Meanwhile([NEW, OLD], lambda: put(store, {"00000": "nytt", "4": "fyra"}, Secrets([OLD])))
    assert rotate(store, changes) == Rotation(4, 4)
    assert opened(store, Secrets([NEW])) == numbered(3) | {"00000": "nytt", "4": "fyra"}


def test_a_password_that_is_taken_away_meanwhile_stays_away(store: Engine) -> None:
    def clear() -> None:
        with writing(store) as session:
            session.execute(update(CompanyRow).where(CompanyRow.id == "00001").values(smtp_password=None))

    put(store, numbered(3), Secrets([OLD]))
    assert rotate(store, Meanwhile([NEW, OLD], clear)) == Rotation(2, 2)
    assert set(tokens(store)) == {"00000", "00002"}


def test_two_at_once_do_no_harm(store: Engine) -> None:
    put(store, numbered(MANY), Secrets([OLD]))
    other: list[Rotation] = []
    meanwhile = Meanwhile([NEW, OLD], lambda: other.append(rotate(store, Secrets([NEW, OLD]))))
    done = rotate(store, meanwhile)
    assert (other, done) == ([Rotation(MANY, MANY)], Rotation(MANY, 0))
    assert opened(store, Secrets([NEW])) == numbered(MANY)


# With the key file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / KEY_FILE


def removing(engine: Engine, path: Path) -> Rotation:
    """Rotate, and leave the newest key alone in the file."""
    return rotate_file(engine, path, remove_older=True)


def test_another_database_with_the_same_key_file_loses_nothing(
    store: Engine, path: Path, tmp_path: Path
) -> None:
    """A copy of the database, say: only who says so takes the key away that it needs."""
    other = open_engine(f"sqlite:///{tmp_path}/other.db")
    put(other, {"1": "annat"}, Secrets(path=path))
    put(store, {"1": "hemlig"}, Secrets(path=path))
    old = path.read_text().split()
    for _ in range(2):
        assert rotate_file(store, path) == Rotation(1, 1, older="kept")
    assert opened(other, Secrets(path=path)) == {"1": "annat"}
    assert path.read_text().split()[2:] == old
    assert rotate_file(other, path) == Rotation(1, 1, older="kept")
    assert removing(store, path) == Rotation(1, 1, older="removed")
    assert opened(store, Secrets(path=path)) == {"1": "hemlig"}
    assert opened(other, Secrets(path=path)) == {"1": None}
    other.dispose()


def test_a_new_key_takes_the_place_of_the_old_one(store: Engine, path: Path) -> None:
    put(store, numbered(MANY), Secrets(path=path))
    old = path.read_text()
    running = Secrets(path=path)
    assert running.encrypt("x")
    assert removing(store, path) == Rotation(MANY, MANY, older="removed")
    new = path.read_text()
    assert len(new.split()) == 1
    assert new != old
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert opened(store, Secrets(path=path)) == opened(store, running) == numbered(MANY)
    assert Secrets(new.split()).opened(running.encrypt("x")) == "x"
    assert removing(store, path) == Rotation(MANY, MANY, older="removed")
    assert opened(store, running) == numbered(MANY)


def test_the_older_keys_stay_while_something_cannot_be_opened(store: Engine, path: Path) -> None:
    put(store, {"lost": "hemlig"}, Secrets([OTHER]))
    put(store, {"1": "hemlig"}, Secrets(path=path))
    old = path.read_text().split()
    assert removing(store, path) == Rotation(2, 1, 1, older="kept")
    assert path.read_text().split()[1:] == old
    assert opened(store, Secrets(path=path)) == {"1": "hemlig", "lost": None}


def test_a_database_without_passwords_leaves_the_key_file_alone(store: Engine, path: Path) -> None:
    """It may be another one than the file is for."""
    Secrets(path=path).encrypt("of another database")
    before = path.read_text()
    assert removing(store, path) == Rotation()
    assert path.read_text() == before


def test_a_lost_key_file_is_not_made_anew(store: Engine, path: Path) -> None:
    put(store, {"1": "hemlig"}, Secrets(path=path))
    path.unlink()
    assert removing(store, path) == Rotation(1, 0, 1)
    assert Secrets(path=path).opened(tokens(store)["1"]) is None
    assert not path.exists()


def test_a_key_that_comes_in_meanwhile_stays(
    store: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, {"1": "hemlig"}, Secrets(path=path))

    def and_somebody_adds_one(engine: Engine, secrets: Secrets) -> Rotation:
        path.write_text(f"{path.read_text()}{OTHER}\n")
        return rotate(engine, secrets)

    monkeypatch.setattr(rotation, "rotate", and_somebody_adds_one)
    assert removing(store, path).older == "removed"
    assert path.read_text().split()[1:] == [OTHER]


def test_a_link_to_the_key_file_stays_one(store: Engine, path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "keys"
    put(store, {"1": "hemlig"}, Secrets(path=elsewhere))
    path.parent.mkdir()
    path.symlink_to(elsewhere)
    assert removing(store, path).older == "removed"
    assert path.is_symlink()
    assert opened(store, Secrets(path=elsewhere)) == {"1": "hemlig"}


# Stopped anywhere

_FILES = tuple(
    str(PROJECT / "data" / name) for name in ("rotation.py", "key_file.py", "secrets.py", "engine.py")
)


def stopped_at(number: int, database: Path, path: Path) -> bool:
    """Rotate in a process that ends, as if killed, before the line with this number of those it comes to for the
    first time. Whether it came so far."""
    child = os.fork()
    if child == 0:
        seen: set[tuple[str, int]] = set()

        def line(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                seen.add((frame.f_code.co_filename, frame.f_lineno))
                if len(seen) > number:
                    os._exit(9)
            return line

        engine = connect(f"sqlite:///{database}")
        sys.settrace(lambda frame, event, _: line if frame.f_code.co_filename in _FILES else None)
        removing(engine, path)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_wherever_it_is_stopped_all_can_be_opened_and_the_next_run_ends_it(tmp_path: Path) -> None:
    first = tmp_path / "first"
    kept = Secrets(path=first / KEY_FILE)
    engine = open_engine(f"sqlite:///{first}/test.db")
    put(engine, numbered(3), kept)
    print_of_first = fingerprint(engine, kept)
    engine.dispose()
    stops = 0
    while True:
        here = tmp_path / "here"
        shutil.copytree(first, here)
        path = here / KEY_FILE
        was_stopped = stopped_at(stops, here / "test.db", path)
        engine = connect(f"sqlite:///{here}/test.db")
        assert opened(engine, Secrets(path=path)) == numbered(3), stops
        assert fingerprint(engine, Secrets(path=path)) == print_of_first
        if not was_stopped:
            break
        assert removing(engine, path).older == "removed"
        assert opened(engine, Secrets(path=path)) == numbered(3)
        assert len(path.read_text().split()) == 1
        assert [p.name for p in here.iterdir() if KEY_FILE in p.name] == [KEY_FILE]
        engine.dispose()
        shutil.rmtree(here)
        stops += 1
    engine.dispose()
    assert stops > 60


# While others go on

IMPORTER = """
import sys
from pathlib import Path
from data.engine import connect
from data.secrets import Secrets
from tests.data.test_rotation import put
engine, secrets = connect(sys.argv[1]), Secrets(path=Path(sys.argv[2]))
for round in range(40):
    put(engine, {f"{i:05}": f"{sys.argv[3]} {round} {i}" for i in range(int(sys.argv[3]), 60, 2)}, secrets)
"""


def test_imports_and_rotations_at_once_lose_no_password(store: Engine, url: str, path: Path) -> None:
    put(store, numbered(60), Secrets(path=path))
    first = fingerprint(store, Secrets(path=path))
    importers = [
        subprocess.Popen([sys.executable, "-c", IMPORTER, url, str(path), str(part)], cwd=PROJECT)
        for part in (0, 1)
    ]
    rotations = 0
    reader = Secrets(path=path)
    while any(importer.poll() is None for importer in importers):
        assert removing(store, path).older == "removed"
        rotations += 1
        assert None not in opened(store, reader).values()
    assert [importer.returncode for importer in importers] == [0, 0]
    assert rotations > 2
    assert opened(store, Secrets(path=path)) == {f"{i:05}": f"{i % 2} 39 {i}" for i in range(60)}
    assert fingerprint(store, Secrets(path=path)) == first


def test_an_import_that_is_under_way_is_waited_for(store: Engine, path: Path) -> None:
    """It encrypted with the key that was the newest when it did."""
    assert fingerprint(store, Secrets(path=path))
    done: list[Rotation] = []
    rotating = threading.Thread(target=lambda: done.append(removing(store, path)))
    with writing(store) as session:
        companies.lock(session)
        companies.upsert(session, [Entry("1", {"name": "A"}, "hemlig")], Secrets(path=path), NOW)
        rotating.start()
        rotating.join(1.0)
    rotating.join()
    assert done == [Rotation(1, 1, older="removed")]
    assert opened(store, Secrets(path=path)) == {"1": "hemlig"}


class RotatedJustThen(Secrets):
    """Somebody rotates the keys between the look at a token and its opening."""

    def __init__(self, engine: Engine, path: Path) -> None:
        super().__init__(path=path)
        self._rotate: Callable[[], Rotation] | None = lambda: removing(engine, path)

    def opened(self, token: bytes) -> str | None:
        rotate, self._rotate = self._rotate, None
        if rotate:
            assert rotate().older == "removed"
        return super().opened(token)


@pytest.mark.integration
async def test_a_login_is_made_although_the_keys_are_rotated_just_then(
    engine: Engine, setup: LoginSetup, pair: Pair, path: Path
) -> None:
    with serving(letting_in("hemlig"), pair) as server:
        enter(engine, "c1", server.port)
        with writing(engine) as session:
            companies.upsert(session, [Entry("c1", {}, "hemlig")], Secrets(path=path), NOW)
        await scanned(engine, replace(setup, secrets=RotatedJustThen(engine, path)))
        assert len(server.auths) == 1
    assert verdict(engine, "c1").smtp is SmtpState.OK


def test_rotations_of_one_file_follow_one_another(store: Engine, url: str, path: Path) -> None:
    put(store, numbered(50), Secrets(path=path))
    code = f"""
from pathlib import Path
from data.engine import connect
from tests.data.test_rotation import removing
for _ in range(10):
    assert removing(connect({url!r}), Path({str(path)!r})).older == "removed"
"""
    starts = [subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT) for _ in range(3)]
    assert [start.wait(120) for start in starts] == [0, 0, 0]
    assert opened(store, Secrets(path=path)) == numbered(50)
    assert len(path.read_text().split()) == 1


# The command


@pytest.fixture
def of_project(project: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{project}/var/sendwell.db")
    yield engine
    engine.dispose()


def rotated(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    status = command.main(["rotate-keys", *options])
    said = capsys.readouterr()
    for secret in ("hemlig", OLD, NEW, OTHER):
        assert secret not in said.out + said.err
    return status, said.out


def test_it_says_what_became_of_the_key_file(
    project: Path, of_project: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "var" / KEY_FILE
    put(of_project, numbered(2), Secrets(path=path))
    status, said = rotated(capsys)
    assert (status, said.splitlines()[0]) == (
        0,
        "2 passwords are stored; 2 were encrypted anew, with the newest key",
    )
    assert f"The older keys stay in the key file {path}" in said
    assert "--remove-older takes them out" in said
    assert json.loads(rotated(capsys, "--json")[1])["older_keys"] == "not needed"
    assert f"The new key stands alone in the key file {path}" in rotated(capsys, "--remove-older")[1]
    assert json.loads(rotated(capsys, "--remove-older", "--json")[1]) == {
        "passwords": 2,
        "reencrypted": 2,
        "unreadable": 0,
        "fingerprints": "kept",
        "older_keys": "removed",
    }


def test_with_given_keys_it_touches_no_file(
    project: Path, of_project: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "var" / KEY_FILE
    path.write_text(f"{OTHER}\n")
    put(of_project, {"1": "hemlig"}, Secrets([OLD]))
    monkeypatch.setenv("SENDWELL_SECRET_KEYS", f"{NEW},{OLD}")
    status, said = rotated(capsys)
    assert (status, "can be taken out of SENDWELL_SECRET_KEYS" in said) == (0, True)
    monkeypatch.setenv("SENDWELL_SECRET_KEYS", NEW)
    assert json.loads(rotated(capsys, "--json")[1])["older_keys"] == "none"
    with pytest.raises(command.Stop, match="take the older ones out there") as stopped:
        command.main(["rotate-keys", "--remove-older"])
    assert stopped.value.status == 2
    assert path.read_text() == f"{OTHER}\n"


def test_with_given_keys_it_says_what_to_do_about_the_unreadable(
    project: Path, of_project: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(of_project, {"1": "hemlig"}, Secrets([OLD]))
    put(of_project, {"2": "hemlig"}, Secrets([OTHER]))
    fingerprint(of_project, Secrets([OTHER]))
    monkeypatch.setenv("SENDWELL_SECRET_KEYS", f"{NEW},{OLD}")
    status, said = rotated(capsys)
    assert status == 1
    assert "1 of them no key opens" in said
    assert "behind the others in SENDWELL_SECRET_KEYS, or import those passwords again" in said
    assert "No login is tried meanwhile" in said
    assert "taken out" not in said
    status, said = rotated(capsys, "--json")
    assert (status, json.loads(said)["fingerprints"], json.loads(said)["older_keys"]) == (1, "lost", "kept")
    put(of_project, {"2": "hemlig"}, Secrets([NEW]))
    status, said = rotated(capsys)
    assert (status, "paused logins are tried again" in said) == (0, True)


def test_without_a_database_no_key_is_touched(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Secrets(path=project / "var" / KEY_FILE).encrypt("x")
    before = (project / "var" / KEY_FILE).read_text()
    with pytest.raises(command.Stop, match="There is no database") as stopped:
        command.main(["rotate-keys"])
    assert stopped.value.status == 3
    assert [p.name for p in (project / "var").iterdir()] == [KEY_FILE]
    assert (project / "var" / KEY_FILE).read_text() == before
