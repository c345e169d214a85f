"""Who stops a scan in the middle of its logins: what left is counted, and nothing else leaves."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine

from checks.smtp.conversation import Conversation
from data import login_attempts
from data.demo.certificates import Pair
from data.worker.database import opened
from data.worker.logins import Logins
from data.worker.one_login import LoginSetup
from tests.support.login_scans import RIGHT, enter, letting_in, resolver, scanned, verdict
from tests.support.logins import attempts
from tests.support.smtp_scripts import until, waiting
from tests.support.smtp_server import ScriptedServer, serving

pytestmark = pytest.mark.integration


def heard_auth(server: ScriptedServer) -> None:
    end = time.monotonic() + 20
    while not server.auths and time.monotonic() < end:
        time.sleep(0.01)


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
