"""What came of one login: a value that can be kept and shown, with no secret in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from checks.model import Rule
from checks.providers.table import IMPLICIT_TLS_PORTS
from checks.smtp import connection_rules, login_rules

MAX_TEXT = 400  # printable characters of what a server said that are kept


class Result(StrEnum):
    """interfaces.md: what a login ends in."""

    OK = "ok"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    INSECURE = "insecure"
    UNKNOWN = "unknown"


class Security(StrEnum):
    """How the connection becomes encrypted (RFC 8314 3); there is no third way for a password."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"


class Who(StrEnum):
    """Whose line of the dialogue it is; `NOTE` is what happened to the connection."""

    CLIENT = "client"
    SERVER = "server"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to log in, as the company entered it."""

    host: str
    port: int
    security: Security

    @classmethod
    def entered(cls, host: str, port: int | None, security: str) -> Server:
        """With what the company left out: 465 with implicit TLS, else 587 with STARTTLS (RFC 8314 3.3)."""
        if port is None:
            port = 465 if security == Security.IMPLICIT else 587
        if not security:
            security = Security.IMPLICIT if port in IMPLICIT_TLS_PORTS else Security.STARTTLS
        return cls(host.strip(), port, Security(security))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dialogue, printable, credentials hidden. The server's are hostile text."""

    who: Who
    text: str


@dataclass(frozen=True, slots=True)
class Login:
    """What came of one login.

    `code` and `enhanced_code` (RFC 2034, empty if none) of the answer that decided; `cause` a rule's code, empty
    when it worked; `text` what was said, at most `MAX_TEXT` printable characters, hostile; `attempts` how many
    AUTH commands left us; `tls` the protocol's version, empty before there was one. `step` is what to do for
    that provider; `recognised`: whether the table of answers knows that text.
    """

    result: Result
    code: int | None = None
    enhanced_code: str = ""
    cause: str = ""
    text: str = ""
    attempts: int = 0
    tls: str = ""
    step: str = ""
    recognised: bool = False
    mechanism: str = ""
    provider: str = ""
    address: str = ""
    dialogue: tuple[Line, ...] = ()


_RESULTS = MappingProxyType(
    {
        rule.code: result
        for result, rules in (
            (Result.REFUSED, (*connection_rules.BY_OURSELVES, *login_rules.REFUSED)),
            (Result.UNREACHABLE, connection_rules.UNREACHABLE),
            (Result.INSECURE, connection_rules.INSECURE),
            (Result.UNKNOWN, (*connection_rules.UNKNOWN, *login_rules.UNKNOWN)),
        )
        for rule in rules
    }
)


def result_of(cause: Rule) -> Result:
    """What a login ends in for that cause (docs/decisions/login.md)."""
    return _RESULTS[cause.code]


def printable(text: str, most: int = MAX_TEXT) -> str:
    """Hostile text on one line: what does not print becomes a blank, and the end is cut at `most` characters."""
    text = text[: 8 * most]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
