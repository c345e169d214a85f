"""What `data check` prints for people: the verdict, what is wrong with it, and how the login stands."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from checks.company import SmtpState
from checks.model import Severity
from checks.smtp import login_rules, words
from checks.smtp.replies import RULES
from checks.smtp.result import Login
from checks.terminal import marked, plain
from checks.terminal_domain import TONES, show_findings
from data.login_attempts import Because, NotNow
from data.logins import StoredLogin
from data.worker.check import Checked
from data.worker.one_login import NOT_BEGUN

_STATES = {
    SmtpState.OK: "good",
    SmtpState.FAILING: "bad",
    SmtpState.PAUSED: "bad",
    SmtpState.UNKNOWN: "open",
}


def show(found: Checked, to: Console) -> None:
    """The verdict first."""
    if found.verdict is None:
        to.print(plain("The company could not be judged."))
    else:
        told = found.verdict.diagnosis
        to.print(marked(told.verdict.name, TONES[told.verdict]), plain(f" {told.domain or '(no domain)'}"))
        states = {"address": told.address, "SPF": told.spf, "DMARC": told.dmarc, "SMTP": told.smtp}
        to.print(plain("  " + ", ".join(f"{name} {word}" for name, word in states.items() if word)))
        show_findings([f for f in told.findings if f.matters and f.severity > Severity.OK], to)
    if found.login:
        _show_login(found.login, to)


def refused(outcome: Login | NotNow | None) -> str:
    """Why no login was tried, in a sentence; empty if one was, or none is needed."""
    if isinstance(outcome, Login) and outcome.cause in NOT_BEGUN:
        return f"The login was not tried: {_UNUSABLE[outcome.cause]}"
    if not isinstance(outcome, NotNow):
        return ""
    when = f"; it may be tried again from {_clock(outcome.until)}" if outcome.until else ""
    return f"The login was not tried: {_WHY[outcome.why]}{when}"


_UNUSABLE = {
    login_rules.PASSWORD_UNREADABLE.code: "no key opens the stored password",
    login_rules.CREDENTIALS_UNUSABLE.code: "its user name or password cannot be sent to any server",
}
_WHY = {
    Because.NOT_DUE: "it was tried a short while ago",
    Because.PAUSED: "it is paused until the company changes its settings, as more tries lock accounts",
    Because.BUDGET_USED_UP: "it was checked as often as may be",
    Because.UNDER_WAY: "a login of this mailbox is under way",
    Because.BUSY: "as many logins as may be are under way there",
    Because.SERVER_RESTS: "its server refused several logins, and is left alone for a while",
    Because.PROVIDER_RESTS: "its provider asked to slow down",
    Because.TOO_LATE: "it took too long to begin",
}


def _show_login(login: StoredLogin, to: Console) -> None:
    known = login.standing
    of = " (of other settings than those of now)" if login.changed else ""
    to.print(marked(f"login {known.state}", _STATES[known.state]), plain(f"since {_clock(known.since)}{of}"))
    if known.cause:
        to.print(plain(f"  What to do: {known.step or RULES[known.cause].fix}"))
    to.print(plain(f"  next try: {_next_try(login)}; check now: {login.check_now_left} left", "dim"))


def _next_try(login: StoredLogin) -> str:
    if login.changed:
        return "with the next scan"
    return words.not_again(login.may_be_asked) if login.next_at is None else _clock(login.next_at)


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
