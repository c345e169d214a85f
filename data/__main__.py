"""`python -m data …`: import companies, scan them, log in, check one now, ask what if, export what was found."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while libraries load, Ctrl-C ends us without a traceback

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from checks import command
from checks.command import COULD_NOT_LOOK, USAGE, Stop
from data.commands import Parser
from data.engine import DatabaseUnavailable
from data.files import CannotWrite
from data.secrets import SecretsUnavailable
from settings import SettingsError, load

COMMANDS = {
    "import": "import_",
    "scan": "scan",
    "check": "check",
    "logins": "logins",
    "what-if": "what_if",
    "export": "export",
    "rotate-keys": "rotate_keys",
}
"""The modules. Only the one that is asked for is loaded: no process of a scan needs the libraries for Excel."""
PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    parser = Parser(prog="python -m data", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name in arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS:
        import_module(f"data.commands.{COMMANDS[name]}").add_parser(subparsers)
    args = parser.parse_args(arguments)
    try:
        status: int = args.run(args, load(os.environ, PROJECT))
        return status
    except DatabaseUnavailable as error:
        raise Stop(COULD_NOT_LOOK, str(error)) from None
    except (SettingsError, SecretsUnavailable, CannotWrite) as error:
        raise Stop(USAGE, str(error)) from None


if __name__ == "__main__":
    command.run(main)
