"""Zones made to cost their reader dear; for the bench (time, memory) and for tests (look-ups, nodes)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from checks.lookup import Answer, Mx, RecordType, Txt, ZoneResolver, txt
from checks.lookup import Result as LookupResult

SENDER = f"{'.'.join(['a-b_c'] * 10)}@bomb.example"
Records = tuple[Txt, ...]


class Endless:
    """Answers every TXT question with what `says` makes of the name, and everything else as the zone has it."""

    immediate = True

    def __init__(self, says: Callable[[str], Records], zone: ZoneResolver) -> None:
        self._says = says
        self._zone = zone
        self.asked: list[tuple[str, RecordType]] = []

    async def lookup(self, name: str, type: RecordType) -> LookupResult:
        self.asked.append((name, type))
        if type is RecordType.TXT and (records := self._says(name)):
            return Answer(name, type, records)
        return self._zone.find(name, type)


@dataclass(frozen=True)
class Bomb:
    """`says`: the TXT records of a name. The zone is built before anything is measured."""

    says: str
    record: Callable[[str], Records]
    ip: str = "192.0.2.1"
    domain: str = "bomb.example"
    zone: ZoneResolver = field(default_factory=lambda: ZoneResolver({}))

    def resolver(self) -> Endless:
        return Endless(self.record, self.zone)


def always(*texts: str | bytes) -> Callable[[str], Records]:
    """The same records at every name."""
    records = tuple(txt(text) for text in texts)
    return lambda name: records


def fan_out(name: str) -> Records:
    """Ten includes each, ten deep: ten thousand million names."""
    if name.count(".") > 11:
        return (txt("v=spf1 -all"),)
    return (txt("v=spf1 " + " ".join(f"include:{n}.{name}" for n in range(10)) + " -all"),)


def _zone(*records: object, type: RecordType, name: str = "bomb.example") -> ZoneResolver:
    return ZoneResolver({(name, type): records})  # type: ignore[dict-item]


FULL = 65000
"""Octets: what one answer can hold, nearly."""


def full(term: str, end: str = "-all") -> str:
    """A record that repeats the term, with a blank before it, as often as an answer has room."""
    return "v=spf1" + f" {term}" * ((FULL - len(end)) // (len(term) + 1)) + f" {end}"


ALIASES = {(f"c{n}.example", RecordType.CNAME): (f"c{n + 1}.example",) for n in range(5000)}
REVERSE = "1.2.0.192.in-addr.arpa"

ONES = (Txt(tuple(bytes([octet]) for octet in full("ip4:198.51.100.1").encode())),)

BOMBS = (
    Bomb("includes, ten each, ten deep", fan_out),
    Bomb("an include of itself, a thousand times", always(full("include:bomb.example"))),
    Bomb("a redirect to itself", always("v=spf1 redirect=bomb.example")),
    Bomb("a name that grows with each include", always("v=spf1 include:x.%{d} -all")),
    Bomb("10,000 terms: ip4", always("v=spf1" + " ip4:198.51.100.1" * 10000 + " -all")),
    Bomb("10,000 terms: ip6", always("v=spf1" + " ip6:2001:db8::1" * 10000 + " -all")),
    Bomb(
        "10,000 terms, none alike",
        always("v=spf1" + "".join(f" ip4:10.1.{n // 256}.{n % 256}" for n in range(10000)) + " -all"),
    ),
    Bomb("10,000 terms: a", always("v=spf1" + " a" * 10000 + " -all")),
    Bomb("10,000 terms: all", always("v=spf1" + " ?all" * 10000)),
    Bomb("10,000 terms that do not parse", always("v=spf1" + " ipv4:192.0.2.1" * 10000)),
    Bomb("10,000 unknown modifiers", always("v=spf1" + " x=%{d}" * 10000 + " -all")),
    Bomb("65 kB of blanks", always("v=spf1" + " " * FULL + "-all")),
    Bomb("65 kB without a blank", always("v=spf1 a:" + "b" * FULL + ".example -all")),
    Bomb("65 kB of dots", always("v=spf1 a:" + "." * FULL + "example -all")),
    Bomb("65 kB of slashes and digits", always("v=spf1 a:b.example" + "/1" * (FULL // 2) + " -all")),
    Bomb("65 kB of hyphens", always("v=spf1 a:b." + "a-" * (FULL // 2) + " -all")),
    Bomb("65 kB of octets that are no text", always(b"v=spf1 " + b"\xff\xfe\0" * (FULL // 3))),
    Bomb("macros: 16,000 times the sender", always(f"v=spf1 exists:{'%{s}' * (FULL // 4)}.example -all")),
    Bomb(
        "macros: 9,000 times the sender, split",
        always(f"v=spf1 exists:{'%{s9r-_}' * (FULL // 8)}.example -all"),
    ),
    Bomb(
        "macros: 16,000 times the sender, escaped",
        always(f"v=spf1 exists:{'%{S}' * (FULL // 4)}.example -all"),
    ),
    Bomb(
        "macros: 16,000 times the address in nibbles",
        always(f"v=spf1 a:{'%{i}' * (FULL // 4)}.example -all"),
        ip="2001:db8::1",
    ),
    Bomb("macros: 65,000 digits", always(f"v=spf1 exists:%{{d{'9' * FULL}}}.example -all")),
    Bomb("macros: 60,000 delimiters", always(f"v=spf1 exists:%{{s{'-+' * (FULL // 2)}}}.example -all")),
    Bomb(
        "macros in an explanation",
        lambda name: (
            txt("v=spf1 -all exp=why.bomb.example") if name == "bomb.example" else txt("%{S}" * (FULL // 4)),
        ),
    ),
    Bomb(
        "5,000 CNAMEs in a chain",
        always("v=spf1 a:c0.example mx:c1.example exists:c2.example -all"),
        zone=ZoneResolver(ALIASES),
    ),
    Bomb(
        "5,000 addresses",
        always("v=spf1 a -all"),
        zone=_zone(*(f"10.0.{n // 256}.{n % 256}" for n in range(5000)), type=RecordType.A),
    ),
    Bomb(
        "5,000 exchangers",
        always("v=spf1 mx -all"),
        zone=_zone(*(Mx(n, f"m{n}.example") for n in range(5000)), type=RecordType.MX),
    ),
    Bomb(
        "5,000 names of the address",
        always("v=spf1 ptr -all"),
        zone=_zone(*(f"n{n}.example" for n in range(5000)), type=RecordType.PTR, name=REVERSE),
    ),
    Bomb("5,000 TXT records", always(*(f"x{n}" for n in range(5000)), "v=spf1 -all")),
    Bomb("5,000 SPF records", always(*(f"v=spf1 ip4:192.0.2.{n % 256} -all" for n in range(5000)))),
    Bomb("a TXT record of 65 kB in one-octet strings", lambda name: ONES),
    Bomb(
        "10 mx of 10 exchangers of 100 addresses",
        always("v=spf1" + " mx" * 10 + " -all"),
        zone=ZoneResolver(
            {
                ("bomb.example", RecordType.MX): tuple(Mx(n, f"m{n}.example") for n in range(10)),
                **{
                    (f"m{n}.example", RecordType.A): tuple(f"10.{n}.0.{i}" for i in range(100))
                    for n in range(10)
                },
            }
        ),
    ),
)
