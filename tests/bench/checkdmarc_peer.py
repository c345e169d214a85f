"""One measured process: checkdmarc's MX, SPF and DMARC checks, one domain after the other as its interface is.

    python -m tests.bench.checkdmarc_peer --server IP:PORT --domains FILE [--bare]

As it ships, with its caches. Its MX check also asks about DNSSEC, TLSA and the names of addresses, which nobody asked
for here: `--bare` leaves these out. Everything goes to the given server alone. Prints JSON: `domains`, `seconds`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import checkdmarc.dmarc
import checkdmarc.smtp
import checkdmarc.spf
import dns.resolver
from dns.nameserver import Do53Nameserver


def _check(domains: Sequence[str], **asked: Any) -> None:
    for domain in domains:
        checkdmarc.smtp.check_mx(domain, **asked)
        checkdmarc.spf.check_spf(domain, **asked)
        checkdmarc.dmarc.check_dmarc(domain, **asked)


def _leave_out_the_rest() -> None:
    checkdmarc.smtp.check_dnssec = lambda *_, **__: False
    checkdmarc.smtp.get_tlsa_records = lambda *_, **__: []
    checkdmarc.smtp.get_reverse_dns = lambda *_, **__: []


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", required=True, metavar="IP:PORT")
    parser.add_argument("--domains", type=Path, required=True, metavar="FILE")
    parser.add_argument("--bare", action="store_true", help="without DNSSEC, TLSA and PTR")
    args = parser.parse_args(arguments)
    host, _, port = args.server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    if args.bare:
        _leave_out_the_rest()
    domains = args.domains.read_text().split()
    began = time.perf_counter()
    # Both: a part of its checks knows no resolver, and would ask the system's servers.
    _check(domains, resolver=resolver, nameservers=[Do53Nameserver(host, int(port))])
    print(json.dumps({"domains": len(domains), "seconds": time.perf_counter() - began}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
