"""The platform that sends: given to every judgement, never global."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

IPAddress = IPv4Address | IPv6Address


@lru_cache(maxsize=256)
def address_text(address: IPAddress) -> str:
    """A sending address as people write it: the same few for every company, and slow to make for IPv6."""
    return str(address)


TENANT = "tenant"
PLATFORM = "platform"


class Dkim(StrEnum):
    """Which signature the platform puts on a company's mail in method 2."""

    NONE = "none"
    PLATFORM = "platform"
    TENANT = "tenant"


class Fallback(StrEnum):
    """What the platform does when a company's own address does not pass."""

    NONE = "none"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Platform:
    """What the platform sends with.

    `include`: the domain that companies include (A-labels, lower case, no trailing dot).
    `sending_addresses`: the addresses it really sends from, at least one.
    `domain`: its own sending domain, or None when that is not to be checked.
    `envelope`: `tenant`, `platform`, or a pattern with `{domain}` such as `bounce.{domain}`.
    """

    include: str
    sending_addresses: tuple[IPAddress, ...]
    domain: str | None = None
    envelope: str = TENANT
    dkim: Dkim = Dkim.NONE
    fallback: Fallback = Fallback.NONE

    def envelope_domain(self, from_domain: str) -> str | None:
        """The domain of MAIL FROM when a company sends as `from_domain`; None if that is ours and unknown."""
        if self.envelope == TENANT:
            return from_domain
        if self.envelope == PLATFORM:
            return self.domain
        return self.envelope.replace("{domain}", from_domain)

    @property
    def asks_company_spf(self) -> bool:
        """Whether a receiver asks a name of the company's for SPF at all."""
        return self.envelope != PLATFORM
