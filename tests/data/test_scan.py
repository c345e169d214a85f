"""A whole scan, through resolvers in memory: what was known stays known, whatever happens to the DNS."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks import diagnosis
from checks.company import AddressState, Company, Diagnosis, SpfState
from checks.lookup import Answer, FailureReason, RecordType, Resolver, Result, ZoneResolver, txt
from checks.model import Severity
from checks.platform import Platform
from data import companies, verdicts
from data.engine import open_engine, writing
from data.observations import StoredResolver, known
from data.scans import ScanState
from data.schema import CompanyRow, VerdictRow
from data.worker import look, scan
from data.worker.look import Looked
from data.worker.scan import Progress, UnknownCompany
from tests.support.scans import PLATFORM, Scripted, add, count, latest, stored, zone


class Drifting:
    """A resolver whose every answer is a second later than the one before; our own names come first."""

    def __init__(self, below: ZoneResolver, at: float = 1000.0) -> None:
        self._below = below
        self._at = at

    async def lookup(self, name: str, type: RecordType) -> Result:
        self._at += 1
        return replace(self._below.find(name, type), at=self._at - (500 if "ours" in name else 0))


class Cached:
    """A resolver that is asked once for each name and type, as the live resolver asks."""

    def __init__(self, below: Resolver) -> None:
        self._below = below
        self._asked: dict[tuple[str, RecordType], asyncio.Task[Result]] = {}

    async def lookup(self, name: str, type: RecordType) -> Result:
        if (name, type) not in self._asked:
            self._asked[name, type] = asyncio.create_task(self._below.lookup(name, type))
        return await asyncio.shield(self._asked[name, type])


async def test_every_company_is_judged_and_stored(engine: Engine) -> None:
    add(engine, range(20))
    live = Scripted(zone(20), at=1000.0)
    summary = await scan.run(engine, PLATFORM, live)
    assert (summary.companies, summary.domains, summary.unknown) == (20, 20, 0)
    assert (summary.broken, summary.blind) == (0, False)
    assert summary.queries == live.queries > 60
    found = stored(engine)
    assert {id: v.diagnosis.spf for id, v in found.items()} == {
        f"c{n:05}": SpfState.MISSING if n % 2 else SpfState.EFFECTIVE for n in range(20)
    }
    assert {v.checked_at.timestamp() for v in found.values()} == {1000.0}


async def test_the_scan_itself_is_stored_with_the_platforms_own_domain(engine: Engine) -> None:
    add(engine, range(3))
    summary = await scan.run(engine, PLATFORM, Scripted(zone(3), at=1000.0))
    done = latest(engine)
    assert (done.state, done.companies, done.counts.done) == (ScanState.DONE, 3, 3)
    assert (done.counts.domains, done.counts.queries) == (summary.domains, summary.queries)
    assert done.finished_at is not None
    assert done.platform is not None
    assert (done.platform.domain, done.platform.spf) == ("ours.example", SpfState.EFFECTIVE)


async def test_an_empty_fleet_is_scanned_at_once(engine: Engine) -> None:
    summary = await scan.run(engine, PLATFORM, Scripted(zone(0), at=1000.0))
    assert (summary.companies, summary.domains, summary.blind) == (0, 0, False)


async def test_what_was_known_stays_when_the_dns_dies_half_way(engine: Engine) -> None:
    add(engine, range(40))
    await scan.run(engine, PLATFORM, Scripted(zone(60), at=1000.0))
    before = stored(engine)
    add(engine, range(40, 60))
    dying = Scripted(zone(60), at=2000.0, dies_after=100)
    summary = await scan.run(engine, PLATFORM, dying, width=5)
    after = stored(engine)

    for id, old in before.items():
        new = after[id]
        assert new.checked_at.timestamp() in (1000.0, 2000.0)
        assert (new.diagnosis.verdict, new.diagnosis.spf) == (old.diagnosis.verdict, old.diagnosis.spf)
        assert (new.diagnosis.findings, new.since) == (old.diagnosis.findings, old.since)
        assert new.attempted_at > old.attempted_at
    assert {new.checked_at.timestamp() for new in after.values()} >= {1000.0, 2000.0}

    never_known = {id: after[id].diagnosis for id in after.keys() - before.keys()}
    assert len(never_known) == 20
    assert {d.spf for d in never_known.values()} == {SpfState.UNKNOWN}
    assert {d.address for d in never_known.values()} == {AddressState.UNKNOWN}
    assert {d.verdict for d in never_known.values()} == {Severity.UNKNOWN}
    assert (summary.unknown, summary.blind) == (20, False)


async def test_a_shared_fact_seen_anew_does_not_move_the_time_of_what_was_not(engine: Engine) -> None:
    add(engine, [0])
    shared = {key: records for key, records in zone(1).items() if "ours" in key[0]}
    await scan.run(engine, PLATFORM, Drifting(ZoneResolver(zone(1))))  # type: ignore[arg-type]
    before = stored(engine)["c00000"]
    gone = {"d0.example": FailureReason.SERVFAIL, "_dmarc.d0.example": FailureReason.SERVFAIL}
    await scan.run(engine, PLATFORM, Drifting(ZoneResolver(shared, gone), at=5000.0))  # type: ignore[arg-type]
    after = stored(engine)["c00000"]
    assert after.attempted_at > before.attempted_at
    assert after.checked_at == before.checked_at


async def test_a_failure_stands_beside_the_answer_until_the_next_answer(engine: Engine) -> None:
    add(engine, [0])
    key = "d0.example", RecordType.TXT
    for at, dies_after, failed_at in ((1000.0, None, None), (2000.0, 0, 2000.0), (3000.0, None, None)):
        await scan.run(engine, PLATFORM, Scripted(zone(1), at, dies_after=dies_after))
        with Session(engine) as session:
            seen = known(session, [key])[key]
        assert isinstance(seen.result, Answer)
        assert seen.result.at == 1000.0  # since when it is so
        assert (seen.failure.at if seen.failure else None) == failed_at


async def test_a_dead_dns_makes_everything_unknown_and_nothing_missing(engine: Engine) -> None:
    add(engine, range(10))
    summary = await scan.run(engine, PLATFORM, Scripted(zone(10), at=1000.0, dies_after=0))
    assert summary.blind
    assert summary.unknown == 10
    assert {v.diagnosis.spf for v in stored(engine).values()} == {SpfState.UNKNOWN}
    platform = latest(engine).platform
    assert platform is not None
    assert platform.spf is SpfState.UNKNOWN


async def test_what_stays_unknown_is_counted_whatever_the_verdict(engine: Engine) -> None:
    add(engine, range(2))
    with writing(engine) as session:
        session.get_one(CompanyRow, "c00001").email_validated_at = None
    summary = await scan.run(engine, PLATFORM, Scripted(zone(2), at=1000.0, dies_after=0))
    found = {id: verdict.diagnosis.verdict for id, verdict in stored(engine).items()}
    assert found == {"c00000": Severity.UNKNOWN, "c00001": Severity.FAILURE}
    assert summary.unknown == 2


async def test_silent_servers_cost_the_deadline_and_no_company(engine: Engine) -> None:
    add(engine, range(10))
    silent = Scripted(zone(10), at=1000.0)
    silent.pause = 3600
    summary = await scan.run(engine, PLATFORM, silent, deadline=0.2)
    assert summary.seconds < 3
    assert summary.unknown == 10


async def test_the_stored_facts_give_the_same_diagnosis_without_a_packet(engine: Engine) -> None:
    add(engine, range(20))
    await scan.run(engine, PLATFORM, Scripted(zone(15), at=1000.0))
    with Session(engine) as session:
        from_store = StoredResolver(session)
        for company in companies.for_scan(session):
            again = await diagnosis.diagnose(company, PLATFORM, from_store)
            found = verdicts.get(session, company.id)
            assert found is not None
            assert again == found.diagnosis
    assert from_store.queries == 0


async def test_companies_with_one_domain_cost_one_set_of_look_ups(engine: Engine) -> None:
    async def asked(numbers: Iterable[int]) -> int:
        add(engine, numbers, domain="d0.example")
        live = Scripted(zone(1), at=1000.0)
        await scan.run(engine, PLATFORM, Cached(live))
        return live.queries

    assert await asked([0]) == await asked(range(1, 1000))


async def test_only_the_companies_asked_for_are_scanned_gone_or_not(engine: Engine) -> None:
    add(engine, range(3))
    add(engine, range(3, 6), gone=True)
    summary = await scan.run(engine, PLATFORM, Scripted(zone(6), at=1000.0), only=["c00001", "c00004"])
    assert summary.companies == 2
    assert stored(engine).keys() == {"c00001", "c00004"}


async def test_companies_that_are_gone_are_left_out(engine: Engine) -> None:
    add(engine, range(3))
    add(engine, range(3, 6), gone=True)
    summary = await scan.run(engine, PLATFORM, Scripted(zone(6), at=1000.0))
    assert summary.companies == 3
    assert latest(engine).companies == 3


async def test_an_unknown_id_is_told_and_nothing_is_scanned(engine: Engine) -> None:
    add(engine, range(3))
    with pytest.raises(UnknownCompany, match="nobody"):
        await scan.run(engine, PLATFORM, Scripted(zone(3), at=1000.0), only=["c00001", "nobody"])
    assert stored(engine) == {}


async def test_progress_tells_what_is_stored(engine: Engine) -> None:
    add(engine, range(1200))
    told: list[Progress] = []

    def tell(now: Progress) -> None:
        told.append(now)
        assert now.counts.done <= count(engine, VerdictRow)

    await scan.run(engine, PLATFORM, Scripted(zone(10), at=1000.0), progress=tell)
    done = [now.counts.done for now in told]
    assert done == sorted(done)
    assert done[0] < done[-1] == 1200
    assert {now.total for now in told} == {1200}


async def test_a_cancelled_scan_stops_at_once_and_keeps_what_was_done(engine: Engine) -> None:
    add(engine, range(2000))
    slow = Scripted(zone(2000), at=1000.0)
    slow.pause = 0.005
    told: list[Progress] = []
    some_are_done = asyncio.Event()

    def tell(now: Progress) -> None:
        told.append(now)
        if now.counts.done:
            some_are_done.set()

    running = asyncio.create_task(scan.run(engine, PLATFORM, slow, progress=tell, width=20))
    await some_are_done.wait()
    began = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - began < 1
    stopped = latest(engine)
    assert (stopped.state, stopped.counts) == (ScanState.INTERRUPTED, told[-1].counts)
    assert 0 < stopped.counts.done == count(engine, VerdictRow) < 2000
    assert len(asyncio.all_tasks()) == 1


async def test_one_company_that_trips_us_up_costs_no_other_its_verdict(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    add(engine, range(5))
    await scan.run(engine, PLATFORM, Scripted(zone(5), at=1000.0))
    honest = diagnosis.judge

    def trips(company: Company, platform: Platform, facts: diagnosis.Facts) -> Diagnosis:
        if company.id == "c00002":
            raise ZeroDivisionError("a bug")
        return honest(company, platform, facts)

    monkeypatch.setattr(diagnosis, "judge", trips)
    changed = zone(5) | {("spf.ours.example", RecordType.TXT): [txt("v=spf1 ip4:192.0.2.1 -all")]}
    summary = await scan.run(engine, PLATFORM, Scripted(changed, at=2000.0))
    assert (summary.companies, summary.broken) == (4, 1)
    assert stored(engine)["c00002"].checked_at.timestamp() == 1000.0
    assert "c00002" in caplog.text
    assert latest(engine).state is ScanState.DONE


async def test_an_error_of_the_database_ends_the_scan_as_failed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, range(5))
    honest = verdicts.write
    calls = 0

    def fails_once(*arguments: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("no room")
        honest(*arguments, **options)

    monkeypatch.setattr(verdicts, "write", fails_once)
    with pytest.raises(RuntimeError, match="no room"):
        await scan.run(engine, PLATFORM, Scripted(zone(5), at=1000.0))
    assert latest(engine).state is ScanState.FAILED


async def test_what_could_not_be_stored_while_nobody_waited_ends_the_scan(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, range(3))
    resolver = Scripted(zone(3), at=1000.0)
    stored: list[Looked] = []
    begun = asyncio.Event()

    async def store(looked: Looked) -> None:
        if looked.ids and not begun.is_set():
            begun.set()
            await asyncio.sleep(0.05)  # the look ends meanwhile, and with it the tick that waits for this
            raise RuntimeError("no room")
        stored.append(looked)

    monkeypatch.setattr(look, "TICK", 0.001)
    one = look.Look(engine, PLATFORM, resolver, store, width=1)

    async def batches() -> AsyncIterator[list[str]]:
        yield ["c00000", "c00001"]
        await begun.wait()
        yield ["c00002"]

    with pytest.raises(RuntimeError, match="no room"):
        await one.run(batches())
    assert not any(looked.ids for looked in stored)


async def test_a_database_in_memory_is_scanned_too() -> None:
    engine = open_engine("sqlite://")
    add(engine, range(20))
    await scan.run(engine, PLATFORM, Scripted(zone(20), at=1000.0))
    assert len(stored(engine)) == 20
    engine.dispose()
