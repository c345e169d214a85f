"""Other people's SPF, asked with the same records from the same memory."""

from __future__ import annotations

from typing import Any

import spf as pyspf

from checks.lookup import Answer, Mx, RecordType, Txt, ZoneResolver


def serve_pyspf(zone: ZoneResolver) -> None:
    """Let pyspf look everything up in `zone`."""

    def lookup(name: str, kind: str, strict: object = True, timeout: object = 20) -> list[tuple[Any, Any]]:
        if kind not in RecordType.__members__:
            return []
        found = zone.find(name.rstrip(".").lower(), RecordType(kind))
        records = found.records if isinstance(found, Answer) else ()
        return [((name, kind), _as_pyspf(record)) for record in records]

    pyspf.DNSLookup = lookup


def _as_pyspf(record: object) -> object:
    if isinstance(record, Txt):
        return record.strings
    return (record.preference, record.exchange) if isinstance(record, Mx) else record


def pyspf_result(ip: str, domain: str) -> str:
    """One of the seven results, or what pyspf raised."""
    try:
        result: str = pyspf.query(i=ip, s=f"postmaster@{domain}", h=domain, querytime=0).check()[0]
    except Exception as error:  # a peer's own fault is an answer too
        return f"{type(error).__name__}: {error}"
    return result
