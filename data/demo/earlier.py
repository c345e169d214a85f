"""Logins that the demo's scan finds made already: real ones, before it, whose time is written as earlier.

Some states come with time alone: a refusal confirmed after half an hour, a server that is away for an hour. And where
all servers share one address, their refusals count together: there each login has a time of its own, far enough from
the others that none is put off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum, auto

from checks.company import SmtpState
from checks.smtp.etiquette import BREAKER_FAILURES, BREAKER_WINDOW, CONFIRM_AFTER, CONFIRMED, HOUR, SLOW_DOWN
from data.demo import fleet
from data.demo.fleet import Company
from data.demo.mail_layout import Layout

Look = tuple[float, str]
"""How many seconds before the scan, and the company's id."""

_APART = BREAKER_WINDOW / (BREAKER_FAILURES - 1) + 5
"""Seconds between two refusals at one address that let it never be left alone."""


def looks(mail: Layout) -> list[Look]:
    """The earliest first."""
    customers = [company for company in fleet.companies() if company.smtp_password]
    found = [(seconds, company.id) for company in customers for seconds in _looks(company)]
    return sorted((*found, *(_one_by_one(customers) if mail.one_address else ())), reverse=True)


def _looks(company: Company) -> tuple[float, ...]:
    own = company.scenario.own_server
    return own.looks if own else ()


def _one_by_one(customers: Sequence[Company]) -> Iterator[Look]:
    """The last look at each."""
    made = Counter[_Kind]()
    for company in customers:
        kind = _kind(company)
        first, apart = _BEFORE.get(kind, (1.0, 0.0))
        yield first + apart * made[kind], company.id
        made[kind] += 1


class _Kind(Enum):
    SETTLED = auto()
    """Refused for good."""
    TO_CONFIRM = auto()
    NOT_NOW = auto()
    """The server asks for patience, of everybody."""
    OTHER = auto()


def _kind(company: Company) -> _Kind:
    expected = company.scenario.expected
    if expected.cause in SLOW_DOWN:
        return _Kind.NOT_NOW
    if _looks(company):
        return _Kind.OTHER
    if expected.cause in CONFIRMED:
        return _Kind.TO_CONFIRM
    return _Kind.SETTLED if expected.smtp == SmtpState.PAUSED else _Kind.OTHER


_BEFORE = {
    _Kind.SETTLED: (2 * CONFIRM_AFTER, _APART),
    _Kind.TO_CONFIRM: (_APART, _APART),  # lately, or the second look would be due
    _Kind.NOT_NOW: (0.0, 2 * HOUR),
}
"""Seconds before the scan of the last one of that kind, and between two of them."""
