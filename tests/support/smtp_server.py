"""An SMTP server on loopback that does what a script says: for faults that a real server cannot be made to show.

    with serving(polite(mechanisms="PLAIN LOGIN", refuses="535 5.7.8 no"), pair) as server:
        ...                       # server.port
    server.heard                  # each connection: what came in clear, what came encrypted, and its lines

A script is a function of a `Peer`, run in a thread of its own for each connection; what it leaves open is closed.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from data.demo.certificates import Pair

PATIENCE = 20.0
"""Seconds that a script waits for the client."""


class Gone(Exception):
    """The client hung up, or the test is over."""


@dataclass
class Heard:
    """All that one connection brought."""

    clear: bytearray = field(default_factory=bytearray)
    encrypted: bytearray = field(default_factory=bytearray)
    lines: list[str] = field(default_factory=list)

    @property
    def auths(self) -> list[str]:
        """The AUTH commands, in clear or not."""
        return [line for line in self.lines if line.upper().startswith("AUTH")]


class Peer:
    """The client, as a script sees it."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, heard: Heard) -> None:
        self._sock = sock
        self._context = context
        self._left = bytearray()
        self.heard = heard

    def say(self, *lines: str) -> None:
        """Lines as they are, each with its end."""
        self.send("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))

    def send(self, octets: bytes) -> None:
        try:
            self._sock.sendall(octets)
        except OSError as problem:
            raise Gone from problem

    def hear(self) -> str:
        """One line without its end."""
        while b"\n" not in self._left:
            self._receive()
        line, _, rest = bytes(self._left).partition(b"\n")
        self._left[:] = rest
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        self.heard.lines.append(text)
        return text

    def hear_anything(self) -> None:
        """Whatever comes next, be it a line or not."""
        self._receive()

    def wait(self) -> None:
        """Say nothing until the client says goodbye or goes."""
        while not self._left.startswith(b"QUIT"):
            self._left.clear()
            self._receive()

    def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        """TLS from here on; what came in clear before is not read as if it came after."""
        chosen = context or self._context
        if chosen is None:
            raise RuntimeError("this server has no certificate")
        self._left.clear()
        try:
            self._sock = chosen.wrap_socket(self._sock, server_side=True)
        except (OSError, ValueError) as problem:
            raise Gone from problem

    def reset(self) -> None:
        """Hang up without a goodbye (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()
        raise Gone

    def hang_up(self) -> None:
        self._sock.close()
        raise Gone

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.close()

    def end(self) -> None:
        """From another thread: the script's next look at the socket finds it at its end, and closes it."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _receive(self) -> None:
        try:
            octets = self._sock.recv(65536)
        except (OSError, ValueError) as problem:
            raise Gone from problem
        if not octets:
            raise Gone
        kept = self.heard.encrypted if isinstance(self._sock, ssl.SSLSocket) else self.heard.clear
        kept += octets
        self._left += octets


Script = Callable[[Peer], None]


@dataclass
class ScriptedServer:
    """A server that listens. `heard`: the connections so far, the first one first."""

    host: str
    port: int
    heard: list[Heard] = field(default_factory=list)

    @property
    def auths(self) -> list[str]:
        """Every AUTH command of every connection."""
        return [auth for heard in self.heard for auth in heard.auths]

    @property
    def octets(self) -> bytes:
        """Every octet that came, in clear or not."""
        return b"".join(bytes(heard.clear + heard.encrypted) for heard in self.heard)


@contextmanager
def serving(script: Script, pair: Pair | None = None, host: str = "127.0.0.1") -> Iterator[ScriptedServer]:
    """Run the script for each connection, until the end of the `with`."""
    context = pair.context() if pair else None
    listener = socket.create_server((host, 0), backlog=256)
    server = ScriptedServer(host, listener.getsockname()[1])
    running: list[tuple[Peer, threading.Thread]] = []

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            server.heard.append(Heard())
            peer = Peer(sock, context, server.heard[-1])
            running.append((peer, threading.Thread(target=_run, args=(script, peer), daemon=True)))
            running[-1][1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for peer, _ in running:
            peer.end()
        for _, runs in running:
            runs.join(PATIENCE)


def _run(script: Script, peer: Peer) -> None:
    with contextlib.suppress(Gone):
        script(peer)
    peer.close()


# Scripts


def polite(
    *,
    mechanisms: str | None = "PLAIN LOGIN",
    answer: str | Callable[[str], str] = "235 2.7.0 Authentication successful",
    implicit: bool = False,
    starttls: bool = True,
    auth_before_tls: bool = False,
    greeting: str = "220 mail.example.test ESMTP",
    old_style: bool = False,
) -> Script:
    """A server as it should be. `answer`: to each AUTH, or a function of its mechanism."""

    def script(peer: Peer) -> None:
        encrypted = implicit
        if implicit:
            peer.start_tls()
        peer.say(greeting)
        while True:
            line = peer.hear()
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                offers = ["STARTTLS"] if starttls and not encrypted else []
                if mechanisms is not None and (encrypted or auth_before_tls):
                    offers.append(f"AUTH={mechanisms}" if old_style else f"AUTH {mechanisms}")
                peer.say(*ehlo_answer(*offers))
            elif verb == "STARTTLS" and starttls and not encrypted:
                peer.say("220 2.0.0 Ready to start TLS")
                peer.start_tls()
                encrypted = True
            elif verb == "AUTH":
                peer.say(*authenticate(peer, line, answer).split("\n"))
            elif verb == "QUIT":
                peer.say("221 2.0.0 Bye")
                return
            else:
                peer.say("500 5.5.2 What?")

    return script


def ehlo_answer(*offers: str) -> list[str]:
    lines = ["mail.example.test", "SIZE 1000000", *offers, "8BITMIME"]
    return [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]


def authenticate(peer: Peer, line: str, answer: str | Callable[[str], str]) -> str:
    """Take the credentials in the manner of the mechanism, and give the answer."""
    _, mechanism, *initial = line.split(" ")
    if mechanism.upper() == "LOGIN":
        for prompt in ("Username:", "Password:"):
            peer.say("334 " + base64.b64encode(prompt.encode()).decode())
            peer.hear()
    elif mechanism.upper() == "CRAM-MD5":
        peer.say("334 " + base64.b64encode(b"<1896.697170952@mail.example.test>").decode())
        peer.hear()
    elif not initial:
        peer.say("334 ")
        peer.hear()
    return answer if isinstance(answer, str) else answer(mechanism.upper())
