"""The DNS answers themselves, shared by all companies: the last known one, and the failure after it if any.

A failure never erases an answer, and what did not change is not written again. `record` writes what was seen, `known`
reads it back, and `StoredResolver` answers from it, so that a verdict can be had again without a packet.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, select
from sqlalchemy.engine import Row as SqlRow
from sqlalchemy.orm import Session

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, Mx, Record, RecordType, Result, Txt
from checks.resolver.names import lower
from data import upsert
from data.batches import batches
from data.digest import digest
from data.schema import ObservationRow
from data.upsert import Row, Upsert

Key = tuple[str, RecordType]
"""A name and a type, as `checks.lookup` writes them."""

NAMES_A_QUERY = 500
"""How many names one SELECT asks for: SQLite's older builds take 999 parameters."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of one name and type.

    `result`: the last definite answer however old, or the failure when there never was one. As stored, its `at` is
    since when the answer is so. `failure`: the last look-up, where that failed; since when, for this reason. `row`:
    an answer as it is written, where that was made already.
    """

    result: Result
    failure: LookupFailed | None
    row: Row = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, seen: Result) -> Observation:
        """What one look-up says."""
        return cls(seen, seen) if isinstance(seen, LookupFailed) else cls(seen, None, _answer_row(seen))

    def then(self, seen: Result) -> Observation:
        """With what was seen next: an answer clears the failure, a failure keeps the answer."""
        if isinstance(seen, LookupFailed) and not isinstance(self.result, LookupFailed):
            return Observation(self.result, seen, self.row)
        return Observation.of(seen)

    @property
    def digest(self) -> int:
        """Of what the answer says, whatever the order of its records (`data.digest`); 0 where there was none."""
        return int(self.row[_DIGEST]) if self.row else 0


def record(session: Session, results: Iterable[Result]) -> None:
    """Write what was seen, in the order in which it was seen. The caller commits."""
    observations: dict[Key, Observation] = {}
    for seen in results:
        key = seen.name, seen.type
        before = observations.get(key)
        observations[key] = before.then(seen) if before else Observation.of(seen)
    store(session, observations.values())


def store(session: Session, observations: Iterable[Observation]) -> None:
    """Write observations of different names or types; what the table knows better stays. The caller commits."""
    write(session, rows(observations))


@dataclass(frozen=True, slots=True)
class Rows:
    """Observations as they are written, each by its name and type; see `data.upsert.Row`."""

    answers: Mapping[Key, Row]
    failures: Mapping[Key, Row]


def rows(observations: Iterable[Observation]) -> Rows:
    """As they are written.

    Names that no column can hold (over 255 characters, NUL, lone surrogates) are left out: they are no names.
    """
    writable = [o for o in observations if _fits(o.result.name)]
    answers = {
        _key(o): o.row or _answer_row(o.result) for o in writable if not isinstance(o.result, LookupFailed)
    }
    return Rows(answers, {_key(o): _failure_row(o.failure) for o in writable if o.failure})


def news(session: Session, made: Rows) -> Rows:
    """Those that say something else than the table does. (A TTL counts down between two looks: it is no news.)"""
    stored = _stored(session, {name for name, _ in (*made.answers, *made.failures)})
    answers = {
        key: row
        for key, row in made.answers.items()
        if key not in stored
        or stored[key][0] != row[_DIGEST]
        or (stored[key][1] and key not in made.failures)
    }
    failures = {
        key: row
        for key, row in made.failures.items()
        if key in answers or key not in stored or stored[key][1] != row[_FAILURE]
    }
    return Rows(answers, failures)


def write(session: Session, made: Rows) -> None:
    """Write the rows. The caller commits."""
    # In the order of the key, so that two writers on PostgreSQL never wait for each other in a circle.
    answers = [row for _, row in sorted(made.answers.items())]
    failures = [row for _, row in sorted(made.failures.items())]
    upsert.write(session, _write_answers(upsert.upsert(session, ObservationRow)), _ANSWER_COLUMNS, answers)
    upsert.write(session, _write_failures(upsert.upsert(session, ObservationRow)), _FAILURE_COLUMNS, failures)


def is_empty(session: Session) -> bool:
    """Whether nothing was ever stored."""
    return session.execute(select(_TABLE.c.type).limit(1)).first() is None


def known(session: Session, keys: Collection[Key]) -> dict[Key, Observation]:
    """What the table knows of these names and types; a key that is not in the answer was never asked."""
    wanted = set(keys)
    read = _rows(session, sorted({name for name, _ in wanted if _fits(name)}))
    found = {(row.name, RecordType(row.type)): _observation(row) for row in read}
    return {key: seen for key, seen in found.items() if key in wanted}


class StoredResolver:
    """Answers from the table alone: the last known answer, however old, with the time since which it is so.

    Never answered: `LookupFailed` with the stored reason; never asked: `LookupFailed(NOT_STORED)`; what is no
    name does not exist. What was read is kept for the life of the resolver. Reading blocks; give whole fleets
    a `prefetch` first.
    """

    queries = 0
    immediate = True

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[Key, Result] = {}
        self._whole: set[str] = set()

    def prefetch(self, names: Iterable[str]) -> None:
        """Read every type of these names at once."""
        new = sorted({lower(name) for name in names if _fits(name)} - self._whole)
        for row in _rows(self._session, new):
            self._read[row.name, RecordType(row.type)] = _observation(row).result
        self._whole.update(new)

    async def lookup(self, name: str, type: RecordType) -> Result:
        if read := self._read.get((name, type)):
            return read
        name = lower(name)
        if not _fits(name):
            return Absent(name, type, nxdomain=True)
        if name not in self._whole:
            self.prefetch([name])
        return self._read.get((name, type)) or _not_stored(name, type)


def _not_stored(name: str, type: RecordType) -> LookupFailed:
    return LookupFailed(name, type, FailureReason.NOT_STORED)


# Records as JSON


def encode_record(record: Record) -> Any:
    """A name or address as text, an MX record as [preference, exchange], TXT as {"txt": [strings]}.

    Each octet of a TXT string becomes the character of the same number (ISO 8859-1), and back.
    """
    if isinstance(record, Txt):
        return {"txt": [string.decode("latin-1") for string in record.strings]}
    return [record.preference, record.exchange] if isinstance(record, Mx) else record


def decode_record(value: Any) -> Record:
    """The record that `encode_record` made this of."""
    if isinstance(value, dict):
        return Txt(tuple(string.encode("latin-1") for string in value["txt"]))
    return Mx(int(value[0]), str(value[1])) if isinstance(value, list) else str(value)


# Rows

ANSWER, NODATA, NXDOMAIN, UNKNOWN = "answer", "nodata", "nxdomain", "unknown"

_TABLE = ObservationRow.metadata.tables[ObservationRow.__tablename__]
_KEY = ["name", "type"]
_ANSWER_COLUMNS = (
    "name",
    "type",
    "status",
    "records",
    "aliases",
    "ttl",
    "digest",
    "observed_at",
    "failure",
    "server",
)
_FAILURE_COLUMNS = (
    *("name", "type", "status", "records", "aliases", "ttl", "digest"),
    *("failed_at", "failure", "server"),
)
_DIGEST, _FAILURE = _ANSWER_COLUMNS.index("digest"), _FAILURE_COLUMNS.index("failure")


def _fits(name: str) -> bool:
    if len(name) > 255 or "\0" in name:
        return False
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _key(observation: Observation) -> Key:
    return observation.result.name, observation.result.type


def _rows(session: Session, names: list[str]) -> Iterable[SqlRow[Any]]:
    for start in range(0, len(names), NAMES_A_QUERY):
        some = names[start : start + NAMES_A_QUERY]
        yield from session.execute(select(*_TABLE.c).where(_TABLE.c.name.in_(some)))


def _stored(session: Session, names: Collection[str]) -> dict[Key, tuple[int, str]]:
    """Digest and failure of what is stored."""
    columns = (_TABLE.c.name, _TABLE.c.type, _TABLE.c.digest, _TABLE.c.failure)
    found: dict[Key, tuple[int, str]] = {}
    for some in batches(sorted(names), NAMES_A_QUERY):
        for name, type, stored, failure in session.execute(select(*columns).where(_TABLE.c.name.in_(some))):
            found[name, RecordType(type)] = (stored, failure)
    return found


def _answer_row(answer: Answer | Absent) -> Row:
    encoded = [encode_record(r) for r in answer.records] if isinstance(answer, Answer) else []
    status, records = _status(answer), json.dumps(encoded)
    aliases = json.dumps(answer.aliases) if answer.aliases else "[]"
    # Servers turn the records round from answer to answer.
    content = records if len(encoded) < 2 else json.dumps(sorted(map(json.dumps, encoded)))
    seen = digest(f"{status} {content} {aliases}")
    type = answer.type.value
    return (answer.name, type, status, records, aliases, answer.ttl, seen, answer.at, "", "")


def _status(answer: Answer | Absent) -> str:
    if isinstance(answer, Answer):
        return ANSWER
    return NXDOMAIN if answer.nxdomain else NODATA


def _failure_row(failure: LookupFailed) -> Row:
    name, type, reason = failure.name, failure.type.value, failure.reason.value
    return (name, type, UNKNOWN, "[]", "[]", 0, 0, failure.at, reason, failure.server[:100])


def _write_answers(insert: Upsert) -> Upsert:
    """The newer answer wins, and clears an older failure. An unchanged one keeps the time since which it is so."""
    old, new = ObservationRow, insert.excluded

    def unless_later(column: str) -> ColumnElement[Any]:
        cleared = null() if column == "failed_at" else new[column]
        return case((old.failed_at > new.observed_at, _TABLE.c[column]), else_=cleared)

    return insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            "status": new.status,
            "records": new.records,
            "aliases": new.aliases,
            "ttl": new.ttl,
            "digest": new.digest,
            "observed_at": case((old.digest == new.digest, old.observed_at), else_=new.observed_at),
            **{column: unless_later(column) for column in ("failed_at", "failure", "server")},
        },
        where=func.coalesce(old.observed_at, new.observed_at) <= new.observed_at,
    )


def _write_failures(insert: Upsert) -> Upsert:
    """Beside the answer, if there is one; a failure older than the answer is past. One for the same reason as before
    keeps the time since which it is so."""
    old, new = ObservationRow, insert.excluded
    since = case((old.failure == new.failure, old.failed_at), else_=new.failed_at)
    return insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={"failed_at": since, "failure": new.failure, "server": new.server},
        where=func.coalesce(old.observed_at, new.failed_at) <= new.failed_at,
    )


def _observation(row: SqlRow[Any]) -> Observation:
    failure = _failure(row)
    return Observation(_answer(row) or failure or _not_stored(row.name, RecordType(row.type)), failure)


def _answer(row: SqlRow[Any]) -> Answer | Absent | None:
    if row.status == UNKNOWN:
        return None
    of_name = row.name, RecordType(row.type)
    if row.status == ANSWER:
        records = tuple(map(decode_record, row.records))
        return Answer(*of_name, records, row.ttl, tuple(row.aliases), row.observed_at)
    return Absent(*of_name, row.status == NXDOMAIN, row.ttl, tuple(row.aliases), row.observed_at)


def _failure(row: SqlRow[Any]) -> LookupFailed | None:
    if row.failed_at is None:
        return None
    return LookupFailed(row.name, RecordType(row.type), FailureReason(row.failure), row.server, row.failed_at)
