"""The demo's database: the fleet imported and scanned, once; what an interrupted start left out is made good."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from checks.command import USAGE, Stop
from checks.resolver import LiveResolver
from data.commands.progress import shown
from data.demo import fleet
from data.demo.platform import PLATFORM
from data.engine import DatabaseUnavailable, open_engine, sentence
from data.importers.run import import_file
from data.schema import CompanyRow, VerdictRow
from data.secrets import Secrets
from data.worker import scan
from data.worker.scan import Tell, ignore

TIMEOUT, ATTEMPTS, IN_FLIGHT = 1.0, 3, 50
"""Seconds and tries for a look-up, and how many are out at once: only names that stay silent are to wait so long,
also on a busy machine."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo keeps its things: `var`, the database's URL, the address of its name server."""

    var: Path
    database: str
    nameserver: str


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
        rows = session.execute(_VERDICTS).tuples().all()
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
        _import(engine, place.var / "demo-earlier.csv", (*present, *former), secrets)
        now = standing(engine)
    leaving = {company.id for company in former} & now.stored
    if leaving:
        if unseen := leaving - now.verdicts.keys():
            asyncio.run(_judge(engine, place.nameserver, unseen, ignore))
        _import(engine, place.var / "demo.csv", present, secrets)
    if unjudged := {company.id for company in present} - now.verdicts.keys():
        with shown() as tell:
            asyncio.run(_judge(engine, place.nameserver, unjudged, tell))


def _import(engine: Engine, path: Path, members: Iterable[fleet.Company], secrets: Secrets) -> None:
    try:
        fleet.write_csv(path, members)
    except OSError as error:
        raise _cannot_write(path, error) from None
    report = import_file(engine, path, secrets, datetime.now(UTC))
    if report.rejected:
        raise ValueError(f"the demo's own file has rows that the importer rejects: {report.rejected}")


async def _judge(engine: Engine, nameserver: str, ids: Collection[str], tell: Tell) -> None:
    async with LiveResolver(
        [nameserver], timeout=TIMEOUT, attempts=ATTEMPTS, in_flight=IN_FLIGHT
    ) as resolver:
        await scan.run(engine, PLATFORM, resolver, ids, tell, width=len(ids))


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
