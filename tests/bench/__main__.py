"""`make bench`: how fast, beside whom, on the real records. Quote the ratios: machines are shared and noisy.

make bench BENCH="--domains 5000"     the first 5,000 domains; all if not said
make bench PROFILE=1                  where a scan's time goes; BENCH="--domains N" for the first N domains
make bench BENCH="growth"             CPU and memory of a scan at 10,000 to 300,000 domains (hours)
make bench BENCH="agreement"          compare the spf column with pyspf instead (a quarter of an hour)
make bench BENCH="what-if"            the time and memory of data what-if, from a filled store
make bench BENCH="logins"             500 logins at once, beside 500 threads of smtplib
make bench BENCH="login-day"          a simulated day of 10,000 companies' logins: every cap, at every moment

Also: python -m tests.bench.soak, .unbound, .opinions, .repair, .bombs, each with --help.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import agreement, growth, login_day, logins, needed, speed, what_if, where_time_goes
from tests.bench.speed import Plan

OTHERS = {
    "agreement": agreement.main,
    "growth": growth.main,
    "login-day": login_day.main,
    "logins": logins.main,
    "profile": where_time_goes.main,
    "what-if": what_if.main,
}


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in OTHERS:
        return OTHERS[arguments[0]](arguments[1:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="domains for checkdmarc")
    parser.add_argument("--seconds", type=float, default=5.0, help="of dnsperf")
    parser.add_argument("--no-network", action="store_true", help="not through the relay")
    args = parser.parse_args(arguments)
    if missing := needed.missing("nsd", "dnsperf", "checkdmarc"):
        print(missing, file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as place:
        speed.measure(Path(place), Plan(args.domains, args.sample, args.seconds, not args.no_network))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
