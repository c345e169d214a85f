"""Corners of RFC 7208: what a case is, and short ways to write one."""

from __future__ import annotations

from dataclasses import dataclass, field

from checks.lookup import Record, RecordType, txt

V4, V6 = "192.0.2.3", "2001:db8::cb01"
V6_NIBBLES = "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1"
V6_REVERSE = f"{V6_NIBBLES[::-1]}.ip6.arpa"
PTR = "3.2.0.192.in-addr.arpa PTR"


@dataclass(frozen=True)
class Case:
    """`record` stands at a.example; `more` are further lines of the zone, `odd` records that no line can hold."""

    says: str
    record: str
    result: str
    more: str = ""
    ip: str = V4
    sender: str = "strong-bad@a.example"
    helo: str | None = "mx.helo.example"
    domain: str = "a.example"
    explanation: str | None = None
    odd: dict[tuple[str, RecordType], list[Record]] = field(default_factory=dict)


def exists(says: str, spec: str, name: str, **more: str) -> Case:
    """A macro that is right when the name it makes exists."""
    return Case(says, f"v=spf1 exists:{spec} -all", "pass", odd={(name, RecordType.A): ["127.0.0.2"]}, **more)  # type: ignore[arg-type]


def explained(says: str, text: str, explanation: str, **more: str) -> Case:
    """A text behind exp=, and what the sender is told."""
    odd: dict[tuple[str, RecordType], list[Record]] = {("why.a.example", RecordType.TXT): [txt(text)]}
    return Case(says, "v=spf1 -all exp=why.%{d}", "fail", odd=odd, explanation=explanation, **more)  # type: ignore[arg-type]


def chain(number: int, last: str) -> str:
    """Includes i1 … of one another, the last of them with a record of its own."""
    links = "".join(f"i{n}.example TXT v=spf1 include:i{n + 1}.example -all\n" for n in range(1, number))
    return f"{links}i{number}.example TXT {last}\n"


def lines(pattern: str, numbers: range) -> str:
    return "".join(pattern.replace("#", str(n)) + "\n" for n in numbers)


LONG = ".".join(str(n) * 60 for n in range(5))
ME_AND_MANY = f"{PTR} other#.example\nother#.example A 198.51.100.1"
