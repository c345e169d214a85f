"""Who sends: the address, MAIL FROM and HELO of one connection, as check_host() is given them (RFC 7208 4.1)."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from checks import domain_name
from checks.domain_name import BadName
from checks.lookup import RecordType
from checks.platform import IPAddress
from checks.spf.macro import Values
from checks.spf.record import Directive


class Connection:
    """`sender_domain` and `helo` fall back to the domain that is asked first. ValueError for an `ip` that is none."""

    __slots__ = ("address_type", "helo", "ip", "local", "number", "sender_domain", "version")

    def __init__(self, ip: str | IPAddress, domain: str, sender: str, helo: str | None) -> None:
        address = ip_address(ip) if isinstance(ip, str) else ip
        # An IPv4-mapped IPv6 address is an IPv4 address (RFC 7208 5).
        self.ip: IPAddress = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
        self.number = int(self.ip)
        self.version = self.ip.version
        self.address_type = RecordType.A if self.version == 4 else RecordType.AAAA
        local, at, sender_domain = sender.rpartition("@")
        self.local = (local if at else "") or "postmaster"  # RFC 7208 4.3
        self.sender_domain = a_labels(sender_domain) or domain
        self.helo = (helo and a_labels(helo, lower=False)) or self.sender_domain

    def is_among(self, addresses: tuple[str, ...], directive: Directive) -> bool:
        """Whether the network that the directive makes of one of the addresses has ours in it."""
        shift = 32 - directive.cidr4 if self.version == 4 else 128 - directive.cidr6
        wanted = self.number >> shift
        return any(as_number(address) >> shift == wanted for address in addresses)

    def values(self, domain: str, validated: str) -> Values:
        """What the macro letters stand for in a record of `domain`; `validated`: for `p`."""
        return Values(
            local=self.local,
            sender_domain=self.sender_domain,
            domain=domain,
            ip=str(self.ip) if self.version == 4 else ".".join(f"{self.number:032X}"),
            readable_ip=str(self.ip),
            version="in-addr" if self.version == 4 else "ip6",
            helo=self.helo,
            validated=validated,
            timestamp=int(time.time()),
        )


def a_labels(name: str, *, lower: bool = True) -> str:
    """A domain as it is asked: without the trailing dot, U-labels as A-labels (RFC 7208 4.3). What is no domain
    stays as it is."""
    name = name.removesuffix(".")
    if not name.isascii():
        with suppress(BadName):
            return domain_name.domain(name)
    return name.lower() if lower else name


@lru_cache(maxsize=8192)
def as_number(address: str) -> int:
    return int(ip_address(address))
