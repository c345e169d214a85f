"""Reading Excel: values alone, a row at a time, from a file that may be made to harm.

openpyxl, because it streams: a reader that lays a sheet out in memory can be made to ask for all of it by one cell at
XFD1048576.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from checks.domain_name import quoted
from data.importers.table import Row, UnusableFile, has_text, shown

MOST_ROWS = 1_048_576  # that an Excel sheet can have
MOST_OCTETS = 2 << 30
"""Of all parts, unpacked: a full sheet of companies has under one GiB."""
MOST_OCTETS_AT_ONCE = 256 << 20
"""Of a part that is read whole into memory: all but the sheets."""

_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # XML's ParseError is one
    ArithmeticError,
    AttributeError,
    EOFError,
    KeyError,
    IndexError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zipfile and openpyxl raise at a file that is none of Excel's."""


class ExcelTable:
    """The first visible sheet of a workbook, whose header has been read."""

    delimiter = ","

    def __init__(self, rows: Iterator[tuple[list[str], list[int]]], notes: list[str]) -> None:
        self._rows = enumerate(rows, 1)
        self.notes = notes
        first = next((cells for _, (cells, _) in self._rows if has_text(cells)), ())
        self.header: Sequence[str] = first

    def rows(self) -> Iterator[Row]:
        """A cell that a sheet does not have is an empty one."""
        for line, (cells, formulas) in self._rows:
            if has_text(cells):
                padding = [""] * (len(self.header) - len(cells))
                yield Row(line, cells + padding, formulas=formulas)


@contextmanager
def open_excel(path: Path) -> Iterator[ExcelTable]:
    """Open an .xlsx or .xlsm file. Its macros and formulas are not run."""
    with _told_as_broken(path):
        has_formulas = _inspect(path)
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    with closing(book):
        sheet, notes = _choose(book, path)
        if not has_formulas:
            yield ExcelTable(_values(path, sheet, None), notes)
            return
        with closing(load_workbook(path, read_only=True, keep_links=False)) as sources:
            yield ExcelTable(_values(path, sheet, sources[sheet.title]), notes)


@contextmanager
def _told_as_broken(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drawings and validations, which nobody asked for
            yield
    except _BROKEN:
        raise UnusableFile(
            f"{shown(path)} is not an Excel workbook, or a damaged one: open it in Excel and save it as .xlsx"
        ) from None


def _inspect(path: Path) -> bool:
    """Refuse what would fill the memory; whether a sheet has formulas. (zipfile unpacks no more than is declared.)"""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        sheets = [part for part in parts if "worksheets/" in part.filename.lower()]
        too_large = sum(part.file_size for part in parts) > MOST_OCTETS
        if too_large or any(p.file_size > MOST_OCTETS_AT_ONCE for p in parts if p not in sheets):
            raise UnusableFile(
                f"{shown(path)} unpacks to more than a sheet of companies can be: save it as CSV (UTF-8)"
            )
        return any(_has_formulas(archive, sheet) for sheet in sheets)


def _has_formulas(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    before = b""
    with archive.open(sheet) as file:
        while chunk := file.read(1 << 20):
            if _FORMULA.search(before + chunk):
                return True
            before = chunk[-40:]
    return False


def _choose(book: Workbook, path: Path) -> tuple[Any, list[str]]:
    """The first visible sheet, and what to tell of the others."""
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not visible:
        raise UnusableFile(
            f"{shown(path)} has no visible sheet: show the one with the companies, and save it"
        )
    others = len(book.sheetnames) - 1
    told = f"The sheet {quoted(visible[0].title)} was read"
    return visible[0], [f"{told}, and {others} other{'s' * (others > 1)} passed over"] if others else [told]


def _values(path: Path, sheet: Any, formulas: Any) -> Iterator[tuple[list[str], list[int]]]:
    """Each row's cells as text, and the places of formulas without a value."""
    rows: Iterable[tuple[list[str], list[int]]]
    with _told_as_broken(path):
        sheet.reset_dimensions()  # what the file says of them need not be true
        if formulas is None:
            rows = ((_texts(row), []) for row in sheet.iter_rows(values_only=True))
        else:
            formulas.reset_dimensions()
            rows = map(_with_formulas, sheet.iter_rows(), formulas.iter_rows())
        for number, row in enumerate(rows):
            if number >= MOST_ROWS:
                raise UnusableFile(
                    f"{shown(path)} has more rows than Excel has: open it in Excel and save it as .xlsx"
                )
            yield row


def _with_formulas(row: Sequence[Any], sources: Sequence[Any]) -> tuple[list[str], list[int]]:
    """`data_type` "n" without a value is a formula that was never calculated; an empty text would be "str"."""
    unknown = [
        i
        for i, (cell, source) in enumerate(zip(row, sources, strict=True))
        if source.data_type == "f" and cell.value is None and cell.data_type == "n"
    ]
    texts = _texts([cell.value for cell in row])
    texts.extend([""] * (max(unknown, default=-1) + 1 - len(texts)))
    for i in unknown:
        texts[i] = "(formula)"
    return texts, unknown


def _texts(row: Sequence[Any]) -> list[str]:
    """Cells as a CSV would have them, without empty ones at the end: a sheet does not say where its rows end."""
    texts = [_text(value) for value in row]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)
