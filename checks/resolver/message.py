"""DNS messages: packs a question, unpacks an answer to it. All that the resolver knows of the wire.

(What else an authoritative server says, its delegations and serials, `propagation/direct.py` reads.)

dnspython does the work. What comes out is free of it, so that a faster reader can take its place.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.txtbase import TXTBase

from checks.lookup import Mx, Record, RecordType, Txt
from checks.resolver.names import Labels, to_text

PAYLOAD = 1232
"""Octets of UDP answer that we take: what passes everywhere without fragments (DNS flag day 2020)."""

HEADER = 12
_QR_AND_OPCODE, _QR, _TC, _QDCOUNT = 0xF8, 0x80, 0x02, slice(4, 6)
_NOTHING_ASKED = b"\0\0"
_MAY_LEAVE_THE_QUESTION_OUT = {dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED}

NO_EDNS_PLEASE = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS)
"""What a server from before EDNS says to it (RFC 6891 7; NOTIMP: RFC 2671 5.3, and servers that still follow it)."""


class Malformed(Exception):
    """An answer to our question that cannot be read."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a server."""

    labels: Labels
    type: RecordType


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the asked type. `ttl` in seconds."""

    owner: Labels
    ttl: int
    record: Record


@dataclass(frozen=True, slots=True)
class Alias:
    """A CNAME on the way to what was asked. `ttl` in seconds."""

    owner: Labels
    ttl: int
    target: Labels


@dataclass(frozen=True, slots=True)
class Authority:
    """The zone that says no, from its SOA. `negative_ttl` in seconds (RFC 2308 5)."""

    zone: Labels
    negative_ttl: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said, as far as it is about the question. `referral`: it only named other servers."""

    rcode: dns.rcode.Rcode
    held: tuple[Held, ...] = ()
    aliases: tuple[Alias, ...] = ()
    authority: Authority | None = None
    referral: bool = False


def pack(question: Question, *, edns: bool = True, recursion: bool = True) -> bytes:
    """A query with a random id that asks for recursion, with EDNS (RFC 6891), unless told otherwise."""
    query = dns.message.make_query(
        dns.name.Name((*question.labels, b"")),
        dns.rdatatype.from_text(question.type),
        use_edns=0 if edns else False,
        payload=PAYLOAD,
        flags=dns.flags.RD if recursion else 0,
    )
    return query.to_wire()


def answers(query: bytes, reply: bytes) -> bool:
    """Whether a packet answers this query: the same id, a response, the same question (RFC 5452 9.1).

    Letters in the question may come back in another case. An error may come back without the question.
    """
    if len(reply) < HEADER or reply[:2] != query[:2] or reply[2] & _QR_AND_OPCODE != _QR:
        return False
    if reply[_QDCOUNT] == _NOTHING_ASKED:
        return reply[3] & 0x0F in _MAY_LEAVE_THE_QUESTION_OUT
    asked = slice(HEADER, _question_end(query))
    return reply[_QDCOUNT] == query[_QDCOUNT] and reply[asked].lower() == query[asked].lower()


def _question_end(query: bytes) -> int:
    at = HEADER
    while query[at]:
        at += 1 + query[at]
    return at + 1 + 4  # the root, the type and the class


def truncated(reply: bytes) -> bool:
    """Whether the rest must be fetched over TCP."""
    return bool(reply[2] & _TC)


def unpack(question: Question, wire: bytes) -> Reply:
    """Read an answer to the question; Malformed when that is impossible."""
    try:
        # One set a record, or dnspython keeps just the last of several CNAMEs at one name.
        message = dns.message.from_wire(wire, one_rr_per_rrset=True, ignore_trailing=True)
        return _reply(question, message)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as problem:
        raise Malformed(str(problem)) from problem


def _reply(question: Question, message: dns.message.Message) -> Reply:
    wanted = dns.rdatatype.from_text(question.type)
    held: list[Held] = []
    aliases: list[Alias] = []
    for rrset in message.answer:
        if rrset.rdclass != dns.rdataclass.IN or not rrset:
            continue
        if rrset.rdtype == wanted:
            held.append(Held(_labels(rrset.name), rrset.ttl, _record(rrset)))
        elif isinstance(rrset[0], CNAME):
            aliases.append(Alias(_labels(rrset.name), rrset.ttl, _labels(rrset[0].target)))
    authority = _authority(message)
    return Reply(
        message.rcode(),
        tuple(dict.fromkeys(held)),
        tuple(dict.fromkeys(aliases)),
        authority,
        authority is None and _is_referral(message),
    )


def _authority(message: dns.message.Message) -> Authority | None:
    for rrset in message.authority:
        if rrset and isinstance(soa := rrset[0], SOA):
            # More than 2^31-1 seconds count as none (RFC 2181 8); dnspython sees to the record's own TTL.
            minimum = soa.minimum if soa.minimum < 2**31 else 0
            return Authority(_labels(rrset.name), min(rrset.ttl, minimum))
    return None


def _is_referral(message: dns.message.Message) -> bool:
    """Name servers, from one that neither knows nor would find out for us (RFC 2308 2.2)."""
    if message.answer or message.rcode() != dns.rcode.NOERROR:
        return False
    knows = message.flags & (dns.flags.AA | dns.flags.RA)
    return not knows and any(rrset.rdtype == dns.rdatatype.NS for rrset in message.authority)


def _record(rrset: dns.rrset.RRset) -> Record:
    rdata = rrset[0]
    match rdata:
        case A():
            return str(IPv4Address(rdata.address))
        case AAAA():
            return str(IPv6Address(rdata.address))
        case TXTBase():
            return Txt(tuple(rdata.strings))
        case MX():
            return Mx(rdata.preference, to_text(_labels(rdata.exchange)))
        case PTR() | NS() | CNAME():
            return to_text(_labels(rdata.target))
        case _:
            return str(rdata.to_text()).lower()  # compressed, its names may stand in the case of our question


def _labels(name: dns.name.Name) -> Labels:
    return tuple(label.lower() for label in name.labels[:-1])
