"""`python -m data scan`: what it prints, how it ends, and that it may be stopped at any moment."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from data.commands import scan
from data.commands.progress import Lines, clock, line, pace
from data.engine import open_engine
from data.scans import Counts
from data.worker.processes import Reserve
from data.worker.scan import Progress
from settings import Settings
from tests.support.dns_server import DnsServer, serving
from tests.support.scans import PLATFORM, add, latest, stored, zone

PROJECT = Path(__file__).resolve().parents[2]
ENOUGH = 60  # seconds
FLEET = 60


# What is shown meanwhile


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0:00"), (65, "1:05"), (3599.6, "1:00:00"), (37230, "10:20:30")]
)
def test_a_duration_is_shown_as_on_a_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_the_pace_is_in_domains_and_the_time_left_follows_from_the_companies() -> None:
    now = Progress(Counts(done=250, domains=200), total=1000, seconds=10.0)
    assert pace(now) == "20 domains/s, 0:30 left"


def test_nothing_is_promised_before_the_first_company_is_done() -> None:
    assert pace(Progress(Counts(), total=1000, seconds=0.0)) == "0 domains/s"


def test_elsewhere_than_on_a_terminal_a_line_comes_every_few_seconds() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=20), seconds=0.05)
    now = line(Progress(Counts(done=1250, domains=1000), total=5000, seconds=10.0))
    lines(now)
    assert out.getvalue() == ""
    time.sleep(0.06)
    lines(now)
    lines(now)
    assert out.getvalue() == "Scanning: 1,250 of 5,000 companies, 100 domains/s, 0:30 left\n"


# What the processes share


@pytest.mark.parametrize(
    ("limit", "cores", "size", "width"),
    [(0, 4, 4, 256), (500, 4, 4, 64), (40, 4, 4, 10), (40, 64, 40, 1), (3, 4, 3, 1)],
)
def test_processes_share_the_questions_a_second_and_the_companies_under_way(
    limit: int, cores: int, size: int, width: int
) -> None:
    """Each asks one question a second at least, so there are no more of them; and a company that is under way gets
    about one, so that its time is enough."""
    settings = Settings(Path(), "sqlite://", ("192.0.2.53",), limit)
    crew = scan._crew(PLATFORM, settings, cores, Reserve(0), limit)
    assert crew is not None
    assert (crew.size, crew.duty.sharers, crew.duty.width) == (size, size, width)


def test_with_one_question_a_second_there_is_nothing_to_share() -> None:
    settings = Settings(Path(), "sqlite://", ("192.0.2.53",), 1)
    assert scan._crew(PLATFORM, settings, 4, Reserve(0), 1) is None


# The command, as a process that asks a server on loopback


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with serving(DnsServer(zone(FLEET))) as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture
def half_silent() -> Iterator[DnsServer]:
    """Every other domain is never answered, so that a scan does not end before it is stopped."""
    silent = {f"d{n}.example": "silent" for n in range(0, FLEET, 2)}
    with serving(DnsServer(zone(FLEET), silent)) as server:  # type: ignore[arg-type]
        yield server


def environment(database: Path, nameserver: str) -> dict[str, str]:
    settings = {
        "SENDWELL_DATABASE": f"sqlite:///{database}",
        "SENDWELL_NAMESERVERS": nameserver,
        "SENDWELL_INCLUDE": "spf.ours.example",
        "SENDWELL_SENDING_ADDRESSES": "192.0.2.1",
        "SENDWELL_DOMAIN": "ours.example",
    }
    return {k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")} | settings


def started(database: Path, nameserver: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "data", "scan", *arguments]
    pipe = subprocess.PIPE
    env = environment(database, nameserver)
    return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=pipe, stderr=pipe, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, err = process.communicate(timeout=ENOUGH)
    return process.returncode, out, err


def fill(database: Path, companies: int) -> None:
    engine = open_engine(f"sqlite:///{database}")
    add(engine, range(companies))
    engine.dispose()


def wait_until_some_are_stored(database: Path) -> None:
    deadline = time.monotonic() + ENOUGH
    with sqlite3.connect(database) as connection:
        while not connection.execute("SELECT count(*) FROM verdicts").fetchone()[0]:
            assert time.monotonic() < deadline, "nothing was stored"
            time.sleep(0.02)


@pytest.mark.integration
def test_the_summary_is_one_json_object_and_nothing_else(database: Path, server: DnsServer) -> None:
    fill(database, 20)
    status, out, err = ended(started(database, server.address, "--json"))
    summary = json.loads(out)
    assert (status, err) == (0, "")
    assert summary.keys() == {"domains", "companies", "seconds", "queries", "unknown", "logins"}
    assert summary["logins"] == {"due": 0, "tried": 0, "let_in": 0, "put_off": 0}
    assert (summary["domains"], summary["companies"], summary["unknown"]) == (20, 20, 0)
    assert summary["queries"] >= 60


@pytest.mark.integration
def test_without_json_a_sentence_says_what_was_done(database: Path, server: DnsServer) -> None:
    fill(database, 3)
    status, out, _ = ended(
        started(database, server.address, "--only", "c00001", "c00002", "--only", "c00000")
    )
    assert status == 0
    assert out.startswith("3 companies with 3 domains judged in ")


@pytest.mark.integration
def test_an_unknown_company_is_told(database: Path, server: DnsServer) -> None:
    fill(database, 1)
    status, out, err = ended(started(database, server.address, "--only", "nobody"))
    assert (status, out) == (2, "")
    assert err == "no company has the id nobody: nothing was scanned\n"


@pytest.mark.integration
def test_the_password_of_who_is_gone_for_long_is_deleted_and_that_is_told(
    database: Path, server: DnsServer
) -> None:
    fill(database, 2)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE companies SET smtp_password = x'00', gone_since = '2026-01-01 00:00:00'")
    status, out, err = ended(started(database, server.address, "--json"))
    assert (status, json.loads(out)["companies"]) == (0, 0)
    assert err == "2 stored passwords were deleted: of companies that are gone for more than 30 days\n"
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(smtp_password) FROM companies").fetchone() == (0,)


@pytest.mark.integration
def test_when_nobody_answers_the_status_says_so_and_all_is_unknown(database: Path) -> None:
    fill(database, 3)
    status, out, err = ended(started(database, "127.0.0.1:1", "--json"))
    assert status == 3
    assert json.loads(out)["unknown"] == 3
    assert "not one look-up was answered" in err
    assert err.count("\n") == 1


@pytest.mark.integration
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_it_within_two_seconds_and_keeps_what_was_done(
    database: Path, half_silent: DnsServer, number: signal.Signals, status: int
) -> None:
    fill(database, FLEET)
    process = started(database, half_silent.address)
    wait_until_some_are_stored(database)
    began = time.monotonic()
    process.send_signal(number)
    assert ended(process)[0] == status
    assert time.monotonic() - began < 2


@pytest.mark.integration
def test_stopping_says_how_much_was_done(database: Path, half_silent: DnsServer) -> None:
    fill(database, FLEET)
    process = started(database, half_silent.address, "--json")
    wait_until_some_are_stored(database)
    process.send_signal(signal.SIGINT)
    _, out, err = ended(process)
    engine = open_engine(f"sqlite:///{database}")
    done = len(stored(engine))
    assert (latest(engine).state, latest(engine).counts.done) == ("interrupted", done)
    engine.dispose()
    assert 0 < done < FLEET
    assert out == ""
    assert err.splitlines()[-1].startswith(f"stopped: {done:,} of {FLEET} companies were judged and stored")
    assert "Traceback" not in err


@pytest.mark.integration
def test_a_killed_scan_leaves_a_consistent_database_and_the_next_one_completes(
    database: Path, half_silent: DnsServer, server: DnsServer
) -> None:
    fill(database, FLEET)
    process = started(database, half_silent.address)
    wait_until_some_are_stored(database)
    process.kill()
    ended(process)

    engine = open_engine(f"sqlite:///{database}")
    killed = latest(engine)
    verdicts = stored(engine)
    assert killed.state == "running"
    assert killed.counts.done == len(verdicts) < FLEET
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        asked = {name for (name,) in connection.execute("SELECT name FROM observations WHERE type = 'TXT'")}
    assert {verdict.diagnosis.domain for verdict in verdicts.values()} <= asked

    assert ended(started(database, server.address))[0] == 0
    assert len(stored(engine)) == FLEET
    with sqlite3.connect(database) as connection:
        states = connection.execute("SELECT state FROM scans ORDER BY id").fetchall()
    assert states == [("interrupted",), ("done",)]
    engine.dispose()


# Processes that are forked before the scan begins

LARGE = 2400
"""Companies from which on other processes do the looking."""


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + ENOUGH
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "processes stay behind"
        time.sleep(0.02)


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_many_companies_are_looked_at_by_processes_that_end_with_the_scan(
    database: Path, server: DnsServer
) -> None:
    engine = open_engine(f"sqlite:///{database}")
    add(engine, range(LARGE), domain="d4.example")
    process = started(database, server.address, "--processes", "2", "--json")
    wait_until_some_are_stored(database)
    helpers = children(process)
    status, out, err = ended(process)
    assert (status, err, json.loads(out)["companies"]) == (0, "", LARGE)
    assert len(helpers) == 2
    until_gone(helpers)
    assert len(stored(engine)) == LARGE
    engine.dispose()


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_processes_end_when_the_scan_is_killed(database: Path, half_silent: DnsServer) -> None:
    engine = open_engine(f"sqlite:///{database}")
    add(engine, range(LARGE // 2), domain="d0.example")
    add(engine, range(LARGE // 2, LARGE), domain="d1.example")
    engine.dispose()
    process = started(database, half_silent.address, "--processes", "3")
    wait_until_some_are_stored(database)
    helpers = children(process)
    assert helpers
    process.kill()
    ended(process)
    until_gone(helpers)
