"""One measured process: our resolver with nothing behind it, or with the judgement.

    python -m tests.bench.asking resolve|judge --server IP:PORT --domains FILE [--most N] [--processes N]
        [--include NAME --addresses IP,…]

`resolve`: `questions.ask` about each domain, through `checks.fleet.judge_all` and one `LiveResolver` a process.
`judge`: `checks.diagnosis.diagnose`, the same way. With several processes each takes every Nth domain and has a cache
of its own. Prints JSON: `domains`, `seconds`, `queries` and `failed` (look-ups or domains without an answer).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from ipaddress import ip_address
from pathlib import Path

from checks import diagnosis, fleet
from checks.company import Company, SendingMethod
from checks.lookup import LookupFailed, RecordType, Resolver, Result
from checks.platform import Platform
from checks.resolver import LiveResolver
from tests.bench import questions


class _Failures:
    """Another resolver, and how many of its answers were none."""

    def __init__(self, below: Resolver) -> None:
        self._below = below
        self.count = 0

    async def lookup(self, name: str, type: RecordType) -> Result:
        found = await self._below.lookup(name, type)
        self.count += isinstance(found, LookupFailed)
        return found


async def _resolve(domain: str, resolver: Resolver) -> int:
    failures = _Failures(resolver)
    await questions.ask(domain, failures)
    return failures.count


def _judge(platform: Platform) -> fleet.Judge[str, int]:
    async def judge(domain: str, resolver: Resolver) -> int:
        company = Company(
            domain, domain, SendingMethod.OWN_ADDRESS, f"postmaster@{domain}", email_validated=True
        )
        found = await diagnosis.diagnose(company, platform, resolver)
        return int("unknown" in (found.verdict.word, found.address, found.spf, found.dmarc))

    return judge


async def _each(domains: Sequence[str]) -> AsyncIterator[str]:
    for domain in domains:
        yield domain


async def _ask(domains: Sequence[str], judge: fleet.Judge[str, int], server: str) -> tuple[int, int]:
    async with LiveResolver(nameservers=[server]) as resolver:
        failed = [count async for count in fleet.judge_all(_each(domains), judge, resolver)]
        assert len(failed) == len(domains), "a domain was lost"
        return sum(failed), resolver.queries


def _part(args: argparse.Namespace, number: int) -> tuple[float, float, int, int]:
    """When it began and ended (a clock that all processes share), what failed, how many queries."""
    domains = args.domains.read_text().split()[: args.most][number :: args.processes]
    judge = _resolve if args.what == "resolve" else _judge(Platform(args.include, args.addresses))
    began = time.monotonic()
    failed, queries = asyncio.run(_ask(domains, judge, args.server))
    return began, time.monotonic(), failed, queries


def _parts(args: argparse.Namespace) -> list[tuple[float, float, int, int]]:
    if args.processes == 1:
        return [_part(args, 0)]
    with ProcessPoolExecutor(args.processes) as pool:
        return list(pool.map(_part, [args] * args.processes, range(args.processes)))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("resolve", "judge"))
    parser.add_argument("--server", required=True, metavar="IP:PORT")
    parser.add_argument("--domains", type=Path, required=True, metavar="FILE")
    parser.add_argument("--most", type=int, metavar="N")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--include", default="spf.example")
    parser.add_argument(
        "--addresses",
        type=lambda text: tuple(map(ip_address, text.split(","))),
        default=(ip_address("192.0.2.1"),),
    )
    args = parser.parse_args(arguments)
    began, ended, failed, queries = zip(*_parts(args), strict=True)
    said = {
        "domains": len(args.domains.read_text().split()[: args.most]),
        "seconds": max(ended) - min(began),
        "queries": sum(queries),
        "failed": sum(failed),
    }
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
