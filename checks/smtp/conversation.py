"""One conversation with a mail server, step by step, by aiosmtplib's primitives (RFC 5321, RFC 3207, RFC 4954).

Its `login()` and `send()` are never called: they try every mechanism after a refusal, and go on in clear where
STARTTLS is missing. The SMTP object never gets the password, and no DNS is asked: the socket is connected already.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiosmtplib import (
    SMTP,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.response import SMTPResponse

from checks.frames import forget_locals
from checks.smtp import connection_rules as rules
from checks.smtp import login_rules, mechanisms, trouble
from checks.smtp.credentials import Credentials
from checks.smtp.guard import Vetted, connect
from checks.smtp.mechanisms import Mechanism
from checks.smtp.replies import Reply
from checks.smtp.result import Line, Security, Who, printable
from checks.smtp.trouble import Trouble
from checks.tasks import asked_to_stop

ACCEPTED, CHALLENGE = 235, 334  # RFC 4954 6
MAX_CHALLENGES = 4
"""No mechanism here needs more than two; a server that goes on asking is left."""
GOODBYE = 2.0  # seconds
MAX_KEPT = 4000  # characters of one reply that are looked at
MAX_LINES = 60  # of one reply that are written down; an honest EHLO has some twenty

_CODES = re.compile(r"-?\d+ (?:[245]\.\d{1,3}\.\d{1,3} )?")
"""Of a server's line in the dialogue."""

BeforeAuth = Callable[[Mechanism, str], Awaitable[None]]
"""Is told the mechanism and the address that the connection goes to."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for everything, and for one step (a command and its answer, whole).

    A line is at most 8,192 octets and an answer 32,768 (aiosmtplib); of at most a dozen answers, that is 400 kB.
    """

    whole: float = 25.0
    step: float = 10.0


class Conversation:
    """What was said, and what is known of the server. `scrub` hides credentials in what is written down."""

    def __init__(
        self, vetted: Vetted, security: Security, context: ssl.SSLContext, ehlo_name: str, limits: Limits
    ) -> None:
        self.vetted = vetted
        self.security = security
        self._context = context
        self._ehlo_name = ehlo_name
        self.limits = limits
        self._smtp: SMTP | None = None
        self.scrub: Callable[[str], str] = _as_it_is
        self.dialogue: list[Line] = []
        self.attempts = 0
        self.tls = ""
        self.address = ""
        self.greeted = False
        self.before_auth: BeforeAuth | None = None

    def anew(self, security: Security) -> Conversation:
        """Another one with the same server, about which nothing is written down."""
        return Conversation(self.vetted, security, self._context, self._ehlo_name, self.limits)

    async def open(self, sock: socket.socket) -> Trouble | None:
        """Greeting, and with implicit TLS the handshake before it. The socket is ours to close from here on."""
        implicit = self.security is Security.IMPLICIT
        with contextlib.suppress(OSError):  # gone already
            self.address = str(sock.getpeername()[0])
        self._smtp = SMTP(
            hostname=self.vetted.name,
            sock=sock,
            use_tls=implicit,
            start_tls=False,
            tls_context=self._context,
            local_hostname=self._ehlo_name,
            timeout=self.limits.step,
        )
        try:
            greeting = await self._smtp.connect()
        except SMTPConnectResponseError as refusal:
            self._server(refusal.code, refusal.message)
            return self._turned_away(refusal)
        except (SMTPException, OSError, ssl.SSLError, UnicodeError) as problem:
            in_handshake = implicit and not _is_about_the_greeting(problem)
            return self._failed(trouble.of(problem, in_handshake=in_handshake))
        finally:
            if not self._smtp.is_connected:
                _drop(sock)
        self._note_tls()
        self.greeted = True
        self._server(greeting.code, greeting.message)
        return None

    async def ehlo(self) -> Trouble | None:
        """What the server can do. HELO is not tried: who does not know EHLO does not know AUTH."""
        self._client(f"EHLO {self._ehlo_name}")
        try:
            reply = await self._opened.ehlo()
        except SMTPHeloError as refusal:
            self._server(refusal.code, refusal.message)
            return self._turned_away(refusal)
        except (SMTPException, OSError, UnicodeError) as problem:
            return self._failed(trouble.of(problem, greeted=True))
        self._server(reply.code, reply.message)
        return None

    async def starttls(self) -> Trouble | None:
        """Encrypt, or say why not. What the server offered before counts no more (RFC 3207 4.2)."""
        if not self._opened.supports_extension("starttls"):
            return self._failed(Trouble(rules.STARTTLS_MISSING, "STARTTLS is not offered"))
        self._client("STARTTLS")
        try:
            reply = await self._opened.starttls(server_hostname=self.vetted.name)
        except SMTPResponseException as refusal:
            return self._no_tls(refusal)
        except (SMTPException, OSError, ssl.SSLError, RuntimeError, UnicodeError) as problem:
            return self._failed(trouble.of(problem, in_handshake=True, greeted=True))
        self._server(reply.code, reply.message)
        self._note_tls()
        return None

    @property
    def is_encrypted(self) -> bool:
        """Whether a verified TLS connection stands; without it no AUTH leaves."""
        if self._smtp is None or not self._smtp.is_connected:
            return False
        tls = self._smtp.get_transport_info("ssl_object")
        return tls is not None and tls.context.verify_mode is ssl.CERT_REQUIRED and tls.context.check_hostname

    @property
    def offers_auth(self) -> bool:
        return self._opened.supports_extension("auth")

    @property
    def offered(self) -> tuple[str, ...]:
        """The mechanisms of the last EHLO."""
        return tuple(self._opened.server_auth_methods)

    async def authenticate(self, mechanism: Mechanism, credentials: Credentials) -> Reply | Trouble:
        """One AUTH, counted before it leaves, up to the answer that ends it."""
        if not self.is_encrypted:
            return self._failed(Trouble(rules.TLS_REQUIRED, "no encryption, so no AUTH"))
        if asked_to_stop():
            raise asyncio.CancelledError
        if self.before_auth is not None:
            await self.before_auth(mechanism, self.address)
        self.attempts += 1
        self._client(f"AUTH {mechanism}" + (" [user name and secret]" if _at_once(mechanism) else ""))
        try:
            return await self._exchange(mechanism, credentials)
        except (SMTPException, OSError, UnicodeError) as problem:
            return self._failed(trouble.of(problem, greeted=True))
        except BaseException as ended:  # by whoever waits for us: the secret was on its way
            forget_locals(ended)
            raise

    async def _exchange(self, mechanism: Mechanism, credentials: Credentials) -> Reply | Trouble:
        reply = await self._opened.execute_command(*mechanisms.first_command(mechanism, credentials))
        error = ""
        for step in range(MAX_CHALLENGES):
            self._server(reply.code, reply.message)
            if reply.code != CHALLENGE:
                break
            error = error or mechanisms.token_error(reply.message)
            answer = mechanisms.answer(mechanism, credentials, reply.message, step)
            self._client(mechanisms.shown(mechanism, step) if answer != mechanisms.CANCEL else "*")
            if answer == mechanisms.CANCEL:
                return await self._cancel()
            reply = await self._opened.execute_command(answer)
        if error and reply.code != ACCEPTED:
            self._note(error)
            return Reply.of(CHALLENGE, error)
        return Reply.of(reply.code, _kept(reply))

    async def _cancel(self) -> Trouble:
        """The server asks for what the mechanism does not have. What it says to that tells nothing about the password,
        not even that it was never looked at."""
        reply = await self._opened.execute_command(mechanisms.CANCEL)
        self._server(reply.code, reply.message)
        return Trouble(login_rules.ANSWER_UNREADABLE, _kept(reply), reply.code)

    async def quit(self) -> None:
        """Say goodbye; nothing depends on the answer, so it is not waited for long."""
        if self._smtp is None or not self._smtp.is_connected:
            return
        self._client("QUIT")
        try:
            reply = await self._smtp.quit(timeout=min(self.limits.step, GOODBYE))
        except (SMTPException, OSError, UnicodeError):
            return
        self._server(reply.code, reply.message)

    def close(self) -> None:
        """Drop the connection at once: a TLS goodbye could be held up for half a minute."""
        if self._smtp is None:
            return
        transport = self._smtp.transport
        self._smtp.close()
        abort = getattr(transport, "abort", None)
        if abort is not None:
            abort()

    # What is written down

    @property
    def _opened(self) -> SMTP:
        if self._smtp is None:
            raise RuntimeError("open() comes first")
        return self._smtp

    def _client(self, text: str) -> None:
        self.dialogue.append(Line(Who.CLIENT, text))

    def _server(self, code: int, text: str) -> None:
        lines = text[:MAX_KEPT].split("\n")
        for line in lines[:MAX_LINES]:
            self.dialogue.append(Line(Who.SERVER, f"{code} {line}"))
        if len(lines) > MAX_LINES:
            self._note("and so on")

    def _note(self, text: str) -> None:
        self.dialogue.append(Line(Who.NOTE, text))

    def written(self) -> tuple[Line, ...]:
        """The dialogue as it may be kept: credentials hidden, in pieces over several lines too, and printable."""
        texts = [printable(line.text, MAX_KEPT) for line in self.dialogue]
        servers = [at for at, line in enumerate(self.dialogue) if line.who is not Who.CLIENT]
        hidden = dict(zip(servers, self._hidden([texts[at] for at in servers]), strict=False))
        return tuple(
            Line(line.who, printable(hidden.get(at, texts[at]))) for at, line in enumerate(self.dialogue)
        )

    def _hidden(self, lines: list[str]) -> list[str]:
        """Scrubbed as they are, and once more without the codes in front, which part what stands in pieces."""
        whole = self.scrub("\n".join(lines)).split("\n")
        codes = [found[0] if (found := _CODES.match(line)) else "" for line in whole]
        bare = "\n".join(line[len(code) :] for line, code in zip(whole, codes, strict=True))
        return [code + line for code, line in zip(codes, self.scrub(bare).split("\n"), strict=True)]

    def _note_tls(self) -> None:
        tls = self._opened.get_transport_info("ssl_object") if self._opened.is_connected else None
        if tls is not None:
            self.tls = tls.version() or ""
            self._note(f"{self.tls} with {self.vetted.name}, certificate verified")

    def _failed(self, found: Trouble) -> Trouble:
        self._note(found.text)
        return found

    def _turned_away(self, refusal: SMTPResponseException) -> Trouble:
        cause = rules.TURNED_AWAY_FOR_NOW if 400 <= refusal.code < 500 else rules.TURNED_AWAY
        return Trouble(cause, _kept(refusal), refusal.code)

    def _no_tls(self, refusal: SMTPResponseException) -> Trouble:
        """STARTTLS was offered, and refused or garbled."""
        if refusal.code == -1:
            return self._failed(trouble.of(refusal))
        self._server(refusal.code, refusal.message)
        temporary = 400 <= refusal.code < 500
        cause = rules.TLS_UNAVAILABLE if temporary else rules.STARTTLS_MISSING
        return Trouble(cause, _kept(refusal), refusal.code)


async def open_encrypted(talk: Conversation) -> Trouble | None:
    """Connect, greet and encrypt, without any password; the last EHLO is of the encrypted connection."""
    try:
        sock = await connect(talk.vetted, talk.limits.step)
    except OSError as error:
        return replace(trouble.of(error), maybe_other_mode=False)
    if problem := await talk.open(sock) or await talk.ehlo():
        return problem
    if talk.security is Security.STARTTLS:
        return await talk.starttls() or await talk.ehlo()
    return None


def _is_about_the_greeting(problem: Exception) -> bool:
    """Whether the connection stood, TLS too, and the greeting was waited for."""
    if isinstance(problem, SMTPResponseException) or isinstance(problem.__cause__, SMTPServerDisconnected):
        return True
    return "ready message" in str(problem)


def _drop(sock: socket.socket) -> None:
    """End the connection; its transport, if it has one, sees that and closes the socket."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _kept(reply: SMTPResponse | SMTPResponseException) -> str:
    return reply.message[:MAX_KEPT]


def _at_once(mechanism: Mechanism) -> bool:
    return mechanism in (Mechanism.PLAIN, Mechanism.XOAUTH2)
