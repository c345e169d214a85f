"""The companies' own mail servers: what each of them runs, how it is found, and whom it lets in. No network here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from data.demo import fleet
from data.demo.fleet import Company
from data.demo.scenario import Manner, OwnServer, Password


@dataclass(frozen=True, slots=True)
class Software:
    """What a server runs, in its own words. `greeting` is behind the server's name; lines end in `\\n`."""

    greeting: str
    offers: tuple[str, ...]
    mechanisms: tuple[str, ...]
    accepted: str
    refused: str


_POSTFIX = Software(
    "ESMTP Postfix",
    ("PIPELINING", "SIZE 20480000", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"),
    ("PLAIN", "LOGIN"),
    "235 2.7.0 Authentication successful",
    "535 5.7.8 Error: authentication failed: (reason unavailable)",
)
_DOVECOT = Software(
    "Dovecot ready.",
    ("8BITMIME", "BURL imap", "CHUNKING", "ENHANCEDSTATUSCODES", "SIZE"),
    ("PLAIN", "LOGIN"),
    "235 2.7.0 Logged in.",
    "535 5.7.8 Authentication failed.",
)
_EXIM = Software(
    "ESMTP Exim 4.98",
    ("SIZE 52428800", "8BITMIME", "PIPELINING", "PIPECONNECT"),
    ("PLAIN", "LOGIN"),
    "235 Authentication succeeded",
    "535 Incorrect authentication data",
)
_MICROSOFT = Software(
    "Microsoft ESMTP MAIL Service ready",
    (
        "SIZE 157286400",
        "PIPELINING",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "8BITMIME",
        "BINARYMIME",
        "CHUNKING",
        "SMTPUTF8",
    ),
    ("LOGIN", "XOAUTH2"),
    "235 2.7.0 Authentication successful",
    "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
)
_GOOGLE = Software(
    "ESMTP - gsmtp",
    ("SIZE 35882577", "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8"),
    ("LOGIN", "PLAIN", "XOAUTH2", "PLAIN-CLIENTTOKEN", "OAUTHBEARER"),
    "235 2.7.0 Accepted",
    "535-5.7.8 Username and Password not accepted. For more information, go to\n"
    "535 5.7.8 https://support.google.com/mail/?p=BadCredentials - gsmtp",
)
_APPLE = Software(
    "iCloud SMTP",
    ("PIPELINING", "SIZE 28319744", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN"),
    ("PLAIN", "LOGIN", "XOAUTH2"),
    "235 2.7.0 Authentication successful",
    "535 5.7.8 Error: authentication failed: authentication failure",
)
_GMX = Software(
    "Nemesis ESMTP Service ready",
    ("8BITMIME", "SIZE 69920427"),
    ("LOGIN", "PLAIN"),
    "235 Authentication succeeded",
    "535 Authentication credentials invalid",
)
_RUNNING = {
    "smtp.hebergo.example": _DOVECOT,
    "smtp.cloudhuys.example": _EXIM,
    "smtp.office365.com": _MICROSOFT,
    "outlook.office365.com": _MICROSOFT,
    "smtp-mail.outlook.com": _MICROSOFT,
    "smtp.gmail.com": _GOOGLE,
    "smtp.mail.me.com": _APPLE,
    "mail.gmx.net": _GMX,
}
"""All others run Postfix."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What opens it, and what is said to its owner all the same (empty: by the password)."""

    password: str = field(repr=False)
    answer: str = ""


@dataclass(frozen=True, slots=True)
class MailHost:
    """One server for outgoing mail. `mailboxes`: by user name."""

    name: str
    software: Software
    manner: Manner
    mailboxes: Mapping[str, Mailbox]

    def answer(self, user: str, password: str) -> str:
        """What it says to a login."""
        mailbox = self.mailboxes.get(user)
        if mailbox is None:
            return self.software.refused
        by_password = self.software.accepted if mailbox.password == password else self.software.refused
        return mailbox.answer or by_password


@cache
def mail_hosts() -> tuple[MailHost, ...]:
    """Every server that the companies entered and that is there, in the order of their names."""
    by_host: dict[str, list[tuple[Company, OwnServer]]] = {}
    for company in fleet.companies():
        own = company.scenario.own_server
        if own and company.smtp_host and own.manner is not Manner.NOBODY:
            by_host.setdefault(company.smtp_host, []).append((company, own))
    return tuple(_mail_host(name, by_host[name]) for name in sorted(by_host))


def _mail_host(name: str, customers: list[tuple[Company, OwnServer]]) -> MailHost:
    (manner,) = {own.manner for _, own in customers}
    mailboxes = {company.smtp_username: _mailbox(company, own) for company, own in customers}
    return MailHost(name, _RUNNING.get(name, _POSTFIX), manner, mailboxes)


def _mailbox(company: Company, own: OwnServer) -> Mailbox:
    changed = "-changed" if own.password is Password.FORMER else ""
    return Mailbox(f"demo-{company.id}{changed}", own.answer)
