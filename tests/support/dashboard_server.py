"""The real dashboard on a free loopback port, for the tests that talk to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "dashboard")


@dataclass(frozen=True)
class Running:
    """A dashboard that answers at `url`."""

    url: str
    port: int
    process: subprocess.Popen[str]

    def interrupt(self) -> tuple[int, str, str]:
        """Ctrl-C: its exit status, and what it still had to say on standard output and error."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(database: str, port: int, **more: str) -> dict[str, str]:
    """The settings of a dashboard, and nothing of what the developer has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SENDWELL_")}
    return {**own, "SENDWELL_DATABASE": database, "SENDWELL_PORT": str(port), **more}


@contextmanager
def running(database: str, **more: str) -> Iterator[Running]:
    """Start it, and wait until it says where it is."""
    port = free_port()
    process = subprocess.Popen(
        COMMAND,
        cwd=PROJECT,
        env=environment(database, port, **more),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"the dashboard did not start: {process.communicate()[1]}")
        yield Running(line.split()[-1], port, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=20)
