"""What the commands share: how they end (interfaces.md, exit status), and the platform they are given."""

from __future__ import annotations

import argparse
import asyncio
import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn, Protocol

from checks import memory
from checks.domain_name import BadName, domain
from checks.platform import Dkim, Fallback, Platform
from checks.resolver import LiveResolver, NoNameservers
from checks.spf.tree import Tree, walk

DONE, REJECTED, USAGE, COULD_NOT_LOOK = 0, 1, 2, 3
INTERRUPTED = 130


class Stop(Exception):
    """Ends a command: one line on standard error, and this exit status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """Tells wrong usage in one line, as every error."""

    def error(self, message: str) -> NoReturn:
        raise Stop(USAGE, f"{message}: {self.prog} --help tells how it is used")


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a command with the process's arguments and end the process as interfaces.md says."""
    memory.keep_to_ourselves()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _open_output()
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except Stop as stop:
        print(" ".join(str(stop).split()), file=sys.stderr)
        status = stop.status
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: nothing is left to say
        _discard_output()
        status = DONE
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF):
            raise
        _discard_output()
        print(f"the output cannot be written: {problem.strerror}", file=sys.stderr)
        status = USAGE
    sys.exit(status)


def _open_output() -> None:
    """What is printed where the caller closed it goes nowhere; what the terminal's encoding lacks becomes escapes."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """So that flushing at exit does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    """Hostile text for a terminal: what does not print (escape sequences, say) as backslash escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class PlatformSettings(Protocol):
    """What `settings.Settings` has of these."""

    @property
    def nameservers(self) -> tuple[str, ...]: ...
    @property
    def queries_per_second(self) -> int | None: ...
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


def resolver(settings: PlatformSettings) -> LiveResolver:
    """The live resolver that the settings name, or the system's; `Stop(3)` when there is none."""
    try:
        return LiveResolver(settings.nameservers or None, queries_per_second=settings.queries_per_second)
    except NoNameservers as problem:
        raise Stop(COULD_NOT_LOOK, str(problem)) from None
    except ValueError as problem:
        raise Stop(USAGE, f"SENDWELL_NAMESERVERS: {problem}") from None


def platform(settings: PlatformSettings) -> Platform:
    """The platform that the settings describe; `Stop(2)` naming what is missing, and what to choose from."""
    if not settings.include:
        mend = "set it to the domain that companies include, such as spf.example.com"
        raise Stop(USAGE, f"SENDWELL_INCLUDE is not set: {mend}")
    include = _name("SENDWELL_INCLUDE", settings.include)
    if not settings.sending_addresses:
        raise Stop(USAGE, asyncio.run(_choice(include, settings)))
    return Platform(
        include=include,
        sending_addresses=settings.sending_addresses,
        domain=_name("SENDWELL_DOMAIN", settings.domain) if settings.domain else None,
        envelope=settings.envelope,
        dkim=Dkim(settings.dkim),
        fallback=Fallback(settings.fallback),
    )


def _name(setting: str, text: str) -> str:
    try:
        return domain(text)
    except BadName as problem:
        raise Stop(USAGE, f"{setting}: {problem}") from None


async def _choice(include: str, settings: PlatformSettings) -> str:
    """What to say when no sending address is set: one of each network in the include, nested ones too."""
    async with resolver(settings) as live:
        tree = await walk(include, live)
    return (
        "SENDWELL_SENDING_ADDRESSES is not set: set it to the addresses that the platform really sends from."
        f" {_to_choose_from(tree)}"
    )


def _to_choose_from(tree: Tree) -> str:
    """One address of each network, or why there is none: not there and not looked up are two things."""
    found = ", ".join(dict.fromkeys(_addresses(tree)))
    failed = next((node.failure for node in tree.nodes if node.failure), None)
    if failed:
        more = f"could not be looked up ({failed.name}: {failed.reason}), so none can be named to choose from"
        return f"Its include {more}" if not found else f"Some of the include {more}; those known: {found}"
    if not found:
        return f"The record of {tree.root.name} names no network to choose from ({tree.root.state})"
    return f"One of each network in the include, to choose from: {found}"


def _addresses(tree: Tree) -> list[str]:
    networks = [d.network for n in tree.nodes for r in n.records for d in r.directives if d.network]
    return [str(network[min(1, network.num_addresses - 1)]) for network in networks]
