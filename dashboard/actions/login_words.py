"""A company's login in sentences: how it stands, when it is tried next, and how what was entered and found differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checks.company import Company, SendingMethod, SmtpState
from checks.smtp import login_rules, words
from checks.smtp import rules as smtp_rules
from checks.smtp.discover import Confidence, Discovery, Found, Note
from checks.smtp.etiquette import CHECK_NOW, CONFIRMED, MENDED_ELSEWHERE, SLOW_DOWN
from checks.smtp.result import Line, Who
from checks.smtp.standing import Standing
from dashboard.actions import explain, moments, wording
from dashboard.actions.plain_text import one_line
from data.companies_search import Profile
from data.logins import StoredLogin

FULL_BUDGET = min(most for most, _ in CHECK_NOW)
_OTHER_ANSWERS = (login_rules.APP_PASSWORD_NEEDED, login_rules.KEY_NEEDED, login_rules.TOKEN_REFUSED)
_ANSWERS = CONFIRMED | MENDED_ELSEWHERE | SLOW_DOWN | {rule.code for rule in _OTHER_ANSWERS}
"""Causes that only a server gives that takes logins where we knocked: another port or encryption changes nothing."""
_SPEAKERS = {Who.CLIENT: "we", Who.SERVER: "server", Who.NOTE: "connection"}


def current(login: StoredLogin | None) -> Standing | None:
    """What is known of the settings as they are now."""
    return login.standing if login and not login.changed else None


def state(profile: Profile, login: StoredLogin | None) -> SmtpState:
    """As the judgement has it, with the settings as they are now."""
    company = Company(profile.id, profile.name, SendingMethod.OWN_SERVER, smtp_host=profile.smtp_host)
    return smtp_rules.judge(company, current(login))[0]


def times(login: StoredLogin | None, now: datetime) -> list[str]:
    """Since when it is so, the last try and the next. Markdown of our own."""
    if login is None:
        return []
    known = login.standing
    told = [f"Last tried {moments.both(moments.of(known.at), now)}"]
    if login.changed:
        return [*told, "The settings were changed after that: what came of it is of other ones"]
    if known.seen_at < known.at:
        told.append(
            f"Last known {moments.both(moments.of(known.seen_at), now)}: later tries told nothing new"
        )
    word = wording.LOGINS[known.state].label
    since = f"**{word[:1].upper()}{word[1:]}** since {moments.both(moments.of(known.since), now)}"
    return [since, *told, f"Next try: {_next(login, now)}"]


def _next(login: StoredLogin, now: datetime) -> str:
    if login.next_at is None:
        return words.not_again(login.may_be_asked)
    due = moments.of(login.next_at)
    return "with the next scan" if due <= now else f"{moments.ahead(due, now)} ({moments.exact(due)})"


def untried(profile: Profile, login: StoredLogin | None) -> str:
    """Why nothing is known of these settings, and what brings it; empty where something is."""
    if current(login):
        return ""
    if missing := _missing(profile):
        return f"There is nothing to log in with. Not filled in: {', '.join(missing)}."
    if login:
        return "These settings were not tried yet: the next scan tries them, or check now."
    return "No login was tried yet: the next scan does, or check now."


def budget(profile: Profile, login: StoredLogin | None) -> str:
    """What "check now" may do besides looking up the DNS."""
    if _missing(profile):
        return "Looks up the DNS alone."
    left = login.check_now_left if login else FULL_BUDGET
    paused = state(profile, login) is SmtpState.PAUSED
    if paused and login and not login.may_be_asked:
        return "Looks up the DNS alone: the login is paused until the settings change."
    often = ", ".join(f"{most} in {_span(seconds)}" for most, seconds in CHECK_NOW)
    if not left:
        return f"Looks up the DNS alone: no login is left for now (of {often})."
    when = ", which helps once it was mended at the server" if paused else ""
    return (
        f"Looks up the DNS, and logs in{when}: {wording.counted(left, 'login', 'logins')} left (of {often})."
    )


def _span(seconds: float) -> str:
    return "a day" if seconds == 86400 else f"{seconds / 60:.0f} minutes"


def _missing(profile: Profile) -> list[str]:
    needed = (
        ("server", profile.smtp_host.strip()),
        ("user name", profile.smtp_username),
        ("password", profile.has_password),
    )
    return [what for what, given in needed if not given]


def cause(standing: Standing, host: str) -> tuple[str, str]:
    """Why we do not get in, and what to do at that provider; empty for a login that works. Holds hostile text."""
    if not standing.cause:
        return "", ""
    return explain.title(standing.cause, host), standing.step or explain.rule_of(standing.cause).fix


def said(standing: Standing) -> str:
    """The answer that decided, as it came: hostile."""
    return f"{standing.code or ''} {standing.text}".strip()


def dialogue(lines: Iterable[Line]) -> str:
    """Who said what, a line each; a server's line cannot pass for another's."""
    return "\n".join(f"{_SPEAKERS[line.who]:<11} {one_line(line.text, 1000)}" for line in lines)


# What was entered beside what was found

_SERVER, _USER_NAME = "the server", "the form of the user name"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The found server that is nearest to the one entered (None: none was found), what that means, what else was
    learnt, and how many other servers were found."""

    found: Found | None
    meaning: str
    notes: tuple[str, ...]
    others: int = 0


def compare(profile: Profile, found: Discovery, known: Standing | None) -> Comparison:
    """`known`: of the login with what was entered; None where nobody tried it."""
    notes = tuple(words.NOTES[note] for note in found.notes)
    if not found.servers:
        if Note.NOT_LOOKED_UP in found.notes:
            return Comparison(None, "Whether there is another one is not known.", notes)
        return Comparison(None, _none_found(known), notes)
    entered = _host(profile.smtp_host)
    same = [one for one in found.servers if _host(one.server.host) == entered]
    exact = [one for one in same if not _differences(profile, one)]
    nearest = (*exact, *same, *found.servers)[0]
    return Comparison(nearest, _meaning(profile, nearest, known), notes, len(found.servers) - 1)


def _none_found(known: Standing | None) -> str:
    if known and known.state is SmtpState.OK:
        return "The login works: nothing has to change."
    if known and known.cause in _ANSWERS:
        return "The server that was entered answers logins: ask for another one only if what it says cannot be mended."
    return "Ask the company which server its provider names for outgoing mail."


def _meaning(profile: Profile, found: Found, known: Standing | None) -> str:
    if not profile.smtp_host.strip():
        return "No server was entered: have the company confirm the one found, and enter it."
    differing = _differences(profile, found)
    if not differing:
        return "What was entered is what was found."
    differ = f"{' and '.join(differing).capitalize()} {'differs' if len(differing) == 1 else 'differ'}"
    if known and known.state is SmtpState.OK:
        return f"{differ} from what was found, but the login works: nothing has to change."
    if known and _is_beside_the_point(differing, found, known):
        return f"{differ} from what was found, but that is not why we do not get in."
    if found.confidence is Confidence.SURE:
        return f"{differ} from what the provider names: enter what was found, and try again."
    return f"{differ} from what was found: ask the company which is right before anything is changed."


def _is_beside_the_point(differing: list[str], found: Found, known: Standing) -> bool:
    """Whether what differs has nothing to do with what the server said."""
    if differing == [_SERVER]:
        # another name of the same provider, where the password was not what was refused
        return known.cause in MENDED_ELSEWHERE and bool(known.provider) and known.provider == found.provider
    return known.cause in _ANSWERS and _USER_NAME not in differing


def _differences(profile: Profile, found: Found) -> list[str]:
    if _host(profile.smtp_host) != _host(found.server.host):
        return [_SERVER]
    pairs = (
        ("the port", profile.smtp_port, found.server.port),
        ("the encryption", profile.smtp_security, found.server.security.value),
        # Which mailbox it is, the company knows best; whether its name is a whole address, the provider.
        (_USER_NAME, _form(profile.smtp_username), _form(found.username)),
    )
    return [what for what, entered, other in pairs if entered and other and entered != other]


def _form(username: str) -> str:
    return "" if not username else "address" if "@" in username else "name"


def _host(text: str) -> str:
    return text.strip().rstrip(".").casefold()
