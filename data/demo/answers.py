"""What the demo's name server replies to one DNS message (RFC 1035, 2308, 6891). Needs no network."""

from __future__ import annotations

from functools import cache

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset
from dns.rdataclass import IN

from checks.lookup import (
    Absent,
    Answer,
    FailureReason,
    LookupFailed,
    Mx,
    Record,
    RecordType,
    Txt,
    ZoneResolver,
)

HEADER = 12
"""Octets of a message before its question."""
PAYLOAD = 1232
"""The largest UDP answer in octets, whatever the client offers: no fragments (DNS Flag Day 2020)."""
_RCODES = {FailureReason.SERVFAIL: dns.rcode.SERVFAIL, FailureReason.REFUSED: dns.rcode.REFUSED}
_NAMED = frozenset({RecordType.CNAME, RecordType.NS, RecordType.PTR})


def reply(zone: ZoneResolver, octets: bytes, *, udp: bool) -> bytes | None:
    """The reply in wire format; None where a server is to stay silent. Over UDP it may be truncated."""
    try:
        query = dns.message.from_wire(octets, ignore_trailing=True)
        response = dns.message.make_response(query, recursion_available=True, our_payload=PAYLOAD)
    except (dns.exception.DNSException, ValueError):
        return _malformed(octets, dns.rcode.FORMERR)
    refusal = _refusal(query)
    if refusal is not None:
        response.set_rcode(refusal)
        return response.to_wire()
    question = query.question[0]
    result = zone.find(_text(question.name), _asked(question.rdtype))
    if isinstance(result, LookupFailed):
        return _failed(response, result, octets)
    _fill(response, question.name, result)
    return _sized(response, query, udp=udp)


def _refusal(query: dns.message.Message) -> dns.rcode.Rcode | None:
    if query.opcode() != dns.opcode.QUERY:
        return dns.rcode.NOTIMP
    if len(query.question) != 1:
        return dns.rcode.FORMERR
    question = query.question[0]
    if question.rdclass != IN or dns.rdatatype.is_metatype(question.rdtype):
        return dns.rcode.REFUSED
    return None


def _asked(type: dns.rdatatype.RdataType) -> RecordType:
    """The type; for one that the zone cannot hold, one that it does not hold: the answer is the same."""
    try:
        return RecordType(dns.rdatatype.to_text(type))
    except ValueError:
        return RecordType.SOA


def _failed(response: dns.message.Message, result: LookupFailed, octets: bytes) -> bytes | None:
    if result.reason in _RCODES:
        response.set_rcode(_RCODES[result.reason])
        return response.to_wire()
    return _malformed(octets, dns.rcode.NOERROR) if result.reason is FailureReason.MALFORMED else None


def _malformed(octets: bytes, rcode: dns.rcode.Rcode) -> bytes | None:
    """A header alone with the query's id; with a count of questions that does not fit if all was well."""
    if len(octets) < HEADER or octets[2] & 0x80:  # too short for an id, or itself a response
        return None
    questions = b"\0\0" if rcode else b"\0\1"
    return octets[:2] + bytes((0x80 | octets[2] & 0x79, 0x80 | rcode)) + questions + b"\0" * 6


def _fill(response: dns.message.Message, name: dns.name.Name, result: Answer | Absent) -> None:
    """The chain of aliases, and the records or the SOA of a definite no."""
    owner = name
    for alias in result.aliases:
        response.answer.append(_rrset(owner, result.ttl, _rdata(RecordType.CNAME, alias)))
        owner = dns.name.from_text(alias)
    if isinstance(result, Answer):
        records = [_rdata(result.type, record) for record in result.records]
        response.answer.append(_rrset(owner, result.ttl, *records))
        return
    response.set_rcode(dns.rcode.NXDOMAIN if result.nxdomain else dns.rcode.NOERROR)
    response.authority.append(_soa(owner, result.ttl))


def _sized(response: dns.message.Message, query: dns.message.Message, *, udp: bool) -> bytes:
    """The wire; over UDP at most what the client takes, else no records and the flag to come by TCP."""
    if not udp:
        return response.to_wire(max_size=65_535)
    limit = min(max(query.payload, 512), PAYLOAD) if query.edns >= 0 else 512
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer.clear()
        response.authority.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()


def _soa(owner: dns.name.Name, ttl: int) -> dns.rrset.RRset:
    """The start of authority of the top-level domain above the name; its minimum is how long a no lasts."""
    apex = dns.name.Name(owner.labels[-2:])
    text = f"ns.invalid. hostmaster.invalid. 1 3600 600 86400 {ttl}"
    return _rrset(apex, ttl, dns.rdata.from_text(IN, dns.rdatatype.SOA, text))


def _rrset(owner: dns.name.Name, ttl: int, *records: dns.rdata.Rdata) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(owner, ttl, records)


@cache
def _rdata(type: RecordType, record: Record) -> dns.rdata.Rdata:
    if isinstance(record, Txt):
        return dns.rdtypes.ANY.TXT.TXT(IN, dns.rdatatype.TXT, record.strings)
    if isinstance(record, Mx):
        text = f"{record.preference} {record.exchange}."
    else:
        text = f"{record}." if type in _NAMED else record  # an SRV record is written as in a zone file
    return dns.rdata.from_text(IN, dns.rdatatype.from_text(type), text)


def _text(name: dns.name.Name) -> str:
    """As `checks.lookup` writes names: no trailing dot, no escapes."""
    return ".".join(label.decode("latin-1") for label in name.labels[:-1])
