"""The made-up fleet is the same each time, and looks like the real one."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

from checks.lookup import RecordType
from checks.spf.record import published
from tests.bench import generated_fleet, zone_file

COUNT = 3000


def fleet(where: Path, count: int, seed: int = 1) -> tuple[str, list[str]]:
    generated_fleet.write(where, count, seed=seed)
    return (where / "root.zone").read_text(), (where / "domains.txt").read_text().split()


def test_the_same_seed_gives_the_same_fleet(tmp_path: Path) -> None:
    first = fleet(tmp_path / "a", 200)
    assert first == fleet(tmp_path / "b", 200)
    assert first != fleet(tmp_path / "c", 200, seed=2)


def test_a_smaller_fleet_is_the_beginning_of_a_larger_one(tmp_path: Path) -> None:
    small, large = fleet(tmp_path / "a", 100), fleet(tmp_path / "b", 200)
    assert large[0].startswith(small[0])
    assert large[1][:100] == small[1]
    assert len(set(large[1])) == 200


def test_domains_of_another_zone_count_and_stand_among_the_others(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "root.zone").write_text(generated_fleet.HEAD + "real.example. A 192.0.2.1\n")
    (real / "domains.txt").write_text("".join(f"{number}.real.example\n" for number in range(50)))
    generated_fleet.write(tmp_path, 100, beyond=real)
    domains = (tmp_path / "domains.txt").read_text().split()
    assert len(domains) == 100
    assert sum(domain.endswith(".real.example") for domain in domains) == 50
    assert 10 < sum(domain.endswith(".real.example") for domain in domains[:50]) < 40
    assert "real.example. A 192.0.2.1" in (tmp_path / "root.zone").read_text()


def test_the_shapes_are_those_that_were_counted(tmp_path: Path) -> None:
    _, domains = fleet(tmp_path, COUNT)
    zone = zone_file.read(tmp_path / "root.zone")
    mx = Counter(len(getattr(zone.find(domain, RecordType.MX), "records", ())) for domain in domains)
    texts = [getattr(zone.find(domain, RecordType.TXT), "records", ()) for domain in domains]
    records = [published(found) for found in texts]
    assert 0.58 < mx[1] / COUNT < 0.68
    assert 0.02 < mx[0] / COUNT < 0.03
    assert 0.06 < sum(not found for found in records) / COUNT < 0.12
    assert sum(len(found) > 1 for found in records) > 0
    assert sum(bool(found and found[0].problems) for found in records) > 0


def test_services_have_a_few_heads_and_a_long_tail() -> None:
    random = Random(1)
    drawn = Counter(islice(iter(lambda: generated_fleet._service(random), "never"), 20_000))
    services = [service for service in drawn if service is not None]
    assert 0.20 < drawn[0] / 20_000 < 0.23
    assert 0.07 < drawn[None] / 20_000 < 0.08
    assert 0.36 < sum(drawn[service] for service in services if service < 10) / 20_000 < 0.40
    assert max(services) < generated_fleet.SERVICES
