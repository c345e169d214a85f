"""How far a scan is, for people: a bar on a terminal, elsewhere a line every few seconds. On standard error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from data.worker.scan import Progress, Tell

SECONDS = 5.0
"""Between two lines."""


@contextmanager
def shown() -> Iterator[Tell]:
    """Shows what it is told, until the end."""
    console = Console(stderr=True)
    if not console.is_terminal:
        say = Lines(console)
        yield lambda now: say(line(now))
        return
    columns = (BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Bar("Scanning", *columns, console=console) as bar:
        task = bar.add_task("scan", total=None, pace="")
        yield lambda now: bar.update(task, completed=now.counts.done, total=now.total, pace=told(now))


class Lines:
    """A line when some seconds have passed since the last one."""

    def __init__(self, console: Console, seconds: float = SECONDS) -> None:
        self._console = console
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def __call__(self, line: str) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._seconds
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def line(now: Progress) -> str:
    return f"Scanning: {now.counts.done:,} of {now.total:,} companies, {told(now)}"


def told(now: Progress) -> str:
    """The pace, and how far the logins are, where there are any."""
    logins = now.logins
    return f"{pace(now)}, {logins.done:,} of {logins.due:,} logins" if logins.due else pace(now)


def pace(now: Progress) -> str:
    """Such as `412 domains/s, 1:05 left`; the time left only once it can be told."""
    rate = f"{now.counts.domains / max(now.seconds, 0.001):,.0f} domains/s"
    if not now.counts.done:
        return rate
    left = now.seconds / now.counts.done * (now.total - now.counts.done)
    return f"{rate}, {clock(left)} left"


def clock(seconds: float) -> str:
    """`0:05`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
