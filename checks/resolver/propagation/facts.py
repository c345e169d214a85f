"""What was seen: of the delegation, at each server of the zone, and at the public resolvers. Values alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from checks.lookup import FailureReason, Mx, Record, RecordType, Txt


class Trouble(StrEnum):
    """Why a server says nothing about the record."""

    NOT_AUTHORITATIVE = "is not authoritative"
    """It answers without the AA flag, or names other servers (RFC 1912 2.8, a lame delegation)."""
    REFUSED = "refuses"
    SERVFAIL = "fails to answer (SERVFAIL)"
    MALFORMED = "gives an answer that cannot be read"
    SILENT = "does not answer"
    UNREACHABLE = "cannot be reached"
    NOT_ASKED = "is not asked (no public address)"
    NO_ADDRESS = "has no address"
    ADDRESS_UNKNOWN = "is not asked (no address could be looked up)"


TROUBLE_OF = {
    FailureReason.TIMEOUT: Trouble.SILENT,
    FailureReason.UNREACHABLE: Trouble.UNREACHABLE,
    FailureReason.REFUSED: Trouble.REFUSED,
    FailureReason.MALFORMED: Trouble.MALFORMED,
    FailureReason.SERVFAIL: Trouble.SERVFAIL,
}

_VERSIONS = {
    "v=spf1": re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE),  # RFC 7208 4.5
    "v=DMARC1": re.compile(r"v\s*=\s*DMARC1\s*(?:;|\Z)"),  # RFC 9989 4.8
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The record whose arrival is asked for: the records of `type` at `name` (as `domain()` gives it).

    `tag`: only the TXT records of this standard (`v=spf1`, `v=DMARC1`); empty for all.
    `expected`: the record that should be there, its text as published; None to ask whether all agree.
    """

    name: str
    type: RecordType = RecordType.TXT
    tag: Literal["", "v=spf1", "v=DMARC1"] = ""
    expected: str | None = None

    def among(self, records: tuple[Record, ...]) -> tuple[str, ...]:
        """The texts of the records that are meant, in order."""
        return tuple(sorted(text for text in map(written, records) if self._is_meant(text)))

    def _is_meant(self, text: str) -> bool:
        return not self.tag or bool(_VERSIONS[self.tag].match(text))


def spf(domain: str, expected: str | None = None) -> Wanted:
    """The SPF record of a domain."""
    return Wanted(domain, RecordType.TXT, "v=spf1", expected)


def dmarc(domain: str, expected: str | None = None) -> Wanted:
    """The DMARC record of a domain."""
    return Wanted(f"_dmarc.{domain}", RecordType.TXT, "v=DMARC1", expected)


def mx(domain: str, expected: str | None = None) -> Wanted:
    """The mail servers of a domain; one that is expected is written `10 mail.example.com`."""
    return Wanted(domain, RecordType.MX, "", expected)


def meant_by(domain: str, expected: str) -> Wanted:
    """Where a record belongs, by its text: SPF and TXT at the domain, DMARC below `_dmarc`, `10 host` as MX."""
    text = " ".join(expected.split()) if expected[:1].isdigit() else expected.strip()
    if _VERSIONS["v=spf1"].match(text):
        return spf(domain, text)
    if _VERSIONS["v=DMARC1"].match(text):
        return dmarc(domain, text)
    if re.fullmatch(r"[0-9]{1,5} \S+", text):
        preference, host = text.split()
        return mx(domain, written(Mx(int(preference), host.lower().removesuffix("."))))
    return Wanted(domain, RecordType.TXT, "", text)


def written(record: Record) -> str:
    """A record as its administrator writes it, the strings of a TXT record joined. Hostile text."""
    match record:
        case Txt():
            return record.text
        case Mx():
            return f"{record.preference} {record.exchange or '.'}"
        case _:
            return record


@dataclass(frozen=True, slots=True)
class Held:
    """A definite answer. No records and no alias: the name has none of the type, or does not exist.

    `aliases`: the CNAME's target at an authoritative server (and then no records: they are asked for there); at a
    public resolver all targets passed on the way to the records. `seconds`: for how long an answer may be
    kept; at a public resolver what is left of that, the longest of the alias chain and the records, or of
    the SOA for a no (RFC 2308 5). None: it does not say.
    """

    records: tuple[Record, ...] = ()
    aliases: tuple[str, ...] = ()
    seconds: int | None = None
    nxdomain: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """What one address of a server says. `nameservers`: the zone's NS set, as this server has it."""

    address: str
    outcome: Held | Trouble
    serial: int | None = None
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """One name in an NS set. `trouble`: why there are no addresses. `unasked`: addresses beyond the limit."""

    name: str
    addresses: tuple[Address, ...]
    trouble: Trouble | None = None
    unasked: int = 0

    @property
    def nameservers(self) -> set[str]:
        """The zone's NS set as this server has it."""
        return {name for address in self.addresses for name in address.nameservers}


@dataclass(frozen=True, slots=True)
class Cut:
    """A zone and who delegates it (RFC 1034 4.2).

    `names`: its name servers, as the parent says, or as a recursive resolver does where the walk began
    (`parent` is None) or as the zone itself does where parent and child are on the same servers (`hidden`).
    `glue`: (name, address) pairs beside them. `told_by`: the server that said so.
    """

    zone: str
    names: tuple[str, ...]
    glue: tuple[tuple[str, str], ...] = ()
    parent: str | None = None
    told_by: str = ""
    hidden: bool = False

    @property
    def seen(self) -> bool:
        """Whether the parent's own words were heard."""
        return self.parent is not None and not self.hidden


@dataclass(frozen=True, slots=True)
class Stage:
    """One name, the zone that holds it, and that zone's servers. `unasked`: servers beyond the limit."""

    name: str
    cut: Cut
    servers: tuple[Server, ...]
    unasked: int = 0


class Lost(StrEnum):
    """Why the way to the record ended."""

    NO_ZONE = "no zone that holds the name could be found"
    CIRCLE = "the aliases lead in a circle"
    TOO_MANY = "there are too many aliases"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a public resolver holds now, one of its addresses asked once.

    `nameservers`: whom it believes to serve the zone, and for how many `nameserver_seconds` at most.
    """

    address: str
    outcome: Held | Trouble
    nameservers: tuple[str, ...] = ()
    nameserver_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Public:
    """A public resolver: all that was seen there. Behind one address are many caches, so it is asked twice."""

    name: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was seen. `stages`: the name, then the targets of the aliases that all its servers agree on.

    `lost`: why there is no further stage although there should be. `at`: epoch seconds.
    """

    wanted: Wanted
    stages: tuple[Stage, ...]
    resolvers: tuple[Public, ...]
    lost: Lost | None = None
    at: float = 0.0
