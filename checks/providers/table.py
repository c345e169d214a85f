"""Who runs the mail of a domain, told by the names of its exchangers. The facts stand in providers.toml.

A filter or a forwarder hides who has the mailboxes. The domain's SPF record often tells, since that provider sends
for it too; as it may send without having the mailboxes, this is said as "probably".
"""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Protocol


class Kind(StrEnum):
    """What a provider does with the mail that reaches its exchangers."""

    MAILBOX = "mailbox"
    CONSUMER = "consumer"
    HOSTING = "hosting"
    GATEWAY = "gateway"
    FORWARDING = "forwarding"
    SENDING = "sending"


class Username(StrEnum):
    """What its customers log in with, to send."""

    ADDRESS = "address"
    LOCAL_PART = "local part"
    OWN = "own"
    """One that the provider gives."""


class Secret(StrEnum):
    """What opens the door beside the user name."""

    PASSWORD = "password"
    APP_PASSWORD = "app password"
    OAUTH = "oauth"
    KEY = "key"


IMPLICIT_TLS_PORTS = frozenset({465, 2465})  # RFC 8314 3.3, and the one that large senders put beside it


@dataclass(frozen=True, slots=True)
class Submission:
    """A server for outgoing mail (RFC 6409). `implicit_tls`: TLS from the first octet; otherwise STARTTLS."""

    host: str
    port: int

    @property
    def implicit_tls(self) -> bool:
        return self.port in IMPLICIT_TLS_PORTS


@dataclass(frozen=True, slots=True)
class Provider:
    """One row of the table.

    `mx`: suffixes of its exchangers; `spf`: domains that its customers include; `smtp`: where they log in to send,
    the best first; `servers`: more suffixes of such servers; `domains`: whose addresses are its own.
    """

    name: str
    kind: Kind
    mx: tuple[str, ...]
    spf: tuple[str, ...] = ()
    smtp: tuple[Submission, ...] = ()
    servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    username: Username = Username.ADDRESS
    secret: Secret = Secret.PASSWORD

    @property
    def hides_the_mailbox(self) -> bool:
        """Whether the mailboxes are somebody else's: a filter in front of them, or a forwarder."""
        return self.kind in (Kind.GATEWAY, Kind.FORWARDING)


class HasExchange(Protocol):
    """`checks.lookup.Mx`, `checks.mx.Exchanger`."""

    @property
    def preference(self) -> int: ...
    @property
    def exchange(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MailProvider:
    """Who runs the mail of a domain; as text, the export's column.

    `name`, `kind`: who runs its exchangers. `probably`: where those only filter or forward, who seems to run
    the mailboxes behind them, by the domain's SPF record; empty where that cannot be told.
    """

    name: str
    kind: Kind
    probably: str = ""

    def __str__(self) -> str:
        return f"{self.name} (probably {self.probably})" if self.probably else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Providers by what their exchangers and their servers for outgoing mail are called, by what their customers
    include, and by the domains of their own addresses."""

    by_mx: Mapping[str, Provider]
    by_spf: Mapping[str, Provider]
    by_server: Mapping[str, Provider]
    by_domain: Mapping[str, Provider]

    @classmethod
    def of(cls, providers: Iterable[Provider]) -> Table:
        known = tuple(providers)
        return cls(
            {s: p for p in known for s in p.mx},
            {s: p for p in known for s in p.spf},
            {s: p for p in known for s in (*(server.host for server in p.smtp), *p.servers)},
            {s: p for p in known for s in p.domains},
        )


def provider_of(
    exchangers: Iterable[HasExchange], spf_includes: Iterable[str] = (), table: Table | None = None
) -> str:
    """`mail_provider` as text: `Microsoft 365`, `Barracuda (probably Microsoft 365)`; empty for nobody known."""
    found = mail_provider(exchangers, spf_includes, table)
    return str(found) if found else ""


def mail_provider(
    exchangers: Iterable[HasExchange], spf_includes: Iterable[str] = (), table: Table | None = None
) -> MailProvider | None:
    """Who runs the mail. `spf_includes`: what the domain's own SPF record includes.

    None where nobody in the table runs the exchangers.
    """
    found = provider(exchangers, table)
    if found is None:
        return None
    behind = _behind(spf_includes, table or built_in()) if found.hides_the_mailbox else ""
    return MailProvider(found.name, found.kind, behind)


def provider(exchangers: Iterable[HasExchange], table: Table | None = None) -> Provider | None:
    """The provider of the exchangers with the best preference, by the longest suffix that fits one of them."""
    by_mx = (table or built_in()).by_mx
    known = [exchanger for exchanger in exchangers if exchanger.exchange]
    best = min((exchanger.preference for exchanger in known), default=0)
    suffixes = (_suffix(exchanger.exchange, by_mx) for exchanger in known if exchanger.preference == best)
    longest = max((suffix for suffix in suffixes if suffix), key=len, default="")
    return by_mx[longest] if longest else None


def provider_of_server(host: str, table: Table | None = None) -> str:
    """Whose server for outgoing mail that is, by its name; empty for nobody known."""
    found = server_provider(host, table)
    return found.name if found else ""


def server_provider(host: str, table: Table | None = None) -> Provider | None:
    """The same as a row of the table."""
    by_server = (table or built_in()).by_server
    suffix = _suffix(host.strip(), by_server)
    return by_server[suffix] if suffix else None


def address_provider(domain: str, table: Table | None = None) -> Provider | None:
    """Whose own addresses those at `domain` are; None where companies have their domains there."""
    return (table or built_in()).by_domain.get(domain)


def _behind(includes: Iterable[str], table: Table) -> str:
    """The one provider of mailboxes that the record names; else the one host. Two of a kind tell nothing."""
    named = {table.by_spf[suffix] for name in includes if (suffix := _suffix(name, table.by_spf))}
    for kind in (Kind.MAILBOX, Kind.HOSTING):
        of_the_kind = [found.name for found in named if found.kind is kind]
        if of_the_kind:
            return of_the_kind[0] if len(of_the_kind) == 1 else ""
    return ""


def read(text: str) -> tuple[Provider, ...]:
    """The providers of a table such as providers.toml; `ValueError` naming the one that cannot be read."""
    try:
        rows = tomllib.loads(text).get("provider", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the table of providers is not TOML: {error}") from error
    return tuple(_read_one(row) for row in rows)


def _read_one(row: Mapping[str, Any]) -> Provider:
    try:
        return Provider(
            name=row["name"],
            kind=Kind(row["kind"]),
            mx=tuple(row["mx"]),
            spf=tuple(row.get("spf", ())),
            smtp=tuple(_submission(text) for text in row.get("smtp", ())),
            servers=tuple(row.get("servers", ())),
            domains=tuple(row.get("domains", ())),
            username=Username(row.get("username", Username.ADDRESS)),
            secret=Secret(row.get("secret", Secret.PASSWORD)),
        )
    except (KeyError, TypeError, ValueError) as error:
        kinds = ", ".join(Kind)
        raise ValueError(
            f"the table of providers has a row that needs name, kind ({kinds}) and mx: {dict(row)!r}"
        ) from error


def _submission(text: str) -> Submission:
    host, colon, port = text.rpartition(":")
    if not (host and colon):
        raise ValueError(f"{text!r} is not name:port")
    return Submission(host, int(port))


def _suffix(name: str, suffixes: Container[str]) -> str:
    """The longest of the suffixes that the name is or ends in, at a dot; empty if none."""
    labels = name.lower().rstrip(".").split(".")
    candidates = (".".join(labels[i:]) for i in range(len(labels)))
    return next((candidate for candidate in candidates if candidate in suffixes), "")


@cache
def built_in() -> Table:
    """The table of providers.toml."""
    return Table.of(read((files(__package__) / "providers.toml").read_text(encoding="utf-8")))
