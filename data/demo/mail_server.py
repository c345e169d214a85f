"""The demo's mail servers: on loopback, with real TLS, in a thread of their own. None takes a message."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType

from checks.smtp.result import Security
from data.demo import mail_layout
from data.demo.certificates import Authority, Pair
from data.demo.in_thread import InThread
from data.demo.mail_answers import MAX_LINE, Session, Then
from data.demo.mail_hosts import MailHost
from data.demo.mail_layout import Seat
from data.demo.scenario import Manner

_PATIENCE = 60.0
"""Seconds for a whole connection."""
_DAY = timedelta(days=1)


class MailServers(InThread):
    """All of them while the `with` block lasts. `layout`: where they are; `authority`: what a client has to trust.

    The authority and its certificates are made anew. Their keys lie in no file any more once a server listens, so none
    outlives the demo, however it ends.
    """

    def __init__(self, first_block: int = 0) -> None:
        """Raises OSError where no ports are free."""
        super().__init__("demo-mail")
        self.layout, self._seats = mail_layout.take(first_block)
        self._folder = tempfile.TemporaryDirectory(prefix="sendwell-demo-")
        self._authority = Authority(Path(self._folder.name), "The authority of Sendwell's demo")
        hosts = {seat.host.name: seat.host for seat in self._seats}
        self._contexts = {name: _context(_pair(host, self._authority)) for name, host in hosts.items()}

    @property
    def authority(self) -> Path:
        """A PEM file."""
        return self._authority.file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._folder.cleanup()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        listening = [seat for seat in self._seats if seat.host.manner is not Manner.CLOSED]
        servers = [await _open(seat, self._contexts[seat.host.name]) for seat in listening]
        yield
        for server in servers:
            server.close()
        for seat in self._seats:
            seat.socket.close()


def _pair(host: MailHost, authority: Authority) -> Pair:
    match host.manner:
        case Manner.EXPIRED:
            return authority.issue(host.name, begins=-90 * _DAY, ends=-_DAY)
        case Manner.WRONG_NAME:
            return authority.issue("smtp.webvolk.example", "server7.webvolk.example")
        case Manner.SELF_SIGNED:
            return authority.self_signed(host.name)
        case _:
            return authority.issue(host.name)


def _context(pair: Pair) -> ssl.SSLContext:
    context = pair.context()
    pair.key.unlink()
    return context


async def _open(seat: Seat, context: ssl.SSLContext) -> asyncio.Server:
    speaks_first = seat.security is Security.IMPLICIT and seat.host.manner is not Manner.SILENT
    return await asyncio.start_server(
        partial(_converse, seat, context),
        sock=seat.socket,
        limit=MAX_LINE,
        ssl=context if speaks_first else None,
    )


async def _converse(
    seat: Seat, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(OSError, ValueError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(_PATIENCE):
            if seat.host.manner is Manner.SILENT:
                await _listen(reader)
            else:
                await _talk(seat, context, reader, writer)
    writer.close()


async def _listen(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_LINE):
        pass


async def _talk(
    seat: Seat, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    session = Session(seat.host, encrypted=seat.security is Security.IMPLICIT)
    await _say(writer, session.greeting())
    while line := await reader.readline():  # ValueError of one that is too long
        said, then = session.hear(line.decode("utf-8", "replace").rstrip("\r\n"))
        await _say(writer, said)
        if then is Then.START_TLS:
            await writer.start_tls(context)
        elif then is Then.HANG_UP:
            return


async def _say(writer: asyncio.StreamWriter, lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines.split("\n")).encode())
    await writer.drain()
