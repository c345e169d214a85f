"""What runs beside the demo: its exit status comes out, signals go in."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checks.command import Stop
from data.demo import companion

ROOT = Path(__file__).parents[3]
WRAPPED = """
import os, sys
from data.demo import companion
sys.exit(companion.run([sys.executable, "-uc", sys.argv[1]], os.environ))
"""
WAITING = """
import signal, sys, time
def stop(number, frame):
    print("told", number, flush=True)
    sys.exit(7)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
time.sleep(60)
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_the_exit_status_comes_out() -> None:
    assert companion.run(python("raise SystemExit(5)"), os.environ) == 5


def test_death_by_a_signal_is_told_as_shells_do() -> None:
    assert companion.run(python("import os; os.kill(os.getpid(), 9)"), os.environ) == 137


def test_what_cannot_be_started_is_told_in_one_line() -> None:
    with pytest.raises(Stop) as stop:
        companion.run(["no-such-program"], os.environ)
    assert (stop.value.status, str(stop.value)) == (
        2,
        "no-such-program cannot be started (No such file or directory)",
    )


def test_the_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    companion.run(python("pass"), os.environ)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once_and_the_status_comes_out(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*python(WRAPPED), WAITING], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    assert (process.returncode, said) == (7, f"told {int(number)}\n")


def test_ctrl_c_at_a_terminal_reaches_the_command_once() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [*python(WRAPPED), WAITING])  # noqa: S606 (under a terminal of its own)
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    began = time.monotonic()
    _, status = os.waitpid(pid, 0)
    assert time.monotonic() - began < companion.GRACE
    said = os.read(terminal, 1000)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 7
    assert said.count(b"told 2") == 1
