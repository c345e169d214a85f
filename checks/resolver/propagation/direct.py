"""Ask one authoritative server itself, without recursion, and read all that it says of its zone (RFC 1034 4.3.1)."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
from dns.name import Name
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from checks.lookup import FailureReason, LookupFailed, RecordType, Resolver, Result
from checks.resolver import message
from checks.resolver.message import Malformed, Question, Reply
from checks.resolver.names import to_labels, to_text
from checks.resolver.once import Heard, SocketTransport, over_tcp, over_udp, within
from checks.resolver.propagation.facts import TROUBLE_OF, Held, Trouble
from checks.resolver.propagation.limits import Limits
from checks.resolver.servers import Nameserver

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Zone:
    """The SOA that came with an answer: the zone's name and its serial."""

    name: str
    serial: int


@dataclass(frozen=True, slots=True)
class Own:
    """What a server said. `referral`: the zone further down that it delegates, and its servers; with `glue`."""

    reply: Reply
    authoritative: bool
    zone: Zone | None
    referral: tuple[str, tuple[str, ...]] | None
    glue: tuple[tuple[str, str], ...]


class Asker:
    """Asks servers within the limits, all together within `limits.patience` seconds from now."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._end = clock() + limits.patience
        self._places = asyncio.Semaphore(limits.in_flight)
        self._recursive = SocketTransport()

    async def own(self, address: str, name: str, type: RecordType) -> Own | Trouble:
        """What the server at an address says of a name, of itself. Never raises for what it does."""
        server = self.limits.server(address)
        labels = to_labels(name)
        if server is None or labels is None:
            return Trouble.NOT_ASKED
        question = Question(labels, type)
        said = await self._patiently(lambda seconds: _exchange(server, question, seconds))
        if isinstance(said, FailureReason):
            return TROUBLE_OF[said]
        return _trouble(said.reply) or said

    async def recursive(self, server: Nameserver, name: str, type: RecordType) -> Reply | Trouble:
        """What a recursive resolver says of a name."""
        labels = to_labels(name)
        if labels is None:
            return Trouble.NOT_ASKED
        question = Question(labels, type)
        said = await self._patiently(lambda left: self._recursive.exchange(server, question, left))
        if isinstance(said, FailureReason):
            return TROUBLE_OF[said]
        return Trouble.REFUSED if said.referral else _trouble(said) or said

    async def lookup(self, resolver: Resolver, name: str, type: RecordType) -> Result:
        """`resolver.lookup`, within what is left of the patience."""
        try:
            async with asyncio.timeout(max(self._end - self._clock(), 0)):
                return await resolver.lookup(name, type)
        except TimeoutError:
            return LookupFailed(name, type, FailureReason.TIMEOUT)

    async def _patiently(
        self, exchange: Callable[[float], Awaitable[T | FailureReason]]
    ) -> T | FailureReason:
        """The first word of a server; a packet may have been lost, so silence is asked again."""
        said: T | FailureReason = FailureReason.TIMEOUT
        for _ in range(self.limits.attempts):
            async with self._places:
                left = min(self.limits.timeout, self._end - self._clock())
                if left <= 0:
                    return said
                said = await exchange(left)
            if said is not FailureReason.TIMEOUT:
                return said
        return said


def held(own: Own, name: str) -> Held | Trouble:
    """What an answer says that the server holds at the name; an alias is not followed."""
    if not own.authoritative or own.referral:
        return Trouble.NOT_AUTHORITATIVE
    owner = to_labels(name)
    records = [one for one in own.reply.held if one.owner == owner]
    targets = {alias.target: alias.ttl for alias in own.reply.aliases if alias.owner == owner}
    if len(targets) > 1 or (records and own.reply.rcode == dns.rcode.NXDOMAIN):
        return Trouble.MALFORMED
    if records:
        return Held(tuple(one.record for one in records), seconds=max(one.ttl for one in records))
    if targets:
        ((target, ttl),) = targets.items()
        return Held(aliases=(to_text(target),), seconds=ttl)
    no = own.reply.authority
    return Held(seconds=no.negative_ttl if no else None, nxdomain=own.reply.rcode == dns.rcode.NXDOMAIN)


async def _exchange(server: Nameserver, question: Question, seconds: float) -> Own | FailureReason:
    async def once(heard: Heard, *, edns: bool) -> Own:
        query = message.pack(question, edns=edns, recursion=False)
        wire = await over_udp(server, query, heard)
        if message.truncated(wire):
            wire = await over_tcp(server, query)
        return _read(question, wire)

    async def ask(heard: Heard) -> Own:
        own = await once(heard, edns=True)
        return await once(heard, edns=False) if own.reply.rcode in message.NO_EDNS_PLEASE else own

    return await within(seconds, ask)


def _read(question: Question, wire: bytes) -> Own:
    reply = message.unpack(question, wire)
    try:
        whole = dns.message.from_wire(wire, one_rr_per_rrset=True, ignore_trailing=True)
        authoritative = bool(whole.flags & dns.flags.AA)
        referral = None if authoritative or reply.held or reply.aliases else _referral(whole)
        return Own(reply, authoritative, _zone(whole), referral, _glue(whole))
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as problem:
        raise Malformed(str(problem)) from problem


def _zone(whole: dns.message.Message) -> Zone | None:
    for rrset in (*whole.answer, *whole.authority):
        if rrset and isinstance(soa := rrset[0], SOA):
            return Zone(_text(rrset.name), soa.serial)
    return None


def _referral(whole: dns.message.Message) -> tuple[str, tuple[str, ...]] | None:
    """The NS records in the authority section, all of one zone (RFC 1034 4.3.2, step 3b)."""
    named = [
        (rrset.name, rrset[0]) for rrset in whole.authority if rrset.rdtype == dns.rdatatype.NS and rrset
    ]
    if not named or whole.rcode() != dns.rcode.NOERROR:
        return None
    zone = named[0][0]
    targets = {_text(ns.target) for owner, ns in named if owner == zone and isinstance(ns, NS)}
    return _text(zone), tuple(sorted(targets))


def _glue(whole: dns.message.Message) -> tuple[tuple[str, str], ...]:
    found = []
    for rrset in whole.additional:
        if rrset and isinstance(rdata := rrset[0], A | AAAA):
            found.append((_text(rrset.name), str(rdata.address)))
    return tuple(found)


def _text(name: Name) -> str:
    return to_text(tuple(label.lower() for label in name.labels[:-1]))


def _trouble(reply: Reply) -> Trouble | None:
    match reply.rcode:
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN:
            return None
        case dns.rcode.REFUSED | dns.rcode.NOTAUTH:
            return Trouble.REFUSED
        case dns.rcode.SERVFAIL:
            return Trouble.SERVFAIL
        case _:
            return Trouble.MALFORMED
