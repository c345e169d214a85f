"""The web server: one process, uvicorn around Streamlit's ASGI application, with our headers on each answer."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import FrameType

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from streamlit import config

from dashboard.security import SecurityHeaders

SCRIPT = Path(__file__).parent / "app.py"
HEALTH = b"GET /_stcore/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

log = logging.getLogger("sendwell.dashboard")


class PortTaken(Exception):
    """Nothing can be served there. One sentence: what is wrong and what to do."""


def require_free(host: str, port: int) -> None:
    """Raise `PortTaken` when nobody can listen at this address and port."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise PortTaken(_sentence(host, port, error)) from None


def serve(host: str, port: int) -> None:
    """Serve until interrupted. Prints the address once it answers."""
    _configure(host, port)
    app = st.App(
        SCRIPT,
        lifespan=_lifespan,
        middleware=[Middleware(SecurityHeaders)],
        on_script_error=_log,
    )
    options = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,  # five times slower on large pages
        ws_max_size=20 * 2**20,
        ws_ping_interval=30,
        ws_ping_timeout=30,
        timeout_graceful_shutdown=2,
    )
    with suppress(KeyboardInterrupt):
        _Server(options).run()


class _Server(uvicorn.Server):
    """Says where it is once it answers there, and ends quietly however often it is told to."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True  # a second signal would force it, in the midst of what it closes

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and await _answers(self.config.host, self.config.port):
            print(f"Sendwell is at http://{_shown(self.config.host)}:{self.config.port}", flush=True)


async def _answers(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(_reachable(host), port)
    try:
        writer.write(HEALTH)
        return b" 200 " in await reader.readline()
    finally:
        writer.close()


@asynccontextmanager
async def _lifespan(app: st.App) -> AsyncIterator[None]:
    """What is loaded now stays: the collector need not walk through it again after each run of a page."""
    import pandas  # noqa: F401

    gc.collect()
    gc.freeze()
    yield


def _configure(host: str, port: int) -> None:
    """What depends on where we listen. `allowedHosts` keeps a stranger's page from talking to us through DNS."""
    config.set_option("server.address", host)
    config.set_option("server.port", port)
    if _is_loopback(host):
        config.set_option("server.allowedHosts", ["127.0.0.1", "localhost", "[::1]"])


def _log(error: Exception) -> None:
    log.error("a page failed", exc_info=error)


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken: stop what listens there, or choose another: SENDWELL_PORT={port + 1}"
    why = error.strerror or "unusable"
    return f"cannot listen at {host} port {port} ({why}): choose another SENDWELL_HOST or SENDWELL_PORT"


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _shown(host: str) -> str:
    near = _reachable(host)
    return f"[{near}]" if ":" in near else near
