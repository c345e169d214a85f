"""Where we may connect: a company types a host, and must not reach our own network through us (CWE-918).

The name is resolved once, by our resolver; every address of it is vetted; the socket is connected to a vetted
address while TLS verifies the name. Nothing resolves again, so an answer that changes (DNS rebinding) gains
nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from checks.addresses import Address, why_not_public
from checks.domain_name import BadName, domain, quoted
from checks.lookup import Answer, LookupFailed, RecordType, Resolver
from checks.model import Rule
from checks.smtp import connection_rules as rules

Network = IPv4Network | IPv6Network

SUBMISSION_PORTS = frozenset({465, 587, 2465, 2525, 2587})
"""RFC 8314 3.3 and 3.1, and what large senders offer beside them where 587 is blocked."""
RELAY_PORT = 25

MAX_ADDRESSES = 8
"""More than this are not connected to; all of them are vetted."""


@dataclass(frozen=True, slots=True)
class Vetted:
    """Where to connect: `name` is what the certificate must be for, `addresses` in the order to try."""

    name: str
    port: int
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why not: a rule, and what was expected and found. `found` is hostile text."""

    rule: Rule
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides where we may connect.

    `allow`: networks that are let through on any port, for tests. `ports`: elsewhere only these; port 25, where
    servers take mail for others, is not among them.
    """

    allow: tuple[Network, ...] = ()
    ports: frozenset[int] = SUBMISSION_PORTS

    def with_port_25(self) -> Guard:
        """The same, with the relay port allowed on purpose."""
        return Guard(self.allow, self.ports | {RELAY_PORT})

    async def vet(self, host: str, port: int, resolver: Resolver) -> Vetted | TurnedAway:
        """Resolve the host and vet every address of it. A failed look-up is told as one, never as a refusal."""
        if not self.allow and port not in self.ports:
            return self._wrong_port(port)
        literal = _literal(host)
        if literal is not None:
            return self._vet_literal(literal, host, port)
        if _is_localhost(host):
            return self._decide("localhost", port, self._localhost())
        try:
            name = domain(host)
        except BadName as problem:
            return TurnedAway(rules.HOST_MALFORMED, "the name of a mail server", str(problem))
        found = await addresses_of(name, resolver)
        return found if isinstance(found, TurnedAway) else self._decide(name, port, found)

    def _decide(self, name: str, port: int, addresses: tuple[Address, ...]) -> Vetted | TurnedAway:
        for ip in addresses:
            why = why_not_public(ip)
            if why and not self._is_allowed(ip):
                return TurnedAway(
                    rules.ADDRESS_NOT_PUBLIC, "addresses of the public Internet", f"{ip}: {why}"
                )
        if port not in self.ports and not all(self._is_allowed(ip) for ip in addresses):
            return self._wrong_port(port)
        return Vetted(name, port, addresses[:MAX_ADDRESSES])

    def _vet_literal(self, ip: Address, host: str, port: int) -> Vetted | TurnedAway:
        """An address in place of a name: no certificate says whose it is, so only tests may."""
        if self._is_allowed(ip):
            return Vetted(str(ip), port, (ip,))
        return TurnedAway(rules.HOST_IS_ADDRESS, "the name of a mail server", quoted(host))

    def _wrong_port(self, port: int) -> TurnedAway:
        expected = ", ".join(str(number) for number in sorted(self.ports))
        return TurnedAway(rules.PORT_NOT_ALLOWED, expected, str(port))

    def _is_allowed(self, ip: Address) -> bool:
        return any(ip in network for network in self.allow)

    def _localhost(self) -> tuple[Address, ...]:
        """The loopback addresses that are let through; none is asked of the DNS (RFC 6761 6.3)."""
        loopback = (ip_address("127.0.0.1"), ip_address("::1"))
        return tuple(ip for ip in loopback if self._is_allowed(ip)) or loopback[:1]


async def addresses_of(name: str, resolver: Resolver) -> tuple[Address, ...] | TurnedAway:
    """All addresses of a name, IPv4 before IPv6.

    One family that could not be looked up takes nothing from the other: only what was seen is connected to.
    """
    results = await asyncio.gather(*(resolver.lookup(name, kind) for kind in (RecordType.A, RecordType.AAAA)))
    found = tuple(_readable(value for r in results if isinstance(r, Answer) for value in r.values))
    if found:
        return found
    failed = next((result for result in results if isinstance(result, LookupFailed)), None)
    if failed:
        return TurnedAway(rules.LOOKUP_FAILED, "the addresses of the server", f"{name}: {failed.reason}")
    return TurnedAway(rules.HOST_UNKNOWN, "an address", name)


async def connect(vetted: Vetted, seconds: float) -> socket.socket:
    """A connected, non-blocking socket to the first vetted address that answers; OSError of the last otherwise.

    `seconds` are for all of them together, shared evenly; TimeoutError is an OSError too.
    """
    problem: OSError = OSError("no address to connect to")
    for ip in vetted.addresses:
        try:
            return await _connect(ip, vetted.port, seconds / len(vetted.addresses))
        except OSError as error:
            problem = error
    raise problem


async def _connect(ip: Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(sock, (str(ip), port))
    except BaseException:
        sock.close()
        raise
    return sock


def _readable(values: Iterable[str]) -> Iterable[Address]:
    for value in values:
        try:
            yield ip_address(value)
        except ValueError:
            continue


def _literal(host: str) -> Address | None:
    """The address that stands in place of a name, in or out of brackets."""
    bare = host.strip().removeprefix("[").removesuffix("]")
    try:
        return ip_address(bare[5:] if bare.lower().startswith("ipv6:") else bare)
    except ValueError:
        return None


def _is_localhost(host: str) -> bool:
    name = host.strip().lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")
