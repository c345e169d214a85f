"""What does a hostile zone cost? Milliseconds and megabytes of one check, of the whole tree, of a parse.

    python -m tests.bench.bombs            exit 1 when a bomb costs more than 100 ms or 10 MB

Each is run with nothing remembered, three times for the time on the processor (the least counts: machines are
shared), and once more for the memory at its highest. The unit tests hold the same bombs to numbers of look-ups, terms
and nodes, never to a clock (tests/checks/spf/test_bombs.py).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence

from checks import dmarc
from checks.lookup import usable
from checks.spf import check_host, connection, evaluate, record, tree
from tests.support.bombs import BOMBS, SENDER, Bomb

MILLISECONDS, MEGABYTES = 100.0, 10.0


def main(_: Sequence[str]) -> int:
    over = 0
    print(f"{'':46}     check_host          tree")
    for bomb in BOMBS:
        costs = [_cost(_check(bomb)), _cost(_walk(bomb))]
        over += sum(ms > MILLISECONDS or mb > MEGABYTES for ms, mb in costs)
        print(f"{bomb.says:46} " + "   ".join(f"{ms:6.1f} ms {mb:5.1f} MB" for ms, mb in costs), flush=True)
    for says, text in DMARC:
        ms, mb = _cost(_parse(text))
        over += ms > MILLISECONDS or mb > MEGABYTES
        print(f"{says:46} {ms:6.1f} ms {mb:5.1f} MB")
    print(f"over {MILLISECONDS:.0f} ms or {MEGABYTES:.0f} MB: {over}")
    return 1 if over else 0


DMARC = (
    ("DMARC: 30,000 tags", "v=DMARC1;" + "p=none;" * 9000),
    ("DMARC: 60 kB of blanks", "v=DMARC1" + " " * 60000),
    ("DMARC: one tag of 60 kB", "v=DMARC1; rua=" + "mailto:a@b.be," * 4000),
    ("DMARC: 60 kB of almost DMARC", "v " * 15000 + "dmarc " * 5000),
)


def _check(bomb: Bomb) -> Callable[[], Awaitable[object]]:
    return lambda: check_host(bomb.ip, bomb.domain, SENDER, resolver=bomb.resolver())


def _walk(bomb: Bomb) -> Callable[[], Awaitable[object]]:
    return lambda: tree.walk(bomb.domain, bomb.resolver())


def _parse(text: str) -> Callable[[], Awaitable[object]]:
    async def work() -> object:
        return dmarc.parse(text), dmarc.near_miss(text)

    return work


def _cost(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    times = []
    for _ in range(3):
        _forget()
        began = time.process_time()
        asyncio.run(_awaited(work))
        times.append(time.process_time() - began)
    _forget()
    tracemalloc.start()
    asyncio.run(_awaited(work))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return 1000 * min(times), most / 1e6


async def _awaited(work: Callable[[], Awaitable[object]]) -> None:
    await work()


def _forget() -> None:
    for remembered in (
        record._parse_cached,
        record._published_cached,
        record._published_large,
        usable,
        connection.as_number,
        evaluate._is_domain,
    ):
        remembered.cache_clear()
    gc.collect()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
