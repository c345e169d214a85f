"""When the next login may be tried: pure decisions from a history of attempts with their times.

Servers lock accounts and ban addresses: fail2ban shuts us out after five failures in ten minutes, for every company
on that server. So a refusal is confirmed once and then left alone until the settings change, and what is
not about the password is tried again ever more rarely. Who keeps the history asks here before each login.

Times are epoch seconds. `luck` is a number from 0 to 1 that whoever asks draws, so that companies do not come in step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from checks.smtp import connection_rules, login_rules
from checks.smtp.result import Result

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

DAILY = DAY
SPREAD = 0.2
CONFIRM_AFTER = 30 * MINUTE
WAITS = (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR)
"""After the first, second, … temporary failure in a row."""

CHECK_NOW = ((3, 15 * MINUTE), (5, DAY))
"""At most so many "check now" of one credential within so long."""

BREAKER_FAILURES, BREAKER_WINDOW, BREAKER_PAUSE = 3, 10 * MINUTE, 15 * MINUTE
GROUP_PAUSE, GROUP_LONGEST = 15 * MINUTE, 6 * HOUR

CONFIRMED = frozenset({login_rules.WRONG_PASSWORD.code, login_rules.LOGIN_REFUSED.code})
"""Refusals that one more try confirms, since servers err there; the others are policies that no try changes."""
MENDED_ELSEWHERE = frozenset(
    rule.code
    for rule in (
        *(login_rules.AUTH_OFF_FOR_TENANT, login_rules.AUTH_OFF_FOR_MAILBOX, login_rules.SECURITY_DEFAULTS),
        *(login_rules.CONDITIONAL_ACCESS, login_rules.BASIC_AUTH_ENDED, login_rules.WEB_LOGIN_NEEDED),
        *(login_rules.ACCOUNT_DISABLED, login_rules.ACCOUNT_NOT_READY, login_rules.OUR_ADDRESS_REFUSED),
        *(login_rules.SENDER_NOT_ALLOWED, login_rules.SENDING_BLOCKED, login_rules.PERMISSION_MISSING),
        login_rules.ACCOUNT_LOCKED,
    )
)
"""Refusals that somebody mends at the server while all that was entered stays as it is: the password was not what was
refused. When that is done a person may say so by "check now", since no change of the settings would."""
SLOW_DOWN = frozenset(
    {
        login_rules.TOO_MANY_ATTEMPTS.code,
        login_rules.TOO_MANY_CONNECTIONS.code,
        login_rules.TEMPORARY_FAULT.code,
        connection_rules.TURNED_AWAY_FOR_NOW.code,
    }
)
"""Answers by which a provider asks everybody to wait, to the connection or to the login: 421, 450, 454."""


class Why(StrEnum):
    """Why it is now, later or never."""

    NEVER_TRIED = "never tried"
    HEALTHY = "healthy"
    CONFIRMING = "confirming a refusal"
    TEMPORARY = "temporary"
    PAUSED = "paused"
    """Until the settings change."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login, written down before its AUTH left. `result` None: no answer is known, as when we died.

    `fingerprint`: a keyed hash of host, user name and secret; `asked`: somebody pressed "check now"; `auths`: the AUTH
    commands that left.
    """

    at: float
    fingerprint: str
    result: Result | None = None
    cause: str = ""
    asked: bool = False
    auths: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """When to try next; `at` None: not before the settings change."""

    at: float | None
    why: Why


def plan(history: Iterable[Attempt], fingerprint: str, luck: float = 0.5) -> Plan:
    """When the credential with this fingerprint is tried next, by what came of it so far.

    A fingerprint without attempts is new: it may be tried at once.
    """
    own = sorted((one for one in history if one.fingerprint == fingerprint), key=lambda one: one.at)
    if not own:
        return Plan(0.0, Why.NEVER_TRIED)
    last = own[-1]
    if last.result is Result.OK:
        return Plan(last.at + _spread(DAILY, luck), Why.HEALTHY)
    if refusals := _refusals(own):
        return _after_refusal(own, refusals)
    if last.result in (Result.INSECURE, Result.REFUSED):  # no password left us, so looking again harms nobody
        return Plan(last.at + _spread(DAILY, luck), Why.TEMPORARY)
    row = _in_a_row(own)
    return Plan(last.at + _spread(WAITS[min(row, len(WAITS)) - 1], luck), Why.TEMPORARY)


def _after_refusal(own: list[Attempt], refusals: list[Attempt]) -> Plan:
    """The confirming try counts when it left, whatever came of it."""
    first = refusals[0]
    behind = [one for one in own if one.at > first.at and one.auths]
    if behind or any(one.cause not in CONFIRMED for one in refusals):
        return Plan(None, Why.PAUSED)
    return Plan(own[-1].at + CONFIRM_AFTER, Why.CONFIRMING)


def _refusals(own: list[Attempt]) -> list[Attempt]:
    """Those of a password that left us, since the last time that it worked."""
    return [one for one in own[_last_success(own) + 1 :] if one.result is Result.REFUSED and one.auths]


def _last_success(own: list[Attempt]) -> int:
    return max((number for number, one in enumerate(own) if one.result is Result.OK), default=-1)


def _in_a_row(own: list[Attempt]) -> int:
    """How many temporary failures the history ends in."""
    count = 0
    for one in reversed(own):
        if one.result in (Result.OK, Result.REFUSED, Result.INSECURE):
            break
        count += 1
    return count


def _spread(seconds: float, luck: float) -> float:
    return seconds * (1 + SPREAD * (2 * luck - 1))


def check_now_left(history: Iterable[Attempt], fingerprint: str, now: float) -> int:
    """How many "check now" are left of the credential's budget; none where its pause can only end by other settings."""
    own = [one for one in history if one.fingerprint == fingerprint]
    if not may_be_asked(own, fingerprint):
        return 0
    if _locked_until(own) > now:
        return 0
    asked = [one.at for one in own if one.asked]
    return max(0, min(most - sum(at > now - window for at in asked) for most, window in CHECK_NOW))


def check_now_at(history: Iterable[Attempt], fingerprint: str, now: float) -> float | None:
    """When "check now" may be pressed again: `now` while there is something left of the budget; None where a pause can
    only end by other settings."""
    own = [one for one in history if one.fingerprint == fingerprint]
    if not may_be_asked(own, fingerprint):
        return None
    asked = sorted(one.at for one in own if one.asked)
    used_up = (asked[-most] + window for most, window in CHECK_NOW if len(asked) >= most)
    return max(now, _locked_until(own), *used_up)


def _locked_until(own: Iterable[Attempt]) -> float:
    """Each try makes a lock longer, so nobody asks about it sooner than a refusal is confirmed."""
    locked = (one.at for one in own if one.cause == login_rules.ACCOUNT_LOCKED.code)
    return max(locked, default=-CONFIRM_AFTER) + CONFIRM_AFTER


def may_be_asked(history: Iterable[Attempt], fingerprint: str) -> bool:
    """Whether a person may have the credential tried: not while it is paused, unless all that it was refused for is
    mended at the server."""
    own = sorted((one for one in history if one.fingerprint == fingerprint), key=lambda one: one.at)
    if plan(own, fingerprint).why is not Why.PAUSED:
        return True
    return all(one.cause in MENDED_ELSEWHERE for one in _refusals(own))


def address_paused_until(failures: Iterable[float]) -> float:
    """The circuit breaker of one server address: `failures` are the times of refused AUTH of all companies there.

    0 when it is closed. Three within ten minutes pause it for a quarter of an hour, below fail2ban's five.
    """
    times = sorted(failures)
    tripped = [
        last
        for first, last in zip(times, times[BREAKER_FAILURES - 1 :], strict=False)
        if last - first <= BREAKER_WINDOW
    ]
    return tripped[-1] + BREAKER_PAUSE if tripped else 0.0


def group_paused_until(answers: Iterable[tuple[float, bool]]) -> float:
    """A provider that asks to slow down is left alone, twice as long each time, until a login there works.

    `answers`: time, and whether it asked to wait (a cause of `SLOW_DOWN`) or let somebody in. 0 when open.
    """
    until, pause = 0.0, GROUP_PAUSE
    for at, slow_down in sorted(answers):
        if not slow_down:
            pause = GROUP_PAUSE
        elif at >= until:  # those that were under way already do not count again
            until, pause = at + pause, min(pause * 2, GROUP_LONGEST)
    return until


@dataclass(frozen=True, slots=True)
class Caps:
    """How many logins may run at a time: of a mailbox and at an unknown server address one, at a provider a few."""

    everywhere: int = 50
    group: int = 3
    groups: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {"Google": 5, "Microsoft 365": 5, "Proximus": 4, "GMX": 4, "WEB.DE": 4, "Orange (FR)": 2}
        )
    )
    between: float = 0.3
    """Seconds between two starts in one group."""


@dataclass(frozen=True, slots=True)
class Running:
    """One login under way. `group`: the provider's name; empty for a server of nobody known."""

    mailbox: str
    address: str
    group: str
    began: float


def may_start(wanted: Running, running: Iterable[Running], caps: Caps) -> bool:
    """Whether one more may begin beside those that run, at `wanted.began`."""
    others = list(running)
    if len(others) >= caps.everywhere or any(one.mailbox == wanted.mailbox for one in others):
        return False
    if not wanted.group:
        return all(one.address != wanted.address for one in others)
    same = [one for one in others if one.group == wanted.group]
    if any(abs(wanted.began - one.began) < caps.between for one in same):
        return False
    return len(same) < caps.groups.get(wanted.group, caps.group)
