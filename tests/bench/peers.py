"""Other people's SPF, asked with the same records from the same memory."""

from __future__ import annotations

from typing import Any

import spf as pyspf
import spftrace

from checks.lookup import Absent, Answer, Mx, RecordType, Txt, ZoneResolver


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


class SpftraceZone(spftrace.BaseResolver):
    """spftrace's look-ups, from `zone`."""

    def __init__(self, zone: ZoneResolver) -> None:
        self._zone = zone

    async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
        found = self._zone.find(name.rstrip(".").lower(), RecordType(rtype))
        if isinstance(found, Answer):
            return "NOERROR", [_as_spftrace(record) for record in found.records]
        if isinstance(found, Absent):
            return "NXDOMAIN" if found.nxdomain else "NOERROR", []
        return "SERVFAIL", []


def _as_spftrace(record: object) -> str:
    if isinstance(record, Txt):
        return record.octets.decode("utf-8", "replace")
    return record.exchange if isinstance(record, Mx) else str(record)


async def spftrace_result(zone: SpftraceZone, ip: str, domain: str) -> str:
    """One of the seven results, or what spftrace raised. Without its limits of its own: queries and time."""
    limits = spftrace.Limits(max_queries=None, time_limit=3600.0)
    try:
        result: str = (
            await spftrace.Evaluator(zone, limits).evaluate(ip, f"postmaster@{domain}", domain)
        ).result
    except Exception as error:  # a peer's own fault is an answer too
        return f"{type(error).__name__}: {error}"
    return result
