"""A day of logins of a large fleet, by a simulated clock against the real store: every cap, asserted at every moment.

python -m tests.bench.login_day [--companies 10000] [--database URL]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence

from data.engine import open_engine
from tests.support.logins_of_a_day import Day

DAY = 86_400.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--database", help="an empty one; an SQLite file of its own if not said")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        engine = open_engine(args.database or f"sqlite:///{place}/day.db")
        day = Day(engine, companies=args.companies, seconds=DAY)
        began, busy = time.monotonic(), time.process_time()
        day.run()
        took, cpu = time.monotonic() - began, time.process_time() - busy
        engine.dispose()
    print(
        f"{args.companies:,} companies planned over a day: {took:.1f} s, {cpu:.1f} s of CPU; no cap was broken"
    )
    print(", ".join(f"{count:,} {what}" for what, count in day.counts.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
