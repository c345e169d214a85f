"""Which reader opens a file, and why none does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from data.importers.csv_file import open_csv
from data.importers.excel import open_excel
from data.importers.table import Table, UnusableFile, shown


class Reader(Protocol):
    """Opens a file of one kind. Raises `UnusableFile`."""

    def __call__(self, path: Path) -> AbstractContextManager[Table]: ...


_READERS: dict[str, Reader] = {
    ".csv": open_csv,
    ".txt": open_csv,
    ".tsv": open_csv,
    ".xlsx": open_excel,
    ".xlsm": open_excel,
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_table(path: Path) -> AbstractContextManager[Table]:
    """The table in a .csv, .txt, .tsv, .xlsx or .xlsm file. Raises `UnusableFile`."""
    start = _start(path)
    if start.startswith(_OLE):
        raise UnusableFile(_ole(path))
    if path.suffix.lower() not in _READERS:
        raise UnusableFile(f"{shown(path)} is not a company file: name one that ends in .csv or .xlsx")
    if not start:
        raise UnusableFile(f"{shown(path)} is empty: give a file with a header and a row for each company")
    return _READERS[path.suffix.lower()](path)


def _start(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UnusableFile(f"{shown(path)} is a directory: name a .csv or .xlsx file")
        if not path.is_file() and path.exists():
            raise UnusableFile(f"{shown(path)} is not a regular file: save the companies as one first")
        with path.open("rb") as file:
            return file.read(len(_OLE))
    except FileNotFoundError:
        raise UnusableFile(f"{shown(path)} does not exist: check its name") from None
    except OSError as error:
        raise UnusableFile(
            f"{shown(path)} cannot be read ({error.strerror}): check its name, and that you may read it"
        ) from None


def _ole(path: Path) -> str:
    """An encrypted workbook and an Excel 97 one look alike at the start: an OLE container."""
    sign, before = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if sign in before + chunk:
                return f"{shown(path)} is protected by a password: save it without one, as .xlsx"
            before = chunk[-len(sign) :]
    return f"{shown(path)} is an old Excel file (.xls): save it as .xlsx"
