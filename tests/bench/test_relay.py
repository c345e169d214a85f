"""The relay loses and delays as told, and never reorders."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from random import Random

import pytest

from checks.lookup import Answer, RecordType, txt
from checks.resolver import LiveResolver
from tests.bench.relay import Line, Relay, Weather, running
from tests.support.dns_server import DnsServer

ASKER = ("127.0.0.1", 5300)


class Clock:
    """Time that passes when told, and what is to be done then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, what: Callable[[], None]) -> None:
        self.later.append((self.now + seconds, what))

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        due = [what for at, what in self.later if at <= self.now]
        self.later = [(at, what) for at, what in self.later if at > self.now]
        for what in due:
            what()


def line(weather: Weather, clock: Clock, seed: int = 1) -> tuple[Line, list[bytes]]:
    """A line, and what came out of it so far."""
    out: list[bytes] = []

    def send(datagram: bytes, target: tuple[str, int]) -> None:
        assert target == ASKER
        out.append(datagram)

    return Line(weather, Random(seed), send, clock.call_later, lambda: clock.now), out


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(count)]


def test_in_fair_weather_everything_comes_at_once() -> None:
    way, out = line(Weather(), Clock())
    for datagram in numbered(100):
        way.put(datagram, ASKER)
    assert out == numbered(100)
    assert (way.taken, way.lost) == (100, 0)


def test_what_is_delayed_comes_when_its_time_is_over_and_in_order() -> None:
    clock = Clock()
    way, out = line(Weather(delay=0.02), clock)
    way.put(b"first", ASKER)
    clock.pass_by(0.015)
    way.put(b"second", ASKER)
    assert out == []
    clock.pass_by(0.005)
    assert out == [b"first"]
    clock.pass_by(0.014)
    assert out == [b"first"]
    clock.pass_by(0.001)
    assert out == [b"first", b"second"]
    assert clock.later == []


def test_what_follows_when_the_delay_is_over_does_not_overtake() -> None:
    clock, weather = Clock(), Weather(delay=1.0)
    way, out = line(weather, clock)
    way.put(b"slow", ASKER)
    weather.delay = 0.0
    way.put(b"fast", ASKER)
    assert out == []
    clock.pass_by(1.0)
    assert out == [b"slow", b"fast"]


def test_the_share_that_is_told_is_lost_and_the_same_for_the_same_seed() -> None:
    outs = []
    for seed in (1, 1, 2):
        way, out = line(Weather(loss=0.01), Clock(), seed)
        for datagram in numbered(20_000):
            way.put(datagram, ASKER)
        assert way.lost == 20_000 - len(out)
        assert 150 <= way.lost <= 250
        outs.append(out)
    assert outs[0] == outs[1]
    assert outs[0] != outs[2]


def test_what_a_spoiler_swallows_is_lost_and_what_it_changes_arrives_changed() -> None:
    way, out = line(
        Weather(spoil=lambda datagram, _: None if datagram == b"a" else datagram.upper()), Clock()
    )
    for datagram in (b"a", b"b"):
        way.put(datagram, ASKER)
    assert out == [b"B"]
    assert way.lost == 1


ZONE = {("one.test", RecordType.TXT): [txt("v=spf1 -all")], ("two.test", RecordType.TXT): [txt("two")]}


@pytest.mark.integration
async def test_questions_and_answers_pass_with_their_own_ids_over_udp_and_tcp() -> None:
    async with DnsServer(ZONE, {"two.test": "truncated"}) as server:
        host, _, port = server.address.rpartition(":")
        relay = Relay((host, int(port)), Weather(), Weather(delay=0.01), seed=1)
        serving = asyncio.create_task(relay.serve())
        async with LiveResolver([f"{relay.address[0]}:{relay.address[1]}"]) as resolver:
            names = ("one.test", "two.test")
            found = await asyncio.gather(*(resolver.lookup(name, RecordType.TXT) for name in names))
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert [answer.texts for answer in found if isinstance(answer, Answer)] == [
        (txt("v=spf1 -all"),),
        (txt("two"),),
    ]
    assert [asked.tcp for asked in server.asked if asked.name == "two.test"] == [False, True]
    assert (relay.there.taken, relay.back.taken, relay.full) == (2, 2, 0)


@pytest.mark.integration
async def test_nobody_can_take_the_port_of_its_connections_while_it_starts() -> None:
    """Where one did, all answers over TCP were lost, and nothing told so."""
    relay = Relay(("127.0.0.1", 9), Weather(), Weather(), seed=1)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(relay.address)
    serving = asyncio.create_task(relay.serve())
    await asyncio.sleep(0)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.integration
@pytest.mark.parametrize("module", ["tests.bench.relay", "tests.bench.faults"])
def test_a_relay_process_ends_when_it_is_let_go_and_tells_what_it_carried(module: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with running("{}:{}".format(*server.getsockname()), module=module) as way:
            host, _, port = way.address.rpartition(":")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                asker.sendto(b"\1\2question", (host, int(port)))
                server.settimeout(10)
                datagram, _ = server.recvfrom(100)
    assert datagram[2:] == b"question"
    assert way.said
