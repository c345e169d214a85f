"""One login → the column and its findings."""

from __future__ import annotations

from checks.company import SmtpState
from checks.model import Evidence, Finding
from checks.providers import provider_of_server
from checks.smtp import login_rules
from checks.smtp.credentials import SecretKind
from checks.smtp.replies import RULES
from checks.smtp.result import Login, Result

MICROSOFT_365 = "Microsoft 365"

_STATES = {
    Result.OK: SmtpState.OK,
    Result.REFUSED: SmtpState.FAILING,
    Result.INSECURE: SmtpState.FAILING,
    Result.UNREACHABLE: SmtpState.UNKNOWN,
    Result.UNKNOWN: SmtpState.UNKNOWN,
}


def judge(host: str, login: Login) -> tuple[SmtpState, tuple[Finding, ...]]:
    """By this one look alone: an unreachable server is unknown, until a second look says the same."""
    state = _STATES[login.result]
    if login.result is Result.OK:
        return state, ()
    rule = RULES[login.cause]
    said = f"{login.code} {login.text}" if login.code else login.text
    return state, (Finding(rule.code, rule.severity, host, (Evidence("a login", said),)),)


def coming(host: str, kind: SecretKind = SecretKind.PASSWORD, provider: str = "") -> tuple[Finding, ...]:
    """What will end a login although it works today. `provider`: who runs the mail, where the host does not tell."""
    rule = login_rules.BASIC_AUTH_ENDS
    if kind is SecretKind.TOKEN or (provider_of_server(host) or provider) != MICROSOFT_365:
        return ()
    return (Finding(rule.code, rule.severity, host, (Evidence("OAuth", "a password"),)),)
