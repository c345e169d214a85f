"""SRV records that name a domain's servers for outgoing mail (RFC 6186, RFC 8314 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from checks.domain_name import BadName, domain, is_below
from checks.lookup import Answer, LookupFailed, RecordType, Resolver
from checks.smtp.result import Security, Server

SERVICES = (("_submissions._tcp", Security.IMPLICIT), ("_submission._tcp", Security.STARTTLS))
"""In this order: implicit TLS comes first (RFC 8314 5.1)."""
MAX_TARGETS = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A server that the domain names. `inside`: under the domain itself; another's is to be confirmed (RFC 6186 6)."""

    server: Server
    inside: bool


async def servers(name: str, resolver: Resolver) -> tuple[tuple[Named, ...], bool]:
    """What is named, the best first, and whether every look-up was answered."""
    found: list[Named] = []
    answered = True
    for service, security in SERVICES:
        result = await resolver.lookup(f"{service}.{name}", RecordType.SRV)
        if isinstance(result, LookupFailed):
            answered = False
        if isinstance(result, Answer):
            read = sorted(one for text in result.values if (one := _read(text)))
            found += [
                Named(Server(host, port, security), host == name or is_below(host, name))
                for _, _, port, host in read[:MAX_TARGETS]
            ]
    return tuple(found), answered


def _read(text: str) -> tuple[int, int, int, str] | None:
    """Priority, weight (negative, so that the heavier stands first), port and host; None for "not offered" (`.`)."""
    parts = text.split()
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts[:3]):
        return None
    try:
        return int(parts[0]), -int(parts[1]), int(parts[2]), domain(parts[3])
    except BadName:
        return None
