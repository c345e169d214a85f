"""What is stored of logins, read back: whole, and only as long as the settings are those that were tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from checks.company import SmtpState
from checks.domain_name import address
from checks.providers import Secret
from checks.smtp.discover import Confidence, Discovery, Found, Note, Source
from checks.smtp.etiquette import Attempt
from checks.smtp.result import Line, Result, Security, Server, Who
from checks.smtp.standing import Standing
from data import login_attempts, logins
from data.engine import writing
from data.login_found import FoundServers, encode_found
from data.login_json import encode_dialogue, encode_standing
from data.login_standings import Door
from data.logins import AtRisk, Unmatched
from data.schema import CompanyRow, LoginAttemptRow, LoginRow, UnmatchedReplyRow
from tests.data.importing import Files

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOW = MONDAY.timestamp()
MINE = "f" * 64

REFUSED = Standing(
    SmtpState.FAILING, "SMTP_WRONG_PASSWORD", 535, "5.7.8", "5.7.8 <b>", "Do.", "Google", 1.0, 3.0, 2.5
)
SAID = (Line(Who.SERVER, "220 \u202eevil"), Line(Who.CLIENT, "EHLO us.example"), Line(Who.NOTE, "TLSv1.3"))
FOUND = FoundServers(
    NOW,
    Discovery(
        address("info@acme.be"),
        "Google",
        (
            Found(Server("a.example", 465, Security.IMPLICIT), "info", Source.SRV, Confidence.LIKELY),
            Found(
                Server("b.example", 587, Security.STARTTLS),
                "",
                Source.GUESS,
                Confidence.GUESS,
                "Somebody",
                Secret.APP_PASSWORD,
                False,
                "SMTP_TIMED_OUT",
            ),
        ),
        (Note.GATEWAY, Note.NOT_LOOKED_UP),
    ),
)


@pytest.fixture
def session(store: Engine) -> Iterator[Session]:
    with writing(store) as session:
        yield session


def company(session: Session, id: str = "c1", **columns: Any) -> CompanyRow:
    given = {"name": id, "sending_method": "own_server", "smtp_password": b"token", "imported_at": MONDAY}
    row = CompanyRow(id=id, **{**given, **columns})
    session.add(row)
    session.flush()
    return row


def login(session: Session, id: str = "c1", standing: Standing = REFUSED, **columns: Any) -> None:
    given = {"fingerprint": MINE, "next_at": 5.0, "tried_at": standing.at, "dialogue": encode_dialogue(SAID)}
    encoded = encode_standing(standing)
    row = LoginRow(company_id=id, state=standing.state.value, standing=encoded, **{**given, **columns})
    session.add(row)
    session.flush()


def attempt(session: Session, began_at: float, **columns: Any) -> None:
    given = {
        "company_id": "c1",
        "fingerprint": MINE,
        "mailbox": "m" * 64,
        "asked": False,
        "lease_until": began_at + 60,
        "ended_at": began_at + 2,
        "auths": 1,
        "result": Result.REFUSED.value,
        "cause": "SMTP_WRONG_PASSWORD",
    }
    session.add(LoginAttemptRow(began_at=began_at, **{**given, **columns}))
    session.flush()


def test_nothing_is_known_of_who_was_never_tried(session: Session) -> None:
    company(session)
    assert logins.get(session, "c1", NOW) is None
    assert logins.known(session, ["c1", "nobody"]) == {}


def test_what_is_stored_comes_back_whole(session: Session) -> None:
    company(session)
    login(session, found=encode_found(FOUND))
    session.expire_all()
    found = logins.get(session, "c1", NOW)
    assert found is not None
    assert (found.standing, found.next_at, found.dialogue, found.found) == (REFUSED, 5.0, SAID, FOUND)
    assert (found.check_now_left, found.changed) == (3, False)
    assert logins.known(session, ["c1"])["c1"] == logins.Known(REFUSED, REFUSED.at)


def test_with_other_settings_what_is_known_is_of_the_old_ones(session: Session) -> None:
    row = company(session)
    login(session)
    for at in (NOW - 10, NOW - 5, NOW):
        attempt(session, at, asked=True)
    before = logins.get(session, "c1", NOW)
    assert before is not None
    assert before.check_now_left == 0
    row.smtp_changed_at = MONDAY
    session.flush()
    found = logins.get(session, "c1", NOW)
    assert found is not None
    assert (found.standing, found.changed, found.check_now_left) == (REFUSED, True, 3)
    assert logins.known(session, ["c1"])["c1"] == logins.Known(None, -REFUSED.at)
    login_row = session.get_one(LoginRow, "c1")
    login_row.settings_at = MONDAY
    session.flush()
    assert logins.known(session, ["c1"])["c1"].standing == REFUSED


def test_tries_are_read_in_their_order_with_those_that_count(session: Session) -> None:
    attempt(session, NOW - 100, result=Result.OK.value, cause="")
    attempt(session, NOW - 400, asked=True)
    attempt(session, NOW - 300, ended_at=None, result="", cause="")  # died behind its AUTH
    attempt(session, NOW - 200, ended_at=None, result="", cause="", auths=0)  # died before it
    attempt(session, NOW - 10, ended_at=None, result="", cause="", auths=0)  # under way
    attempt(session, NOW - 50, fingerprint="another")
    attempt(session, NOW - 40, company_id="another", auths=0)  # another port, perhaps
    attempt(session, NOW - 30, settings_at=MONDAY, auths=0)
    assert login_attempts.history(session, Door("c1", MINE, None), NOW) == [
        Attempt(NOW - 400, MINE, Result.REFUSED, "SMTP_WRONG_PASSWORD", True, 1),
        Attempt(NOW - 300, MINE, None, "", False, 1),
        Attempt(NOW - 100, MINE, Result.OK, "", False, 1),
        Attempt(NOW - 10, MINE, None, "", False, 0),
    ]


def test_who_logs_in_at_microsoft_with_a_password_is_at_risk(session: Session) -> None:
    at_microsoft = {"smtp_host": " smtp.office365.com", "country": "BE"}
    company(session, "b", name="Zoe", **at_microsoft)
    company(session, "a", name="acme", **at_microsoft)
    company(session, "elsewhere", smtp_host="smtp.gmail.com")
    company(session, "gone", gone_since=MONDAY, **at_microsoft)
    company(session, "oauth", smtp_host="smtp.office365.com", smtp_password=None)
    company(session, "platform", smtp_host="smtp.office365.com", sending_method="platform")
    company(session, "changed", smtp_host="smtp.office365.com", smtp_changed_at=MONDAY)
    for id in ("a", "changed"):
        login(session, id)
    host = " smtp.office365.com"
    assert logins.at_risk(session) == [
        AtRisk("a", "acme", "BE", host, SmtpState.FAILING, 1.0),
        AtRisk("changed", "changed", "", host.strip(), SmtpState.UNCHECKED, None),
        AtRisk("b", "Zoe", "BE", host, SmtpState.UNCHECKED, None),
    ]


def test_answers_that_nobody_knows_come_the_most_frequent_first(session: Session) -> None:
    for digest, count in ((1, 2), (-2, 7), (3, 5)):
        row = UnmatchedReplyRow(
            digest=digest, code=550, text=f"text {digest}", count=count, first_at=1, last_at=2
        )
        session.add(row)
    session.flush()
    found = logins.unmatched(session, 2)
    assert found == [
        Unmatched("", 550, "", "text -2", 7, 1, 2),
        Unmatched("", 550, "", "text 3", 5, 1, 2),
    ]


def test_an_import_says_when_it_changed_the_login(store: Engine, tmp_path: Any) -> None:
    files = Files(store, tmp_path)
    header = "company_id,name,sending_method,smtp_host,smtp_port,smtp_username,smtp_password\n"
    later = datetime(2026, 11, 24, tzinfo=UTC)
    files.take(header + "1,A,own_server,smtp.a.be,587,u,secret\n2,B,platform,,,,\n", MONDAY)
    assert [company.smtp_changed_at for company in files.companies().values()] == [MONDAY, None]
    files.take(header + "1,Anna,own_server,smtp.a.be,587,u,secret\n", later)
    files.take(header + "1,Anna,own_server,smtp.a.be,587,u,\n", later)
    assert files.companies()["1"].smtp_changed_at == MONDAY
    for day, row in enumerate(
        (
            "1,Anna,own_server,smtp.b.be,587,u,\n",
            "1,Anna,own_server,smtp.b.be,465,u,\n",
            "1,Anna,own_server,smtp.b.be,465,v,\n",
            "1,Anna,own_server,smtp.b.be,465,v,other\n",
        ),
        1,
    ):
        at = datetime(2026, 12, day, tzinfo=UTC)
        files.take(header + row, at)
        assert files.companies()["1"].smtp_changed_at == at
    files.take(header + "1,Anton,own_server,smtp.b.be,465,v,other\n", later)
    assert files.companies()["1"].smtp_changed_at == at
