"""The store counts every login, and lets none start that the policy forbids; on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import SmtpState
from checks.smtp.etiquette import CONFIRM_AFTER, DAY, HOUR, MINUTE
from checks.smtp.result import Line, Login, Result, Who
from data import login_settings, logins, unmatched_replies
from data.engine import writing
from data.login_attempts import LEASE, SOON, Because, Begun, NotNow
from data.schema import CompanyRow, LoginRow
from tests.support.logins import (
    EXPIRED,
    HERE,
    LATER,
    LOST,
    MONDAY,
    NOW,
    OK,
    POLICY,
    SILENT,
    SLOWER,
    WRONG,
    add,
    attempts,
    begin,
    company,
    count,
    end,
    stored,
    try_it,
    wanted,
)

MINE = wanted()


@pytest.fixture
def engine(store: Engine) -> Engine:
    add(store, *(company(f"c{n}") for n in range(1, 9)))
    return store


def due(engine: Engine, at: float, *, early: bool = True) -> set[str]:
    with Session(engine) as session:
        return {one.company_id for one in login_settings.due(session, at, early=early)}


# What came of it


def test_a_login_that_works_is_known_and_tried_again_within_the_day(engine: Engine) -> None:
    said = (Line(Who.SERVER, "220 hello"), Line(Who.CLIENT, "EHLO us"))
    assert try_it(engine, MINE, replace(OK, dialogue=said), NOW) is None
    found = stored(engine)
    assert (found.standing.state, found.standing.since, found.dialogue) == (SmtpState.OK, NOW, said)
    assert (found.next_at, found.changed, found.check_now_left) == (NOW + DAY, False, 3)


@pytest.mark.parametrize(("luck", "days"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_companies_do_not_come_in_step(engine: Engine, luck: float, days: float) -> None:
    try_it(engine, MINE, OK, NOW, luck)
    assert stored(engine).next_at == pytest.approx(NOW + days * DAY)


def test_a_daily_scan_may_look_at_a_healthy_login_daily(engine: Engine) -> None:
    try_it(engine, MINE, OK, NOW, luck=1.0)
    early = begin(engine, MINE, NOW + 0.79 * DAY)
    assert early == NotNow(pytest.approx(NOW + 0.8 * DAY), Because.NOT_DUE)
    assert isinstance(begin(engine, MINE, NOW + 0.81 * DAY), Begun)


def test_between_two_scans_no_login_is_tried_before_the_time_that_was_drawn_for_it(engine: Engine) -> None:
    for number, luck in enumerate((0.0, 0.5, 1.0), 1):
        try_it(engine, wanted(f"c{number}"), OK, NOW, luck)
    tried = {"c1", "c2", "c3"}
    assert due(engine, NOW + 0.8 * DAY) & tried == tried
    assert due(engine, NOW + 0.8 * DAY, early=False) & tried == {"c1"}
    assert due(engine, NOW + DAY, early=False) & tried == {"c1", "c2"}
    assert due(engine, NOW + 1.2 * DAY, early=False) & tried == tried


def test_a_refusal_is_confirmed_once_and_then_paused(engine: Engine) -> None:
    try_it(engine, MINE, WRONG, NOW)
    assert (stored(engine).standing.state, stored(engine).next_at) == (SmtpState.FAILING, NOW + CONFIRM_AFTER)
    assert try_it(engine, MINE, WRONG, NOW + 1700) == NotNow(NOW + CONFIRM_AFTER, Because.NOT_DUE)
    assert try_it(engine, MINE, WRONG, NOW + 1800) is None
    found = stored(engine)
    assert (found.standing.state, found.next_at, found.check_now_left) == (SmtpState.PAUSED, None, 0)
    for later in (NOW + 1801, NOW + DAY, NOW + 400 * DAY):
        assert try_it(engine, MINE, OK, later) == NotNow(None, Because.PAUSED)
        assert try_it(engine, replace(MINE, asked=True), OK, later) == NotNow(None, Because.PAUSED)


def test_a_policy_is_not_asked_twice(engine: Engine) -> None:
    try_it(engine, MINE, POLICY, NOW)
    assert (stored(engine).standing.state, stored(engine).next_at) == (SmtpState.PAUSED, None)
    assert begin(engine, MINE, NOW + DAY) == NotNow(None, Because.PAUSED)


def test_a_policy_that_was_mended_is_found_out_by_check_now(engine: Engine) -> None:
    try_it(engine, MINE, POLICY, NOW)
    asked = replace(MINE, asked=True)
    assert try_it(engine, asked, POLICY, NOW + HOUR) is None
    assert (stored(engine).standing.state, stored(engine).check_now_left) == (SmtpState.PAUSED, 2)
    assert try_it(engine, asked, OK, NOW + 2 * HOUR) is None
    assert stored(engine).standing.state is SmtpState.OK
    assert isinstance(begin(engine, MINE, NOW + 2 * HOUR + 0.81 * DAY), Begun)


def test_what_is_known_is_not_erased_by_what_says_nothing(engine: Engine) -> None:
    try_it(engine, MINE, OK, NOW)
    try_it(engine, MINE, LATER, NOW + DAY)
    found = stored(engine)
    assert (found.standing.state, found.standing.since, found.standing.at) == (SmtpState.OK, NOW, NOW + DAY)
    assert found.next_at == NOW + DAY + 15 * MINUTE


def test_a_temporary_failure_is_tried_again_ever_more_rarely(engine: Engine) -> None:
    at = NOW
    for wait in (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR):
        assert try_it(engine, replace(MINE, address="", group=""), SILENT, at) is None
        next_at = stored(engine).next_at
        assert next_at == at + wait
        at = next_at
    assert stored(engine).standing.state is SmtpState.FAILING


# Changed settings


def change(engine: Engine, id: str = "c1") -> None:
    with writing(engine) as session:
        session.get_one(CompanyRow, id).smtp_changed_at = MONDAY


NEW = replace(MINE, fingerprint="another password", settings_at=MONDAY)


def test_a_changed_password_ends_the_pause_and_starts_from_nothing(engine: Engine) -> None:
    try_it(engine, MINE, POLICY, NOW)
    change(engine)
    assert (stored(engine).changed, stored(engine).check_now_left) == (True, 3)
    assert try_it(engine, NEW, LATER, NOW + 60) is None
    found = stored(engine)
    assert (found.standing.state, found.standing.cause) == (SmtpState.UNKNOWN, "SMTP_TEMPORARY_FAULT")
    assert not found.changed


def test_a_refused_password_stays_paused_when_it_is_entered_again(engine: Engine) -> None:
    try_it(engine, MINE, POLICY, NOW)
    change(engine)
    try_it(engine, NEW, OK, NOW + 60)
    with writing(engine) as session:
        session.get_one(CompanyRow, "c1").smtp_changed_at = None
    assert begin(engine, MINE, NOW + HOUR) == NotNow(None, Because.PAUSED, settled=True)
    found = stored(engine)
    assert (found.standing.state, found.standing.cause) == (SmtpState.PAUSED, POLICY.cause)
    assert (found.changed, found.next_at, found.check_now_left) == (False, None, 3)
    assert begin(engine, MINE, NOW + HOUR) == NotNow(None, Because.PAUSED)


def test_another_port_does_not_end_the_pause_of_a_password(engine: Engine) -> None:
    try_it(engine, MINE, POLICY, NOW)
    change(engine)
    same = replace(MINE, settings_at=MONDAY)
    assert begin(engine, same, NOW + 60) == NotNow(None, Because.PAUSED, settled=True)
    found = stored(engine)
    assert (found.standing.state, found.standing.text, found.changed) == (SmtpState.PAUSED, "off", False)


@pytest.mark.parametrize("before", [OK, EXPIRED])
def test_another_port_is_tried_at_once(engine: Engine, before: Login) -> None:
    try_it(engine, MINE, before, NOW)
    change(engine)
    assert isinstance(begin(engine, MINE, NOW + 60), NotNow)
    assert try_it(engine, replace(MINE, settings_at=MONDAY), OK, NOW + 60) is None


def test_what_was_tried_with_old_settings_does_not_stand_over_the_new_ones(engine: Engine) -> None:
    begun = begin(engine, MINE, NOW)
    assert isinstance(begun, Begun)
    change(engine)
    try_it(engine, replace(NEW, mailbox="another", address="8.8.8.8"), OK, NOW + 1)
    end(engine, begun.attempt_id, WRONG, NOW + 2)
    found = stored(engine)
    assert (found.standing.state, found.changed) == (SmtpState.OK, False)


# The same credential elsewhere


def test_two_companies_with_one_credential_have_one_history(engine: Engine) -> None:
    also = wanted("c2", fingerprint=MINE.fingerprint, mailbox=MINE.mailbox)
    try_it(engine, MINE, OK, NOW)
    assert begin(engine, also, NOW + 60) == NotNow(
        pytest.approx(NOW + 0.8 * DAY), Because.NOT_DUE, settled=True
    )
    assert stored(engine, "c2").standing == stored(engine).standing
    assert begin(engine, also, NOW + 61) == NotNow(pytest.approx(NOW + 0.8 * DAY), Because.NOT_DUE)
    try_it(engine, also, POLICY, NOW + DAY)
    assert begin(engine, MINE, NOW + 2 * DAY) == NotNow(None, Because.PAUSED, settled=True)
    assert stored(engine).standing.state is SmtpState.PAUSED


def test_what_a_port_says_is_not_said_of_another_companys(engine: Engine) -> None:
    try_it(engine, MINE, EXPIRED, NOW)
    also = wanted("c2", fingerprint=MINE.fingerprint, mailbox=MINE.mailbox)
    assert isinstance(begin(engine, also, NOW + 60), Begun)


# Check now


def test_check_now_asks_at_once_within_its_budget(engine: Engine) -> None:
    asked = replace(MINE, asked=True)
    left = []
    for n in range(3):
        assert try_it(engine, asked, OK, NOW + n) is None
        left.append(stored(engine, at=NOW + n).check_now_left)
    assert left == [2, 1, 0]
    assert try_it(engine, asked, OK, NOW + 3) == NotNow(NOW + 15 * MINUTE, Because.BUDGET_USED_UP)
    assert try_it(engine, asked, OK, NOW + 16 * MINUTE) is None
    assert try_it(engine, asked, OK, NOW + 17 * MINUTE) is None
    assert try_it(engine, asked, OK, NOW + HOUR) == NotNow(NOW + DAY, Because.BUDGET_USED_UP)


def test_what_check_now_confirms_is_paused(engine: Engine) -> None:
    try_it(engine, MINE, WRONG, NOW)
    assert try_it(engine, replace(MINE, asked=True), WRONG, NOW + 60) is None
    assert stored(engine).standing.state is SmtpState.PAUSED


# Dying


def test_a_try_that_died_behind_its_auth_is_one(engine: Engine) -> None:
    begun = begin(engine, MINE, NOW)
    assert isinstance(begun, Begun)
    assert count(engine, begun.attempt_id, NOW) is None
    assert begin(engine, MINE, NOW + 1) == NotNow(NOW + 1 + SOON, Because.UNDER_WAY)
    later = NOW + LEASE + 1
    found = begin(engine, MINE, later)
    assert isinstance(found, NotNow)
    assert (found.why, found.settled, found.until) == (
        Because.NOT_DUE,
        True,
        pytest.approx(NOW + 12 * MINUTE),
    )
    assert (stored(engine).standing.state, stored(engine).standing.cause) == (
        SmtpState.UNKNOWN,
        "SMTP_ANSWER_LOST",
    )


def test_a_try_that_died_before_its_auth_is_none(engine: Engine) -> None:
    assert isinstance(begin(engine, MINE, NOW), Begun)
    assert isinstance(begin(engine, MINE, NOW + LEASE + 1), Begun)


def test_a_confirming_try_that_died_was_one_all_the_same(engine: Engine) -> None:
    try_it(engine, MINE, WRONG, NOW)
    begun = begin(engine, MINE, NOW + CONFIRM_AFTER)
    assert isinstance(begun, Begun)
    count(engine, begun.attempt_id, NOW + CONFIRM_AFTER)
    for later in (NOW + CONFIRM_AFTER + LEASE, NOW + DAY):
        assert try_it(engine, MINE, OK, later) in (
            NotNow(None, Because.PAUSED, settled=True),
            NotNow(None, Because.PAUSED),
        )
    found = stored(engine)
    assert (found.standing.state, found.standing.cause, found.next_at) == (
        SmtpState.PAUSED,
        "SMTP_WRONG_PASSWORD",
        None,
    )


def test_an_auth_does_not_leave_once_its_lease_has_run_out(engine: Engine) -> None:
    begun = begin(engine, MINE, NOW)
    assert isinstance(begun, Begun)
    assert count(engine, begun.attempt_id, NOW + LEASE) == NotNow(NOW + LEASE + SOON, Because.TOO_LATE)
    assert [one.auths for one in attempts(engine)] == [0]


def test_what_died_is_cleared_away_and_what_counts_stays(engine: Engine) -> None:
    for id, auths in (("c1", 0), ("c2", 1)):
        begun = begin(engine, wanted(id, address=f"9.9.9.{auths}"), NOW)
        assert isinstance(begun, Begun)
        for _ in range(auths):
            count(engine, begun.attempt_id, NOW, "9.9.9.1")
    try_it(engine, wanted("c3"), OK, NOW + LEASE + 1)
    left = {one.company_id: (one.auths, one.ended_at) for one in attempts(engine)}
    assert left == {"c2": (1, NOW + LEASE), "c3": (1, NOW + LEASE + 1)}


# Servers and providers


def test_one_login_at_a_time_at_a_server_of_nobody_known(engine: Engine) -> None:
    assert isinstance(begin(engine, MINE, NOW), Begun)
    busy = begin(engine, wanted("c2"), NOW)
    assert isinstance(busy, NotNow)
    assert busy.why is Because.BUSY
    assert isinstance(begin(engine, wanted("c3", address="8.8.8.8"), NOW), Begun)


def test_it_counts_where_the_connection_really_goes(engine: Engine) -> None:
    one, other = begin(engine, MINE, NOW), begin(engine, wanted("c2", address="8.8.8.8"), NOW)
    assert isinstance(one, Begun)
    assert isinstance(other, Begun)
    assert count(engine, one.attempt_id, NOW, HERE) is None
    assert count(engine, other.attempt_id, NOW, HERE) == NotNow(NOW + SOON, Because.BUSY)
    assert [row.auths for row in attempts(engine)] == [1, 0]


def test_a_provider_gets_a_few_at_a_time_and_not_all_at_once(engine: Engine) -> None:
    def at_google(n: int, at: float) -> Begun | NotNow:
        return begin(engine, wanted(f"c{n}", address="", group="Google"), at)

    assert isinstance(at_google(1, NOW), Begun)
    assert at_google(2, NOW + 0.1) == NotNow(pytest.approx(NOW + 0.4), Because.BUSY)
    for n in range(2, 6):
        assert isinstance(at_google(n, NOW + n), Begun)
    assert isinstance(at_google(6, NOW + 9), NotNow)


def test_the_time_between_two_starts_holds_also_when_the_first_is_over(engine: Engine) -> None:
    try_it(engine, wanted("c1", group="Google"), OK, NOW)
    assert begin(engine, wanted("c2", group="Google"), NOW + 0.2) == NotNow(
        pytest.approx(NOW + 0.3), Because.BUSY
    )
    assert isinstance(begin(engine, wanted("c2", group="Google"), NOW + 0.31), Begun)


def test_three_refusals_at_one_address_leave_it_alone_for_a_while(engine: Engine) -> None:
    for n in range(1, 4):
        assert try_it(engine, wanted(f"c{n}"), WRONG, NOW + n) is None
    rests = NotNow(NOW + 3 + 15 * MINUTE, Because.SERVER_RESTS)
    assert begin(engine, wanted("c4"), NOW + 60) == rests
    elsewhere = begin(engine, wanted("c4", address="8.8.8.8"), NOW + 60)
    assert isinstance(elsewhere, Begun)
    assert count(engine, elsewhere.attempt_id, NOW + 60, HERE) == rests
    assert count(engine, elsewhere.attempt_id, NOW + 60, "8.8.8.8") is None
    assert isinstance(begin(engine, wanted("c5"), NOW + 3 + 15 * MINUTE), Begun)


def test_answers_that_nobody_heard_may_have_been_refusals(engine: Engine) -> None:
    try_it(engine, wanted("c1"), WRONG, NOW)
    try_it(engine, wanted("c2"), LOST, NOW + 1)
    died = begin(engine, wanted("c3"), NOW + 2)
    assert isinstance(died, Begun)
    count(engine, died.attempt_id, NOW + 2)
    rests = NotNow(NOW + 2 + LEASE + 15 * MINUTE, Because.SERVER_RESTS)
    assert begin(engine, wanted("c4"), NOW + 2 + LEASE) == rests
    try_it(engine, wanted("c4", address="8.8.8.8"), OK, NOW + 2 + LEASE)
    assert begin(engine, wanted("c5"), NOW + 2 + LEASE) == rests


def test_a_provider_that_asks_to_slow_down_is_left_alone_twice_as_long_each_time(engine: Engine) -> None:
    def ask(n: int, at: float) -> NotNow | None:
        return try_it(engine, wanted(f"c{n}", group="Google", address="", asked=True), SLOWER, at)

    assert ask(1, NOW) is None
    assert ask(2, NOW + 60) == NotNow(NOW + 15 * MINUTE, Because.PROVIDER_RESTS)
    assert ask(2, NOW + 15 * MINUTE) is None
    assert ask(3, NOW + 40 * MINUTE) == NotNow(NOW + 45 * MINUTE, Because.PROVIDER_RESTS)
    assert try_it(engine, wanted("c4", group="Zoho"), OK, NOW + 40 * MINUTE) is None
    assert try_it(engine, wanted("c5", group="Google", address=""), OK, NOW + 45 * MINUTE) is None
    assert ask(6, NOW + 46 * MINUTE) is None
    assert ask(7, NOW + 47 * MINUTE) == NotNow(NOW + 61 * MINUTE, Because.PROVIDER_RESTS)


def test_a_provider_whose_greeting_says_later_is_left_alone_by_everybody(engine: Engine) -> None:
    greeted = Login(Result.UNREACHABLE, 421, "4.3.2", "SMTP_TURNED_AWAY_FOR_NOW", "4.3.2 not now")
    assert try_it(engine, wanted("c1", group="Google"), greeted, NOW) is None
    assert begin(engine, wanted("c2", group="Google"), NOW + 60) == NotNow(
        NOW + 15 * MINUTE, Because.PROVIDER_RESTS
    )
    refused = replace(greeted, code=554, cause="SMTP_TURNED_AWAY")
    assert try_it(engine, wanted("c3", group="Zoho Mail"), refused, NOW) is None
    assert isinstance(begin(engine, wanted("c4", group="Zoho Mail"), NOW + 60), Begun)


def test_a_server_of_nobody_known_is_a_provider_of_its_own(engine: Engine) -> None:
    try_it(engine, MINE, SLOWER, NOW)
    assert begin(engine, wanted("c2"), NOW + 60) == NotNow(NOW + 15 * MINUTE, Because.PROVIDER_RESTS)
    assert isinstance(begin(engine, wanted("c2", address="8.8.8.8"), NOW + 60), Begun)


# Clocks

YEAR = 365 * DAY


def test_another_machine_whose_clock_is_ahead_holds_up_no_provider(engine: Engine) -> None:
    assert try_it(engine, wanted("c1", group="Google", address=""), OK, NOW + 60) is None
    assert isinstance(begin(engine, wanted("c2", group="Google", address=""), NOW), Begun)
    assert begin(engine, wanted("c3", group="Google", address=""), NOW + 0.2).until == pytest.approx(
        NOW + 0.3
    )


def test_after_a_clock_that_ran_ahead_everybody_is_tried_again_within_the_day(engine: Engine) -> None:
    assert try_it(engine, MINE, OK, NOW + YEAR) is None
    assert try_it(engine, wanted("c2", group="Google"), SLOWER, NOW + YEAR) is None
    begin(engine, wanted("c3", address="8.8.8.8"), NOW + YEAR)
    assert due(engine, NOW) == {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}
    assert begin(engine, MINE, NOW) == NotNow(pytest.approx(NOW + 0.8 * DAY), Because.NOT_DUE)
    assert begin(engine, wanted("c4", group="Google"), NOW + 1) == NotNow(
        pytest.approx(NOW + 15 * MINUTE), Because.PROVIDER_RESTS
    )
    assert isinstance(begin(engine, wanted("c3", address="8.8.8.8"), NOW + LEASE), Begun)
    assert try_it(engine, MINE, OK, NOW + DAY) is None


def test_a_clock_that_ran_ahead_gives_no_account_another_try(engine: Engine) -> None:
    try_it(engine, MINE, WRONG, NOW + YEAR)
    try_it(engine, MINE, WRONG, NOW + YEAR + CONFIRM_AFTER)
    asked = replace(MINE, asked=True)
    for at in (NOW, NOW + DAY, NOW + 2 * YEAR):
        assert begin(engine, MINE, at) == NotNow(None, Because.PAUSED)
        assert begin(engine, asked, at) == NotNow(None, Because.PAUSED)


# What is kept


def test_a_success_forgets_all_but_the_last_day(engine: Engine) -> None:
    try_it(engine, wanted("c2", address="8.8.8.8"), POLICY, NOW)
    for day in range(5):
        try_it(engine, MINE, OK, NOW + day * DAY)
    try_it(engine, MINE, OK, NOW + 5 * DAY)
    kept = [(one.company_id, one.began_at) for one in attempts(engine)]
    assert kept == [("c2", NOW), ("c1", NOW + 4 * DAY), ("c1", NOW + 5 * DAY)]


def test_answers_that_nobody_knows_are_counted_without_who_was_meant(engine: Engine) -> None:
    said = "550 5.1.9 user jan.peeters@acme.be at 192.0.2.77 sorry (session {}4f0c2a9981)"
    for n in range(3):
        login = Login(Result.REFUSED, 550, "5.1.9", "SMTP_LOGIN_REFUSED", said.format(n), attempts=1)
        try_it(engine, wanted(f"c{n + 1}", address=f"9.9.9.{n}"), login, NOW + n)
    try_it(engine, wanted("c5"), WRONG, NOW)
    with Session(engine) as session:
        (found,) = logins.unmatched(session, 10)
    assert found.text == "550 5.1.9 user [address] at [ip] sorry (session [id])"
    assert (found.code, found.count, found.first_at, found.last_at) == (550, 3, NOW, NOW + 2)


def test_a_server_that_says_something_else_each_time_does_not_fill_the_table(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmatched_replies, "MOST", 3)
    words = ["one", "two", "two", "three", "four", "five"]
    with writing(engine) as session:
        for at, word in enumerate(words):
            login = Login(Result.REFUSED, 550, "", "SMTP_LOGIN_REFUSED", word)
            unmatched_replies.note(session, login, float(at))
    with Session(engine) as session:
        assert [one.text for one in logins.unmatched(session, 10)] == ["two", "five", "four"]


# Several at once


def test_many_at_once_keep_the_caps_together(engine: Engine) -> None:
    """Threads with a connection each: SQLite's one writer, PostgreSQL's lock."""
    begun: list[Begun | NotNow] = []

    def one(n: int) -> None:
        begun.append(begin(engine, wanted(f"c{n % 8 + 1}", address=HERE), NOW))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Begun) for one in begun) == 1
    assert len(attempts(engine)) == 1


def test_a_login_that_is_gone_is_nobodys(engine: Engine) -> None:
    begun = begin(engine, wanted("deleted"), NOW)
    assert isinstance(begun, Begun)
    end(engine, begun.attempt_id, OK, NOW)
    with Session(engine) as session:
        assert session.get(LoginRow, "deleted") is None
