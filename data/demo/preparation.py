"""The demo's database: the fleet imported, scanned and logged in, once; what an interrupted start left out is made
good."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from checks.command import USAGE, Stop
from checks.resolver import LiveResolver
from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.guard import Guard
from checks.smtp.result import Login
from data import logins
from data.commands.progress import shown
from data.demo import earlier, fleet, platform
from data.demo.mail_layout import LOOPBACK, Layout
from data.engine import DatabaseUnavailable, open_engine, sentence
from data.importers.run import import_file
from data.schema import CompanyRow, VerdictRow
from data.secrets import Secrets
from data.worker import database, scan
from data.worker.one_login import LoginSetup, OneLogin, is_worth_finding
from data.worker.scan import Tell, ignore

TIMEOUT, ATTEMPTS, IN_FLIGHT = 1.0, 3, 50
"""Seconds and tries for a look-up, and how many are out at once: only names that stay silent are to wait so long,
also on a busy machine."""
LIMITS, LEASE = Limits(whole=9.0, step=3.0), 20.0
"""Seconds for a login, likewise; and those that a start waits at most for the logins of one that was killed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo has its things: `var`, the database's URL, the address of its name server, its mail servers and
    the authority that vouches for them (a PEM file)."""

    var: Path
    database: str
    nameserver: str
    mail: Layout
    authority: Path


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in the database: ids of companies of the present file, of those gone, and the verdicts by id."""

    stored: frozenset[str]
    gone: frozenset[str]
    verdicts: Mapping[str, str]

    @property
    def counts(self) -> Counter[str]:
        """Companies of the present file by verdict."""
        return Counter(self.verdicts[id] for id in self.stored if id in self.verdicts)


def prepare(place: Place, secrets: Secrets) -> Standing:
    """Import and scan what is not there yet. Ctrl-C keeps what was done; the next call goes on from there.

    Raises `DatabaseUnavailable`, `SecretsUnavailable`, `Stop`.
    """
    with _alone(place.var):
        engine = open_engine(place.database)
        try:
            _complete(engine, place, secrets)
            return standing(engine)
        except DBAPIError as error:
            raise DatabaseUnavailable(sentence(engine, error)) from None
        finally:
            engine.dispose()


def standing(engine: Engine) -> Standing:
    """What is in the database now."""
    with Session(engine) as session:
        rows = session.execute(_VERDICTS).all()
    return Standing(
        stored=frozenset(id for id, gone, _ in rows if not gone),
        gone=frozenset(id for id, gone, _ in rows if gone),
        verdicts={id: verdict for id, _, verdict in rows if verdict},
    )


_VERDICTS = select(CompanyRow.id, CompanyRow.gone_since, VerdictRow.verdict).join(
    VerdictRow, VerdictRow.company_id == CompanyRow.id, isouter=True
)


def _complete(engine: Engine, place: Place, secrets: Secrets) -> None:
    """An earlier file first, and its companies judged that the present file leaves out; then the present one."""
    present, former = fleet.companies(), fleet.former()
    now = standing(engine)
    if not {company.id for company in (*present, *former)} <= now.stored | now.gone:
        _import(engine, place, "demo-earlier.csv", (*present, *former), secrets)
        now = standing(engine)
    leaving = {company.id for company in former} & now.stored
    if leaving:
        if unseen := leaving - now.verdicts.keys():
            asyncio.run(_judge(engine, place, unseen, ignore))
        _import(engine, place, "demo.csv", present, secrets)
    elif not _ports_fit(engine, place.mail):
        _import(engine, place, "demo.csv", present, secrets)
    unlooked = _unlooked(engine)
    if left := ({company.id for company in present} - now.verdicts.keys()) | unlooked:
        setup = _setup(place, secrets)
        asyncio.run(_look_earlier(engine, place, setup, unlooked))
        with shown() as tell:
            asyncio.run(_judge(engine, place, left, tell, setup))


def _ports_fit(engine: Engine, mail: Layout) -> bool:
    """Whether the companies' servers are at the ports that were imported; the names lead to whatever address."""
    ports = {member.id: mail.entered(member) for member in fleet.companies() if member.smtp_host}
    with Session(engine) as session:
        stored = session.execute(select(CompanyRow.id, CompanyRow.smtp_port))
        return all(port == ports[id] for id, port in stored if id in ports)


def _unlooked(engine: Engine) -> frozenset[str]:
    """The companies of whose login nothing is known, with the settings that they have now."""
    customers = [company.id for company in fleet.companies() if company.smtp_password]
    with Session(engine) as session:
        known = logins.known(session, customers)
    return frozenset(id for id in customers if id not in known or known[id].standing is None)


def _setup(place: Place, secrets: Secrets) -> LoginSetup:
    return LoginSetup(
        secrets,
        ehlo_name=platform.DOMAIN,
        guard=Guard((ip_network(LOOPBACK),)),
        context=tls.context_with(place.authority),
        limits=LIMITS,
        lease=LEASE,
    )


def _import(
    engine: Engine, place: Place, name: str, members: Iterable[fleet.Company], secrets: Secrets
) -> None:
    path = place.var / name
    try:
        fleet.write_csv(path, members, place.mail.entered)
    except OSError as error:
        raise _cannot_write(path, error) from None
    report = import_file(engine, path, secrets, datetime.now(UTC))
    if report.rejected:
        raise ValueError(f"the demo's own file has rows that the importer rejects: {report.rejected}")


async def _look_earlier(engine: Engine, place: Place, setup: LoginSetup, ids: Collection[str]) -> None:
    """The logins of these companies that were made before the scan."""
    async with _resolver(place) as resolver, database.opened(engine) as opened:
        for seconds, id in earlier.looks(place.mail):
            if id in ids:
                one = OneLogin(opened, replace(setup, clock=partial(_ago, seconds)), resolver)
                login = await one.make(id)
                if isinstance(login, Login) and is_worth_finding(login):
                    await one.find_server(id)


def _ago(seconds: float) -> float:
    return time.time() - seconds


async def _judge(
    engine: Engine, place: Place, ids: Collection[str], tell: Tell, setup: LoginSetup | None = None
) -> None:
    async with _resolver(place) as resolver:
        await scan.run(engine, platform.PLATFORM, resolver, ids, tell, width=len(ids), logins=setup)


def _resolver(place: Place) -> LiveResolver:
    return LiveResolver([place.nameserver], timeout=TIMEOUT, attempts=ATTEMPTS, in_flight=IN_FLIGHT)


def require_writable(var: Path) -> None:
    """`Stop(2)` when nothing can be written there."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var), _lock_file(var).open("a"):
            return
    except OSError as error:
        raise _cannot_write(var, error) from None


def _cannot_write(path: Path, error: OSError) -> Stop:
    mend = "give yourself the right to write there, or clone where you have it"
    return Stop(USAGE, f"cannot write {path} ({error.strerror}): {mend}")


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """One start at a time prepares; the others wait until it is done, and find everything there."""
    with _lock_file(var).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start of the demo is preparing its data: waiting for it", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_file(var: Path) -> Path:
    return var / "demo.lock"
