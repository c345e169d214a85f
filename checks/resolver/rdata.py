"""What the records of an answer hold: the names in a packet, and the data of each type that is asked for.

The usual alone is read here: for all else `Unusual` is raised, and the packet is left to dnspython.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from socket import AF_INET, AF_INET6, inet_ntop

from checks.lookup import Mx, Record, RecordType, Txt
from checks.resolver.names import LONGEST_NAME, Labels, to_text

A, NS, CNAME, SOA, MX, AAAA = 1, 2, 5, 6, 15, 28
"""Their numbers in a packet (RFC 1035 3.2.2, RFC 3596 2.1)."""

_KINDS = {
    RecordType.A: A,
    RecordType.NS: NS,
    RecordType.CNAME: CNAME,
    RecordType.SOA: SOA,
    RecordType.PTR: 12,
    RecordType.MX: MX,
    RecordType.TXT: 16,
    RecordType.AAAA: AAAA,
    RecordType.SRV: 33,
    RecordType.SPF: 99,
}
_CLASS_IN = b"\0\1"
_PLAIN = re.compile(rb"[!-\-/-\[\]-~]*(?:\.[!-\-/-\[\]-~]+)*")
_MOST_HOPS = 8


class Unusual(Exception):
    """Something that is left to dnspython."""


# Names


def name_at(packet: bytes, at: int) -> tuple[Labels, int]:
    """The labels of a name in lower case, and where it ends.

    A pointer leads to before the part that it stands in, and what it leads to ends there too (RFC 1035 4.1.4
    says "a prior occurrence"): so no loop is possible.
    """
    labels: list[bytes] = []
    part, limit, after, octets = at, len(packet), 0, 1
    for _ in range(_MOST_HOPS):
        while 0 < (length := packet[at]) < 64:
            at += 1 + length
            octets += 1 + length
            labels.append(packet[at - length : at])
        at += 1 if length == 0 else 2
        if at > limit or octets > LONGEST_NAME:
            raise Unusual
        after = after or at
        if length == 0:
            return tuple([label.lower() for label in labels]), after
        target = (length & 0x3F) << 8 | packet[at - 1]
        if length < 0xC0 or target >= part:
            raise Unusual
        limit, part, at = part, target, target
    raise Unusual


def after_name(packet: bytes, at: int, known: set[int]) -> int:
    """Where a name ends. `known`: where names start that were read already; this one joins them."""
    start, length = at, packet[at]
    while 0 < length < 64:
        at += 1 + length
        length = packet[at]
    if not length and at - start < LONGEST_NAME:
        known.add(start)
        return at + 1
    if at == start and length >= 0xC0 and (length & 0x3F) << 8 | packet[at + 1] in known:
        return at + 2
    _, at = name_at(packet, start)
    known.add(start)
    return at


def whole_name(packet: bytes, at: int, end: int) -> Labels:
    """The name that ends just there."""
    labels, after = name_at(packet, at)
    if after != end:
        raise Unusual
    return labels


# Each type's data, as something that can be compared; `_MAKERS` make the record of it.

Key = str | tuple[bytes, ...] | tuple[int, str]


def _read_a(packet: bytes, at: int, end: int, known: set[int]) -> str:
    if end - at != 4:
        raise Unusual
    return inet_ntop(AF_INET, packet[at:end]) if end <= len(packet) else ""


def _read_aaaa(packet: bytes, at: int, end: int, known: set[int]) -> str:
    octets = packet[at:end]
    if len(octets) != 16:
        raise Unusual
    if octets.startswith(bytes(8)):  # the C library writes ::ffff:192.0.2.1 and the like in its own way
        return str(IPv6Address(octets))
    return inet_ntop(AF_INET6, octets)


def _text(labels: Labels) -> str:
    """`to_text`, quickly for names of plain letters."""
    joined = b".".join(labels)
    if joined.count(b".") + 1 == len(labels) and _PLAIN.fullmatch(joined):
        return joined.decode("ascii")
    return to_text(labels)


def _read_name(packet: bytes, at: int, end: int, known: set[int]) -> str:
    return _text(whole_name(packet, at, end))


def _read_mx(packet: bytes, at: int, end: int, known: set[int]) -> tuple[int, str]:
    known.add(at + 2)
    return packet[at] << 8 | packet[at + 1], _text(whole_name(packet, at + 2, end))


def _read_txt(packet: bytes, at: int, end: int, known: set[int]) -> tuple[bytes, ...]:
    first = at + 1 + packet[at]
    if first == end:
        return (packet[at + 1 : end],)
    strings = []
    while at < end:
        start = at + 1
        at = start + packet[at]
        strings.append(packet[start:at])
    if at != end or not strings:
        raise Unusual
    return tuple(strings)


_Reader = Callable[[bytes, int, int, set[int]], Key]

_READERS: dict[RecordType, _Reader] = {
    RecordType.A: _read_a,
    RecordType.AAAA: _read_aaaa,
    RecordType.MX: _read_mx,
    RecordType.TXT: _read_txt,
    RecordType.SPF: _read_txt,
    RecordType.PTR: _read_name,
    RecordType.NS: _read_name,
    RecordType.CNAME: _read_name,
}


def _make_mx(key: tuple[int, str]) -> Mx:
    return Mx(*key)


_MAKERS: dict[RecordType, Callable[..., Record]] = {
    RecordType.TXT: Txt,
    RecordType.SPF: Txt,
    RecordType.MX: _make_mx,
}
FORMS: dict[RecordType, tuple[int, bytes, _Reader | None, Callable[..., Record] | None]] = {
    type: (kind, kind.to_bytes(2, "big") + _CLASS_IN, _READERS.get(type), _MAKERS.get(type))
    for type, kind in _KINDS.items()
}
"""Of each type: its number, how a question about it ends, and what reads and makes its records; None: not here."""
