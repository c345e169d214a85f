"""`python -m data import` and `export` as people and programs call them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from checks.command import Stop
from data import __main__ as command
from data.commands import import_
from data.engine import open_engine

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def companies(tmp_path: Path) -> Path:
    path = tmp_path / "companies.csv"
    path.write_text("company_id,name,email\n1,Acme,info@acme.be\n2,,\n1,Again,\n")
    return path


def stopped(*arguments: str) -> tuple[int, str]:
    with pytest.raises(Stop) as caught:
        command.main(arguments)
    return caught.value.status, str(caught.value)


def test_import_prints_one_json_object(
    project: Path, companies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["import", str(companies), "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "rows": 3,
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "gone": 0,
        "forgotten": 0,
        "rejected": [
            {"line": 3, "reason": "name is empty", "mend": "fill it in", "company_id": "2"},
            {
                "line": 4,
                "reason": "company_id “1” stands in line 2 already",
                "mend": "keep one row for each company",
                "company_id": "1",
            },
        ],
        "notes": [],
        "dry_run": False,
    }
    assert said.err == ""


def test_import_tells_people_what_happened(
    project: Path, companies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["import", str(companies), "--rejected", str(companies.with_name("r.csv"))])
    said = capsys.readouterr().out
    assert said.startswith("3 rows: 1 companies added, 0 changed, 0 unchanged, 2 rows rejected\nRejected:\n")
    assert "line 4 (“1”): company_id “1” stands in line 2 already. To mend: keep one row" in said
    assert said.endswith("r.csv: mend them there, then import that file with --part\n")


def test_many_rejected_rows_are_not_all_printed(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text("company_id,name\n" + "1,\n" * 500)
    assert command.main(["import", str(tmp_path / "bad.csv")]) == 1
    said = capsys.readouterr().out
    assert said.count("\n") < 30
    assert "and 480 more" in said
    assert "--rejected OUT.csv" in said


def test_hostile_names_do_not_reach_the_terminal(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text(
        "company_id,name,sending_method\n\x1b[31m,\x1b]0;x\x07,\x1b[2J\n\u202e,,x\n"
    )
    command.main(["import", str(tmp_path / "bad.csv")])
    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


def test_a_good_import_and_its_export_are_done(
    project: Path, companies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    companies.write_text("company_id,name\n1,Acme\n")
    assert command.main(["import", str(companies)]) == 0
    assert command.main(["export", str(tmp_path / "out.csv")]) == 0
    assert command.main(["export", str(tmp_path / "out.csv"), "--json"]) == 0
    assert capsys.readouterr().out.endswith(
        f'1 companies written to {tmp_path}/out.csv\n{{"companies": 1}}\n'
    )


def test_a_dry_run_makes_no_database_and_no_key(project: Path, companies: Path) -> None:
    companies.write_text("company_id,name,smtp_password\n1,Acme,hemlig\n")
    assert command.main(["import", str(companies), "--dry-run", "--json"]) == 0
    assert list(project.iterdir()) == []


def test_a_dry_run_compares_with_what_is_there(
    project: Path, companies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    companies.write_text("company_id,name,smtp_password\n1,Acme,hemlig\n")
    command.main(["import", str(companies)])
    capsys.readouterr()
    command.main(["import", str(companies), "--dry-run"])
    assert capsys.readouterr().out == (
        "Dry run: nothing was written. An import would give:\n"
        "1 rows: 0 companies added, 0 changed, 1 unchanged, 0 rows rejected\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("import",),
        ("import", "a.csv", "--fast"),
        ("import", "absent.csv"),
        ("import", "."),
        ("import", f"{'x' * 300}.csv", "--dry-run"),
        ("import", "loop.csv", "--rejected", "r.csv"),
        ("export",),
        ("export", "out.pdf"),
        ("export", "absent/out.csv"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    open_engine(f"sqlite:///{project}/var/sendwell.db").dispose()
    monkeypatch.chdir(tmp_path)
    Path("loop.csv").symlink_to("loop.csv")
    status, said = stopped(*arguments)
    assert status == 2
    assert said
    assert "\n" not in said


def test_a_file_of_no_use_is_status_2(project: Path, companies: Path) -> None:
    companies.write_text("")
    assert stopped("import", str(companies)) == (
        2,
        "“companies.csv” is empty: give a file with a header and a row for each company",
    )


def test_the_rejected_rows_may_not_take_the_place_of_the_file(project: Path, companies: Path) -> None:
    before = companies.read_text()
    assert stopped("import", str(companies), "--rejected", str(companies))[0] == 2
    assert companies.read_text() == before


def test_wrong_settings_are_status_2(project: Path, companies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDWELL_SECRET_KEYS", "hemlig")
    status, said = stopped("import", str(companies))
    assert status == 2
    assert "SENDWELL_SECRET_KEYS" in said
    assert "hemlig" not in said


def test_a_database_of_no_use_is_status_3(
    project: Path, companies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDWELL_DATABASE", f"sqlite:///{companies}")
    status, said = stopped("import", str(companies))
    assert (status, "is not an SQLite database" in said) == (3, True)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDWELL_INCLUDE", "spf.ours.example")
    monkeypatch.setenv("SENDWELL_SENDING_ADDRESSES", "192.0.2.1")
    monkeypatch.setenv("SENDWELL_NAMESERVERS", "192.0.2.53")


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "out.csv"),
        ("scan",),
        ("scan", "--only", "1"),
        ("check", "1"),
        ("logins",),
        ("rotate-keys",),
    ],
)
def test_a_database_that_is_not_there_is_told_and_not_made(
    project: Path, platform: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """A mistyped name would else end well, and an export of nothing take the place of yesterday's."""
    monkeypatch.chdir(tmp_path)
    Path("out.csv").write_text("yesterday's")
    status, said = stopped(*arguments)
    assert (status, said.startswith(f"There is no database {project}/var/sendwell.db:")) == (3, True)
    assert (list(project.iterdir()), Path("out.csv").read_text()) == ([], "yesterday's")


@pytest.mark.parametrize("arguments", [("check",), ("scan", "--only")])
def test_an_id_that_is_not_text_is_wrong_usage(
    project: Path, platform: None, arguments: tuple[str, ...]
) -> None:
    status, said = stopped(*arguments, os.fsdecode(b"\xff"))
    assert (status, "is not UTF-8 text" in said) == (2, True)


@pytest.mark.parametrize("arguments", [("check",), ("scan", "--only")])
def test_blanks_around_an_id_are_none_of_it(
    project: Path, platform: None, companies: Path, arguments: tuple[str, ...]
) -> None:
    command.main(["import", str(companies)])
    status, said = stopped(*arguments, " 2 ")
    assert (status, said.split(":")[0]) == (2, "no company has the id 2")


def test_a_company_without_a_domain_is_told_as_such(
    project: Path, platform: None, companies: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    companies.write_text("company_id,name\n1,Acme\n")
    command.main(["import", str(companies)])
    capsys.readouterr()
    assert command.main(["check", "1"]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [
        "✗ FAILURE  (no domain)",
        "  address missing, SMTP not_used",
    ]


def test_an_interrupted_import_says_that_nothing_was_imported(
    project: Path, companies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_, "import_file", interrupt)
    assert stopped("import", str(companies)) == (130, "Interrupted: nothing was imported")


def test_a_long_import_tells_its_progress_on_standard_error(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(import_, "time", SimpleNamespace(monotonic=iter(range(0, 10_000, 5)).__next__))
    (tmp_path / "many.csv").write_text("company_id,name\n" + "".join(f"{i},A\n" for i in range(1000)))
    command.main(["import", str(tmp_path / "many.csv"), "--json"])
    said = capsys.readouterr()
    assert "900 rows read" in said.err
    assert json.loads(said.out)["added"] == 1000


def test_the_module_runs_as_a_command(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "data", "import", str(tmp_path / "absent.csv")],
        cwd=PROJECT,
        env={"SENDWELL_DATABASE": f"sqlite:///{tmp_path}/test.db", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "“absent.csv” does not exist: check its name\n"


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.2])
def test_ctrl_c_while_it_loads_is_quiet(tmp_path: Path, seconds: float) -> None:
    program = [sys.executable, "-c", _STARTS.format(seconds)]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, timeout=30)
    assert done.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in done.stderr


_STARTS = """
import runpy, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
timer = threading.Timer({}, signal.raise_signal, [signal.SIGINT])
timer.daemon = True
timer.start()
sys.argv = ["data", "--help"]
runpy.run_module("data", run_name="__main__")
"""
