"""The measured processes do what they are measured for, on a made-up fleet that NSD serves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench import fleet, generated_fleet, measured
from tests.bench.fleet import Fleet
from tests.bench.where_time_goes import Sampler, scanned
from tests.support.nsd import NSD

DOMAINS = 400

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(NSD is None, reason="NSD is not installed (Debian, Ubuntu: apt install nsd)"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    where = tmp_path_factory.mktemp("fleet")
    generated_fleet.write(where / "zone", DOMAINS)
    include, addresses = generated_fleet.INCLUDE, generated_fleet.ADDRESSES
    with fleet.served(where, where / "zone", include, addresses) as made:
        yield made


@pytest.mark.parametrize("what", ["resolve", "judge"])
@pytest.mark.parametrize("processes", [1, 2])
def test_every_domain_is_asked_about_and_answered(made: Fleet, what: str, processes: int) -> None:
    asked = ("--server", made.address, "--domains", str(made.zone.parent / "domains.txt"))
    said = measured.run("-m", "tests.bench.asking", what, *asked, "--processes", str(processes)).said
    assert (said["domains"], said["failed"]) == (DOMAINS, 0)
    assert said["queries"] > 4 * DOMAINS


async def test_a_scan_of_the_made_up_fleet_leaves_nothing_unknown_and_its_time_has_rooms(made: Fleet) -> None:
    made.take_in()
    sampler = Sampler()
    with sampler.watching():
        summary = await scanned(made)
    assert (summary.domains, summary.unknown) == (DOMAINS, 0)
    rooms = {room for room, _, _ in sampler.seconds}
    assert {"judge: SPF", "store"} <= rooms
    exported = made.export()
    assert {row["spf"] for row in exported} >= {"effective", "missing"}
    made.forget()
    assert not made.database.exists()
