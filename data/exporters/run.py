"""The companies and their verdicts into a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data.engine import told
from data.exporters.rows import rows
from data.exporters.writers import WRITERS, TooManyRows
from data.files import CannotWrite, whole


def export_file(engine: Engine, path: Path) -> int:
    """Write all companies, by id, as the file's ending says; how many there are. Raises `CannotWrite`."""
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise CannotWrite(
            f"{path} has no ending that says what it is to be: name a file {', '.join(WRITERS)}"
        )
    try:
        with whole(path) as draft, told(engine), Session(engine) as session:
            return write(draft, rows(session))
    except TooManyRows as error:
        raise CannotWrite(str(error)) from None
