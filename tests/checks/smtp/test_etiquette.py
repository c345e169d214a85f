"""No account is locked and no address banned by us: when the next login may be tried."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Rule
from checks.smtp import etiquette, login_rules
from checks.smtp.etiquette import (
    CONFIRM_AFTER,
    DAY,
    HOUR,
    MINUTE,
    WAITS,
    Attempt,
    Caps,
    Plan,
    Running,
    Why,
    address_paused_until,
    check_now_at,
    check_now_left,
    group_paused_until,
    may_start,
    plan,
)
from checks.smtp.result import Result

OURS = "fingerprint"


def attempts(*told: tuple[float, Result | None, str]) -> list[Attempt]:
    return [Attempt(at, OURS, result, cause) for at, result, cause in told]


def refused(at: float, cause: str = "SMTP_WRONG_PASSWORD") -> tuple[float, Result, str]:
    return at, Result.REFUSED, cause


def test_what_was_never_tried_may_be_tried_at_once() -> None:
    assert plan([], OURS) == Plan(0.0, Why.NEVER_TRIED)


@pytest.mark.parametrize(("luck", "hours"), [(0.0, 19.2), (0.5, 24.0), (1.0, 28.8)])
def test_a_login_that_works_is_tried_once_a_day_not_in_step(luck: float, hours: float) -> None:
    found = plan(attempts((100.0, Result.OK, "")), OURS, luck)
    assert found.why is Why.HEALTHY
    assert found.at == pytest.approx(100.0 + hours * HOUR)


def test_a_wrong_password_is_confirmed_once_after_half_an_hour() -> None:
    assert plan(attempts(refused(100.0)), OURS) == Plan(100.0 + CONFIRM_AFTER, Why.CONFIRMING)


def test_a_confirmed_refusal_pauses_until_the_settings_change() -> None:
    history = attempts(refused(100.0), refused(2000.0))
    assert plan(history, OURS) == Plan(None, Why.PAUSED)
    assert plan(history, "another password") == Plan(0.0, Why.NEVER_TRIED)


@pytest.mark.parametrize(
    "cause",
    [
        *(
            "SMTP_AUTH_OFF_FOR_TENANT",
            "SMTP_AUTH_OFF_FOR_MAILBOX",
            "SMTP_APP_PASSWORD_NEEDED",
            "SMTP_ACCOUNT_LOCKED",
        ),
        *(
            "SMTP_ACCOUNT_DISABLED",
            "SMTP_CONDITIONAL_ACCESS",
            "SMTP_SECURITY_DEFAULTS",
            "SMTP_BASIC_AUTH_ENDED",
        ),
    ],
)
def test_a_policy_is_not_asked_twice(cause: str) -> None:
    assert plan(attempts(refused(100.0, cause)), OURS) == Plan(None, Why.PAUSED)


@pytest.mark.parametrize(
    ("result", "cause"),
    [(Result.REFUSED, "SMTP_ADDRESS_NOT_PUBLIC"), (Result.INSECURE, "SMTP_CERTIFICATE_EXPIRED")],
)
def test_where_no_password_left_us_we_look_again_once_a_day(result: Result, cause: str) -> None:
    assert plan([Attempt(100.0, OURS, result, cause, auths=0)], OURS) == Plan(100.0 + DAY, Why.TEMPORARY)


def test_a_confirming_try_whose_answer_was_lost_was_one_all_the_same() -> None:
    for lost in (None, Result.UNKNOWN):
        assert plan(attempts(refused(100.0), (2000.0, lost, "")), OURS) == Plan(None, Why.PAUSED)


def test_a_confirming_try_that_never_got_to_auth_is_made_again_later() -> None:
    history = [
        *attempts(refused(100.0)),
        Attempt(2000.0, OURS, Result.UNREACHABLE, "SMTP_TIMED_OUT", auths=0),
    ]
    assert plan(history, OURS) == Plan(2000.0 + CONFIRM_AFTER, Why.CONFIRMING)


def test_a_success_forgives_what_was_before() -> None:
    history = attempts(refused(100.0), (2000.0, Result.OK, ""), refused(90_000.0))
    assert plan(history, OURS) == Plan(90_000.0 + CONFIRM_AFTER, Why.CONFIRMING)


def test_a_temporary_failure_is_tried_again_ever_more_rarely() -> None:
    history: list[Attempt] = []
    waited = []
    for number in range(8):
        history.append(Attempt(float(number), OURS, Result.UNKNOWN, "SMTP_TEMPORARY_FAULT"))
        waited.append((plan(history, OURS).at or 0.0) - number)
    assert waited == pytest.approx([*WAITS, WAITS[-1], WAITS[-1]])


def test_an_attempt_without_an_answer_counts_as_one() -> None:
    assert plan(attempts((100.0, None, "")), OURS) == Plan(100.0 + WAITS[0], Why.TEMPORARY)


def test_the_order_of_the_history_does_not_matter() -> None:
    history = attempts(refused(100.0), (2000.0, Result.OK, ""))
    assert plan(history[::-1], OURS) == plan(history, OURS)


# Check now


def test_check_now_has_a_budget() -> None:
    asked = [Attempt(at, OURS, Result.OK, asked=True) for at in (0.0, 10.0, 20.0)]
    assert [check_now_left(asked[:n], OURS, 30.0) for n in range(4)] == [3, 2, 1, 0]
    assert check_now_left(asked, OURS, 16 * MINUTE) == 2
    assert check_now_left(asked, OURS, 25 * HOUR) == 3


def test_nothing_is_left_while_paused_and_all_of_it_with_new_credentials() -> None:
    history = attempts(refused(100.0), refused(2000.0))
    assert check_now_left(history, OURS, DAY * 9) == 0
    assert check_now_left(history, "new", DAY * 9) == 3


def test_what_is_mended_at_the_server_may_be_asked_about_within_the_budget() -> None:
    off = Attempt(100.0, OURS, Result.REFUSED, login_rules.AUTH_OFF_FOR_TENANT.code)
    assert plan([off], OURS).why is Why.PAUSED
    assert (check_now_left([off], OURS, DAY), check_now_at([off], OURS, DAY)) == (3, DAY)
    asked = [replace(off, at=DAY + n, asked=True) for n in range(3)]
    assert (check_now_left([off, *asked], OURS, DAY + 3), check_now_at([off, *asked], OURS, DAY + 3)) == (
        0,
        DAY + 15 * MINUTE,
    )
    works = Attempt(2 * DAY, OURS, Result.OK, asked=True)
    assert plan([off, *asked, works], OURS).why is Why.HEALTHY


def test_a_password_that_was_refused_after_all_may_not_be_asked_about() -> None:
    off = Attempt(100.0, OURS, Result.REFUSED, login_rules.AUTH_OFF_FOR_TENANT.code)
    wrong = Attempt(200.0, OURS, Result.REFUSED, login_rules.WRONG_PASSWORD.code, asked=True)
    assert check_now_left([off, wrong], OURS, DAY) == 0
    assert check_now_at([off, wrong], OURS, DAY) is None


def test_a_password_that_was_refused_before_may_not_be_asked_about_either() -> None:
    wrong = Attempt(100.0, OURS, Result.REFUSED, login_rules.WRONG_PASSWORD.code)
    off = Attempt(3000.0, OURS, Result.REFUSED, login_rules.AUTH_OFF_FOR_TENANT.code)
    assert (check_now_left([wrong, off], OURS, DAY), check_now_at([wrong, off], OURS, DAY)) == (0, None)


def test_a_lock_may_be_asked_about_half_an_hour_after_each_try() -> None:
    locked = Attempt(100.0, OURS, Result.REFUSED, login_rules.ACCOUNT_LOCKED.code)
    assert plan([locked], OURS).why is Why.PAUSED
    soon, later = 100.0 + CONFIRM_AFTER - 1, 100.0 + CONFIRM_AFTER
    assert (check_now_left([locked], OURS, soon), check_now_at([locked], OURS, soon)) == (0, later)
    assert (check_now_left([locked], OURS, later), check_now_at([locked], OURS, later)) == (3, later)
    still = [locked, replace(locked, at=later, asked=True)]
    assert check_now_at(still, OURS, later + 1) == later + CONFIRM_AFTER


@pytest.mark.parametrize("cause", [login_rules.KEY_NEEDED, login_rules.APP_PASSWORD_NEEDED])
def test_what_only_another_password_mends_may_not_be_asked_about(cause: Rule) -> None:
    assert check_now_left([Attempt(100.0, OURS, Result.REFUSED, cause.code)], OURS, DAY) == 0


# Servers and providers


def test_three_failures_in_ten_minutes_pause_the_server_before_fail2ban_does() -> None:
    assert address_paused_until([0.0, 60.0]) == 0.0
    assert address_paused_until([120.0, 0.0, 60.0]) == 120.0 + 15 * MINUTE
    assert address_paused_until([0.0, 301.0, 602.0]) == 0.0
    assert address_paused_until([0.0, 1.0, 2.0, 5000.0]) == 2.0 + 15 * MINUTE


def test_a_provider_that_asks_to_wait_is_left_alone_twice_as_long_each_time() -> None:
    assert group_paused_until([]) == 0.0
    assert group_paused_until([(0.0, True), (1.0, True)]) == 15 * MINUTE
    second = 15 * MINUTE
    assert group_paused_until([(0.0, True), (second, True)]) == second + 30 * MINUTE
    assert group_paused_until([(0.0, True), (second, False), (second + 1, True)]) == second + 1 + 15 * MINUTE
    many = [(float(n) * DAY, True) for n in range(20)]
    assert group_paused_until(many) == 19 * DAY + 6 * HOUR


def test_the_caps() -> None:
    caps = Caps(everywhere=4)
    one = Running("jan@acme.be", "9.9.9.9", "", 0.0)
    assert may_start(one, [], caps)
    assert not may_start(one, [Running("jan@acme.be", "8.8.8.8", "Google", 0.0)], caps)
    assert not may_start(one, [Running("an@other.be", "9.9.9.9", "", 0.0)], caps)
    assert may_start(one, [Running("an@other.be", "9.9.9.8", "", 0.0)], caps)
    google = [Running(f"{n}@acme.be", "1.1.1.1", "Google", float(n)) for n in range(3)]
    assert may_start(Running("x@acme.be", "1.1.1.1", "Google", 9.0), google, caps)
    assert not may_start(Running("x@acme.be", "1.1.1.1", "Google", 2.1), google, caps)
    assert not may_start(Running("x@acme.be", "1.1.1.2", "Loopia", 9.0), [*google, one], caps)
    loopia = [Running(f"{n}@acme.be", "1.1.1.1", "Loopia", float(n)) for n in range(3)]
    assert not may_start(Running("x@acme.be", "1.1.1.1", "Loopia", 9.0), loopia, Caps())


# Over a day


@given(
    st.lists(st.sampled_from(["right", "wrong", "policy", "down", "lost"]), min_size=1, max_size=40),
    st.randoms(),
)
def test_no_account_gets_more_refusals_than_the_policy_allows(said: list[str], luck: random.Random) -> None:
    """A credential is never refused more than twice in a row, and every other try waits at least 12 minutes."""
    outcomes = {
        "right": (Result.OK, ""),
        "wrong": (Result.REFUSED, "SMTP_WRONG_PASSWORD"),
        "policy": (Result.REFUSED, "SMTP_AUTH_OFF_FOR_TENANT"),
        "down": (Result.UNREACHABLE, "SMTP_TIMED_OUT"),
        "lost": (None, ""),
    }
    history: list[Attempt] = []
    for what in said:
        found = plan(history, OURS, luck.random())
        if found.at is None:
            break
        result, cause = outcomes[what]
        assert not history or found.at - history[-1].at >= 12 * MINUTE
        history.append(Attempt(found.at, OURS, result, cause, auths=0 if what == "down" else 1))
    row = 0
    for one in history:
        row = row + 1 if one.result is Result.REFUSED else 0 if one.result is Result.OK else row
        assert row <= 2


def test_ten_thousand_companies_over_a_day_keep_every_cap() -> None:
    """A simulated clock: each login takes two seconds; servers and providers are shared as they are in life."""
    draw = random.Random(7)
    groups = ["Google"] * 3 + ["Microsoft 365"] * 4 + ["Combell", "OVHcloud", ""]
    caps = Caps()
    waiting = []
    for number in range(10_000):
        group = draw.choice(groups)
        address = group or f"198.51.100.{draw.randrange(200)}"
        waiting.append((draw.random() * DAY, Running(f"{number}@acme.be", address, group, 0.0)))
    waiting.sort(key=lambda one: one[0])
    running: list[Running] = []
    most: dict[str, int] = {}
    started = 0
    now = 0.0
    while waiting:
        now = max(now + 0.1, waiting[0][0])
        running = [one for one in running if now - one.began < 2.0]
        for due, wanted in [one for one in waiting[:200] if one[0] <= now]:
            login = Running(wanted.mailbox, wanted.address, wanted.group, now)
            if may_start(login, running, caps):
                running.append(login)
                waiting.remove((due, wanted))
                started += 1
        for key in {one.group or one.address for one in running}:
            most[key] = max(most.get(key, 0), sum((one.group or one.address) == key for one in running))
        assert len(running) <= caps.everywhere
    assert started == 10_000
    assert now < DAY * 1.01
    assert all(count <= caps.groups.get(key, 1 if "." in key else caps.group) for key, count in most.items())


def test_every_cause_that_is_named_exists() -> None:
    from checks.catalogue import RULES

    assert set(RULES) >= etiquette.CONFIRMED | etiquette.SLOW_DOWN
