"""What the benchmarks tell of their figures: what differs, what grew, whose time it was, what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checks.lookup import Mx, RecordType, ZoneResolver, txt
from tests.bench import dnsperf, measured, needed, questions, where_time_goes
from tests.bench.fleet import unlike
from tests.bench.soak import LEAST_SAMPLES, Look, Record, growth


def row(id: str, verdict: str, checked_at: str = "2026-01-01") -> dict[str, str]:
    return {"company_id": id, "verdict": verdict, "checked_at": checked_at, "since": checked_at}


def test_rows_that_differ_in_times_alone_are_alike() -> None:
    assert unlike([row("1", "ok")], [row("1", "ok", "2026-02-02")]) == []


def test_a_changed_value_and_a_lost_company_are_told() -> None:
    assert unlike([row("1", "ok"), row("2", "ok")], [row("1", "note"), row("3", "ok")]) == ["1", "2", "3"]


# The soak


def looks(*memory: float) -> list[Look]:
    return [Look(5.0 * at, megabytes, 10, 2) for at, megabytes in enumerate(memory)]


def test_memory_that_stays_has_not_grown_whatever_it_was_at_first() -> None:
    record = Record(looks=looks(80, 90, 100, 200, 210, 200, 205, 210, 215))
    assert growth(record) == []


def test_memory_that_goes_on_growing_is_told() -> None:
    (told,) = growth(Record(looks=looks(*range(100, 1000, 50))))
    assert told == "memory grew: 525 MB in the middle third, 825 MB in the last (medians)"


def test_a_file_or_a_task_that_a_scan_left_behind_is_told() -> None:
    steady = looks(*[100.0] * LEAST_SAMPLES)
    left = [Look(1, 100, 10, 2), Look(2, 100, 11, 3)]
    assert growth(Record(looks=steady, between=left)) == [
        "files between scans grew: 10 at first, 11 at the end",
        "tasks between scans grew: 2 at first, 3 at the end",
    ]


def test_too_few_looks_prove_nothing() -> None:
    (told,) = growth(Record(looks=looks(100, 100)))
    assert told.startswith("too short to tell")


# The profile


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("checks/resolver/transport.py", "resolver: transport"),
        ("checks/resolver/stream.py", "resolver: transport"),
        ("checks/resolver/wire.py", "resolver: wire"),
        ("checks/resolver/rdata.py", "resolver: wire"),
        ("checks/resolver/live.py", "resolver: live"),
        ("checks/spf/evaluate.py", "judge: SPF"),
        ("checks/fleet.py", "fleet"),
        ("data/worker/scan.py", "scan"),
        ("data/observations.py", "store"),
        ("dashboard/app.py", "other"),
    ],
)
def test_each_file_has_its_room(path: str, room: str) -> None:
    assert where_time_goes.room(path) == room


async def test_time_is_given_to_the_nearest_frame_of_ours() -> None:
    """Seen from a resolver of the tests, the project's `questions` are not ours, `checks` is."""
    seen = []

    class Looking:
        async def lookup(self, name: str, type: RecordType) -> object:
            seen.append(where_time_goes.place(sys._getframe()))
            return ZoneResolver({}).find(name, type)

    from checks.mx import exchangers

    await exchangers.gather("one.test", Looking())  # type: ignore[arg-type]
    assert seen[0] == ("judge: MX", "checks/mx/exchangers.py", "gather")
    assert where_time_goes.place(None)[0] == where_time_goes.LOOP


# What is asked


async def test_resolve_only_asks_what_a_diagnosis_asks_and_each_question_once() -> None:
    zone = ZoneResolver(
        {
            ("one.test", RecordType.TXT): [
                txt("v=spf1 a MX a:web.one.test/24 include:", "_spf.two.test exists:%{i}.one.test ~all")
            ],
            ("_spf.two.test", RecordType.TXT): [txt("v=spf1 redirect=three.test")],
            ("one.test", RecordType.MX): [Mx(10, "mx.one.test")],
        }
    )
    asked = {f"{name} {type}" for name, type in await questions.noted(zone, ["one.test", "one.test"])}
    assert asked == {
        *("one.test TXT", "_spf.two.test TXT", "three.test TXT", "www.one.test TXT", "_spf.one.test TXT"),
        *("one.test MX", "mx.one.test A", "mx.one.test AAAA", "one.test A", "one.test AAAA"),
        *("web.one.test A", "web.one.test AAAA", "_dmarc.one.test TXT", "_dmarc.test TXT"),
    }


def test_names_that_dnsperf_would_read_otherwise_are_left_out_and_counted(tmp_path: Path) -> None:
    target = tmp_path / "questions.txt"
    asked = [("one.test", RecordType.MX), ('o"ne.test', RecordType.A), ("_dmarc.one.test", RecordType.TXT)]
    assert dnsperf.write(asked, target) == 1
    assert target.read_text() == "one.test MX\n_dmarc.one.test TXT\n"


# What is measured


def test_a_measured_command_tells_its_memory_its_time_and_what_it_said() -> None:
    work = "held = bytearray(200_000_000); import time; time.sleep(1); print('{\"domains\": 3}')"
    run = measured.run("-c", work)
    assert run.said == {"domains": 3}
    assert run.peak > 200
    assert run.seconds > run.cpu > 0


def test_a_command_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(SystemExit, match="no such fleet"):
        measured.run("-c", "import sys; sys.exit('no such fleet')")


def test_what_is_missing_is_told_in_one_line_with_how_to_get_it() -> None:
    assert needed.missing("sh") == ""
    assert needed.missing("sh", "no-such-program") == (
        "the benchmark needs no-such-program (Debian: apt install no-such-program)"
    )
