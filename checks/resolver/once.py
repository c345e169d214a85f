"""One exchange with one server, on a socket of its own: for asking a few servers once, not one server often.

The kernel picks a random port, drops what comes from elsewhere, and tells at once when nobody listens there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from checks.lookup import FailureReason
from checks.resolver import message
from checks.resolver.message import Malformed, Question, Reply
from checks.resolver.servers import Nameserver

T = TypeVar("T")


@dataclass(slots=True)
class Heard:
    """What one exchange heard. `strange`: packets from the server that do not answer the question."""

    strange: int = 0


@dataclass(slots=True)
class SocketTransport:
    """UDP, then TCP for what was truncated (RFC 7766 5), with one socket an exchange."""

    queries: int = field(default=0, init=False)

    async def exchange(self, server: Nameserver, question: Question, seconds: float) -> Reply | FailureReason:
        async def ask(heard: Heard) -> Reply:
            reply = await self._ask(server, question, heard, edns=True)
            if reply.rcode in message.NO_EDNS_PLEASE:
                reply = await self._ask(server, question, heard, edns=False)
            return reply

        return await within(seconds, ask)

    async def aclose(self) -> None:
        """Nothing stays open between exchanges."""

    async def _ask(self, server: Nameserver, question: Question, heard: Heard, *, edns: bool) -> Reply:
        query = message.pack(question, edns=edns)
        self.queries += 1
        wire = await over_udp(server, query, heard)
        if message.truncated(wire):
            self.queries += 1
            wire = await over_tcp(server, query)
        return message.unpack(question, wire)


async def within(seconds: float, ask: Callable[[Heard], Awaitable[T]]) -> T | FailureReason:
    """What `ask` gives within `seconds`, else why it gives nothing."""
    heard = Heard()
    try:
        async with asyncio.timeout(seconds):
            return await ask(heard)
    except TimeoutError:
        # A wrong id or question may be a forger's, so it ends nothing, and counts if nothing else came.
        return FailureReason.MALFORMED if heard.strange else FailureReason.TIMEOUT
    except (Malformed, asyncio.IncompleteReadError):
        return FailureReason.MALFORMED
    except OSError:
        return FailureReason.UNREACHABLE


class _OneAnswer(asyncio.DatagramProtocol):
    """Waits for the datagram that answers the query; others are counted and let go."""

    def __init__(self, query: bytes, heard: Heard) -> None:
        self._query = query
        self._heard = heard
        # A value either way: an error that nobody waits for any more must not be reported as forgotten.
        self.answer: asyncio.Future[bytes | Exception] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if message.answers(self._query, data):
            self._settle(data)
        else:
            self._heard.strange += 1

    def error_received(self, exc: Exception) -> None:
        self._settle(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(exc or ConnectionAbortedError("the socket was closed"))

    def _settle(self, outcome: bytes | Exception) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)


async def over_udp(server: Nameserver, query: bytes, heard: Heard) -> bytes:
    """The datagram that answers the query; raises OSError, and waits for ever."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _OneAnswer(query, heard), remote_addr=(server.address, server.port)
    )
    try:
        transport.sendto(query)
        outcome = await protocol.answer
    finally:
        transport.close()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def over_tcp(server: Nameserver, query: bytes) -> bytes:
    """The reply over a connection of its own: length, then message (RFC 1035 4.2.2)."""
    reader, writer = await asyncio.open_connection(server.address, server.port)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()  # no answer is worth a wait for the server to hang up
    if not message.answers(query, wire) or message.truncated(wire):
        raise Malformed("the reply over TCP does not answer the question")
    return wire
