"""Read the flat zone that ../shared/tools/make_zone.py writes, one record a line, into a zone resolver."""

from __future__ import annotations

import re
from collections import defaultdict
from ipaddress import ip_address
from pathlib import Path

from checks.lookup import Mx, Record, RecordType, Txt, ZoneResolver

_STRING = re.compile(rb'"((?:[^"\\]|\\\d{3}|\\.)*)"')
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def read(path: Path) -> ZoneResolver:
    return ZoneResolver(records(path))


def records(path: Path) -> dict[tuple[str, RecordType], list[Record]]:
    """By name and type."""
    found: dict[tuple[str, RecordType], list[Record]] = defaultdict(list)
    for line in path.read_bytes().splitlines():
        name, _, rest = line.partition(b" ")
        kind, _, data = rest.partition(b" ")
        if not name.endswith(b".") or kind not in (b"A", b"AAAA", b"MX", b"TXT", b"CNAME"):
            continue
        type = RecordType(kind.decode())
        found[name.decode().rstrip(".").lower(), type].append(_record(type, data))
    return found


def _record(type: RecordType, data: bytes) -> Record:
    if type is RecordType.TXT:
        return Txt(tuple(_ESCAPE.sub(_unescape, s) for s in _STRING.findall(data)))
    text = data.decode("ascii")
    if type is RecordType.MX:
        preference, _, exchange = text.partition(" ")
        return Mx(int(preference), exchange.rstrip(".").lower())
    if type is RecordType.CNAME:
        return text.rstrip(".").lower()
    return str(ip_address(text))


def _unescape(found: re.Match[bytes]) -> bytes:
    escaped = found.group(1)
    return bytes([int(escaped)]) if escaped.isdigit() and len(escaped) == 3 else escaped
