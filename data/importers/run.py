"""A file of companies into the database: all of its good rows, or none."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from checks.frames import forget_locals
from data import companies
from data.companies import Entry, Tally
from data.engine import writing
from data.importers.columns import Layout
from data.importers.opening import open_table
from data.importers.rejected import Keep, rejected_file
from data.importers.rows import Rejected, Rows
from data.importers.spool import spooling
from data.importers.table import Table, UnusableFile, shown
from data.secrets import Secrets

Progress = Callable[[int], None]
"""Is told how many rows have been read."""


@dataclass(frozen=True, slots=True)
class Options:
    """`dry_run`: report, and write nothing. `part`: the file is not the whole fleet, so nobody is marked as gone.
    `rejected_to`: where the rejected rows go."""

    dry_run: bool = False
    part: bool = False
    rejected_to: Path | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do. `gone`: companies newly marked so. `notes`: how the file was read.
    `forgotten`: stored passwords that were deleted, of companies gone for long."""

    rows: int
    companies: Tally
    gone: int
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
    forgotten: int = 0


@dataclass(slots=True)
class _Counter:
    rows: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def import_file(
    engine: Engine,
    path: Path,
    secrets: Secrets,
    at: datetime,
    options: Options = Options(),
    progress: Progress = lambda rows: None,
) -> Report:
    """Import a company file as of `at`, in one transaction. Raises `UnusableFile`, `CannotWrite`.

    The whole file is read first: the database is not held up by it.
    """
    try:
        with open_table(path) as table, spooling() as spool:
            layout = Layout(table.header)
            rows, counter = Rows(layout), _Counter()
            with rejected_file(options.rejected_to, table, layout) as keep:
                spool.put(_good(table, rows, counter, keep, progress))
                if not counter.rows:
                    raise UnusableFile(f"{shown(path)} has a header and no companies: nothing was changed")
                tally, gone, forgotten = _write(engine, spool, rows.named, secrets, at, options)
            notes = (*table.notes, *layout.notes, *_notes(rows, none_good=tally == Tally()))
        return Report(counter.rows, tally, gone, tuple(counter.rejected), notes, forgotten)
    except BaseException as error:
        forget_locals(error)  # rows with passwords in them
        raise


def _write(
    engine: Engine,
    entries: Iterable[Entry],
    named: Container[str],
    secrets: Secrets,
    at: datetime,
    options: Options,
) -> tuple[Tally, int, int]:
    """The companies' tally, how many are gone, and how many passwords were forgotten."""
    with writing(engine) as session:
        companies.lock(session)
        tally = companies.upsert(session, entries, secrets, at)
        marks = not options.part and tally != Tally()
        gone = companies.mark_gone(session, named, at) if marks else 0
        forgotten = companies.forget_passwords(session, at - companies.KEEPS_PASSWORD)
        if options.dry_run:
            session.rollback()
    return tally, gone, forgotten


def _good(table: Table, rows: Rows, counter: _Counter, keep: Keep, progress: Progress) -> Iterator[Entry]:
    """The rows that can be imported; the others are kept aside."""
    for row in table.rows():
        counter.rows += 1
        judged = rows.judge(row)
        if isinstance(judged, Rejected):
            counter.rejected.append(judged)
            keep(row, judged)
        else:
            yield judged
        progress(counter.rows)


def _notes(rows: Rows, *, none_good: bool) -> Iterator[str]:
    if rows.naive:
        yield f"Times without a zone, taken as UTC: {rows.naive:,}"
    if rows.short:
        yield f"Rows with fewer cells than the header: {rows.short:,}; where a cell is missing, what was there was kept"
    if none_good:
        yield "No row could be imported, so no company was marked as gone"
