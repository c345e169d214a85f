"""Which servers to ask: written by a person, or set up on this system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import dns.exception
import dns.resolver

DNS_PORT = 53


class NoNameservers(Exception):
    """No server was named and the system has none: nothing can be looked up (exit status 3)."""


@dataclass(frozen=True, slots=True)
class Nameserver:
    """A server to ask. `address`: canonical text, an IPv6 one possibly with its scope (`fe80::1%eth0`)."""

    address: str
    port: int = DNS_PORT
    tls: str = ""
    """The name that the server's certificate must have, when it is asked over TLS (RFC 7858)."""

    def __str__(self) -> str:
        """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`."""
        if self.port == DNS_PORT:
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def parse(text: str) -> Nameserver:
    """Read `IP`, `IP:port`, `[v6]:port` or `v6`; ValueError says how to write it."""
    host, port = _split(text.strip())
    try:
        return Nameserver(str(ip_address(host)), _port(port))
    except ValueError:
        raise ValueError(
            f"name server {text!r} is not an IP address with an optional port: "
            "write it as 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353"
        ) from None


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or rest[:1] not in ("", ":") or rest == ":":
            return "", ""
        return host, rest[1:] or str(DNS_PORT)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, str(DNS_PORT)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise ValueError(text)
    return int(text)


def named_or_systems(texts: Sequence[str] | None) -> tuple[Nameserver, ...]:
    """The servers named, each once, in this order; the system's when none are.

    Raises ValueError for what is no server, NoNameservers when there are none at all.
    """
    if isinstance(texts, str):
        raise ValueError(f"name servers must be a list of texts, not one text: [{texts!r}]")
    servers = tuple(dict.fromkeys(parse(text) for text in texts or ())) or _systems()
    if not servers:
        raise NoNameservers(
            "no name server is set up on this system: name one to ask, as in SENDWELL_NAMESERVERS=192.0.2.53"
        )
    return servers


def _systems() -> tuple[Nameserver, ...]:
    """From resolv.conf, or wherever the operating system keeps them: dnspython knows. Empty for none."""
    try:
        found = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple(Nameserver(server, found.port) for server in found.nameservers if isinstance(server, str))
