"""How fast a server may be asked."""

import pytest

from checks.resolver.pace import AT_FIRST, FIRST, PERIOD, SMALLEST, SOONEST, Rate, RoundTrip, Window


def round_of(window: Window, *, again: int = 0) -> None:
    """A window's worth of questions, all answered, so many of them only when asked again."""
    count = int(window.size)
    window.out = count
    for number in range(count):
        window.answered(again=number < again)
        window.out -= 1


def test_the_window_grows_until_its_bound() -> None:
    window = Window(1000)
    assert window.size == FIRST
    for _ in range(200):
        round_of(window)
    assert window.size == 1000


def test_after_a_burst_of_losses_it_is_halved_and_grows_by_one_a_round() -> None:
    window = Window(1000)
    for number in range(20):
        round_of(window)
        window.review(number * PERIOD)
    before = window.size
    round_of(window, again=int(before * 0.2))
    window.review(20 * PERIOD)
    assert window.size == pytest.approx(before / 2, rel=0.2)
    halved = window.size
    for _ in range(10):
        round_of(window)
    assert halved < window.size < halved + 10


def test_one_per_cent_of_losses_changes_nothing() -> None:
    window = Window(1000)
    for number in range(1, 200):
        round_of(window, again=int(window.size / 100))
        window.review(number * PERIOD)
    assert window.size == 1000


def test_silence_about_some_names_says_nothing_while_others_are_answered() -> None:
    window = Window(1000)
    for number in range(1, 200):
        round_of(window)
        for _ in range(50):
            window.silent()
        window.review(number * PERIOD)
    assert window.size == 1000


def test_silence_about_everything_halves_the_window_again_and_again() -> None:
    window = Window(1000)
    for number in range(1, 20):
        for _ in range(50):
            window.silent()
        window.review(number * PERIOD)
    assert window.size == SMALLEST


def test_a_few_questions_say_nothing_of_the_server() -> None:
    window = Window(1000)
    for number in range(1, 20):
        window.silent()
        window.review(number * PERIOD)
    assert window.size == FIRST


def test_a_window_is_never_larger_than_its_bound() -> None:
    window = Window(7)
    window.out = 6
    assert window.has_room
    window.out = 7
    assert not window.has_room


def test_the_wait_follows_the_round_trip() -> None:
    trip = RoundTrip()
    assert trip.wait == AT_FIRST
    for _ in range(50):
        trip.took(0.001)
    assert trip.wait == SOONEST
    for _ in range(50):
        trip.took(0.2)
    assert trip.wait == pytest.approx(0.8, rel=0.1)


def test_an_unsteady_round_trip_makes_for_a_longer_wait() -> None:
    steady, unsteady = RoundTrip(), RoundTrip()
    for number in range(100):
        steady.took(0.1)
        unsteady.took(0.001 if number % 2 else 0.2)
    assert unsteady.wait > steady.wait + 0.05


def test_a_rate_lets_so_many_through_in_a_second() -> None:
    rate = Rate(100, now=0.0)
    taken = sum(rate.take(now / 1000) for now in range(1000))
    assert 100 <= taken <= 110  # the bucket was full at the start


def test_what_was_not_used_is_not_saved_up() -> None:
    rate = Rate(100, now=0.0)
    assert sum(rate.take(60.0) for _ in range(1000)) == 10


def test_without_a_rate_all_may_go() -> None:
    rate = Rate(0, now=0.0)
    assert all(rate.take(0.0) for _ in range(1000))
