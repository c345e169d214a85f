"""A look at one company in a process of its own: one at a time, with an end, and its error as a line of text."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.actions import check_now
from dashboard.actions.check_now import Outcome

Child = Callable[[str], Path]

ANSWER = {
    "company_id": "1",
    "verdict": "failure",
    "cause": "SMTP_WRONG_PASSWORD",
    "smtp": "failing",
    "checked_at": "2126-11-25T03:00:00Z",
    "login": {"state": "failing", "seen_at": "2026-11-25T03:00:00Z", "tried_at": "2026-11-25T03:00:00Z"},
    "tried": True,
    "refused": "",
}


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """Puts a Python program in place of `data check`; it finds its arguments in sys.argv."""

    def put(program: str) -> Path:
        file = tmp_path / "child.py"
        file.write_text(
            f"import json, pathlib, sys, time\nhere = pathlib.Path({str(tmp_path)!r})\n{program}\n"
        )
        monkeypatch.setattr(check_now, "COMMAND", (sys.executable, str(file), "--json", "--"))
        return tmp_path

    yield put
    assert check_now._under_way == {}, "a look is still under way"


def outcome(company_id: str = "1") -> Outcome:
    return check_now.start(company_id).result(timeout=30)


def test_the_answer_is_what_the_command_prints(child: Child) -> None:
    child(f"print({json.dumps(ANSWER)!r}); sys.exit(1)")
    assert outcome() == Outcome(verdict="failure", smtp="failing", tried=True)


def test_an_answer_counts_whatever_the_exit_status_says(child: Child) -> None:
    child(f"print({json.dumps({**ANSWER, 'login': None, 'tried': False})!r}); sys.exit(3)")
    assert outcome() == Outcome(verdict="failure", smtp="failing")


def test_a_login_that_said_nothing_is_told_from_one_that_failed(child: Child) -> None:
    login = {"state": "ok", "seen_at": "2026-11-24T03:00:00Z", "tried_at": "2026-11-25T03:00:00Z"}
    child(f"print({json.dumps({**ANSWER, 'smtp': 'ok', 'login': login})!r})")
    assert outcome() == Outcome(verdict="failure", smtp="ok", tried=True, told_nothing=True)


def test_what_was_known_before_is_told_from_what_was_found_now(child: Child) -> None:
    child(f"print({json.dumps({**ANSWER, 'checked_at': '2026-11-24T03:00:00Z'})!r})")
    assert outcome() == Outcome("failure", "failing", tried=True, is_old=True)
    child(
        f"told = {ANSWER!r}; told['checked_at'] = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())\n"
        "print(json.dumps(told))"
    )
    assert not outcome().is_old


def test_a_login_that_must_wait_says_why(child: Child) -> None:
    told = {**ANSWER, "tried": False, "refused": "The login was not tried: it is paused", "smtp": "paused"}
    child(f"print({json.dumps(told)!r}); sys.exit(1)")
    assert outcome() == Outcome("failure", "paused", refused="The login was not tried: it is paused")


@pytest.mark.parametrize("company_id", ["-rf", "--help", "$(id)", "a b; c", "' \" \\ ü", "../x"])
def test_a_number_is_one_argument_behind_two_dashes(child: Child, company_id: str) -> None:
    here = child(f"(here / 'seen').write_text(json.dumps(sys.argv[1:])); print({json.dumps(ANSWER)!r})")
    outcome(company_id)
    assert json.loads((here / "seen").read_text()) == ["--json", "--", company_id]


def test_a_number_that_no_command_line_holds_is_told(child: Child) -> None:
    child("")
    assert "could not be started" in outcome("\0").error


def test_the_error_is_its_last_line_with_nothing_hidden_in_it(child: Child) -> None:
    child(r"sys.stderr.buffer.write(b'noise\nno database: \x1b[31m\xff <b>x</b>\n'); sys.exit(3)")
    assert outcome() == Outcome(error="no database: \\x1b[31m\ufffd <b>x</b>")


@pytest.mark.parametrize("printed", ["", "no JSON", "[]", "{}", '{"verdict": 1}', "null"])
def test_what_is_no_answer_is_an_error(child: Child, printed: str) -> None:
    child(f"print({printed!r})")
    assert outcome() == Outcome(error="The look ended without an answer (exit status 0).")


def test_a_look_has_an_end(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_now, "LONGEST", 0.3)
    child("time.sleep(60)")
    assert "Nothing came of it" in outcome().error


def test_whoever_asks_meanwhile_gets_the_look_that_is_under_way(child: Child) -> None:
    here = child(
        f"""
(here / 'starts').open('a').write('x')
while not (here / 'go').exists():
    time.sleep(0.01)
print({json.dumps(ANSWER)!r})
"""
    )
    first = check_now.start("1")
    assert check_now.start("1") is first
    assert check_now.under_way("1") is first
    assert check_now.under_way("2") is None
    assert not first.done()
    (here / "go").touch()
    assert first.result(timeout=30).verdict
    assert (here / "starts").read_text() == "x"
    assert check_now.under_way("1") is None


def test_a_bug_ends_the_look_too(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(company_id: str) -> Outcome:
        raise RuntimeError("secret")

    monkeypatch.setattr(check_now, "_look", broken)
    child("")
    assert outcome() == Outcome(error="Something went wrong that should not have; the log has it.")
