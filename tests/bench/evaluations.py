"""SPF evaluations from records in memory, one after the other: ours, pyspf's and spftrace's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from checks.lookup import ZoneResolver
from checks.spf import Memo, check_host
from tests.bench import peers

Asked = Sequence[tuple[str, str]]


def measure(zone: ZoneResolver, domains: Sequence[str], addresses: Sequence[str]) -> None:
    """Print the rates of all, each domain from each address."""
    asked = [(ip, domain) for domain in domains for ip in addresses]
    peers.serve_pyspf(zone)
    rates = {
        "ours": _rate(lambda: asyncio.run(_ours(zone, asked, None)), len(asked)),
        "ours, with a memo": _rate(lambda: asyncio.run(_ours(zone, asked, Memo())), len(asked)),
        "pyspf": _rate(lambda: [peers.pyspf_result(ip, domain) for ip, domain in asked], len(asked)),
        "spftrace": _rate(lambda: asyncio.run(_spftrace(zone, asked)), len(asked)),
    }
    print(f"\nSPF evaluations of {len(asked)} senders, from memory")
    for name, rate in rates.items():
        beside = "   ".join(f"{rate / rates[peer]:5.2f} × {peer}" for peer in ("pyspf", "spftrace"))
        print(f"  {name:36} {rate:8.0f} /s   {beside}")


async def _ours(zone: ZoneResolver, asked: Asked, memo: Memo | None) -> None:
    for ip, domain in asked:
        await check_host(ip, domain, f"postmaster@{domain}", resolver=zone, explain=False, memo=memo)


async def _spftrace(zone: ZoneResolver, asked: Asked) -> None:
    theirs = peers.SpftraceZone(zone)
    for ip, domain in asked:
        await peers.spftrace_result(theirs, ip, domain)


def _rate(work: Callable[[], object], count: int) -> float:
    """A second of CPU: what others do on the machine meanwhile counts less."""
    began = time.process_time()
    work()
    return count / (time.process_time() - began)
