"""What check_host() says: the result and its working (RFC 7208 2.6, 4.6.4).

Named tuples, as all that is made anew for each company and sending address: a frozen dataclass takes three times as
long to make, and a scan makes dozens for each domain.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from checks.spf.trace import Step

MAX_TERMS = 10  # RFC 7208 4.6.4
MAX_VOIDS = 2  # RFC 7208 4.6.4
MAX_NAMES = 10  # exchangers of one mx, names of one ptr: RFC 7208 4.6.4

Voids = Literal["term", "query"]
"""What counts as one void: a term whose look-ups all come back empty, or each empty query as pyspf has it."""


class Result(StrEnum):
    """RFC 7208 2.6."""

    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"
    TEMPERROR = "temperror"


OF_QUALIFIER = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


class ProblemKind(StrEnum):
    """What stood in the way of a result."""

    NO_RECORD = "no SPF record"
    NO_SUCH_NAME = "no such name"
    MALFORMED_NAME = "not a name that can be asked"
    SEVERAL_RECORDS = "several SPF records"
    SYNTAX = "syntax error"
    TERM_LIMIT = "more than 10 terms that look something up"
    VOID_LIMIT = "more than 2 void look-ups"
    EXCHANGER_LIMIT = "more than 10 exchangers"
    LOOKUP_FAILED = "look-up failed"


class Problem(NamedTuple):
    """What broke: at which name's record, in which term (empty: the record itself), and the detail. Hostile."""

    kind: ProblemKind
    name: str
    term: str = ""
    detail: str = ""


class Match(NamedTuple):
    """The term that decided and the name whose record holds it."""

    name: str
    term: str


class Outcome(NamedTuple):
    """The result and its working. `terms`, `voids`: counted up to the decision. `matched` is the
    domain's own directive (an include that passed, say), or that of the record it redirects to; `path` leads
    through every redirect and include to the term that decided. `explanation` is the domain's own text on
    fail, or empty: hostile. `steps`: every term in order, when a trace was asked for."""

    result: Result
    explanation: str
    matched: Match | None
    path: tuple[Match, ...]
    terms: int
    voids: int
    void_queries: int
    problem: Problem | None
    address_family: Literal["ipv4", "ipv6"]
    steps: tuple[Step, ...] = ()
