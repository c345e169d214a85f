"""A verdict stands while the DNS says what it said: a second scan then judges nobody, and any change is seen."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_address

import pytest
from sqlalchemy import Engine, update

from checks import diagnosis
from checks.company import Company, Diagnosis, SendingMethod, SpfState
from checks.lookup import FailureReason, Mx, Record, RecordType, Result, Txt, ZoneResolver, txt
from checks.platform import Platform
from data.engine import open_engine, writing
from data.schema import CompanyRow
from data.worker import basis, scan
from tests.bench import real_fleet, zone_file
from tests.support.scans import NOW, PLATFORM, Scripted, add, stored, zone

Records = dict[tuple[str, RecordType], list[Record]]


@pytest.fixture
async def scanned(engine: Engine) -> Engine:
    """Five companies, judged once."""
    add(engine, range(5))
    await scan.run(engine, PLATFORM, Scripted(zone(5), at=1000.0))
    return engine


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the companies that were judged from now on; the platform's own is the empty one."""
    ids: list[str] = []
    honest = diagnosis.judge

    def noted(company: Company, platform: Platform, facts: diagnosis.Facts) -> Diagnosis:
        ids.append(company.id)
        return honest(company, platform, facts)

    monkeypatch.setattr(diagnosis, "judge", noted)
    return ids


async def test_while_everything_is_as_before_nobody_is_judged(scanned: Engine, judged: list[str]) -> None:
    before = stored(scanned)
    summary = await scan.run(scanned, PLATFORM, Scripted(zone(5), at=2000.0))
    assert judged == [""]
    assert (summary.companies, summary.domains, summary.broken, summary.unknown) == (5, 5, 0, 0)
    after = stored(scanned)
    assert {v.checked_at.timestamp() for v in after.values()} == {2000.0}
    assert all(after[id].attempted_at > v.attempted_at for id, v in before.items())
    assert all(after[id].since == v.since for id, v in before.items())
    assert {id: replace(v.diagnosis, checked_at=0) for id, v in after.items()} == {
        id: replace(v.diagnosis, checked_at=0) for id, v in before.items()
    }


async def test_whose_record_changed_is_judged_anew(scanned: Engine, judged: list[str]) -> None:
    changed = zone(5) | {("d1.example", RecordType.TXT): [txt("v=spf1 include:spf.ours.example -all")]}
    await scan.run(scanned, PLATFORM, Scripted(changed, at=2000.0))
    assert sorted(judged) == ["", "c00001"]
    assert stored(scanned)["c00001"].diagnosis.spf is SpfState.EFFECTIVE


async def test_our_include_stands_under_all_who_do_not_name_it(scanned: Engine, judged: list[str]) -> None:
    """A network of ours in a company's record is a part of our include only while the include has it."""
    record = {("d1.example", RecordType.TXT): [txt("v=spf1 ip4:192.0.2.128/25 -all")]}
    await scan.run(scanned, PLATFORM, Scripted(zone(5) | record, at=2000.0))
    assert stored(scanned)["c00001"].diagnosis.spf is SpfState.INEFFECTIVE
    narrower = {("spf.ours.example", RecordType.TXT): [txt("v=spf1 ip4:192.0.2.1 -all")]}
    judged.clear()
    await scan.run(scanned, PLATFORM, Scripted(zone(5) | record | narrower, at=3000.0))
    assert "c00001" in judged
    assert stored(scanned)["c00001"].diagnosis.spf is SpfState.MISSING


async def test_the_order_of_records_is_no_change(engine: Engine, judged: list[str]) -> None:
    add(engine, [0])
    exchangers = [Mx(10, "mx.ours.example"), Mx(10, "mx2.ours.example")]
    some = zone(1) | {("mx2.ours.example", RecordType.A): ["192.0.2.26"]}
    await scan.run(engine, PLATFORM, Scripted(some | {("d0.example", RecordType.MX): exchangers}, at=1.0))
    judged.clear()
    turned = {("d0.example", RecordType.MX): exchangers[::-1]}
    await scan.run(engine, PLATFORM, Scripted(some | turned, at=2.0))
    assert judged == [""]


@pytest.mark.parametrize("column", [{"email": "other@d0.example"}, {"email_validated_at": None}])
async def test_a_company_that_changed_is_judged_anew(
    scanned: Engine, judged: list[str], column: dict[str, object]
) -> None:
    with writing(scanned) as session:
        session.execute(update(CompanyRow).where(CompanyRow.id == "c00000").values(**column))
    await scan.run(scanned, PLATFORM, Scripted(zone(5), at=2000.0))
    assert sorted(judged) == ["", "c00000"]


@pytest.mark.parametrize(
    "other",
    [
        replace(PLATFORM, sending_addresses=(ip_address("192.0.2.2"),)),
        replace(PLATFORM, include="spf.other.example"),
        replace(PLATFORM, envelope="platform"),
    ],
)
async def test_with_another_platform_all_are_judged_anew(
    scanned: Engine, judged: list[str], other: Platform
) -> None:
    await scan.run(scanned, other, Scripted(zone(5), at=2000.0))
    assert len(judged) == 6


async def test_other_rules_judge_all_anew(
    scanned: Engine, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basis, "_rules", lambda: "of tomorrow")
    await scan.run(scanned, PLATFORM, Scripted(zone(5), at=2000.0))
    assert len(judged) == 6


async def test_what_cannot_be_looked_up_is_judged_each_time(engine: Engine, judged: list[str]) -> None:
    add(engine, [0])
    failing = {("d0.example", RecordType.TXT): FailureReason.SERVFAIL}
    for at in (1000.0, 2000.0):
        records: Mapping[tuple[str, RecordType], Iterable[Record]] = zone(1)  # type: ignore[assignment]
        summary = await scan.run(engine, PLATFORM, ZoneResolver(records, failing, at=at))
        assert summary.unknown == 1
    assert judged.count("c00000") == 2


async def test_a_failure_after_an_answer_leaves_the_verdict_and_its_time(
    scanned: Engine, judged: list[str]
) -> None:
    before = stored(scanned)["c00000"]
    await scan.run(scanned, PLATFORM, Scripted(zone(5), at=2000.0, dies_after=0))
    after = stored(scanned)["c00000"]
    assert (after.diagnosis.verdict, after.checked_at) == (before.diagnosis.verdict, before.checked_at)
    judged.clear()
    await scan.run(scanned, PLATFORM, Scripted(zone(5), at=3000.0))
    await scan.run(scanned, PLATFORM, Scripted(zone(5), at=4000.0))
    assert stored(scanned)["c00000"].checked_at.timestamp() == 4000.0
    assert judged.count("c00000") == 1


async def test_what_a_large_include_leads_to_stands_under_all_who_name_it(engine: Engine) -> None:
    """Seven times ten exchangers: more than are looked up for a company, and the include is evaluated only once."""
    add(engine, [1, 3])
    large: Records = {("large.example", RecordType.TXT): [txt(f"v=spf1 {_terms('mx:m{}.example', 7)} -all")]}
    for n in range(7):
        large[f"m{n}.example", RecordType.MX] = [Mx(10, f"h{n}{host}.example") for host in range(10)]
        large |= {(f"h{n}{host}.example", RecordType.A): ["198.51.100.1"] for host in range(10)}
    for n in (1, 3):
        large[f"d{n}.example", RecordType.TXT] = [txt("v=spf1 include:large.example -all")]
    await scan.run(engine, PLATFORM, Scripted(zone(4) | large, at=1000.0), width=1)
    large["h69.example", RecordType.A] = [str(address) for address in PLATFORM.sending_addresses]
    await scan.run(engine, PLATFORM, Scripted(zone(4) | large, at=2000.0))
    assert {v.diagnosis.spf for v in stored(engine).values()} == {SpfState.EFFECTIVE}


def _terms(pattern: str, count: int) -> str:
    return " ".join(pattern.format(number) for number in range(count))


class Turning:
    """Says what it says `before` until a name is asked for, and from then on something else."""

    def __init__(self, before: Scripted, after: Scripted, turn: str) -> None:
        self._says, self._after, self._turn = before, after, turn

    async def lookup(self, name: str, type: RecordType) -> Result:
        if name == self._turn:
            self._says = self._after
        return await self._says.lookup(name, type)


@pytest.mark.parametrize("width", [1, 256])
async def test_what_an_include_said_before_it_changed_is_no_verdict_on_what_it_says_now(
    engine: Engine, width: int
) -> None:
    """Our include loses the sending address after the first company was judged, and the scan goes on."""
    add(engine, range(0, 10, 2))
    poorer = zone(10) | {("spf.ours.example", RecordType.TXT): [txt("v=spf1 ip4:198.51.100.0/24 -all")]}
    turning = Turning(Scripted(zone(10), at=1000.0), Scripted(poorer, at=1001.0), "d2.example")
    await scan.run(engine, PLATFORM, turning, width=width)
    await scan.run(engine, PLATFORM, Scripted(poorer, at=2000.0))
    assert {v.diagnosis.spf for v in stored(engine).values()} == {SpfState.INEFFECTIVE}


def test_the_rules_are_those_of_this_code() -> None:
    company = Company("1", "One", SendingMethod.OWN_ADDRESS, "info@d0.example", True)
    judges = basis.judged_by(PLATFORM)
    assert basis.digest_of(judges, company, {}) == basis.digest_of(judges, company, {}) != 0
    assert len(basis._rules()) == 16


@pytest.mark.skipif(not real_fleet.RECORDS.exists(), reason="../shared/real is absent")
async def test_after_any_change_of_real_records_a_scan_says_what_a_first_one_would(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """300 real domains, of whose names, and of those that they lead to, a seventh says something else."""
    place = real_fleet.zone(tmp_path_factory.mktemp("real"))
    records: Records = zone_file.records(place / "root.zone")
    domains = (place / "domains.txt").read_text().split()[:6000:20]
    platform = Platform("_spf.google.com", tuple(map(ip_address, real_fleet.ADDRESSES)))
    luck = random.Random(4)
    engine = open_engine("sqlite://")
    with writing(engine) as session:
        for number, domain in enumerate(domains):
            session.add(_row(number, domain))
    for at in (1.0, 2.0, 3.0):
        live = ZoneResolver(records, at=at)
        await scan.run(engine, platform, live)
        alone = open_engine("sqlite://")
        with writing(alone) as session:
            for number, domain in enumerate(domains):
                session.add(_row(number, domain))
        await scan.run(alone, platform, live)
        as_first = {id: replace(v.diagnosis, checked_at=0) for id, v in stored(alone).items()}
        assert {id: replace(v.diagnosis, checked_at=0) for id, v in stored(engine).items()} == as_first
        records = _changed(records, luck)


def _row(number: int, domain: str) -> CompanyRow:
    method = list(SendingMethod)[number % 3].value
    return CompanyRow(
        id=f"{number:05}",
        name=domain,
        email=f"info@{domain}",
        email_validated_at=NOW,
        sending_method=method,
        domain=domain,
        imported_at=NOW,
    )


def _changed(records: Records, luck: random.Random) -> Records:
    """Some records are gone, some have another text, some an address more."""
    changed = dict(records)
    for key in luck.sample(sorted(records), len(records) // 7):
        _, type = key
        match luck.randrange(3), type:
            case 0, _:
                del changed[key]
            case _, RecordType.TXT:
                texts = [t for t in records[key] if isinstance(t, Txt)]
                changed[key] = [txt(t.octets.replace(b"-all", b"~all").replace(b"a:", b"mx:")) for t in texts]
            case _, RecordType.A:
                changed[key] = [*records[key], "192.0.2.77"]
            case _, RecordType.MX:
                changed[key] = [*records[key], Mx(99, "mx.added.example")]
    return changed
