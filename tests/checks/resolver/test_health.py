"""Which server is asked first."""

from checks.lookup import FailureReason
from checks.resolver.health import REST, SILENCES, Health
from checks.resolver.servers import Nameserver

FIRST, SECOND = Nameserver("192.0.2.1"), Nameserver("192.0.2.2")


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def _silent(health: Health, times: int) -> None:
    for _ in range(times):
        health.failed(FIRST, FailureReason.TIMEOUT)


def test_servers_are_asked_as_listed() -> None:
    assert Health([FIRST, SECOND], Clock()).order() == [FIRST, SECOND]


def test_a_server_that_keeps_silent_is_asked_last_for_a_while() -> None:
    clock = Clock()
    health = Health([FIRST, SECOND], clock)
    _silent(health, SILENCES)
    assert health.order() == [SECOND, FIRST]
    clock.time = REST
    assert health.order() == [FIRST, SECOND]
    _silent(health, 1)
    assert health.order() == [SECOND, FIRST]


def test_a_word_in_between_ends_the_silence() -> None:
    health = Health([FIRST, SECOND], Clock())
    _silent(health, SILENCES - 1)
    health.answered(FIRST)
    _silent(health, SILENCES - 1)
    assert health.order() == [FIRST, SECOND]


def test_a_server_that_fails_aloud_is_not_silent() -> None:
    health = Health([FIRST, SECOND], Clock())
    for _ in range(10):
        health.failed(FIRST, FailureReason.SERVFAIL)
    assert health.order() == [FIRST, SECOND]
    assert health.failures == {"192.0.2.1": {FailureReason.SERVFAIL: 10}, "192.0.2.2": {}}
