"""One module a subcommand of `python -m data`: `add_parser(subparsers)` and `run(args, settings) -> status`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from checks.command import Parser
from checks.commands_smtp import SmtpSettings
from data import companies

__all__ = ["Parser", "Settings", "Subparsers", "company_id", "forgotten"]

Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What `add_parser` adds to."""


class Settings(SmtpSettings, Protocol):
    """What the commands use of `settings.Settings`."""

    @property
    def database(self) -> str: ...
    @property
    def secret_keys(self) -> Sequence[str]: ...
    @property
    def var(self) -> Path: ...


def company_id(text: str) -> str:
    """An argument as imports store it: trimmed."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not UTF-8 text, as every id is") from None
    return text.strip()


def forgotten(passwords: int) -> str:
    """A sentence about those that were deleted."""
    days = companies.KEEPS_PASSWORD.days
    return (
        f"{passwords:,} stored passwords were deleted: of companies that are gone for more than {days} days"
    )
