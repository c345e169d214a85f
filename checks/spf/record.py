"""SPF records as published: which TXT record is one, and what its terms say (RFC 7208 4.5, 4.6, 12).

Parsing needs no network and finds every error, not only the first, since the advice names them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache, wraps
from ipaddress import AddressValueError, IPv4Network, IPv6Address, IPv6Network
from typing import TypeVar

from checks import lookup
from checks.lookup import Txt
from checks.spf import macro
from checks.spf.macro import Macro, MacroError

Network = IPv4Network | IPv6Network
Follows = TypeVar("Follows")


class Mechanism(StrEnum):
    """The mechanisms of RFC 7208 5."""

    ALL = "all"
    INCLUDE = "include"
    A = "a"
    MX = "mx"
    PTR = "ptr"
    IP4 = "ip4"
    IP6 = "ip6"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Directive:
    """A qualifier and a mechanism. `domain` is None where the current domain is meant; `column` counts from 0.

    `span`: for ip4 and ip6 the version, the first and the last address as numbers, ready to compare.
    """

    text: str
    column: int
    qualifier: str
    mechanism: Mechanism
    domain: Macro | None = None
    cidr4: int = 32
    cidr6: int = 128
    span: tuple[int, int, int] | None = None
    costs_lookup: bool = False

    @property
    def network(self) -> Network | None:
        """What an ip4 or ip6 covers. Made when it is asked for: a record can hold thousands of them."""
        if self.span is None:
            return None
        network = IPv4Network if self.span[0] == 4 else IPv6Network
        return network((self.span[1], self.prefix_length))

    @property
    def prefix_length(self) -> int:
        """That of an ip4 or ip6; -1 for the others."""
        if self.span is None:
            return -1
        version, first, last = self.span
        return (32 if version == 4 else 128) - (last - first).bit_length()


@dataclass(frozen=True, slots=True)
class Modifier:
    """`name=value`; `domain` is parsed for redirect and exp. Unknown ones are kept and ignored (RFC 7208 6)."""

    text: str
    column: int
    name: str
    domain: Macro | None = None


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A term that does not parse: as published, where (column from 0), and what is expected there."""

    text: str
    column: int
    expected: str


@dataclass(frozen=True)  # no slots: what follows from a record alone is kept with it, once somebody asked
class Record:
    """One parsed record. With any problem, the record as a whole is a permerror (RFC 7208 4.6)."""

    text: str
    directives: tuple[Directive, ...] = field(hash=False)
    modifiers: tuple[Modifier, ...] = field(hash=False)
    problems: tuple[SyntaxProblem, ...] = field(hash=False)

    @cached_property
    def reached(self) -> tuple[Directive, ...]:
        """The directives up to and with the first `all`."""
        ends = (i for i, d in enumerate(self.directives, 1) if d.mechanism is Mechanism.ALL)
        return self.directives[: next(ends, None)]

    @cached_property
    def ends_with_all(self) -> bool:
        """Whether there is an `all`: then nothing behind it counts, and no redirect (RFC 7208 5.1, 6.1)."""
        return bool(self.reached) and self.reached[-1].mechanism is Mechanism.ALL

    @cached_property
    def passes_all(self) -> bool:
        """Whether the record ends in `+all`, and everybody who gets there passes."""
        return not self.problems and self.ends_with_all and self.reached[-1].qualifier == "+"

    @cached_property
    def costly(self) -> tuple[Directive | Modifier, ...]:
        """The terms that cost a look-up when nothing matches."""
        asking = [d for d in self.reached if d.costs_lookup]
        return (*asking, self.redirect) if self.redirect and not self.ends_with_all else tuple(asking)

    @cached_property
    def leading_on(self) -> tuple[tuple[Directive | Modifier, int, bool], ...]:
        """The includes and the redirect: which of the mechanisms it is (from 1; 0 for the redirect), and whether the
        evaluation can get there."""
        reached = len(self.reached)
        found: list[tuple[Directive | Modifier, int, bool]] = [
            (d, at, at <= reached)
            for at, d in enumerate(self.directives, 1)
            if d.mechanism is Mechanism.INCLUDE
        ]
        return (*found, (self.redirect, 0, not self.ends_with_all)) if self.redirect else tuple(found)

    @cached_property
    def networks(self) -> tuple[Directive, ...]:
        """The ip4 and ip6 terms that let somebody pass."""
        return tuple(d for d in self.reached if d.span and d.qualifier == "+")

    @cached_property
    def redirect(self) -> Modifier | None:
        return self._modifier("redirect")

    @cached_property
    def exp(self) -> Modifier | None:
        return self._modifier("exp")

    def _modifier(self, name: str) -> Modifier | None:
        return next((m for m in self.modifiers if m.name == name), None)


KEPT = 2048
"""Records that are kept parsed: those of a company and of what many companies include, not a fleet's."""

CACHED_TERM = 64
CACHED_OCTETS = 4096
"""What is longer is not remembered for long, so that hostile records cannot fill the memory."""

_VERSION = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=", re.ASCII)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(.*)", re.ASCII | re.DOTALL)
_DUAL_CIDR = re.compile(r"(?:/(?P<four>[^/]*))?(?://(?P<six>[^/]*))?\Z", re.DOTALL)
_DOTTED = re.compile(r"\.".join([r"(0|[1-9][0-9]{0,2})"] * 4), re.ASCII)
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


def is_spf(octets: bytes) -> bool:
    """Whether a TXT record is an SPF record: `v=spf1`, any case, then a blank or the end (RFC 7208 4.5)."""
    return bool(_VERSION.match(octets))


def select(texts: Iterable[Txt]) -> tuple[bytes, ...]:
    """The SPF records among a name's TXT records, their strings joined without a space."""
    return tuple(octets for octets in (txt.octets for txt in texts) if is_spf(octets))


def remembered(follows: Callable[[Record], Follows]) -> Callable[[Record], Follows]:
    """Have what follows from a record alone worked out once for all domains that publish or include it."""
    cached = lru_cache(maxsize=KEPT)(follows)

    @wraps(follows)
    def asked(parsed: Record) -> Follows:
        return cached(parsed) if len(parsed.text) <= CACHED_OCTETS else follows(parsed)

    return asked


def published(records: tuple[lookup.Record, ...]) -> tuple[Record, ...]:
    """The SPF records among the TXT records of one answer, parsed."""
    size = sum(len(string) for r in records if isinstance(r, Txt) for string in r.strings)
    return _published_cached(records) if size <= CACHED_OCTETS else _published_large(records)


def _published(records: tuple[lookup.Record, ...]) -> tuple[Record, ...]:
    return tuple(parse(octets) for octets in select(r for r in records if isinstance(r, Txt)))


_published_cached = lru_cache(maxsize=KEPT)(_published)
_published_large = lru_cache(maxsize=4)(_published)  # a large record may well include itself


def parse(octets: bytes) -> Record:
    """Parse the octets of one SPF record. Never raises for what was published."""
    return _parse_cached(octets) if len(octets) <= CACHED_OCTETS else _parse(octets)


def _parse(octets: bytes) -> Record:
    text = octets.decode("utf-8", "backslashreplace")
    directives: list[Directive] = []
    modifiers: list[Modifier] = []
    problems: list[SyntaxProblem] = []
    for found in re.finditer(r"[^ ]+", text):
        if found.start() == 0:  # the version
            continue
        term, column = found.group(), found.start()
        try:
            parsed = _parsed_term(term, column)
            if isinstance(parsed, Directive):
                directives.append(parsed)
                continue
            if parsed.name in ("redirect", "exp") and any(m.name == parsed.name for m in modifiers):
                raise MacroError(f"{parsed.name}= at most once")
            modifiers.append(parsed)
        except MacroError as error:
            problems.append(SyntaxProblem(term, column, str(error)))
    return Record(text, tuple(directives), tuple(modifiers), tuple(problems))


_parse_cached = lru_cache(maxsize=KEPT)(_parse)


def _parsed_term(term: str, column: int) -> Directive | Modifier:
    """Most terms stand in many records, at the same place."""
    return _parse_term_cached(term, column) if len(term) <= CACHED_TERM else _parse_term(term, column)


def _parse_term(term: str, column: int) -> Directive | Modifier:
    modifier = _MODIFIER.match(term)
    if modifier:
        return _parse_modifier(term, column, modifier.group(1).lower(), term[modifier.end() :])
    return _parse_directive(term, column)


_parse_term_cached = lru_cache(maxsize=4 * KEPT)(_parse_term)


def _parse_modifier(term: str, column: int, name: str, value: str) -> Modifier:
    if name in ("redirect", "exp"):
        return Modifier(term, column, name, macro.parse_domain_spec(value))
    macro.parse(value, macro.EXPLANATION_LETTERS)  # unknown ones must still be macro-strings
    return Modifier(term, column, name)


def _parse_directive(term: str, column: int) -> Directive:
    found = _DIRECTIVE.fullmatch(term)
    if not found:
        raise MacroError("a mechanism, or a modifier (name=value)")
    qualifier, name, rest = found.groups()
    try:
        mechanism = Mechanism(name.lower())
    except ValueError:
        raise MacroError("one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists") from None
    qualifier = qualifier or "+"
    match mechanism:
        case Mechanism.ALL:
            if rest:
                raise MacroError("all alone, with nothing behind it")
            return Directive(term, column, qualifier, mechanism)
        case Mechanism.IP4 | Mechanism.IP6:
            return Directive(term, column, qualifier, mechanism, span=_span(mechanism, rest))
        case Mechanism.A | Mechanism.MX:
            domain, four, six = _domain_and_lengths(rest)
            return Directive(term, column, qualifier, mechanism, domain, four, six, None, True)
        case _:
            domain = _domain(mechanism, rest)
            return Directive(term, column, qualifier, mechanism, domain, costs_lookup=True)


def _domain(mechanism: Mechanism, rest: str) -> Macro | None:
    if not rest and mechanism is Mechanism.PTR:
        return None
    if not rest.startswith(":"):
        raise MacroError(f"{mechanism}: with a colon and a domain")
    return macro.parse_domain_spec(rest[1:])


def _domain_and_lengths(rest: str) -> tuple[Macro | None, int, int]:
    """`[":" domain-spec] ["/" four] ["//" six]`: a domain may itself hold slashes, so lengths are at the end."""
    domain = None
    lengths = rest
    if rest.startswith(":"):
        end = _start_of_lengths(rest)
        domain = macro.parse_domain_spec(rest[1:end])
        lengths = rest[end:]
    found = _DUAL_CIDR.match(lengths)
    if not found:
        raise MacroError("a prefix length of /0 to /32, and of 0 to 128 after //")
    return domain, _length(found["four"], 32), _length(found["six"], 128)


def _start_of_lengths(rest: str) -> int:
    found = re.search(r"(?:/[0-9]+)?(?://[0-9]+)?\Z", rest, re.ASCII)
    return found.start() if found else len(rest)


def _length(digits: str | None, most: int) -> int:
    if digits is None:
        return most
    if not _LENGTH.fullmatch(digits) or int(digits) > most:
        raise MacroError(f"a prefix length of 0 to {most}, without leading zeros")
    return int(digits)


def _span(mechanism: Mechanism, rest: str) -> tuple[int, int, int]:
    if not rest.startswith(":"):
        raise MacroError(f"{mechanism}: with a colon and an address")
    address, slash, digits = rest[1:].partition("/")
    bits, number = (32, _ip4) if mechanism is Mechanism.IP4 else (128, _ip6)
    first = number(address)
    rest_mask = (1 << bits - _length(digits if slash else None, bits)) - 1
    return 4 if bits == 32 else 6, first & ~rest_mask, first | rest_mask


def _ip4(address: str) -> int:
    found = _DOTTED.fullmatch(address)
    octets = [int(octet) for octet in found.groups()] if found else [256]
    if max(octets) > 255:
        raise MacroError("an IPv4 address")
    return octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]


def _ip6(address: str) -> int:
    try:
        if "%" not in address:  # Python reads a zone index, which the grammar does not have
            return int(IPv6Address(address))
    except AddressValueError:
        pass
    raise MacroError("an IPv6 address")
