"""One row of a company file → what it says of a company, or why it is rejected."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from checks.domain_name import quoted
from data.companies import Entry
from data.files import undefuse
from data.importers.columns import (
    COMPANY_ID,
    HIDDEN,
    NEEDED,
    PASSWORD,
    VALIDATED_AT,
    BadCell,
    Column,
    Layout,
    is_naive,
)
from data.importers.table import Problem, Row

_LONGEST_ID, _SHOWN_ID = 1000, 200
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_UNREADABLE = re.compile("[\ud800-\udfff]")
_EXCEL_ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not imported. `company_id` as far as it can be told, hostile text; the rest is ours."""

    line: int
    reason: str
    mend: str
    company_id: str


class Rows:
    """Judges the rows of one file, in their order.

    `naive`: how many times without a zone were taken as UTC. `short`: how many rows had fewer cells than the header.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._first: dict[str, int] = {}
        self._mentioned: set[str] = set()
        self.naive = 0
        self.short = 0

    @property
    def named(self) -> Set[str]:
        """The ids that the rows named so far, those of rejected rows too."""
        return self._first.keys() | self._mentioned

    def judge(self, row: Row) -> Entry | Rejected:
        if self._layout.is_of_rejected:
            row = replace(row, cells=[undefuse(cell) for cell in row.cells])
        if problem := self._misshapen(row):
            self._mentioned.add(self._id(row))
            return self._rejected(row, [problem])
        values, problems = self._values(row)
        if repeated := self._repeated(row):
            problems.append(repeated)
        if problems:
            return self._rejected(row, problems)
        self.short += len(row.cells) < self._layout.width
        password = values.pop(PASSWORD, "")
        return Entry(values.pop(COMPANY_ID), values, "" if password == HIDDEN else password)

    def _misshapen(self, row: Row) -> Problem | None:
        """What makes it impossible to tell which cell is whose."""
        if not row.broken and len(row.cells) > self._layout.width:
            return Problem(
                f"it has {len(row.cells)} cells, and the header has {self._layout.width}",
                'put a cell that has a delimiter in it between quotes ("A, B")',
            )
        if not row.broken and self._layout.may_have_slipped(row):
            return Problem(
                f"it has {len(row.cells)} cells, and the header has {self._layout.width}: "
                "the password may stand in the place of another cell",
                "write every delimiter, those of empty cells too",
            )
        if not row.broken and self._layout.has_moved(row):
            return Problem(
                f"{PASSWORD} is empty: the password may stand in the place of another cell",
                "put every cell below its column's name",
            )
        return row.broken

    def _id(self, row: Row) -> str:
        place = self._layout.id_place
        text = _clean(row.cells[place][:_LONGEST_ID]) if place < len(row.cells) else ""
        return text.strip('"') if row.broken else text

    def _repeated(self, row: Row) -> Problem | None:
        company_id = self._id(row)
        first = self._first.setdefault(company_id, row.line) if company_id else row.line
        if first == row.line:
            return None
        return Problem(
            f"{COMPANY_ID} {quoted(company_id)} stands in line {first} already",
            "keep one row for each company",
        )

    def _values(self, row: Row) -> tuple[dict[str, Any], list[Problem]]:
        """By the column's name, without the cells that a short row does not have; and what is wrong with them."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for column, place in self._layout.places:
            try:
                if place < len(row.cells):
                    values[column.name] = self._value(column, row, place)
                elif column.name in NEEDED:
                    raise BadCell("is missing", "fill it in")
            except BadCell as bad:
                problems.append(Problem(f"{column.name} {bad.problem.what}", bad.problem.mend))
        return values, problems

    def _value(self, column: Column, row: Row, place: int) -> Any:
        cell = row.cells[place]
        if place in row.formulas:
            raise BadCell(
                "holds a formula whose value is not in the file", "save the file in Excel, or write the value"
            )
        _check(column, cell)
        if column.name == PASSWORD:
            return cell
        text = _clean(cell)
        if text == HIDDEN:
            raise BadCell("holds what stands for a cell that was hidden", "write what belongs there")
        value = self._parsed(column, text, row, place)
        self.naive += column.name == VALIDATED_AT and is_naive(text)
        return value

    def _parsed(self, column: Column, text: str, row: Row, place: int) -> Any:
        try:
            return column.parse(text)
        except BadCell as bad:
            if text and not self._layout.shows(row, place):
                raise BadCell("holds what does not belong there", bad.problem.mend) from None
            raise

    def _rejected(self, row: Row, problems: Sequence[Problem]) -> Rejected:
        whats = "; ".join(problem.what for problem in problems)
        mends = "; ".join(dict.fromkeys(problem.mend for problem in problems))
        shows = self._layout.shows(row, self._layout.id_place)
        return Rejected(row.line, whats, mends, self._id(row)[:_SHOWN_ID] if shows else "")


def _check(column: Column, cell: str) -> None:
    """Before anything is done with it: a cell may have any length and any character."""
    if len(cell) > column.limit and len(cell.strip()) > column.limit:
        raise BadCell(f"has {len(cell):,} characters, and {column.limit} is the most", "shorten it")
    if cell in _EXCEL_ERRORS:
        raise BadCell(f"holds Excel's error {cell}", "mend the formula, or write the value")
    if cell.isprintable():
        return
    if _UNREADABLE.search(cell):
        raise BadCell("has octets that are not in the file's encoding", "save the file as UTF-8")
    if _CONTROLS.search(cell):
        raise BadCell("has a control character in it", "type it again")


def _clean(cell: str) -> str:
    """Trimmed; a line break within is a blank."""
    return cell.strip() if cell.isprintable() else _BREAKS.sub(" ", cell.strip())
