"""Get a small file by HTTPS from a host that somebody else chose, without being led into our own network.

As for mail servers: the name is resolved by our resolver, its addresses are vetted, the socket goes to a vetted one
and TLS verifies the name. Redirects are followed a few times, to https alone, each vetted anew. Nothing else is
sent: no cookies, no credentials, no proxy.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

import h11

from checks.lookup import Resolver
from checks.smtp.guard import Guard, TurnedAway, connect

HTTPS = 443
MAX_OCTETS = 65536
MAX_HEAD = 16384
MAX_REDIRECTS = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back. `status` 0: nothing did; `why` says why not. `body` is hostile, at most `MAX_OCTETS`."""

    url: str
    status: int = 0
    body: bytes = b""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """`port`: elsewhere than 443 in tests alone. `seconds`: for one file with its redirects."""

    resolver: Resolver
    guard: Guard
    context: ssl.SSLContext
    seconds: float = 6.0
    port: int = HTTPS

    async def get(self, url: str) -> Fetched:
        """The file at an https URL; whatever goes wrong is a value."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url)
        except TimeoutError:
            return Fetched(url, why="took too long")
        except (OSError, EOFError, ssl.SSLError, h11.RemoteProtocolError, ValueError) as problem:
            return Fetched(url, why=f"{type(problem).__name__}: {problem}"[:200])

    async def _follow(self, url: str) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            found, location = await self._once(url)
            if found.status not in _REDIRECTS or not location:
                return found
            url = urljoin(url, location)
        return Fetched(url, why="redirected too often")

    async def _once(self, url: str) -> tuple[Fetched, str]:
        """One request. The second value is where a redirect leads."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.port not in (None, HTTPS):
            return Fetched(url, why="is no plain https address"), ""
        guard = replace(self.guard, ports=frozenset({HTTPS}))
        vetted = await guard.vet(parts.hostname, self.port, self.resolver)
        if isinstance(vetted, TurnedAway):
            return Fetched(url, why=vetted.rule.code), ""
        sock = await connect(vetted, self.seconds)
        try:
            reader, writer = await asyncio.open_connection(
                sock=sock, ssl=self.context, server_hostname=vetted.name, limit=MAX_HEAD
            )
        except BaseException:
            sock.close()
            raise
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            return await _exchange(reader, writer, url, vetted.name, target)
        finally:
            writer.transport.abort()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, host: str, target: str
) -> tuple[Fetched, str]:
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    headers = [("Host", host), ("User-Agent", "Sendwell"), ("Accept", "text/xml"), ("Connection", "close")]
    writer.write(http.send(h11.Request(method="GET", target=target, headers=headers)))
    writer.write(http.send(h11.EndOfMessage()))
    await writer.drain()
    status, location, body = 0, "", bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(MAX_HEAD))
        elif isinstance(event, h11.Response):
            status = event.status_code
            found = {bytes(name).lower(): bytes(value) for name, value in event.headers}
            location = found.get(b"location", b"").decode("latin-1")
            if found.get(b"content-encoding", b"identity") != b"identity":
                return Fetched(url, why="is compressed, which was not asked for"), ""
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_OCTETS:
                return Fetched(url, why=f"is longer than {MAX_OCTETS} octets"), ""
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            return Fetched(url, status, bytes(body)), location
