"""One measured process: dnspython's asyncio resolver over a list of questions, so many at once.

    python -m tests.bench.dnspython_peer --server IP:PORT --questions FILE [--at-once 200]

The file has one `name type` a line, as dnsperf reads it. Prints JSON: `queries`, `seconds`, `failed`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.resolver


async def _run(server: str, questions: Sequence[str], at_once: int) -> int:
    """How many got no answer: neither records nor that there are none."""
    host, _, port = server.rpartition(":")
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    left = iter(questions)
    return sum(await asyncio.gather(*(_some(left, resolver) for _ in range(at_once))))


async def _some(left: Iterator[str], resolver: dns.asyncresolver.Resolver) -> int:
    failed = 0
    for question in left:
        name, _, type = question.partition(" ")
        try:
            await resolver.resolve(name, type, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            pass
        except dns.exception.DNSException:
            failed += 1
    return failed


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", required=True, metavar="IP:PORT")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--at-once", type=int, default=200)
    args = parser.parse_args(arguments)
    questions = args.questions.read_text().splitlines()
    began = time.perf_counter()
    failed = asyncio.run(_run(args.server, questions, args.at_once))
    seconds = time.perf_counter() - began
    print(json.dumps({"queries": len(questions), "seconds": seconds, "failed": failed}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
