"""What the repair says: the record to publish, the difference, who would lose, and what has to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.company import SenderOutcome
from checks.spf.outcome import MAX_TERMS, MAX_VOIDS

SHOWN_OCTETS = 450
"""A longer record may not fit an answer of 512 octets (RFC 7208 3.4)."""


class Standing(StrEnum):
    """What there is to do."""

    NOTHING = "nothing to change"
    PUBLISH = "publish this record"
    WITHHELD = "no record makes our mail pass from every address"
    UNKNOWN = "not known: a look-up failed"
    IMPOSSIBLE = "the company cannot publish there"
    NOT_ASKED = "the company's record is not asked"


class ChangeKind(StrEnum):
    """What happens to one term."""

    KEPT = "kept"
    MOVED = "moved"
    MENDED = "mended"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """One term before (empty: not published) and after (empty: gone), and the rule that says why. Hostile."""

    kind: ChangeKind
    before: str
    after: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Collision:
    """Two goals that cannot both be had: what it is about, and the terms by whose senders it is paid.

    `decide`: somebody has to choose; otherwise it is told so that nobody wonders.
    """

    rule: str
    about: str
    losers: tuple[str, ...] = ()
    decide: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """A record's worst case, for a sender that nothing matches (RFC 7208 4.6.4), and its octets.

    `voids`: terms without an answer, from IPv4 and from IPv6. `unknown`: macros, or records that
    could not be looked up, hide a part of it.
    """

    terms: int = 0
    voids: tuple[int, int] = (0, 0)
    octets: int = 0
    unknown: bool = False

    @property
    def fits(self) -> bool:
        return self.terms <= MAX_TERMS and max(self.voids) <= MAX_VOIDS


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to a question: the `term` that was meant, and the record to publish if so. It was evaluated: our
    mail passes. `losers`: terms whose senders may lose by it."""

    term: str
    record: str
    strings: tuple[str, ...]
    size: Size
    losers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What only the administrator knows. `term` is as published, in the domain's own records. Hostile. `answer`:
    what was probably meant, where that can be looked up."""

    rule: str
    term: str
    answer: Answered | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way, with its trade: told by `rule`, about `terms`; `record` is empty when it is none of SPF's.

    Each record was evaluated: our mail passes. `losers`: terms whose senders may lose by it.
    """

    rule: str
    record: str = ""
    strings: tuple[str, ...] = ()
    size: Size = Size()
    terms: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """The advice for one domain.

    `record`: what shall stand there, as one text and as `strings` of at most 255 octets (empty unless our mail
    then passes from every address). `outcomes`: our mail under the record that was tried, per address.
    """

    domain: str
    standing: Standing
    record: str = ""
    strings: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    collisions: tuple[Collision, ...] = ()
    questions: tuple[Question, ...] = ()
    outcomes: tuple[SenderOutcome, ...] = ()
    size: Size = Size()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def octets(self) -> int:
        return self.size.octets

    @property
    def losers(self) -> tuple[str, ...]:
        """Every term whose senders may lose, as published, each once."""
        return tuple(dict.fromkeys(term for c in self.collisions for term in c.losers))

    @property
    def needs_decision(self) -> bool:
        """Whether somebody has to choose or answer before the record is published."""
        return bool(self.questions) or any(c.decide for c in self.collisions)


def strings_of(record: str) -> tuple[str, ...]:
    """The record in strings of at most 255 octets (RFC 7208 3.3), cut inside a term: panels trim blanks."""
    found = []
    while len(record) > 255:
        cut = 255
        while " " in record[cut - 1 : cut + 1] and cut > 1:
            cut -= 1
        found.append(record[:cut])
        record = record[cut:]
    return (*found, record)
