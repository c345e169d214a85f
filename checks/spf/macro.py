"""Macros in SPF (RFC 7208 7): parse once, expand for one sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

DOMAIN_LETTERS = frozenset("slodiphv")
EXPLANATION_LETTERS = DOMAIN_LETTERS | frozenset("crt")

MAX_NAME = 253  # RFC 7208 7.3

_EXPANSION = re.compile(r"\{([A-Za-z])([0-9]*)([rR]?)([.\-+,/_=]*)\}")
_TOPLABEL = re.compile(r"(?:[0-9]*[A-Za-z][0-9A-Za-z]*|[0-9A-Za-z]+-[0-9A-Za-z-]*[0-9A-Za-z])\.?", re.ASCII)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}


class MacroError(ValueError):
    """A term that does not parse. The message says what the grammar expects there instead."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """One `%{…}`: letter in lower case, `keep` right-hand parts (0: all), `escape` for an upper-case letter."""

    letter: str
    keep: int
    reverse: bool
    delimiters: str
    escape: bool


@dataclass(frozen=True, slots=True)
class Macro:
    """A parsed macro-string: literal text and expansions in order; `ends_expanded` if a `%…` ends it.

    `literal`: the text that it always expands to, or None when it depends on the sender. `name`: that text as a
    name to look up (lower case, no trailing dot), or None when it has to be expanded.
    """

    text: str
    parts: tuple[str | Expansion, ...]
    ends_expanded: bool
    literal: str | None
    name: str | None

    @property
    def letters(self) -> frozenset[str]:
        return frozenset(part.letter for part in self.parts if isinstance(part, Expansion))


@dataclass(frozen=True, slots=True)
class Values:
    """What the letters stand for (RFC 7208 7.2). `ip` is dotted; `readable_ip` as people write it. Those that no
    letter of a name asks for may be left out."""

    local: str = ""
    sender_domain: str = ""
    domain: str = ""
    ip: str = ""
    readable_ip: str = ""
    version: str = ""
    helo: str = ""
    validated: str = "unknown"
    receiver: str = "unknown"
    timestamp: int = 0

    def of(self, letter: str) -> str:
        match letter:
            case "s":
                return f"{self.local}@{self.sender_domain}"
            case "l":
                return self.local
            case "o":
                return self.sender_domain
            case "d":
                return self.domain
            case "i":
                return self.ip
            case "p":
                return self.validated
            case "v":
                return self.version
            case "h":
                return self.helo
            case "c":
                return self.readable_ip
            case "r":
                return self.receiver
            case _:
                return str(self.timestamp)


def parse(text: str, letters: frozenset[str] = DOMAIN_LETTERS, *, spaces: bool = False) -> Macro:
    """Parse a macro-string; `spaces` allows blanks, as in an explanation. Raises `MacroError`."""
    parts: list[str | Expansion] = []
    at = 0
    ends_expanded = False
    while at < len(text):
        percent = text.find("%", at)
        literal = text[at:] if percent < 0 else text[at:percent]
        if literal:
            _check_literal(literal, spaces)
            parts.append(literal)
        if percent < 0:
            ends_expanded = False
            break
        part, at = _parse_expansion(text, percent, letters)
        parts.append(part)
        ends_expanded = at >= len(text)
    fixed = "".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else None
    name = fixed.removesuffix(".").lower() if fixed is not None and len(fixed) <= MAX_NAME else None
    return Macro(text, tuple(parts), ends_expanded, fixed, name)


def _check_literal(text: str, spaces: bool) -> None:
    for character in text:
        if not ("!" <= character <= "~" or (spaces and character == " ")):
            raise MacroError(f"visible ASCII characters, not {character!a}")


def _parse_expansion(text: str, percent: int, letters: frozenset[str]) -> tuple[str | Expansion, int]:
    escaped = _ESCAPES.get(text[percent + 1 : percent + 2])
    if escaped is not None:
        return escaped, percent + 2
    found = _EXPANSION.match(text, percent + 1)
    if not found:
        raise MacroError("a {letter}, %, _ or - after the %")
    letter, digits, reverse, delimiters = found.groups()
    if letter.lower() not in letters:
        raise MacroError(f"a macro letter that may stand here, not {letter}")
    if digits and not int(digits[:9]):
        raise MacroError("a macro that keeps at least one part, not 0")
    # More parts than a name can have keep the whole name; nine digits are more than enough to say so.
    keep = int(digits[:9]) if digits else 0
    return Expansion(letter.lower(), keep, bool(reverse), delimiters or ".", letter.isupper()), found.end()


def parse_domain_spec(text: str) -> Macro:
    """Parse a domain-spec: a macro-string that ends in a top label or an expansion (RFC 7208 7.1)."""
    macro = parse(text)
    if not text:
        raise MacroError("a domain behind the sign")
    last = macro.parts[-1]
    if macro.ends_expanded or isinstance(last, Expansion):
        return macro
    dot = last.rfind(".", 0, len(last) - 1)
    if dot < 0 or not _TOPLABEL.fullmatch(last, dot + 1):
        raise MacroError("a domain of at least two labels, the last one not a number")
    return macro


def expand(macro: Macro, values: Values, *, most: int) -> str:
    """The text that the macro stands for, for one sender. Raises `MacroError` if it is longer than `most`."""
    parts: list[str] = []
    length = 0
    for part in macro.parts:
        parts.append(part if isinstance(part, str) else _expand_one(part, values))
        length += len(parts[-1])
        if length > most:
            raise MacroError(f"a text of at most {most} characters")
    return "".join(parts)


def expand_domain(macro: Macro, values: Values) -> str:
    """The name to look up: no trailing dot, lower case, cut from the left to 253 octets (RFC 7208 7.3).

    Read from the right, as what is cut away need not be expanded: a record holds 16,000 macros, and a sender hundreds
    of characters.
    """
    name = ""
    for part in reversed(macro.parts):
        name = (part if isinstance(part, str) else _expand_one(part, values)) + name
        if len(name) > MAX_NAME + 1:  # one for the trailing dot
            break
    name = name.removesuffix(".").lower()
    if len(name) <= MAX_NAME:
        return name
    dot = name.find(".", len(name) - MAX_NAME - 1)
    return name[dot + 1 :] if dot >= 0 else name.rpartition(".")[2]


def _expand_one(part: Expansion, values: Values) -> str:
    text = values.of(part.letter)
    if part.keep or part.reverse or part.delimiters != ".":
        pieces = re.split(f"[{re.escape(part.delimiters)}]", text)
        if part.reverse:
            pieces.reverse()
        if part.keep:
            pieces = pieces[-part.keep :]
        text = ".".join(pieces)
    return quote(text, safe="-._~") if part.escape else text
