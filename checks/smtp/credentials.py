"""What a login is made with. The secret shows in no repr, and an error about it never holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAX_OCTETS = 2000
"""Of user name and secret each; with base64 and the command the line stays under 12288 octets (RFC 4954 4)."""


class BadCredentials(ValueError):
    """A user name or secret that no server can be sent. The message names neither."""


class SecretKind(StrEnum):
    """What the secret is."""

    PASSWORD = "password"
    TOKEN = "token"
    """An OAuth access token, for XOAUTH2."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and its secret, sent as UTF-8. `BadCredentials` for what cannot be sent."""

    username: str
    secret: str = field(repr=False)
    kind: SecretKind = SecretKind.PASSWORD

    def __post_init__(self) -> None:
        _check("user name", self.username)
        _check(str(self.kind), self.secret)


def _check(what: str, text: str) -> None:
    if not text:
        raise BadCredentials(f"the {what} is empty: enter it")
    if any(c in text for c in "\0\r\n"):
        raise BadCredentials(f"the {what} has a line break or a NUL in it: enter it again without")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise BadCredentials(f"the {what} is not UTF-8 text: enter it again")
    if len(text.encode()) > MAX_OCTETS:
        raise BadCredentials(f"the {what} is longer than {MAX_OCTETS} octets: enter it again")
