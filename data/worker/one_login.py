"""One login, counted: what was entered is read, the password opened, the store asked, and what came of it written.

Only here a stored password is opened, and it lives no longer than its login.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from checks.domain_name import BadName, address
from checks.frames import forget_locals
from checks.lookup import Resolver
from checks.model import Rule
from checks.providers import provider_of_server
from checks.smtp import login_rules
from checks.smtp.conversation import Limits
from checks.smtp.credentials import BadCredentials, Credentials
from checks.smtp.discover import discover
from checks.smtp.etiquette import DAY, Caps
from checks.smtp.guard import Guard
from checks.smtp.login import log_in, not_tried
from checks.smtp.mechanisms import Mechanism
from checks.smtp.probe import Means
from checks.smtp.result import Login, Result
from data import fingerprints, login_attempts, login_settings, login_standings, rejudging
from data.fingerprints import Fingerprints
from data.login_attempts import Begun, NotNow, Wanted
from data.login_found import FoundServers, decode_found, encode_found
from data.login_settings import LoginSettings
from data.login_standings import Door
from data.secrets import Secrets, SecretsUnavailable
from data.worker.database import Database

NOT_BEGUN = frozenset({login_rules.PASSWORD_UNREADABLE.code, login_rules.CREDENTIALS_UNUSABLE.code})
"""Causes of a login that was not even begun, since its credentials cannot be used."""

FOUND_FOR = DAY
"""Seconds for which the server that was found is not looked for again."""


@dataclass(frozen=True, slots=True)
class LoginSetup:
    """With what logins are made. `ehlo_name`: what we are called; `context`: whom TLS trusts, None for the system's
    authorities; `lease`: seconds after which a login that nobody ended is one of a
    process that died; `clock`: epoch seconds, by which every time is written."""

    secrets: Secrets = field(repr=False)
    ehlo_name: str
    guard: Guard = field(default_factory=Guard)
    context: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    caps: Caps = login_attempts.CAPS
    lease: float = login_attempts.LEASE
    clock: Callable[[], float] = time.time


class _Refused(Exception):
    """The store does not let the AUTH leave."""

    def __init__(self, why: NotNow) -> None:
        super().__init__(why.why)
        self.why = why


class OneLogin:
    """Makes logins, one for each call."""

    def __init__(self, database: Database, setup: LoginSetup, resolver: Resolver) -> None:
        self._database = database
        self._setup = setup
        self._resolver = resolver
        self._fingerprints: Fingerprints | None = None

    async def make(
        self, company_id: str, *, asked: bool = False, expected: str = ""
    ) -> Login | NotNow | None:
        """The company's login; why not now; or None where what it needs was not entered.

        `asked`: somebody pressed "check now". `expected`: the address that it will probably connect to. Cancelling
        leaves an AUTH that was under way counted.
        """
        try:
            return await self._make(company_id, asked, expected)
        except BaseException as error:
            forget_locals(error)  # the password is among them
            raise

    async def _make(self, company_id: str, asked: bool, expected: str) -> Login | NotNow | None:
        entered = await self._entered(company_id)
        if entered is None:
            return None
        (settings, credentials), prints = entered, await self._prints()
        if isinstance(credentials, Rule):
            return await self._unusable(settings, credentials)
        if prints is None:  # the key that tells credentials apart is lost as well as a password would be
            return await self._unusable(settings, login_rules.PASSWORD_UNREADABLE)
        wanted = _wanted(settings, credentials, prints, asked=asked, expected=expected)
        begun = await self._begun(wanted)
        if isinstance(begun, NotNow):
            return begun
        return await self._counted(begun.attempt_id, settings, credentials)

    async def _begun(self, wanted: Wanted) -> Begun | NotNow:
        """A row that was written although we were cancelled meanwhile is taken back, or others wait for its lease."""
        begins = asyncio.ensure_future(self._database.write(partial(_begin, self._setup, wanted)))
        try:
            return await asyncio.shield(begins)
        except asyncio.CancelledError:
            begun = await begins
            if isinstance(begun, Begun):
                await self._put_off(begun.attempt_id)
            raise

    async def _put_off(self, attempt_id: int) -> None:
        await self._database.write(lambda s: login_attempts.put_off(s, attempt_id, self._setup.clock()))

    async def find_server(self, company_id: str) -> None:
        """Look for the company's server, by its address, where that was not done lately; without a password."""
        settings = await self._database.read(lambda s: login_settings.get(s, company_id))
        if settings is None or await self._database.read(partial(_was_found_lately, self._setup, company_id)):
            return
        try:
            whose = address(settings.address)
        except BadName:
            return
        setup = self._setup
        means = Means.of(self._resolver, setup.ehlo_name, setup.guard, setup.context)
        found = FoundServers(setup.clock(), await discover(whose, means, typed=settings.server.host))
        await self._database.write(partial(_note_found, company_id, found))

    async def _entered(
        self, company_id: str, *, once_more: bool = True
    ) -> tuple[LoginSettings, Credentials | Rule] | None:
        """What was entered, opened; or why it cannot be. What no key opens is read once more: another process may have
        rotated the keys just then, and the token that was read is gone with its key."""
        settings = await self._database.read(lambda s: login_settings.get(s, company_id))
        if settings is None:
            return None
        credentials = self._opened(settings)
        if credentials is login_rules.PASSWORD_UNREADABLE and once_more:
            return await self._entered(company_id, once_more=False)
        return settings, credentials

    def _opened(self, settings: LoginSettings) -> Credentials | Rule:
        try:
            return Credentials(settings.username, self._setup.secrets.decrypt(settings.token))
        except SecretsUnavailable:
            return login_rules.PASSWORD_UNREADABLE
        except BadCredentials:
            return login_rules.CREDENTIALS_UNUSABLE

    async def _prints(self) -> Fingerprints | None:
        """None while no key opens the one that they are made with."""
        if self._fingerprints is None:
            secrets = self._setup.secrets
            self._fingerprints = await self._database.write(lambda s: fingerprints.load(s, secrets))
        return self._fingerprints

    async def _unusable(self, settings: LoginSettings, cause: Rule) -> Login:
        """A key may come back any time; what cannot be sent waits for other settings."""
        now = self._setup.clock()
        login = not_tried(settings.server.host, cause, "no login was begun")
        door = Door(settings.company_id, "", settings.changed_at)
        next_at = now if cause is login_rules.PASSWORD_UNREADABLE else None

        def write(session: Session) -> None:
            login_attempts.lock(session)
            login_standings.write_unusable(session, door, login, now, next_at)
            rejudging.rejudge(session, [settings.company_id], datetime.now(UTC))

        await self._database.write(write)
        return login

    async def _counted(
        self, attempt_id: int, settings: LoginSettings, credentials: Credentials
    ) -> Login | NotNow:
        try:
            login = await self._log_in(attempt_id, settings, credentials)
            await self._database.write(partial(_end, self._setup, attempt_id, settings.company_id, login))
            return login
        except _Refused as refused:
            await self._put_off(attempt_id)
            return refused.why
        except BaseException:
            await self._put_off(attempt_id)
            raise

    async def _log_in(self, attempt_id: int, settings: LoginSettings, credentials: Credentials) -> Login:
        async def count(_: Mechanism, where: str) -> None:
            refused = await self._database.write(
                lambda s: login_attempts.count_auth(s, attempt_id, where, self._setup.clock())
            )
            if refused:
                raise _Refused(refused)

        return await log_in(
            settings.server,
            credentials,
            resolver=self._resolver,
            ehlo_name=self._setup.ehlo_name,
            guard=self._setup.guard,
            context=self._setup.context,
            limits=self._setup.limits,
            before_auth=count,
        )


def _wanted(
    settings: LoginSettings, credentials: Credentials, prints: Fingerprints, *, asked: bool, expected: str
) -> Wanted:
    host, username = settings.server.host, credentials.username
    return Wanted(
        company_id=settings.company_id,
        fingerprint=prints.credential(host, username, credentials.secret),
        mailbox=prints.mailbox(host, username),
        address=expected,
        group=provider_of_server(host),
        asked=asked,
        settings_at=settings.changed_at,
    )


def _begin(setup: LoginSetup, wanted: Wanted, session: Session) -> Begun | NotNow:
    begun = login_attempts.begin(session, wanted, setup.clock(), setup.caps, setup.lease)
    if isinstance(begun, NotNow) and begun.settled:
        rejudging.rejudge(session, [wanted.company_id], datetime.now(UTC))
    return begun


def _end(setup: LoginSetup, attempt_id: int, company_id: str, login: Login, session: Session) -> None:
    login_attempts.end(session, attempt_id, login, setup.clock())
    rejudging.rejudge(session, [company_id], datetime.now(UTC))


def _was_found_lately(setup: LoginSetup, company_id: str, session: Session) -> bool:
    """What could not be looked up was not found."""
    known = _known(session, company_id)
    return known is not None and known.complete and setup.clock() - known.at < FOUND_FOR


def _note_found(company_id: str, found: FoundServers, session: Session) -> None:
    """A look that could not see everything does not erase what one saw before that could."""
    known = _known(session, company_id)
    if known and known.complete and not found.complete:
        return
    login_standings.note_found(session, company_id, encode_found(found))


def _known(session: Session, company_id: str) -> FoundServers | None:
    stored = login_standings.found(session, company_id)
    return decode_found(stored) if stored else None


def is_worth_finding(login: Login) -> bool:
    """Whether another server might do better: not where this one only says "not now", or was never asked."""
    failed = (Result.REFUSED, Result.INSECURE, Result.UNREACHABLE)
    return login.result in failed and login.cause not in NOT_BEGUN
