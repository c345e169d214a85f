"""How fast one server may be asked: how much at a time, how often a second, and how soon again.

What tells that a server, or the way to it, is overrun is that packets get lost: a question that was answered
only when asked again. A question that stays without an answer however often it is asked says nothing about the
server, if it answers others meanwhile: a recursive resolver waits for the silent servers of a dead domain.
"""

from __future__ import annotations

SMALLEST, FIRST = 16.0, 64.0
"""Questions out at a time: never fewer; at the start."""

PERIOD = 0.1
"""Seconds over which losses are counted."""

TOO_MANY_LOST, ENOUGH = 0.1, 20
"""The share of lost packets at which the window is halved, among at least so many: 1 % happens everywhere."""

SOONEST, AT_FIRST = 0.1, 0.4
"""Seconds before a question is asked again: never sooner; while no answer has been timed yet."""


class RoundTrip:
    """The time that answers take, and the wait after which one is taken for lost (RFC 6298 2)."""

    __slots__ = ("_mean", "_spread", "wait")

    def __init__(self) -> None:
        self._mean = self._spread = 0.0
        self.wait = AT_FIRST

    def took(self, seconds: float) -> None:
        """An answer to a question that was asked once (Karn's rule: else one cannot know to which time)."""
        if self._mean:
            self._spread += (abs(self._mean - seconds) - self._spread) / 4
            self._mean += (seconds - self._mean) / 8
        else:
            self._mean, self._spread = seconds, seconds / 2
        self.wait = max(SOONEST, 4 * self._mean, self._mean + 4 * self._spread)


class Window:
    """How many questions may be out at a time: one more with each round, half of it after a burst of losses."""

    __slots__ = ("_answered", "_lost", "_most", "_period_ends", "_silent", "_slow_start", "out", "size")

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self.size = min(FIRST, self._most)
        self.out = 0
        self._slow_start = True
        self._answered = self._lost = self._silent = 0
        self._period_ends = 0.0

    @property
    def has_room(self) -> bool:
        return self.out < self.size

    def answered(self, *, again: bool) -> None:
        """An answer came; `again`: only when the question was asked once more."""
        self._answered += 1
        self._lost += again
        if self.size < self._most and self.out * 2 >= self.size:
            self.size = min(self._most, self.size + (1 if self._slow_start else 1 / self.size))

    def silent(self) -> None:
        """No answer came in time."""
        self._silent += 1

    def review(self, now: float) -> None:
        """Now and then: was the last period one of losses?"""
        if now < self._period_ends:
            return
        if self._overrun():
            self.size = max(min(SMALLEST, self._most), self.size / 2)
            self._slow_start = False
        self._answered = self._lost = self._silent = 0
        self._period_ends = now + PERIOD

    def _overrun(self) -> bool:
        if self._answered:
            return self._lost >= ENOUGH and self._lost > TOO_MANY_LOST * self._answered
        return self._silent >= ENOUGH


class Rate:
    """At most so many questions a second, 0 for no limit: a bucket that holds a tenth of a second's worth."""

    __slots__ = ("_at", "_depth", "_left", "_rate")

    def __init__(self, rate: int, now: float) -> None:
        self._rate = float(rate)
        self._depth = max(1.0, self._rate / 10)
        self._left = self._depth
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more may go out now."""
        if not self._rate:
            return True
        self._left = min(self._depth, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
