"""One server as the resolver sees it: who waits for it, how fast it may be asked, and whether it is well."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from checks.lookup import FailureReason
from checks.resolver.pace import Rate, RoundTrip, Window

if TYPE_CHECKING:
    from checks.resolver.asking import Asking
    from checks.resolver.transport import Clock, Link, Sent
    from checks.resolver.wire import Asked

SILENCES = 3
"""Questions in a row without a word before a server is asked last."""

REST = 30.0
"""Seconds for which it is."""

_SILENT = (FailureReason.TIMEOUT, FailureReason.UNREACHABLE)


class Lane:
    """Everything that is asked of one server goes through here."""

    __slots__ = (
        *("_clock", "_link", "_rate", "_silences", "_trip", "_waiting", "failures", "name"),
        *("rests_until", "window"),
    )

    def __init__(self, name: str, link: Link, most: int, rate: int, clock: Clock) -> None:
        self.name = name
        self.failures: Counter[FailureReason] = Counter()
        self.rests_until = float("-inf")
        self.window = Window(most)
        self._link = link
        self._clock = clock
        self._rate = Rate(rate, clock())
        self._trip = RoundTrip()
        self._waiting: deque[Asking] = deque()
        self._silences = 0

    @property
    def wait(self) -> float:
        """Seconds after which an answer is late."""
        return self._trip.wait

    @property
    def queue(self) -> int:
        """How many wait for their place."""
        return len(self._waiting)

    def ask(self, asking: Asking, *, at_once: bool = False) -> None:
        """Let it go when there is room; `at_once`: before those who wait, as a packet may be lost."""
        now = self._clock()
        if not self._waiting and self.window.has_room and self._rate.take(now):
            self.window.out += 1
            asking.go(self, now)
        elif at_once:
            self._waiting.appendleft(asking)
        else:
            asking.queued = now
            self._waiting.append(asking)

    def send(self, asked: Asked, asking: Asking) -> Sent:
        sent = self._link.send(asked, asking)
        sent.lane = self
        return sent

    def pump(self, now: float) -> None:
        """Let those go for whom there is room now."""
        waiting = self._waiting
        while waiting and self.window.has_room:
            if waiting[0].done:
                waiting.popleft()
            elif self._rate.take(now):
                self.window.out += 1
                waiting.popleft().go(self, now)
            else:
                break

    def review(self, now: float) -> None:
        """Now and then."""
        self.window.review(now)
        self.pump(now)

    def release(self) -> None:
        """A question is no longer waited for."""
        self.window.out -= 1

    def answered(self, sent: Sent, now: float, *, again: bool) -> None:
        """It said something, whatever it was; `again`: to a question that had been asked before."""
        self.window.out -= 1
        self.window.answered(again=again)
        self._heard(sent, now)

    def answered_late(self, sent: Sent, now: float) -> None:
        """It said something after we had asked once more: not lost, just slower than we thought."""
        self.window.answered(again=False)
        self._heard(sent, now)

    def _heard(self, sent: Sent, now: float) -> None:
        self._silences = 0
        self.rests_until = float("-inf")
        self._trip.took(now - sent.at)

    def silent(self) -> None:
        """No answer in time: the place goes to another question, as this one may never get any."""
        self.window.out -= 1
        self.window.silent()

    def failed(self, reason: FailureReason) -> None:
        """It gave no answer."""
        self.failures[reason] += 1
        if reason in _SILENT:
            self._silences += 1
            if self._silences >= SILENCES:
                self.rests_until = self._clock() + REST
