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
            number = passed // unit
            return f"{number} {name}{'' if number == 1 else 's'} ago"
    return "just now"


def exact(moment: datetime) -> str:
    """`23 Nov 2026, 09:18 UTC`."""
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def both(moment: datetime, now: datetime) -> str:
    """`12 minutes ago (23 Nov 2026, 09:18 UTC)`."""
    return f"{ago(moment, now)} ({exact(moment)})"
