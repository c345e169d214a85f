"""`python -m data.demo`: a first start, an interrupted one, a second one, two at once, and what stands in its way."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.demo import fleet

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
TELL = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('SENDWELL_')}))"
)
LOOK_UP = """
import os, dns.message, dns.query
address, port = os.environ["SENDWELL_NAMESERVERS"].split(":")
query = dns.message.make_query(os.environ["SENDWELL_INCLUDE"], "TXT")
print(dns.query.udp(query, address, port=int(port), timeout=5).answer[0][0].to_text())
"""


def clone(directory: Path) -> Path:
    """The project at another place, with a `var/` of its own."""
    directory.mkdir(exist_ok=True)
    for name in ("checks", "data", "settings.py"):
        (directory / name).symlink_to(ROOT / name)
    return directory


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def environ(**given: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SENDWELL_")}
    return {**plain, "SENDWELL_PORT": str(free_port()), **given}


def begin(project: Path, program: str = "", **given: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program] if program else []
    return subprocess.Popen(
        [sys.executable, "-m", "data.demo", *command],
        cwd=project,
        env=environ(**given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def start(project: Path, program: str = "", **given: str) -> tuple[int, list[str], str]:
    process = begin(project, program, **given)
    said, errors = process.communicate(timeout=120)
    return process.returncode, said.splitlines(), errors


def rows(project: Path, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(f"file:{project}/var/demo.db?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A clone in which the demo was started once, and what that start said."""
    project = clone(tmp_path_factory.mktemp("demo"))
    status, said, errors = start(project, TELL, SENDWELL_DATABASE="sqlite:///real.db", SENDWELL_DKIM="tenant")
    assert status == 0, errors
    return project, said


def test_a_first_start_says_what_came_of_it_and_runs_the_command(started: tuple[Path, list[str]]) -> None:
    _, said = started
    assert len(said) == 2
    assert said[0].startswith("The demo's 500 companies: ")


def test_the_command_gets_the_settings_of_the_demo_and_no_others(started: tuple[Path, list[str]]) -> None:
    project, said = started
    settings = json.loads(said[1])
    assert settings["SENDWELL_DATABASE"] == f"sqlite:///{project}/var/demo.db"
    assert settings["SENDWELL_SENDING_ADDRESSES"] == "192.0.2.25,2001:db8:25::25"
    assert settings["SENDWELL_NAMESERVERS"].startswith("127.0.0.1:")
    assert settings["SENDWELL_DKIM"] == "none"
    assert settings["SENDWELL_SECRET_KEYS"] == (project / "var" / "demo.keys").read_text().strip()
    assert not (project / "var" / "secret.keys").exists()
    assert settings["SENDWELL_SMTP_ALLOW"] == "127.0.0.0/8"
    assert settings["SENDWELL_EHLO_NAME"] == "invoices.example"
    assert not Path(settings["SENDWELL_SMTP_CA_FILE"]).exists(), "what vouches for the servers goes with them"
    assert not (project / "real.db").exists()


def test_the_scan_over_the_wire_gives_each_company_what_its_scenario_says(
    started: tuple[Path, list[str]],
) -> None:
    project, _ = started
    query = "select company_id, verdict, cause, address, spf, dmarc, smtp from verdicts"
    found = {id: columns for id, *columns in rows(project, query)}
    members = (*fleet.companies(), *fleet.former())
    assert set(found) == {member.id for member in members}
    for member in members:
        e = member.scenario.expected
        expected = [e.verdict, e.cause, e.address, e.spf, e.dmarc, e.smtp]
        assert found[member.id] == expected, (member.id, member.scenario.name)


def test_names_come_through_the_file_as_they_were_made(started: tuple[Path, list[str]]) -> None:
    project, _ = started
    stored = dict(rows(project, "select id, name from companies"))
    assert stored == {member.id: member.name for member in (*fleet.companies(), *fleet.former())}


def test_companies_of_the_earlier_file_are_marked(started: tuple[Path, list[str]]) -> None:
    project, _ = started
    gone = {id for (id,) in rows(project, "select id from companies where gone_since is not null")}
    assert gone == {member.id for member in fleet.former()}


def test_a_second_start_keeps_the_data_and_its_server_answers(started: tuple[Path, list[str]]) -> None:
    project, said = started
    queries = (
        *("select * from companies", "select * from verdicts", "select * from scans"),
        *("select * from logins", "select * from login_attempts"),
    )
    before = [rows(project, query) for query in queries]
    status, again, errors = start(project, LOOK_UP)
    assert (status, errors) == (0, "")
    assert again == [said[0], '"v=spf1 ip4:192.0.2.0/26 ip6:2001:db8:25::/48 -all"']
    assert [rows(project, query) for query in queries] == before


def copied(started: Path, directory: Path, *changes: str) -> Path:
    """A clone with a copy of the database of a complete start, changed by these statements, and of its key."""
    project = clone(directory)
    (project / "var").mkdir()
    shutil.copy(started / "var/demo.keys", project / "var")
    with sqlite3.connect(started / "var/demo.db") as source, sqlite3.connect(project / "var/demo.db") as copy:
        source.backup(copy)
        for change in changes:
            copy.execute(change)
    return project


def test_what_is_missing_is_made_good_and_nothing_else(
    tmp_path: Path, started: tuple[Path, list[str]]
) -> None:
    project = copied(
        started[0],
        tmp_path,
        "delete from verdicts where company_id in"
        " (select id from companies where gone_since is null order by id limit 40)",
    )
    since = dict(rows(project, "select company_id, attempted_at from verdicts"))
    status, said, _ = start(project)
    assert (status, said) == (0, started[1][:1])
    after = dict(rows(project, "select company_id, attempted_at from verdicts"))
    assert {id: after[id] for id in since} == since
    assert (len(since), len(after)) == (464, 504)


def test_a_start_interrupted_between_its_two_files_is_completed(
    tmp_path: Path, started: tuple[Path, list[str]]
) -> None:
    project = copied(started[0], tmp_path, "update companies set gone_since = null")
    assert start(project)[:2] == (0, started[1][:1])
    assert len(rows(project, "select id from companies where gone_since is not null")) == len(fleet.former())


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    project = clone(tmp_path)
    (project / "var").mkdir()
    (project / "var/demo.db").write_text("no database, but a letter to somebody" * 100)
    status, said, errors = start(project)
    assert (status, said) == (3, [])
    assert errors.count("\n") == 1


def test_the_status_of_the_command_comes_out(started: tuple[Path, list[str]]) -> None:
    assert start(started[0], "raise SystemExit(9)")[0] == 9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_is_quiet_and_the_next_one_completes_it(
    tmp_path: Path, started: tuple[Path, list[str]], number: signal.Signals
) -> None:
    project = clone(tmp_path)
    process = begin(project)
    wait_for(lambda: bool(rows(project, "select * from scans where companies > 100")))
    process.send_signal(number)
    said, errors = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert said == ""
    assert len(errors.splitlines()) == 1, errors
    assert len(rows(project, "select * from companies")) == 504
    assert start(project)[:2] == (0, started[1][:1])


def wait_for(seen: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    assert callable(seen)
    while time.monotonic() < end:
        try:
            if seen():
                return
        except sqlite3.Error:
            pass  # not there yet
        time.sleep(0.01)
    raise TimeoutError


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.3, 0.6, 0.9, 1.2, 1.5, 2.0])
def test_ctrl_c_is_quiet_at_every_stage(tmp_path: Path, seconds: float) -> None:
    process = begin(clone(tmp_path), "import time; time.sleep(60)")
    time.sleep(0.2 + seconds)  # the interpreter's own start cannot be made quiet
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in errors or "time.sleep(60)" in errors
    assert "data/demo" not in errors


def test_two_starts_at_once_share_one_preparation(tmp_path: Path, started: tuple[Path, list[str]]) -> None:
    project = clone(tmp_path)
    both = [begin(project), begin(project)]
    for process in both:
        said, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert said.splitlines() == started[1][:1]
    assert [count for (count,) in rows(project, "select companies from scans order by id")] == [4, 500]


def test_a_taken_port_is_told_before_anything_is_done(tmp_path: Path) -> None:
    project = clone(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        status, said, errors = start(project, TELL, SENDWELL_PORT=port)
    assert (status, said) == (2, [])
    assert errors.count("\n") == 1
    assert f"port {port} " in errors
    assert not (project / "var").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    project = clone(tmp_path)
    (project / "var").write_text("a file, so that no directory can be made, whoever asks")
    status, said, errors = start(project)
    assert (status, said) == (2, [])
    assert errors.count("\n") == 1
    assert str(project / "var") in errors


def test_wrong_settings_are_told(tmp_path: Path) -> None:
    status, _, errors = start(clone(tmp_path), SENDWELL_PORT="many")
    assert status == 2
    assert errors.count("\n") == 1
    assert "SENDWELL_PORT" in errors
