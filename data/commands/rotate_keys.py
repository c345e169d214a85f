"""`python -m data rotate-keys`: every stored password under the newest secret key."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.command import DONE, REJECTED, USAGE, Stop
from data.commands import Settings, Subparsers
from data.engine import open_existing
from data.rotation import Rotation, rotate, rotate_file
from data.secrets import KEY_FILE, Secrets


def add_parser(subparsers: Subparsers) -> None:
    """`rotate-keys [--remove-older] [--json]`."""
    parser = subparsers.add_parser(
        "rotate-keys",
        help="encrypt the stored passwords with the newest secret key",
        description=f"{__doc__} Those of SENDWELL_SECRET_KEYS, or, where it is not set, a new one that is made here.",
    )
    parser.add_argument(
        "--remove-older",
        action="store_true",
        help="take the older keys out of the key file: no other database and no backup has passwords under them",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit status: 0 the newest key opens everything; 1 something stays that no key opens; 3 no database."""
    keys, path = settings.secret_keys, settings.var / KEY_FILE
    if keys and args.remove_older:
        raise Stop(
            USAGE, "--remove-older: the keys are in SENDWELL_SECRET_KEYS: take the older ones out there"
        )
    engine = open_existing(settings.database)
    try:
        done = (
            rotate(engine, Secrets(keys))
            if keys
            else rotate_file(engine, path, remove_older=args.remove_older)
        )
    finally:
        engine.dispose()
    print(json.dumps(_as_json(done, keys)) if args.json else "\n".join(_lines(done, keys, path)))
    return DONE if done.complete else REJECTED


def _as_json(done: Rotation, keys: Sequence[str]) -> dict[str, object]:
    return {
        "passwords": done.passwords,
        "reencrypted": done.reencrypted,
        "unreadable": done.unreadable,
        "fingerprints": "lost" if done.lost else "renewed" if done.renewed else "kept",
        "older_keys": _older_keys(done, keys),
    }


def _older_keys(done: Rotation, keys: Sequence[str]) -> str:
    if done.older == "removed":
        return "removed"
    if not done.complete:
        return "kept"
    return "not needed" if done.older or len(keys) > 1 else "none"


def _lines(done: Rotation, keys: Sequence[str], path: Path) -> Iterator[str]:
    where = "SENDWELL_SECRET_KEYS" if keys else f"the key file {path}"
    yield f"{done.passwords:,} passwords are stored; {done.reencrypted:,} were encrypted anew, with the newest key"
    if done.unreadable:
        perhaps = f" (perhaps one in {path})" if keys and path.exists() else ""
        yield (
            f"{done.unreadable:,} of them no key opens, and they stay as they are: put the key that is missing"
            f"{perhaps} behind the others in {where}, or import those passwords again; then rotate the keys again"
        )
    if done.lost:
        yield (
            "No login is tried meanwhile: the key by which logins are told apart needs the missing key too. "
            "It is made anew here as soon as no stored password needs that one"
        )
    if done.renewed:
        yield "The key by which logins are told apart was lost, and is a new one now: paused logins are tried again"
    match _older_keys(done, keys):
        case "removed":
            yield f"The new key stands alone in {where}: a backup from before needs the file as it was then"
        case "not needed" if keys:
            yield (
                f"The older keys can be taken out of {where}, "
                "once nothing runs any more that was started without the newest"
            )
        case "not needed":
            yield (
                f"The older keys stay in {where}, for backups and for any other database that they were used for: "
                "--remove-older takes them out"
            )
