"""The demo's DNS: every name that a check of the fleet asks for, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from checks import domain_name
from checks.lookup import FailureReason, Mx, Record, RecordType, Txt, ZoneResolver, txt
from checks.smtp.result import Security
from data.demo import fleet, platform
from data.demo.fleet import Company
from data.demo.mail_hosts import mail_hosts
from data.demo.mail_layout import Layout
from data.demo.scenario import TxtTemplate, filled
from data.demo.services import BROKEN_SERVICE, MANY_SERVICES, PROVIDERS

A, AAAA, CNAME, MX, TXT = RecordType.A, RecordType.AAAA, RecordType.CNAME, RecordType.MX, RecordType.TXT

Key = tuple[str, RecordType]
Entry = tuple[str, RecordType, Record]
Failures = dict[Key | str, FailureReason]

TTL = 300
"""Of every record, in seconds."""
_FIRST = Layout()


@cache
def resolver(layout: Layout = _FIRST) -> ZoneResolver:
    """The zone as a resolver that needs no network. `layout`: where the mail servers are."""
    return ZoneResolver(records(layout), failures(), ttl=TTL)


@cache
def records(layout: Layout = _FIRST) -> dict[Key, tuple[Record, ...]]:
    """Every record of the zone; those of one name and type in the order in which they are published."""
    zone: dict[Key, dict[Record, None]] = {}
    for name, type, record in _entries(layout):
        zone.setdefault((name, type), {})[record] = None
    return {key: tuple(found) for key, found in zone.items()}


@cache
def failures() -> Failures:
    """The names that cannot be looked up, and how they fail."""
    failing: Failures = {BROKEN_SERVICE: FailureReason.SERVFAIL}
    for company in fleet.companies():
        values = fleet.zone_values(company)
        for template, type, reason in company.scenario.failures:
            name = filled(template, values)
            failing[name if type is None else (name, type)] = reason
    return failing


def _entries(layout: Layout) -> Iterator[Entry]:
    yield from _platform()
    yield from _services()
    yield from _shared_domains()
    yield from ((host.name, A, layout.address(host.name)) for host in mail_hosts())
    exchangers: set[str] = set()
    for company in (*fleet.companies(), *fleet.former()):
        if company.owns_domain:
            for entry in (*_company(company), *_published(company, layout)):
                yield entry
                exchangers.update(_hosted_exchanger(entry[2]))
    for name in sorted(exchangers):
        yield from _host(name)


def _platform() -> Iterator[Entry]:
    name = platform.DOMAIN
    yield from _host(name)
    yield from _host(f"mx.{name}")
    yield name, MX, Mx(10, f"mx.{name}")
    yield name, TXT, txt(f"v=spf1 include:{platform.INCLUDE} -all")
    yield platform.INCLUDE, TXT, txt(platform.RECORD)
    yield f"_dmarc.{name}", TXT, txt(f"v=DMARC1; p=none; rua=mailto:dmarc@{name}")


def _services() -> Iterator[Entry]:
    for provider in PROVIDERS:
        yield provider.spf, TXT, txt(provider.spf_record)
        if provider.made_up:
            yield from _mailed(provider.domain, provider.mx, f"v=spf1 include:{provider.spf} -all", "none")
        for exchanger in provider.mx:
            if "<flat>" not in exchanger:
                yield from _host(exchanger.split()[1])
    for number, name in enumerate(MANY_SERVICES):
        yield name, TXT, txt(f"v=spf1 ip4:203.0.113.{200 + number} ip6:2001:db8:{200 + number}::/48 -all")


def _shared_domains() -> Iterator[Entry]:
    """As everybody finds them: they take mail, and their SPF names only their own servers."""
    scenarios = {c.scenario.name: c.scenario for c in fleet.companies() if c.scenario.shared}.values()
    policies = {name: s.expected.dmarc for s in scenarios for name in s.shared}
    others = {c.email.rpartition("@")[2] for c in fleet.companies()} - {c.domain for c in fleet.companies()}
    policies.update({name: "none" for name in others if _is_public(name) and name not in policies})
    for name, policy in sorted(policies.items()):
        yield from _mailed(name, (f"10 mx.{name}",), f"v=spf1 ip4:198.51.100.{_number(name)} ~all", policy)
        yield from _host(f"mx.{name}")


def _is_public(name: str) -> bool:
    return bool(name) and not name.endswith(".example")


def _mailed(name: str, exchangers: Iterable[str], spf: str, policy: str) -> Iterator[Entry]:
    yield from _host(name)
    yield from ((name, MX, _mx(text)) for text in exchangers)
    yield name, TXT, txt(spf)
    yield f"_dmarc.{name}", TXT, txt(f"v=DMARC1; p={policy}; rua=mailto:dmarc@{name}")


def _company(company: Company) -> Iterator[Entry]:
    """The records of a company's own domain."""
    scenario, values = company.scenario, fleet.zone_values(company)
    name = values["domain"]
    if scenario.addresses:
        yield from _host(name)
    for text in company.provider.mx if scenario.mx is None else scenario.mx:
        yield name, MX, _mx(filled(text, values))
    for template in scenario.spf:
        yield name, TXT, _txt(template, values)
    for text in scenario.dmarc:
        yield f"_dmarc.{name}", TXT, txt(filled(text, values))
    for owner, type, data in scenario.records:
        yield filled(owner, values), type, _record(type, filled(data, values))


def _published(company: Company, layout: Layout) -> Iterator[Entry]:
    """The server for outgoing mail that a domain names itself."""
    own = company.scenario.own_server
    if own and own.published:
        values = fleet.zone_values(company)
        host = filled(own.published, values)
        port = layout.port(host, Security.STARTTLS)
        yield f"_submission._tcp.{values['domain']}", RecordType.SRV, f"0 1 {port} {host}."


def _hosted_exchanger(record: Record) -> Iterator[str]:
    """An exchanger that a mail provider names after the customer."""
    if isinstance(record, Mx) and record.exchange.endswith(_NAMED_AFTER_CUSTOMERS):
        yield record.exchange


_NAMED_AFTER_CUSTOMERS = tuple(
    text.rpartition("<flat>")[2] for p in PROVIDERS for text in p.mx if "<flat>" in text
)


def _host(name: str) -> Iterator[Entry]:
    """Both addresses of a host, made of its name."""
    yield name, A, f"198.51.100.{_number(name)}"
    yield name, AAAA, f"2001:db8:ff::{_number(name):x}"


def _number(name: str) -> int:
    """128 to 254, the same each time."""
    return 128 + sum(name.encode()) % 127


def _mx(text: str) -> Mx:
    preference, exchange = text.split()
    return Mx(int(preference), exchange.rstrip("."))


def _txt(template: TxtTemplate, values: dict[str, str]) -> Txt:
    strings = (template,) if isinstance(template, str) else template
    return txt(*(filled(part, values) for part in strings))


def _record(type: RecordType, data: str) -> Record:
    if type is MX:
        return _mx(data)
    if type is TXT:
        return txt(data)
    return domain_name.domain(data) if type is CNAME else data
