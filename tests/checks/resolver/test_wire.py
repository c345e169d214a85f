"""The quick reader beside dnspython: the same packets, the same conclusions, or the packet is left to dnspython."""

import gzip
import json
import random
import struct
from collections.abc import Iterable

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lookup import RecordType
from checks.resolver import message, wire
from checks.resolver.message import PAYLOAD, Malformed, Reply
from checks.resolver.names import to_labels
from checks.resolver.rdata import Unusual
from checks.resolver.reading import Found, Missing, Trail, read
from checks.resolver.wire import Asked, Chance, Nothing, Records, mixed, pack, to_wire, unpack
from tests.support.shared import SHARED

REAL = SHARED / "real"
QUICKLY = (Unusual, struct.error, IndexError)
ASKED_TYPES = (*["A", "AAAA", "MX", "TXT", "NS", "PTR", "CNAME", "SPF", "SOA", "SRV"],)


def asked_for(name: str, type: str) -> Asked:
    qname = to_wire(name)
    assert qname is not None
    return Asked(qname, RecordType(type))


def differs(asked: Asked, packet: bytes) -> str:
    """How the quick reader's conclusion differs from dnspython's; empty when it does not, or gives up."""
    try:
        quick = wire._quick(asked, packet)
    except QUICKLY:
        return ""
    try:
        slow: Reply | str = message.unpack(asked.question, packet)
    except Malformed as problem:
        return f"{quick} of what is malformed: {problem}"
    same = (
        quick == slow
        if isinstance(quick, Reply)
        else _concluded(asked, quick) == read(Trail(asked.labels), slow)
    )
    return "" if same else f"{quick} and {slow}"


def _concluded(asked: Asked, quick: Records | Nothing) -> Found | Missing:
    trail = Trail(asked.labels)
    if isinstance(quick, Records):
        return Found(trail, quick.records, quick.ttl)
    return Missing(trail, quick.nxdomain, quick.ttl)


def is_quick(asked: Asked, packet: bytes) -> bool:
    try:
        wire._quick(asked, packet)
    except QUICKLY:
        return False
    return True


def reply_to(
    asked: Asked, answer: str = "", authority: str = "", additional: str = "", rcode: str = "NOERROR"
) -> bytes:
    """A reply with records as in a zone file, one a line."""
    query = dns.message.from_wire(
        pack(b"id", mixed(asked.qname, bytes(range(256))[: len(asked.qname)]) + asked.tail)
    )
    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.from_text(rcode))
    reply.answer, reply.authority, reply.additional = (
        _sets(lines) for lines in (answer, authority, additional)
    )
    return reply.to_wire(max_size=65535)


def _sets(lines: str) -> list[dns.rrset.RRset]:
    parts = [line.split(None, 3) for line in lines.splitlines() if line.strip()]
    return [dns.rrset.from_text(owner, int(ttl), "IN", kind, data) for owner, ttl, kind, data in parts]


SOA = "test. 600 SOA ns.test. host.test. 1 2 3 4 60"
USUAL = [
    ("a.test", "A", "a.test. 30 A 192.0.2.1\na.test. 20 A 192.0.2.0\na.test. 20 A 192.0.2.0", "", ""),
    (
        "a.test",
        "AAAA",
        "a.test. 30 AAAA ::ffff:192.0.2.1\na.test. 30 AAAA 2001:db8::1\na.test. 9 AAAA ::",
        "",
        "",
    ),
    (
        *("a.test", "MX"),
        "a.test. 30 MX 10 alt1.mail.b.test.\na.test. 30 MX 5 mail.b.test.\na.test. 30 MX 0 .",
        *("a.test. 300 NS ns.test.", "mail.b.test. 300 A 192.0.2.1\nalt1.mail.b.test. 300 AAAA ::1"),
    ),
    ("a.test", "TXT", 'a.test. 30 TXT "v=spf1 " "-all" ""\na.test. 30 TXT "\\255"', "test. 9 NS .", ""),
    ("a.test", "SPF", 'a.test. 30 SPF "v=spf1 -all"', "", ""),
    ("a.test", "NS", "a.test. 30 NS ns.test.\na.test. 30 NS NS.A.Test.", "", "ns.test. 9 A 192.0.2.1"),
    ("1.2.0.192.in-addr.arpa", "PTR", "1.2.0.192.in-addr.arpa. 30 PTR mail.test.", "", ""),
    ("a.test", "CNAME", "a.test. 30 CNAME b.test.", "", ""),
    ("a.test", "TXT", 'a.test. 30 CNAME b.test.\nb.test. 20 CNAME c.d.\nc.d. 10 TXT "x"', "", ""),
    ("a.test", "TXT", "a.test. 30 CNAME b.test.", SOA, ""),
    ("a.test", "TXT", "", SOA, ""),
    ("a.test", "SRV", "", SOA, ""),
]
SIGNATURE = "TXT 8 2 30 20300101000000 20200101000000 1 test. AAAA"
UNUSUAL = [
    ("a.test", "SOA", "a.test. 30 SOA ns.test. host.test. 1 2 3 4 5", "", ""),
    ("_a.test", "SRV", "_a.test. 30 SRV 1 2 3 mail.test.", "", ""),
    (
        "a.test",
        "TXT",
        f'a.test. 30 TXT "x"\na.test. 30 RRSIG {SIGNATURE}',
        "",
        "",
    ),
    ("a.test", "TXT", "", "test. 9 NS ns.test.", ""),
    ("a.test", "TXT", "", "", ""),
]


@pytest.mark.parametrize("rcode", ["NOERROR", "NXDOMAIN"])
@pytest.mark.parametrize(("name", "type", "answer", "authority", "additional"), USUAL)
def test_what_is_usual_is_read_quickly_and_as_dnspython_reads_it(
    name: str, type: str, answer: str, authority: str, additional: str, rcode: str
) -> None:
    asked = asked_for(name, type)
    packet = reply_to(asked, answer, authority, additional, rcode)
    assert differs(asked, packet) == ""
    assert is_quick(asked, packet)


@pytest.mark.parametrize(("name", "type", "answer", "authority", "additional"), UNUSUAL)
def test_what_is_unusual_is_left_to_dnspython(
    name: str, type: str, answer: str, authority: str, additional: str
) -> None:
    asked = asked_for(name, type)
    packet = reply_to(asked, answer, authority, additional)
    assert not is_quick(asked, packet)
    assert unpack(asked, packet) == message.unpack(asked.question, packet)


def test_an_error_is_left_to_dnspython() -> None:
    asked = asked_for("a.test", "TXT")
    for rcode in ("SERVFAIL", "REFUSED", "FORMERR", "BADVERS"):
        said = unpack(asked, reply_to(asked, rcode=rcode))
        assert isinstance(said, Reply)
        assert said.rcode == dns.rcode.from_text(rcode)


def test_what_cannot_be_read_is_malformed() -> None:
    asked = asked_for("a.test", "TXT")
    packet = reply_to(asked, 'a.test. 30 TXT "v=spf1"', SOA)
    for length in range(asked.end, len(packet)):
        with pytest.raises(Malformed):
            unpack(asked, packet[:length])


# Mutated packets

WHOLE = [(asked_for(name, type), sections) for name, type, *sections in (*USUAL, *UNUSUAL)]
PACKETS = [(asked, reply_to(asked, *sections)) for asked, sections in WHOLE]
INTERESTING = (0, 1, 12, 63, 64, 0x29, 0x80, 0xC0, 0xC1, 0xFF)


def mutated(asked: Asked, packet: bytes, choose: random.Random) -> bytes:
    """A few octets changed, taken out, put in or copied, behind the question or in the header's counts."""
    octets = bytearray(packet)
    for _ in range(choose.randint(1, 2)):
        at = (
            choose.choice((3, 7, 9, 11))
            if choose.random() < 0.15
            else choose.randrange(asked.end, len(octets))
        )
        match choose.randrange(6):
            case 0:
                octets[at] = choose.randrange(256)
            case 1:
                octets[at] = choose.choice(INTERESTING)
            case 2:
                octets[at] ^= 1 << choose.randrange(8)
            case 3 if at >= asked.end:
                del octets[at]
            case 4 if at >= asked.end:
                octets.insert(at, choose.choice(INTERESTING))
            case _ if at >= asked.end:
                octets[at : at + 2] = (0xC000 | choose.randrange(len(octets))).to_bytes(2, "big")
        if len(octets) <= asked.end:
            break
    return bytes(octets)


def differences(packets: list[tuple[Asked, bytes]], rounds: int, seed: int) -> Iterable[str]:
    choose = random.Random(seed)
    for _ in range(rounds):
        asked, packet = choose.choice(packets)
        changed = mutated(asked, packet, choose)
        if found := differs(asked, changed):
            yield f"{asked.type} {changed!r}: {found}"


@pytest.mark.parametrize("seed", range(4))
def test_mutated_packets_are_read_as_dnspython_reads_them(seed: int) -> None:
    assert list(differences(PACKETS, 10_000, seed)) == []


def test_many_mutated_packets_are_still_read_quickly() -> None:
    choose = random.Random(5)
    quick = sum(is_quick(asked, mutated(asked, packet, choose)) for asked, packet in PACKETS * 200)
    assert quick > 400  # or the test above compares nothing


@given(st.sampled_from(PACKETS), st.binary(max_size=120), st.data())
def test_garbage_behind_the_question_is_read_as_dnspython_reads_it(
    whole: tuple[Asked, bytes], garbage: bytes, data: st.DataObject
) -> None:
    asked, packet = whole
    at = data.draw(st.integers(asked.end, len(packet)))
    assert differs(asked, packet[:at] + garbage) == ""
    assert differs(asked, packet[:at] + garbage + packet[at:]) == ""


LABEL = st.binary(min_size=1, max_size=63)
NAME = st.lists(LABEL, max_size=4).map(lambda labels: dns.name.Name([*labels, b""]))
RDATA = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(str),
    "MX": st.tuples(st.integers(0, 65535), NAME).map(lambda mx: f"{mx[0]} {mx[1].to_text()}"),
    "NS": NAME.map(lambda name: name.to_text()),
    "CNAME": NAME.map(lambda name: name.to_text()),
    "TXT": st.lists(st.binary(max_size=255), min_size=1, max_size=3).map(
        lambda strings: " ".join('"' + "".join(f"\\{octet:03d}" for octet in s) + '"' for s in strings)
    ),
}


@st.composite
def replies(draw: st.DrawFn) -> tuple[Asked, bytes]:
    type = draw(st.sampled_from(sorted(RDATA)))
    asked = asked_for(draw(st.sampled_from(["a.test", "_dmarc.a.test", "x"])), type)
    here = ".".join(label.decode() for label in asked.labels) + "."
    owner = st.one_of(st.just(here), st.just(here.upper()), NAME.map(lambda name: name.to_text()))
    ttl = st.integers(0, 2**32 - 1)

    def section(kinds: st.SearchStrategy[str], most: int) -> str:
        chosen = draw(st.lists(kinds, max_size=most))
        return "\n".join(f"{draw(owner)} {draw(ttl)} {kind} {draw(RDATA[kind])}" for kind in chosen)

    answer = section(st.sampled_from([type, type, type, "CNAME", "A"]), 4)
    authority = draw(st.sampled_from(["", SOA, "test. 9 NS ns.test.", f"{SOA}\n{SOA}"]))
    return asked, reply_to(asked, answer, authority, section(st.sampled_from(["A", "AAAA", "TXT"]), 2))


@given(replies())
def test_generated_replies_are_read_as_dnspython_reads_them(whole: tuple[Asked, bytes]) -> None:
    assert differs(*whole) == ""


# Real records


def real_packets(most: int) -> list[tuple[Asked, bytes]]:
    """Replies with real records as dnspython writes them."""
    sets: dict[tuple[str, str], list[str]] = {}
    with gzip.open(REAL / "records.jsonl.gz", "rt") as lines:
        for line in lines:
            record = json.loads(line)
            name, type, data = record["name"], record["type"], record["data"]
            if type in ("MX", "TXT") and to_wire(name) and name.isascii():
                sets.setdefault((name, type), []).append(_presented(record, type, data))
            if len(sets) >= most:
                break
    return [
        (asked, packet)
        for (name, type), lines in sets.items()
        for asked, packet in _packet(name, type, lines)
    ]


def _presented(record: dict[str, str], type: str, data: str) -> str:
    if type == "MX":
        return f"{record.get('pref', 10)} {data.rstrip('.')}."
    octets = data.encode()
    parts = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return " ".join('"' + "".join(f"\\{octet:03d}" for octet in part) + '"' for part in parts)


def _packet(name: str, type: str, lines: list[str]) -> Iterable[tuple[Asked, bytes]]:
    asked = asked_for(name, type)
    try:
        yield asked, reply_to(asked, "\n".join(f"{name}. 300 {type} {line}" for line in lines))
    except dns.exception.DNSException:
        return  # a record that no server could serve: a name with an empty label, say


@pytest.mark.skipif(not (REAL / "records.jsonl.gz").exists(), reason="../shared/real is not here")
def test_real_records_are_read_quickly_and_as_dnspython_reads_them() -> None:
    packets = real_packets(4000)
    assert len(packets) > 3000
    assert [packet for asked, packet in packets if not is_quick(asked, packet)] == []
    assert [found for asked, packet in packets if (found := differs(asked, packet))] == []
    assert list(differences(packets, 10_000, seed=9)) == []


# Queries


@given(st.text(max_size=80))
def test_a_name_is_packed_as_its_labels_say(name: str) -> None:
    labels = to_labels(name.lower() if name.isascii() else name)
    packed = to_wire(name.lower() if name.isascii() else name)
    assert (packed is None) == (labels is None)
    if packed is not None and labels is not None:
        assert packed == dns.name.Name([*labels, b""]).to_wire()


@pytest.mark.parametrize("type", ASKED_TYPES)
@pytest.mark.parametrize("edns", [True, False])
def test_dnspython_reads_our_queries(type: str, edns: bool) -> None:
    asked = asked_for("_dmarc.a.test", type)
    query = dns.message.from_wire(pack(b"\x12\x34", asked.qname + asked.tail, edns=edns))
    assert query.question[0].to_text() == f"_dmarc.a.test. IN {type}"
    assert (query.id, query.flags) == (0x1234, dns.flags.RD)
    assert (query.edns, query.payload) == ((0, PAYLOAD) if edns else (-1, 0))


@given(st.binary(min_size=60, max_size=60))
def test_only_the_case_of_letters_is_mixed(random: bytes) -> None:
    labels = (bytes(range(63)), bytes(range(63, 126)), b"\xc3\xa9[]{}@`", b"test")
    qname = wire.from_labels(tuple(label.lower() for label in labels))
    assert mixed(qname, random * 3).lower() == qname


def test_each_letter_is_in_either_case_half_of_the_time() -> None:
    chance, qname = Chance(), wire.from_labels((b"abcdefgh", b"test"))
    names = [mixed(qname, chance.octets(len(qname))) for _ in range(1000)]
    for place in range(1, 9):
        assert 400 < sum(chr(name[place]).isupper() for name in names) < 600


def test_random_octets_are_used_once() -> None:
    chance = Chance()
    assert len({chance.octets(8) for _ in range(5000)}) == 5000
