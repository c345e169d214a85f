"""What the benchmarks need beside the project, and the one line that says what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SBIN = "/usr/sbin:/usr/local/sbin"
_PACKAGES = {"checkdmarc": "requirements-bench.txt: make bench installs it"}


def program(name: str) -> str | None:
    """Where a program is, also where only root looks for it."""
    return shutil.which(name) or shutil.which(name, path=_SBIN)


def missing(*names: str) -> str:
    """One line about those programs and Python packages that are not there; empty if all are."""
    gone = [_how_to_get(name) for name in names if not _is_there(name)]
    return f"the benchmark needs {', '.join(gone)}" if gone else ""


def _is_there(name: str) -> bool:
    if name in _PACKAGES:
        return importlib.util.find_spec(name) is not None
    return program(name) is not None


def _how_to_get(name: str) -> str:
    return f"{name} ({_PACKAGES.get(name) or f'Debian: apt install {name}'})"


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
