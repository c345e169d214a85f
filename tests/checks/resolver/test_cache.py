"""What is kept, and for how long."""

from collections.abc import Callable

import pytest

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, RecordType, Result, txt
from checks.resolver.cache import Bounds, Cache, Key, weight

BOUNDS = Bounds(shortest=5, longest=1000, longest_no=100, failure=10)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def key(name: str) -> Key:
    return name, RecordType.TXT


def found(ttl: int = 300) -> Callable[[str], Result]:
    return lambda name: Answer(name, RecordType.TXT, (txt("v=spf1 -all"),), ttl)


def absent(ttl: int) -> Callable[[str], Result]:
    return lambda name: Absent(name, RecordType.TXT, True, ttl)


def failed(name: str) -> Result:
    return LookupFailed(name, RecordType.TXT, FailureReason.SERVFAIL)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (found(300), 300),
        (found(0), 5),
        (found(2**31 - 1), 1000),
        (absent(60), 60),
        (absent(0), 5),
        (absent(86400), 100),
        (failed, 10),
    ],
)
def test_a_result_is_kept_for_its_ttl_within_bounds(answer: Callable[[str], Result], seconds: int) -> None:
    clock = Clock()
    cache = Cache(BOUNDS, clock=clock)
    cache.keep(key("a.test"), answer("a.test"))
    clock.time += seconds - 0.1
    assert cache.get(key("a.test")) == answer("a.test")
    clock.time += 0.2
    assert cache.get(key("a.test")) is None
    assert len(cache) == 0


def test_names_and_types_are_kept_apart() -> None:
    cache = Cache(BOUNDS)
    cache.keep(("a", RecordType.A), found()("a"))
    assert cache.get(("a", RecordType.TXT)) is None
    assert cache.get(("b", RecordType.A)) is None


def test_a_newer_result_takes_the_place_of_an_older() -> None:
    cache = Cache(BOUNDS)
    cache.keep(key("a"), failed("a"))
    cache.keep(key("a"), found()("a"))
    assert cache.get(key("a")) == found()("a")
    assert len(cache) == 1


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = Cache(Bounds(memory=2 * weight(found()("a.test"))))
    for name in ("a", "b"):
        cache.keep(key(name), found()(name))
    assert cache.get(key("a"))
    cache.keep(key("c"), found()("c"))
    assert [name for name in "abc" if cache.get(key(name))] == ["a", "c"]


def test_large_answers_take_more_room() -> None:
    cache = Cache(Bounds(memory=1_000_000))
    for number in range(100):
        name = str(number)
        cache.keep(key(name), Answer(name, RecordType.TXT, (txt("x" * 60_000),)))
    assert 10 < len(cache) < 20


def test_the_weight_of_what_goes_is_given_back() -> None:
    cache = Cache(Bounds(memory=3 * weight(found()("a.test"))))
    for number in range(1000):
        cache.keep(key(str(number % 7)), found()(str(number % 7)))
    assert len(cache) == 3


def test_an_answer_larger_than_the_memory_is_not_kept() -> None:
    cache = Cache(Bounds(memory=10))
    cache.keep(key("a"), found()("a"))
    assert len(cache) == 0
