"""How far, how long and whom: what a hostile delegation cannot make us do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from types import MappingProxyType

from checks.addresses import why_not_public
from checks.resolver.servers import DNS_PORT, Nameserver

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Limits:
    """Whom to ask, and how much, for one record.

    `allow`: networks whose servers are asked although they are not of the public Internet (for tests, and for
    who runs name servers of their own there). `ports`: addresses whose server listens elsewhere than on 53, for
    tests. `timeout` seconds an attempt, `attempts` at a silent address, `patience` seconds for everything,
    `in_flight` questions at a time; `samples`: how often each public resolver is asked.
    """

    allow: tuple[Network, ...] = ()
    ports: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    timeout: float = 2.0
    attempts: int = 2
    patience: float = 30.0
    in_flight: int = 32
    samples: int = 2
    servers: int = 16
    addresses: int = 6
    depth: int = 10
    aliases: int = 4

    def server(self, address: str) -> Nameserver | None:
        """The server at an address, or None when it is not to be asked."""
        ip = ip_address(address)
        if why_not_public(ip) and not any(ip in network for network in self.allow):
            return None
        return Nameserver(str(ip), self.ports.get(str(ip), DNS_PORT))


def network(text: str) -> Network:
    """Read a network for `allow`; ValueError says how to write it."""
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IP network: write it as 192.0.2.0/24 or 2001:db8::/32"
        ) from None
