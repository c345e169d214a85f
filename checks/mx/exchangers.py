"""Who takes a domain's mail: its exchangers and whether they have an address (RFC 5321 5.1, RFC 7505)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address, ip_network

from checks.lookup import (
    Absent,
    Answer,
    LookupFailed,
    Mx,
    RecordType,
    Resolver,
    Result,
    expect,
    lookup_all,
    usable,
)

MAX_EXCHANGERS = 20
"""More than this are not looked up: nobody has them, and a hostile answer would cost hundreds of look-ups."""

_NOT_OF_THE_INTERNET = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
"""Where no mail from outside arrives (RFC 6890): private, loopback, link-local, multicast and reserved."""

_ADDRESSES = (RecordType.A, RecordType.AAAA)

NULL = ""  # the root as an exchanger: "this domain takes no mail" (RFC 7505 3)


@dataclass(frozen=True)  # no slots: what follows from the answers is asked for often, and kept
class Exchanger:
    """One server that takes the mail. `exchange` as in `Mx`; `results`: its A and AAAA answers.

    No results: it is an IP literal, which cannot be asked for, or beyond `MAX_EXCHANGERS`.
    """

    preference: int
    exchange: str
    results: tuple[Result, ...] = ()

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        return tuple(
            value for result in self.results if isinstance(result, Answer) for value in result.values
        )

    @property
    def unreachable_addresses(self) -> tuple[str, ...]:
        """Those at which nobody on the Internet can reach it."""
        return tuple(address for address in self.addresses if _is_inside(address))

    @property
    def failures(self) -> tuple[LookupFailed, ...]:
        return tuple(result for result in self.results if isinstance(result, LookupFailed))

    @property
    def aliases(self) -> tuple[str, ...]:
        """Where the name leads by CNAME, which an exchanger's must not (RFC 5321 5.1)."""
        return next((r.aliases for r in self.results if not isinstance(r, LookupFailed)), ())

    @property
    def is_ip_literal(self) -> bool:
        """Whether an address stands where a name must (RFC 1035 3.3.9)."""
        return _is_ip(self.exchange)

    @cached_property
    def alive(self) -> bool | None:
        """Whether it has an address; None when that could not be looked up."""
        if self.addresses:
            return True
        if self.is_ip_literal or (self.results and not self.failures):
            return False
        return None


@dataclass(frozen=True)  # no slots, as above
class MxFacts:
    """What was asked for one domain.

    `mx`: the answer about its MX. `exchangers`: in order of preference, without a null one; for a domain
    without MX the domain itself, at preference 0 (the implicit MX of RFC 5321 5.1).
    """

    domain: str
    mx: Result
    exchangers: tuple[Exchanger, ...] = ()

    @cached_property
    def records(self) -> tuple[Mx, ...]:
        """As published, in order of preference."""
        return self.mx.exchangers if isinstance(self.mx, Answer) else ()

    @cached_property
    def nulls(self) -> tuple[Mx, ...]:
        return tuple(record for record in self.records if record.exchange == NULL)

    @property
    def is_null(self) -> bool:
        """Whether the domain says that it takes no mail: nothing but "." among its exchangers."""
        return bool(self.nulls) and len(self.nulls) == len(self.records)

    @property
    def is_implicit(self) -> bool:
        return isinstance(self.mx, Absent) and bool(self.exchangers)

    @property
    def exists(self) -> bool | None:
        """Whether the domain exists; None when that could not be looked up."""
        if isinstance(self.mx, LookupFailed):
            return None
        return not (isinstance(self.mx, Absent) and self.mx.nxdomain)

    @cached_property
    def takes_mail(self) -> bool | None:
        """Whether mail to the domain has somewhere to go; None when a failed look-up leaves it open."""
        if self.exists is None:
            return None
        alive = [exchanger.alive for exchanger in self.exchangers]
        return True if True in alive else None if None in alive else False

    @property
    def results(self) -> tuple[Result, ...]:
        """Every answer that these facts stand on."""
        return (self.mx, *(result for exchanger in self.exchangers for result in exchanger.results))


async def gather(domain: str, resolver: Resolver) -> MxFacts:
    """Ask for the exchangers of `domain` and for their addresses: 1 look-up, and 2 for each exchanger."""
    mx = await resolver.lookup(domain, RecordType.MX)
    if isinstance(mx, LookupFailed) or (isinstance(mx, Absent) and mx.nxdomain):
        return MxFacts(domain, mx)
    records = mx.exchangers if isinstance(mx, Answer) else (Mx(0, domain),)
    wanted = [record for record in records if record.exchange != NULL]
    names = [record.exchange for record in wanted[:MAX_EXCHANGERS] if _is_asked(record.exchange)]
    expect(resolver, [(name, type) for name in names for type in _ADDRESSES])
    asked = [await _exchanger(record, resolver) for record in wanted[:MAX_EXCHANGERS]]
    rest = (Exchanger(record.preference, record.exchange) for record in wanted[MAX_EXCHANGERS:])
    return MxFacts(domain, mx, (*asked, *rest))


async def _exchanger(record: Mx, resolver: Resolver) -> Exchanger:
    if _is_ip(record.exchange):
        return Exchanger(record.preference, record.exchange)
    if not usable(record.exchange):
        absent = tuple(Absent(record.exchange, type, nxdomain=True) for type in _ADDRESSES)
        return Exchanger(record.preference, record.exchange, absent)
    results = await lookup_all(resolver, [(record.exchange, type) for type in _ADDRESSES])
    return Exchanger(record.preference, record.exchange, tuple(results))


def _is_asked(name: str) -> bool:
    return usable(name) and not _is_ip(name)


@lru_cache(maxsize=8192)
def _is_ip(name: str) -> bool:
    if not (name[-1:].isdigit() or ":" in name or "]" in name):  # no top-level domain ends in a digit
        return False
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def _is_inside(address: str) -> bool:
    ip = ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in _NOT_OF_THE_INTERNET)
