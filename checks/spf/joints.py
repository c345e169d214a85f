"""Where the strings of one TXT record meet: they are joined without a space (RFC 7208 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from checks.lookup import Txt
from checks.spf import record

MAX_JOINTS = 50

_TERM = re.compile(
    r"[+?~-]?(?:include|ip4|ip6|exists|a|mx|ptr):.|redirect=.|exp=.|[+?~-]all\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Joint:
    """A term over the joint of two strings, and the two that it falls into. `clear`: it can only be these two."""

    term: str
    left: str
    right: str
    clear: bool = True


def joints(txt: Txt) -> tuple[Joint, ...]:
    """The terms of an SPF record that are two, run together at the joint of two strings."""
    return tuple(j for j in all_joints(txt) if j.clear)


def all_joints(txt: Txt) -> tuple[Joint, ...]:
    """The same, with those that may be one term: `include:a.example` and `mx` make `include:a.examplemx`."""
    if len(txt.strings) < 2 or not txt.octets.isascii() or not record.is_spf(txt.octets):
        return ()
    text = txt.octets.decode("ascii")
    ends = list(accumulate(len(s) for s in txt.strings))[:MAX_JOINTS]
    return tuple(j for at in ends if (j := _joint(text, at)))


def _joint(text: str, at: int) -> Joint | None:
    before, _, left = text[:at].rpartition(" ")
    right = text[at:].partition(" ")[0]
    if not before or not left or not right or not (_parses(left) and _parses(right)):
        return None
    return Joint(left + right, left, right, bool(_TERM.match(right)) or not _parses(left + right))


def _parses(term: str) -> bool:
    parsed = record.parse(f"v=spf1 {term}".encode())
    return not parsed.problems and all(m.domain is not None for m in parsed.modifiers)
