"""An import as a whole: everything or nothing, who is gone, and what happens to the rejected rows."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data.companies import Tally
from data.engine import open_engine
from data.files import CannotWrite
from data.importers import csv_file, spool
from data.importers.run import Options, import_file
from data.secrets import Secrets
from tests.data.importing import NOW, SECRETS, Files, told

PROJECT = Path(__file__).parents[2]
LATER = NOW + timedelta(days=1)
MANY = "company_id,name\n" + "".join(f"{i},Company {i}\n" for i in range(3000))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield Files(engine, tmp_path)
    engine.dispose()


def gone(files: Files) -> set[str]:
    return {id for id, row in files.companies().items() if row.gone_since}


@pytest.fixture
def in_store(store: Engine, tmp_path: Path) -> Files:
    """The same, on SQLite and on PostgreSQL."""
    return Files(store, tmp_path)


def test_the_same_file_gives_the_same_report_on_both_databases(in_store: Files) -> None:
    content = "company_id,name,email\n1,A,a@b.be\n2,,\n3,C,c@d.be\n"
    first = in_store.take(content)
    assert (first.companies, first.gone, list(told(first))) == (Tally(added=2), 0, [3])
    second = in_store.take(content)
    assert (second.companies, second.gone) == (Tally(unchanged=2), 0)
    third = in_store.take("company_id,name,email\n1,A,a@b.be\n3,C,\n4,D,\n")
    assert (third.companies, third.gone) == (Tally(added=1, changed=1, unchanged=1), 0)


def test_a_company_that_is_not_in_the_file_is_kept_and_marked(in_store: Files) -> None:
    in_store.take("company_id,name\n1,A\n2,B\n")
    report = in_store.take("company_id,name\n1,A\n", at=LATER)
    assert report.gone == 1
    assert in_store.companies()["2"].gone_since == LATER
    assert in_store.take("company_id,name\n1,A\n").gone == 0
    back = in_store.take("company_id,name\n1,A\n2,B\n")
    assert (back.companies, back.gone) == (Tally(changed=1, unchanged=1), 0)
    assert gone(in_store) == set()


@pytest.mark.parametrize(
    "row",
    [
        "2,",
        "2,B,too many,x",
        '2,"B" stray,',
        '"2,B,open',
        '2,"B,open',
        "2,B,pigeon",
        " 2 ,,",
        f"2,{'x' * 1000},",
    ],
)
def test_a_company_whose_row_was_rejected_is_not_marked(
    files: Files, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(csv_file, "LONGEST", 500)
    files.take("company_id,name,sending_method\n1,A,\n2,B,\n")
    report = files.take(f"company_id,name,sending_method\n1,A,\n{row}\n")
    assert len(report.rejected) == 1
    assert (report.gone, gone(files)) == (0, set())
    assert files.names()["2"] == "B"


def test_nobody_is_marked_when_no_row_is_any_good(files: Files) -> None:
    files.take("company_id,name\n1,A\n2,B\n")
    report = files.take("company_id,name\n1,\n")
    assert report.gone == 0
    assert report.notes == ("No row could be imported, so no company was marked as gone",)


def test_a_part_of_the_fleet_marks_nobody(files: Files) -> None:
    files.take("company_id,name\n1,A\n2,B\n")
    assert files.take("company_id,name\n2,C\n", part=True).gone == 0
    assert (files.names(), gone(files)) == ({"1": "A", "2": "C"}, set())


def test_a_dry_run_reports_the_same_and_writes_nothing(in_store: Files) -> None:
    in_store.take("company_id,name\n1,A\n2,B\n")
    content = "company_id,name,smtp_password\n1,Z,hemlig\n3,C,\n4,,\n"
    dry = in_store.take(content, dry_run=True)
    assert (in_store.names(), gone(in_store)) == ({"1": "A", "2": "B"}, set())
    assert len(in_store.rejected_rows()) == 2
    assert in_store.take(content) == dry


def test_an_import_that_is_interrupted_leaves_nothing_behind(in_store: Files) -> None:
    in_store.take("company_id,name\n1,A\n")

    def interrupt(rows: int) -> None:
        if rows == 2500:
            raise KeyboardInterrupt

    path = in_store.write(MANY)
    options = Options(rejected_to=in_store.directory / "later.csv")
    with pytest.raises(KeyboardInterrupt):
        import_file(in_store.engine, path, SECRETS, LATER, options, interrupt)
    assert (in_store.names(), gone(in_store)) == ({"1": "A"}, set())
    assert sorted(p.name for p in in_store.directory.glob("*.csv*")) == ["companies.csv", "rejected.csv"]
    assert in_store.take(MANY).companies == Tally(added=2999, changed=1)


class Stopping(Secrets):
    """Does something when the last company is written."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop

    def encrypt(self, password: str) -> bytes:
        self._stop()
        return super().encrypt(password)


LAST_WITH_PASSWORD = (
    MANY.replace("\n", ",\n").replace("name,", "name,smtp_password").replace(" 2999,", " 2999,hemlig")
)


def test_an_import_that_is_interrupted_while_it_writes_leaves_nothing_behind(in_store: Files) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    path = in_store.write(LAST_WITH_PASSWORD)
    with pytest.raises(KeyboardInterrupt):
        import_file(in_store.engine, path, Stopping(interrupt), NOW)
    assert in_store.names() == {}


def test_a_process_that_is_killed_leaves_nothing_behind(in_store: Files, url: str, tmp_path: Path) -> None:
    path = in_store.write(LAST_WITH_PASSWORD)
    code = f"""
import os, signal
from datetime import UTC, datetime
from pathlib import Path
from data.engine import open_engine
from data.importers.run import import_file
from tests.data.test_import import Stopping
kill = Stopping(lambda: os.kill(os.getpid(), signal.SIGKILL))
import_file(open_engine({url!r}), Path({str(path)!r}), kill, datetime.now(UTC))
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert in_store.companies() == {}
    assert in_store.take(LAST_WITH_PASSWORD).companies == Tally(added=3000)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_others_may_write_while_a_file_is_read(in_store: Files, suffix: str) -> None:
    rows = [["company_id", "name"], *([str(i), "A"] for i in range(1200))]
    path = in_store.write("\n".join(map(",".join, rows))) if suffix == "csv" else in_store.book(rows)
    in_the_middle = in_store.write("company_id,name\nother,B\n", "other.csv")

    def write(rows: int) -> None:
        if rows == 1100:
            import_file(in_store.engine, in_the_middle, SECRETS, NOW, Options(part=True))

    assert (
        import_file(in_store.engine, path, SECRETS, LATER, Options(part=True), write).companies.added == 1200
    )
    assert len(in_store.names()) == 1201


def test_what_is_read_ahead_lies_nowhere_in_clear(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too much for memory stands in a file without a name, which is read here while it is open."""
    monkeypatch.setattr(spool, "IN_MEMORY", 1000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = bytearray()

    def look() -> None:
        for number in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if str(tmp_path) in os.readlink(number) and "deleted" in os.readlink(number):
                    seen.extend(number.read_bytes())

    path = files.write(LAST_WITH_PASSWORD)
    assert import_file(files.engine, path, Stopping(look), NOW).companies.added == 3000
    assert len(seen) > 50_000
    assert b"hemlig" not in seen
    assert b"Company" not in seen


def test_no_room_for_what_is_read_ahead_is_told(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 1000)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(CannotWrite, match="name another directory in TMPDIR"):
        files.take(MANY)
    assert files.names() == {}


def test_two_imports_at_once_follow_one_another(in_store: Files, url: str) -> None:
    path = in_store.write(MANY)
    code = f"""
from datetime import UTC, datetime
from pathlib import Path
from data.engine import open_engine
from data.importers.run import import_file
from data.secrets import Secrets
report = import_file(open_engine({url!r}), Path({str(path)!r}), Secrets(), datetime.now(UTC))
print(report.companies.added, report.companies.unchanged, report.gone)
"""
    starts = [
        subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE) for _ in range(2)
    ]
    assert sorted(start.communicate(timeout=120)[0] for start in starts) == [b"0 3000 0\n", b"3000 0 0\n"]


# The rejected rows as a file


def test_rejected_rows_come_with_their_cells_and_the_reason_last(files: Files) -> None:
    files.take("company_id;name;sending_method;x\n1;A;;\n2;;;y\n3;C;pigeon;\n4;D;;;;\n5;=E;own\n")
    assert files.rejected_rows() == [
        ["company_id", "name", "sending_method", "x", "reason"],
        ["2", "", "", "y", "line 3: name is empty. To mend: fill it in"],
        [
            *("3", "C", "pigeon", ""),
            "line 4: sending_method is “pigeon”, which is not known. "
            "To mend: write platform, own_address or own_server, or leave it empty",
        ],
        [
            *("4", "D", "", "", "", ""),
            "line 5: it has 6 cells, and the header has 4. "
            'To mend: put a cell that has a delimiter in it between quotes ("A, B")',
        ],
        [
            *("5", "'=E", "own", ""),
            "line 6: sending_method is “own”, which is not known. "
            "To mend: write platform, own_address or own_server, or leave it empty",
        ],
    ]


def test_a_mended_file_of_rejected_rows_can_be_imported(files: Files) -> None:
    files.take("company_id,name,sending_method,smtp_password\n1,A,,one\n2,+Plus,,two\n")
    files.take("company_id,name,sending_method,smtp_password\n1,A,,\n2,+Plus NV,pigeon,two\n")
    mended = files.rejected.read_text("utf-8-sig").replace("pigeon", "own_server", 1)
    report = files.take(mended, part=True)
    assert (report.companies, report.notes) == (Tally(changed=1), ())
    plus = files.companies()["2"]
    assert (plus.name, SECRETS.decrypt(plus.smtp_password or b"")) == ("+Plus NV", "two")


def test_hostile_cells_of_rejected_rows_do_no_harm(files: Files) -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "a;=1", "a\n=1", "\uff1d1", "\0", "\x1b[31m"]
    rows = "".join(f'{i},"{cell}",pigeon\n' for i, cell in enumerate(cells))
    files.take(f"company_id,name,sending_method\n{rows}")
    names = [row[1] for row in files.rejected_rows()[1:]]
    assert names[:8] == ["'=1+1", "'+1", "'-1", "'@x", "'\t'=1", "a;'=1", "a\n'=1", "'\uff1d1"]
    assert "\0" not in files.rejected.read_text("utf-8")


def test_without_rejected_rows_the_file_has_a_header_alone(files: Files) -> None:
    files.rejected.write_text("of last week")
    files.take("company_id,name\n1,A\n")
    assert files.rejected_rows() == [["company_id", "name", "reason"]]


def test_a_file_that_cannot_be_written_stops_the_import(files: Files) -> None:
    path = files.write("company_id,name\n1,A\n2,\n")
    for target in (files.directory / "absent" / "r.csv", files.directory, files.directory / "r.xlsx"):
        with pytest.raises(CannotWrite):
            import_file(files.engine, path, SECRETS, NOW, Options(rejected_to=target))
    assert files.companies() == {}


def test_what_is_rejected_is_told_even_when_all_is(files: Files) -> None:
    report = files.take("company_id,name\n" + ",\n".join(f"{i}" for i in range(2000)) + ",\n")
    assert len(report.rejected) == 2000
    assert len(files.rejected_rows()) == 2001


# How much, and how fast


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(files: Files, suffix: str, tmp_path: Path) -> None:
    """20,000 rows more may cost their ids, not their rows."""
    rows = [("company_id", "name", "email", "segment")]
    rows += [(f"{i:06}", f"Company {i} {'x' * 300}", f"info@company{i}.be", "y" * 150) for i in range(20_000)]
    path = files.write("\n".join(map(",".join, rows))) if suffix == "csv" else files.book(rows)
    code = f"""
import re
from datetime import UTC, datetime
from pathlib import Path
from data.engine import open_engine
from data.importers.run import import_file
from data.secrets import Secrets
peaks = []
def tell(rows):
    if rows in (2_000, 20_000):
        peaks.append(int(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1]))
engine = open_engine("sqlite:///{tmp_path}/other.db")
import_file(engine, Path({str(path)!r}), Secrets(), datetime.now(UTC), progress=tell)
print(peaks[1] - peaks[0])
"""
    grown = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, stdout=subprocess.PIPE)
    assert int(grown.stdout) < 8_000  # KiB; the rows have 10 MB
