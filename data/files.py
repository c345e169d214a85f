"""Files for people: written whole or not at all, and with no cell that a spreadsheet would run."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class CannotWrite(Exception):
    """A file cannot be written. One sentence: which, why, and what to do."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name to write to; it becomes `path` when all went well, and disappears when it did not."""
    draft = path.parent / f".{path.name[:80]}.{secrets.token_hex(8)}"
    try:
        if path.is_dir():
            raise CannotWrite(f"{path} is a directory: name a file")
        draft.touch(exist_ok=False)
        yield draft
        _settle(draft)
        draft.replace(path)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written ({error.strerror or error}): "
            "name a file in a directory that exists, where you may write and there is room"
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """On the disk before it gets its name, so that a power cut leaves the old file or the new one."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


_TRIGGERS = "=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n"
_FORMULA = re.compile(rf"\A(?=[{_TRIGGERS}])|(?<=[;\t\r\n])(?=\s*[{_TRIGGERS}])")
_APOSTROPHE = re.compile(rf"\A'(?=[{_TRIGGERS}])|(?<=[;\t\r\n])'(?=\s*[{_TRIGGERS}])")


def defuse(text: str) -> str:
    """With an apostrophe where a spreadsheet would begin a formula: at the start (also of full-width signs), and
    behind what some take for the end of a cell."""
    return _FORMULA.sub("'", text)


def undefuse(text: str) -> str:
    """Without the apostrophes of `defuse`."""
    return _APOSTROPHE.sub("", text)
