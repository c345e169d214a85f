"""`python -m dashboard`: serve the pages; `--check`: only tell whether the port is free."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while libraries load, Ctrl-C ends us without a traceback

import os
from collections.abc import Sequence
from pathlib import Path

import settings
from checks import command
from checks.command import COULD_NOT_LOOK, DONE, USAGE, Stop
from dashboard import server
from data.engine import DatabaseUnavailable, open_engine

PROJECT = Path(__file__).parent.parent


def main(arguments: Sequence[str]) -> int:
    """Serve until interrupted. 2: the settings are wrong or the port is taken; 3: the database cannot be used."""
    parser = command.Parser(prog="python -m dashboard", description="Serve the pages on this machine.")
    parser.add_argument("--check", action="store_true", help="only tell whether the port is free")
    check = parser.parse_args(arguments).check
    try:
        known = settings.load(os.environ, PROJECT)
        server.require_free(known.host, known.port)
    except (settings.SettingsError, server.PortTaken) as error:
        raise Stop(USAGE, str(error)) from None
    return DONE if check else _serve(known)


def _serve(known: settings.Settings) -> int:
    try:
        open_engine(known.database).dispose()
    except DatabaseUnavailable as error:
        raise Stop(COULD_NOT_LOOK, str(error)) from None
    os.chdir(PROJECT)  # Streamlit finds .streamlit/config.toml there
    server.serve(known.host, known.port)
    return DONE


if __name__ == "__main__":
    command.run(main)
