"""Packs questions and reads the usual answers in microseconds; `message.py` (dnspython) reads all the others.

What is read here must come out as dnspython would have read it: whatever this reader is not sure of, it leaves
to dnspython, which also decides what is malformed. `tests/checks/resolver/test_wire.py` compares the two.
"""

from __future__ import annotations

import os
import re
import struct
from typing import NamedTuple, cast

import dns.rcode

from checks.lookup import Record, RecordType
from checks.resolver import message
from checks.resolver.message import HEADER, PAYLOAD, Alias, Authority, Held, Question, Reply
from checks.resolver.names import LONGEST_NAME, Labels, to_labels
from checks.resolver.rdata import (
    AAAA,
    CNAME,
    FORMS,
    NS,
    SOA,
    A,
    Key,
    Unusual,
    after_name,
    name_at,
    whole_name,
)

_IN = 1

_ONE_QUESTION = b"\1\0\0\1\0\0\0\0\0"  # recursion desired, one question; the number of OPT records follows
_WITH_OPT, _WITHOUT_OPT = b"\1", b"\0"
_OPT_RECORD = b"\0\0\x29" + PAYLOAD.to_bytes(2, "big") + bytes(6)

_LENGTHS = tuple(bytes([length]) for length in range(64))
_CASE_BIT = bytes(0x20 if chr(octet) in "abcdefghijklmnopqrstuvwxyz" else 0 for octet in range(256))
"""Which bit changes a letter's case; a label's length is below 64, so it is never taken for a letter."""

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")

_COUNTS = struct.Struct("!HHH").unpack_from
_RECORD = struct.Struct("!HHHIH").unpack_from  # with a pointer for its owner
_HEAD = struct.Struct("!HHIH").unpack_from  # behind an owner
_LONG = struct.Struct("!I").unpack_from

_TO_THE_QUESTION = 0xC00C
_LONGEST_TTL = 2**31 - 1
_DEFINITE = (int(dns.rcode.NOERROR), int(dns.rcode.NXDOMAIN))


class Asked:
    """A question as it goes onto the wire. `qname`: lower case; `end`: where the question ends in a message."""

    __slots__ = ("_labels", "end", "kind", "make", "qname", "read", "tail", "type")

    def __init__(self, qname: bytes, type: RecordType, labels: Labels | None = None) -> None:
        self.qname = qname
        self.type = type
        self.kind, self.tail, self.read, self.make = FORMS[type]
        self.end = HEADER + len(qname) + 4
        self._labels = labels

    @property
    def labels(self) -> Labels:
        if self._labels is None:
            self._labels, _ = name_at(self.qname, 0)
        return self._labels

    @property
    def question(self) -> Question:
        return Question(self.labels, self.type)


class Records(NamedTuple):
    """Records of the asked type stand at the asked name: each once, in order. `ttl`: the least, in seconds."""

    records: tuple[Record, ...]
    ttl: int


class Nothing(NamedTuple):
    """The zone says that the asked name, or just the asked type there, does not exist. `ttl`: RFC 2308 5."""

    nxdomain: bool
    ttl: int


Said = Records | Nothing | Reply


def to_wire(name: str) -> bytes | None:
    """A name (lower case, dots between labels) as in a question; None for what no query can carry."""
    if len(name) <= LONGEST_NAME - 2 and _HOST.fullmatch(name):
        return b"".join([_LENGTHS[len(label)] + label for label in name.encode().split(b".")]) + b"\0"
    labels = to_labels(name)
    return None if labels is None else from_labels(labels)


def from_labels(labels: Labels) -> bytes:
    return b"".join([_LENGTHS[len(label)] + label for label in labels]) + b"\0"


class Chance:
    """Random octets from the operating system, fetched many at a time."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def octets(self, count: int) -> bytes:
        at = self._at
        end = self._at = at + count
        if end > len(self._pool):
            self._pool = os.urandom(8192)
            at, end = 0, count
            self._at = count
        return self._pool[at:end]


def mixed(qname: bytes, random: bytes) -> bytes:
    """The name with the case of each letter as the random octets say: 0x20, one more secret a forger must guess."""
    letters = int.from_bytes(qname.translate(_CASE_BIT), "big") & int.from_bytes(random, "big")
    return (int.from_bytes(qname, "big") ^ letters).to_bytes(len(qname), "big")


def pack(id: bytes, question: bytes, *, edns: bool = True) -> bytes:
    """A query that asks for recursion; `question`: name, type and class."""
    if edns:
        return id + _ONE_QUESTION + _WITH_OPT + question + _OPT_RECORD
    return id + _ONE_QUESTION + _WITHOUT_OPT + question


def unpack(asked: Asked, packet: bytes) -> Said:
    """Read a packet that repeats the question (`asked.end` octets); Malformed when that is impossible."""
    try:
        return _quick(asked, packet)
    except (Unusual, struct.error, IndexError):
        return message.unpack(asked.question, packet)


def _quick(asked: Asked, packet: bytes) -> Said:
    count, authorities, additional = _COUNTS(packet, 6)
    if packet[2] & 0x78 or packet[4:6] != b"\0\1":
        raise Unusual
    if not count:
        return _no(asked, packet, authorities, additional)
    read = asked.read
    if read is None:
        raise Unusual
    kind, at, least, found = asked.kind, asked.end, _LONGEST_TTL, []
    known = {HEADER}
    for _ in range(count):
        owner, type, rdclass, ttl, length = _RECORD(packet, at)
        if owner != _TO_THE_QUESTION or type != kind or rdclass != _IN or packet[3] & 0x0F:
            return _general(asked, packet)
        start = at + 12
        at = start + length
        found.append(read(packet, start, at, known))
        if ttl < least:
            least = ttl
        elif ttl > _LONGEST_TTL:
            least = 0  # more counts as none (RFC 2181 8)
    for _ in range(authorities):
        at = _skip(packet, at, known)
    _rest(packet, at, additional, known)
    return Records(_made(asked, found), least)


def _made(asked: Asked, found: list[Key]) -> tuple[Record, ...]:
    """A record set has no order, and servers turn it round: sorted, the same records are the same answer."""
    if len(found) > 1:
        found = sorted(set(found))
    make = asked.make
    return tuple([make(key) for key in found]) if make else cast("tuple[Record, ...]", tuple(found))


def _no(asked: Asked, packet: bytes, authorities: int, additional: int) -> Said:
    rcode = packet[3] & 0x0F
    if authorities != 1 or rcode not in _DEFINITE:
        raise Unusual
    known = {HEADER}
    head = after_name(packet, asked.end, known)
    ttl, end = _soa(packet, head, known)
    if ttl is None:
        raise Unusual
    _rest(packet, end, additional, known)
    return Nothing(rcode == dns.rcode.NXDOMAIN, ttl)


def _soa(packet: bytes, head: int, known: set[int]) -> tuple[int | None, int]:
    """How long the no of a SOA may be kept (RFC 2308 5), None for another record; and where it ends."""
    type, rdclass, ttl, length = _HEAD(packet, head)
    end = head + 10 + length
    if type != SOA:
        return None, end
    last = after_name(packet, after_name(packet, head + 10, known), known)
    if rdclass != _IN or last + 20 != end:
        raise Unusual
    (minimum,) = _LONG(packet, last + 16)
    if ttl > _LONGEST_TTL or minimum > _LONGEST_TTL:
        return 0, end
    return (ttl if ttl < minimum else minimum), end


def _general(asked: Asked, packet: bytes) -> Reply:
    """An answer with aliases, with records of other owners, or beside NXDOMAIN."""
    count, authorities, additional = _COUNTS(packet, 6)
    rcode = packet[3] & 0x0F
    if rcode not in _DEFINITE:
        raise Unusual
    held, aliases, at = _answer(asked, packet, count)
    authority, known = None, {HEADER}
    for _ in range(authorities):
        zone, head = name_at(packet, at)
        ttl, end = _soa(packet, head, known)
        if ttl is None:
            end = _skip(packet, at, known)
        else:
            authority = authority or Authority(zone, ttl)
        at = end
    _rest(packet, at, additional, known)
    return Reply(
        dns.rcode.Rcode(rcode), tuple(dict.fromkeys(held)), tuple(dict.fromkeys(aliases)), authority, False
    )


def _answer(asked: Asked, packet: bytes, count: int) -> tuple[list[Held], list[Alias], int]:
    held: list[Held] = []
    aliases: list[Alias] = []
    at = asked.end
    for _ in range(count):
        owner, head = name_at(packet, at)
        type, rdclass, ttl, length = _HEAD(packet, head)
        start, at = head + 10, head + 10 + length
        if rdclass != _IN or asked.read is None:
            raise Unusual
        ttl = ttl if ttl <= _LONGEST_TTL else 0
        if type == asked.kind:
            (record,) = _made(asked, [asked.read(packet, start, at, set())])
            held.append(Held(owner, ttl, record))
        elif type == CNAME:
            aliases.append(Alias(owner, ttl, whole_name(packet, start, at)))
        else:
            raise Unusual
    return held, aliases, at


def _rest(packet: bytes, at: int, additional: int, known: set[int]) -> None:
    """What stands behind, read for its form alone: a record that cannot be read spoils the whole packet."""
    opts = 0
    for _ in range(additional):
        if packet[at : at + 3] == b"\0\0\x29":
            # The upper bits of the rcode, or options: left to dnspython.
            if packet[at + 5] or packet[at + 9 : at + 11] != b"\0\0" or opts:
                raise Unusual
            opts = 1
            at += 11
        else:
            at = _skip(packet, at, known)
    if at > len(packet):
        raise Unusual


def _skip(packet: bytes, at: int, known: set[int]) -> int:
    """Where a record of a kind that servers like to add ends."""
    head = after_name(packet, at, known)
    type, rdclass, _, length = _HEAD(packet, head)
    end: int = head + 10 + length
    if type == A:
        fits = length == 4
    elif type == NS:
        fits = after_name(packet, head + 10, known) == end
    else:
        fits = type == AAAA and length == 16
    if rdclass != _IN or not fits:
        raise Unusual
    return end
