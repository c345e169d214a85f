"""What others may see of this process's memory."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4
"""prctl(2)."""


def keep_to_ourselves() -> None:
    """When this process crashes nothing of its memory is written to a file or given to a program that reports crashes,
    and no other process of the same user may read it. Passwords and keys may be in it."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # where a program takes the core, the limit does not count: core(5)
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
