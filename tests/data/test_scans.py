"""What is known of scans, the killed ones too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data import scans
from data.engine import open_engine
from data.scans import Counts, ScanState
from data.schema import ScanRow
from tests.data.test_verdicts import FAILING

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def latest(session: Session) -> scans.Scan:
    session.commit()
    session.expire_all()
    scan = scans.latest(session)
    assert scan is not None
    return scan


def test_there_is_no_scan_before_the_first(session: Session) -> None:
    assert scans.latest(session) is None


def test_a_scan_runs_until_it_is_finished(session: Session) -> None:
    scan_id = scans.start(session, 500, NOON)
    begun = scans.Scan(scan_id, ScanState.RUNNING, NOON, None, 500, Counts(), None)
    assert latest(session) == begun

    scans.progress(session, scan_id, Counts(done=10, domains=9, queries=80, unknown=1))
    assert latest(session).counts == Counts(done=10, domains=9, queries=80, unknown=1)

    ended = Counts(done=500, domains=400, queries=4000, unknown=2)
    scans.finish(session, scan_id, ScanState.DONE, ended, LATER, FAILING)
    assert latest(session) == scans.Scan(scan_id, ScanState.DONE, NOON, LATER, 500, ended, FAILING)


def test_our_own_domain_stays_as_it_was_known_until_a_scan_judges_it_anew(session: Session) -> None:
    assert scans.own_domain(session) is None
    first = scans.start(session, 500, NOON)
    scans.finish(session, first, ScanState.DONE, Counts(), NOON, FAILING)
    scans.start(session, 500, LATER)
    assert scans.own_domain(session) == FAILING
    blind = scans.start(session, 500, LATER)
    scans.finish(session, blind, ScanState.FAILED, Counts(), LATER)
    assert scans.own_domain(session) == FAILING
    better = scans.start(session, 500, LATER)
    scans.finish(session, better, ScanState.DONE, Counts(), LATER, replace(FAILING, cause="", findings=()))
    found = scans.own_domain(session)
    assert found is not None
    assert found.cause == ""


def test_a_killed_scan_is_told_as_interrupted_when_the_next_one_starts(session: Session) -> None:
    killed = scans.start(session, 500, NOON)
    scans.progress(session, killed, Counts(done=10))
    scans.start(session, 500, LATER)
    row = session.get_one(ScanRow, killed)
    assert (row.state, row.done, row.finished_at) == ("interrupted", 10, None)


def test_a_scan_that_lives_beside_another_says_so(session: Session) -> None:
    living = scans.start(session, 500, NOON)
    scans.start(session, 1, LATER)
    scans.progress(session, living, Counts(done=20))
    assert session.get_one(ScanRow, living).state == "running"


def test_a_finished_scan_stays_finished_when_the_next_one_starts(session: Session) -> None:
    done = scans.start(session, 500, NOON)
    scans.finish(session, done, ScanState.DONE, Counts(done=500), NOON)
    scans.start(session, 500, LATER)
    assert session.get_one(ScanRow, done).state == "done"
