"""What is known of a company's login, from one try to the next. Unknown never erases what is known.

Of one credential: what is known of a password says nothing of the next one, so who changes the settings starts from
None.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from checks.company import SmtpState
from checks.smtp import connection_rules
from checks.smtp.result import Login, Result

HOUR = 3600.0
LASTS = HOUR
"""Seconds between two looks that find nobody there, before an unreachable server is a failure (interfaces.md)."""

_KNOWN = frozenset({SmtpState.OK, SmtpState.FAILING, SmtpState.PAUSED})
_UNREACHABLE = frozenset(rule.code for rule in connection_rules.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a company's login, with times in epoch seconds. No secret in it; `text` is hostile.

    `state`: ok, failing, paused or unknown (where nobody tried, there is no Standing). `cause`: a rule's code, empty
    for ok. `step`: what to do at that `provider`. `since`: since when state and cause are so; of a server that is
    not reached, since the first look that did not reach it, whatever kept each from it. `at`: the last try.
    `seen_at`: the last try that said so; later ones, if any, said nothing.
    """

    state: SmtpState
    cause: str = ""
    code: int | None = None
    enhanced_code: str = ""
    text: str = ""
    step: str = ""
    provider: str = ""
    since: float = 0.0
    at: float = 0.0
    seen_at: float = 0.0


def then(before: Standing | None, login: Login, at: float, *, paused: bool) -> Standing:
    """What is known after one more login, at `at`. `before`: of the same credential. `paused`: the plan says that
    there is no other try before the settings change (`checks.smtp.etiquette`)."""
    if before is not None and _keeps(before, login):
        if paused and before.state is SmtpState.FAILING:
            return replace(before, state=SmtpState.PAUSED, since=at, at=at)
        return replace(before, at=at)
    state = _state(before, login, at, paused)
    return Standing(
        state=state,
        cause=login.cause,
        code=login.code,
        enhanced_code=login.enhanced_code,
        text=login.text,
        step=login.step,
        provider=login.provider,
        since=_since(before, state, login.cause, at),
        at=at,
        seen_at=at,
    )


def is_unreachable(standing: Standing) -> bool:
    """Whether the last look that said anything found nobody there."""
    return standing.cause in _UNREACHABLE


def _keeps(before: Standing, login: Login) -> bool:
    """Whether this login says nothing against what is known.

    A server that nobody reached may still refuse the password; one that answered is not unreachable any more.
    """
    if before.state not in _KNOWN:
        return False
    if login.result is Result.UNREACHABLE:
        return before.state is not SmtpState.OK and not is_unreachable(before)
    answered = login.code is not None and is_unreachable(before)
    return login.result is Result.UNKNOWN and not answered


def _state(before: Standing | None, login: Login, at: float, paused: bool) -> SmtpState:
    match login.result:
        case Result.OK:
            return SmtpState.OK
        case Result.REFUSED:
            return SmtpState.PAUSED if paused else SmtpState.FAILING
        case Result.INSECURE:
            return SmtpState.FAILING
        case Result.UNREACHABLE if before and is_unreachable(before) and _lasts(before, at):
            return SmtpState.FAILING
        case _:
            return SmtpState.UNKNOWN


def _lasts(before: Standing, at: float) -> bool:
    return before.state is SmtpState.FAILING or at - before.since >= LASTS


def _since(before: Standing | None, state: SmtpState, cause: str, at: float) -> float:
    if before is None:
        return at
    same = (before.state, before.cause) == (state, cause)
    unreachable = {before.cause, cause} <= _UNREACHABLE
    return min(before.since, at) if same or unreachable else at
