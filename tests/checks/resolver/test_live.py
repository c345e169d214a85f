"""The resolver's decisions, with servers that play a script."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

import dns.rcode
import pytest

from checks.lookup import MAX_ALIASES, Absent, Answer, FailureReason, LookupFailed, RecordType, Result
from checks.resolver import LiveResolver
from checks.resolver import live as the_resolver
from checks.resolver.lane import REST
from checks.resolver.message import Alias, Authority, Held, Reply
from checks.resolver.names import Labels, to_text
from checks.resolver.servers import Nameserver
from checks.resolver.transport import Clock, Listener, Sent
from checks.resolver.wire import Asked

A = RecordType.A
ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"

Outcome = Reply | FailureReason
Script = Mapping[str, Outcome | list[Outcome]]


@pytest.fixture(autouse=True)
def whose_time_is_not_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script's clock says when an answer is late; that a busy machine stood still meanwhile means nothing."""
    monkeypatch.setattr(the_resolver, "PAUSE", float("inf"))


class Servers:
    """Each server's outcomes, the last for ever; keeps who was asked for what. A silence takes two seconds."""

    def __init__(self, script: Script, takes: float = 0.0) -> None:
        self.script = {s: list(o) if isinstance(o, list) else [o] for s, o in script.items()}
        self.takes = takes
        self.time = 1000.0
        self.asked: list[tuple[str, str]] = []
        self.out = self.most_out = self.closed = self.forgotten = 0

    def dial(self, server: Nameserver, loop: asyncio.AbstractEventLoop, clock: Clock) -> "Scripted":
        return Scripted(self, str(server), loop)

    def clock(self) -> float:
        return self.time


class Scripted:
    """The way to one of them."""

    def __init__(self, servers: Servers, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.servers, self.name, self.loop = servers, name, loop
        self.queries = 0

    def send(self, asked: Asked, listener: Listener, now: float) -> Sent:
        servers = self.servers
        self.queries += 1
        servers.asked.append((self.name, to_text(asked.labels)))
        servers.out += 1
        servers.most_out = max(servers.most_out, servers.out)
        sent = Sent(asked, listener, now, mixed=True)
        sent.channel = self
        outcomes = servers.script[self.name]
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        self.loop.call_soon(self._happen, sent, outcome)
        return sent

    def _happen(self, sent: Sent, outcome: Outcome) -> None:
        self.servers.out -= 1
        if outcome is TIMEOUT:
            self.servers.time += 2.0
            return
        self.servers.time += self.servers.takes
        sent.listener.heard(sent, outcome, self.servers.time)

    def forget(self, sent: Sent) -> None:
        self.servers.forgotten += 1

    def close(self) -> None:
        self.servers.closed += 1


def resolver(servers: Servers, attempts: int = 4, in_flight: int = 200) -> LiveResolver:
    return LiveResolver(
        list(servers.script),
        timeout=2.0,
        attempts=attempts,
        in_flight=in_flight,
        dial=servers.dial,
        now=lambda: 1_700_000_000.0,
        clock=servers.clock,
    )


def labels(name: str) -> Labels:
    return tuple(label.encode() for label in name.split(".")) if name else ()


def address(owner: str = "a.test", text: str = "198.51.100.1", ttl: int = 300) -> Held:
    return Held(labels(owner), ttl, text)


def alias(owner: str, target: str, ttl: int = 300) -> Alias:
    return Alias(labels(owner), ttl, labels(target))


def reply(
    *parts: Held | Alias,
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
    zone: str | None = None,
    referral: bool = False,
) -> Reply:
    held = tuple(part for part in parts if isinstance(part, Held))
    aliases = tuple(part for part in parts if isinstance(part, Alias))
    return Reply(rcode, held, aliases, None if zone is None else Authority(labels(zone), 60), referral)


SERVFAIL, REFUSED = reply(rcode=dns.rcode.SERVFAIL), reply(rcode=dns.rcode.REFUSED)
NXDOMAIN, NODATA = reply(rcode=dns.rcode.NXDOMAIN, zone=""), reply(zone="")
TIMEOUT, UNREACHABLE, MALFORMED = FailureReason.TIMEOUT, FailureReason.UNREACHABLE, FailureReason.MALFORMED


async def test_an_answer_has_its_records_sorted_and_its_time() -> None:
    servers = Servers({ONE: reply(address(text="198.51.100.2"), address(ttl=30))})
    async with resolver(servers) as r:
        result = await r.lookup("A.Test", A)
    assert result == Answer("a.test", A, ("198.51.100.1", "198.51.100.2"), ttl=30)
    assert result.at == 1_700_000_000.0
    assert servers.closed == 1


async def test_records_of_other_names_are_not_ours() -> None:
    servers = Servers({ONE: reply(address("evil.test"), alias("evil.test", "a.test"), zone="")})
    assert await resolver(servers).lookup("a.test", A) == Absent("a.test", A, nxdomain=False, ttl=60)


@pytest.mark.parametrize(("said", "nxdomain"), [(NXDOMAIN, True), (NODATA, False)])
async def test_no_such_name_and_no_such_record_are_told_apart(said: Reply, nxdomain: bool) -> None:
    result = await resolver(Servers({ONE: said})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain, ttl=60)


async def test_a_no_without_soa_may_not_be_kept() -> None:
    result = await resolver(Servers({ONE: reply()})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=False, ttl=0)


@pytest.mark.parametrize("name", ["", "a..test", "a" * 64 + ".test", "é" * 130 + ".test"])
async def test_a_name_that_no_query_can_carry_does_not_exist_and_nobody_is_asked(name: str) -> None:
    servers = Servers({ONE: SERVFAIL})
    result = await resolver(servers).lookup(name, A)
    assert isinstance(result, Absent)
    assert result.nxdomain
    assert len(servers.asked) == 0


async def test_aliases_within_the_answer_are_followed_with_the_least_ttl() -> None:
    said = reply(alias("a.test", "b.test", 20), alias("b.test", "c.test", 40), address("c.test"))
    result = await resolver(Servers({ONE: said})).lookup("a.test", A)
    assert result == Answer("a.test", A, ("198.51.100.1",), 20, ("b.test", "c.test"))


async def test_the_rcode_is_that_of_the_last_name_in_the_chain() -> None:
    said = reply(alias("a.test", "b.test", 20), rcode=dns.rcode.NXDOMAIN, zone="test")
    result = await resolver(Servers({ONE: said})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=True, ttl=20, aliases=("b.test",))


async def test_a_zone_that_says_no_for_the_last_name_needs_no_second_question() -> None:
    servers = Servers({ONE: reply(alias("a.test", "b.test"), zone="test")})
    result = await resolver(servers).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=False, ttl=60, aliases=("b.test",))
    assert len(servers.asked) == 1


@pytest.mark.parametrize("zone", [None, "a.test"])
async def test_an_alias_into_another_zone_is_asked_for(zone: str | None) -> None:
    said: list[Outcome] = [reply(alias("a.test", "b.other", 20), zone=zone), reply(address("b.other"))]
    servers = Servers({ONE: said})
    result = await resolver(servers).lookup("a.test", A)
    assert result == Answer("a.test", A, ("198.51.100.1",), 20, ("b.other",))
    assert [name for _, name in servers.asked] == ["a.test", "b.other"]


async def test_an_alias_asked_for_as_such_is_not_followed() -> None:
    said = reply(Held(labels("a.test"), 300, "b.test"))
    result = await resolver(Servers({ONE: said})).lookup("a.test", RecordType.CNAME)
    assert result == Answer("a.test", RecordType.CNAME, ("b.test",))


def chain(length: int) -> list[Alias]:
    names = ["a.test", *(f"{number}.test" for number in range(length))]
    return [alias(owner, target) for owner, target in pairwise(names)]


async def test_as_many_aliases_as_allowed_are_followed() -> None:
    said = reply(*chain(MAX_ALIASES), address(f"{MAX_ALIASES - 1}.test"))
    result = await resolver(Servers({ONE: said})).lookup("a.test", A)
    assert isinstance(result, Answer)
    assert len(result.aliases) == MAX_ALIASES


@pytest.mark.parametrize(
    "said",
    [
        reply(*chain(MAX_ALIASES + 1), address(f"{MAX_ALIASES}.test")),
        reply(alias("a.test", "a.test")),
        reply(alias("a.test", "b.test"), alias("b.test", "a.test")),
        reply(alias("a.test", "b.test"), alias("b.test", "c.test"), alias("c.test", "b.test")),
        reply(alias("a.test", "b.test"), alias("a.test", "c.test")),
        reply(address(), rcode=dns.rcode.NXDOMAIN),
    ],
    ids=["too many", "itself", "circle", "late circle", "two ways", "nxdomain with records"],
)
async def test_aliases_without_end_and_contradictions_are_malformed(said: Reply) -> None:
    result = await resolver(Servers({ONE: said})).lookup("a.test", A)
    assert result == LookupFailed("a.test", A, MALFORMED, ONE)


@pytest.mark.parametrize(
    "fails",
    [
        *[SERVFAIL, REFUSED, TIMEOUT, UNREACHABLE, MALFORMED, reply(referral=True)],
        *[reply(address(), rcode=dns.rcode.NXDOMAIN), reply(alias("a.test", "a.test"))],
    ],
)
async def test_whoever_fails_the_next_is_asked(fails: Outcome) -> None:
    servers = Servers({ONE: fails, TWO: reply(address())})
    assert isinstance(await resolver(servers).lookup("a.test", A), Answer)
    assert [server for server, _ in servers.asked] == [ONE, TWO]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (SERVFAIL, FailureReason.SERVFAIL),
        (reply(rcode=dns.rcode.BADVERS), FailureReason.SERVFAIL),
        (REFUSED, FailureReason.REFUSED),
        (reply(rcode=dns.rcode.NOTIMP), FailureReason.REFUSED),
        (reply(rcode=dns.rcode.NOTAUTH), FailureReason.REFUSED),
        (reply(referral=True), FailureReason.REFUSED),
        (reply(rcode=dns.rcode.FORMERR), MALFORMED),
        (MALFORMED, MALFORMED),
        (UNREACHABLE, UNREACHABLE),
    ],
)
async def test_a_server_that_has_spoken_is_not_asked_the_same_again(
    said: Outcome, reason: FailureReason
) -> None:
    servers = Servers({ONE: said})
    live = resolver(servers)
    assert await live.lookup("a.test", A) == LookupFailed("a.test", A, reason, ONE)
    assert len(servers.asked) == live.queries == 1
    assert live.failures == {ONE: {reason: 1}}


async def test_silence_is_asked_again_in_turn_over_the_servers() -> None:
    servers = Servers({ONE: TIMEOUT, TWO: REFUSED, THREE: TIMEOUT})
    result = await resolver(servers).lookup("a.test", A)
    assert [server for server, _ in servers.asked] == [ONE, TWO, THREE, ONE, THREE]
    assert result == LookupFailed("a.test", A, FailureReason.REFUSED, TWO)


@pytest.mark.parametrize(
    ("script", "reason", "server"),
    [
        ({ONE: TIMEOUT, TWO: SERVFAIL, THREE: REFUSED}, FailureReason.SERVFAIL, TWO),
        ({ONE: UNREACHABLE, TWO: TIMEOUT, THREE: REFUSED}, FailureReason.REFUSED, THREE),
        ({ONE: UNREACHABLE, TWO: TIMEOUT}, TIMEOUT, TWO),
        ({ONE: REFUSED, TWO: MALFORMED}, MALFORMED, TWO),
    ],
)
async def test_of_several_failures_the_most_telling_is_told(
    script: Script, reason: FailureReason, server: str
) -> None:
    result = await resolver(Servers(script)).lookup("a.test", A)
    assert result == LookupFailed("a.test", A, reason, server)


@pytest.mark.parametrize("nothing", [TIMEOUT, UNREACHABLE])
async def test_a_server_that_kept_silent_is_asked_last_by_the_look_ups_after(nothing: Outcome) -> None:
    servers = Servers({ONE: nothing, TWO: reply(address())})
    live = resolver(servers)
    for number in range(4):
        await live.lookup(f"{number}.test", A)
    assert [server for server, _ in servers.asked] == [ONE, TWO, ONE, TWO, ONE, TWO, TWO]


async def test_a_look_up_takes_no_longer_than_its_attempts() -> None:
    hops: list[Outcome] = [reply(alias(f"{n}.test", f"{n + 1}.test")) for n in range(9)]
    servers = Servers({ONE: [*hops, TIMEOUT]}, takes=0.75)
    result = await resolver(servers).lookup("0.test", A)
    assert result == LookupFailed("0.test", A, TIMEOUT, ONE)
    assert servers.time == 1000.0 + 9 * 0.75 + 2.0


async def test_no_more_questions_are_out_than_allowed() -> None:
    servers = Servers({ONE: NODATA})
    live = resolver(servers, in_flight=7)
    await asyncio.gather(*(live.lookup(f"{number}.test", A) for number in range(100)))
    assert servers.most_out == 7


async def test_askers_of_one_name_share_a_query_whatever_the_case() -> None:
    servers = Servers({ONE: reply(address())})
    live = resolver(servers)
    await asyncio.gather(live.lookup("a.test", A), live.lookup("A.TEST", A))
    assert len(servers.asked) == 1


async def test_a_failure_is_kept_briefly() -> None:
    servers = Servers({ONE: [SERVFAIL, reply(address())]})
    live = resolver(servers)
    assert isinstance(await live.lookup("a.test", A), LookupFailed)
    servers.time += 9
    assert isinstance(await live.lookup("a.test", A), LookupFailed)
    servers.time += 2
    assert isinstance(await live.lookup("a.test", A), Answer)


async def _wait_for(live: LiveResolver, askers: int) -> list[asyncio.Task[Result]]:
    tasks = [asyncio.create_task(live.lookup("a.test", A)) for _ in range(askers)]
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("leaves", [0, 1, 2])
async def test_one_who_leaves_takes_nothing_from_the_others(leaves: int) -> None:
    servers = Servers({ONE: reply(address())})
    tasks = await _wait_for(resolver(servers), 3)
    tasks.pop(leaves).cancel()
    assert [type(result) for result in await asyncio.gather(*tasks)] == [Answer, Answer]
    assert len(servers.asked) == 1


async def test_what_nobody_waits_for_any_more_is_kept_all_the_same() -> None:
    servers = Servers({ONE: reply(address())})
    live = resolver(servers)
    (task,) = await _wait_for(live, 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert isinstance(live.find("a.test", A), Answer)
    assert isinstance(await live.lookup("a.test", A), Answer)
    assert len(servers.asked) == 1


async def test_a_bug_reaches_everybody_and_is_not_kept() -> None:
    servers = Servers({ONE: ["no outcome at all", reply(address())]})
    live = resolver(servers)
    errors = await asyncio.gather(*await _wait_for(live, 3), return_exceptions=True)
    assert [type(error) for error in errors] == [ValueError] * 3
    assert isinstance(await live.lookup("a.test", A), Answer)


async def test_closing_ends_those_who_wait() -> None:
    servers = Servers({ONE: TIMEOUT})
    live = resolver(servers)
    tasks = await _wait_for(live, 2)
    await live.aclose()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [asyncio.CancelledError] * 2
    assert servers.closed == 1


async def test_a_silent_name_does_not_keep_its_place_from_others() -> None:
    servers = Servers({ONE: [TIMEOUT, TIMEOUT, reply(address("b.test")), TIMEOUT]})
    live = resolver(servers, in_flight=1)
    silent = asyncio.create_task(live.lookup("a.test", A))
    await asyncio.sleep(0)
    assert isinstance(await live.lookup("b.test", A), Answer)
    assert not silent.done()
    assert [name for _, name in servers.asked][:3] == ["a.test", "a.test", "b.test"]
    assert isinstance(await silent, LookupFailed)


async def test_time_in_the_queue_does_not_use_up_the_patience() -> None:
    servers = Servers({ONE: reply(zone="")}, takes=3.0)
    live = resolver(servers, in_flight=1)
    results = await asyncio.gather(*(live.lookup(f"{number}.test", A) for number in range(10)))
    assert [type(result) for result in results] == [Absent] * 10
    assert servers.time == 1000.0 + 10 * 3.0


async def test_no_more_go_out_in_a_second_than_the_rate_says() -> None:
    servers = Servers({ONE: reply()})
    live = LiveResolver([ONE], dial=servers.dial, clock=servers.clock, queries_per_second=100)
    tasks = [asyncio.create_task(live.lookup(f"{number}.test", A)) for number in range(100)]
    await asyncio.sleep(0.1)
    assert len(servers.asked) == 10
    for _ in range(9):
        servers.time += 0.1
        await asyncio.sleep(0.1)
    assert len(servers.asked) == 100
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(("server", "limited"), [("9.9.9.9", True), ("10.0.0.1", False), ("::1", False)])
async def test_only_a_public_server_is_spared_unless_told_otherwise(server: str, limited: bool) -> None:
    servers = Servers({server: reply()})
    live = LiveResolver([server], dial=servers.dial, clock=servers.clock)
    assert live.limit == (500 if limited else 0)
    tasks = [asyncio.create_task(live.lookup(f"{number}.test", A)) for number in range(60)]
    await asyncio.sleep(0)
    assert len(servers.asked) == (50 if limited else 60)
    await live.aclose()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_of_a_name_that_is_late_the_first_answer_counts_and_the_rest_is_forgotten() -> None:
    servers = Servers({ONE: TIMEOUT, TWO: reply(address())})
    live = resolver(servers)
    assert isinstance(await live.lookup("a.test", A), Answer)
    assert servers.forgotten == 1
    assert live.out == live.asking == 0


async def test_a_server_that_has_rested_is_asked_first_again() -> None:
    servers = Servers({ONE: [UNREACHABLE] * 3 + [reply()], TWO: reply()})
    live = resolver(servers)
    for number in range(4):
        await live.lookup(f"{number}.test", A)
    servers.time += REST
    await live.lookup("4.test", A)
    assert [server for server, _ in servers.asked] == [ONE, TWO, ONE, TWO, ONE, TWO, TWO, ONE]


async def test_a_server_that_fails_aloud_is_not_silent() -> None:
    servers = Servers({ONE: SERVFAIL, TWO: reply()})
    live = resolver(servers)
    for number in range(5):
        await live.lookup(f"{number}.test", A)
    assert [server for server, _ in servers.asked] == [ONE, TWO] * 5
    assert live.failures == {ONE: {FailureReason.SERVFAIL: 5}, TWO: {}}
