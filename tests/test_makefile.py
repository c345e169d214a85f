"""`make run`: what it starts, in which order, and what it says when it cannot start; with stand-ins for Python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")
GIVEN = (
    "COMPANIES",
    "INCLUDE",
    "ADDRESSES",
    "DOMAIN",
    "NAMESERVERS",
    "PORT",
    "PYTHON",
    "MAKEFLAGS",
    "MAKELEVEL",
)

STAND_IN = """#!/bin/sh
printf '[%s]' "$@"; echo
env | grep ^SENDWELL_ | sort
case "$*" in "-m data import"*) exit ${IMPORT_STATUS:-0};; esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile, and a finished `.venv` whose Python only says what it was asked."""
    for name in ("Makefile", *REQUIREMENTS):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text(STAND_IN)
    (tmp_path / ".venv/bin/python").chmod(0o755)
    (tmp_path / ".venv/runs").touch()
    return tmp_path


def make(clone: Path, *arguments: str, **environ: str) -> tuple[int, list[str], str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in GIVEN and not name.startswith("SENDWELL_")
    }
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=clone,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_run_alone_starts_the_dashboard_through_the_demo(clone: Path) -> None:
    status, said, _ = make(clone, "run", "PORT=8600")
    assert status == 0
    assert said[-2:] == ["[-m][data.demo][.venv/bin/python][-m][dashboard]", "SENDWELL_PORT=8600"]


def test_run_with_companies_imports_scans_and_serves(clone: Path) -> None:
    status, said, _ = make(clone, "run", "COMPANIES=file.csv", "INCLUDE=spf.example.com")
    assert status == 0
    assert [line for line in said if line.startswith("[")] == [
        "[-m][dashboard][--check]",
        "[-m][data][import][file.csv]",
        "[-m][data][scan]",
        "[-m][dashboard]",
    ]
    assert {line for line in said if not line.startswith("[")} == {"SENDWELL_INCLUDE=spf.example.com"}


def test_values_reach_the_programs_as_they_were_written(clone: Path) -> None:
    name = """a b'c "d" $HOME $(id) `id`; #x.csv"""
    _, said, _ = make(clone, "run", f"COMPANIES={name}", "ADDRESSES=192.0.2.1, 2001:db8::1", "DOMAIN=$x;id")
    assert f"[-m][data][import][{name}]" in said
    assert {"SENDWELL_SENDING_ADDRESSES=192.0.2.1, 2001:db8::1", "SENDWELL_DOMAIN=$x;id"} <= set(said)


def test_rejected_rows_do_not_stop_the_run(clone: Path) -> None:
    status, said, _ = make(clone, "run", "COMPANIES=file.csv", IMPORT_STATUS="1")
    assert status == 0
    assert "[-m][dashboard]" in said


@pytest.mark.parametrize("import_status", ["2", "3"])
def test_an_import_that_failed_stops_the_run(clone: Path, import_status: str) -> None:
    status, said, complaint = make(clone, "run", "COMPANIES=file.csv", IMPORT_STATUS=import_status)
    assert status == 2
    assert f"Error {import_status}" in complaint
    assert "[-m][data][scan]" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "[-m][tests.bench]"),
        (("BENCH=--domains 5",), "[-m][tests.bench][--domains][5]"),
        (("BENCH=growth --runs 1",), "[-m][tests.bench][growth][--runs][1]"),
        (("PROFILE=1", "BENCH=--domains 5"), "[-m][tests.bench][profile][--domains][5]"),
    ],
)
def test_bench_measures_what_was_asked_for(clone: Path, given: tuple[str, ...], said: str) -> None:
    (clone / ".venv/measures").touch()
    assert make(clone, "bench", *given)[:2] == (0, [said])


def test_without_python_one_line_says_so(clone: Path) -> None:
    shutil.rmtree(clone / ".venv")
    status, _, complaint = make(clone, "run", "PYTHON=/nowhere/python 3")
    assert status == 2
    assert complaint.splitlines()[0] == (
        "sendwell: no Python 3.11 or later found (/nowhere/python 3): install one, or name it: PYTHON=/path/to/python3"
    )
    assert len(complaint.splitlines()) == 2  # the other is make's own


def test_an_installation_that_was_broken_off_is_made_anew(clone: Path) -> None:
    """Its requirements changed, pip was killed half way: the stamps are gone and the mark stands."""
    (clone / ".venv/runs").unlink()
    (clone / ".venv/unfinished").touch()
    status, said, _ = make(clone, "run", "PYTHON=/nowhere/python3")
    assert status == 2
    assert said == []
