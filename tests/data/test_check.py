"""One company looked at now: its DNS, and the one login that its budget allows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from checks.company import SmtpState
from data.commands.check import as_json
from data.demo.certificates import Pair
from data.login_attempts import Because, NotNow
from data.secrets import Secrets
from data.worker import check, scan
from data.worker.one_login import LoginSetup
from tests.support.login_scans import PLATFORM, enter, letting_in, resolver
from tests.support.smtp_server import serving

pytestmark = pytest.mark.integration


async def checked(engine: Engine, setup: LoginSetup, id: str = "c1") -> check.Checked:
    return await check.run(engine, PLATFORM, resolver(), id, setup)


async def test_check_now_looks_at_both_until_its_budget_is_used_up(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        found = [await checked(engine, setup) for _ in range(4)]
    assert len(server.auths) == 3
    assert [one.login.check_now_left if one.login else None for one in found] == [2, 1, 0, 0]
    last = found[-1]
    assert isinstance(last.outcome, NotNow)
    assert last.outcome.why is Because.BUDGET_USED_UP
    assert last.verdict is not None
    assert last.verdict.diagnosis.smtp is SmtpState.OK
    assert last.verdict.attempted_at > (found[0].verdict or last.verdict).attempted_at


async def test_check_now_does_not_touch_what_is_paused(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        for _ in range(3):
            found = await checked(engine, setup)
    assert len(server.auths) == 2
    assert found.outcome == NotNow(None, Because.PAUSED)
    assert found.login is not None
    assert (found.login.standing.state, found.login.check_now_left) == (SmtpState.PAUSED, 0)


async def test_a_paused_password_at_another_port_stays_paused_on_every_screen(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    """No try is made, so what is known of the password becomes that of the new settings, whatever is written first."""
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        for _ in range(2):
            await checked(engine, setup)
        enter(engine, "c1", server.port, "wrong", smtp_security="implicit")
        for look in range(3):
            found = await checked(engine, setup)
            assert found.login is not None
            assert found.verdict is not None
            said = (found.login.standing.state, found.login.changed, found.verdict.diagnosis.smtp)
            assert said == (SmtpState.PAUSED, False, SmtpState.PAUSED), look
    assert len(server.auths) == 2


async def test_check_now_without_the_key_tries_nothing(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        found = await checked(engine, replace(setup, secrets=Secrets()))
    assert server.auths == []
    told = as_json("c1", found)
    assert (told["tried"], told["refused"]) == (
        False,
        "The login was not tried: no key opens the stored password",
    )
    assert (told["verdict"], told["cause"]) == ("unknown", "SMTP_PASSWORD_UNREADABLE")


async def test_check_now_of_who_needs_no_login_looks_at_the_dns(engine: Engine, setup: LoginSetup) -> None:
    enter(engine, "c1", 587, sending_method="platform")
    found = await checked(engine, setup)
    assert (found.outcome, found.login) == (None, None)
    assert found.verdict is not None
    with pytest.raises(scan.UnknownCompany):
        await checked(engine, setup, "nobody")
