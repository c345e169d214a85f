"""The resolver's decisions, over a transport that plays a script."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import pairwise

import dns.rcode
import pytest

from checks.lookup import MAX_ALIASES, Absent, Answer, FailureReason, LookupFailed, RecordType
from checks.resolver import LiveResolver
from checks.resolver.message import Alias, Authority, Held, Question, Reply
from checks.resolver.names import Labels, to_text
from checks.resolver.servers import Nameserver

A = RecordType.A
ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"

Outcome = Reply | FailureReason
Script = Mapping[str, Outcome | list[Outcome]]


class ScriptedTransport:
    """Each server's outcomes, the last for ever; keeps who was asked for what. An exchange takes `takes` seconds."""

    def __init__(
        self, script: Script, takes: Callable[[FailureReason | Reply, float], float] | None = None
    ) -> None:
        self._script = {s: list(o) if isinstance(o, list) else [o] for s, o in script.items()}
        self._takes = takes or (lambda outcome, seconds: 0.0)
        self.time = 0.0
        self.asked: list[tuple[str, str]] = []
        self.limits: list[float] = []
        self.closed = False
        self.out = self.most_out = 0

    @property
    def queries(self) -> int:
        return len(self.asked)

    async def exchange(self, server: Nameserver, question: Question, seconds: float) -> Outcome:
        self.asked.append((str(server), to_text(question.labels)))
        self.limits.append(seconds)
        self.out += 1
        self.most_out = max(self.most_out, self.out)
        await asyncio.sleep(0)
        self.out -= 1
        outcomes = self._script[str(server)]
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        self.time += self._takes(outcome, seconds)
        return outcome

    async def aclose(self) -> None:
        self.closed = True


def resolver(transport: ScriptedTransport, attempts: int = 4, in_flight: int = 200) -> LiveResolver:
    return LiveResolver(
        list(transport._script),
        timeout=2.0,
        attempts=attempts,
        in_flight=in_flight,
        transport=transport,
        now=lambda: 1_700_000_000.0,
        clock=lambda: transport.time,
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
    transport = ScriptedTransport({ONE: reply(address(text="198.51.100.2"), address(ttl=30))})
    async with resolver(transport) as r:
        result = await r.lookup("A.Test", A)
    assert result == Answer("a.test", A, ("198.51.100.1", "198.51.100.2"), ttl=30)
    assert result.at == 1_700_000_000.0
    assert transport.closed


async def test_records_of_other_names_are_not_ours() -> None:
    transport = ScriptedTransport({ONE: reply(address("evil.test"), alias("evil.test", "a.test"), zone="")})
    assert await resolver(transport).lookup("a.test", A) == Absent("a.test", A, nxdomain=False, ttl=60)


@pytest.mark.parametrize(("said", "nxdomain"), [(NXDOMAIN, True), (NODATA, False)])
async def test_no_such_name_and_no_such_record_are_told_apart(said: Reply, nxdomain: bool) -> None:
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain, ttl=60)


async def test_a_no_without_soa_may_not_be_kept() -> None:
    result = await resolver(ScriptedTransport({ONE: reply()})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=False, ttl=0)


@pytest.mark.parametrize("name", ["", "a..test", "a" * 64 + ".test", "é" * 130 + ".test"])
async def test_a_name_that_no_query_can_carry_does_not_exist_and_nobody_is_asked(name: str) -> None:
    transport = ScriptedTransport({ONE: SERVFAIL})
    result = await resolver(transport).lookup(name, A)
    assert isinstance(result, Absent)
    assert result.nxdomain
    assert transport.queries == 0


async def test_aliases_within_the_answer_are_followed_with_the_least_ttl() -> None:
    said = reply(alias("a.test", "b.test", 20), alias("b.test", "c.test", 40), address("c.test"))
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", A)
    assert result == Answer("a.test", A, ("198.51.100.1",), 20, ("b.test", "c.test"))


async def test_the_rcode_is_that_of_the_last_name_in_the_chain() -> None:
    said = reply(alias("a.test", "b.test", 20), rcode=dns.rcode.NXDOMAIN, zone="test")
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=True, ttl=20, aliases=("b.test",))


async def test_a_zone_that_says_no_for_the_last_name_needs_no_second_question() -> None:
    transport = ScriptedTransport({ONE: reply(alias("a.test", "b.test"), zone="test")})
    result = await resolver(transport).lookup("a.test", A)
    assert result == Absent("a.test", A, nxdomain=False, ttl=60, aliases=("b.test",))
    assert transport.queries == 1


@pytest.mark.parametrize("zone", [None, "a.test"])
async def test_an_alias_into_another_zone_is_asked_for(zone: str | None) -> None:
    said: list[Outcome] = [reply(alias("a.test", "b.other", 20), zone=zone), reply(address("b.other"))]
    transport = ScriptedTransport({ONE: said})
    result = await resolver(transport).lookup("a.test", A)
    assert result == Answer("a.test", A, ("198.51.100.1",), 20, ("b.other",))
    assert [name for _, name in transport.asked] == ["a.test", "b.other"]


async def test_an_alias_asked_for_as_such_is_not_followed() -> None:
    said = reply(Held(labels("a.test"), 300, "b.test"))
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", RecordType.CNAME)
    assert result == Answer("a.test", RecordType.CNAME, ("b.test",))


def chain(length: int) -> list[Alias]:
    names = ["a.test", *(f"{number}.test" for number in range(length))]
    return [alias(owner, target) for owner, target in pairwise(names)]


async def test_as_many_aliases_as_allowed_are_followed() -> None:
    said = reply(*chain(MAX_ALIASES), address(f"{MAX_ALIASES - 1}.test"))
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", A)
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
    result = await resolver(ScriptedTransport({ONE: said})).lookup("a.test", A)
    assert result == LookupFailed("a.test", A, MALFORMED, ONE)


@pytest.mark.parametrize("fails", [SERVFAIL, REFUSED, TIMEOUT, UNREACHABLE, MALFORMED, reply(referral=True)])
async def test_whoever_fails_the_next_is_asked(fails: Outcome) -> None:
    transport = ScriptedTransport({ONE: fails, TWO: reply(address())})
    assert isinstance(await resolver(transport).lookup("a.test", A), Answer)
    assert [server for server, _ in transport.asked] == [ONE, TWO]


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
    transport = ScriptedTransport({ONE: said})
    live = resolver(transport)
    assert await live.lookup("a.test", A) == LookupFailed("a.test", A, reason, ONE)
    assert transport.queries == live.queries == 1
    assert live.failures == {ONE: {reason: 1}}


async def test_silence_is_asked_again_in_turn_over_the_servers() -> None:
    transport = ScriptedTransport({ONE: TIMEOUT, TWO: REFUSED, THREE: TIMEOUT})
    result = await resolver(transport, attempts=5).lookup("a.test", A)
    assert [server for server, _ in transport.asked] == [ONE, TWO, THREE, ONE, THREE]
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
    result = await resolver(ScriptedTransport(script)).lookup("a.test", A)
    assert result == LookupFailed("a.test", A, reason, server)


async def test_a_server_that_kept_silent_is_asked_last_by_the_look_ups_after() -> None:
    transport = ScriptedTransport({ONE: TIMEOUT, TWO: reply(address())})
    live = resolver(transport)
    for number in range(4):
        await live.lookup(f"{number}.test", A)
    assert [server for server, _ in transport.asked] == [ONE, TWO, ONE, TWO, ONE, TWO, TWO]


async def test_a_look_up_takes_no_longer_than_its_attempts() -> None:
    hops: list[Outcome] = [reply(alias(f"{n}.test", f"{n + 1}.test")) for n in range(9)]
    transport = ScriptedTransport({ONE: hops}, takes=lambda outcome, seconds: min(seconds, 1.5))
    result = await resolver(transport).lookup("0.test", A)
    assert result == LookupFailed("0.test", A, TIMEOUT, ONE)
    assert transport.time == 4 * 2.0
    assert transport.limits == [2.0, 2.0, 2.0, 2.0, 2.0, 0.5]


async def test_no_more_questions_are_out_than_allowed() -> None:
    transport = ScriptedTransport({ONE: NODATA})
    live = resolver(transport, in_flight=7)
    await asyncio.gather(*(live.lookup(f"{number}.test", A) for number in range(100)))
    assert transport.most_out == 7


async def test_askers_of_one_name_share_a_query_whatever_the_case() -> None:
    transport = ScriptedTransport({ONE: reply(address())})
    live = resolver(transport)
    await asyncio.gather(live.lookup("a.test", A), live.lookup("A.TEST", A))
    assert transport.queries == 1


async def test_a_failure_is_kept_briefly() -> None:
    transport = ScriptedTransport({ONE: [SERVFAIL, reply(address())]})
    live = resolver(transport)
    assert isinstance(await live.lookup("a.test", A), LookupFailed)
    transport.time += 9
    assert isinstance(await live.lookup("a.test", A), LookupFailed)
    transport.time += 2
    assert isinstance(await live.lookup("a.test", A), Answer)
