"""What a task can know of itself."""

from __future__ import annotations

import asyncio


def asked_to_stop() -> bool:
    """Whether somebody cancelled the running task. `asyncio.wait_for` of Python 3.11 may swallow that, and go on with
    what came at the same moment: so whoever goes on to something that must not happen any more asks here."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
