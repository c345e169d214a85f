"""Which server to ask first: as listed, but one that keeps silent is asked last for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from checks.lookup import FailureReason
from checks.resolver.servers import Nameserver

SILENCES = 3
"""Exchanges in a row without a word before a server is put last."""

REST = 30.0
"""Seconds for which it stays there."""

_SILENT = {FailureReason.TIMEOUT, FailureReason.UNREACHABLE}


@dataclass(slots=True)
class _State:
    silences: int = 0
    rests_until: float = float("-inf")
    failures: Counter[FailureReason] = field(default_factory=Counter)


class Health:
    """What each server has done so far. `clock` counts seconds from anywhere, steadily."""

    def __init__(self, servers: Iterable[Nameserver], clock: Callable[[], float]) -> None:
        self._states = {server: _State() for server in servers}
        self._clock = clock

    def order(self) -> list[Nameserver]:
        """All servers; those at rest come last, as one of them may be all that there is."""
        now = self._clock()
        return sorted(self._states, key=lambda server: self._states[server].rests_until > now)

    def answered(self, server: Nameserver) -> None:
        """It said something, whatever it was."""
        state = self._states[server]
        state.silences, state.rests_until = 0, float("-inf")

    def failed(self, server: Nameserver, reason: FailureReason) -> None:
        """An exchange with it gave no answer."""
        state = self._states[server]
        state.failures[reason] += 1
        if reason not in _SILENT:
            return self.answered(server)
        state.silences += 1
        if state.silences >= SILENCES:
            state.rests_until = self._clock() + REST

    @property
    def failures(self) -> dict[str, Counter[FailureReason]]:
        """How often each server failed, by reason."""
        return {str(server): Counter(state.failures) for server, state in self._states.items()}
