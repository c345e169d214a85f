"""What `conftest.py` promises of a whole run, seen from outside: pytest run on a folder with one test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

SWALLOWS = """
import socket
def test_it():
    try:
        socket.create_connection(("192.0.2.1", 25))
    except BaseException:
        pass
"""
SKIPS = """
import pytest
def test_it():
    pytest.skip("no NSD on this machine")
def test_other():
    pass
"""
SKIPS_WHOLE_FILE = """
import pytest
pytest.importorskip("no_such_package")
"""


def run(directory: Path, source: str, **environ: str) -> tuple[int, str]:
    (directory / "test_it.py").write_text(source)
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "SENDWELL_NO_SKIP")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", os.devnull, "--rootdir", ".", "."],
        cwd=directory,
        env={**inherited, "PYTHONPATH": str(PROJECT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_refusal_that_the_code_swallows_fails_the_test(tmp_path: Path) -> None:
    status, said = run(tmp_path, SWALLOWS)
    assert status == 1
    assert "kept quiet about it" in said


def test_a_skipped_test_is_no_failure_on_somebodys_machine(tmp_path: Path) -> None:
    status, said = run(tmp_path, SKIPS)
    assert status == 0
    assert "1 passed, 1 skipped" in said


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"SENDWELL_NO_SKIP": "1"}])
def test_a_skipped_test_fails_where_everything_is_installed(tmp_path: Path, environ: dict[str, str]) -> None:
    status, said = run(tmp_path, SKIPS, **environ)
    assert status == 1
    assert "test_it.py::test_it: Skipped: no NSD on this machine" in said
    assert "1 passed, 1 skipped" in said


def test_a_skipped_file_fails_there_too(tmp_path: Path) -> None:
    status, said = run(tmp_path, SKIPS_WHOLE_FILE, CI="true")
    assert status != 0
    assert "no_such_package" in said
