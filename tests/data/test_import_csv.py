"""CSV files: encodings, delimiters, lines, and rows that are made to harm."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.companies import Tally
from data.engine import open_engine
from data.importers import csv_file
from data.importers.table import UnusableFile
from tests.data.importing import Files, told


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield Files(engine, tmp_path)
    engine.dispose()


def refusal(files: Files, content: str | bytes | Path) -> str:
    with pytest.raises(UnusableFile) as caught:
        files.take(content)
    assert "\n" not in str(caught.value)
    assert files.companies() == {}
    return str(caught.value)


# How it is written


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_delimiter_is_recognized_from_the_header(files: Files, delimiter: str) -> None:
    files.take(f"company_id{delimiter}name{delimiter}email\n1{delimiter}A|B{delimiter}a@b.be\n")
    assert files.names() == {"1": "A|B"}


def test_a_cell_may_hold_every_delimiter(files: Files) -> None:
    files.take('company_id;name\n1;"A;B"\n2;C,D,E,F\n3;G\tH\n')
    assert files.names() == {"1": "A;B", "2": "C,D,E,F", "3": "G H"}


def test_a_header_whose_names_hold_another_delimiter_is_not_mistaken(files: Files) -> None:
    files.take('company_id;name;"a,b,c,d,e"\n1;Acme;x\n')
    assert files.names() == {"1": "Acme"}


def test_excels_separator_line_is_obeyed(files: Files) -> None:
    report = files.take("sep=;\ncompany_id;name\n1;Acme\n2;\n")
    assert files.names() == {"1": "Acme"}
    assert list(told(report)) == [4]


@pytest.mark.parametrize(
    ("codec", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("cp1252", "Windows-1252"),
        ("utf-16", "UTF-16"),
    ],
)
def test_each_encoding_is_read_and_told(files: Files, codec: str, note: str | None) -> None:
    report = files.take("company_id,name\n1,Crêpe & Œuvre “€”\n".encode(codec))
    assert files.names() == {"1": "Crêpe & Œuvre “€”"}
    assert [n for n in report.notes if note and note in n] == list(report.notes)
    assert bool(report.notes) == bool(note)


def test_what_is_no_utf_16_costs_its_row_alone(files: Files) -> None:
    half = "2,B\ud800b\n".encode("utf-16-le", "surrogatepass")
    report = files.take(
        "company_id,name\n1,A\n".encode("utf-16") + half + "3,C\n4,D".encode("utf-16-le") + b"!"
    )
    assert told(report).keys() == {3, 5}
    assert all("not in the file's encoding" in said for said in told(report).values())
    assert files.names() == {"1": "A", "3": "C"}


def test_a_few_wrong_octets_cost_their_rows_and_not_the_others(files: Files) -> None:
    content = "company_id,name\n1,Zoë\n2,Chloë\n3,Caf\udce9\n4,Noël\n".encode("utf-8", "surrogateescape")
    report = files.take(content)
    assert files.names() == {"1": "Zoë", "2": "Chloë", "4": "Noël"}
    assert "not in the file's encoding" in told(report)[4]
    assert "UTF-8" in report.rejected[0].mend


def test_an_octet_that_windows_1252_does_not_have_costs_its_row(files: Files) -> None:
    report = files.take(b"company_id,name\n1,Caf\xe9\n2,Caf\x81\n")
    assert files.names() == {"1": "Café"}
    assert list(told(report)) == [3]


def test_header_names_are_trimmed_and_their_case_does_not_matter(files: Files) -> None:
    files.take(" Company_ID , NAME ,E-mail\n1,Acme,x\n")
    assert files.names() == {"1": "Acme"}


def test_unknown_columns_are_told_and_passed_over(files: Files) -> None:
    report = files.take("company_id,name,e_mail,=cmd()\x07,,\n1,Acme,x,y,,\n")
    assert report.notes == (
        "The column “e_mail” is not known and was passed over (did you mean email?)",
        "The column “=cmd()\\x07” is not known and was passed over",
    )


def test_a_row_over_several_lines_keeps_the_others_at_their_physical_lines(files: Files) -> None:
    report = files.take('company_id,name\r\n1,"two\r\nlines"\r\n\r\n2,\r\n"3","a\nb\nc"\n4,\n')
    assert files.names() == {"1": "two lines", "3": "a b c"}
    assert list(told(report)) == [5, 9]


def test_old_mac_line_ends_are_line_ends(files: Files) -> None:
    files.take("company_id,name\r1,A\r2,B\r")
    assert files.names() == {"1": "A", "2": "B"}


def test_rows_without_any_text_are_no_rows(files: Files) -> None:
    report = files.take("company_id;name;email\n1;A;\n;;\n\n   \n;;\n")
    assert (report.rows, report.rejected) == (1, ())


# Files of no use


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n\n", "no column company_id and no name; it has nothing"),
        ("\ufeff", "no column company_id and no name"),
        ("company_id,name\n", "a header and no companies"),
        ("company_id|name\n1|A\n", "no column company_id and no name; it has “company_id|name”"),
        ("id,name\n1,A\n", "no column company_id; it has “id”, “name”"),
        ("company_id,name,Name\n1,A,B\n", "names name more than once"),
        ("company_id,name,email, EMAIL\n1,A,B,C\n", "names email more than once"),
        (b"company_id,name\n1,A\n".decode().encode("utf-16-le"), "not text"),
        ("company_id,name\n1,A\n".encode("utf-32"), "UTF-32"),
        (b"\x00\x01\x02\x03" * 100, "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no column company_id"),
        (b"PK\x03\x04 and so on", "Excel file or an archive"),
        ('company_id,"na"me\n1,A\n', "The header of “companies.csv” cannot be read"),
    ],
)
def test_a_file_of_no_use_is_told_in_one_line(files: Files, content: str | bytes, says: str) -> None:
    assert says in refusal(files, content)


def test_what_is_no_file_is_told(files: Files) -> None:
    assert "does not exist" in refusal(files, files.directory / "absent.csv")
    assert "is a directory" in refusal(files, files.directory)
    assert "ends in .csv or .xlsx" in refusal(files, files.write("company_id,name\n1,A\n", "companies.pdf"))
    assert "not a regular file" in refusal(files, Path("/dev/null"))
    assert "cannot be read" in refusal(files, files.directory / "test.db" / "below.csv")
    assert "name too long" in refusal(files, files.directory / f"{'x' * 300}.csv")
    loop = files.directory / "loop.csv"
    loop.symlink_to(loop)
    assert "cannot be read" in refusal(files, loop)


def test_a_file_that_is_of_no_use_leaves_no_rejected_rows_behind(files: Files) -> None:
    refusal(files, "company_id,name\n")
    assert not files.rejected.exists()


# Rows


def test_every_rejected_row_has_a_line_a_reason_and_a_mend(files: Files) -> None:
    report = files.take(
        "company_id,name,email_validated_at,sending_method,smtp_port,smtp_security\n"
        ",A,,,,\n"
        "2,,,,,\n"
        "3,C,31/12/2025,,,\n"
        "4,D,0000-00-00 00:00:00,,,\n"
        "5,E,0001-01-01T00:00:00+14:00,,,\n"
        "6,F,,pigeon,,\n"
        "7,G,,,0,\n"
        "8,H,,,٣٤,\n"
        "9,I,,,65536,tls\n"
        "10,J,,,,,\n"
        "11,K,tomorrow,x,y,z\n"
        "12,#REF!,,,,\n"
        "\u200b,\u200b\u202e,,,,\n"
    )
    assert told(report) == {
        2: "company_id is empty",
        3: "name is empty",
        4: "email_validated_at is “31/12/2025”, which is no ISO 8601 time",
        5: "email_validated_at is “0000-00-00 00:00:00”, which is no ISO 8601 time",
        6: "email_validated_at is “0001-01-01T00:00:00+14:00”, which is no ISO 8601 time",
        7: "sending_method is “pigeon”, which is not known",
        8: "smtp_port is “0”, which is no port",
        9: "smtp_port is “٣٤”, which is no port",
        10: "smtp_port is “65536”, which is no port; smtp_security is “tls”, which is not known",
        11: "it has 7 cells, and the header has 6",
        12: (
            "email_validated_at is “tomorrow”, which is no ISO 8601 time; sending_method is “x”, which is not known; "
            "smtp_port is “y”, which is no port; smtp_security is “z”, which is not known"
        ),
        13: "name holds Excel's error #REF!",
        14: "company_id is empty; name is empty",
    }
    assert all(rejected.mend for rejected in report.rejected)
    assert [rejected.company_id for rejected in report.rejected[:3]] == ["", "2", "3"]
    assert files.companies() == {}


def test_values_are_read_as_people_write_them(files: Files) -> None:
    files.take(
        "company_id,name,sending_method,smtp_port,smtp_security,email_validated_at\n"
        " 1 , Acme  NV ,Own_Server,587.0,STARTTLS,2026-05-31T14:05:00+02:00\n"
    )
    acme = files.companies()["1"]
    assert (acme.name, acme.sending_method, acme.smtp_port, acme.smtp_security) == (
        "Acme  NV",
        "own_server",
        587,
        "starttls",
    )
    assert str(acme.email_validated_at) == "2026-05-31 12:05:00+00:00"


def test_a_time_without_a_zone_is_utc_and_told(files: Files) -> None:
    report = files.take(
        "company_id,name,email_validated_at\n1,A,2026-05-31 14:05\n2,B,2026-05-31\n3,C,20260531Z\n"
    )
    assert report.rejected[0].line == 4
    assert str(files.companies()["1"].email_validated_at) == "2026-05-31 14:05:00+00:00"
    assert report.notes == ("Times without a zone, taken as UTC: 2",)


def test_a_malformed_email_is_a_fact_and_no_bad_row(files: Files) -> None:
    long = f"info@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.be"
    report = files.take(f"company_id,name,email\n1,A,a@b@c\n2,B,{long}\n3,C,<x>\n4,D,\u202e@x.be\n")
    assert report.rejected == ()
    assert {id: row.email for id, row in files.companies().items()} == {
        "1": "a@b@c",
        "2": long,
        "3": "<x>",
        "4": "\u202e@x.be",
    }


def test_of_rows_with_one_id_the_first_stays(files: Files) -> None:
    report = files.take('company_id,name\n1,"A\nB"\n2,C\n1,D\n 1 ,E\n2,\n3,\n3,F\n')
    assert files.names() == {"1": "A B", "2": "C"}
    assert told(report) == {
        5: "company_id “1” stands in line 2 already",
        6: "company_id “1” stands in line 2 already",
        7: "name is empty; company_id “2” stands in line 4 already",
        8: "name is empty",
        9: "company_id “3” stands in line 8 already",
    }


def test_names_that_are_formulas_or_html_are_kept_as_text(files: Files) -> None:
    names = [
        '=cmd|"/C calc"!A0',
        "+1+1",
        "-2",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "**b** [x](http://y)",
    ]
    rows = "".join(f'{i},"{name.replace(chr(34), chr(34) * 2)}"\n' for i, name in enumerate(names))
    assert files.take("company_id,name\n" + rows).rejected == ()
    assert list(files.names().values()) == names


@pytest.mark.parametrize("bad", ["\0", "\x1b[31m", "\x7f", "\x9b"])
def test_control_characters_are_rejected_and_never_echoed(files: Files, bad: str) -> None:
    report = files.take(f"company_id,name,email\n1,A{bad}B,\n2,C,{bad}\n3,D,\n")
    assert list(told(report)) == [2, 3]
    assert "control character" in told(report)[2]
    assert files.names() == {"3": "D"}
    assert bad not in "".join(told(report).values())


def test_a_cell_of_ten_megabytes_is_told_and_not_echoed(files: Files) -> None:
    begun = time.monotonic()
    report = files.take(f'company_id,name,email\n1,{"x" * 10_000_000},\n2,"{"y" * 10_000_000}",\n3,C,\n')
    assert time.monotonic() - begun < 20
    assert told(report) == {
        2: "name has 10,000,000 characters, and 500 is the most",
        3: "name has 10,000,000 characters, and 500 is the most",
    }
    assert files.names() == {"3": "C"}
    assert files.rejected.stat().st_size < 2000


def test_an_id_of_ten_megabytes_is_not_kept_in_the_report(files: Files) -> None:
    report = files.take(f"company_id,name\n{'x' * 10_000_000},A\n2,B\n")
    assert len(report.rejected[0].company_id) <= 200
    assert files.names() == {"2": "B"}


def test_a_line_longer_than_any_cell_is_passed_over(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "LONGEST", 1000)
    report = files.take(f'company_id,name\n1,{"x" * 5000}\n2,B\n3,"open\n4,{"y" * 5000}\n5,E\n')
    assert files.names() == {"2": "B", "5": "E"}
    assert list(told(report)) == [2, 4, 5]
    assert "longer than" in told(report)[2]
    assert "a quote" in told(report)[4]
    assert [rejected.company_id for rejected in report.rejected] == ["1", "3", "4"]


@pytest.mark.parametrize(
    ("content", "lines", "kept"),
    [
        ('1,"A\n2,B\n3,C\n', [2], {"2", "3"}),
        ('1,"A\n2,B\n3,"C, D"\n4,E\n', [2], {"2", "3", "4"}),
        ('1,"A "b" C"\n2,B\n', [2], {"2"}),
        ('1,A "b" C\n2,B\n', [], {"1", "2"}),
        ('1,"A"x\n2,"B\n\n\n3,C', [2, 3], {"3"}),
        ('"', [2], set()),
    ],
)
def test_a_stray_quote_costs_its_line_and_not_those_behind_it(
    files: Files, content: str, lines: list[int], kept: set[str]
) -> None:
    report = files.take(f"company_id,name\n{content}")
    assert list(told(report)) == lines
    assert set(files.companies()) == kept


def test_a_cell_that_a_short_row_does_not_have_keeps_what_was_there(files: Files) -> None:
    files.take("company_id,name,segment,email\n1,A,gold,a@b.be\n")
    report = files.take("company_id,name,segment,email\n1,A,\n")
    assert report.notes == (
        "Rows with fewer cells than the header: 1; where a cell is missing, what was there was kept",
    )
    assert (files.companies()["1"].segment, files.companies()["1"].email) == ("", "a@b.be")


@pytest.mark.parametrize(
    ("header", "row", "is_rejected"),
    [
        ("smtp_host,smtp_username,smtp_password", "mail.a.be,jan@a.behemlig", True),
        ("smtp_host,smtp_username,smtp_password", "mail.a.be,hemlig", True),
        ("smtp_host,smtp_username,smtp_password", "mail.a.be,jan@a.be", True),  # which nothing tells apart
        ("smtp_username,smtp_password,country", "jan@a.behemlig,BE", True),
        ("smtp_username,wachtwoord", "janhemlig", True),
        ("smtp_host,smtp_username,smtp_password", "mail.a.be,jan@a.be,", False),
        ("smtp_host,smtp_username,smtp_password", "mail.a.be,", False),
        ("smtp_host,smtp_username,smtp_password", "mail.a.be", False),
        ("smtp_host,smtp_username,country", "mail.a.be,jan@a.be", False),
    ],
)
def test_a_row_that_lost_a_delimiter_before_its_password_is_not_guessed_at(
    files: Files, header: str, row: str, is_rejected: bool
) -> None:
    report = files.take(f"company_id,name,{header}\n1,A,{row}\n")
    assert (
        "the password may stand in the place of another cell" in "".join(told(report).values())
    ) is is_rejected
    assert (files.companies() == {}) is is_rejected
    assert "hemlig" not in files.rejected.read_text("utf-8")


LOGIN = "smtp_host,smtp_port,smtp_security,smtp_username,smtp_password"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (LOGIN, "mail.a.be,587,starttls,jan@a.be hemlig,"),
        (LOGIN, "mail.a.be,587,starttls,jan@a.be;hemlig,"),
        (LOGIN, "mail.a.be,587,starttls,jan@a.be | hemlig, "),
        (LOGIN, "mail.a.be,587,starttls,jan@a.be\themlig,"),
        ("smtp_host,smtp_username,smtp_password,segment", "jan@a.be,hemlig,,"),
    ],
)
def test_a_row_whose_cells_have_moved_is_rejected_though_it_has_its_width(
    files: Files, header: str, row: str
) -> None:
    report = files.take(f"company_id,name,{header}\n1,A,{row}\n")
    assert told(report) == {2: "smtp_password is empty: the password may stand in the place of another cell"}
    assert files.companies() == {}
    assert "hemlig" not in files.rejected.read_text("utf-8") + str(report)


@pytest.mark.parametrize(
    "row",
    [
        "mail.a.be,587,jan@a.be,hemlig,",  # no security
        "587,starttls,jan@a.be,hemlig,",  # no host
        "starttls,jan@a.be,hemlig,,",  # nor a port
        "jan@a.be,hemlig,,,",
    ],
)
def test_a_password_in_the_place_of_another_cell_is_not_shown(files: Files, row: str) -> None:
    report = files.take(f"company_id,name,{LOGIN}\n1,A,{row}\n")
    assert list(told(report)) == [2]
    assert "hemlig" not in files.rejected.read_text("utf-8") + str(report)


@pytest.mark.parametrize(
    "row",
    [
        "mail.a.be,587,starttls,jan@a.be,",
        "mail.a.be,587,starttls,Jan Peeters,",
        "mail.a.be,587,starttls,Jan <jan@a.be>,",
        "mail.a.be,587,starttls,A\\jan,",
        "mail.a.be,587,starttls,jan@a.be/info,",
        "jan@a.be,587,starttls,jan@a.be,",  # the address as server: what the company entered
        "jan@a.be,587,starttls,,",
        "mail.a.be,587,starttls,jan@a.be hemlig,another",
    ],
)
def test_what_companies_enter_is_taken_without_a_password(files: Files, row: str) -> None:
    report = files.take(f"company_id,name,{LOGIN}\n1,A,{row}\n")
    assert told(report) == {}


def test_a_port_that_is_none_hides_no_more_than_it_must(files: Files) -> None:
    report = files.take(
        f"company_id,name,{LOGIN}\n1,A,mail.a.be,ssl,implicit,jan@a.be,\n2,B,,pigeon,,,hemlig\n"
    )
    assert told(report) == {
        2: "smtp_port is “ssl”, which is no port",
        3: "smtp_port is “pigeon”, which is no port",
    }
    assert files.rejected_rows()[1][:7] == ["1", "A", "mail.a.be", "ssl", "implicit", "(not shown)", ""]


def test_what_stands_for_a_hidden_cell_is_not_imported_as_one(files: Files) -> None:
    files.take("company_id,name,smtp_username,smtp_password\n1,A,jan@a.be\n")
    mended = files.rejected.read_text("utf-8-sig")
    assert "(not shown)" in mended
    report = files.take(mended)
    assert told(report) == {2: "smtp_username holds what stands for a cell that was hidden"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_octets_whatever_break_it(files: Files, octets: bytes) -> None:
    report = files.take(b"company_id,name,email\n0,Zero,\n" + octets)
    assert report.rows >= 1
    assert set(told(report)) <= set(range(2, 400))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_every_row_is_either_imported_or_rejected(files: Files, names: list[str]) -> None:
    path = files.directory / "made.csv"
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        csv.writer(file).writerows(
            [["company_id", "name"], *([str(i), name] for i, name in enumerate(names))]
        )
    report = files.take(path)
    assert report.rows == len(names)
    done = report.companies
    assert done.added + done.changed + done.unchanged + len(report.rejected) == len(names)


def test_a_file_twice_in_a_row_changes_nothing(files: Files) -> None:
    content = (
        "company_id,name,email,email_validated_at,smtp_port,smtp_password\n"
        "1,A ,a@b.be,2026-01-02T03:04:05.123456789Z,25,hemlig\n2,B,,2026-01-02,,\n3,,,,,\n"
    )
    assert files.take(content).companies == Tally(added=2)
    again = files.take(content)
    assert (again.companies, again.gone) == (Tally(unchanged=2), 0)
