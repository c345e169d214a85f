"""The resolver against a server on loopback that misbehaves in every way we know."""

import asyncio
import time

import pytest

from checks.lookup import (
    Absent,
    Answer,
    FailureReason,
    LookupFailed,
    Mx,
    Record,
    RecordType,
    Result,
    Txt,
    Zone,
    txt,
)
from checks.resolver import LiveResolver
from tests.support.dns_server import LATE, SOA_MINIMUM, TTL, DnsServer, serving

pytestmark = pytest.mark.integration

SPF = txt("v=spf1 include:spf.test -all")
ZONE: Zone = {
    ("a.test", RecordType.TXT): [SPF],
    ("a.test", RecordType.A): ["192.0.2.1"],
    ("a.test", RecordType.AAAA): ["2001:db8::1"],
    ("a.test", RecordType.MX): [Mx(20, "mx2.test"), Mx(10, "mx1.test"), Mx(0, "")],
    ("1.2.0.192.in-addr.arpa", RecordType.PTR): ["mail.test"],
    ("_smtp._tcp.a.test", RecordType.SRV): ["0 1 587 mail.test."],
    ("www.a.test", RecordType.CNAME): ["Web.A.test"],
    ("web.a.test", RecordType.CNAME): ["a.test"],
    ("large.test", RecordType.TXT): [txt("x" * 3000)],
}


async def ask(
    behaviour: str,
    name: str = "a.test",
    type: RecordType = RecordType.TXT,
    *,
    wait: float = 0.3,
    attempts: int = 1,
    tcp: bool = True,
) -> tuple[Result, DnsServer, LiveResolver]:
    """The result of one look-up at a server that behaves like this, with the server and the resolver."""
    async with (
        DnsServer(ZONE, {"*": behaviour}, tcp=tcp) as server,
        LiveResolver([server.address], wait, attempts) as resolver,
    ):
        return await resolver.lookup(name, type), server, resolver


@pytest.mark.parametrize(
    ("name", "type", "records"),
    [
        ("a.test", RecordType.TXT, (SPF,)),
        ("A.TEST", RecordType.A, ("192.0.2.1",)),
        ("a.test", RecordType.AAAA, ("2001:db8::1",)),
        ("a.test", RecordType.MX, (Mx(0, ""), Mx(10, "mx1.test"), Mx(20, "mx2.test"))),
        ("1.2.0.192.in-addr.arpa", RecordType.PTR, ("mail.test",)),
        ("_smtp._tcp.a.test", RecordType.SRV, ("0 1 587 mail.test.",)),
        ("www.a.test", RecordType.CNAME, ("web.a.test",)),
    ],
)
async def test_records_come_over_the_wire(name: str, type: RecordType, records: tuple[Record, ...]) -> None:
    result, _, _ = await ask("answer", name, type)
    assert result == Answer(name.lower(), type, records, TTL)
    assert abs(result.at - time.time()) < 60


async def test_an_honest_server_tells_no_such_name_from_no_such_record() -> None:
    nothing, _, _ = await ask("answer", "nothing.test")
    nodata, _, _ = await ask("answer", "a.test", RecordType.NS)
    above, _, _ = await ask("answer", "test")
    assert nothing == Absent("nothing.test", RecordType.TXT, nxdomain=True, ttl=SOA_MINIMUM)
    assert nodata == Absent("a.test", RecordType.NS, nxdomain=False, ttl=SOA_MINIMUM)
    assert above == Absent("test", RecordType.TXT, nxdomain=False, ttl=SOA_MINIMUM)


@pytest.mark.parametrize("follows", [True, False])
async def test_aliases_are_followed_by_the_server_or_by_us(follows: bool) -> None:
    async with DnsServer(ZONE, follows=follows) as server, LiveResolver([server.address]) as resolver:
        result = await resolver.lookup("www.a.test", RecordType.TXT)
    assert result == Answer("www.a.test", RecordType.TXT, (SPF,), TTL, ("web.a.test", "a.test"))
    assert resolver.queries == (1 if follows else 3)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("servfail", FailureReason.SERVFAIL),
        ("refused", FailureReason.REFUSED),
        ("notimp", FailureReason.REFUSED),
        ("referral", FailureReason.REFUSED),
        ("formerr", FailureReason.MALFORMED),
        ("silent", FailureReason.TIMEOUT),
        ("wrong source", FailureReason.TIMEOUT),
        ("wrong id", FailureReason.TIMEOUT),
        ("wrong question", FailureReason.MALFORMED),
        ("no response flag", FailureReason.MALFORMED),
        ("garbage", FailureReason.TIMEOUT),
        ("cut", FailureReason.MALFORMED),
        ("cname loop", FailureReason.MALFORMED),
        ("cname to itself", FailureReason.MALFORMED),
        ("two cnames", FailureReason.MALFORMED),
        ("endless cnames", FailureReason.MALFORMED),
        ("nxdomain with records", FailureReason.MALFORMED),
        ("truncated, tcp closes", FailureReason.MALFORMED),
        ("truncated, tcp cut", FailureReason.MALFORMED),
        ("truncated, tcp wrong id", FailureReason.MALFORMED),
        ("truncated, tcp truncated", FailureReason.MALFORMED),
        ("truncated, tcp silent", FailureReason.TIMEOUT),
    ],
)
async def test_every_failure_has_its_reason_and_its_server(behaviour: str, reason: FailureReason) -> None:
    result, server, _ = await ask(behaviour)
    assert result == LookupFailed("a.test", RecordType.TXT, reason, server.address)


@pytest.mark.parametrize(
    "behaviour",
    [
        *["twice", "another case", "lower case", "truncated", "formerr on edns", "notimp on edns"],
        *["wrong id, then right", "wrong question, then right", "late"],
    ],
)
async def test_what_is_odd_but_right_is_an_answer(behaviour: str) -> None:
    result, _, _ = await ask(behaviour, wait=LATE * 5)
    assert result == Answer("a.test", RecordType.TXT, (SPF,), TTL)


async def test_an_answer_after_its_time_is_not_taken_for_that_of_the_next_question() -> None:
    async with (
        DnsServer(ZONE, {"a.test": "late"}) as server,
        LiveResolver([server.address], LATE / 2, 1) as resolver,
    ):
        late = await resolver.lookup("a.test", RecordType.TXT)
        others = [await resolver.lookup("a.test", type) for type in (RecordType.A, RecordType.MX)]
        await asyncio.sleep(LATE)
        assert isinstance(await resolver.lookup("nothing.test", RecordType.TXT), Absent)
    assert [type(result) for result in (late, *others)] == [LookupFailed] * 3


async def test_a_lost_packet_is_asked_again() -> None:
    result, server, resolver = await ask("first lost", attempts=2, wait=0.2)
    assert isinstance(result, Answer)
    assert server.times("a.test") == resolver.queries == 2
    assert resolver.failures == {server.address: {FailureReason.TIMEOUT: 1}}
    assert server.asked[0].query.id != server.asked[1].query.id


async def test_a_silent_server_costs_no_more_than_its_attempts() -> None:
    began = time.monotonic()
    await ask("silent", wait=0.1, attempts=4)
    assert 0.35 < time.monotonic() - began < 2


async def test_what_does_not_fit_comes_over_tcp() -> None:
    result, server, resolver = await ask("answer", "large.test")
    assert isinstance(result, Answer)
    assert result.texts[0].octets == b"x" * 3000
    assert [asked.tcp for asked in server.asked] == [False, True]
    assert resolver.queries == 2


async def test_a_server_without_tcp_cannot_say_what_does_not_fit() -> None:
    result, server, _ = await ask("answer", "large.test", tcp=False)
    assert result == LookupFailed("large.test", RecordType.TXT, FailureReason.UNREACHABLE, server.address)


async def test_a_server_from_before_edns_is_asked_once_more_without() -> None:
    for behaviour in ("formerr on edns", "notimp on edns", "formerr", "notimp"):
        _, server, _ = await ask(behaviour)
        assert [asked.edns for asked in server.asked] == [True, False]


async def test_where_nobody_listens_is_unreachable_at_once() -> None:
    async with DnsServer() as server:
        gone = server.address
    began = time.monotonic()
    async with LiveResolver([gone], timeout=10) as resolver:
        result = await resolver.lookup("a.test", RecordType.TXT)
    assert result == LookupFailed("a.test", RecordType.TXT, FailureReason.UNREACHABLE, gone)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "first", ["servfail", "refused", "silent", "garbage", "cut", "truncated, tcp closes"]
)
async def test_the_second_server_knows(first: str) -> None:
    async with (
        DnsServer({}, {"*": first}) as one,
        DnsServer(ZONE) as two,
        LiveResolver([one.address, two.address], timeout=0.2) as resolver,
    ):
        result = await resolver.lookup("a.test", RecordType.TXT)
    assert result == Answer("a.test", RecordType.TXT, (SPF,), TTL)
    assert (len(two.asked), resolver.failures[one.address].total()) == (1, 1)


async def test_each_octet_of_a_name_arrives_as_it_is() -> None:
    name = r'"quoted\046".' + b"\xff".decode("utf-8", "surrogateescape") + ".é.a.test"
    result, server, _ = await ask("answer", name)
    assert isinstance(result, Absent)
    assert tuple(label.lower() for label in server.asked[0].query.question[0].name.labels) == (
        *(rb'"quoted\046"', b"\xff", "é".encode()),
        *(b"a", b"test", b""),
    )


async def test_an_answer_of_64_kilobytes_is_read() -> None:
    many = [Txt((f"{number:0200}".encode(),)) for number in range(300)]
    async with (
        DnsServer({("many.test", RecordType.TXT): many}) as server,
        LiveResolver([server.address]) as resolver,
    ):
        result = await resolver.lookup("many.test", RecordType.TXT)
    assert isinstance(result, Answer)
    assert list(result.texts) == many


async def test_leaving_ends_what_is_under_way() -> None:
    async with DnsServer({}, {"*": "silent"}) as server:
        async with LiveResolver([server.address], timeout=60) as resolver:
            under_way = asyncio.create_task(resolver.lookup("a.test", RecordType.TXT))
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await under_way


def test_a_server_in_a_thread_answers_another_loop() -> None:
    async def look(address: str) -> Result:
        async with LiveResolver([address]) as resolver:
            return await resolver.lookup("a.test", RecordType.TXT)

    with serving(DnsServer(ZONE)) as server:
        assert isinstance(asyncio.run(look(server.address)), Answer)
