"""Several processes that look at companies: the same verdicts as one, and whatever becomes of them nobody is lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from checks.company import SpfState
from checks.resolver import LiveResolver
from data.engine import DatabaseUnavailable, open_engine
from data.scans import ScanState
from data.schema import VerdictRow
from data.worker import crew, processes, scan
from data.worker.crew import Crew, CrewLost
from data.worker.look import Looked
from data.worker.member import Duty
from data.worker.scan import Progress, ScanSummary
from tests.support.dns_server import DnsServer, serving
from tests.support.scans import PLATFORM, add, latest, stored, zone

FLEET = 60


def send_environment(pipe: Connection) -> None:
    pipe.send(dict(os.environ))


@pytest.mark.parametrize("way", ["spawn", "fork"])
def test_the_process_gets_no_keys(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDWELL_SECRET_KEYS", "hemlig")
    context = multiprocessing.get_context(way)
    ours, theirs = context.Pipe()
    process, _ = processes._started(context.Process(target=send_environment, args=(theirs,)), ours, theirs)
    assert ours.poll(60)
    environment = ours.recv()
    process.join()
    assert "PATH" in environment
    assert "SENDWELL_SECRET_KEYS" not in environment
    assert os.environ["SENDWELL_SECRET_KEYS"] == "hemlig"


class Kept:
    """A store that keeps in mind what it is given."""

    def __init__(self) -> None:
        self.looked: list[Looked] = []

    async def __call__(self, looked: Looked) -> None:
        self.looked.append(looked)


async def test_what_a_dead_process_had_in_hand_is_given_out_again_in_halves() -> None:
    kept = Kept()
    work = crew._Work([["a", "b", "c"], ["d"]], kept)
    assert [work.next(), work.next(), work.next()] == [["a", "b", "c"], ["d"], None]
    await work.lost([["a", "b", "c"]])
    assert [work.next(), work.next(), work.next()] == [["a"], ["b", "c"], None]
    assert kept.looked == []


async def test_a_company_that_kills_every_process_is_told_as_broken(caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept()
    work = crew._Work([], kept)
    await work.lost([["poison"], []])
    assert work.next() is None
    assert [(looked.ids, looked.broken, looked.verdicts) for looked in kept.looked] == [(("poison",), 1, ())]
    assert "poison" in caplog.text


async def test_a_scan_whose_processes_die_again_and_again_is_given_up() -> None:
    work = crew._Work([], Kept())
    with pytest.raises(CrewLost, match="memory"):
        for _ in range(crew.MOST_DEATHS + 1):
            await work.lost([])


def test_what_came_back_is_no_more_in_hand() -> None:
    hand = crew._Hand()
    hand.give(["a", "b"])
    hand.give(["c", "d"])
    hand.take(["c", "a", "d"])
    assert [list(batch) for batch in hand.batches] == [["b"]]


def test_a_duty_shows_no_password() -> None:
    assert "secret" not in repr(Duty("postgresql://user:secret@host/name", PLATFORM, ()))


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/fleet.db"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database)
    yield engine
    engine.dispose()


async def scanned(engine: Engine, database: str, nameserver: str, *, size: int = 2) -> ScanSummary:
    helpers = Crew(Duty(database, PLATFORM, (nameserver,), width=8), size, worth_it=1)
    async with LiveResolver([nameserver]) as resolver:
        return await scan.run(engine, PLATFORM, resolver, crew=helpers)


def children() -> list[int]:
    """The processes that look at companies, and not the one that multiprocessing keeps for itself."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in map(int, found) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def until_some_are_stored(engine: Engine) -> None:
    while True:
        with Session(engine) as session:
            if session.execute(select(VerdictRow.company_id).limit(1)).first():
                return
        await asyncio.sleep(0.02)


@pytest.mark.integration
async def test_two_processes_say_what_one_says(engine: Engine, database: str, tmp_path: Path) -> None:
    add(engine, range(FLEET))
    alone = open_engine(f"sqlite:///{tmp_path}/alone.db")
    add(alone, range(FLEET))
    with serving(DnsServer(zone(FLEET))) as server:  # type: ignore[arg-type]
        async with LiveResolver([server.address]) as resolver:
            await scan.run(alone, PLATFORM, resolver)
        summary = await scanned(engine, database, server.address)
    assert (summary.companies, summary.domains, summary.unknown) == (FLEET, FLEET, 0)
    assert summary.queries > 3 * FLEET
    said = {id: (v.diagnosis.findings, v.diagnosis.senders) for id, v in stored(engine).items()}
    assert said == {id: (v.diagnosis.findings, v.diagnosis.senders) for id, v in stored(alone).items()}
    platform = latest(engine).platform
    assert platform is not None
    assert platform.spf is SpfState.EFFECTIVE
    assert children() == []
    alone.dispose()


@pytest.mark.integration
async def test_a_process_that_is_killed_costs_no_company_its_verdict(engine: Engine, database: str) -> None:
    add(engine, range(400))
    with serving(DnsServer(zone(400))) as server:  # type: ignore[arg-type]
        running = asyncio.create_task(scanned(engine, database, server.address))
        await until_some_are_stored(engine)
        os.kill(children()[0], signal.SIGKILL)
        summary = await running
    assert (summary.companies, summary.broken) == (400, 0)
    assert len(stored(engine)) == 400
    assert latest(engine).state is ScanState.DONE


@pytest.mark.integration
async def test_a_cancelled_scan_stops_its_processes_and_keeps_what_they_did(
    engine: Engine, database: str
) -> None:
    add(engine, range(400))
    told: list[Progress] = []
    silent = {f"d{n}.example": "silent" for n in range(100, 400)}
    with serving(DnsServer(zone(400), silent)) as server:  # type: ignore[arg-type]
        helpers = Crew(Duty(database, PLATFORM, (server.address,), width=8), 2, worth_it=1)
        async with LiveResolver([server.address]) as resolver:
            running = asyncio.create_task(
                scan.run(engine, PLATFORM, resolver, progress=told.append, crew=helpers)
            )
            await until_some_are_stored(engine)
            began = time.monotonic()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
    assert time.monotonic() - began < 10
    assert children() == []
    stopped = latest(engine)
    assert (stopped.state, stopped.counts) == (ScanState.INTERRUPTED, told[-1].counts)
    with Session(engine) as session:
        assert 0 < stopped.counts.done == len(session.scalars(select(VerdictRow.company_id)).all()) < 400


@pytest.mark.integration
async def test_a_database_that_a_process_cannot_open_is_told_in_one_sentence(
    engine: Engine, tmp_path: Path
) -> None:
    add(engine, range(3))
    (tmp_path / "broken.db").write_text("this is no database, whatever its name says" * 100)
    with (
        serving(DnsServer(zone(3))) as server,  # type: ignore[arg-type]
        pytest.raises(DatabaseUnavailable, match=r"broken\.db is not an SQLite database"),
    ):
        await scanned(engine, f"sqlite:///{tmp_path}/broken.db", server.address)
    assert latest(engine).state is ScanState.FAILED


async def test_who_was_told_that_there_is_no_more_gets_no_more() -> None:
    work = crew._Work([["a"], ["b"]], Kept())
    told: list[object] = []
    one = object.__new__(crew._Member)
    one._work, one._hand, one._no_more = work, crew._Hand(), False
    one._tell = told.append  # type: ignore[method-assign]
    for _ in range(3):
        one._give()
    await work.lost([["c", "d"]])
    one._give()
    assert told == [["a"], ["b"], None, None]
    assert work.next() == ["c"]
