"""What the demo's mail servers say, line by line, without a network."""

import base64

import pytest

from data.demo.mail_answers import Session, Then
from data.demo.mail_hosts import _GOOGLE, _POSTFIX, Mailbox, MailHost, mail_hosts
from data.demo.scenario import Manner

POLICY = "535 5.7.139 Authentication unsuccessful, and not for the password"
MAILBOXES = {"jan@acme.example": Mailbox("geheim"), "els@acme.example": Mailbox("geheim", POLICY)}


def session(manner: Manner = Manner.GOOD, *, encrypted: bool = True) -> Session:
    return Session(MailHost("mail.acme.example", _POSTFIX, manner, MAILBOXES), encrypted=encrypted)


def said(talk: Session, line: str) -> str:
    lines, then = talk.hear(line)
    assert then is Then.GO_ON
    return lines


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plain(user: str, password: str) -> str:
    return coded(f"\0{user}\0{password}")


def test_it_greets_by_its_name() -> None:
    assert session().greeting() == "220 mail.acme.example ESMTP Postfix"


def test_encryption_comes_before_the_login() -> None:
    talk = session(encrypted=False)
    assert "250 STARTTLS" in said(talk, "EHLO us")
    assert "AUTH" not in said(talk, "EHLO us")
    assert said(talk, f"AUTH PLAIN {plain('jan@acme.example', 'geheim')}").startswith("502 ")
    assert talk.hear("STARTTLS") == ("220 2.0.0 Ready to start TLS", Then.START_TLS)
    assert said(talk, "EHLO us").endswith("250 AUTH PLAIN LOGIN")
    assert said(talk, "STARTTLS").startswith("502 ")


def test_the_first_line_of_ehlo_is_the_name_and_only_the_last_ends_it() -> None:
    lines = said(session(), "ehlo us").split("\n")
    assert lines[0] == "250-mail.acme.example"
    assert [line[3] for line in lines] == ["-"] * (len(lines) - 1) + [" "]


@pytest.mark.parametrize(
    ("user", "password", "answer"),
    [
        ("jan@acme.example", "geheim", _POSTFIX.accepted),
        ("jan@acme.example", "Geheim", _POSTFIX.refused),
        ("jan@acme.example", "", _POSTFIX.refused),
        ("nobody@acme.example", "geheim", _POSTFIX.refused),
        ("els@acme.example", "geheim", POLICY),
        ("els@acme.example", "wrong", POLICY),
    ],
)
def test_each_way_to_log_in_gives_the_same_answer(user: str, password: str, answer: str) -> None:
    assert said(session(), f"AUTH PLAIN {plain(user, password)}") == answer
    talk = session()
    assert said(talk, "auth plain") == "334 "
    assert said(talk, plain(user, password)) == answer
    assert said(talk, "AUTH LOGIN") == f"334 {coded('Username:')}"
    assert said(talk, coded(user)) == f"334 {coded('Password:')}"
    assert said(talk, coded(password)) == answer
    assert said(talk, f"AUTH LOGIN {coded(user)}") == f"334 {coded('Password:')}"
    assert said(talk, coded(password)) == answer


def test_passwords_beyond_ascii_are_utf_8() -> None:
    host = MailHost("mail.acme.example", _POSTFIX, Manner.GOOD, {"jan": Mailbox("gehäim→")})
    assert said(Session(host, encrypted=True), f"AUTH PLAIN {plain('jan', 'gehäim→')}") == _POSTFIX.accepted


@pytest.mark.parametrize("line", ["AUTH", "AUTH CRAM-MD5", "AUTH XOAUTH2 abcd"])
def test_another_mechanism_is_none_of_its(line: str) -> None:
    assert said(session(), line).startswith("504 5.5.4 ")


@pytest.mark.parametrize("line", ["*", "no base64!", base64.b64encode(b"\xff").decode()])
def test_a_login_that_breaks_off_is_over(line: str) -> None:
    talk = session()
    said(talk, "AUTH LOGIN")
    assert said(talk, line).startswith("501 ")
    assert said(talk, "NOOP") == "250 2.0.0 Ok"


def test_it_takes_no_mail_and_says_goodbye() -> None:
    talk = session()
    assert said(talk, "MAIL FROM:<jan@acme.example>").startswith("530 ")
    assert said(talk, "HELP").startswith("502 ")
    assert talk.hear("QUIT") == ("221 2.0.0 Bye", Then.HANG_UP)


def test_a_server_without_encryption_offers_the_login_all_the_same() -> None:
    offers = said(session(Manner.NO_STARTTLS, encrypted=False), "EHLO us")
    assert "STARTTLS" not in offers
    assert "AUTH" in offers


def test_a_server_without_a_login_offers_none() -> None:
    talk = session(Manner.NO_LOGIN)
    assert "AUTH" not in said(talk, "EHLO us")
    assert said(talk, "AUTH PLAIN").startswith("502 ")


def test_a_server_for_reading_mail_is_none_for_sending() -> None:
    talk = session(Manner.NOT_SMTP, encrypted=False)
    assert talk.greeting().startswith("* OK ")
    assert said(talk, "EHLO us").startswith("EHLO BAD ")


def test_each_server_of_the_fleet_speaks_as_its_provider_does() -> None:
    by_name = {host.name: host.software for host in mail_hosts()}
    assert by_name["smtp.gmail.com"] is _GOOGLE
    assert len({id(software) for software in by_name.values()}) == 7


def test_a_mailbox_does_not_show_its_password() -> None:
    assert "geheim" not in repr(MAILBOXES)
