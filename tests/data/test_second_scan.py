"""A scan of what was scanned before writes what changed, and nothing else."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from checks.company import SpfState
from checks.lookup import Answer, RecordType, Result, ZoneResolver, txt
from data.observations import known
from data.schema import ObservationRow
from data.worker import scan
from tests.support.scans import PLATFORM, Records, Scripted, add, count, stored, zone


async def test_scanning_twice_changes_times_alone(engine: Engine) -> None:
    add(engine, range(20))
    await scan.run(engine, PLATFORM, Scripted(zone(20), at=1000.0))
    before, facts = stored(engine), count(engine, ObservationRow)
    await scan.run(engine, PLATFORM, Scripted(zone(20), at=2000.0))
    after = stored(engine)
    assert count(engine, ObservationRow) == facts
    assert {id: v.since for id, v in after.items()} == {id: v.since for id, v in before.items()}
    assert {v.checked_at.timestamp() for v in after.values()} == {2000.0}
    assert {id: v.diagnosis.findings for id, v in after.items()} == {
        id: v.diagnosis.findings for id, v in before.items()
    }


class _Written:
    """Counts the rows that are written to a table."""

    def __init__(self, engine: Engine, table: str) -> None:
        self.rows = 0
        self._into = f"INSERT INTO {table} "
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, _: object, __: object, statement: str, parameters: Any, ___: object, many: bool) -> None:
        if statement.startswith(self._into):
            self.rows += len(parameters) if many else 1


class Turning:
    """A zone whose records come in another order each time, with a TTL that counts down, as from a resolver."""

    def __init__(self, records: Records, at: float) -> None:
        self._zone, self._at, self._turns = ZoneResolver(records), at, 0  # type: ignore[arg-type]

    async def lookup(self, name: str, type: RecordType) -> Result:
        found = self._zone.find(name, type)
        self._turns += 1
        ttl = 300 - self._turns % 100
        if isinstance(found, Answer):
            records = found.records[::-1] if self._turns % 2 else found.records
            return replace(found, records=records, ttl=ttl, at=self._at)
        return replace(found, at=self._at)


async def test_an_unchanged_fleet_writes_no_facts_and_no_diagnosis_again(engine: Engine) -> None:
    records = zone(20)
    records["mx.ours.example", RecordType.A] = ["192.0.2.25", "192.0.2.26"]
    add(engine, range(20))
    await scan.run(engine, PLATFORM, Turning(records, at=1000.0))
    facts, judged = _Written(engine, "observations"), _Written(engine, "verdicts")
    await scan.run(engine, PLATFORM, Turning(records, at=2000.0))
    assert (facts.rows, judged.rows) == (0, 0)
    assert {v.checked_at.timestamp() for v in stored(engine).values()} == {2000.0}


async def test_what_changed_is_written_and_nothing_else(engine: Engine) -> None:
    records = zone(20)
    add(engine, range(20))
    await scan.run(engine, PLATFORM, Scripted(records, at=1000.0))
    facts, judged = _Written(engine, "observations"), _Written(engine, "verdicts")
    records["d3.example", RecordType.TXT] = [txt("v=spf1 include:spf.ours.example ~all")]
    await scan.run(engine, PLATFORM, Scripted(records, at=2000.0))
    assert (facts.rows, judged.rows) == (1, 1)
    assert stored(engine)["c00003"].diagnosis.spf is SpfState.EFFECTIVE
    with Session(engine) as session:
        seen = known(session, [("d3.example", RecordType.TXT), ("d3.example", RecordType.MX)])
    assert [o.result.at for o in seen.values()] == [1000.0, 2000.0]


async def test_a_lasting_failure_is_written_once_with_its_beginning(engine: Engine) -> None:
    add(engine, [0])
    await scan.run(engine, PLATFORM, Scripted(zone(1), at=1000.0))
    for at in (2000.0, 3000.0):
        facts = _Written(engine, "observations")
        await scan.run(engine, PLATFORM, Scripted(zone(1), at, dies_after=0))
        assert (facts.rows > 0) is (at == 2000.0)
    with Session(engine) as session:
        seen = known(session, [("d0.example", RecordType.TXT)])["d0.example", RecordType.TXT]
    assert seen.failure is not None
    assert (seen.result.at, seen.failure.at) == (1000.0, 2000.0)
