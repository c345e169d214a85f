"""What a mail server's answer to a login means: the provider's own words first, then the software's, then the code.

The same words mean different things at different providers: "5.7.8 Error: authentication failed" is a wrong
password at any Postfix, and a missing app password at iCloud. The table is `replies.toml`; a row is all that a new
answer needs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from checks.model import Rule
from checks.smtp import connection_rules, login_rules

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.code: rule for rule in (*connection_rules.RULES, *login_rules.RULES)}
)

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")  # RFC 2034 4
_SAMPLE = re.compile(r"(\d{3})[ -](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the code, the enhanced code (empty if none), and the text on one line, the enhanced code in front."""

    code: int
    enhanced_code: str
    text: str

    @classmethod
    def of(cls, code: int, text: str) -> Reply:
        """From aiosmtplib's code and text: the enhanced code, repeated on each line, stands once in front."""
        lines = text.split("\n")
        found = _ENHANCED.match(lines[0])
        enhanced = found[1] if found else ""
        stripped = [
            line.strip().removeprefix(enhanced).strip() if enhanced else line.strip() for line in lines
        ]
        return cls(code, enhanced, " ".join(part for part in (enhanced, *stripped) if part))


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the table."""

    pattern: re.Pattern[str]
    cause: Rule
    source: str
    sample: Reply
    providers: frozenset[str] = frozenset()
    software: str = ""
    codes: frozenset[int] = frozenset()
    telling: bool = False

    def fits(self, reply: Reply) -> bool:
        if self.codes and reply.code not in self.codes:
            return False
        return bool(self.pattern.search(reply.text))


@dataclass(frozen=True, slots=True)
class Step:
    """What to do at some providers, in place of the rule's own fix."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a login was not let in, and what to do. `recognised`: the table knows the text."""

    cause: Rule
    step: str
    recognised: bool


@dataclass(frozen=True)
class Table:
    """The rows of `replies.toml`; `steps` by provider and cause."""

    known: tuple[Known, ...]
    steps: Mapping[tuple[str, str], Step]

    def explain(self, reply: Reply, provider: str = "") -> Explained:
        """`provider`: whose server it is, by the name in providers.toml; empty where that is not known."""
        found = self._find(reply, provider)
        cause = found.cause if found else by_code(reply)
        return Explained(cause, self.step(cause, provider), found is not None)

    def step(self, cause: Rule, provider: str = "") -> str:
        """What to do: the provider's own way, else the rule's."""
        found = self.steps.get((provider, cause.code))
        return found.text if found else cause.fix

    def _find(self, reply: Reply, provider: str) -> Known | None:
        own = (row for row in self.known if provider and provider in row.providers)
        software = (row for row in self.known if row.software)
        telling = (row for row in self.known if not provider and row.telling)
        return next((row for row in (*own, *telling, *software) if row.fits(reply)), None)

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that servers say to everybody, in lower case."""
        texts = (row.sample.text for row in self.known)
        return frozenset(
            word
            for text in texts
            for part in text.lower().split()
            if (word := part.strip("\"'`.,;:!?()[]{}<>")).isalpha()
        )


def by_code(reply: Reply) -> Rule:
    """The cause by the code alone (RFC 4954 6, RFC 5248)."""
    match reply.code:
        case 535 if reply.enhanced_code in ("", "5.7.0", "5.7.1", "5.7.8"):
            return login_rules.WRONG_PASSWORD
        case 523 | 538:
            return connection_rules.TLS_REQUIRED
        case 530:
            return login_rules.LOGIN_REQUIRED
        case 502 | 503:
            return login_rules.AUTH_NOT_OFFERED
        case 500 | 504 | 534:
            return login_rules.MECHANISM_NOT_OFFERED
        case 421 | 432:
            return login_rules.TOO_MANY_CONNECTIONS
        case code if 400 <= code < 500:
            return login_rules.TEMPORARY_FAULT
        case code if 500 <= code < 600:
            return login_rules.LOGIN_REFUSED
        case _:
            return login_rules.ANSWER_UNREADABLE


def read(text: str) -> Table:
    """A table such as replies.toml; `ValueError` naming the row that cannot be read."""
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the table of answers is not TOML: {error}") from error
    known = tuple(_known(row) for row in rows.get("reply", ()))
    return Table(known, MappingProxyType(dict(_steps(rows.get("step", ())))))


def sample(text: str) -> Reply:
    """`535 5.7.8 text` as a reply."""
    found = _SAMPLE.fullmatch(text)
    if not found:
        raise ValueError(f"an answer begins with three digits: {text!r}")
    return Reply.of(int(found[1]), found[2])


@cache
def built_in() -> Table:
    """The table of replies.toml."""
    return read((files(__package__) / "replies.toml").read_text(encoding="utf-8"))


def _known(row: Mapping[str, Any]) -> Known:
    try:
        return Known(
            pattern=re.compile(row["pattern"], re.IGNORECASE),
            cause=RULES[row["cause"]],
            source=row["source"],
            sample=sample(row["sample"]),
            providers=frozenset(row.get("providers", ())),
            software=row.get("software", ""),
            codes=frozenset(row.get("codes", ())),
            telling=row.get("telling", False),
        )
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise ValueError(
            f"the table of answers has a row that needs pattern, cause (a rule), source and sample: {dict(row)!r}"
        ) from error


def _steps(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[tuple[str, str], Step]]:
    for row in rows:
        try:
            step = Step(row["text"], row["source"])
            keys = [(provider, RULES[cause].code) for provider in row["providers"] for cause in row["causes"]]
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"the table of answers has a step that needs providers, causes, text and source: {dict(row)!r}"
            ) from error
        yield from ((key, step) for key in keys)
