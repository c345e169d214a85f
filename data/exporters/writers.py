"""One writer a format. Each takes rows as they come, writes them to a file, and says how many there were."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from data.batches import batches
from data.exporters.rows import COLUMNS, MOMENTS, Row, text
from data.files import defuse

MOST_EXCEL_ROWS = 1_048_575  # a sheet's, less the header

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BATCH = 10_000


class TooManyRows(Exception):
    """More companies than the format can hold. One sentence."""


def write_csv(path: Path, rows: Iterable[Row]) -> int:
    """UTF-8 without BOM, commas: programs read this one, and many take a BOM for a part of the first column's
    name. For people with Excel there is .xlsx."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([defuse(text(value)) for value in row])
            count += 1
    return count


def write_excel(path: Path, rows: Iterable[Row]) -> int:
    """One sheet of texts, no formulas."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Companies")
    sheet.freeze_panes = "A2"
    try:
        count = _append(sheet, rows)
    except BaseException:
        sheet.close()  # left to itself it would complain on standard error
        raise
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{count + 1}"
    book.save(path)
    return count


def _append(sheet: Any, rows: Iterable[Row]) -> int:
    count = 0
    sheet.append(COLUMNS)
    for count, row in enumerate(rows, 1):
        if count > MOST_EXCEL_ROWS:
            raise TooManyRows(
                f"An Excel sheet has room for {MOST_EXCEL_ROWS:,} companies: export to .csv or .parquet"
            )
        sheet.append([defuse(_NOT_XML.sub("\ufffd", text(value))) for value in row])
    return count


_SCHEMA = pa.schema(
    [(name, pa.timestamp("us", tz="UTC") if name in MOMENTS else pa.string()) for name in COLUMNS]
)


def write_parquet(path: Path, rows: Iterable[Row]) -> int:
    """Texts as they are (no spreadsheet opens it), times as times, null where there is no verdict."""
    count = 0
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for table in _tables(rows):
            writer.write_table(table)
            count += table.num_rows
    return count


def _tables(rows: Iterable[Row]) -> Iterator[pa.Table]:
    for batch in batches(rows, _BATCH):
        yield pa.Table.from_arrays(
            [
                pa.array(values, field.type)
                for values, field in zip(zip(*batch, strict=True), _SCHEMA, strict=True)
            ],
            schema=_SCHEMA,
        )


WRITERS: dict[str, Callable[[Path, Iterable[Row]], int]] = {
    ".csv": write_csv,
    ".xlsx": write_excel,
    ".parquet": write_parquet,
}
