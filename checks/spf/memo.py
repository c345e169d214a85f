"""What many checks over the same records share, so that a fleet does not work it out for each of its domains anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from checks.lookup import Asked
from checks.lookup import Result as LookupResult
from checks.platform import IPAddress
from checks.spf.macro import Macro
from checks.spf.outcome import Match, Problem, Result
from checks.spf.partial import OurInclude


class Decision(NamedTuple):
    """What one record says: result, the terms that led to it, and where an explanation may stand."""

    result: Result
    path: tuple[Match, ...] = ()
    problem: Problem | None = None
    explained_by: tuple[str, Macro] | None = None


class Remembered(NamedTuple):
    """What an include said for one sending address, and what it cost."""

    decision: Decision
    terms: int
    void_terms: int
    void_queries: int


class KnownInclude(NamedTuple):
    """What our own include holds while this was asked and answered."""

    asked: list[Asked]
    answers: list[LookupResult]
    include: OurInclude


@dataclass(slots=True)
class Memo:
    """What macro-free includes said, by name, sending address and whether queries were counted: it depends on nothing
    else. And what our own include holds, by its name.

    For many checks over one resolver whose answers do not change meanwhile (stored records, a zone, a few seconds
    of a scan). What ran into a limit or a failed look-up is never remembered.
    """

    includes: dict[tuple[str, IPAddress, bool], Remembered] = field(default_factory=dict)
    ours: dict[str, KnownInclude] = field(default_factory=dict)
