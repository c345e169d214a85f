"""Which names can lead an evaluation to a changed record at all: nothing changes for the others.

SPF asks for the TXT records of a domain, and of what its records name behind `include:` and `redirect=`. So
whoever may get to a changed name is found backwards from it, over every stored record at once. This only says
who is judged, never what is said of them: it takes too many rather than too few (terms that are never reached,
records beyond every limit, every name that a macro makes up). Near misses are compared with our include's own
records too, but they only part *missing* from *ineffective*, which is no change that anybody is told of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from checks.lookup import RecordType, Txt
from checks.spf.record import is_spf
from data.observations import UNKNOWN, decode_record
from data.schema import ObservationRow

_TARGET = re.compile(rb"(?:include:|redirect=)([^ ]*)", re.IGNORECASE)
_LONGEST = 253  # a longer name is cut: RFC 7208 7.3
_ANY = b""
"""The target of what cannot be known before it is evaluated."""

ROWS = 2000


@dataclass(frozen=True, slots=True)
class Reach:
    """`names`: those whose evaluation can ask for a changed one, these too. `aliases`: names that a CNAME leads
    to a changed one, and to which."""

    names: Collection[str]
    aliases: Mapping[str, str]


def reach(session: Session, changed: Collection[str]) -> Reach:
    """Read every stored TXT record once, a few at a time; names alone are kept."""
    if not changed:
        return Reach(frozenset(), {})
    asked_by: defaultdict[bytes, list[str]] = defaultdict(list)
    aliases: dict[str, str] = {}
    for name, records, passed in _rows(session):
        if target := next((alias for alias in passed if alias in changed), None):
            aliases[name] = target
        for one in _targets(records):
            asked_by[one].append(name)
    return Reach(_backwards({*changed, *aliases}, asked_by), aliases)


def _rows(session: Session) -> Iterator[tuple[str, list[object], list[str]]]:
    row = ObservationRow
    query = select(row.name, row.records, row.aliases).where(
        row.type == RecordType.TXT.value, row.status != UNKNOWN
    )
    for found in session.execute(query.execution_options(yield_per=ROWS)):
        yield found.name, found.records, found.aliases


def _targets(records: Iterable[object]) -> set[bytes]:
    found = set[bytes]()
    for value in records:
        decoded = decode_record(value)
        if isinstance(decoded, Txt) and is_spf(decoded.octets):
            found.update(map(_name, _TARGET.findall(decoded.octets)))
    return found


def _name(target: bytes) -> bytes:
    if b"%" in target or len(target) > _LONGEST:
        return _ANY
    return target.removesuffix(b".").lower()


def _backwards(changed: set[str], asked_by: Mapping[bytes, list[str]]) -> set[str]:
    found = set(changed)
    ahead = [*(name.encode() for name in changed), _ANY]
    while ahead:
        for name in asked_by.get(ahead.pop(), ()):
            if name not in found:
                found.add(name)
                ahead.append(name.encode("utf-8", "replace"))
    return found
