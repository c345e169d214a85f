"""Who runs the mail of a domain, told by the names of its exchangers. The facts stand in providers.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Provider:
    """One row of the table. `mx`: suffixes of its exchangers; `spf`: domains that its customers include."""

    name: str
    kind: Kind
    mx: tuple[str, ...]
    spf: tuple[str, ...] = ()

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


def provider_of(exchangers: Iterable[HasExchange]) -> str:
    """The name of who runs these exchangers; empty if nobody in the table does."""
    found = provider(exchangers)
    return found.name if found else ""


def provider(exchangers: Iterable[HasExchange]) -> Provider | None:
    """The provider of the exchangers with the best preference, by the longest suffix that fits one of them."""
    known = [exchanger for exchanger in exchangers if exchanger.exchange]
    best = min((exchanger.preference for exchanger in known), default=0)
    suffixes = (_suffix(exchanger.exchange) for exchanger in known if exchanger.preference == best)
    longest = max((suffix for suffix in suffixes if suffix), key=len, default="")
    return _by_suffix()[longest] if longest else None


def read(text: str) -> tuple[Provider, ...]:
    """The providers of a table such as providers.toml; `ValueError` naming the one that cannot be read."""
    try:
        rows = tomllib.loads(text).get("provider", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the table of providers is not TOML: {error}") from error
    return tuple(_read_one(row) for row in rows)


def _read_one(row: Mapping[str, Any]) -> Provider:
    try:
        mx, spf = tuple(row["mx"]), tuple(row.get("spf", ()))
        return Provider(row["name"], Kind(row["kind"]), mx, spf)
    except (KeyError, TypeError, ValueError) as error:
        kinds = ", ".join(Kind)
        raise ValueError(
            f"the table of providers has a row that needs name, kind ({kinds}) and mx: {dict(row)!r}"
        ) from error


def _suffix(exchange: str) -> str:
    """The longest suffix in the table that the name is or ends in, at a dot; empty if none."""
    labels = exchange.lower().rstrip(".").split(".")
    candidates = (".".join(labels[i:]) for i in range(len(labels)))
    return next((candidate for candidate in candidates if candidate in _by_suffix()), "")


@cache
def _by_suffix() -> dict[str, Provider]:
    text = (files(__package__) / "providers.toml").read_text(encoding="utf-8")
    return {suffix: provider for provider in read(text) for suffix in provider.mx}
