"""A relay whose faults are switched on and off every few seconds. A process of its own.

    python -m tests.bench.faults --to 127.0.0.1:5301 [--least 2 --most 6] [--seed 1]

As `tests.bench.relay`, with one fault or none at a time; what there is stands in `FAULTS`. The order and the lengths
follow from the seed. A part of the answers is spoilt, never all of them for good: a scan must come through.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from tests.bench.relay import Relay, Spoil, Weather, address, until_stdin_ends

SHARE = 0.4
"""Of the answers that a fault spoils."""

SERVFAIL, TRUNCATED = 2, 0x02
HEADER = 12


def some(spoil: Spoil) -> Spoil:
    """The same for a part of the datagrams."""
    return lambda datagram, random: spoil(datagram, random) if random.random() < SHARE else datagram


def servfail(datagram: bytes, _: Random) -> bytes:
    """The question with SERVFAIL and nothing else."""
    bare = _question_alone(datagram)
    return bytes([*bare[:3], (bare[3] & 0xF0) | SERVFAIL]) + bare[4:]


def truncated(datagram: bytes, _: Random) -> bytes:
    """The question with the flag that says: ask again over TCP."""
    bare = _question_alone(datagram)
    return bytes([*bare[:2], bare[2] | TRUNCATED]) + bare[3:]


def wrong_id(datagram: bytes, random: Random) -> bytes:
    """The answer to another query."""
    return bytes([datagram[0] ^ random.randrange(1, 256)]) + datagram[1:]


def garbage(datagram: bytes, random: Random) -> bytes:
    """The right id, and octets that mean nothing."""
    return datagram[:2] + random.randbytes(random.randrange(1, 200))


def cut(datagram: bytes, random: Random) -> bytes:
    """The beginning of an answer."""
    return datagram[: random.randrange(len(datagram))]


def silent(_: bytes, __: Random) -> None:
    """Nothing."""


def _question_alone(datagram: bytes) -> bytes:
    """The header with a count of one question, and that question."""
    end = HEADER
    while end < len(datagram) and datagram[end]:
        end += 1 + datagram[end]
    return datagram[:4] + b"\0\1" + bytes(6) + datagram[HEADER : end + 5]


FAULTS: dict[str, Weather] = {
    "none": Weather(),
    "loss": Weather(loss=0.2),
    "delay": Weather(delay=0.3),
    "servfail": Weather(spoil=some(servfail)),
    "garbage": Weather(spoil=some(garbage)),
    "cut": Weather(spoil=some(cut)),
    "wrong id": Weather(spoil=some(wrong_id)),
    "truncation": Weather(spoil=some(truncated)),
    "silence": Weather(spoil=silent),
}


def spells(seed: int, least: float, most: float) -> Iterator[tuple[str, float]]:
    """Which fault, and for how many seconds, without end: every other one is none."""
    random = Random(seed)
    names = [name for name in FAULTS if name != "none"]
    while True:
        for name in random.sample(names, len(names)):
            yield name, random.uniform(least, most)
            yield "none", random.uniform(least, most)


async def _serve(args: argparse.Namespace) -> None:
    back = Weather()
    relay = Relay(args.to, Weather(), back, args.seed)
    print("{}:{}".format(*relay.address), flush=True)
    had: Counter[str] = Counter()
    work = [asyncio.create_task(each) for each in (relay.serve(), _change(back, args, had))]
    await until_stdin_ends()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    print(json.dumps({"answers": relay.back.taken, "lost": relay.back.lost, "spells": had}))


async def _change(weather: Weather, args: argparse.Namespace, had: Counter[str]) -> None:
    for name, seconds in spells(args.seed, args.least, args.most):
        had[name] += 1
        fault = FAULTS[name]
        weather.delay, weather.loss, weather.spoil = fault.delay, fault.loss, fault.spoil
        await asyncio.sleep(seconds)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=address, required=True, metavar="IP:PORT")
    parser.add_argument("--least", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--most", type=float, default=6.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(_serve(parser.parse_args(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
