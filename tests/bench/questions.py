"""What a scan asks the DNS about one domain, asked with as little thinking as it takes.

Its TXT and those of all that its SPF record includes or redirects to, as deep as the diagnosis reads; the addresses
of `a`, `mx` and `exists` terms; MX and the addresses of the exchangers; `_dmarc` of the domain and of each name above
it; the names beside it where an SPF record is often put by mistake. Nothing is judged: so its rate is the
resolver's. `coverage` in the report says how it compares with what a scan really asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.dmarc.discover import targets
from checks.lookup import (
    Absent,
    Answer,
    LookupFailed,
    RecordType,
    Resolver,
    Result,
    ZoneResolver,
    expect,
    lookup_all,
    usable,
)

Question = tuple[str, RecordType]

MAX_EXCHANGERS = 10
MAX_NAMES = 100
ADDRESSES = (RecordType.A, RecordType.AAAA)

_TERM = re.compile(rb"\s[+?~-]?(?:(include:|redirect=|exists:)|(a|mx)(?=[\s:/]|$):?)([^\s/]*)", re.IGNORECASE)


async def ask(domain: str, resolver: Resolver) -> None:
    """Ask everything about one domain, at once as far as answers allow."""
    expect(resolver, _known_before(domain))
    await _mail(domain, resolver)
    await _spf(domain, resolver)
    await _dmarc(domain, resolver)
    await _beside(domain, resolver)


def _known_before(domain: str) -> list[Question]:
    """What is asked whatever the answers are."""
    return [(domain, RecordType.MX), (domain, RecordType.TXT), *_policies(domain), *_neighbours(domain)]


async def _mail(domain: str, resolver: Resolver) -> None:
    mx = await resolver.lookup(domain, RecordType.MX)
    if isinstance(mx, Answer):
        hosts = [record.exchange for record in mx.exchangers[:MAX_EXCHANGERS] if record.exchange]
    else:
        hosts = [] if isinstance(mx, LookupFailed) or mx.nxdomain else [domain]
    await _all([(host, type) for host in hosts for type in ADDRESSES], resolver)


async def _spf(domain: str, resolver: Resolver) -> None:
    seen = {domain}
    level = [domain]
    while level:
        found = await _all([(name, RecordType.TXT) for name in level], resolver)
        terms = [term for name, said in zip(level, found, strict=True) for term in _terms(name, said)]
        level = [name for kind, name in terms if kind in (b"include:", b"redirect=") and name not in seen]
        level = list(dict.fromkeys(level))[: MAX_NAMES - len(seen)]
        seen.update(level)
        await _hosts(terms, resolver)


def _terms(current: str, said: Result) -> Iterator[tuple[bytes, str]]:
    """The terms of SPF records that ask about a name, without those with macros."""
    for text in said.texts if isinstance(said, Answer) else ():
        if text.octets[:7].lower().rstrip() != b"v=spf1":
            continue
        for leading, hosts, name in _TERM.findall(text.octets):
            if b"%" not in name:
                yield (
                    (leading or hosts).lower(),
                    name.decode("ascii", "replace").rstrip(".").lower() or current,
                )


async def _hosts(terms: Sequence[tuple[bytes, str]], resolver: Resolver) -> None:
    found = await _all([(name, RecordType.MX) for kind, name in terms if kind == b"mx"], resolver)
    exchangers = [
        mx.exchange for said in found if isinstance(said, Answer) for mx in said.exchangers[:MAX_EXCHANGERS]
    ]
    asked = [(name, type) for kind, name in terms if kind == b"a" for type in ADDRESSES]
    asked += [(name, RecordType.A) for kind, name in terms if kind == b"exists:"]
    await _all([*asked, *((host, type) for host in exchangers for type in ADDRESSES)], resolver)


async def _dmarc(domain: str, resolver: Resolver) -> None:
    await _all(_policies(domain), resolver)


def _policies(domain: str) -> list[Question]:
    return [(f"_dmarc.{target}", RecordType.TXT) for target in targets(domain)]


async def _beside(domain: str, resolver: Resolver) -> None:
    await _all(_neighbours(domain), resolver)


def _neighbours(domain: str) -> list[Question]:
    parent = domain.partition(".")[2]
    names = [f"www.{domain}", f"_spf.{domain}", *([parent] if "." in parent else [])]
    return [(name, RecordType.TXT) for name in names]


async def _all(questions: Sequence[Question], resolver: Resolver) -> list[Result]:
    """One answer for each question; a name that no query can carry is not asked for."""
    asked = [question for question in questions if usable(question[0])]
    said = dict(zip(asked, await lookup_all(resolver, asked), strict=True))
    return [said.get(question) or Absent(*question, nxdomain=True) for question in questions]


class Notebook:
    """Answers from a zone in memory, and notes what was asked, once each, in order."""

    def __init__(self, zone: ZoneResolver) -> None:
        self._zone = zone
        self.asked: dict[Question, None] = {}

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.asked[name, type] = None
        return self._zone.find(name, type)


async def noted(zone: ZoneResolver, domains: Sequence[str]) -> list[Question]:
    """What `ask` asks about these domains, each question once; without a packet."""
    notebook = Notebook(zone)
    for domain in domains:
        await ask(domain, notebook)
    return list(notebook.asked)
