"""What can be said of a company's own mail server: here before anybody has logged in, beside it of the login."""

from __future__ import annotations

from checks.company import Company, SendingMethod, SmtpState
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.smtp import connection_rules, login_rules

HOST_MISSING = Rule(
    "SMTP_HOST_MISSING",
    Topic.SMTP,
    Severity.FAILURE,
    "The company sends through its own server, but has not said which.",
    "There is nowhere to hand the mail over: none of it leaves.",
    "Ask the company for the server that its provider names for outgoing mail, and enter it.",
    "RFC 6409 3.1",
)
UNCHECKED = Rule(
    "SMTP_UNCHECKED",
    Topic.SMTP,
    Severity.NOTE,
    "The login at the company's own server has not been checked.",
    "Whether the server still lets us in is not known.",
    "Nothing to do here; a failing login shows when mail is sent.",
    "RFC 4954",
)

RULES = (HOST_MISSING, UNCHECKED, *connection_rules.RULES, *login_rules.RULES)


def judge(company: Company) -> tuple[SmtpState, tuple[Finding, ...]]:
    """The smtp column and its finding."""
    if company.method is not SendingMethod.OWN_SERVER:
        return SmtpState.NOT_USED, ()
    if not company.smtp_host.strip():
        evidence = Evidence("a host name", "")
        return SmtpState.FAILING, (Finding(HOST_MISSING.code, HOST_MISSING.severity, "", (evidence,)),)
    evidence = Evidence("a login", "not tried")
    return SmtpState.UNCHECKED, (Finding(UNCHECKED.code, UNCHECKED.severity, company.smtp_host, (evidence,)),)
