"""The login on a company's page: in each state, with what to do, what was said, and a button that looks now."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from checks.company import SmtpState
from checks.domain_name import Address
from checks.smtp.discover import Confidence, Discovery, Found, Note, Source
from checks.smtp.result import Security, Server
from checks.smtp.standing import Standing
from dashboard.actions import check_now
from dashboard.actions.plain_text import one_line
from data import login_standings
from data.engine import open_engine, writing
from data.login_found import FoundServers, encode_found
from data.schema import VerdictRow
from tests.dashboard.conftest import OPEN, plain, words
from tests.support import fleet, login_fleet

Put = Callable[[str], Path]


@pytest.fixture
def page(database: str, companies: OPEN) -> Callable[[str], AppTest]:
    """Opens the page of one of `login_fleet`'s companies."""
    engine = open_engine(database)
    login_fleet.fill(engine, datetime.now(UTC))
    engine.dispose()

    def open_page(company_id: str) -> AppTest:
        at = companies(company=company_id)
        assert not at.exception
        return at

    return open_page


Page = Callable[[str], AppTest]


def test_a_login_that_works_says_since_when_and_what_it_does_not_prove(page: Page) -> None:
    told = plain(words(page("works")))
    assert ":green-badge[:material/check_circle: works] The server lets us in." in told
    assert "No message was sent for this" in told
    assert "**Works** since 9 days ago" in told
    assert "Last tried 2 hours ago" in told
    assert "Next try: in 21 hours" in told or "Next try: in 22 hours" in told
    assert "235 2.7.0 Authentication successful" in told
    assert "What was entered is what was found." in told
    assert "Last known" not in told


def test_a_paused_login_says_why_and_what_to_do_at_that_provider(page: Page) -> None:
    at = page("paused")
    told = plain(words(at))
    assert "The server smtp.gmail.com wants an app password in place of the account's own." in told
    assert "**Next step:** Make an app password at myaccount.google.com and enter it here." in told
    assert "534 5.7.9 Application-specific password required." in [block.value for block in at.code]
    assert "no other try is made by itself" in told
    assert "Next try: not before the settings change" in told
    assert "Looks up the DNS alone: the login is paused until the settings change." in told
    assert told.count("wants an app password") == 1, "the card need not repeat what stands above it"


def test_who_said_what_stands_in_a_block_of_its_own(page: Page) -> None:
    (talk,) = (each for each in page("paused").expander if each.label.startswith("Who said what"))
    assert talk.code[0].value == (
        "connection  connected to 198.51.100.7\n"
        "server      220 mail.own.example ESMTP\n"
        "we          EHLO probe.platform.example\n"
        "server      250 AUTH PLAIN LOGIN\n"
        "we          AUTH PLAIN (hidden)"
    )


def test_a_refusal_that_is_confirmed_once_says_when(page: Page) -> None:
    told = plain(words(page("wrong")))
    assert "Next try: in 19 minutes" in told or "Next try: in 20 minutes" in told
    assert "logs in: 1 login left (of 3 in 15 minutes, 5 in a day)." in told
    assert "The server differs from what the provider names: enter what was found, and try again." in told
    assert "an app password, made in the account's security settings" in told
    assert "sure: the provider takes the domain's mail" in told


def test_without_logins_left_the_button_looks_up_the_dns_alone(page: Page) -> None:
    at = page("busy")
    assert "no login is left for now (of 3 in 15 minutes, 5 in a day)" in plain(words(at))
    assert not at.button(key="check_now").disabled


def test_later_tries_that_said_nothing_do_not_hide_what_is_known(page: Page) -> None:
    told = plain(words(page("silent")))
    assert "Last known 8 hours ago" in told
    assert "Next try: with the next scan" in told
    assert "Nobody has looked for it yet." in told


def test_a_password_that_no_key_opens_is_told_as_that(page: Page) -> None:
    told = plain(words(page("no key")))
    assert "The stored password for mail.own.example cannot be read." in told
    assert "SENDWELL_SECRET_KEYS" in told


def test_where_no_server_was_found_the_card_says_what_was_learnt(page: Page) -> None:
    told = plain(words(page("no key")))
    assert "Mail to this domain is only forwarded" in told
    assert ":gray[None was found.]" in told
    assert "Ask the company which server its provider names for outgoing mail." in told


def test_a_search_that_could_not_see_everything_says_not_that_there_is_none(
    page: Page, database: str, companies: OPEN
) -> None:
    page("no key")
    blind = Discovery(Address("info", "own.example"), "", (), (Note.NOT_LOOKED_UP,))
    engine = open_engine(database)
    with writing(engine) as session:
        login_standings.note_found(session, "no key", encode_found(FoundServers(0.0, blind)))
    engine.dispose()
    told = plain(words(companies(company="no key")))
    assert "None was found" not in told
    assert "Not everything could be looked up: try again later." in told
    assert "Whether there is another one is not known." in told


def found_at(host: str, port: int, security: Security, **more: str) -> Found:
    confidence = Confidence.SURE if more else Confidence.GUESS
    return Found(Server(host, port, security), "info@refused.example", Source.GUESS, confidence, **more)


MICROSOFT = found_at("smtp.office365.com", 587, Security.STARTTLS, provider="Microsoft 365")
IMPLICIT = found_at("mail.own.example", 465, Security.IMPLICIT)


@pytest.mark.parametrize(
    ("entered", "cause", "found", "text"),
    [
        (
            "outlook.office365.com",
            "SMTP_CONDITIONAL_ACCESS",
            MICROSOFT,
            "but that is not why we do not get in.",
        ),
        ("outlook.office365.com", "SMTP_TIMED_OUT", MICROSOFT, "enter what was found, and try again."),
        ("mail.own.example", "SMTP_WRONG_PASSWORD", IMPLICIT, "but that is not why we do not get in."),
        ("mail.own.example", "SMTP_WRONG_PASSWORD", MICROSOFT, "enter what was found, and try again."),
        ("mail.own.example", "SMTP_CONNECTION_REFUSED", IMPLICIT, "ask the company which is right"),
        ("mail.own.example", "SMTP_WRONG_PASSWORD", None, "The server that was entered answers logins:"),
        ("mail.own.example", "SMTP_HOST_UNKNOWN", None, "Ask the company which server its provider names"),
    ],
)
def test_what_differs_is_no_second_advice_where_the_server_said_what_the_matter_is(
    database: str, companies: OPEN, entered: str, cause: str, found: Found | None, text: str
) -> None:
    server = {"smtp_host": entered, "smtp_port": 587, "smtp_security": "starttls"}
    refused = Standing(SmtpState.FAILING, cause, provider="Microsoft 365" if "office365" in entered else "")
    discovery = Discovery(Address("info", "refused.example"), "", (found,) if found else (), ())
    engine = open_engine(database)
    case = login_fleet.Case("refused", server, refused, None, found=discovery)
    login_fleet.fill(engine, datetime.now(UTC), (case,))
    engine.dispose()
    assert text in plain(words(companies(company="refused")))


def test_after_a_change_of_settings_nothing_of_the_old_ones_counts(page: Page) -> None:
    at = page("changed")
    told = plain(words(at))
    assert ":gray-badge[:material/schedule: not tried]" in told
    assert "These settings were not tried yet" in told
    assert "The settings were changed after that" in told
    assert "app password in place" not in told
    assert "3 logins left" in told


@pytest.mark.parametrize(
    ("company_id", "text"),
    [
        ("new", "No login was tried yet: the next scan does, or check now."),
        ("no password", "There is nothing to log in with. Not filled in: password."),
        ("no server", "Not filled in: server, user name, password."),
        ("no server", "red-badge[:material/error: failing]"),
        ("no server", "Looks up the DNS alone."),
    ],
)
def test_a_login_that_nobody_tried_says_why(page: Page, company_id: str, text: str) -> None:
    assert text in plain(words(page(company_id)))


def test_what_ends_in_december_is_told_beside_a_login_that_works(page: Page) -> None:
    assert "Microsoft switches off passwords at smtp.office365.com" in plain(words(page("microsoft")))
    assert "Microsoft switches off passwords" in plain(words(page("tenant")))


def test_the_password_is_nowhere(page: Page) -> None:
    for case in login_fleet.cases():
        at = page(case.id)
        assert fleet.PASSWORD not in words(at) + repr(at.session_state._state.filtered_state)


@pytest.mark.parametrize("number", range(len(fleet.HOSTILE)))
def test_what_a_server_says_is_text_and_nothing_else(page: Page, number: int) -> None:
    text = fleet.HOSTILE[number]
    at = page(f"hostile {number}")
    for kind in ("title", "subheader", "markdown", "caption", "info"):
        for element in getattr(at, kind):
            assert text not in element.value
    shown = [element.value for kind in ("code", "text") for element in getattr(at, kind)]
    assert sum(one_line(text) in each for each in shown) >= 5, (
        "as typed, as found, as evidence, in the dialogue"
    )


# Check now


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a look in place of `data check` that waits for a file called `go`, then prints this."""

    def put(printed: str) -> Path:
        file = tmp_path / "child.py"
        file.write_text(
            "import pathlib, time\n"
            f"go = pathlib.Path({str(tmp_path)!r}) / 'go'\n"
            "go.with_name('starts').open('a').write('x')\n"
            "while not go.exists():\n    time.sleep(0.01)\n"
            f"print({printed!r})\n"
        )
        monkeypatch.setattr(check_now, "COMMAND", (sys.executable, str(file), "--"))
        return tmp_path

    return put


def answer(verdict: str, **more: object) -> str:
    told = {"verdict": verdict, "smtp": "", "login": None, "tried": False, "refused": ""}
    told["checked_at"] = datetime.now(UTC).isoformat()
    return json.dumps({**told, **more})


def finish(here: Path, at: AppTest, company_id: str) -> str:
    """Let the look end; what the page then says."""
    look = check_now.under_way(company_id)
    assert look is not None
    (here / "go").touch()
    look.result(timeout=30)
    return plain(words(at.run()))


def test_the_button_tells_while_it_looks_and_then_what_is_new(page: Page, child: Put) -> None:
    here = child(answer("ok", smtp="ok", tried=True))
    at = page("wrong")
    at.button(key="check_now").click().run()
    assert at.button(key="check_now").disabled
    (status,) = at.status
    assert status.label.startswith("Looking at the company now")
    assert status.state == "running"
    told = finish(here, at, "wrong")
    assert "Looked at: the verdict was **Failing**, and is **OK** now. The server let us in." in told
    assert not at.button(key="check_now").disabled
    assert not at.status


def test_a_second_visitor_follows_the_look_and_starts_none(page: Page, child: Put) -> None:
    here = child(answer("failure", refused="The login was not tried: it is paused"))
    first = page("paused")
    first.button(key="check_now").click().run()
    second = page("paused")
    assert second.button(key="check_now").disabled
    told = finish(here, second, "paused")
    assert "the verdict is still **Failing**. The login was not tried: it is paused." in told
    assert (here / "starts").read_text() == "x"


def test_an_error_is_a_line_of_text(page: Page, child: Put) -> None:
    here = child("no JSON")
    at = page("works")
    at.button(key="check_now").click().run()
    told = finish(here, at, "works")
    assert "The look came to nothing." in told
    assert "The look ended without an answer (exit status 0)." in [block.value for block in at.code]


def test_companies_of_every_method_can_be_looked_at(stored: str, companies: OPEN, child: Put) -> None:
    here = child(answer("ok"))
    at = companies(company="1")
    assert "Looks up the DNS now, and judges anew." in plain(words(at))
    at.button(key="check_now").click().run()
    assert "Looked at: the verdict is still **OK**." in finish(here, at, "1")


def test_a_look_that_met_no_answer_says_that_what_was_known_stands(page: Page, child: Put) -> None:
    here = child(answer("failure", checked_at="2026-11-24T03:00:00Z"))
    at = page("paused")
    at.button(key="check_now").click().run()
    told = finish(here, at, "paused")
    assert "Not everything could be looked up now: what was known before stands." in told


def test_what_came_of_a_look_is_no_news_after_a_later_one(page: Page, child: Put, database: str) -> None:
    here = child(answer("ok", smtp="ok", tried=True))
    at = page("wrong")
    at.button(key="check_now").click().run()
    assert "is **OK** now" in finish(here, at, "wrong")
    engine = open_engine(database)
    with writing(engine) as session:
        session.get_one(VerdictRow, "wrong").attempted_at = datetime.now(UTC) + timedelta(hours=1)
    engine.dispose()
    assert "Looked at: the verdict" not in plain(words(at.run()))


def test_the_outcome_of_one_company_is_not_shown_on_another(page: Page, child: Put) -> None:
    here = child(answer("ok"))
    at = page("works")
    at.button(key="check_now").click().run()
    finish(here, at, "works")
    at.query_params["company"] = "silent"
    assert "Looked at" not in words(at.run())
