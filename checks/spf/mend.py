"""What a broken term can only have meant: one meaning, or none is given (RFC 7208 12 is the grammar).

`ipv4:192.0.2.1` can only mean `ip4:192.0.2.1`; `ip4:192.0.2.999` may mean many things, so nothing is proposed.
Whatever is proposed parses, and says no more than what was published: a meaning, never an improvement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.spf import record
from checks.spf.mend_address import network, several
from checks.spf.record import Directive, Record
from checks.spf.typing_slips import cleaned, close

MAX_MENDS = 50
"""How many terms of one record are thought about: a record with more faults has to be written anew."""
MAX_TERM = 1000
"""Octets of a term that is thought about: a name has at most 253, and a list with commas is still a list."""
MAX_PIECES = 20


@dataclass(frozen=True, slots=True)
class Mend:
    """Columns `start` to `end` (from 0, of the record's text) as published, and what to write there `instead`:
    one or more terms, or nothing at all. `breaks`: as published it makes the record a permerror (RFC 7208 4.6);
    otherwise it parses and does something else than was meant."""

    start: int
    end: int
    text: str
    instead: str
    breaks: bool


def mends(parsed: Record) -> tuple[Mend, ...]:
    """Every stretch of the record with a fault and one possible meaning, in order; they do not overlap."""
    return tuple(_mends(parsed))


def mended(parsed: Record) -> str:
    """The record's text with every mend made; what needs a guess stays as it is published."""
    text = parsed.text
    for mend in reversed(mends(parsed)):
        before, after = text[: mend.start], text[mend.end :]
        text = before + mend.instead + after if mend.instead else before.rstrip(" ") + after
    return text


def mend_term(text: str) -> str | None:
    """The one or more terms that this one can only have meant, or None when that needs a guess."""
    if len(text) > MAX_TERM:
        return None
    pieces = [p for p in re.split(r"[ ,;|]+", cleaned(text)) if p]
    if len(pieces) > MAX_PIECES:
        return None
    found: list[str] = []
    for piece in _rejoined(pieces):
        meant = _one(piece)
        if meant is None and found:
            meant = _one(_head(found[-1]) + piece)
        if meant is None:
            return None
        found.append(meant)
    return " ".join(filter(None, found))


def _rejoined(pieces: list[str]) -> list[str]:
    """`ip4:` and its address, and the parts of an address that a line break or a tab runs through."""
    found: list[str] = []
    for piece in pieces:
        before = found[-1] if found else ""
        parted = before[-1:] in (":", "=") and _PARTED.fullmatch(before) and _is_value(piece)
        broken = _one(before) is None and _one(piece) is None and _address(before + piece)
        if parted or broken:
            found[-1] = before + piece
        else:
            found.append(piece)
    return found


def _is_value(text: str) -> bool:
    return bool(network(text) or _NAME.fullmatch(_JOINT.split(text)[0]))


def meant_as_spf(octets: bytes) -> str | None:
    """The SPF record that a TXT record which is none was meant to be: quoted, indented, with another sign behind
    the version. None if it is one, or does not look like one."""
    if record.is_spf(octets):
        return None
    text = cleaned(octets.decode("utf-8", "backslashreplace")).strip()
    found = _VERSION.match(text)
    return f"v=spf1 {text[found.end() :].strip(' ;,:.')}".strip() if found else None


_VERSION = re.compile(
    r"(?:(?:spf|txt)[ :=]+)?(?:v ?[=:]? ?)?spf ?1(?=[\s;:,.+?~-]|\Z|[a-z0-9]+[:])", re.IGNORECASE
)
_HEAD = re.compile(r"[+?~-]?(?:include|ip4|ip6|ipv4|ipv6|a|mx|exists|redirect)[:=]?", re.IGNORECASE)
_PARTED = re.compile(r"[+?~-]?(?:include|ip4|ip6|ipv4|ipv6|ip|a|mx|exists|redirect|ptr)[:=;]?", re.IGNORECASE)
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\.?", re.IGNORECASE)
_SHAPE = re.compile(r"(?:([a-z][a-z0-9_-]*)([:=./]+))?(.*)", re.IGNORECASE | re.DOTALL)
_JOINT = re.compile(
    r"(?<=.)(?=[+?~-]all\Z|[+?~](?:a|mx|ptr|all)(?:[:/+?~-]|\Z)|[+?~](?:include|ip4|ip6|ipv4|ipv6|exists):"
    r"|(?<![+?~-])(?:include|ip4|ip6|ipv4|ipv6|exists):|redirect=|(?<=all)v=spf1\Z)",
    re.IGNORECASE,
)
"""Where a term can only begin anew. Not at a `-`: `…-ip4:192.0.2.1` may refuse, list, or end a range."""
_NAMES_OF_AN_ADDRESS = re.compile(r"[il]?p?_?-?v?[46]?|pi[46]")
_WITH_COLON = ("include", "exists", "a", "mx", "ptr")
_WITH_EQUALS = ("redirect", "exp")
_LONG_NAMES = ("include", "redirect", "exists")


def _mends(parsed: Record) -> Iterator[Mend]:
    terms = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[^ ]+", parsed.text)][1:]
    broken = {p.column for p in parsed.problems}
    odd = {d.column for d in parsed.directives if is_odd(d)} | {
        m.column for m in parsed.modifiers if m.domain is None
    }
    thought, at = 0, 0
    while at < len(terms) and thought < MAX_MENDS:
        start, end, text = terms[at]
        at += 1
        if start not in broken and start not in odd:
            continue
        thought += 1
        window = _joined(terms, at - 1, broken)
        if window:
            count, instead = window
            at += count - 1
            end = terms[at - 1][1]
            yield Mend(start, end, parsed.text[start:end], instead, True)
        elif (meant := mend_term(text)) is not None and meant != text:
            yield Mend(start, end, text, meant, start in broken)


def _joined(terms: list[tuple[int, int, str]], at: int, broken: set[int]) -> tuple[int, str] | None:
    """`include: x`, `ip4 : 192.0.2.1`, `- all`: how many terms belong together, and the one that they make."""
    first = cleaned(terms[at][2])
    rest = terms[at + 1 : at + 3]
    if first in ("-", "~", "?", "+") and rest and cleaned(rest[0][2]).lower() == "all":
        return 2, f"{first}all"
    if not _PARTED.fullmatch(first):
        return None
    for count in (2, 3):
        more = [cleaned(text) for start, _, text in rest[: count - 1] if start in broken]
        if len(more) < count - 1 or (count == 3 and more[0] not in (":", "=")):
            return None
        value = more[-1].lstrip(":=")
        if first.lower() == "ip" and re.match("[46]:", value):
            meant = mend_term(first + value)
            return (count, meant) if meant else None
        if _is_value(value):
            meant = mend_term(f"{first.rstrip(':=;')}:{value}")
            return (count, meant) if meant else None
    return None


def _head(term: str) -> str:
    """`include:` of `include:a.example`: what the next name of a list with commas is meant to have, too."""
    found = _HEAD.match(term)
    return found.group() if found else ""


def is_odd(directive: Directive) -> bool:
    """Whether a term parses, but to a name that cannot have been meant: a URL, a list, two terms run together."""
    literal = directive.domain.literal if directive.domain else None
    if literal is None:
        return False
    return bool(re.search(r"[:,;\"'<>()@|=+]|/\Z|-all\Z", literal, re.IGNORECASE))


def _parses(text: str) -> bool:
    parsed = record.parse(f"v=spf1 {text}".encode())
    known = all(m.domain is not None for m in parsed.modifiers)
    return not parsed.problems and known and not any(is_odd(d) for d in parsed.directives)


def _one(term: str) -> str | None:
    for attempt in _ATTEMPTS:
        meant = attempt(term)
        if meant is not None and _parses(meant):
            return meant
    return None


def _as_it_is(term: str) -> str | None:
    return term


def _trimmed(term: str) -> str | None:
    """`all.`, `mx:`, `"include:x"`: signs around a term that stands without them."""
    return re.sub(r"\A([+?~-])\1+", r"\1", term.strip("\"'<>()[]").rstrip(".,;:\"'"))


def _repeated_version(term: str) -> str | None:
    return "" if term.lower() in ("v=spf1", "spf1", "v=spf1;") else None


def _address(term: str) -> str | None:
    """`ipv4:`, `ip:`, a bare address, `mx:` or `a:` with an address, `ip4:` with IPv6 and the reverse."""
    sign, name, _, value = _shape(term)
    if name and name not in ("a", "mx", "include", "ptr") and not _NAMES_OF_AN_ADDRESS.fullmatch(name):
        return None
    found = network(value)
    return f"{sign}ip{'6' if ':' in found else '4'}:{found}" if found else None


def _shape(term: str) -> tuple[str, str, str, str]:
    """Sign, name in lower case, what stands between, value. A bare address has no name."""
    bare = term.lstrip("+?~-")
    signs = term[: len(term) - len(bare)]
    signs = signs[:1] if len(set(signs)) == 1 else signs
    found = None if network(bare) else _SHAPE.fullmatch(bare)
    return (signs, (found[1] or "").lower(), found[2] or "", found[3]) if found else (signs, "", "", bare)


def _separator(term: str) -> str | None:
    """`include.x.example`, `include=x.example`, `redirect:x.example`, `includex.example`."""
    sign, name, between, value = _shape(term)
    if name in _WITH_EQUALS and not sign:
        return f"{name}={value}"
    if name in _WITH_COLON and (name in _LONG_NAMES or between.strip(".")):
        return f"{sign}{name}:{value}"
    run_on = re.fullmatch(r"([+?~-]?)(include|ip4)([^:=]+)", term, re.IGNORECASE)
    return f"{run_on[1]}{run_on[2]}:{run_on[3]}" if run_on else None


def _misspelt(term: str) -> str | None:
    """`includes:`, `inlcude:`, `-al`: one or two slips in a name that is long enough to be known."""
    sign, name, between, value = _shape(term)
    if sign and not name and close(value.lower(), "all", 1):
        return f"{sign}all"
    right = [known for known in _LONG_NAMES if close(name, known, 2)]
    if not between.strip(".") or len(right) != 1:
        return None
    return f"redirect={value}" if right == ["redirect"] and not sign else f"{sign}{right[0]}:{value}"


def _url(term: str) -> str | None:
    """`include:https://x.example/`: a name is wanted, not an address of a page."""
    found = re.fullmatch(r"([+?~-]?\w+:)\s*(?:https?|smtps?)://([^/:?]+)(?::\d+)?/?", term, re.IGNORECASE)
    return f"{found[1]}{found[2]}" if found else None


def _listed(term: str) -> str | None:
    """`ip4:192.0.2.1:192.0.2.2`, `ip4:192.0.2.45192.0.2.46`: several addresses behind one name."""
    sign, name, _, value = _shape(term)
    addresses = several(value) if name in ("ip4", "ipv4", "ip") else ()
    return " ".join(f"{sign}ip4:{address}" for address in addresses) or None


def _without_length(term: str) -> str | None:
    """`include:x.example/32`: a name of a record has no length."""
    found = re.fullmatch(r"([+?~-]?include:[^/]+)/\d{1,3}", term, re.IGNORECASE)
    return found[1] if found else None


def _swapped(term: str) -> str | None:
    """`prt`: a mechanism of three letters, two of them in the other's place."""
    sign, name, _, value = _shape(term)
    return f"{sign}ptr" if not name and value.lower() in ("prt", "tpr") else None


def _doubled(term: str) -> str | None:
    """`include:include:x`, `ip4:ip4:192.0.2.1`, `ip4:include:x`: only the last can be meant."""
    found = re.fullmatch(r"([+?~-]?)(include|ip4|ip6|a|mx):+((include|ip4|ip6|a|mx):.*)", term, re.IGNORECASE)
    if not found:
        return None
    outer, inner = found[2].lower(), found[4].lower()
    return found[1] + found[3] if outer == inner or "ip" in (outer[:2], inner[:2]) else None


def _apart(term: str) -> str | None:
    """`include:x.example~all`, `a+mx`: two terms without a space between them."""
    pieces = _JOINT.split(term)
    if not 2 <= len(pieces) <= MAX_PIECES:
        return None
    meant = [_one(piece) for piece in pieces]
    return None if None in meant else " ".join(filter(None, meant))


_ATTEMPTS: tuple[Callable[[str], str | None], ...] = (
    _as_it_is,
    _repeated_version,
    _trimmed,
    _address,
    _url,
    _doubled,
    _listed,
    _without_length,
    _separator,
    _apart,  # before the slips: `mxinclude:x` is two terms
    _misspelt,
    _swapped,
)
