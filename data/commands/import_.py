"""`python -m data import FILE`: companies from a CSV or Excel file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from os.path import exists, realpath
from pathlib import Path

from sqlalchemy import Engine

from checks.command import DONE, REJECTED, USAGE, Stop
from checks.domain_name import quoted
from data.commands import Settings, Subparsers, forgotten
from data.engine import open_engine, sqlite_file
from data.importers.run import Options, Report, import_file
from data.importers.table import UnusableFile
from data.secrets import KEY_FILE, Secrets

_SHOWN = 20  # rejected rows; the others are in the file


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("import", help="companies from a CSV or Excel file")
    parser.add_argument("file", type=Path, metavar="FILE", help=".csv or .xlsx, a row for each company")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, and write nothing")
    parser.add_argument(
        "--part", action="store_true", help="FILE is not the whole fleet: mark nobody as gone"
    )
    parser.add_argument("--rejected", type=Path, metavar="OUT.csv", help="write the rejected rows there")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Status 1 when a row was rejected; `Stop(2)` when the file is of no use."""
    if args.rejected and realpath(args.rejected) == realpath(args.file):
        raise Stop(USAGE, "The rejected rows would take the place of the file: name another one for them")
    options = Options(args.dry_run, args.part, args.rejected)
    engine = _engine(settings, args.dry_run)
    try:
        report = import_file(
            engine, args.file, _secrets(settings, args.dry_run), datetime.now(UTC), options, _progress()
        )
    except UnusableFile as error:
        raise Stop(USAGE, str(error)) from None
    except KeyboardInterrupt:
        raise Stop(130, "Interrupted: nothing was imported") from None
    finally:
        engine.dispose()
    print(json.dumps(_as_json(report, options)) if args.json else _as_text(report, options))
    return REJECTED if report.rejected else DONE


def _engine(settings: Settings, dry_run: bool) -> Engine:
    """A dry run before there is a database makes none."""
    file = sqlite_file(settings.database)
    return open_engine("sqlite://" if dry_run and file and not exists(file) else settings.database)


def _secrets(settings: Settings, dry_run: bool) -> Secrets:
    """A dry run before there is a key makes none."""
    path = settings.var / KEY_FILE
    return Secrets(settings.secret_keys, None if dry_run and not path.exists() else path)


def _progress() -> Callable[[int], None]:
    """Rows on standard error, from the third second on: in place on a terminal, else a line now and then."""
    terminal = sys.stderr.isatty()
    pause, end = (0.2, "\r") if terminal else (10.0, "\n")
    due = time.monotonic() + 3.0

    def tell(rows: int) -> None:
        nonlocal due
        if rows % 100 == 0 and time.monotonic() >= due:
            print(f"{rows:,} rows read", end=end, file=sys.stderr, flush=True)
            due = time.monotonic() + pause

    return tell


def _as_json(report: Report, options: Options) -> dict[str, object]:
    return {
        "rows": report.rows,
        **asdict(report.companies),
        "gone": report.gone,
        "forgotten": report.forgotten,
        "rejected": [asdict(rejected) for rejected in report.rejected],
        "notes": report.notes,
        "dry_run": options.dry_run,
    }


def _as_text(report: Report, options: Options) -> str:
    tally = report.companies
    lines = [
        *(["Dry run: nothing was written. An import would give:"] if options.dry_run else []),
        f"{report.rows:,} rows: {tally.added:,} companies added, {tally.changed:,} changed, "
        f"{tally.unchanged:,} unchanged, {len(report.rejected):,} rows rejected",
        *(
            [f"{report.gone:,} companies are no longer in the file: kept, and marked as gone"]
            if report.gone
            else []
        ),
        *([forgotten(report.forgotten)] if report.forgotten else []),
        *(f"Note: {note}" for note in report.notes),
        *_rejected_lines(report, options),
    ]
    return "\n".join(lines)


def _rejected_lines(report: Report, options: Options) -> list[str]:
    if not report.rejected:
        return []
    lines = [
        f"  line {r.line}{f' ({quoted(r.company_id)})' if r.company_id else ''}: {r.reason}. To mend: {r.mend}"
        for r in report.rejected[:_SHOWN]
    ]
    if more := len(report.rejected) - _SHOWN if len(report.rejected) > _SHOWN else 0:
        lines.append(f"  … and {more:,} more")
    if options.rejected_to:
        where = f"They are in {options.rejected_to}: mend them there, then import that file with --part"
    else:
        where = "To have them all as a file: --rejected OUT.csv"
    return ["Rejected:", *lines, where]
