"""One company looked at now: its DNS, and its login where it sends by a server of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from checks.lookup import Resolver
from checks.platform import Platform
from checks.smtp.result import Login
from data import companies, logins, verdicts
from data.login_attempts import NotNow
from data.logins import StoredLogin
from data.verdicts import StoredVerdict
from data.worker.database import Database, opened
from data.worker.keep import keep
from data.worker.logins import Logins
from data.worker.look import Look, Looked
from data.worker.one_login import LoginSetup
from data.worker.scan import UnknownCompany


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known now. `verdict`: None only if an error of ours kept it from being judged (logged).

    `outcome`: the login that was made; why none was; None where the company needs none, or has not entered all that it
    needs. `blind`: look-ups were made and not one of them was answered.
    """

    verdict: StoredVerdict | None
    login: StoredLogin | None
    outcome: Login | NotNow | None
    blind: bool


async def run(
    engine: Engine, platform: Platform, resolver: Resolver, company_id: str, setup: LoginSetup
) -> Checked:
    """Look at both at once, and store what was found. The DNS is looked at whatever becomes of the login.

    Cancelling leaves an AUTH that was under way counted. Raises `UnknownCompany`, `DatabaseUnavailable`,
    `SQLAlchemyError`.
    """
    async with opened(engine) as database:
        if not await database.read(lambda s: list(companies.for_scan(s, [company_id]))):
            raise UnknownCompany(f"no company has the id {company_id}: nothing was checked")
        dns = _Dns(database)
        shared = database.thread if isinstance(engine.pool, StaticPool) else None
        look = Look(engine, platform, resolver, dns.store, width=1, thread=shared)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(look.run(_one(company_id)))
                login = group.create_task(Logins(database, setup, resolver).ask(company_id))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

        def known(session: Session) -> Checked:
            stored = logins.get(session, company_id, time.time())
            return Checked(verdicts.get(session, company_id), stored, login.result(), dns.blind)

        return await database.read(known)


class _Dns:
    """Stores what came of looking at the DNS."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answered = self._failed = 0

    async def store(self, looked: Looked) -> None:
        self._answered += looked.answered
        self._failed += looked.failed
        await self._database.write(lambda session: keep(session, looked))

    @property
    def blind(self) -> bool:
        return self._failed > 0 and not self._answered


async def _one(company_id: str) -> AsyncIterator[list[str]]:
    yield [company_id]
