"""What was looked up lately, so that a fleet asks for a shared include once and not ten thousand times."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from checks.lookup import Answer, LookupFailed, Mx, RecordType, Result, Txt

Key = tuple[str, RecordType]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long results are kept, in seconds, and how much of them: `memory` in octets, roughly.

    `shortest` also for a TTL of 0: within one check the same question gets the same answer. A no is kept for
    3 hours at most (RFC 2308 5), a failure for a fixed while (RFC 9520 3.2: between 1 second and 5 minutes).
    """

    shortest: float = 5.0
    longest: float = 86_400.0
    longest_no: float = 10_800.0
    failure: float = 10.0
    memory: int = 32 * 2**20

    def lifetime(self, result: Result) -> float:
        """Seconds for which a result may be given again."""
        if isinstance(result, LookupFailed):
            return self.failure
        longest = self.longest if isinstance(result, Answer) else self.longest_no
        return max(self.shortest, min(result.ttl, longest))


_PLACE, _RECORD = 1_000, 100  # octets that Python spends on keeping a result, and on each record in it


def weight(result: Result) -> int:
    """Roughly the octets that it takes to keep a result: most have a hundred, a hostile one has 64 kB."""
    octets = _PLACE
    for record in result.records if isinstance(result, Answer) else ():
        octets += _RECORD
        if isinstance(record, Txt):
            for string in record.strings:
                octets += _RECORD + len(string)
        else:
            octets += len(record.exchange if isinstance(record, Mx) else record)
    return octets


class Cache:
    """Results by name and type; the least recently used go first. For one event loop.

    `clock` counts seconds from anywhere, steadily: a wall clock that is set back would keep things for ever.
    """

    def __init__(self, bounds: Bounds | None = None, *, clock: Clock = time.monotonic) -> None:
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, int, Result]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Result | None:
        """The result, while it may be given again."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept[0] <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept[2]

    def keep(self, key: Key, result: Result) -> None:
        """Keep it for its time, and let go of what was not used for longest."""
        if key in self._kept:
            self._drop(key)
        octets = weight(result)
        self._kept[key] = (self._clock() + self._bounds.lifetime(result), octets, result)
        self._weight += octets
        while self._weight > self._bounds.memory:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        self._weight -= self._kept.pop(key)[1]
