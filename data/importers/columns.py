"""The columns of a company file (interfaces.md): what each may hold, and how a cell becomes a value."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checks.company import SendingMethod
from checks.domain_name import quoted
from data.importers.table import Problem, Row, UnusableFile


class BadCell(ValueError):
    """What is wrong with a cell, to be read behind the column's name."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.problem = Problem(what, mend)


@dataclass(frozen=True, slots=True)
class Column:
    """`limit` in characters; `parse` makes the value of a trimmed cell, the empty one too, or raises `BadCell`."""

    name: str
    limit: int
    parse: Callable[[str], Any]


def _needed(text: str) -> str:
    if not any(map(str.isprintable, text)):  # a zero-width space alone names nobody either
        raise BadCell("is empty", "fill it in")
    return text


def _method(text: str) -> str:
    choices = [method.value for method in SendingMethod]
    return _choice(text or SendingMethod.PLATFORM.value, choices)


def _security(text: str) -> str:
    return _choice(text, ["implicit", "starttls"]) if text else ""


def _choice(text: str, choices: Sequence[str]) -> str:
    if text.lower() not in choices:
        raise BadCell(
            f"is {quoted(text)}, which is not known",
            f"write {', '.join(choices[:-1])} or {choices[-1]}, or leave it empty",
        )
    return text.lower()


def _port(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,5}(\.0)?", text) or not 1 <= int(text.removesuffix(".0")) <= 65535:
        raise BadCell(
            f"is {quoted(text)}, which is no port", "write a whole number from 1 to 65535, such as 587"
        )
    return int(text.removesuffix(".0"))


def moment(text: str) -> datetime | None:
    """An ISO 8601 time, in UTC where it names no zone; None for an empty text."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCell(
            f"is {quoted(text)}, which is no ISO 8601 time",
            "write it as 2026-05-31T14:05:00+02:00, or leave it empty",
        ) from None


def is_naive(text: str) -> bool:
    """Whether a text that `moment` takes names no zone."""
    return bool(text) and datetime.fromisoformat(text).tzinfo is None


COMPANY_ID, PASSWORD, VALIDATED_AT = "company_id", "smtp_password", "email_validated_at"
COLUMNS = (
    Column(COMPANY_ID, 200, _needed),
    Column("name", 500, _needed),
    Column("email", 1000, str),
    Column(VALIDATED_AT, 100, moment),
    Column("sending_method", 100, _method),
    Column("from_address", 1000, str),
    Column("country", 100, str),
    Column("language", 100, str),
    Column("segment", 200, str),
    Column("smtp_host", 500, str),
    Column("smtp_port", 100, _port),
    Column("smtp_security", 100, _security),
    Column("smtp_username", 500, str),
    Column(PASSWORD, 1000, str),
)
BY_NAME = {column.name: column for column in COLUMNS}
NAMES = frozenset(BY_NAME)
NEEDED = frozenset({COMPANY_ID, "name"})
REASON = "reason"
"""The last column of a file of rejected rows; when such a file comes back, it is passed over."""
HIDDEN = "(not shown)"
"""Stands for a password in a file of rejected rows; when it comes back, what was stored is kept."""

_TOLD_BY_FORM = ("smtp_port", "smtp_security")
"""Columns beside the password in which nothing else passes for a value."""

_ADDRESS_AND_MORE = re.compile(r"\S@[^\s,;|]+[\s,;|]+\S")
_SECRET = re.compile("pass|pwd|secret|wachtwoord|mot.?de.?pas|kennwort", re.IGNORECASE)


def normal(name: str) -> str:
    """A header's name as it is compared."""
    return name.strip().lower()


class Layout:
    """Which column stands where in one file. Raises `UnusableFile` when the header does not do."""

    def __init__(self, header: Sequence[str]) -> None:
        names = [normal(name) for name in header]
        _refuse_missing(names)
        _refuse_repeated(names)
        self.width = len(names)
        self.places = tuple((BY_NAME[name], i) for i, name in enumerate(names) if name in NAMES)
        self.id_place = names.index(COMPANY_ID)
        self._place_of = {column.name: place for column, place in self.places}
        self.is_of_rejected = names[-1] == REASON
        self.secrets = tuple(i for i, name in enumerate(names) if _SECRET.search(name))
        unknown = [name for name in names if name and name not in NAMES and name != REASON]
        self.notes = tuple(_unknown(name) for name in dict.fromkeys(unknown))[:20]

    def shows(self, row: Row, place: int) -> bool:
        """Whether a cell can be shown: it holds no password, and none has slipped into it from its own column
        because the row has too many or too few cells, or because cells have moved."""
        if not self.secrets:
            return True
        if row.broken:
            return False
        slipped = self.width - len(row.cells)
        if slipped == 0:
            return place not in self.secrets and place != self._astray(row)
        return place < min(self.secrets) - max(0, slipped)

    def may_have_slipped(self, row: Row) -> bool:
        """Whether a row that is too short may have its password in the cell before: it lost a delimiter, and no cell is
        where it should be; or it ends early because the password is empty, and nothing tells which."""
        before = min(self.secrets, default=0) - 1
        return before >= 0 and before < len(row.cells) < self.width and bool(row.cells[before].strip())

    def has_moved(self, row: Row) -> bool:
        """Whether a row of the right width, whose password is empty, has it in the place of another cell: spreadsheets
        fill up a row that lost a cell. True only for what no company enters."""
        if not self._lacks_password(row):
            return False
        host, username = self._cell(row, "smtp_host"), self._cell(row, "smtp_username")
        return ("@" in host and username != "" and "@" not in username) or bool(
            _ADDRESS_AND_MORE.search(username)
        )

    def _astray(self, row: Row) -> int | None:
        """The place of the cell that may hold the password of a row of the right width, if there is reason to think so:
        the last that is filled before the password's own."""
        of_others = any(not _is_of(BY_NAME[name], self._cell(row, name)) for name in _TOLD_BY_FORM)
        if not self._lacks_password(row) or not (of_others or self.has_moved(row)):
            return None
        before = range(self._place_of[PASSWORD])
        return next((place for place in reversed(before) if row.cells[place].strip()), None)

    def _lacks_password(self, row: Row) -> bool:
        return PASSWORD in self._place_of and len(row.cells) == self.width and not self._cell(row, PASSWORD)

    def _cell(self, row: Row, name: str) -> str:
        """Trimmed; empty where the file has no such column."""
        place = self._place_of.get(name, self.width)
        return row.cells[place].strip() if place < len(row.cells) else ""


def _is_of(column: Column, cell: str) -> bool:
    """Whether a trimmed cell can be one of this column."""
    try:
        column.parse(cell)
    except BadCell:
        return False
    return True


def _refuse_missing(names: Sequence[str]) -> None:
    if missing := sorted(NEEDED.difference(names)):
        found = ", ".join(quoted(name) for name in names[:8]) or "nothing"
        raise UnusableFile(
            f"The header has no column {' and no '.join(missing)}; it has {found}: "
            "name the columns in the first row, with commas, semicolons or tabs between them"
        )


def _refuse_repeated(names: Sequence[str]) -> None:
    counts = Counter(name for name in names if name in NAMES)
    if repeated := [name for name, times in counts.items() if times > 1]:
        raise UnusableFile(f"The header names {', '.join(repeated)} more than once: keep one of them")


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name[:60], NAMES, n=1, cutoff=0.75)
    asks = f" (did you mean {near[0]}?)" if near else ""
    return f"The column {quoted(name)} is not known and was passed over{asks}"
