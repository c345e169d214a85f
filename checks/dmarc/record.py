"""One DMARC policy record, parsed (RFC 9989 4.7 and 4.8). No network.

What cannot be read is listed and ignored, as the RFC asks: a broken tag never breaks the ones beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

WSP = " \t"
KNOWN_TAGS = frozenset({"v", "p", "sp", "np", "adkim", "aspf", "psd", "t", "rua", "ruf", "fo"})
REMOVED_TAGS = frozenset({"pct", "rf", "ri"})  # of RFC 7489; RFC 9989 4.7: unknown tags are ignored

_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_TAG_NAME = re.compile(r"[A-Za-z]+")
_VALUE = re.compile(r"[ -:<-~]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@$&'()*+;=-]|%[0-9A-Fa-f]{2})+")
_MAILBOX = re.compile(r"[^@?]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?", re.ASCII)
_OBSOLETE_SIZE = re.compile(r"![0-9]+[kmgtKMGT]?\Z")
_PERCENT = re.compile(r"100|[0-9]{1,2}", re.ASCII)
_NEAR_MISS = re.compile(r"\A\W*(?:v\W*)?dmarc|\bv\W{0,3}dmarc1", re.IGNORECASE)


class Policy(StrEnum):
    """What the owner asks receivers to do with mail that does not pass, the mildest first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def one_level_lower(self) -> Policy:
        """What `t=y` makes of it (RFC 9989 4.7)."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


class Alignment(StrEnum):
    """How alike the domains must be: the same organisational domain, or the very same name."""

    RELAXED = "r"
    STRICT = "s"


class Psd(StrEnum):
    """Whether the name is a public suffix domain, an organisational one, or does not say."""

    YES = "y"
    NO = "n"
    UNKNOWN = "u"


@dataclass(frozen=True, slots=True)
class BrokenTag:
    """A part of a record that no receiver can use: `text` as published (hostile), and what was expected."""

    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """One policy record. `text` as published, hostile. `p`, `sp`, `np` are None when absent or invalid.

    `rua`, `ruf`: the valid report addresses. `broken`: what is ignored because it does not parse; `unknown`:
    names of tags that the standard does not have. `broken_policies`: which of p (also when it is absent), sp
    and np cannot be used. `pct`: what receivers of RFC 7489 read; RFC 9989 has removed it.
    """

    text: str
    p: Policy | None = None
    sp: Policy | None = None
    np: Policy | None = None
    adkim: Alignment = Alignment.RELAXED
    aspf: Alignment = Alignment.RELAXED
    psd: Psd = Psd.UNKNOWN
    test: bool = False
    rua: tuple[str, ...] = ()
    ruf: tuple[str, ...] = ()
    broken: tuple[BrokenTag, ...] = ()
    unknown: tuple[str, ...] = ()
    broken_policies: tuple[str, ...] = ()
    pct: int = 100

    @property
    def policy_broken(self) -> bool:
        """Whether the record counts as `p=none`, or not at all without `rua` (RFC 9989 4.10.1)."""
        return bool(self.broken_policies)

    def policy(self, *, below: bool = False, exists: bool = True) -> Policy | None:
        """The policy asked for: `below` this name or at it, for a name that `exists` or not; after `t=y`.

        None: the record cannot be used and DMARC does not apply.
        """
        if self.policy_broken:
            return Policy.NONE if self.rua else None
        asked = self.p
        if below:
            asked = (self.np if not exists else None) or self.sp or self.p
        return asked.one_level_lower if asked and self.test else asked


def parse(text: str) -> DmarcRecord | None:
    """The record that a TXT record's joined strings hold; None if they are no DMARC record at all.

    A record begins with exactly `v=DMARC1` (case-sensitive), ended by a semicolon or the end. Names of tags
    and the values none, quarantine, reject, y, n, u, r, s are read without regard to case (ABNF). Of a tag
    that stands twice the first counts.
    """
    version = _VERSION.match(text)
    if not version:
        return None
    tags, broken = _tags(text[version.end() :].split(";"))
    values = {name: value for name, value, _ in tags}
    readings = {name: reading for name, reading in _READINGS.items() if name in values}
    invalid = {name for name, reading in readings.items() if not reading[0](values[name])}
    broken += [BrokenTag(part, _READINGS[name][1]) for name, _, part in tags if name in invalid]
    valid = {
        name: value.lower() for name, value in values.items() if name in readings and name not in invalid
    }
    return DmarcRecord(
        text=text,
        p=_policy(valid, "p"),
        sp=_policy(valid, "sp"),
        np=_policy(valid, "np"),
        adkim=Alignment(valid.get("adkim", "r")),
        aspf=Alignment(valid.get("aspf", "r")),
        psd=Psd(valid.get("psd", "u")),
        test=valid.get("t") == "y",
        rua=_report_addresses(values.get("rua", "")),
        ruf=_report_addresses(values.get("ruf", "")),
        broken=tuple(broken),
        unknown=tuple(name for name, _, _ in tags if name not in KNOWN_TAGS | REMOVED_TAGS),
        broken_policies=tuple(
            name for name in ("p", "sp", "np") if name in invalid or (name == "p" and name not in valid)
        ),
        pct=_percent(values.get("pct", "")),
    )


def near_miss(text: str) -> bool:
    """Whether somebody meant this text to be a DMARC record, though by the standard it is none."""
    return parse(text) is None and bool(_NEAR_MISS.search(text))


def _tags(parts: Iterable[str]) -> tuple[list[tuple[str, str, str]], list[BrokenTag]]:
    """Each tag once, as `(name, value, part as published)`, and what is no tag."""
    tags: dict[str, tuple[str, str, str]] = {}
    broken = []
    for part in (part.strip(WSP) for part in parts):
        name, equals, value = (piece.strip(WSP) for piece in part.partition("="))
        if not part:
            continue
        if not equals or not _TAG_NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            broken.append(BrokenTag(part, "name=value, in printable ASCII"))
        elif name.lower() in tags:
            broken.append(BrokenTag(part, f"{name.lower()}= once; the first one counts"))
        else:
            tags[name.lower()] = (name.lower(), value, part)
    return list(tags.values()), broken


def _policy(valid: dict[str, str], name: str) -> Policy | None:
    return Policy(valid[name]) if name in valid else None


def _report_addresses(value: str) -> tuple[str, ...]:
    """The valid URIs of a list; an obsolete size limit (`!10m`) is taken off (RFC 9989 4.8)."""
    uris = (_OBSOLETE_SIZE.sub("", uri.strip(WSP)) for uri in value.split(","))
    return tuple(uri for uri in uris if _is_report_address(uri))


def _is_report_address(uri: str) -> bool:
    if not _URI.fullmatch(uri):
        return False
    scheme, _, rest = uri.partition(":")
    return scheme.lower() != "mailto" or bool(_MAILBOX.fullmatch(rest.partition("?")[0]))


def _percent(value: str) -> int:
    """RFC 7489 6.3: 0 to 100; the default where it is absent or cannot be read."""
    return int(value) if _PERCENT.fullmatch(value) else 100


def _are_failure_options(value: str) -> bool:
    """dmarc-fo of RFC 9989 4.8: 0, 1, d and s, each once, and not both 0 and 1."""
    options = value.lower().split(":")
    return {*options} <= {*"01ds"} and len({*options}) == len(options) and not {"0", "1"} <= {*options}


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in words


_READINGS: dict[str, tuple[Callable[[str], bool], str]] = {
    "p": (_one_of(*Policy), "p=none, p=quarantine or p=reject"),
    "sp": (_one_of(*Policy), "sp=none, sp=quarantine or sp=reject"),
    "np": (_one_of(*Policy), "np=none, np=quarantine or np=reject"),
    "adkim": (_one_of(*Alignment), "adkim=r or adkim=s"),
    "aspf": (_one_of(*Alignment), "aspf=r or aspf=s"),
    "psd": (_one_of(*Psd), "psd=y, psd=n or psd=u"),
    "t": (_one_of("y", "n"), "t=y or t=n"),
    "rua": (lambda value: bool(_report_addresses(value)), "rua=mailto:address"),
    "ruf": (lambda value: bool(_report_addresses(value)), "ruf=mailto:address"),
    "fo": (_are_failure_options, "fo=0, 1, d or s, joined by colons"),
}
