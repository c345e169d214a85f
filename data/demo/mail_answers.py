"""What a mail server of the demo says to one client, line by line (RFC 5321, 3207, 4954). Needs no network."""

from __future__ import annotations

import base64
import binascii
from enum import Enum, auto

from data.demo.mail_hosts import MailHost
from data.demo.scenario import Manner

MAX_LINE = 12_288
"""Octets of a line, with its end (RFC 4954 4)."""

_PROMPTS = {"PLAIN": ("",), "LOGIN": ("Username:", "Password:")}
_IMAP_GREETING = "* OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] Dovecot ready."


class Then(Enum):
    """What the server does once it has said that."""

    GO_ON = auto()
    START_TLS = auto()
    HANG_UP = auto()


Said = tuple[str, Then]
"""Lines, divided by `\\n`, and what follows."""


class Session:
    """One connection. Nothing of it is kept."""

    def __init__(self, host: MailHost, *, encrypted: bool) -> None:
        self._host = host
        self._encrypted = encrypted
        self._mechanism = ""
        self._given: list[str] = []

    def greeting(self) -> str:
        """What is said first."""
        if self._host.manner is Manner.NOT_SMTP:
            return _IMAP_GREETING
        return f"220 {self._host.name} {self._host.software.greeting}"

    def hear(self, line: str) -> Said:
        """The answer to a line without its end."""
        if self._host.manner is Manner.NOT_SMTP:
            return f"{line.split(' ')[0]} BAD Error in IMAP command received by server.", Then.GO_ON
        if self._mechanism:
            return self._continue(line), Then.GO_ON
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                return self._ehlo(), Then.GO_ON
            case "STARTTLS" if self._offers_tls:
                self._encrypted = True
                return "220 2.0.0 Ready to start TLS", Then.START_TLS
            case "AUTH" if self._mechanisms:
                return self._auth(*rest.split()[:2]), Then.GO_ON
            case "QUIT":
                return "221 2.0.0 Bye", Then.HANG_UP
            case "NOOP" | "RSET":
                return "250 2.0.0 Ok", Then.GO_ON
            case "MAIL" | "RCPT" | "DATA":
                return "530 5.7.0 This is a demo: it takes no mail", Then.GO_ON
            case _:
                return "502 5.5.2 Error: command not recognized", Then.GO_ON

    @property
    def _offers_tls(self) -> bool:
        return not self._encrypted and self._host.manner is not Manner.NO_STARTTLS

    @property
    def _mechanisms(self) -> tuple[str, ...]:
        """Without encryption none, except of a server that has none to offer."""
        if self._host.manner is Manner.NO_LOGIN or self._offers_tls:
            return ()
        return self._host.software.mechanisms

    def _ehlo(self) -> str:
        offers = [self._host.name, *self._host.software.offers]
        if self._offers_tls:
            offers.append("STARTTLS")
        if self._mechanisms:
            offers.append("AUTH " + " ".join(self._mechanisms))
        return "\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])

    def _auth(self, mechanism: str = "", initial: str = "") -> str:
        if mechanism.upper() not in {name for name in self._mechanisms if name in _PROMPTS}:
            return "504 5.5.4 Unrecognized authentication type"
        self._mechanism, self._given = mechanism.upper(), []
        return self._continue(initial) if initial else self._prompt()

    def _prompt(self) -> str:
        prompt = _PROMPTS[self._mechanism][len(self._given)]
        return f"334 {base64.b64encode(prompt.encode()).decode()}"

    def _continue(self, answer: str) -> str:
        try:
            self._given.append(base64.b64decode(answer, validate=True).decode())
        except (binascii.Error, ValueError):  # an asterisk, which cancels, too
            self._mechanism = ""
            return "501 5.5.2 Authentication exchange cancelled"
        if len(self._given) < len(_PROMPTS[self._mechanism]):
            return self._prompt()
        self._mechanism = ""
        *_, user, password = "\0".join(["", *self._given]).split("\0")
        return self._host.answer(user, password)
