"""`python -m data export FILE`: the companies and their verdicts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from checks.command import DONE, Stop
from data.commands import Settings, Subparsers
from data.engine import open_existing
from data.exporters.run import export_file


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("export", help="the companies and their verdicts, as a file")
    parser.add_argument("file", type=Path, metavar="FILE", help=".csv, .xlsx or .parquet")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the file; it is there when all went well. Raises `CannotWrite`."""
    engine = open_existing(settings.database)
    try:
        count = export_file(engine, args.file)
    except KeyboardInterrupt:
        raise Stop(130, f"Interrupted: {args.file} was not written") from None
    finally:
        engine.dispose()
    print(json.dumps({"companies": count}) if args.json else f"{count:,} companies written to {args.file}")
    return DONE
