"""The rows that were not imported, as a file: their cells as they came, and the reason in a last column."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from data.files import CannotWrite, defuse, whole
from data.importers.columns import HIDDEN, REASON, Layout
from data.importers.rows import Rejected
from data.importers.table import Row, Table

LONGEST_CELL = 32_767
"""What a cell of Excel can hold; of longer ones the start is kept."""

Keep = Callable[[Row, Rejected], None]


@contextmanager
def rejected_file(path: Path | None, table: Table, layout: Layout) -> Iterator[Keep]:
    """A function that keeps a row; without a path it keeps nothing. The file is there when all went well.

    UTF-8 with BOM, for it is made to be mended in Excel. Passwords are hidden, formulas defused.
    """
    if path is None:
        yield lambda row, rejected: None
        return
    if path.suffix.lower() not in (".csv", ".txt"):
        raise CannotWrite(f"{path} would hold CSV: give it a name that ends in .csv")
    with (
        whole(path) as draft,
        draft.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file, delimiter=table.delimiter)
        header = table.header[:-1] if layout.is_of_rejected else table.header
        writer.writerow([*map(_shown, header), REASON])

        def keep(row: Row, rejected: Rejected) -> None:
            cells = [
                HIDDEN if cell and not layout.shows(row, i) else _shown(cell)
                for i, cell in enumerate(row.cells)
            ]
            padding = [""] * (len(header) - len(cells))
            writer.writerow(
                [*cells, *padding, f"line {rejected.line}: {rejected.reason}. To mend: {rejected.mend}"]
            )

        yield keep


def _shown(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        cell = f"{cell[:200]}… ({len(cell):,} characters)"
    return defuse(cell.replace("\0", "\\0"))
