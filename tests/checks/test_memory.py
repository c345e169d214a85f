"""A command's memory is its own: no core, and nobody reads it."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CRASHES = """
import ctypes, os, sys
sys.path.insert(0, {project!r})
from checks import command, memory
def main(_):
    print(ctypes.CDLL(None).prctl(3), flush=True)
    os.abort()
if {keeps}:
    command.run(main)
main(())
"""


def crashed(directory: Path, keeps: bool) -> tuple[bytes, list[str]]:
    """What it said of itself (1: may be dumped), and the files that it left."""
    code = CRASHES.format(project=str(PROJECT), keeps=keeps)
    limits = (resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1])
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import resource; resource.setrlimit({limits[0]}, ({limits[1]},) * 2)\n{code}",
        ],
        cwd=directory,
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == -signal.SIGABRT
    return done.stdout.strip(), [path.name for path in directory.iterdir()]


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux whether a process may be dumped")
def test_a_command_that_crashes_leaves_no_core(tmp_path: Path) -> None:
    assert crashed(tmp_path, keeps=True) == (b"0", [])
    assert crashed(tmp_path, keeps=False)[0] == b"1"  # as it would be
