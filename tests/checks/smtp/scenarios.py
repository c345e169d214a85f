"""What raises each rule of the login that no server on loopback can be made to show. Nothing is sent."""

from __future__ import annotations

import asyncio
import errno
import ssl

from checks.company import Company, SendingMethod
from checks.smtp import login_rules, replies, trouble
from checks.smtp.credentials import Credentials
from checks.smtp.judge import coming
from checks.smtp.login import log_in, not_tried
from checks.smtp.result import Security, Server
from checks.smtp.rules import judge
from checks.smtp.standing import then
from tests.checks.smtp.behaviours import ROWS
from tests.support.zone import zone

ZONE = zone("inside.example.be A 10.0.0.1\nmail.example.be A 9.9.9.9\n")
NEVER_CONNECTED = {
    "SMTP_ADDRESS_NOT_PUBLIC": ("inside.example.be", 587),
    "SMTP_PORT_NOT_ALLOWED": ("mail.example.be", 25),
    "SMTP_HOST_IS_ADDRESS": ("9.9.9.9", 587),
    "SMTP_HOST_MALFORMED": ("https://mail.example.be", 587),
}


def turned_away(host: str, port: int) -> str:
    """The cause of a login that the guard keeps from happening."""
    server = Server(host, port, Security.STARTTLS)
    login = log_in(server, Credentials("a", "b"), resolver=ZONE, ehlo_name="probe.sendwell.example")
    return asyncio.run(login).cause


def never_begun() -> set[str]:
    """What is found of a company whose stored credentials cannot be used."""
    company = Company("c", "Acme", SendingMethod.OWN_SERVER, smtp_host="mail.example.be")
    unusable = (login_rules.PASSWORD_UNREADABLE, login_rules.CREDENTIALS_UNUSABLE)
    logins = (not_tried(company.smtp_host, cause, "no login was begun") for cause in unusable)
    standings = (then(None, login, 1000.0, paused=False) for login in logins)
    return {finding.rule for standing in standings for finding in judge(company, standing)[1]}


def causes() -> set[str]:
    """Of every scenario of the login: dialogues (`test_behaviours` runs them), answers, and these."""
    odd = ssl.SSLCertVerificationError("certificate verify failed")
    odd.verify_code, odd.verify_message = 66, "EE certificate key too weak"
    found = {row.cause for row in ROWS if row.cause}
    found |= {known.cause.code for known in replies.built_in().known}
    found |= {turned_away(host, port) for host, port in NEVER_CONNECTED.values()}
    found |= {trouble.of(one).cause.code for one in (odd, OSError(errno.EHOSTUNREACH, "No route to host"))}
    return found | never_begun() | {finding.rule for finding in coming("smtp.office365.com")}
