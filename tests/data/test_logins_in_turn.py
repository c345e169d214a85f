"""Logins wait for each other: at one server, at one provider, and where the store says so."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from checks.company import SmtpState
from data import login_attempts
from data.demo.certificates import Pair
from data.login_attempts import Because, NotNow
from data.schema import LoginAttemptRow
from data.worker.database import opened
from data.worker.logins import Logins
from data.worker.one_login import LoginSetup
from tests.support.login_scans import NAMES, AtOnce, enter, later, letting_in, resolver, scanned, verdict
from tests.support.logins import attempts
from tests.support.smtp_server import polite, serving

pytestmark = pytest.mark.integration


async def test_three_refusals_at_one_address_put_off_the_other_companies_there(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    """Whatever names they have for it; who is at another address is tried."""
    with (
        serving(letting_in("right"), pair) as server,
        serving(letting_in("right"), pair, "127.0.0.2") as elsewhere,
    ):
        for n in range(1, 7):
            enter(engine, f"c{n}", server.port, "wrong", smtp_host=NAMES[n % 3])
        enter(engine, "c7", elsewhere.port, smtp_host="mail.apart.test")
        apart = "mail.apart.test A 127.0.0.2\n"
        summary = await scanned(engine, setup, apart)
        assert len(server.auths) == 3
        assert (summary.logins.tried, summary.logins.put_off) == (4, 3)
        again = await scanned(engine, setup, apart)
        assert (again.logins.due, again.logins.put_off, len(server.auths)) == (3, 3, 3)
        later(engine, 16 * 60)
        await scanned(engine, setup, apart)
    assert len(server.auths) == 6
    states = [verdict(engine, f"c{n}").smtp for n in range(1, 7)]
    assert states == [SmtpState.FAILING] * 6


async def test_at_a_server_of_nobody_known_one_logs_in_after_the_other(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    """Three names of one address: no AUTH comes while another one waits for its answer."""
    waiting = AtOnce(0.02)
    with serving(polite(answer=waiting.answer), pair) as server:
        for n in range(1, 13):
            enter(engine, f"c{n}", server.port, smtp_host=NAMES[n % 3])
        summary = await scanned(engine, setup)
    assert (summary.logins.let_in, len(server.auths), waiting.most) == (12, 12, 1)


async def test_a_provider_gets_its_few_at_a_time(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    caps, begin = replace(setup.caps, between=0.001), login_attempts.begin
    most = 0

    def watched(session: Session, *given: Any) -> Any:
        nonlocal most
        begun = begin(session, *given)
        under_way = select(LoginAttemptRow.id).where(LoginAttemptRow.ended_at.is_(None))
        most = max(most, len(session.scalars(under_way).all()))
        return begun

    monkeypatch.setattr(login_attempts, "begin", watched)
    with serving(letting_in("right"), pair) as server:
        for n in range(1, 13):
            enter(engine, f"c{n}", server.port, smtp_host="smtp.gmail.com")
        summary = await scanned(engine, replace(setup, caps=caps))
    assert summary.logins.let_in == 12
    assert 1 < most <= 5


async def test_who_has_to_wait_asks_the_store_ever_more_seldom_and_as_long_as_it_takes(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other processes take all the room for the time of three thousand questions."""
    naps: list[float] = []
    real, asked = login_attempts.begin, 0

    def busy(session: Session, wanted: Any, now: float, *more: Any) -> Any:
        nonlocal asked
        asked += 1
        return real(session, wanted, now, *more) if asked > 3000 else NotNow(now, Because.BUSY)

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    monkeypatch.setattr(login_attempts, "begin", busy)
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        async with opened(engine) as database:
            waiting_for_room = Logins(database, setup, resolver())
            monkeypatch.setattr("data.worker.logins.asyncio.sleep", nap)
            await waiting_for_room.run()
    assert (waiting_for_room.counts.let_in, len(server.auths), len(naps)) == (1, 1, 3000)
    assert naps[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])
    assert max(naps) <= 2.0


async def test_what_the_store_does_not_count_does_not_leave(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = NotNow(time.time() + 900, Because.SERVER_RESTS)
    monkeypatch.setattr(login_attempts, "count_auth", lambda *_: refused)
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        summary = await scanned(engine, setup)
    assert (server.auths, summary.logins.put_off) == ([], 1)
    assert attempts(engine) == []
    assert verdict(engine, "c1").smtp is SmtpState.UNCHECKED
