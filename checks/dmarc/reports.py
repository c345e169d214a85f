"""Report addresses at somebody else's domain: do they agree to be sent reports (RFC 9990 4)?

Nobody's mail depends on it, so a scan does not ask; who looks at one domain does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from checks.dmarc.record import DmarcRecord, parse
from checks.domain_name import is_below
from checks.lookup import Absent, Answer, LookupFailed, RecordType, Resolver, Result, usable
from checks.model import Evidence, Finding, Rule, Severity, Topic

MAX_TARGETS = 5
"""More hosts than this are not asked about: receivers limit them too (RFC 9990 3.5)."""


@dataclass(frozen=True, slots=True)
class ReportTarget:
    """A host outside the organisation that reports go to, and what it says about it.

    `address`: as published in `rua` or `ruf`, hostile. `result`: the answer at `domain._report._dmarc.host`.
    """

    address: str
    host: str
    result: Result

    @property
    def authorised(self) -> bool | None:
        """Whether the host agrees; None when that could not be looked up (RFC 9990 4, steps 5 to 9)."""
        if isinstance(self.result, LookupFailed):
            return None
        return bool(self._records) and all(_host(uri) == self.host for r in self._records for uri in r.rua)

    @property
    def _records(self) -> tuple[DmarcRecord, ...]:
        texts = self.result.texts if isinstance(self.result, Answer) else ()
        return tuple(record for text in texts if (record := parse(text.text)))

    @property
    def found(self) -> str:
        """What stands there, for people; hostile."""
        if isinstance(self.result, Answer):
            return f"{self.result.name}: {', '.join(text.text for text in self.result.texts)}"
        return f"nothing at {self.result.name}"


async def gather(
    domain: str, organization: str, record: DmarcRecord, resolver: Resolver
) -> tuple[ReportTarget, ...]:
    """Ask each outside host of the record that `domain` publishes: one look-up for each, at most 5."""
    outside: dict[str, str] = {}
    for uri, host in _hosts(record):
        if not _is_inside(host, organization):
            outside.setdefault(host, uri)
    chosen = list(outside.items())[:MAX_TARGETS]
    return tuple(await asyncio.gather(*(_ask(domain, uri, host, resolver) for host, uri in chosen)))


def judge(domain: str, targets: tuple[ReportTarget, ...]) -> Iterator[Finding]:
    """What is to be said about the targets of the record that `domain` publishes."""
    refused = [target for target in targets if target.authorised is False]
    if refused:
        evidence = tuple(
            Evidence(f"v=DMARC1 at {target.result.name}, for {target.address}", target.found)
            for target in refused
        )
        yield Finding(NOT_AUTHORISED.code, NOT_AUTHORISED.severity, f"_dmarc.{domain}", evidence)


def _hosts(record: DmarcRecord) -> Iterator[tuple[str, str]]:
    for uri in (*record.rua, *record.ruf):
        if host := _host(uri):
            yield uri, host


def _host(uri: str) -> str:
    """The host that a report to this URI goes to; empty if there is none."""
    if uri.lower().startswith("mailto:"):
        return uri.partition("?")[0].rpartition("@")[2].lower().removesuffix(".")
    try:
        return (urlsplit(uri).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_inside(host: str, organization: str) -> bool:
    """Whether host and policy belong to one organisation. (That of a name is the name or stands above it, so
    nothing outside can be missed; a `psd=n` in between is not looked for.)"""
    return host == organization or is_below(host, organization)


async def _ask(domain: str, uri: str, host: str, resolver: Resolver) -> ReportTarget:
    name = f"{domain}._report._dmarc.{host}"
    if not usable(name):
        return ReportTarget(uri, host, Absent(name, RecordType.TXT, nxdomain=True))
    return ReportTarget(uri, host, await resolver.lookup(name, RecordType.TXT))


NOT_AUTHORISED = Rule(
    code="DMARC_REPORT_NOT_AUTHORISED",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC record at {about} asks for reports to an address that has not agreed to them.",
    meaning=(
        "Reports may go to another organisation only if that publishes a record that says so. Receivers leave"
        " out the address shown, so its reports never arrive. Our mail is not touched by it."
    ),
    fix=(
        "Ask whoever runs the report address to publish the record shown (v=DMARC1 is enough; a wildcard at"
        " *._report._dmarc serves all domains), or take the address out."
    ),
    source="RFC 9990 4; RFC 9991 for ruf",
)

RULES: tuple[Rule, ...] = (NOT_AUTHORISED,)
