"""Runs the command that the demo was prepared for, and passes on what it is told: signals in, exit status out."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import FrameType

from checks.command import USAGE, Stop

GRACE = 3.0
"""Seconds after which a Ctrl-C that the terminal sent to the command as well is passed on all the same."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The command's exit status, 128 + N when signal N ended it. `Stop(2)` when it cannot be started."""
    passing_on = _PassingOn()
    before = {number: signal.signal(number, passing_on) for number in _SIGNALS}
    try:
        with subprocess.Popen(command, env=environment) as process:
            passing_on.to(process)
            status = process.wait()
    except OSError as error:
        raise Stop(USAGE, f"{command[0]} cannot be started ({error.strerror})") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


class _PassingOn:
    """A signal handler; what arrives before the process is there waits for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started = threading.Event()

    def to(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._started.set()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        delay = GRACE if number == signal.SIGINT and _at_a_terminal() else 0
        timer = threading.Timer(delay, self._send, (number,))
        timer.daemon = True
        timer.start()

    def _send(self, number: int) -> None:
        self._started.wait()
        if self._process:
            self._process.send_signal(number)


def _at_a_terminal() -> bool:
    """Whether a Ctrl-C at the terminal reaches the command too, which is in our process group."""
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
