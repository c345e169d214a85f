"""Does a scan through Unbound say the same as one that asks the authoritative server directly?

    python -m tests.bench.unbound [--domains N]

NSD serves the fleet; Unbound, with an empty cache, is the recursive resolver in front of it, not validating. Both are
scanned and exported by the commands, each with a database of its own, and all columns but the times are compared.
Exit 1 for a difference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import fleet, needed, real_fleet
from tests.bench.fleet import Fleet
from tests.support import unbound


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, metavar="N", help="only the first N domains")
    args = parser.parse_args(arguments)
    if missing := needed.missing("nsd", "unbound"):
        print(missing, file=sys.stderr)
        return 3
    with (
        tempfile.TemporaryDirectory() as place,
        real_fleet.served_or_stand_in(Path(place), most=args.domains) as made,
    ):
        print(f"{len(made.domains)} domains, {real_fleet.description()}")
        directly = _scanned("NSD directly", made)
        with unbound.resolving(made.where, made.address) as address:
            through = _scanned("through Unbound", made.asking(address, "unbound"))
            again = _scanned("through Unbound, its cache warm", made.asking(address, "unbound-again"))
    unlike = fleet.unlike(directly, through) + fleet.unlike(directly, again)
    print(f"  domains whose result differs: {len(unlike)} (none) {' '.join(unlike[:10])}")
    return 1 if unlike else 0


def _scanned(name: str, made: Fleet) -> list[dict[str, str]]:
    made.take_in()
    done = made.measure("data", "scan", "--json")
    domains, queries = (done.said[what] / done.said["seconds"] for what in ("domains", "queries"))
    rates = f"{domains:8.1f} domains/s {queries:8.0f} queries/s"
    print(f"  {name:34} {rates}  unknown {done.said['unknown']}", flush=True)
    return made.export()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
