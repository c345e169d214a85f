"""Exports: every company, whole files, and no cell that a spreadsheet would run."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from data import companies, files
from data.companies import Entry
from data.engine import open_engine, writing
from data.exporters import writers
from data.exporters.run import export_file
from data.files import CannotWrite
from data.schema import VerdictRow
from data.secrets import Secrets
from tests.data.importing import NOW

COLUMNS = [
    *(
        "company_id",
        "name",
        "domain",
        "sending_method",
        "verdict",
        "cause",
        "address",
        "spf",
        "dmarc",
        "smtp",
    ),
    *("provider", "since", "checked_at"),
]
CHECKED = datetime(2026, 11, 23, 9, 30, 15, 987654, tzinfo=UTC)
HOSTILE = [
    '=cmd|"/C calc"!A0',
    "+1",
    "-1",
    "@x",
    "<script>",
    'a,"b";c',
    "a;=1+1",
    "x\x01y\ufffez",
    "\u202eevil",
]


def put(engine: Engine, *entries: Entry) -> None:
    with writing(engine) as session:
        companies.upsert(session, entries, Secrets(), NOW)


def judge(engine: Engine, id: str, **columns: Any) -> None:
    values = {
        "verdict": "failure",
        "severity": 4,
        "cause": "SPF_MISSING",
        "address": "validated",
        "spf": "missing",
        "dmarc": "none",
        "smtp": "not_used",
        "provider": "Example",
        "diagnosis": {},
        "since": CHECKED - timedelta(days=1),
        "checked_at": CHECKED,
        "attempted_at": CHECKED,
        **columns,
    }
    with writing(engine) as session:
        session.add(VerdictRow(company_id=id, **values))


def exported(engine: Engine, path: Path) -> list[list[Any]]:
    """The file's rows, the header first."""
    export_file(engine, path)
    if path.suffix == ".csv":
        return list(csv.reader(path.read_text("utf-8").splitlines(keepends=True)))
    if path.suffix == ".xlsx":
        sheet = load_workbook(path).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
        return [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    table = pq.read_table(path)
    return [table.column_names, *([row[name] for name in table.column_names] for row in table.to_pylist())]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "CSV"])
def test_every_company_is_exported_by_id_with_its_verdict(store: Engine, tmp_path: Path, ending: str) -> None:
    put(
        store, Entry("b", {"name": "Bücher", "email": "info@bücher.example", "sending_method": "own_address"})
    )
    put(store, Entry("10", {"name": "Ten"}), Entry("9", {"name": "Nine"}), Entry("A", {"name": "Gone"}))
    judge(store, "b")
    with writing(store) as session:
        companies.mark_gone(session, {"b", "10", "9"}, NOW)
    path = tmp_path / f"out.{ending.lower()}"
    assert exported(store, path) == [
        COLUMNS,
        ["10", "Ten", "", "platform", *[""] * 9],
        ["9", "Nine", "", "platform", *[""] * 9],
        ["A", "Gone", "", "platform", *[""] * 9],
        [
            *("b", "Bücher", "xn--bcher-kva.example", "own_address", "failure", "SPF_MISSING", "validated"),
            *("missing", "none", "not_used", "Example", "2026-11-22T09:30:15Z", "2026-11-23T09:30:15Z"),
        ],
    ]


def test_parquet_has_times_as_times_and_nulls_where_nothing_is_known(store: Engine, tmp_path: Path) -> None:
    put(store, Entry("1", {"name": "=A"}), Entry("2", {"name": "B"}))
    judge(store, "1")
    header, one, two = exported(store, tmp_path / "out.parquet")
    assert header == COLUMNS
    assert one[:2] == ["1", "=A"]
    assert one[-2:] == [CHECKED - timedelta(days=1), CHECKED]
    assert two == ["2", "B", "", "platform", *[None] * 9]
    types = {str(field.type) for field in pq.read_schema(tmp_path / "out.parquet")}
    assert types == {"string", "timestamp[us, tz=UTC]"}


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_empty_store_gives_a_header(store: Engine, tmp_path: Path, ending: str) -> None:
    assert exported(store, tmp_path / f"out.{ending}") == [COLUMNS]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path}/test.db")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_cell_runs(engine: Engine, tmp_path: Path, ending: str, hostile: str) -> None:
    put(engine, Entry(hostile, {"name": hostile}))
    judge(engine, hostile, provider=hostile)
    row = exported(engine, tmp_path / f"out.{ending}")[1]
    assert row[0] == row[1] == row[10]
    assert row[0][0] not in "=+-@"
    assert ";=" not in row[0]
    plain = hostile if ending == "csv" else hostile.replace("\x01", "\ufffd").replace("\ufffe", "\ufffd")
    assert row[0].replace("'", "") == plain


@pytest.mark.parametrize(
    ("text", "defused"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a = b + c", "a = b + c"),
        ("A; B", "A; B"),
        ("=1", "'=1"),
        ("\t=1", "'\t'=1"),
        ("a; @x", "a;' @x"),
        ("\uff0b1", "'\uff0b1"),
    ],
)
def test_defusing_can_be_undone(text: str, defused: str) -> None:
    assert files.defuse(text) == defused
    assert files.undefuse(defused) == text
    assert files.defuse(defused) == defused


def test_csv_has_no_byte_order_mark(engine: Engine, tmp_path: Path) -> None:
    export_file(engine, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"company_id,name,domain,")


def test_what_was_there_stays_until_the_new_file_is_whole(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(engine, *(Entry(str(i), {"name": "A"}) for i in range(5000)))
    for ending in ("csv", "xlsx", "parquet"):
        path = tmp_path / f"out.{ending}"
        path.write_text("of yesterday")
        monkeypatch.setattr(writers, "text", _interrupt)
        monkeypatch.setattr(writers, "_tables", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            export_file(engine, path)
        monkeypatch.undo()
        assert path.read_text() == "of yesterday"
    assert sorted(p.suffix for p in tmp_path.glob("*out*")) == [".csv", ".parquet", ".xlsx"]


def _interrupt(_: object) -> str:
    raise KeyboardInterrupt


def test_where_no_file_can_be_written_is_told(engine: Engine, tmp_path: Path) -> None:
    for path, says in (
        (tmp_path / "out.pdf", "name a file .csv, .xlsx, .parquet"),
        (tmp_path / "out", "name a file .csv, .xlsx, .parquet"),
        (tmp_path / "absent" / "out.csv", "cannot be written (No such file or directory)"),
        (tmp_path / "test.db" / "out.xlsx", "cannot be written (Not a directory)"),
        (tmp_path / f"{'x' * 300}.csv", "cannot be written (File name too long)"),
        (tmp_path, "name a file"),
    ):
        with pytest.raises(CannotWrite) as caught:
            export_file(engine, path)
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CannotWrite, match="is a directory"):
        export_file(engine, tmp_path / "folder.csv")


def test_more_companies_than_a_sheet_has_rows_are_told(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MOST_EXCEL_ROWS", 2)
    put(engine, *(Entry(str(i), {"name": "A"}) for i in range(3)))
    with pytest.raises(CannotWrite, match=r"room for 2 companies: export to \.csv or \.parquet"):
        export_file(engine, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()
