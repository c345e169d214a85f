"""What can be said of a company's own mail server: here before anybody has logged in, beside it of the login."""

from __future__ import annotations

from types import MappingProxyType

from checks.company import Company, SendingMethod, SmtpState
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.smtp import connection_rules, login_rules
from checks.smtp.judge import coming
from checks.smtp.standing import Standing

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
    "The login at the company's own server has not been tried.",
    "Whether the server still lets us in is not known.",
    "Ask the company for user name and password where one of them is missing; the next scan tries them.",
    "RFC 4954",
)

RULES = (HOST_MISSING, UNCHECKED, *connection_rules.RULES, *login_rules.RULES)


_SEVERITIES = MappingProxyType(
    {
        SmtpState.FAILING: Severity.FAILURE,
        SmtpState.PAUSED: Severity.FAILURE,
        SmtpState.UNKNOWN: Severity.UNKNOWN,
    }
)


def judge(company: Company, login: Standing | None = None) -> tuple[SmtpState, tuple[Finding, ...]]:
    """The smtp column and its findings. `login`: what is known of it; None where it was not tried, or not with these
    settings."""
    if company.method is not SendingMethod.OWN_SERVER:
        return SmtpState.NOT_USED, ()
    host = company.smtp_host.strip()
    if not host:
        evidence = Evidence("a host name", "")
        return SmtpState.FAILING, (Finding(HOST_MISSING.code, HOST_MISSING.severity, "", (evidence,)),)
    state, about = _unchecked(company) if login is None else _known(host, login)
    return state, (*about, *(coming(host) if company.smtp_has_password else ()))


def _unchecked(company: Company) -> tuple[SmtpState, tuple[Finding, ...]]:
    needed = (("user name", bool(company.smtp_username)), ("password", company.smtp_has_password))
    if missing := [f"no {what}" for what, given in needed if not given]:
        evidence = Evidence("a user name and a password", ", ".join(missing))
    else:
        evidence = Evidence("a login", "not tried yet")
    return SmtpState.UNCHECKED, (Finding(UNCHECKED.code, UNCHECKED.severity, company.smtp_host, (evidence,)),)


def _known(host: str, login: Standing) -> tuple[SmtpState, tuple[Finding, ...]]:
    """A server that was not reached once is unknown, whatever its rule's own severity is."""
    if login.state is SmtpState.OK:
        return login.state, ()
    said = f"{login.code} {login.text}" if login.code else login.text
    return login.state, (Finding(login.cause, _SEVERITIES[login.state], host, (Evidence("a login", said),)),)
