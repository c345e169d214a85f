"""A scan whose name server dies half way: what was never known is unknown, what was known stays, nothing is missing."""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.nsd import NSD, serving

ROOT = Path(__file__).resolve().parents[2]
FLEET = 1200
HALF = FLEET // 2

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(NSD is None, reason="NSD is not installed (Debian, Ubuntu: apt install nsd)"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    lines = [
        "$ORIGIN .",
        "$TTL 300",
        "@ SOA ns.invalid. host.invalid. 1 1800 900 604800 300",
        "@ NS ns.invalid.",
    ]
    lines.append('spf.sendwell.example. TXT "v=spf1 ip4:192.0.2.0/24 ~all"')
    for number in range(FLEET):
        name = f"c{number}.example."
        lines += [f'{name} TXT "v=spf1 include:spf.sendwell.example -all"', f"{name} MX 10 mail.{name}"]
        lines += [f"mail.{name} A 198.51.100.7", f'_dmarc.{name} TXT "v=DMARC1; p=none"']
    (tmp_path / "root.zone").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")}
    return kept | {
        "SENDWELL_DATABASE": f"sqlite:///{place / 'fleet.db'}",
        "SENDWELL_INCLUDE": "spf.sendwell.example",
        "SENDWELL_SENDING_ADDRESSES": "192.0.2.1",
    }


def command(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "data", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(environment: dict[str, str], *arguments: str) -> None:
    done = command(environment, *arguments)
    _, error = done.communicate(timeout=200)
    assert done.returncode == 0, error


def import_first(place: Path, environment: dict[str, str], count: int) -> None:
    file = place / "companies.csv"
    rows = (f"{n},Company {n},info@c{n}.example,2026-01-01,own_address" for n in range(count))
    file.write_text("company_id,name,email,email_validated_at,sending_method\n" + "\n".join(rows) + "\n")
    run(environment, "import", str(file))


def exported(place: Path, environment: dict[str, str]) -> dict[str, dict[str, str]]:
    run(environment, "export", str(place / "export.csv"))
    with (place / "export.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["company_id"]: row for row in csv.DictReader(file)}


def wait_until_half_way(place: Path, scan: subprocess.Popen[str]) -> None:
    """Until the scan has stored something, which it does a few times a second."""
    with closing(sqlite3.connect(place / "fleet.db", timeout=30)) as database:
        while scan.poll() is None:
            (stored,) = database.execute("SELECT done FROM scans ORDER BY id DESC LIMIT 1").fetchone()
            if 0 < stored < FLEET and scans(database) == 2:
                return
            time.sleep(0.02)
    pytest.fail("the scan was over before it could be disturbed")


def scans(database: sqlite3.Connection) -> int:
    (count,) = database.execute("SELECT count(*) FROM scans").fetchone()
    return int(count)


def test_what_was_known_stays_and_nothing_reads_missing(place: Path, environment: dict[str, str]) -> None:
    with ExitStack() as running:
        environment["SENDWELL_NAMESERVERS"] = running.enter_context(serving(place, {".": "root.zone"}))
        import_first(place, environment, HALF)
        run(environment, "scan")
        before = exported(place, environment)
        assert Counter(row["spf"] for row in before.values()) == {"effective": HALF}
        import_first(place, environment, FLEET)
        scan = command(environment, "scan")
        wait_until_half_way(place, scan)
    # NSD is stopped now, in the middle of the scan.
    scan.communicate(timeout=250)
    assert scan.returncode in (0, 3)

    after = exported(place, environment)
    states = Counter((row["company_id"] in before, row["verdict"], row["spf"]) for row in after.values())
    assert {spf for _, _, spf in states} == {"effective", "unknown"}, states
    assert states[True, "ok", "effective"] == HALF, states
    assert 0 < states[False, "unknown", "unknown"] <= FLEET - HALF, states
    kept = [key for key, row in before.items() if after[key]["checked_at"] == row["checked_at"]]
    assert all(
        {k: v for k, v in after[key].items() if k != "checked_at"}
        == {k: v for k, v in row.items() if k != "checked_at"}
        for key, row in before.items()
    )
    newer = [key for key, row in before.items() if after[key]["checked_at"] > row["checked_at"]]
    assert len(kept) + len(newer) == HALF
    assert kept, "NSD was stopped too late to matter"
