"""One module a subcommand of `python -m data`: `add_parser(subparsers)` and `run(args, settings) -> status`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from checks.command import Parser, PlatformSettings

__all__ = ["Parser", "Settings", "Subparsers"]

Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What `add_parser` adds to."""


class Settings(PlatformSettings, Protocol):
    """What the commands use of `settings.Settings`."""

    @property
    def database(self) -> str: ...
    @property
    def secret_keys(self) -> Sequence[str]: ...
    @property
    def var(self) -> Path: ...
