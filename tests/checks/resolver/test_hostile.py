"""Servers that misbehave, one after the other, to one resolver: nothing wrong is believed, and nothing stays."""

import asyncio
import os
from collections.abc import Sequence

import pytest

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, RecordType, Result, Txt, Zone, txt
from checks.resolver import LiveResolver
from tests.support.dns_server import BEHAVIOURS, LATE, TTL, DnsServer

pytestmark = pytest.mark.integration

LONG = "with-enough-letters-for-one-to-be-in-upper-case.test"
SPF = txt("v=spf1 -all")
HONEST = [f"honest{number}.test" for number in range(50)]
HOSTILE = [f"hostile{number}.test" for number in range(20)]
ZONE: Zone = {
    **{(name, RecordType.TXT): [SPF] for name in (*HONEST, *HOSTILE, "a.test", "b.test", LONG)},
    ("large.test", RecordType.TXT): [txt("x" * 3000)],
    ("many.test", RecordType.A): [f"10.0.{number >> 8}.{number & 255}" for number in range(4000)],
    ("huge.test", RecordType.TXT): [Txt((f"{number:0250}".encode(),)) for number in range(245)],
}


async def ask(resolver: LiveResolver, names: Sequence[str]) -> list[Result]:
    return await asyncio.gather(*(resolver.lookup(name, RecordType.TXT) for name in names))


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


async def closed_again(before: int) -> None:
    """Waits until no more files are open than before: both ends of a connection take a moment."""
    for _ in range(1000):
        if open_files() <= before:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{open_files()} files are open, and {before} were before")


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS))
async def test_whatever_a_server_says_of_some_names_the_others_are_answered_at_once(behaviour: str) -> None:
    before = open_files()
    async with (
        DnsServer(ZONE, dict.fromkeys(HOSTILE, behaviour)) as server,
        LiveResolver([server.address], timeout=0.3, attempts=3) as resolver,
    ):
        hostile = await ask(resolver, HOSTILE)
        asked = len(server.asked)
        honest = [result for at in range(0, 50, 5) for result in await ask(resolver, HONEST[at : at + 5])]
        assert len(server.asked) <= asked + 2 * len(HONEST)  # a slow machine may have one asked again
        assert (resolver.asking, resolver.out) == (0, 0)
    assert [result.records for result in honest if isinstance(result, Answer)] == [(SPF,)] * len(HONEST)
    believed = [result for result in hostile if isinstance(result, Answer)]
    assert [result for result in believed if result.records != (SPF,)] == []
    await closed_again(before)


async def test_a_right_guess_of_the_id_with_the_letters_in_another_case_is_not_believed() -> None:
    async with (
        DnsServer(ZONE, {LONG: "forged, in another case"}) as server,
        LiveResolver([server.address]) as resolver,
    ):
        result = await resolver.lookup(LONG, RecordType.TXT)
    assert result == Answer(LONG, RecordType.TXT, (SPF,), TTL)
    names = [asked.query.question[0].name.to_text() for asked in server.asked]
    assert names[0] != names[1] == f"{LONG}."
    assert server.asked[0].query.id != server.asked[1].query.id  # and so is the port, most times


async def test_a_server_that_does_not_keep_the_case_is_asked_in_lower_case_from_then_on() -> None:
    async with DnsServer(ZONE, {"*": "lower case"}) as server, LiveResolver([server.address]) as resolver:
        for name in HONEST[:5]:
            assert isinstance(await resolver.lookup(name, RecordType.TXT), Answer)
    names = [asked.query.question[0].name.to_text() for asked in server.asked]
    assert [name == name.lower() for name in names] == [False, *[True] * 5]


async def test_the_letters_of_a_question_are_in_random_case() -> None:
    async with DnsServer(ZONE) as server, LiveResolver([server.address]) as resolver:
        await ask(resolver, HONEST)
    names = [asked.query.question[0].name.to_text() for asked in server.asked]
    letters = "".join(name for name in names)
    upper = sum(letter.isupper() for letter in letters)
    assert 0.3 < upper / sum(letter.isalpha() for letter in letters) < 0.7


async def test_ids_and_ports_are_not_to_be_guessed() -> None:
    async with DnsServer(ZONE) as server, LiveResolver([server.address]) as resolver:
        await ask(resolver, HONEST)
    assert len({asked.query.id for asked in server.asked}) > 45
    assert len({asked.port for asked in server.asked}) > 3


async def test_an_answer_to_an_earlier_try_is_taken_while_somebody_waits() -> None:
    async with (
        DnsServer(ZONE, {"a.test": "late"}) as server,
        LiveResolver([server.address], timeout=LATE / 3, attempts=6) as resolver,
    ):
        assert isinstance(await resolver.lookup("a.test", RecordType.TXT), Answer)
    assert server.times("a.test") > 1
    assert resolver.queries == server.times("a.test")


async def test_thousands_of_records_and_64_kilobytes_are_read() -> None:
    async with DnsServer(ZONE) as server, LiveResolver([server.address]) as resolver:
        many = await resolver.lookup("many.test", RecordType.A)
        huge = await resolver.lookup("huge.test", RecordType.TXT)
    assert isinstance(many, Answer)
    assert isinstance(huge, Answer)
    assert (len(many.records), len(huge.records)) == (4000, 245)


async def test_one_connection_carries_all_that_does_not_fit() -> None:
    names = [*HONEST, "large.test"]
    async with (
        DnsServer(ZONE, dict.fromkeys(HONEST, "truncated")) as server,
        LiveResolver([server.address]) as resolver,
    ):
        results = await ask(resolver, names)
        results += [await resolver.lookup("b.test", RecordType.TXT)]
    assert [type(result) for result in results] == [Answer] * 52
    assert server.connections == 1
    assert sum(asked.tcp for asked in server.asked) == 51


async def test_a_connection_that_the_server_closed_after_an_answer_is_opened_again() -> None:
    async with (
        DnsServer(ZONE, dict.fromkeys(HONEST, "truncated, tcp closes after")) as server,
        LiveResolver([server.address]) as resolver,
    ):
        one_by_one = [await resolver.lookup(name, RecordType.TXT) for name in HONEST[:3]]
        together = await ask(resolver, HONEST[3:8])
    assert [type(result) for result in (*one_by_one, *together)] == [Answer] * 8
    assert 4 <= server.connections <= 8


async def test_an_answer_that_comes_in_drops_is_read() -> None:
    async with (
        DnsServer(ZONE, {"a.test": "truncated, tcp drips"}) as server,
        LiveResolver([server.address], timeout=5.0) as resolver,
    ):
        assert isinstance(await resolver.lookup("a.test", RecordType.TXT), Answer)
    assert sum(asked.tcp for asked in server.asked) == 1


async def test_a_connection_that_keeps_silent_is_not_used_for_the_next_question() -> None:
    behaviours = {"a.test": "truncated, tcp silent", "b.test": "truncated"}
    async with (
        DnsServer(ZONE, behaviours) as server,
        LiveResolver([server.address], timeout=0.2, attempts=1) as resolver,
    ):
        silent = await resolver.lookup("a.test", RecordType.TXT)
        after = await resolver.lookup("b.test", RecordType.TXT)
    assert silent == LookupFailed("a.test", RecordType.TXT, FailureReason.TIMEOUT, server.address)
    assert isinstance(after, Answer)
    assert server.connections == 2


async def test_referrals_are_not_followed() -> None:
    async with (
        DnsServer(ZONE, {"a.test": "referral to itself"}) as server,
        LiveResolver([server.address]) as resolver,
    ):
        result = await resolver.lookup("a.test", RecordType.TXT)
    assert result == LookupFailed("a.test", RecordType.TXT, FailureReason.REFUSED, server.address)
    assert server.times("a.test") == 1


async def test_endless_aliases_end() -> None:
    async with (
        DnsServer(ZONE, {"*": "endless cnames"}) as server,
        LiveResolver([server.address]) as resolver,
    ):
        result = await resolver.lookup("a.test", RecordType.TXT)
    assert result == LookupFailed("a.test", RecordType.TXT, FailureReason.MALFORMED, server.address)
    assert len(server.asked) == 11


async def test_sockets_make_place_for_others_at_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.resolver.transport.USES", 1)
    before = open_files()
    async with DnsServer(ZONE) as server:
        async with LiveResolver([server.address]) as resolver:
            for name in HONEST:
                assert isinstance(await resolver.lookup(name, RecordType.TXT), Answer)
            assert open_files() - before < 15
        assert len({asked.port for asked in server.asked}) > 40
    await closed_again(before)


async def test_a_socket_that_gets_many_guesses_makes_place_for_another() -> None:
    behaviours = dict.fromkeys(HOSTILE, "flood of wrong ids")
    async with DnsServer(ZONE, behaviours) as server, LiveResolver([server.address]) as resolver:
        for name in HOSTILE:
            assert isinstance(await resolver.lookup(name, RecordType.TXT), Answer)
    assert len({asked.port for asked in server.asked}) > 15


async def test_a_no_is_a_no_while_servers_misbehave() -> None:
    async with (
        DnsServer({}, {"*": "silent"}) as silent,
        DnsServer(ZONE) as honest,
        LiveResolver([silent.address, honest.address], timeout=0.1) as resolver,
    ):
        result = await resolver.lookup("nothing.test", RecordType.TXT)
    assert isinstance(result, Absent)
    assert result.nxdomain
