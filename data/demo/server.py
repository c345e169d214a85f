"""A DNS server for the demo: loopback only, a free port, UDP and TCP, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from checks.lookup import ZoneResolver
from data.demo.answers import reply
from data.demo.in_thread import InThread

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 10.0
_BUFFER = 4 * 1024 * 1024
_TRIES = 20


class DnsServer(InThread):
    """Answers from a zone while its `with` block lasts; `address` is `127.0.0.1:PORT`."""

    def __init__(self, zone: ZoneResolver) -> None:
        super().__init__("demo-dns")
        self._zone = zone
        self._udp, self._tcp = _sockets()
        self.port: int = self._udp.getsockname()[1]

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        transport, _ = await self._loop.create_datagram_endpoint(lambda: _Udp(self._zone), sock=self._udp)
        server = await asyncio.start_server(self._converse, sock=self._tcp)
        yield
        transport.close()
        server.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One TCP connection: messages behind their length in two octets (RFC 1035 4.2.2)."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, asyncio.CancelledError):
            while True:
                async with asyncio.timeout(_IDLE_SECONDS):
                    length = int.from_bytes(await reader.readexactly(2))
                    octets = await reader.readexactly(length)
                if answer := reply(self._zone, octets, udp=False):
                    writer.write(len(answer).to_bytes(2) + answer)
                    await writer.drain()
        writer.close()


class _Udp(asyncio.DatagramProtocol):
    """One datagram, one answer, or none."""

    def __init__(self, zone: ZoneResolver) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if answer := reply(self._zone, data, udp=True):
            self._transport.sendto(answer, addr)


def _sockets() -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on the same free port."""
    for _ in range(_TRIES):
        tcp = socket.create_server((LOOPBACK, 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
            continue
        udp.setblocking(False)
        return udp, tcp
    raise OSError("no port of 127.0.0.1 is free for UDP and TCP alike")
