"""What the readers of company files share: a table of text cells, and how a file is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from checks.domain_name import quoted


class UnusableFile(Exception):
    """Nothing of the file can be imported. One sentence: what is wrong and what to do; hostile text escaped."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`what` is wrong, and the `mend`. Hostile text in them is short and escaped."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line`: the physical line that it begins on (Excel: the row), from 1.

    `broken`: why its cells cannot be told apart, if they cannot. `formulas`: places of cells that hold a
    formula without its value.
    """

    line: int
    cells: Sequence[str]
    broken: Problem | None = None
    formulas: Sequence[int] = ()


class Table(Protocol):
    """A file that is being read. `notes`: what people should know about how it was read."""

    @property
    def header(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def delimiter(self) -> str: ...
    def rows(self) -> Iterator[Row]:
        """Every row after the header, once; rows without any text are left out. May raise `UnusableFile`."""
        ...


def has_text(cells: Sequence[str]) -> bool:
    """Whether a row says anything: spreadsheets leave rows of empty cells behind."""
    return any(cell and not cell.isspace() for cell in cells)


def shown(path: Path) -> str:
    """A file's name for a message."""
    return quoted(path.name)
