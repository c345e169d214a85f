"""The seam to the DNS: what a look-up can say, and the resolvers that need no network.

A `Resolver` answers `(name, type)` with `Answer | Absent | LookupFailed` and never raises for what the DNS
says. Names are lower case, without a trailing dot, labels as published (A-labels, underscores); the root is
the empty string. CNAMEs have been followed: `Answer.aliases` lists the targets passed on the way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Protocol


class RecordType(StrEnum):
    """The record types that the checks ask for."""

    __hash__ = str.__hash__  # an Enum's own is slow, and these are keys of every look-up

    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    PTR = "PTR"
    NS = "NS"
    SOA = "SOA"
    CNAME = "CNAME"
    SRV = "SRV"
    SPF = "SPF"
    """Type 99, withdrawn by RFC 7208 3.1; its records are `Txt`. Nobody decides by it."""


@dataclass(frozen=True, slots=True)
class Txt:
    """One TXT record: its character-strings as published (octets, at most 255 each)."""

    strings: tuple[bytes, ...]

    @property
    def octets(self) -> bytes:
        """The strings joined without a space (RFC 7208 3.3)."""
        return b"".join(self.strings)

    @property
    def text(self) -> str:
        """The joined octets for people; what is not UTF-8 shows as backslash escapes. Hostile."""
        return self.octets.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True, order=True)
class Mx:
    """One MX record. `exchange` is a name as above; the empty string is the root (null MX, RFC 7505)."""

    preference: int
    exchange: str


def _as_preferred(mx: Mx) -> tuple[int, str]:
    return mx.preference, mx.exchange


Record = str | Txt | Mx
"""A, AAAA: the address's canonical text. PTR, NS, CNAME: a name. SOA, SRV: presentation text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Records of the asked type exist. `ttl` in seconds, the least on the way; `at` epoch seconds."""

    name: str
    type: RecordType
    records: tuple[Record, ...]
    ttl: int = 300
    aliases: tuple[str, ...] = ()
    at: float = field(default=0.0, compare=False)

    @property
    def texts(self) -> tuple[Txt, ...]:
        return tuple(r for r in self.records if isinstance(r, Txt))

    @property
    def exchangers(self) -> tuple[Mx, ...]:
        """In order of preference."""
        found = [r for r in self.records if isinstance(r, Mx)]
        return tuple(sorted(found, key=_as_preferred) if len(found) > 1 else found)

    @property
    def values(self) -> tuple[str, ...]:
        """Addresses or names, for the types that have them."""
        return tuple(r for r in self.records if isinstance(r, str))


@dataclass(frozen=True, slots=True)
class Absent:
    """A definite no: NXDOMAIN, or the name exists without this type (NODATA). `ttl`: RFC 2308."""

    name: str
    type: RecordType
    nxdomain: bool
    ttl: int = 300
    aliases: tuple[str, ...] = ()
    at: float = field(default=0.0, compare=False)


class FailureReason(StrEnum):
    """Why nothing is known."""

    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    MALFORMED = "malformed"
    UNREACHABLE = "unreachable"
    NOT_STORED = "not stored"


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """No answer was had: neither that it exists nor that it does not. `server` is who said so."""

    name: str
    type: RecordType
    reason: FailureReason
    server: str = ""
    at: float = field(default=0.0, compare=False)


Result = Answer | Absent | LookupFailed


class Resolver(Protocol):
    """Whatever can say what the DNS says: live, recorded, overlay or zone.

    One that asks a network may have `expect(asked)` too: it then begins to ask for all of these names and types, and
    `lookup` finds them under way.
    """

    async def lookup(self, name: str, type: RecordType) -> Result: ...


Asked = tuple[str, RecordType]
"""What is asked for: a name and a type."""


def is_immediate(resolver: Resolver) -> bool:
    """Whether the resolver answers from memory, so that asking for several names at once gains nothing."""
    return bool(getattr(resolver, "immediate", False))


def expect(resolver: Resolver, asked: Iterable[Asked]) -> bool:
    """Tell a resolver what it will be asked for next; whether it can be told at all."""
    told = getattr(resolver, "expect", None)
    if told is None:
        return is_immediate(resolver)
    told(asked)
    return True


async def lookup_all(resolver: Resolver, asked: Sequence[Asked]) -> list[Result]:
    """Look all of these up at once; the results in the order of `asked`.

    A resolver that can be told needs no task for each: what takes long is under way before the first is waited for.
    """
    if len(asked) < 2 or expect(resolver, asked):
        return [await resolver.lookup(name, type) for name, type in asked]
    return list(await asyncio.gather(*(resolver.lookup(name, type) for name, type in asked)))


_LABELS = re.compile(r"[^.]{1,63}(?:\.[^.]{1,63})*", re.DOTALL)


@lru_cache(maxsize=8192)
def usable(name: str) -> bool:
    """Whether the name can stand in a query: labels of 1 to 63 octets, 253 in all (RFC 1035 2.3.4)."""
    if name.isascii():
        return len(name) <= 253 and _LABELS.fullmatch(name) is not None
    return len(name) <= 253 and all(
        0 < len(label.encode("utf-8", "replace")) <= 63 for label in name.split(".")
    )


MAX_ALIASES = 10

Zone = Mapping[tuple[str, RecordType], Iterable[Record]]


class ZoneResolver:
    """Answers from records in memory; follows CNAMEs; `failures` are names that cannot be looked up.

    A name is NXDOMAIN when neither it nor anything below it has records (RFC 8020).
    """

    immediate = True

    def __init__(
        self,
        records: Zone,
        failures: Mapping[tuple[str, RecordType] | str, FailureReason] | None = None,
        *,
        ttl: int = 300,
        at: float = 0.0,
    ) -> None:
        self._records = {(n.lower().rstrip("."), t): tuple(rs) for (n, t), rs in records.items()}
        self._failures = dict(failures or {})
        self._ttl = ttl
        self._at = at
        self._names = {""}
        for name, _ in self._records:
            labels = name.split(".")
            self._names.update(".".join(labels[i:]) for i in range(len(labels)))

    async def lookup(self, name: str, type: RecordType) -> Result:
        return self.find(name, type)

    def find(self, name: str, type: RecordType) -> Result:
        """The same, without waiting."""
        aliases: list[str] = []
        owner = name = name.lower()
        while True:
            if reason := self._failures and (self._failures.get((owner, type)) or self._failures.get(owner)):
                return LookupFailed(name, type, reason, "zone", self._at)
            if found := self._records.get((owner, type)):
                return Answer(name, type, found, self._ttl, tuple(aliases), self._at)
            target = self._records.get((owner, RecordType.CNAME))
            if not target or type is RecordType.CNAME:
                return Absent(name, type, owner not in self._names, self._ttl, tuple(aliases), self._at)
            owner = str(target[0]).lower().rstrip(".")
            if owner in aliases or len(aliases) >= MAX_ALIASES:
                return LookupFailed(name, type, FailureReason.MALFORMED, "zone", self._at)
            aliases.append(owner)


class OverlayResolver:
    """Another resolver with some answers replaced: "what if they publish this?".

    `records` replaces the answer for each `(name, type)` that it names; an empty tuple takes the records away.
    """

    def __init__(self, below: Resolver, records: Zone) -> None:
        self._below = below
        self.immediate = is_immediate(below)
        self._replaced = {(n.lower().rstrip("."), t): tuple(rs) for (n, t), rs in records.items()}

    async def lookup(self, name: str, type: RecordType) -> Result:
        replaced = self._replaced.get((name.lower(), type))
        if replaced is None:
            return await self._below.lookup(name, type)
        if not replaced:
            return Absent(name, type, nxdomain=False)
        return Answer(name, type, replaced)

    def expect(self, asked: Iterable[Asked]) -> None:
        expect(self._below, [key for key in asked if key not in self._replaced])


class Witness:
    """Another resolver, and the time of the oldest fact that it gave: what a judgement stands on."""

    def __init__(self, below: Resolver) -> None:
        self._below = below
        self.immediate = is_immediate(below)
        self.oldest: float | None = None
        """Epoch seconds; None before the first look-up."""

    async def lookup(self, name: str, type: RecordType) -> Result:
        found = await self._below.lookup(name, type)
        if self.oldest is None or found.at < self.oldest:
            self.oldest = found.at
        return found

    def expect(self, asked: Iterable[Asked]) -> None:
        expect(self._below, asked)


def txt(*strings: str | bytes) -> Txt:
    """A TXT record of these strings; longer ones are split at 255 octets."""
    whole = [s.encode() if isinstance(s, str) else s for s in strings]
    return Txt(tuple(part[i : i + 255] for part in whole for i in range(0, max(len(part), 1), 255)))
