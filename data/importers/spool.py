"""What a file says, on its way to the database: so that nobody waits for the reading, but for the writing alone."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from cryptography.fernet import Fernet

from data.batches import batches
from data.companies import BATCH, Entry
from data.files import CannotWrite

IN_MEMORY = 1 << 20
"""Octets; what is more goes into a temporary file."""


@contextmanager
def spooling() -> Iterator[Spool]:
    """A spool, as long as it is needed."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        yield Spool(file)


class Spool:
    """Entries, put in once and then taken out in their order.

    The temporary file has no name, and is encrypted with a key that lives in this object alone, for passwords are
    among what it holds: whatever ends the process, nobody reads it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._cipher = Fernet(Fernet.generate_key())

    def put(self, entries: Iterable[Entry]) -> None:
        """Raises `CannotWrite` when there is no room."""
        for batch in batches(entries, BATCH):
            self._write(self._cipher.encrypt(pickle.dumps(batch)) + b"\n")

    def _write(self, line: bytes) -> None:
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise CannotWrite(
                f"A temporary file in {tempfile.gettempdir()} cannot be written ({error.strerror}): "
                "make room there, or name another directory in TMPDIR"
            ) from None

    def __iter__(self) -> Iterator[Entry]:
        self._file.seek(0)
        for line in self._file:
            yield from pickle.loads(self._cipher.decrypt(line))  # noqa: S301 - nobody else can have written it
