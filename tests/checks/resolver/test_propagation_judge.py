"""Has it arrived? What is concluded from what was seen: no network here."""

from __future__ import annotations

import contextlib
from ipaddress import ip_network

import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lookup import Mx, Record, RecordType, txt
from checks.resolver.message import Malformed, Question
from checks.resolver.propagation import (
    RULES,
    Arrival,
    Facts,
    Held,
    Limits,
    State,
    Trouble,
    Wanted,
    direct,
    dmarc,
    judge,
    meant_by,
    mx,
    network,
    operators,
    public_resolver,
    sentence,
    spf,
)
from checks.resolver.propagation.facts import Address, Cut, Public, Seen, Server, Stage
from checks.resolver.propagation.sentence import duration
from checks.resolver.propagation.standing import newer

REFERRAL = dns.message.from_text(
    "id 1\nopcode QUERY\nrcode NOERROR\nflags QR\n;QUESTION\nacme.be. IN SOA\n;AUTHORITY\n"
    "acme.be. 3600 IN NS ns1.acme.be.\nacme.be. 3600 IN NS ns.other.be.\n"
    "be. 900 IN SOA ns.be. host.be. 1 2 3 4 5\n"
    ";ADDITIONAL\nns1.acme.be. 3600 IN A 192.0.2.1\nns1.acme.be. 3600 IN AAAA 2001:db8::1\n"
).to_wire()

NEW, OLD = "v=spf1 mx -all", "v=spf1 a -all"


def server(name: str, *outcomes: str | Trouble | None, serial: int | None = 1) -> Server:
    """A server with an address for each outcome: the text that it holds, None for nothing, or its trouble."""
    addresses = [
        Address(f"192.0.2.{n}", one if isinstance(one, Trouble) else held(one), serial)
        for n, one in enumerate(outcomes, 1)
    ]
    return Server(name, tuple(addresses))


def held(text: str | None, seconds: int | None = 300) -> Held:
    return Held((txt(text),) if text else (), seconds=seconds)


def public(name: str, *outcomes: Held | Trouble) -> Public:
    return Public(name, tuple(Seen("192.0.2.53", one) for one in outcomes))


def told(*servers: Server, resolvers: tuple[Public, ...] = (), expected: str | None = NEW) -> Arrival:
    cut = Cut("acme.be", tuple(one.name for one in servers), parent="be", told_by="192.0.2.9")
    return judge(Facts(spf("acme.be", expected), (Stage("acme.be", cut, servers),), resolvers))


A, B, C = "ns1.combell.net", "ns2.combell.net", "ns3.combell.com"


@pytest.mark.parametrize(
    ("servers", "state"),
    [
        ((server(A, NEW), server(B, NEW)), State.EVERYWHERE),
        ((server(A, NEW), server(B, OLD)), State.SOME),
        ((server(A, NEW), server(B, None)), State.SOME),
        ((server(A, NEW), server(B, Trouble.SILENT)), State.SOME),
        ((server(A, NEW, OLD),), State.NOWHERE),
        ((server(A, NEW, Trouble.SILENT),), State.EVERYWHERE),
        ((server(A, OLD), server(B, Trouble.SILENT)), State.NOWHERE),
        ((server(A, None),), State.NOWHERE),
        ((server(A, Trouble.SILENT), server(B, Trouble.REFUSED)), State.UNKNOWN),
        ((Server(A, (), Trouble.NO_ADDRESS),), State.UNKNOWN),
        ((), State.UNKNOWN),
    ],
)
def test_everywhere_is_a_promise_and_silence_is_never_not_published(
    servers: tuple[Server, ...], state: State
) -> None:
    assert told(*servers).state is state


def test_nowhere_says_how_many_answered() -> None:
    some = told(server(A, OLD), server(B, Trouble.SILENT), server(C, None))
    assert sentence(some) == (
        "The new SPF record of acme.be is published on none of the 2 of 3 servers of combell.net and combell.com "
        "that answer; ns2.combell.net does not answer."
    )


def test_a_single_server_reads_as_one() -> None:
    alone = told(server(A, OLD))
    assert (
        sentence(alone) == "The new SPF record of acme.be is not published on the one server of combell.net."
    )


def test_several_that_do_the_same_are_told_together() -> None:
    some = told(
        server(A, NEW),
        server(B, Trouble.SILENT),
        server(C, Trouble.SILENT),
        resolvers=(
            public("Google", held(OLD, 2571)),
            public("Quad9", held(OLD, 2580)),
            public("Other", held(NEW)),
        ),
    )
    assert sentence(some) == (
        "The new SPF record of acme.be is published on 1 of 3 servers of combell.net and combell.com; Quad9 and "
        "Google see it in at most 43 minutes, or fetch the other answer again; Other sees it; ns2.combell.net and "
        "ns3.combell.com do not answer."
    )


def test_when_all_agree_on_nothing_nothing_is_published() -> None:
    none = told(server(A, None), server(B, None), resolvers=(public("Google", held(OLD)),), expected=None)
    assert (none.state, none.sought) == (State.NOWHERE, ())
    assert sentence(none) == (
        "The SPF record of acme.be is published on none of the 2 servers of combell.net; Google still holds one."
    )


def test_a_resolver_may_still_see_what_was_taken_away() -> None:
    back = told(server(A, OLD), resolvers=(public("Google", held(NEW)), public("Quad9", held(OLD))))
    assert sentence(back).endswith("of combell.net; Google still sees it.")


def test_when_no_server_tells_the_resolvers_may() -> None:
    blind = told(server(A, Trouble.UNREACHABLE), resolvers=(public("Google", held(NEW)),))
    assert sentence(blind) == (
        "Whether the new SPF record of acme.be is published is not known: the one server of combell.net gives no "
        "answer; Google sees it; ns1.combell.net cannot be reached."
    )
    unsaid = told(server(A, Trouble.UNREACHABLE), resolvers=(public("Google", held(NEW)),), expected=None)
    assert unsaid.resolvers[0].has is None


def test_behind_one_address_are_many_caches_and_the_oldest_counts() -> None:
    mixed = told(server(A, NEW), resolvers=(public("Google", held(NEW), held(OLD, 61), Trouble.SILENT),))
    assert (mixed.resolvers[0].has, mixed.resolvers[0].seconds) == (False, 61)


def test_without_an_expected_record_the_newest_serial_wins_over_the_majority() -> None:
    servers = (server(A, OLD, serial=7), server(B, OLD, serial=7), server(C, NEW, serial=8))
    assert told(*servers, expected=None).sought == (NEW,)


def test_without_serials_the_majority_wins() -> None:
    servers = (server(A, OLD), server(B, NEW), server(C, NEW))
    assert told(*servers, expected=None).sought == (NEW,)


def test_what_is_held_is_preferred_to_nothing() -> None:
    assert told(server(A, None, serial=9), server(B, OLD, serial=1), expected=None).sought == (OLD,)


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [(2, 1, True), (1, 2, False), (1, 1, False), (0, 2**32 - 1, True), (1, None, True), (None, 1, False)],
)
def test_serials_go_round(a: int | None, b: int | None, says: bool) -> None:
    assert newer(a, b) is says


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (2571, "43 minutes"),
        (5401, "2 hours"),
        (172_800, "48 hours"),
        (172_801, "3 days"),
    ],
)
def test_a_time_is_rounded_up(seconds: int, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" v=spf1 mx -all ", spf("acme.be", "v=spf1 mx -all")),
        ("V=SPF1", spf("acme.be", "V=SPF1")),
        ("v=DMARC1; p=none", dmarc("acme.be", "v=DMARC1; p=none")),
        ("10  Mail.Acme.be.", mx("acme.be", "10 mail.acme.be")),
        ("0 .", mx("acme.be", "0 .")),
        ("site-verification=1", Wanted("acme.be", RecordType.TXT, "", "site-verification=1")),
        ("v=spf10", Wanted("acme.be", RecordType.TXT, "", "v=spf10")),
    ],
)
def test_where_an_expected_record_belongs_follows_from_its_text(text: str, wanted: Wanted) -> None:
    assert meant_by("acme.be", text) == wanted


@pytest.mark.parametrize(
    ("records", "texts"),
    [
        ((txt("v=spf1 mx"), txt("other")), ("v=spf1 mx",)),
        ((txt("v=sp", "f1 mx"),), ("v=spf1 mx",)),
        ((txt("v=spf1;"), txt(" v=spf1")), ()),
        ((Mx(10, "mail.acme.be"),), ()),
    ],
)
def test_an_spf_record_is_what_the_standard_calls_one(
    records: tuple[Record, ...], texts: tuple[str, ...]
) -> None:
    assert spf("acme.be").among(records) == texts


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.251", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::fb", False),
        ("::ffff:10.0.0.1", False),
        ("2002:a00:1::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", False),
        ("::7f00:1", False),
    ],
)
def test_only_public_addresses_are_asked(address: str, public: bool) -> None:
    assert (Limits().server(address) is not None) is public
    assert Limits(allow=(ip_network(address),)).server(address) is not None


def test_a_server_listens_on_53_unless_a_test_says_otherwise() -> None:
    assert str(Limits().server("8.8.8.8")) == "8.8.8.8"
    assert str(Limits(ports={"8.8.8.8": 5353}).server("8.8.8.8")) == "8.8.8.8:5353"


@pytest.mark.parametrize("text", ["8.8.8.8", "=8.8.8.8", "Google=dns.google", "Google="])
def test_what_is_no_public_resolver_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it as"):
        public_resolver(text)


def test_what_is_no_network_says_how_to_write_one() -> None:
    with pytest.raises(ValueError, match=r"write it as 192\.0\.2\.0/24"):
        network("192.0.2.1/24")


def test_operators_are_the_registered_domains_of_the_servers_names() -> None:
    arrival = told(server("a.ns.combell.net", NEW), server("ns1.awsdns-01.co.uk", NEW))
    assert operators(arrival.stage) == ("combell.net", "awsdns-01.co.uk")


def test_every_rule_says_what_it_means_and_what_to_do() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        for text in (rule.title, rule.meaning, rule.fix):
            assert text[0].isupper() or text.startswith("{about}")
            assert text.endswith(".")
            assert "  " not in text
        assert rule.source.startswith("RFC ")


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=6))
def test_whatever_a_server_sends_is_read_or_called_malformed(changes: list[tuple[int, int]]) -> None:
    wire = bytearray(REFERRAL)
    for at, octet in changes:
        wire[at % len(wire)] = octet
    with contextlib.suppress(Malformed):
        own = direct._read(Question((b"acme", b"be"), RecordType.SOA), bytes(wire))
        assert isinstance(direct.held(own, "acme.be"), Held | Trouble)
