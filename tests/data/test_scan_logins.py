"""A scan makes the logins that are due, counted, in whatever order they and the DNS come."""

from __future__ import annotations

import asyncio
import base64
import secrets as random
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from checks.company import Diagnosis, SmtpState
from checks.domain_name import Address
from checks.lookup import Resolver
from checks.model import Severity
from checks.platform import Platform
from checks.smtp import tls
from checks.smtp.conversation import Conversation, Limits
from checks.smtp.discover import Discovery, Note
from checks.smtp.etiquette import CONFIRM_AFTER, DAY
from checks.smtp.guard import Guard
from data import companies, login_attempts, verdicts
from data.commands.check import as_json
from data.companies import Entry
from data.demo.certificates import Authority, Pair
from data.engine import writing
from data.login_attempts import Because, NotNow
from data.schema import LoginAttemptRow, LoginRow
from data.secrets import Secrets
from data.worker import check, one_login, scan
from data.worker.database import opened
from data.worker.keep import keep
from data.worker.logins import Logins
from data.worker.look import Look, Looked
from data.worker.one_login import LoginSetup, OneLogin
from data.worker.scan import Progress, ScanSummary
from tests.support.logins import attempts, stored
from tests.support.mail_servers import dovecot, no_dovecot
from tests.support.smtp_scripts import until, waiting
from tests.support.smtp_server import ScriptedServer, polite, serving
from tests.support.zone import zone

pytestmark = pytest.mark.integration

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PLATFORM = Platform("spf.ours.example", (ip_address("192.0.2.1"),))
HOST = "mail.example.test"
NAMES = (HOST, "mail.other.test", "mail.third.test", "smtp.gmail.com")
ZONE = "spf.ours.example TXT v=spf1 ip4:192.0.2.0/24 -all\n" + "".join(
    f"{name} A 127.0.0.1\n" for name in NAMES
)


def resolver(text: str = "") -> Resolver:
    """Companies' domains take mail at one exchanger, and publish nothing else."""
    domains = "".join(f"c{n}.example MX 10 mx.example\n" for n in range(1, 20))
    return zone(ZONE + "mx.example A 192.0.2.25\n" + domains + text, at=1000.0)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def pair(authority: Authority) -> Pair:
    return authority.issue(*NAMES)


SECRETS = Secrets()


@pytest.fixture
def setup(authority: Authority) -> LoginSetup:
    return LoginSetup(
        SECRETS,
        "probe.sendwell.example",
        Guard(allow=(ip_network("127.0.0.0/8"),)),
        tls.context_with(authority.file),
        Limits(whole=8.0, step=4.0),
    )


@pytest.fixture
def engine(store: Engine) -> Engine:
    return store


RIGHT = "right"


def enter(engine: Engine, id: str, port: int, password: str = RIGHT, **given: Any) -> None:
    """As an import does."""
    values = {
        "name": id,
        "email": f"info@{id}.example",
        "email_validated_at": MONDAY,
        "sending_method": "own_server",
        "smtp_host": HOST,
        "smtp_port": port,
        "smtp_security": "starttls",
        "smtp_username": f"info@{id}.example",
    }
    entry = Entry(id, {**values, **given}, password)
    with writing(engine) as session:
        companies.upsert(session, [entry], SECRETS, datetime.now(UTC))


def letting_in(*passwords: str) -> Any:
    """A server that takes these passwords, by PLAIN."""

    def script(peer: Any) -> None:
        def answer(_: str) -> str:
            blob = peer.heard.lines[-1].split(" ")[-1]
            password = base64.b64decode(blob).decode().split("\0")[-1]
            return "235 2.7.0 ok" if password in passwords else "535 5.7.8 Error: authentication failed"

        polite(answer=answer)(peer)

    return script


async def scanned(engine: Engine, setup: LoginSetup | None, text: str = "", **options: Any) -> ScanSummary:
    return await scan.run(engine, PLATFORM, resolver(text), logins=setup, **options)


def verdict(engine: Engine, id: str) -> Diagnosis:
    with Session(engine) as session:
        found = verdicts.get(session, id)
    assert found is not None
    return found.diagnosis


def later(engine: Engine, seconds: float) -> None:
    """Let so much time pass for all that is stored of logins."""
    row = LoginAttemptRow
    with writing(engine) as session:
        session.execute(
            update(row).values(
                began_at=row.began_at - seconds,
                ended_at=row.ended_at - seconds,
                lease_until=row.lease_until - seconds,
            )
        )
        for login in session.query(LoginRow):
            login.tried_at -= seconds
            login.next_at = None if login.next_at is None else login.next_at - seconds
            times = {name: login.standing[name] - seconds for name in ("since", "at", "seen_at")}
            login.standing = {**login.standing, **times}


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
        for _ in range(2):
            await scanned(engine, others)
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
    in_auth, most = 0, 0

    def answer(_: str) -> str:
        nonlocal in_auth, most
        in_auth += 1
        most = max(most, in_auth)
        time.sleep(0.02)
        in_auth -= 1
        return "235 2.7.0 ok"

    with serving(polite(answer=answer), pair) as server:
        for n in range(1, 13):
            enter(engine, f"c{n}", server.port, smtp_host=NAMES[n % 3])
        summary = await scanned(engine, setup)
    assert (summary.logins.let_in, len(server.auths)) == (12, 12)
    assert most == 1


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


async def test_stopping_leaves_the_auth_that_was_under_way_counted(
    engine: Engine, setup: LoginSetup, pair: Pair
) -> None:
    with serving(until("AUTH", waiting), pair) as server:
        enter(engine, "c1", server.port)
        task = asyncio.create_task(scanned(engine, setup))
        await asyncio.to_thread(heard_auth, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (left,) = attempts(engine)
        assert (left.auths, left.result, left.ended_at is None) == (1, "", False)
        summary = await scanned(engine, setup)
    assert (summary.logins.due, len(server.auths)) == (1, 1)
    assert verdict(engine, "c1").cause == "SMTP_ANSWER_LOST"


async def test_stopping_while_a_login_is_written_down_leaves_nobody_waiting_for_it(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, goes_on, begin = threading.Event(), threading.Event(), login_attempts.begin

    def slowly(*given: Any) -> Any:
        begins.set()
        goes_on.wait(20)
        return begin(*given)

    monkeypatch.setattr(login_attempts, "begin", slowly)
    with serving(letting_in(RIGHT), pair) as server:
        enter(engine, "c1", server.port)
        task = asyncio.create_task(scanned(engine, setup))
        await asyncio.to_thread(begins.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (attempts(engine), server.auths) == ([], [])


async def swallows_being_stopped() -> None:
    """As `asyncio.wait_for` of Python 3.11 does when what it waits for comes at the same moment."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


async def test_no_auth_leaves_when_a_stop_was_swallowed_before_it(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ehlo = Conversation.ehlo

    async def stopped_meanwhile(talk: Conversation) -> Any:
        said = await ehlo(talk)
        await swallows_being_stopped()
        return said

    monkeypatch.setattr(Conversation, "ehlo", stopped_meanwhile)
    with serving(letting_in(RIGHT), pair) as server:
        enter(engine, "c1", server.port)
        async with opened(engine) as database:
            logins = asyncio.create_task(Logins(database, setup, resolver()).run())
            await asyncio.gather(logins, return_exceptions=True)
    assert (attempts(engine), server.auths) == ([], [])


async def test_no_other_login_begins_when_a_stop_was_swallowed_by_the_one_before(
    engine: Engine, setup: LoginSetup, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = Conversation.quit

    async def stopped_meanwhile(talk: Conversation) -> None:
        await leave(talk)
        await swallows_being_stopped()

    monkeypatch.setattr(Conversation, "quit", stopped_meanwhile)
    with serving(letting_in("another"), pair) as server:
        enter(engine, "c1", server.port)
        enter(engine, "c2", server.port)
        async with opened(engine) as database:
            logins = asyncio.create_task(Logins(database, setup, resolver()).run())
            await asyncio.gather(logins, return_exceptions=True)
    assert [one.result for one in attempts(engine)] == ["refused"]
    assert len(server.auths) == 1


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


def heard_auth(server: ScriptedServer) -> None:
    end = time.monotonic() + 20
    while not server.auths and time.monotonic() < end:
        time.sleep(0.01)


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


# Check now


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
