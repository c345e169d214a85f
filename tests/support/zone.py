"""A zone written as one would write it down: `name TYPE data`, one record a line."""

from __future__ import annotations

import re
from collections import defaultdict
from ipaddress import ip_address

from checks.lookup import FailureReason, Mx, Record, RecordType, Txt, ZoneResolver, txt

_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')

Records = dict[tuple[str, RecordType], list[Record]]


def zone(text: str, *, at: float = 0.0) -> ZoneResolver:
    """`!SERVFAIL`, `!TIMEOUT` or `!REFUSED` as data make that look-up fail; `name * !TIMEOUT` all of a name's.

    TXT data is quoted strings (joined as one record; `\\"` inside), or plain text up to the end of the line.
    """
    records, failures = parse(text)
    return ZoneResolver(records, failures, at=at)


def parse(text: str) -> tuple[Records, dict[tuple[str, RecordType] | str, FailureReason]]:
    records: Records = defaultdict(list)
    failures: dict[tuple[str, RecordType] | str, FailureReason] = {}
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        name, kind, data = line.split(None, 2)
        if data.startswith("!"):
            reason = FailureReason[data[1:]]
            failures[name if kind == "*" else (name, RecordType(kind))] = reason
        else:
            records[name, RecordType(kind)].append(_record(RecordType(kind), data))
    return dict(records), failures


def _record(type: RecordType, data: str) -> Record:
    match type:
        case RecordType.TXT | RecordType.SPF:
            return _txt(data)
        case RecordType.MX:
            preference, _, exchange = data.partition(" ")
            return Mx(int(preference), exchange.rstrip(".").lower())
        case RecordType.A | RecordType.AAAA:
            return str(ip_address(data))
        case _:
            return data.rstrip(".").lower()


def _txt(data: str) -> Txt:
    if not data.startswith('"'):
        return txt(data)
    return txt(*(re.sub(r"\\(.)", r"\1", string) for string in _STRINGS.findall(data)))
