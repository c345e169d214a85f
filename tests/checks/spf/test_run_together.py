"""Terms and addresses run together, as they stand in real records: mended where one meaning is possible, else asked."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from checks.lookup import Absent, Answer, Mx, RecordType, Resolver, Result, txt
from checks.platform import Platform
from checks.spf import check_host, mend, record
from checks.spf.advice import Advice, ChangeKind, Standing
from checks.spf.mend_address import several
from checks.spf.ours import gather
from checks.spf.record import Record
from checks.spf.repair import propose
from tests.support.shared import SHARED

MALFORMED = SHARED / "real" / "malformed_spf.jsonl"
US = Platform("spf.sendwell.example", (ip_address("192.0.2.10"), ip_address("2001:db8::10")))
OURS = "include:spf.sendwell.example"

ONE = {
    "include:a.example+ip4:192.0.2.1": "include:a.example +ip4:192.0.2.1",
    "ip4:192.0.2.1/32+include:a.example": "ip4:192.0.2.1/32 +include:a.example",
    "-include:a.example+ip4:192.0.2.1": "-include:a.example +ip4:192.0.2.1",
    "include:a.example~include:b.example": "include:a.example ~include:b.example",
    "include:a.example+include:b.example": "include:a.example +include:b.example",
    "include:a.example?ip6:2001:db8::1": "include:a.example ?ip6:2001:db8::1",
    "include:a.exampleredirect=b.example": "include:a.example redirect=b.example",
    "include: a.example~all": "include:a.example ~all",
    "~allv=spf1": "~all",
    "+ip4:186.227.205.45186.227.205.43107.161.185.98": "+ip4:186.227.205.45 +ip4:186.227.205.43 +ip4:107.161.185.98",
    "ip4:192.0.2.1:192.0.2.2": "ip4:192.0.2.1 ip4:192.0.2.2",
    "ip4:\t192.0.2.1": "ip4:192.0.2.1",
    "+ip4:\t\n192.0.2.1": "+ip4:192.0.2.1",
    "ip4:5.250.\n162.128/27": "ip4:5.250.162.128/27",
    "ip4:192.17\n6.136.195": "ip4:192.176.136.195",
    "include:\ta.example": "include:a.example",
    "ip4:192.0.2.1â\x80\x8e": "ip4:192.0.2.1",
    "include:a.example/32": "include:a.example",
    "ip4:192.0.2.0/29/29": "ip4:192.0.2.0/29",
    "pi4:192.0.2.1": "ip4:192.0.2.1",
    "ip 4:192.0.2.1": "ip4:192.0.2.1",
    "prt": "ptr",
}
NONE = (
    "include:a.example-ip4:192.0.2.1",  # a refusal, a list, or a part of the name
    "ip4:192.0.2.1-ip4:192.0.2.9",
    "ip4:192.0.2.1192.0.2.2",  # 1 and 192, or 11 and 92
    "ip4:192.0.2.300192.0.2.2",
    "ip4:192.0.2.0/24/32",
    "ip4:192.0.2.1\n9",
    "include:\tmx",
    "include:a.example/x",
    "i~all",
    "+redirect:a.example",
    "pi4:a.example",
    "ip 5:192.0.2.1",
)


@pytest.mark.parametrize(("published", "meant"), ONE.items(), ids=map(ascii, ONE))
def test_one_meaning_is_mended(published: str, meant: str) -> None:
    parsed = record.parse(f"v=spf1 mx {published} ?all".encode())
    assert mend.mended(parsed) == f"v=spf1 mx {meant} ?all"


@pytest.mark.parametrize("published", NONE, ids=ascii)
def test_what_needs_a_guess_stays(published: str) -> None:
    parsed = record.parse(f"v=spf1 mx {published} ?all".encode())
    assert mend.mended(parsed) == parsed.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1", ()),
        ("192.0.2.1:192.0.2.2:192.0.2.3", ("192.0.2.1", "192.0.2.2", "192.0.2.3")),
        ("192.0.2.1:25", ()),
        ("192.0.2.4510.0.0.1", ("192.0.2.45", "10.0.0.1")),  # 451 is no octet, 4 and 510 neither
        ("192.0.2.450.0.0.1", ("192.0.2.4", "50.0.0.1")),  # nobody sends from 0.0.0.0/8
        ("192.0.2.255255.0.0.1", ("192.0.2.255", "255.0.0.1")),
        ("192.0.2.12110.0.0.1", ()),  # 12 and 110, or 121 and 10
        ("192.0.2.4510.0.0", ()),
        (":".join(["192.0.2.1"] * 21), ()),
        ("1." * 5000 + "1", ()),
    ],
)
def test_addresses_are_parted_in_one_way_or_not_at_all(text: str, found: tuple[str, ...]) -> None:
    assert several(text) == found


class Everything:
    """A DNS in which every name has what it is asked for, but for the one record that is looked at."""

    immediate = True

    def __init__(self, published: str) -> None:
        self.published = published

    async def lookup(self, name: str, type: RecordType) -> Result:
        if type is RecordType.TXT:
            theirs = {
                "acme.example": self.published,
                US.include: "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 ~all",
            }
            return Answer(name, type, (txt(theirs.get(name, "v=spf1 ip4:203.0.113.0/24 ~all")),))
        if type is RecordType.MX:
            return Answer(name, type, (Mx(10, "mail.acme.example"),))
        address = {RecordType.A: "198.51.100.1", RecordType.AAAA: "2001:db8:1::1"}.get(type)
        return Answer(name, type, (address,)) if address else Absent(name, type, nxdomain=False)


async def advise(resolver: Resolver) -> Advice:
    return await propose(await gather("acme.example", US, resolver), US, resolver)


@pytest.mark.parametrize(
    ("published", "proposed", "asked"),
    [
        ("mx include:a.example-ip4:198.51.100.9 -all", "mx -all", ["include:a.example-ip4:198.51.100.9"]),
        ("mx i~all", "mx ~all", ["i~all"]),
        ("mx include:-all", "mx -all", ["include:-all"]),
        ("mx ~allv=dmarc1; p=none;", "mx ~all", ["~allv=dmarc1;", "p=none;"]),
        ("mx -all mx a -mx", "mx -all", ["a", "-mx"]),
        ("mx -all MS=ms1 ra=postmaster", "mx -all ra=postmaster", ["MS=ms1"]),
        ("mx ~allmx -all", "mx -all", ["~allmx"]),
        ("mx ~allv=spf1 include:a.example -all", "mx ~all", ["include:a.example"]),
        ("include:a.example+ip4:198.51.100.9 -all", "include:a.example +ip4:198.51.100.9 -all", []),
    ],
)
async def test_the_record_that_is_proposed(published: str, proposed: str, asked: list[str]) -> None:
    advice = await advise(Everything(f"v=spf1 {published}"))
    assert advice.record == f"v=spf1 {OURS} {proposed}"
    assert [q.term for q in advice.questions] == asked


def _real() -> list[str]:
    if not MALFORMED.exists():
        return []
    return [json.loads(line)["record"] for line in MALFORMED.read_text(encoding="utf-8").splitlines()]


def _without_one_meaning(parsed: Record) -> list[str]:
    mended = mend.mends(parsed)
    return [p.text for p in parsed.problems if not any(m.start <= p.column < m.end for m in mended)]


@pytest.mark.skipif(not MALFORMED.exists(), reason="the real records of ../shared are not there")
@pytest.mark.parametrize("published", _real(), ids=ascii)
async def test_every_malformed_record_of_real_life_is_mended_or_asked_about(published: str) -> None:
    resolver = Everything(published)
    advice = await advise(resolver)
    assert advice.standing is Standing.PUBLISH
    assert not record.parse(advice.record.encode()).problems
    resolver.published = advice.record
    for address in US.sending_addresses:
        outcome = await check_host(address, "acme.example", "x@acme.example", resolver=resolver)
        assert outcome.result == "pass"
    if record.is_spf(published.encode()):
        asked = {q.term for q in advice.questions}
        assert set(_without_one_meaning(record.parse(published.encode()))) <= asked
    changed = [c for c in advice.changes if c.kind is not ChangeKind.KEPT]
    assert all(c.rule for c in changed)
