"""What the commands share: how they end (interfaces.md, exit status), and the platform they are given."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn, Protocol

from checks.platform import Dkim, Fallback, Platform

DONE, REJECTED, USAGE, COULD_NOT_LOOK = 0, 1, 2, 3


class Stop(Exception):
    """Ends a command: one line on standard error, and this exit status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a command with the process's arguments and end the process as interfaces.md says."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except Stop as stop:
        print(" ".join(str(stop).split()), file=sys.stderr)
        status = stop.status
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader of our output went away: nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    sys.exit(status)


class PlatformSettings(Protocol):
    """What `settings.Settings` has of these."""

    @property
    def include(self) -> str | None: ...
    @property
    def sending_addresses(self) -> tuple[IPv4Address | IPv6Address, ...]: ...
    @property
    def domain(self) -> str | None: ...
    @property
    def envelope(self) -> str: ...
    @property
    def dkim(self) -> str: ...
    @property
    def fallback(self) -> str: ...


def platform(settings: PlatformSettings) -> Platform:
    """The platform that the settings describe; `Stop(2)` naming what is missing."""
    if not settings.include:
        raise Stop(USAGE, "SENDWELL_INCLUDE is not set: name the domain that companies include, such as spf.example.com")
    if not settings.sending_addresses:
        raise Stop(USAGE, "SENDWELL_SENDING_ADDRESSES is not set: name the IP addresses that the platform sends from")
    return Platform(
        include=settings.include,
        sending_addresses=settings.sending_addresses,
        domain=settings.domain,
        envelope=settings.envelope,
        dkim=Dkim(settings.dkim),
        fallback=Fallback(settings.fallback),
    )
