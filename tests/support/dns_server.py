"""A DNS server on loopback, UDP and TCP, that serves a zone and misbehaves on demand.

    zone = {("example.com", RecordType.TXT): [txt("v=spf1 -all")]}
    async with DnsServer(zone, {"broken.example": "servfail"}) as server:
        LiveResolver(nameservers=[server.address])

Behaviours go by the asked name; "*" is for every name without one. `BEHAVIOURS` lists them. For a child process
to ask, `with serving(DnsServer(...)) as server:` runs it in a thread.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.TXT import TXT

from checks.lookup import Mx, Record, RecordType, Txt, Zone

IN = dns.rdataclass.IN
TTL = 300
LATE = 0.4
"""Seconds after which the behaviour `late` answers."""

SOA_TTL, SOA_MINIMUM = 600, 60
SOA = f"ns.invalid. host.invalid. 1 1800 900 604800 {SOA_MINIMUM}"


@dataclass(frozen=True, slots=True)
class Packet:
    """What goes back: `wire`, `after` seconds, from another port if `elsewhere`.

    Over TCP perhaps unframed, or `drip` octets at a time; `closes` after it.
    """

    wire: bytes
    after: float = 0.0
    elsewhere: bool = False
    framed: bool = True
    drip: int = 0
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that came in. `time` counts how often it did, from 1; `answer` is what an honest server says;
    `port` is the asker's."""

    query: dns.message.Message
    name: str
    type: str
    tcp: bool
    time: int
    answer: dns.message.Message
    port: int

    @property
    def edns(self) -> bool:
        return self.query.edns >= 0

    def error(self, rcode: dns.rcode.Rcode) -> dns.message.Message:
        reply = dns.message.make_response(self.query)
        reply.set_rcode(rcode)
        return reply


Said = dns.message.Message | bytes | Packet
Behaviour = Callable[[Asked], Iterable[Said]]


def _fails(rcode: dns.rcode.Rcode) -> Behaviour:
    return lambda asked: [asked.error(rcode)]


def _truncated(asked: Asked) -> dns.message.Message:
    reply = dns.message.make_response(asked.query)
    reply.flags |= dns.flags.TC
    return reply


def _after_truncation(over_tcp: Behaviour) -> Behaviour:
    return lambda asked: over_tcp(asked) if asked.tcp else [_truncated(asked)]


def _wrong_id(asked: Asked) -> bytes:
    wire = asked.answer.to_wire()
    return bytes([wire[0] ^ 0xFF]) + wire[1:]


def _wrong_question(asked: Asked) -> dns.message.Message:
    other = dns.message.make_query("another.invalid", asked.type, id=asked.query.id)
    reply = dns.message.make_response(other)
    reply.answer = [_rrset("another.invalid", asked.type, "192.0.2.66")] if asked.type == "A" else []
    return reply


def _aliases(asked: Asked, *names: str) -> dns.message.Message:
    reply = dns.message.make_response(asked.query)
    reply.answer = [_rrset(a, "CNAME", b) for a, b in pairwise(names)]
    return reply


def _endless(asked: Asked) -> Iterable[Said]:
    head, _, rest = asked.name.partition(".")
    number = int(head) if head.isdecimal() else 0
    return [_aliases(asked, asked.name, f"{number + 1}.{rest if head.isdecimal() else asked.name}")]


def _referral(asked: Asked) -> Iterable[Said]:
    reply = dns.message.make_response(asked.query)
    reply.authority = [_rrset("", "NS", "ns.elsewhere.invalid")]
    return [reply]


def _referral_to_itself(asked: Asked) -> Iterable[Said]:
    reply = dns.message.make_response(asked.query)
    reply.authority = [_rrset(asked.name, "NS", f"ns.{asked.name}")]
    return [reply]


def _nxdomain_with_records(asked: Asked) -> Iterable[Said]:
    asked.answer.set_rcode(dns.rcode.NXDOMAIN)
    return [asked.answer]


BEHAVIOURS: Mapping[str, Behaviour] = {
    "answer": lambda asked: [asked.answer],
    "servfail": _fails(dns.rcode.SERVFAIL),
    "refused": _fails(dns.rcode.REFUSED),
    "notimp": _fails(dns.rcode.NOTIMP),
    "nxdomain": _fails(dns.rcode.NXDOMAIN),
    "silent": lambda asked: [],
    "first lost": lambda asked: [asked.answer] if asked.time > 1 else [],
    "late": lambda asked: [Packet(asked.answer.to_wire(), after=LATE)],
    "twice": lambda asked: [asked.answer, asked.answer],
    "formerr on edns": lambda asked: [asked.error(dns.rcode.FORMERR) if asked.edns else asked.answer],
    "notimp on edns": lambda asked: [asked.error(dns.rcode.NOTIMP) if asked.edns else asked.answer],
    "formerr": _fails(dns.rcode.FORMERR),
    "truncated": _after_truncation(lambda asked: [asked.answer]),
    "truncated, tcp drips": _after_truncation(lambda asked: [Packet(asked.answer.to_wire(), drip=3)]),
    "truncated, tcp closes after": _after_truncation(
        lambda asked: [Packet(asked.answer.to_wire(), closes=True)]
    ),
    "truncated, tcp twice": _after_truncation(lambda asked: [asked.answer, asked.answer]),
    "truncated, tcp garbage": _after_truncation(lambda asked: [Packet(b"\xff" * 4000, framed=False)]),
    "truncated, tcp closes": _after_truncation(lambda asked: [Packet(b"", framed=False)]),
    "truncated, tcp silent": _after_truncation(lambda asked: []),
    "truncated, tcp cut": _after_truncation(lambda asked: [Packet(b"\x01\x00half", framed=False)]),
    "truncated, tcp wrong id": _after_truncation(lambda asked: [_wrong_id(asked)]),
    "truncated, tcp truncated": lambda asked: [_truncated(asked)],
    "wrong id": lambda asked: [_wrong_id(asked)],
    "wrong id, then right": lambda asked: [_wrong_id(asked), asked.answer],
    "wrong question": lambda asked: [_wrong_question(asked)],
    "wrong question, then right": lambda asked: [_wrong_question(asked), asked.answer],
    "wrong source": lambda asked: [Packet(asked.answer.to_wire(), elsewhere=True)],
    "no response flag": lambda asked: [asked.query],
    "garbage": lambda asked: [b"\xff" * 40, b"", b"\0"],
    "cut": lambda asked: [asked.answer.to_wire()[:-5]],
    "another case": lambda asked: [_with_question(asked, asked.query.question[0].name.to_wire().swapcase())],
    "forged, in another case": lambda asked: [_forged_unless_lower(asked)],
    "compression loop": lambda asked: [_compression_loop(asked)],
    "without question": lambda asked: [_without_question(asked)],
    "flood of wrong ids": lambda asked: [*([_wrong_id(asked)] * 150), asked.answer],
    "lower case": lambda asked: [_with_question(asked, asked.query.question[0].name.to_wire().lower())],
    "cname loop": lambda asked: [_aliases(asked, asked.name, "loop.invalid", asked.name)],
    "cname to itself": lambda asked: [_aliases(asked, asked.name, asked.name)],
    "two cnames": lambda asked: [_two_cnames(asked)],
    "endless cnames": _endless,
    "referral": _referral,
    "referral to itself": _referral_to_itself,
    "nothing, without soa": lambda asked: [dns.message.make_response(asked.query)],
    "nxdomain with records": _nxdomain_with_records,
}


def _with_question(asked: Asked, name: bytes) -> bytes:
    wire = asked.answer.to_wire()
    return wire[:12] + name + wire[12 + len(name) :]


def _forged_unless_lower(asked: Asked) -> Said:
    name = asked.query.question[0].name.to_wire()
    if name == name.lower():
        return asked.answer
    forged = dns.message.make_response(asked.query)
    forged.answer = [_rrset(asked.name, "TXT", Txt((b"forged",)))]
    wire = forged.to_wire()
    return wire[:12] + name.swapcase() + wire[12 + len(name) :]


def _compression_loop(asked: Asked) -> bytes:
    """An answer whose owner points at itself."""
    query = asked.query.to_wire()
    end = 12 + len(asked.query.question[0].name.to_wire()) + 4
    header = query[:2] + b"\x84\0\0\1\0\1\0\0\0\0"
    return header + query[12:end] + bytes([0xC0, end]) + b"\0\x10\0\1\0\0\0\1\0\2\1x"


def _without_question(asked: Asked) -> dns.message.Message:
    """No error, so it may not leave its question out."""
    asked.answer.question = []
    return asked.answer


def _two_cnames(asked: Asked) -> dns.message.Message:
    reply = _aliases(asked, asked.name, "one.invalid")
    reply.answer += _aliases(asked, asked.name, "two.invalid").answer
    return reply


@dataclass(slots=True)
class DnsServer:
    """Serves `zone` from the root, follows CNAMEs within it unless `follows` is off, and keeps what was asked.

    `host` is an IPv4 address of loopback; `ttl` in seconds, of every record.
    """

    zone: Zone = field(default_factory=dict)
    behaviours: Mapping[str, str] = field(default_factory=dict)
    tcp: bool = True
    follows: bool = True
    host: str = "127.0.0.1"
    ttl: int = TTL
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list, init=False)
    connections: int = field(default=0, init=False)
    address: str = field(default="", init=False)
    _sockets: list[socket.socket] = field(default_factory=list, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _udp: asyncio.DatagramTransport | None = field(default=None, init=False)
    _elsewhere: asyncio.DatagramTransport | None = field(default=None, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        udp, tcp = free_port(self.host)
        self.address = f"{self.host}:{udp.getsockname()[1]}"
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Listener(self), sock=udp)
        self._elsewhere, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(self.host, 0)
        )
        if self.tcp:
            self._server = await asyncio.start_server(self._connected, sock=tcp, ssl=self.tls)
        else:
            tcp.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for transport in (self._udp, self._elsewhere, self._server):
            if transport is not None:
                transport.close()
        await asyncio.sleep(0)  # asyncio closes a datagram socket with the next turn of the loop

    def times(self, name: str) -> int:
        """How often a name was asked."""
        return sum(asked.name == name for asked in self.asked)

    def begin(self, work: asyncio.Task[None]) -> None:
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)

    async def datagram(self, wire: bytes, sender: tuple[str, int]) -> None:
        for packet in self._packets(wire, sender[1], tcp=False):
            await asyncio.sleep(packet.after)
            if transport := self._elsewhere if packet.elsewhere else self._udp:
                transport.sendto(packet.wire, sender)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                for packet in self._packets(wire, writer.get_extra_info("peername")[1], tcp=True):
                    await asyncio.sleep(packet.after)
                    await _write(writer, packet)
                    if packet.closes or not packet.framed:
                        return
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            writer.close()

    def _packets(self, wire: bytes, port: int, *, tcp: bool) -> list[Packet]:
        query = dns.message.from_wire(wire)
        name = _text(query.question[0].name)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        time = 1 + sum((asked.name, asked.type) == (name, kind) for asked in self.asked)
        asked = Asked(query, name, kind, tcp, time, self._honest(query, name, kind), port)
        self.asked.append(asked)
        behaviour = BEHAVIOURS[self.behaviours.get(name) or self.behaviours.get("*") or "answer"]
        return [_packet(said, asked) for said in behaviour(asked)]

    def _honest(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=self.follows)
        reply.flags |= dns.flags.AA
        passed = []
        while name not in passed:
            passed.append(name)
            if records := self._records(name, kind):
                reply.answer += [_rrset(name, kind, record, self.ttl) for record in records]
                return reply
            target = self._records(name, "CNAME")
            if not target or kind == "CNAME":
                break
            reply.answer.append(_rrset(name, "CNAME", target[0], self.ttl))
            name = str(target[0]).lower()
            if not self.follows:
                return reply
        reply.authority.append(dns.rrset.from_text(".", SOA_TTL, "IN", "SOA", SOA))
        if not any(owner == name or owner.endswith("." + name) for owner, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    def _records(self, name: str, kind: str) -> list[Record]:
        return list(self.zone.get((name, RecordType(kind)), ()))


async def _write(writer: asyncio.StreamWriter, packet: Packet) -> None:
    octets = (len(packet.wire).to_bytes(2, "big") if packet.framed else b"") + packet.wire
    step = packet.drip or len(octets) or 1
    for at in range(0, len(octets), step):
        writer.write(octets[at : at + step])
        await asyncio.sleep(0.001 if packet.drip else 0)


@contextmanager
def serving(server: DnsServer) -> Iterator[DnsServer]:
    """Run the server in a thread of its own, for those who ask from outside of an event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._server.begin(asyncio.create_task(self._server.datagram(data, addr)))


def free_port(host: str) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one port that nobody has."""
    while True:
        udp, tcp = (socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM))
        udp.bind((host, 0))
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
        else:
            return udp, tcp


def _packet(said: Said, asked: Asked) -> Packet:
    if isinstance(said, Packet):
        return said
    return Packet(said if isinstance(said, bytes) else _fitting(said, asked))


def _fitting(reply: dns.message.Message, asked: Asked) -> bytes:
    """Over UDP no more octets than the asker takes, else cut to nothing and marked as such."""
    if asked.tcp:
        return reply.to_wire(max_size=65535)
    try:
        return reply.to_wire(max_size=max(asked.query.payload, 512))
    except dns.exception.TooBig:
        return _truncated(asked).to_wire()


def _rrset(owner: str, kind: str, record: Record, ttl: int = TTL) -> dns.rrset.RRset:
    return dns.rrset.from_rdata(_name(owner), ttl, _rdata(kind, record))


def _rdata(kind: str, record: Record) -> dns.rdata.Rdata:
    if isinstance(record, Txt):
        return TXT(IN, dns.rdatatype.TXT, record.strings)
    if isinstance(record, Mx):
        wire = record.preference.to_bytes(2, "big") + _wire(record.exchange)
    elif kind in ("CNAME", "NS", "PTR"):
        wire = _wire(record)
    else:
        return dns.rdata.from_text(IN, kind, record)
    return dns.rdata.from_wire(IN, kind, wire, 0, len(wire))


def _wire(name: str) -> bytes:
    return _name(name).to_wire() or b""


def _name(text: str) -> dns.name.Name:
    labels = text.rstrip(".").split(".") if text.rstrip(".") else []
    return dns.name.Name([label.encode() for label in labels] + [b""])


def _text(name: dns.name.Name) -> str:
    return b".".join(name.labels[:-1]).decode("utf-8", "surrogateescape").lower()
