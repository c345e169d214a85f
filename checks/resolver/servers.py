"""Which servers to ask: written by a person, or set up on this system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from checks.resolver.names import to_labels

DNS_PORT = 53
TLS_PORT = 853
TLS = "tls://"


class NoNameservers(Exception):
    """No server was named and the system has none: nothing can be looked up (exit status 3)."""


@dataclass(frozen=True, slots=True)
class Nameserver:
    """A server to ask. `address`: canonical text, an IPv6 one possibly with its scope (`fe80::1%eth0`)."""

    address: str
    port: int = DNS_PORT
    tls: str = ""
    """The name that the server's certificate must have, when it is asked over TLS (RFC 7858)."""

    @property
    def is_private(self) -> bool:
        """Whether it is on this machine or in a network of our own."""
        return ip_address(self.address).is_private

    def __str__(self) -> str:
        """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353` or `tls://name@…`."""
        return f"{TLS}{self.tls}@{self._place}" if self.tls else self._place

    @property
    def _place(self) -> str:
        if self.port == (TLS_PORT if self.tls else DNS_PORT):
            return self.address
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def parse(text: str) -> Nameserver:
    """Read `IP`, `IP:port`, `[v6]:port`, `v6`, or `tls://name@` before one; ValueError says how to write it."""
    written = text.strip()
    over_tls = written.startswith(TLS)
    tls, _, place = written.removeprefix(TLS).rpartition("@") if over_tls else ("", "", written)
    host, port = _split(place, TLS_PORT if over_tls else DNS_PORT)
    try:
        if over_tls and to_labels(tls) is None:
            raise ValueError(tls)
        return Nameserver(str(ip_address(host)), _port(port), tls)
    except ValueError:
        raise ValueError(
            f"name server {text!r} is not an IP address with an optional port: "
            "write it as 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353, "
            "or for TLS as tls://dns.example@192.0.2.53"
        ) from None


def _split(text: str, usual: int) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or rest[:1] not in ("", ":") or rest == ":":
            return "", ""
        return host, rest[1:] or str(usual)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, str(usual)


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
    import dns.exception  # here, as it takes its time to load, and most are told which servers to ask
    import dns.resolver

    try:
        found = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple(Nameserver(server, found.port) for server in found.nameservers if isinstance(server, str))
