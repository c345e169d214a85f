"""How long a what-if takes over the real fleet, on one core, from the store alone.

    make bench BENCH="what-if"                     _spf.google.com loses a network and gains a name
    make bench BENCH="what-if --include NAME"      another include of ../shared/real

The store is filled from the zone file, without a scan: what each judgement asks is what a scan would have
stored. Each case is a process of its own, so that its seconds and its memory are those of the command.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

from checks.company import Company, SendingMethod
from checks.platform import Platform
from data.batches import batches
from data.engine import open_engine, writing
from tests.bench import needed, real_fleet, zone_file
from tests.support import stored_fleet
from tests.support.stored_fleet import Notebook

ADDRESSES = (
    "74.125.1.1",  # in Google's include
    "2001:4860:4864::25",
    "40.92.1.1",  # in Microsoft's
    "2a01:111:f403::1",
    "192.0.2.1",  # in nobody's
    "2001:db8::25",
)
INCLUDES = ("_spf.google.com", "spf.protection.outlook.com")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--include", action="append", metavar="NAME")
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    parser.add_argument(
        "--keep", type=Path, metavar="DIRECTORY", help="keep the filled stores there, and use them"
    )
    args = parser.parse_args(arguments)
    if not real_fleet.RECORDS.exists():
        print("the benchmark needs ../shared/real", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as place:
        where = args.keep or Path(place)
        for include in args.include or INCLUDES:
            _measure(where, include, args.domains)
    return 0


def _measure(where: Path, include: str, most: int | None) -> None:
    """A changed include, then other sending addresses: the second one can skip nobody."""
    store = where / f"{include}-{most or 'all'}.db"
    if not store.exists():
        began = time.perf_counter()
        fill(store, include, real_fleet.zone(where), most)
        print(f"store filled for {include} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    record = f"v=spf1 include:_spf2.{include} ip4:40.92.0.0/15 -all"
    more = f"_spf2.{include}=v=spf1 ip4:74.125.0.0/16 ip6:2001:4860:4000::/36 -all"
    cases = {
        "include split": ("--include-record", record, "--record", more),
        "other addresses": ("--addresses", ",".join((*ADDRESSES[:4], "74.125.9.9", "40.92.9.9"))),
    }
    for name, options in cases.items():
        _run(f"{include}, {name}", store, include, options)


def _run(name: str, store: Path, include: str, options: Sequence[str]) -> None:
    environment = {
        "SENDWELL_DATABASE": f"sqlite:///{store}",
        "SENDWELL_INCLUDE": include,
        "SENDWELL_SENDING_ADDRESSES": ",".join(ADDRESSES),
        "SENDWELL_DOMAIN": "",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "data", "what-if", "--json", *options],
        cwd=needed.ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"what-if: exit {done.returncode}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = json.loads(done.stdout)
    counts = f"{said['companies']} companies, {said['judged']} judged, {len(said['loses'])} lose"
    print(f"{name:45} {cpu:6.1f} s CPU  {after.ru_maxrss / 1024:5.0f} MB at most so far  {counts}")


# The store


def fill(store: Path, include: str, made: Path, most: int | None = None) -> None:
    """Companies, observations and verdicts as an import and a scan would leave them."""
    platform = Platform(include, tuple(ip_address(a) for a in ADDRESSES))
    notebook = Notebook(zone_file.read(made / "root.zone"))
    engine = open_engine(f"sqlite:///{store}")
    names = (made / "domains.txt").read_text().split()[:most]
    with writing(engine) as session:
        for some in batches(_companies(names), 500):
            asyncio.run(stored_fleet.store(session, some, platform, notebook))
    engine.dispose()


def _companies(names: Sequence[str]) -> Iterator[Company]:
    for name in names:
        yield Company(name, name, SendingMethod.OWN_ADDRESS, f"postmaster@{name}", email_validated=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
