"""A connection to a server, TCP or TLS, for what does not fit into a datagram (RFC 7766) or must be private (RFC 7858).

One connection carries all questions, without waiting for answers in between, and stays open for a while.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import TYPE_CHECKING, cast

from checks.lookup import FailureReason
from checks.resolver import message

if TYPE_CHECKING:
    from checks.resolver.transport import Peer, Sent

IDLE = 10.0
"""Seconds without a question after which the connection is closed (RFC 7766 6.2.3)."""

HANDSHAKE = 10.0
"""Seconds for TCP, and for TLS, to begin."""


class Stream(asyncio.Protocol):
    """One connection. Whoever asks before it stands waits for it."""

    def __init__(self, peer: Peer) -> None:
        self.usable = True
        self._peer = peer
        self._pending: dict[bytes, Sent] = {}
        self._unsent = bytearray()
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answered = False
        self._idle: asyncio.TimerHandle | None = None
        self._opening = peer.loop.create_task(self._open())

    def send(self, sent: Sent) -> None:
        sent.channel = self
        query = self._peer.pack(sent, self._pending)
        self._pending[sent.id] = sent
        framed = len(query).to_bytes(2, "big") + query
        if self._transport is None:
            self._unsent += framed
        else:
            self._transport.write(framed)

    def forget(self, sent: Sent) -> None:
        """A question that was not answered in time: the next one gets a new connection."""
        if self._pending.pop(sent.id, None) is not None:
            self.usable = False
            if not self._pending:
                self.close()

    def close(self) -> None:
        self.usable = False
        self._pending.clear()
        self._opening.cancel()
        if self._idle is not None:
            self._idle.cancel()
        if self._transport is not None:
            self._transport.abort()  # no answer is worth a wait for the server to hang up

    async def _open(self) -> None:
        server = self._peer.server
        try:
            async with asyncio.timeout(HANDSHAKE):
                await self._peer.loop.create_connection(
                    lambda: self,
                    server.address,
                    server.port,
                    ssl=_context() if server.tls else None,
                    server_hostname=server.tls or None,
                )
        except (OSError, TimeoutError):
            self._end(FailureReason.UNREACHABLE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(bytes(self._unsent))
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        read = self._read
        read += data
        while len(read) >= 2 and len(read) >= (end := 2 + int.from_bytes(read[:2], "big")):
            packet = bytes(read[2:end])
            del read[:end]
            if not self._take(packet):
                return self._end(FailureReason.MALFORMED)
        if not self._pending:
            self._rest()

    def _take(self, packet: bytes) -> bool:
        """Whether it answers a question that was asked here."""
        sent = self._pending.get(packet[:2])
        if sent is None:
            return False
        query = sent.id + bytes(2) + b"\0\1" + bytes(6) + sent.question
        if not message.answers(query, packet) or message.truncated(packet):
            return False
        del self._pending[sent.id]
        self._answered = True
        self._peer.take(sent, packet, self._peer.clock())
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(FailureReason.MALFORMED if exc is None else FailureReason.UNREACHABLE)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._peer.loop.call_later(IDLE, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self._pending:
            self.close()

    def _end(self, reason: FailureReason) -> None:
        """Those who wait are told; a server may close what it has answered on before (RFC 7766 6.2.4): ask again."""
        pending, again = dict(self._pending), self._answered
        self.close()
        now = self._peer.clock()
        for sent in pending.values():
            if again:
                self._peer.over_stream(sent)
            else:
                sent.listener.heard(sent, reason, now)


@cache
def _context() -> ssl.SSLContext:
    """Certificates by the system's authorities, names verified; made once, as reading them takes long."""
    return ssl.create_default_context()
