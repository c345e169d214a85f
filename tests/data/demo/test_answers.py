"""What the demo's name server says, message by message, without a network."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from checks.lookup import FailureReason, Mx, RecordType, ZoneResolver, txt
from data.demo.answers import PAYLOAD, reply

LARGE = tuple(txt(f"verification-{n}={'x' * 60}") for n in range(24))
ZONE = ZoneResolver(
    {
        ("a.example", RecordType.A): ["192.0.2.1"],
        ("alias.example", RecordType.CNAME): ["a.example"],
        ("dead.example", RecordType.CNAME): ["nowhere.example"],
        ("mail.example", RecordType.MX): [Mx(10, "a.example"), Mx(0, "")],
        ("large.example", RecordType.TXT): LARGE,
        ("medium.example", RecordType.TXT): LARGE[:8],
        ("deep.below.example", RecordType.A): ["192.0.2.2"],
        ("_submission._tcp.mail.example", RecordType.SRV): ["0 1 2587 a.example."],
        ("odd.example", RecordType.TXT): [txt("a" * 300), txt(b"\xff\x00")],
    },
    {
        "broken.example": FailureReason.SERVFAIL,
        "refused.example": FailureReason.REFUSED,
        "silent.example": FailureReason.TIMEOUT,
        "garbled.example": FailureReason.MALFORMED,
    },
)


def ask(name: str, type: str = "A", *, udp: bool = True, edns: int | bool = 1232) -> dns.message.Message:
    query = dns.message.make_query(name, type, use_edns=edns is not False, payload=int(edns) or None)
    octets = reply(ZONE, query.to_wire(), udp=udp)
    assert octets is not None
    assert not udp or len(octets) <= max(512, int(edns))
    response = dns.message.from_wire(octets)
    assert query.is_response(response)
    return response


def test_an_answer_carries_its_records_and_says_that_recursion_was_done() -> None:
    response = ask("a.example")
    assert [str(rrset) for rrset in response.answer] == ["a.example. 300 IN A 192.0.2.1"]
    assert response.flags & dns.flags.RA
    assert response.flags & dns.flags.RD


def test_names_are_found_in_any_case_and_echoed_as_asked() -> None:
    response = ask("A.eXaMpLe")
    assert response.question[0].name.to_text() == "A.eXaMpLe."
    assert response.answer


def test_an_alias_is_told_with_what_it_leads_to() -> None:
    response = ask("alias.example")
    assert [rrset.rdtype for rrset in response.answer] == [dns.rdatatype.CNAME, dns.rdatatype.A]


def test_an_alias_that_leads_nowhere_is_told_with_nxdomain() -> None:
    response = ask("dead.example")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert [rrset.rdtype for rrset in response.answer] == [dns.rdatatype.CNAME]


@pytest.mark.parametrize(
    ("name", "type", "rcode"),
    [
        ("nowhere.example", "A", dns.rcode.NXDOMAIN),
        ("a.example", "AAAA", dns.rcode.NOERROR),
        ("below.example", "A", dns.rcode.NOERROR),  # an empty non-terminal
        ("a.example", "HTTPS", dns.rcode.NOERROR),
        ("nowhere.example", "HTTPS", dns.rcode.NXDOMAIN),
        ("nowhere.be", "MX", dns.rcode.NXDOMAIN),
        (".", "A", dns.rcode.NOERROR),
    ],
)
def test_a_definite_no_comes_with_a_start_of_authority(name: str, type: str, rcode: dns.rcode.Rcode) -> None:
    response = ask(name, type)
    assert response.rcode() == rcode
    assert not response.answer
    assert [rrset.rdtype for rrset in response.authority] == [dns.rdatatype.SOA]
    assert response.question[0].name.is_subdomain(response.authority[0].name)


def test_failures_are_told_as_such() -> None:
    assert ask("broken.example").rcode() == dns.rcode.SERVFAIL
    assert ask("refused.example").rcode() == dns.rcode.REFUSED


def test_a_silent_name_gets_no_answer_and_a_garbled_one_gets_rubbish() -> None:
    assert reply(ZONE, dns.message.make_query("silent.example", "A").to_wire(), udp=True) is None
    rubbish = reply(ZONE, dns.message.make_query("garbled.example", "A").to_wire(), udp=True)
    assert rubbish is not None
    with pytest.raises(dns.exception.DNSException):
        dns.message.from_wire(rubbish)


@pytest.mark.parametrize(("name", "edns"), [("large.example", 4096), ("medium.example", False)])
def test_what_does_not_fit_a_datagram_is_to_be_fetched_by_tcp(name: str, edns: int | bool) -> None:
    truncated = ask(name, "TXT", edns=edns)
    assert truncated.flags & dns.flags.TC
    assert not truncated.answer
    whole = ask(name, "TXT", udp=False, edns=edns)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) in (8, 24)


def test_a_client_that_takes_more_gets_more() -> None:
    assert len(ask("medium.example", "TXT", edns=PAYLOAD).answer[0]) == 8


def test_a_service_is_told_with_its_port_and_host() -> None:
    (found,) = ask("_submission._tcp.mail.example", "SRV").answer[0]
    assert found.to_text() == "0 1 2587 a.example."


def test_octets_of_text_come_as_they_are() -> None:
    strings = {rdata.strings for rdata in ask("odd.example", "TXT").answer[0]}
    assert strings == {(b"a" * 255, b"a" * 45), (b"\xff\x00",)}


def test_what_is_no_query_is_refused_or_ignored() -> None:
    query = dns.message.make_query("a.example", "A")
    query.set_opcode(dns.opcode.STATUS)
    assert dns.message.from_wire(reply(ZONE, query.to_wire(), udp=True) or b"").rcode() == dns.rcode.NOTIMP
    assert ask("a.example", "ANY").rcode() == dns.rcode.REFUSED
    assert reply(ZONE, b"\x00" * 5, udp=True) is None
    garbage = reply(ZONE, b"\x12\x34\x01\x00\x00\x09" + b"\x00" * 6, udp=True)
    assert garbage is not None
    assert dns.message.from_wire(garbage).rcode() == dns.rcode.FORMERR
    response = dns.message.make_response(dns.message.make_query("a.example", "A"))
    assert reply(ZONE, response.to_wire(), udp=True) is None
