"""Reading CSV: which encoding, which delimiter, which physical line, and no row lost behind a stray quote."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from data.importers.columns import NAMES, NEEDED, normal
from data.importers.table import Problem, Row, UnusableFile, has_text, shown

LONGEST = 1 << 25
"""Characters of a line, or of a row over several lines, that are still read: a cell of 10 MB is told as such."""

STRAY_QUOTE = Problem(
    "it has a quote that does not open or close a cell",
    'write a quote inside a quoted cell twice (""), and close every cell that begins with one',
)
TOO_LONG = Problem(f"it is longer than {LONGEST:,} characters", "shorten it")

_SKIPPED, _KEPT = "\ud800", 1000
"""Stands in the place of a line that is too long, no decoder makes it; behind it is what the line begins with, for
the company's id is likely to be there."""
_DELIMITERS = ",;\t"
_SEP = re.compile(r'\s*"?sep=([,;\t])"?\s*', re.IGNORECASE)
_INVALID = re.compile("[\udc80-\udcff]")


class CsvTable:
    """A CSV file whose header has been read."""

    def __init__(self, file: TextIO, name: str, notes: list[str]) -> None:
        self._lines = _Lines(file)
        self.notes = notes
        self.delimiter = self._sniff(name)
        self.header: list[str] = []
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
        self._reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        first = next(self._records(), None)
        self.header = list(first.cells) if first else []
        if first and first.broken:
            raise UnusableFile(
                f"The header of {name} cannot be read: {first.broken.what}; {first.broken.mend}"
            )

    def rows(self) -> Iterator[Row]:
        return (row for row in self._records() if row.broken or has_text(row.cells))

    def _sniff(self, name: str) -> str:
        """From the header alone, by the columns that it names: cells may hold every delimiter."""
        line = next((line for line in self._lines if line.strip()), "")
        if "\0" in line:
            raise UnusableFile(f"{name} is not text: save it as CSV (UTF-8)")
        if told := _SEP.fullmatch(line):
            return told[1]
        self._lines.put_back([line] if line else [])
        return max(_DELIMITERS, key=lambda delimiter: _score(line, delimiter))

    def _records(self) -> Iterator[Row]:
        while True:
            self._lines.taken.clear()
            line = self._lines.number + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._stray_quote(line)
            else:
                yield self._row(line, cells)

    def _stray_quote(self, line: int) -> Row:
        """Only the line with the quote is lost: those that were swallowed behind it are read again."""
        first, *others = self._lines.taken
        self._lines.put_back(others)
        text = first.rstrip("\r\n")
        cells = next(csv.reader([text], delimiter=self.delimiter), [])
        if len(cells) < len(self.header):  # it swallowed the cells behind it, perhaps with the company's id
            cells = text.split(self.delimiter)
        return Row(line, cells, STRAY_QUOTE)

    @staticmethod
    def _row(line: int, cells: list[str]) -> Row:
        if cells and cells[0].startswith(_SKIPPED):
            return Row(line, [cells[0].removeprefix(_SKIPPED), *cells[1:]], TOO_LONG)
        return Row(line, cells)


class _Lines:
    """Physical lines, counted, that can be put back. `taken`: those of the row that is being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: list[str] = []
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline(LONGEST)
        if not line:
            raise StopIteration
        if len(line) == LONGEST:
            self._skip_the_rest()
            line = _SKIPPED + line[:_KEPT].replace('"', "")
        self.number += 1
        self.taken.append(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        self._again.extend(reversed(lines))
        self.number -= len(lines)

    def _skip_the_rest(self) -> None:
        while (rest := self._file.readline(LONGEST)) and not rest.endswith(("\n", "\r")):
            pass


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """What `surrogateescape` does, for UTF-16, where it cannot."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


_AS_SURROGATES = "sendwell.as_surrogates"
codecs.register_error(_AS_SURROGATES, _as_surrogates)


@contextmanager
def open_csv(path: Path) -> Iterator[CsvTable]:
    """Open a CSV file: UTF-8 with or without BOM, UTF-16 with one, or Windows-1252."""
    encoding, errors, notes = _encoding(path)
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        yield CsvTable(file, shown(path), notes)


def _encoding(path: Path) -> tuple[str, str, list[str]]:
    """Codec, error handler and what to tell. Octets that do not fit come out as lone surrogates."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK\x03\x04"):
        raise UnusableFile(f"{shown(path)} is an Excel file or an archive: name it .xlsx if it is Excel's")
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise UnusableFile(f"{shown(path)} is UTF-32: save it as UTF-8")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", _AS_SURROGATES, ["The file is UTF-16 and was read as such"]
    valid, invalid = _count(path)
    if invalid > valid:
        return "cp1252", "surrogateescape", ["The file is not UTF-8 and was read as Windows-1252"]
    return "utf-8-sig", "surrogateescape", []


def _count(path: Path) -> tuple[int, int]:
    """Characters beyond ASCII that are UTF-8, and octets that are not: a few bad ones do not make it another."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    valid = invalid = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            text = decoder.decode(chunk)
            if not text.isascii():
                bad = len(_INVALID.findall(text))
                invalid += bad
                valid += len(text) - len(text.encode("ascii", "ignore")) - bad
    return valid, invalid


def _score(line: str, delimiter: str) -> int:
    """How many known columns the line names with this delimiter; the needed ones count more."""
    names = {normal(name) for name in next(csv.reader([line], delimiter=delimiter), [])}
    return len(names & NAMES) + len(NAMES) * len(names & NEEDED)
