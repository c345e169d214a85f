"""Company files for the tests, and what became of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from data.importers.run import Options, Report, import_file
from data.schema import CompanyRow
from data.secrets import Secrets

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECRETS = Secrets()


class Files:
    """Writes files into a directory and imports them into one database."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine = engine
        self.directory = directory
        self.rejected = directory / "rejected.csv"

    def write(self, content: str | bytes, name: str = "companies.csv") -> Path:
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def book(self, rows: Iterable[Sequence[Any]], name: str = "companies.xlsx") -> Path:
        """A workbook of one sheet."""
        book = Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        book.save(self.directory / name)
        return self.directory / name

    def take(self, content: str | bytes | Path, at: datetime = NOW, **options: Any) -> Report:
        """Import a file, or this content as CSV."""
        path = content if isinstance(content, Path) else self.write(content)
        return import_file(self.engine, path, SECRETS, at, Options(rejected_to=self.rejected, **options))

    def rejected_rows(self) -> list[list[str]]:
        text = self.rejected.read_text("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))

    def companies(self) -> dict[str, CompanyRow]:
        with Session(self.engine) as session:
            return {row.id: row for row in session.scalars(select(CompanyRow))}

    def names(self) -> dict[str, str]:
        return {id: row.name for id, row in self.companies().items()}


def told(report: Report) -> dict[int, str]:
    """The reason by line."""
    return {rejected.line: rejected.reason for rejected in report.rejected}
