"""Where the demo's mail servers listen, on loopback.

Each has an address of its own in 127.53.0.0/16, since refused logins count against a server's address, whoever's they
are. Where only the system's administrator may have the usual ports, they are at those that large senders offer beside
them. A machine that has 127.0.0.1 alone (macOS) has all of them there, each at ports of its own.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from types import MappingProxyType

from checks.smtp.result import Security
from data.demo.fleet import Company
from data.demo.mail_hosts import MailHost, mail_hosts
from data.demo.scenario import Manner

LOOPBACK = "127.0.0.0/8"
"""The network that the guard has to let through for the demo."""
BLOCKS, TRIES = 256, 8
_FIRST_PORT, _PORTS_OF_A_BLOCK = 20_000, 100


class Ports(Enum):
    """Which ports the servers have, in the order in which that is tried."""

    USUAL = auto()
    BESIDE_THEM = auto()
    ONE_ADDRESS = auto()
    """Ports of its own for each server, since all of them are at 127.0.0.1."""


_OF_EACH = MappingProxyType(
    {
        Ports.USUAL: {Security.STARTTLS: 587, Security.IMPLICIT: 465},
        Ports.BESIDE_THEM: {Security.STARTTLS: 2587, Security.IMPLICIT: 2465},
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """`block`: which of those that the demos of a machine share out."""

    block: int = 0
    ports: Ports = Ports.USUAL

    @property
    def one_address(self) -> bool:
        return self.ports is Ports.ONE_ADDRESS

    def address(self, host: str) -> str:
        """Of a server that is there, by its name."""
        return "127.0.0.1" if self.one_address else f"127.53.{self.block}.{_numbers()[host]}"

    def entered(self, company: Company) -> int:
        """The port that a company entered, whether a server is there or not."""
        return self.port(company.smtp_host, company.smtp_port_of)

    def port(self, host: str, security: Security) -> int:
        """For one kind of TLS; of a name that is no server's, one where nobody is."""
        if not self.one_address:
            return _OF_EACH[self.ports][security]
        first = _FIRST_PORT + self.block * _PORTS_OF_A_BLOCK
        return first + len(Security) * _numbers().get(host, 0) + list(Security).index(security)


@dataclass(frozen=True, slots=True)
class Seat:
    """A server's socket for one kind of TLS. It listens, unless whoever knocks there is to be refused."""

    host: MailHost
    security: Security
    socket: socket.socket


def take(first_block: int) -> tuple[Layout, tuple[Seat, ...]]:
    """The first block from there on that nobody has, with all its sockets. OSError where none is free."""
    for layout in _layouts(first_block):
        with ExitStack() as opened:
            try:
                seats = tuple(_seat(layout, host, kind, opened) for host in mail_hosts() for kind in Security)
            except OSError:
                continue
            opened.pop_all()
            return layout, seats
    raise OSError(
        f"the demo's mail servers find no free ports: {TRIES} other demos seem to run on this machine"
    )


def _layouts(first_block: int) -> Iterator[Layout]:
    blocks = [(first_block + n) % BLOCKS for n in range(TRIES)]
    return (Layout(block, ports) for ports in Ports for block in blocks)


def _seat(layout: Layout, host: MailHost, security: Security, opened: ExitStack) -> Seat:
    where = (layout.address(host.name), layout.port(host.name, security))
    sock = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    if host.manner is Manner.CLOSED:
        sock.bind(where)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that a restart need not wait a minute
        sock.bind(where)
        sock.listen()
    sock.setblocking(False)
    return Seat(host, security, sock)


@cache
def _numbers() -> Mapping[str, int]:
    return {host.name: number for number, host in enumerate(mail_hosts(), 1)}
