"""Excel files: values as people mean them, and workbooks that are made to harm."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from data.companies import Tally
from data.engine import open_engine
from data.importers import excel
from data.importers.table import UnusableFile
from tests.data.importing import Files, told

NAIVE = datetime.fromisoformat("2026-01-02T03:04:05")  # as Excel has them
HEADER = ("company_id", "name", "email", "email_validated_at", "smtp_port")
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield Files(engine, tmp_path)
    engine.dispose()


def sheet_of(book: Workbook) -> Worksheet:
    assert isinstance(book.active, Worksheet)
    return book.active


def refusal(files: Files, path: Path) -> str:
    with pytest.raises(UnusableFile) as caught:
        files.take(path)
    assert "\n" not in str(caught.value)
    assert files.companies() == {}
    return str(caught.value)


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_numbers_and_dates_become_what_people_see(files: Files) -> None:
    path = files.book(
        [
            HEADER,
            (12345, "Acme", "info@acme.be", NAIVE, 587),
            (1.5, 42, None, date(2026, 5, 31), 25.0),
            ("007", True, "", "2026-01-02T03:04:05+01:00", "465"),
        ]
    )
    report = files.take(path)
    assert report.rejected == ()
    companies = files.companies()
    assert files.names() == {"12345": "Acme", "1.5": "42", "007": "TRUE"}
    assert companies["12345"].email_validated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert companies["1.5"].email_validated_at == datetime(2026, 5, 31, tzinfo=UTC)
    assert companies["007"].email_validated_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert {row.smtp_port for row in companies.values()} == {465, 25, 587}
    assert files.take(path).companies == Tally(unchanged=3)


def test_a_number_where_a_date_belongs_is_rejected(files: Files) -> None:
    report = files.take(files.book([HEADER, ("1", "A", "", 46054.25, None)]))
    assert "which is no ISO 8601 time" in told(report)[2]


def test_a_missing_cell_is_an_empty_one(files: Files) -> None:
    files.take(files.book([HEADER, ("1", "A", "a@b.be", None, 25)]))
    report = files.take(files.book([HEADER, ("1", "A")]))
    assert files.companies()["1"].email == ""
    assert report.notes == ("The sheet “Sheet” was read",)


def test_rows_keep_their_numbers_past_empty_ones(files: Files) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    for place, value in {
        "A3": "company_id",
        "B3": "name",
        "A5": "1",
        "B5": "A",
        "A9": "2",
        "C7": " ",
    }.items():
        sheet[place] = value
    book.save(files.directory / "gaps.xlsx")
    report = files.take(files.directory / "gaps.xlsx")
    assert files.names() == {"1": "A"}
    assert told(report) == {9: "name is empty"}


def test_the_first_visible_sheet_is_read_and_told(files: Files) -> None:
    book = Workbook()
    sheet_of(book).append(HEADER)
    sheet_of(book).append(("1", "hidden"))
    sheet_of(book).sheet_state = "hidden"
    shown = book.create_sheet("=Our <b>fleet<b>")
    shown.append(HEADER)
    shown.append(("2", "shown"))
    book.create_sheet("Other")
    book.save(files.directory / "sheets.xlsx")
    report = files.take(files.directory / "sheets.xlsx")
    assert files.names() == {"2": "shown"}
    assert report.notes == ("The sheet “=Our <b>fleet<b>” was read, and 2 others passed over",)


def test_a_formula_without_its_value_rejects_the_row_and_is_not_run(files: Files) -> None:
    path = files.book(
        [
            (*HEADER, "other"),
            ("1", '=HYPERLINK("http://x.invalid","y")', "", None, None, None),
            ("2", "B", "", None, None, "=1+1"),
            ("3", "C", "=1+1", None, None, None),
        ]
    )
    report = files.take(path)
    assert list(told(report)) == [2, 4]
    assert told(report)[2] == "name holds a formula whose value is not in the file"
    assert files.names() == {"2": "B"}


def test_a_formulas_value_is_read(files: Files) -> None:
    path = files.book([HEADER, ("1", "=1+1", "=2", "", None), ("2", "B", "b@b.be", None, None)])
    cells = {
        b"<f>1+1</f><v />": b"<f>1+1</f><v>2</v>",
        b'<c r="C2"><f>2</f><v />': b'<c r="C2" t="str"><f>2</f><v></v>',
    }

    def calculate(sheet: bytes) -> bytes:
        for before, after in cells.items():
            assert before in sheet
            sheet = sheet.replace(before, after)
        return sheet

    report = files.take(changed(path, SHEET, calculate))
    assert report.rejected == ()
    assert files.names() == {"1": "2", "2": "B"}
    assert files.companies()["1"].email == ""


def test_text_that_looks_like_a_formula_stays_text(files: Files) -> None:
    book = Workbook()
    sheet = sheet_of(book)
    sheet.append(HEADER)
    sheet.append(("1", "x", "=1"))
    for place in ("B2", "C2"):
        sheet[place].value = '=cmd|"/C calc"!A0'
        sheet[place].data_type = "s"
    book.save(files.directory / "text.xlsx")
    assert files.take(files.directory / "text.xlsx").rejected == ()
    assert files.names() == {"1": '=cmd|"/C calc"!A0'}


def test_an_excel_error_is_no_value(files: Files) -> None:
    report = files.take(files.book([HEADER, ("1", "#N/A", "#REF!")]))
    assert told(report) == {2: "name holds Excel's error #N/A; email holds Excel's error #REF!"}


@pytest.mark.parametrize("name", ["companies.xlsm", "companies.xlsx", "Auto_Open.XLSM"])
def test_a_workbook_with_macros_is_read_as_values_alone(files: Files, name: str) -> None:
    book = Workbook()
    sheet_of(book).append(HEADER)
    sheet_of(book).append(("1", "Auto_Open"))
    for macro in ("Auto_Open", "_xlnm.Auto_Open"):
        book.defined_names[macro] = DefinedName(macro, attr_text='EXEC("calc")', xlm=True, function=True)
    book.save(files.directory / "made.xlsx")
    changed(files.directory / "made.xlsx", "xl/vbaProject.bin", lambda _: b"\xd0\xcf\x11\xe0 macros")
    (files.directory / "made.xlsx").rename(files.directory / name)
    assert files.take(files.directory / name).rejected == ()
    assert files.names() == {"1": "Auto_Open"}


def test_the_dimensions_that_a_file_claims_need_not_be_true(files: Files) -> None:
    path = files.book([HEADER, ("1", "A"), ("2", "B")])
    changed(path, SHEET, lambda sheet: sheet.replace(b'ref="A1:E3"', b'ref="A1:B2"'))
    files.take(path)
    assert files.names() == {"1": "A", "2": "B"}


def test_a_cell_at_the_far_corner_does_not_fill_the_memory(files: Files) -> None:
    path = files.book([HEADER, ("1", "A")])
    corner = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    report = files.take(changed(path, SHEET, lambda sheet: sheet.replace(b"</sheetData>", corner)))
    assert told(report) == {1048576: "it has 16384 cells, and the header has 5"}


# Files of no use


def test_more_rows_than_excel_has_are_refused(files: Files) -> None:
    path = files.book([HEADER, ("1", "A")])
    beyond = b'<row r="999999999"><c r="A999999999"><v>1</v></c></row></sheetData>'
    changed(path, SHEET, lambda sheet: sheet.replace(b"</sheetData>", beyond))
    assert "more rows than Excel has" in refusal(files, path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(files: Files) -> None:
    path = files.book([HEADER, ("1", "A")])
    changed(path, "xl/sharedStrings.xml", lambda _: bytes(excel.MOST_OCTETS_AT_ONCE + 1))
    assert path.stat().st_size < 10_000_000
    assert "unpacks to more" in refusal(files, path)


def test_a_part_that_unpacks_to_more_than_it_declares_is_refused(files: Files) -> None:
    path = files.book([HEADER, *(("1", "A") for _ in range(1000))])
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    octets = path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(octets)
    assert "damaged" in refusal(files, path)


def test_entities_that_grow_are_refused(files: Files) -> None:
    path = files.book([HEADER, ("1", "A")])
    entities = b"".join(b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 10))
    bomb = b'<!DOCTYPE x [<!ENTITY e0 "' + b"ha" * 50 + b'">' + entities + b"]>"

    def insert(sheet: bytes) -> bytes:
        return bomb + sheet.replace(
            b"</sheetData>", b'<row r="9"><c t="str"><v>&e9;</v></c></row></sheetData>'
        )

    assert "damaged" in refusal(files, changed(path, SHEET, insert))


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.xlsx", "is empty"),
        (b"company_id,name\n1,A\n", "a.xlsx", "not an Excel workbook"),
        (b"PK\x03\x04 and so on", "a.xlsx", "not an Excel workbook"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
            "a.xls",
            "an old Excel file (.xls): save it as .xlsx",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "a.xlsx", "an old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99) + "EncryptedPackage".encode("utf-16-le"),
            "a.xlsx",
            "protected by a password",
        ),
    ],
)
def test_a_file_of_no_use_is_told_in_one_line(files: Files, content: bytes, name: str, says: str) -> None:
    assert says in refusal(files, files.write(content, name))


def test_an_archive_that_is_no_workbook_is_told(files: Files) -> None:
    with zipfile.ZipFile(files.directory / "a.xlsx", "w") as archive:
        archive.writestr("letter.txt", "Dear Sir or Madam")
    assert "not an Excel workbook" in refusal(files, files.directory / "a.xlsx")


def test_every_damaged_workbook_is_told(files: Files) -> None:
    """Whatever octet is wrong: a sentence, or the rows that can still be read, and never a traceback."""
    whole = files.book([HEADER, ("1", "A", "a@b.be", NAIVE, 25)]).read_bytes()
    for place in range(0, len(whole), 23):
        files.write(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :], "damaged.xlsx")
        with suppress(UnusableFile):
            files.take(files.directory / "damaged.xlsx")
    for length in range(0, len(whole), 211):
        with pytest.raises(UnusableFile):
            files.take(files.write(whole[:length], "short.xlsx"))


def test_a_workbook_without_a_sheet_to_read_is_told(files: Files) -> None:
    assert "no column company_id" in refusal(files, files.book([]))
    assert "a header and no companies" in refusal(files, files.book([HEADER]))
    book = Workbook()
    sheet_of(book).title = "Companies"
    book.create_sheet("Other")
    path = files.directory / "hidden.xlsx"
    book.save(path)
    changed(path, "xl/workbook.xml", lambda part: part.replace(b'state="visible"', b'state="hidden"'))
    assert "no visible sheet" in refusal(files, path)
