"""A scan makes the logins that are due, counted, in whatever order they and the DNS come."""

from __future__ import annotations

import secrets as random
import time
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, update

from checks.company import SmtpState
from checks.domain_name import Address
from checks.model import Severity
from checks.smtp.discover import Discovery, Note
from checks.smtp.etiquette import CONFIRM_AFTER, DAY
from data.demo.certificates import Pair
from data.engine import writing
from data.schema import CompanyRow, LoginAttemptRow
from data.secrets import Secrets
from data.worker import one_login
from data.worker.database import opened
from data.worker.keep import keep
from data.worker.logins import Logins
from data.worker.look import Look, Looked
from data.worker.one_login import LoginSetup, OneLogin
from data.worker.scan import Progress
from tests.support.login_scans import PLATFORM, SECRETS, enter, later, letting_in, resolver, scanned, verdict
from tests.support.logins import attempts, stored
from tests.support.mail_servers import dovecot, no_dovecot
from tests.support.smtp_server import serving

pytestmark = pytest.mark.integration


async def test_a_scan_logs_in_and_says_so(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    told: list[Progress] = []
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        enter(engine, "c2", server.port, "wrong")
        enter(engine, "c3", server.port, sending_method="platform")
        summary = await scanned(engine, setup, progress=told.append)
    assert len(server.auths) == 2
    assert (summary.companies, summary.logins.due, summary.logins.tried, summary.logins.let_in) == (
        3,
        2,
        2,
        1,
    )
    assert told[-1].logins.done == 2
    found = {id: verdict(engine, id) for id in ("c1", "c2", "c3")}
    assert {id: (one.smtp, one.verdict) for id, one in found.items()} == {
        "c1": (SmtpState.OK, Severity.OK),
        "c2": (SmtpState.FAILING, Severity.FAILURE),
        "c3": (SmtpState.NOT_USED, Severity.OK),
    }
    assert found["c2"].cause == "SMTP_WRONG_PASSWORD"
    assert stored(engine, "c1", time.time()).dialogue[-1].text.startswith("221")


async def test_what_is_not_due_is_not_tried_again(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        enter(engine, "c2", server.port, "wrong")
        for _ in range(3):
            summary = await scanned(engine, setup)
    assert len(server.auths) == 2
    assert (summary.logins.due, summary.logins.tried) == (0, 0)
    assert verdict(engine, "c1").smtp is SmtpState.OK


async def test_a_daily_scan_looks_at_a_healthy_login_daily_and_confirms_a_refusal_once(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        enter(engine, "c2", server.port, "wrong")
        for _ in range(4):
            await scanned(engine, setup)
            later(engine, 0.81 * 86400)
    assert len(server.auths) == 4 + 2
    assert (verdict(engine, "c1").smtp, verdict(engine, "c2").smtp) == (SmtpState.OK, SmtpState.PAUSED)


async def test_a_changed_password_ends_the_pause(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        for _ in range(3):
            await scanned(engine, setup)
            later(engine, 86400)
        assert verdict(engine, "c1").smtp is SmtpState.PAUSED
        enter(engine, "c1", server.port, "right")
        await scanned(engine, None)
        assert (verdict(engine, "c1").smtp, verdict(engine, "c1").cause) == (
            SmtpState.UNCHECKED,
            "SMTP_UNCHECKED",
        )
        await scanned(engine, setup)
    assert len(server.auths) == 3
    assert verdict(engine, "c1").smtp is SmtpState.OK


async def test_the_order_of_dns_and_login_does_not_matter(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    """Before, after, both at once, and a look that was made before the login and is stored after it."""
    with serving(letting_in("right"), pair) as server:
        for id in ("c1", "c2", "c3", "c4"):
            enter(engine, id, server.port, "wrong", email="info@c1.example", smtp_username=id)
        await scanned(engine, None, only=["c1"])
        async with opened(engine) as database:
            late: list[Looked] = []

            async def hold(looked: Looked) -> None:
                late.append(looked)

            async def one() -> Any:
                yield ["c4"]

            await Look(engine, PLATFORM, resolver(), hold, width=1).run(one())
            for id in ("c1", "c2", "c4"):
                await Logins(database, setup, resolver()).run([id])
                with writing(engine) as session:  # so that the next one may be refused there too
                    session.execute(update(LoginAttemptRow).values(address=id))
            for looked in late:
                await database.write(lambda s, looked=looked: keep(s, looked))
        await scanned(engine, None, only=["c2"])
        await scanned(engine, setup, only=["c3"])
    assert len(server.auths) == 4
    first, *others = (verdict(engine, id) for id in ("c1", "c2", "c3", "c4"))
    assert (first.smtp, first.cause) == (SmtpState.FAILING, "SMTP_WRONG_PASSWORD")
    assert [replace(one, checked_at=first.checked_at) for one in others] == [first] * 3


async def test_what_was_not_entered_is_not_tried_and_says_what_is_missing(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "", smtp_username="info")
        enter(engine, "c2", server.port, smtp_username="")
        summary = await scanned(engine, setup)
    assert (server.auths, summary.logins.due) == ([], 0)
    found = {id: verdict(engine, id).findings[0] for id in ("c1", "c2")}
    assert {id: (f.rule, f.evidence[0].found) for id, f in found.items()} == {
        "c1": ("SMTP_UNCHECKED", "no password"),
        "c2": ("SMTP_UNCHECKED", "no user name"),
    }


async def test_a_lost_key_is_unknown_and_nothing_leaves_until_it_is_back(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port)
        await scanned(engine, setup)
        later(engine, 2 * 86400)
        others = replace(setup, secrets=Secrets([Fernet.generate_key().decode()]))
        for name in ("A", "B"):
            with writing(engine) as session:
                session.get_one(CompanyRow, "c1").name = name  # so that it is judged anew
            assert (await scanned(engine, others)).unknown == 0  # for no look-up failed
        found = verdict(engine, "c1")
        assert (found.smtp, found.cause) == (SmtpState.UNKNOWN, "SMTP_PASSWORD_UNREADABLE")
        assert len(server.auths) == 1
        await scanned(engine, setup)
    assert len(server.auths) == 2
    assert verdict(engine, "c1").smtp is SmtpState.OK


async def test_a_paused_login_stays_so_while_its_key_is_away(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        for _ in range(2):
            await scanned(engine, setup)
            later(engine, 86400)
        for secrets in (Secrets(), SECRETS):
            await scanned(engine, replace(setup, secrets=secrets))
            found = verdict(engine, "c1")
            assert (found.smtp, found.cause) == (SmtpState.PAUSED, "SMTP_WRONG_PASSWORD")
    assert len(server.auths) == 2


async def test_a_refusal_is_confirmed_once_although_its_key_was_away(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        for secrets in (SECRETS, Secrets(), SECRETS, SECRETS):
            await scanned(engine, replace(setup, secrets=secrets))
            later(engine, 86400)
    assert len(server.auths) == 2
    assert verdict(engine, "c1").smtp is SmtpState.PAUSED


async def test_credentials_that_no_server_can_be_sent_are_told(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "two\nlines")
        for _ in range(2):
            await scanned(engine, setup)
    assert server.auths == []
    found = verdict(engine, "c1")
    assert (found.smtp, found.cause) == (SmtpState.FAILING, "SMTP_CREDENTIALS_UNUSABLE")
    assert "two" not in repr(found)


async def test_a_login_is_written_at_the_time_that_the_clock_says(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    then = time.time() - CONFIRM_AFTER - 1
    with serving(letting_in("another"), pair) as server:
        enter(engine, "c1", server.port)
        async with opened(engine) as database:
            await OneLogin(database, replace(setup, clock=lambda: then), resolver()).make("c1")
        (first,) = attempts(engine)
        assert (first.began_at, first.ended_at) == (then, then)
        await scanned(engine, setup)
    assert len(server.auths) == 2
    assert verdict(engine, "c1").smtp is SmtpState.PAUSED


async def test_an_error_of_ours_costs_one_company_its_login_and_tells_no_secret(
    engine: Engine,
    setup: LoginSetup,
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    password = random.token_hex(8)
    real = one_login.log_in

    async def broken(server: Any, credentials: Any, **options: Any) -> Any:
        if credentials.username == "info@c1.example":
            raise ValueError(f"a bug with {credentials.secret}")
        return await real(server, credentials, **options)

    monkeypatch.setattr(one_login, "log_in", broken)
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, password)
        enter(engine, "c2", server.port)
        summary = await scanned(engine, setup)
    assert (summary.logins.broken, summary.logins.let_in, summary.companies) == (1, 1, 2)
    assert "'c1'" in caplog.text
    assert password not in caplog.text
    assert len(attempts(engine)) == 1


async def test_where_a_login_does_not_work_the_server_is_looked_for_once_a_day(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []
    real = one_login.discover

    async def noted(address: Any, means: Any, **options: Any) -> Any:
        looked_for.append(f"{address} {options['typed']}")
        return await real(address, means, **options)

    monkeypatch.setattr(one_login, "discover", noted)
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong", smtp_host="smtp.gmail.com")
        enter(engine, "c2", server.port)
        for _ in range(2):
            await scanned(engine, setup)
            later(engine, 3600)
    assert len(server.auths) == 3
    assert looked_for == ["info@c1.example smtp.gmail.com"]
    found = stored(engine, "c1", time.time()).found
    assert found is not None
    assert [one.server.port for one in found.discovery.servers] == [465, 587]
    assert stored(engine, "c2", time.time()).found is None


async def test_a_search_that_could_not_see_everything_is_repeated_and_erases_nothing(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = Address("info", "c1.example")
    blind = Discovery(address, "", (), (Note.NOT_LOOKED_UP,))
    nobody = Discovery(address, "", (), (Note.NO_MAIL,))
    says = [blind, nobody, blind]

    async def discovers(*_: Any, **__: Any) -> Discovery:
        return says.pop(0)

    monkeypatch.setattr(one_login, "discover", discovers)
    known = []
    with serving(letting_in("right"), pair) as server:
        enter(engine, "c1", server.port, "wrong")
        await scanned(engine, setup)
        async with opened(engine) as database:
            for days in (0, 0, 0, 2):
                found = stored(engine, "c1", time.time()).found
                assert found is not None
                known.append(found.discovery)
                then = time.time() + days * DAY
                one = OneLogin(database, replace(setup, clock=lambda then=then: then), resolver())
                await one.find_server("c1")
    assert known == [blind, nobody, nobody, nobody]
    assert says == []
    last = stored(engine, "c1", time.time()).found
    assert last is not None
    assert last.discovery == nobody


async def test_a_scan_of_some_tries_these_alone(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    with serving(letting_in("right"), pair) as server:
        for n in (1, 2):
            enter(engine, f"c{n}", server.port)
        summary = await scanned(engine, setup, only=["c2"])
    assert (summary.logins.due, len(server.auths)) == (1, 1)
    assert stored(engine, "c2", time.time()).standing.state is SmtpState.OK


# A real server


@pytest.mark.skipif(bool(no_dovecot()), reason=no_dovecot() or "is there")
async def test_dovecot_lets_in_whom_it_knows(engine: Engine, setup: LoginSetup, pair: Pair) -> None:
    """By STARTTLS and by implicit TLS; who has a wrong password is confirmed once and then left alone."""
    password = "p\u00e4ss w\u00f6rd \U0001f511"
    with dovecot({f"info@c{n}.example": password for n in (1, 2, 3)}, pair) as server:
        enter(engine, "c1", server.starttls, password)
        enter(engine, "c2", server.implicit, password, smtp_security="implicit")
        enter(engine, "c3", server.starttls, "another")
        for _ in range(3):
            summary = await scanned(engine, setup)
            later(engine, 86400)
    states = {id: verdict(engine, id).smtp for id in ("c1", "c2", "c3")}
    assert states == {"c1": SmtpState.OK, "c2": SmtpState.OK, "c3": SmtpState.PAUSED}
    assert (summary.logins.due, summary.logins.let_in) == (2, 2)
    assert verdict(engine, "c3").cause == "SMTP_WRONG_PASSWORD"
