"""What goes onto the wire, and what is read from it."""

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lookup import Mx, Record, RecordType, Txt
from checks.resolver.message import (
    PAYLOAD,
    Alias,
    Authority,
    Held,
    Malformed,
    Question,
    Reply,
    answers,
    pack,
    truncated,
    unpack,
)

OWNER = (b"a", b"test")
QUESTION = Question(OWNER, RecordType.TXT)


def reply_to(question: Question, answer: str = "", authority: str = "") -> dns.message.Message:
    """A reply with records as in a zone file, one a line."""
    reply = dns.message.make_response(dns.message.from_wire(pack(question)))
    reply.answer = _sets(answer)
    reply.authority = _sets(authority)
    return reply


def _sets(lines: str) -> list[dns.rrset.RRset]:
    parts = [line.split(None, 3) for line in lines.splitlines() if line.strip()]
    return [dns.rrset.from_text(owner, int(ttl), "IN", kind, data) for owner, ttl, kind, data in parts]


def read(question: Question, answer: str = "", authority: str = "") -> Reply:
    return unpack(question, reply_to(question, answer, authority).to_wire())


def records(type: RecordType, data: str) -> tuple[Record, ...]:
    return tuple(held.record for held in read(Question(OWNER, type), f"a.test. 300 {type} {data}").held)


def test_a_query_asks_for_recursion_with_room_for_1232_octets() -> None:
    query = dns.message.from_wire(pack(QUESTION))
    assert query.question[0].to_text() == "a.test. IN TXT"
    assert query.flags == dns.flags.RD
    assert (query.edns, query.payload) == (0, PAYLOAD)
    assert dns.message.from_wire(pack(QUESTION, edns=False)).edns == -1


def test_ids_are_not_to_be_guessed() -> None:
    assert len({pack(QUESTION)[:2] for _ in range(100)}) > 90


def test_any_octet_can_stand_in_a_query() -> None:
    labels = (bytes(range(60)), b"\\.\xff", b"test")
    name = dns.message.from_wire(pack(Question(labels, RecordType.A))).question[0].name
    assert name.labels == (*labels, b"")


@pytest.mark.parametrize(
    ("type", "data", "record"),
    [
        (RecordType.A, "192.0.2.1", "192.0.2.1"),
        (RecordType.AAAA, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        (RecordType.MX, "10 Mail.Example.", Mx(10, "mail.example")),
        (RecordType.MX, "0 .", Mx(0, "")),
        (RecordType.MX, r"0 a\.b.c\\d.\255.", Mx(0, r"a\046b.c\092d.\255")),
        (RecordType.TXT, r'"v=spf1 " "-all\255" ""', Txt((b"v=spf1 ", b"-all\xff", b""))),
        (RecordType.PTR, "Mail.Example.", "mail.example"),
        (RecordType.NS, "Ns.Example.", "ns.example"),
        (RecordType.CNAME, "B.Test.", "b.test"),
        (RecordType.SOA, "ns.test. host.test. 1 2 3 4 5", "ns.test. host.test. 1 2 3 4 5"),
        (RecordType.SRV, "1 2 587 mail.test.", "1 2 587 mail.test."),
    ],
)
def test_each_type_has_its_form(type: RecordType, data: str, record: Record) -> None:
    assert records(type, data) == (record,)


def test_aliases_and_records_keep_their_owners_and_ttls() -> None:
    reply = read(QUESTION, 'A.test. 30 CNAME B.Test.\nb.test. 40 TXT "x"\nb.test. 40 TXT "x"')
    assert reply.aliases == (Alias(OWNER, 30, (b"b", b"test")),)
    assert reply.held == (Held((b"b", b"test"), 40, Txt((b"x",))),)


def test_a_second_cname_at_one_name_is_not_lost() -> None:
    assert len(read(QUESTION, "a.test. 30 CNAME b.test.\na.test. 30 CNAME c.test.").aliases) == 2


@pytest.mark.parametrize(
    ("ttl", "minimum", "kept"), [(600, 60, 60), (60, 600, 60), (600, 2**31, 0), (2**31, 60, 0)]
)
def test_a_no_may_be_kept_as_long_as_both_times_of_the_soa_say(ttl: int, minimum: int, kept: int) -> None:
    wire = reply_to(QUESTION, "", f"test. 600 SOA ns.test. host.test. 1 2 3 4 {minimum}").to_wire()
    wire = wire.replace((600).to_bytes(4, "big"), ttl.to_bytes(4, "big"), 1)
    assert unpack(QUESTION, wire).authority == Authority((b"test",), kept)


def test_name_servers_alone_are_a_referral_unless_the_server_knows_or_recurses() -> None:
    reply = reply_to(QUESTION, "", "test. 300 NS ns.elsewhere.")
    assert unpack(QUESTION, reply.to_wire()).referral
    for flag in (dns.flags.AA, dns.flags.RA):
        reply.flags = dns.flags.QR | flag
        assert not unpack(QUESTION, reply.to_wire()).referral
    assert not read(
        QUESTION, "", "test. 300 NS ns.test.\ntest. 300 SOA ns.test. host.test. 1 2 3 4 5"
    ).referral


def test_a_reply_answers_its_query() -> None:
    query = pack(QUESTION)
    reply = dns.message.make_response(dns.message.from_wire(query)).to_wire()
    assert answers(query, reply)
    assert answers(query, reply.replace(b"test", b"TeSt"))
    assert not truncated(reply)


def _changed(reply: bytes, at: int, octet: int) -> bytes:
    return reply[:at] + bytes([octet]) + reply[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: _changed(reply, 0, reply[0] ^ 1),
        lambda reply: _changed(reply, 1, reply[1] ^ 0x80),
        lambda reply: _changed(reply, 2, reply[2] & 0x7F),
        lambda reply: _changed(reply, 2, reply[2] | 0x08),
        lambda reply: _changed(reply, 5, 2),
        lambda reply: reply.replace(b"\1a\4test", b"\1b\4test"),
        lambda reply: reply.replace(b"test\0\0\x10", b"test\0\0\x01"),
        lambda reply: reply.replace(b"test\0\0\x10\0\1", b"test\0\0\x10\0\3"),
        lambda reply: _changed(reply, 5, 0)[:12],
        lambda reply: reply[:20],
        lambda reply: reply[:5],
        lambda reply: b"",
    ],
    ids=[
        "id",
        "id",
        "a query",
        "opcode",
        "two",
        "name",
        "type",
        "class",
        "none",
        "short",
        "no header",
        "empty",
    ],
)
def test_what_differs_from_the_query_does_not_answer_it(change: object) -> None:
    query = pack(QUESTION)
    reply = dns.message.make_response(dns.message.from_wire(query)).to_wire()
    assert callable(change)
    assert not answers(query, change(reply))


@pytest.mark.parametrize("rcode", ["FORMERR", "SERVFAIL", "NOTIMP", "REFUSED"])
def test_an_error_may_leave_the_question_out(rcode: str) -> None:
    query = pack(QUESTION)
    reply = dns.message.make_response(dns.message.from_wire(query))
    reply.set_rcode(dns.rcode.from_text(rcode))
    reply.question = []
    assert answers(query, reply.to_wire())


WHOLE = reply_to(
    QUESTION,
    'a.test. 300 CNAME b.test.\nb.test. 300 TXT "v=spf1 -all" "x"\nb.test. 300 MX 10 mail.b.test.',
    "test. 300 SOA ns.test. host.test. 1 2 3 4 5",
).to_wire()


def test_a_reply_cut_anywhere_is_malformed() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(Malformed):
            unpack(QUESTION, WHOLE[:length])


def test_compression_that_goes_in_circles_is_malformed() -> None:
    at = WHOLE.index(b"\xc0\x0c")
    for target in (at, at + 1, len(WHOLE) - 2):
        with pytest.raises(Malformed):
            unpack(QUESTION, _changed(_changed(WHOLE, at, 0xC0 | target >> 8), at + 1, target & 0xFF))


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_mutated_replies_are_read_or_malformed(changes: list[tuple[int, int]]) -> None:
    wire = WHOLE
    for at, octet in changes:
        wire = _changed(wire, at, octet)
    _read_or_malformed(wire)


@given(st.binary(max_size=200))
def test_garbage_is_read_or_malformed(tail: bytes) -> None:
    _read_or_malformed(tail)
    _read_or_malformed(WHOLE[:24] + tail)


def _read_or_malformed(wire: bytes) -> None:
    for type in RecordType:
        try:
            reply = unpack(Question(OWNER, type), wire)
        except Malformed:
            continue
        assert all(isinstance(held.record, str | Txt | Mx) for held in reply.held)
