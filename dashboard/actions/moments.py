"""Moments for people: how long ago, and exactly when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_STEPS = (
    (timedelta(minutes=1), timedelta(hours=1), "minute"),
    (timedelta(hours=1), timedelta(days=2), "hour"),
    (timedelta(days=1), timedelta.max, "day"),
)


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `12 minutes ago`, `3 hours ago`, `5 days ago`; the future is `just now`: clocks differ."""
    passed = now - moment
    for unit, limit, name in _STEPS:
        if unit <= passed < limit:
            return f"{_number(passed // unit, name)} ago"
    return "just now"


def ahead(moment: datetime, now: datetime) -> str:
    """`now`, `in 12 minutes`, `in 3 hours`, `in 5 days`; the past is `now`."""
    left = moment - now
    for unit, limit, name in _STEPS:
        if unit <= left < limit:
            return f"in {_number(left // unit, name)}"
    return "now"


def exact(moment: datetime) -> str:
    """`23 Nov 2026, 09:18 UTC`."""
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def both(moment: datetime, now: datetime) -> str:
    """`12 minutes ago (23 Nov 2026, 09:18 UTC)`."""
    return f"{ago(moment, now)} ({exact(moment)})"


def of(epoch: float) -> datetime:
    """The moment so many seconds after 1970 began."""
    return datetime.fromtimestamp(epoch, UTC)


def _number(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
