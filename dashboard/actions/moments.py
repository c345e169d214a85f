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
    passed = _length(now - moment)
    return f"{passed} ago" if passed else "just now"


def ahead(moment: datetime, now: datetime) -> str:
    """`now`, `in 12 minutes`, `in 3 hours`, `in 5 days`; the past is `now`."""
    left = _length(moment - now)
    return f"in {left}" if left else "now"


def exact(moment: datetime) -> str:
    """`23 Nov 2026, 09:18 UTC`."""
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def both(moment: datetime, now: datetime) -> str:
    """`12 minutes ago (23 Nov 2026, 09:18 UTC)`."""
    return f"{ago(moment, now)} ({exact(moment)})"


def of(epoch: float) -> datetime:
    """The moment so many seconds after 1970 began."""
    return datetime.fromtimestamp(epoch, UTC)


def _length(span: timedelta) -> str:
    """In the largest unit that fits; empty for less than a minute."""
    for unit, limit, name in _STEPS:
        if unit <= span < limit:
            number = span // unit
            return f"{number} {name}{'' if number == 1 else 's'}"
    return ""
