"""Carries questions to servers over a few long-lived sockets, and what comes back to whoever asked.

An answer is taken only from the server that was asked (the sockets are connected), at the port that asked, with
the id and the question of a query that is out, letter by letter (RFC 5452 9.1; the case of the letters is
random). All others are dropped. Nothing here waits or counts time: `asking.py` does, for all queries together.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from checks.lookup import FailureReason
from checks.resolver import message, wire
from checks.resolver.message import HEADER, Malformed, Reply
from checks.resolver.servers import Nameserver
from checks.resolver.stream import Stream
from checks.resolver.wire import Asked, Chance, Said

if TYPE_CHECKING:
    from checks.resolver.lane import Lane

SOCKETS = 8
"""For each server: that many answers' worth of kernel buffers, and ports to guess from."""

USES, AGE = 20_000, 60.0
"""Queries and seconds after which a socket makes place for another, at another port."""

STRANGE = 100
"""Packets that answer nothing, before a socket makes place: somebody may be guessing."""

_BUFFER = 2**20
_AT_ONCE = 256
_RESPONSE, _QR_AND_OPCODE, _TC = 0x80, 0xF8, 0x02
_KEEPS_NO_CASE_FOR = 900.0

Outcome = Said | FailureReason
Clock = Callable[[], float]


class Listener(Protocol):
    """Who asked."""

    def heard(self, sent: Sent, outcome: Outcome, now: float) -> None:
        """Called at most once for each `Sent`, and not after it was forgotten."""
        ...


class Sent:
    """A query that is out. `at`: when; `strange`: something came back that is no answer to it."""

    __slots__ = (
        *("asked", "at", "channel", "edns", "end", "id", "lane", "listener", "mixed", "question"),
        *("streamed", "strange"),
    )
    channel: Channel
    id: bytes
    lane: Lane
    question: bytes

    def __init__(self, asked: Asked, listener: Listener, now: float, mixed: bool) -> None:
        self.asked = asked
        self.listener = listener
        self.at = now
        self.end = asked.end
        self.mixed = mixed
        self.edns = True
        self.strange = self.streamed = False

    def forget(self) -> None:
        """Whatever comes back for it from now on is dropped."""
        self.channel.forget(self)


class Link(Protocol):
    """The way to one server."""

    queries: int
    """Packets asked so far; a question asked again, over TCP or without EDNS, counts again."""

    def send(self, asked: Asked, listener: Listener, now: float) -> Sent:
        """Ask; what comes of it is told to the listener, later."""
        ...

    def close(self) -> None:
        """Let go of what is open. Nobody is told."""
        ...


class Channel(Protocol):
    """What a query went out on."""

    def forget(self, sent: Sent) -> None: ...


class Peer:
    """One server, and the sockets to it."""

    def __init__(self, server: Nameserver, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self.server = server
        self.loop = loop
        self.clock = clock
        self.chance = Chance()
        self._over_tls = bool(server.tls)
        self.queries = 0
        self._sockets: list[_Socket | None] = [None] * SOCKETS
        self._retired: set[_Socket] = set()
        self._stream: Stream | None = None
        self._mixes_from = float("-inf")
        self._outbox: list[tuple[_Socket, bytes]] = []

    def send(self, asked: Asked, listener: Listener, now: float) -> Sent:
        sent = Sent(asked, listener, now, now >= self._mixes_from)
        if self._over_tls:
            self.over_stream(sent)
        else:
            self._over_udp(sent, now)
        return sent

    def _over_udp(self, sent: Sent, now: float) -> None:
        place = self.chance.octets(1)[0] % SOCKETS
        chosen = self._sockets[place]
        if chosen is None or chosen.left <= 0 or chosen.expires <= now:
            try:
                chosen = self._renew(place, now)
            except OSError:
                self.loop.call_soon(self._unreachable, sent)
                sent.channel = _NOWHERE
                return
        sent.channel = chosen
        chosen.left -= 1
        packet = self.pack(sent, chosen.pending)
        if not self._outbox:
            self.loop.call_soon(self._send_all)
        self._outbox.append((chosen, packet))

    def _send_all(self) -> None:
        """Send all of this turn of the loop, one after the other.

        That costs half: between two packets that are far apart the server falls asleep, and to wake it takes the
        kernel longer than to send.
        """
        outbox, self._outbox = self._outbox, []
        for sock, packet in outbox:
            try:
                sock.put(packet)
            except BlockingIOError:
                pass  # no room in the kernel: lost, as on the way
            except OSError:
                sock.refused()

    def _renew(self, place: int, now: float) -> _Socket:
        old = self._sockets[place]
        new = self._sockets[place] = _Socket(self, now)
        if old is not None:
            self._retired.add(old)
            old.retire()
        return new

    def _unreachable(self, sent: Sent) -> None:
        if sent.channel is _NOWHERE:
            sent.listener.heard(sent, FailureReason.UNREACHABLE, self.clock())

    def closed(self, sock: _Socket) -> None:
        self._retired.discard(sock)

    def over_stream(self, sent: Sent) -> None:
        sent.streamed = True
        if self._stream is None or not self._stream.usable:
            self._stream = Stream(self)
        self._stream.send(sent)

    def wrong_case(self, sent: Sent, now: float) -> None:
        """The right id and name, but the letters in another case: a guess, or a server that does not keep it.

        As a forger would have to guess twice, it is asked again, in lower case and from another port, and that
        answer holds.
        """
        sent.mixed = False
        self._mixes_from = now + _KEEPS_NO_CASE_FOR
        self._over_udp(sent, now)

    def take(self, sent: Sent, packet: bytes, now: float) -> None:
        """What answers the query: to be read, or to be asked again in another way."""
        if packet[2] & _TC and not sent.streamed:
            return self.over_stream(sent)
        try:
            said = (
                wire.unpack(sent.asked, packet) if packet[5] else message.unpack(sent.asked.question, packet)
            )
        except Malformed:
            return sent.listener.heard(sent, FailureReason.MALFORMED, now)
        if type(said) is Reply and sent.edns and said.rcode in message.NO_EDNS_PLEASE:
            return self._without_edns(sent, now)
        sent.listener.heard(sent, said, now)

    def _without_edns(self, sent: Sent, now: float) -> None:
        sent.edns = False
        if sent.streamed:
            self.over_stream(sent)
        else:
            self._over_udp(sent, now)

    def pack(self, sent: Sent, pending: dict[bytes, Sent]) -> bytes:
        """The query, with an id of its own among those that are pending there; it becomes one of them."""
        asked = sent.asked
        qname = asked.qname
        random = self.chance.octets(2 + len(qname))
        id = random[:2]
        while id in pending:
            id = self.chance.octets(2)
        if sent.mixed:
            qname = wire.mixed(qname, random[2:])
        pending[id] = sent
        sent.id = id
        sent.question = question = qname + asked.tail
        self.queries += 1
        return wire.pack(id, question) if sent.edns else wire.pack(id, question, edns=False)

    def close(self) -> None:
        for sock in [*self._sockets, *self._retired]:
            if sock is not None:
                sock.close()
        self._sockets = [None] * SOCKETS
        if self._stream is not None:
            self._stream.close()


Dial = Callable[[Nameserver, asyncio.AbstractEventLoop, Clock], Link]


class _Nowhere:
    def forget(self, sent: Sent) -> None:
        sent.channel = _FORGOTTEN


_NOWHERE, _FORGOTTEN = _Nowhere(), _Nowhere()


class _Socket:
    """A UDP socket at a random port, connected: the kernel drops what comes from elsewhere."""

    __slots__ = (
        *("_peer", "_recv", "_retired", "_sock", "_strange"),
        *("expires", "left", "pending", "put"),
    )

    def __init__(self, peer: Peer, now: float) -> None:
        self._peer = peer
        self.pending: dict[bytes, Sent] = {}
        self._sock = _connected(peer.server)
        self.put = self._sock.send
        self._recv = self._sock.recv
        self._retired = False
        self._strange = 0
        self.left = USES
        self.expires = now + AGE
        peer.loop.add_reader(self._sock.fileno(), self._readable)

    def forget(self, sent: Sent) -> None:
        if self.pending.get(sent.id) is sent:
            del self.pending[sent.id]
            if self._retired:
                self._close_if_done()

    def retire(self) -> None:
        """Ask nothing more; close after the last answer."""
        self._retired = True
        self._close_if_done()

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._peer.loop.remove_reader(self._sock.fileno())
            self._sock.close()
            self._peer.closed(self)
        self.pending.clear()

    def _close_if_done(self) -> None:
        if not self.pending:
            self.close()

    def _readable(self) -> None:
        recv, pending, now = self._recv, self.pending, self._peer.clock()
        take = self._peer.take
        for _ in range(_AT_ONCE):
            try:
                packet = recv(65535)
            except BlockingIOError:
                break
            except OSError:
                self.refused()
                break
            sent = pending.get(packet[:2])
            if sent is None:
                self._unasked()
            elif (
                packet[HEADER : sent.end] == sent.question
                and packet[2] & _QR_AND_OPCODE == _RESPONSE
                and packet[4:6] == b"\0\1"
            ):
                del pending[sent.id]
                take(sent, packet, now)
            else:
                self._odd(sent, packet, now)
        if self._retired:
            self._close_if_done()

    def _unasked(self) -> None:
        """Late, twice, or a guess."""
        self._strange += 1
        if self._strange >= STRANGE:
            self.left = 0

    def _odd(self, sent: Sent, packet: bytes, now: float) -> None:
        """It has the id of a query, and something is wrong with it."""
        query = sent.id + bytes(2) + b"\0\1" + bytes(6) + sent.question
        if not message.answers(query, packet):
            sent.strange = True
            return self._unasked()
        del self.pending[sent.id]
        if packet[4:6] == b"\0\0" or not sent.mixed:
            self._peer.take(sent, packet, now)
        else:
            self._peer.wrong_case(sent, now)

    def refused(self) -> None:
        """Nobody listens there, the kernel says, or there is no way: true of all that is out on this socket."""
        now = self._peer.clock()
        pending, self.pending = self.pending, {}
        for sent in pending.values():
            sent.listener.heard(sent, FailureReason.UNREACHABLE, now)
        if self._retired:
            self._close_if_done()


def _connected(server: Nameserver) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in server.address else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.connect((server.address, server.port))
    except OSError:
        sock.close()
        raise
    return sock
