"""A network between the asker and the name server, as slow and lossy as told. A process of its own.

    python -m tests.bench.relay --to 127.0.0.1:5301 [--delay 20] [--loss 1] [--seed 1]

Each datagram, on its way there as on its way back, is `delay` milliseconds late, and `loss` of a hundred never
arrive: a question and its answer are 2 × `delay` under way. Over TCP everything is as late, and nothing is lost
(the kernel would send it again). Prints `address:port`, ends when its standard input does, and then prints as JSON
what it carried.

One socket faces all the askers and one the server: a question goes on under an id of the relay's own, as a NAT
does with ports. It is written for speed, since what is measured through it is compared with itself at 0 and 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.bench.needed import ROOT
from tests.support.dns_server import free_port

Address = tuple[str, int]
Send = Callable[[bytes, Address], None]
Later = Callable[[float, Callable[[], None]], object]
Spoil = Callable[[bytes, Random], bytes | None]

AT_ONCE = 256
"""Datagrams read from a socket before the other one has its turn."""

BUFFER = 4 * 2**20
IDS = 0x10000


@dataclass(slots=True)
class Weather:
    """How the way is now. `delay`: seconds. `loss`: 0 to 1. `spoil`: what becomes of a datagram; None: it is lost."""

    delay: float = 0.0
    loss: float = 0.0
    spoil: Spoil | None = None


class Line:
    """One direction of the way. It never reorders: what is put in late comes out late.

    `later(seconds, what)` has something done then; `clock` counts seconds steadily.
    """

    def __init__(
        self,
        weather: Weather,
        random: Random,
        send: Send,
        later: Later,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._weather = weather
        self._random = random
        self._send = send
        self._later = later
        self._clock = clock
        self._waiting: deque[tuple[float, bytes, Address]] = deque()
        self.taken = self.lost = 0

    def put(self, datagram: bytes, target: Address) -> None:
        """Carry a datagram, or lose it."""
        weather = self._weather
        self.taken += 1
        if weather.loss and self._random.random() < weather.loss:
            self.lost += 1
            return
        if weather.spoil:
            spoilt = weather.spoil(datagram, self._random)
            if spoilt is None:
                self.lost += 1
                return
            datagram = spoilt
        if not weather.delay and not self._waiting:
            self._send(datagram, target)
            return
        self._waiting.append((self._clock() + weather.delay, datagram, target))
        if len(self._waiting) == 1:
            self._later(weather.delay, self._flush)

    def _flush(self) -> None:
        """Send what is due, and come back for the rest."""
        now, waiting = self._clock(), self._waiting
        while waiting and waiting[0][0] <= now:
            _, datagram, target = waiting.popleft()
            self._send(datagram, target)
        if waiting:
            self._later(waiting[0][0] - now, self._flush)


class Relay:
    """Carries datagrams and connections to `server` and back; both directions have weathers of their own."""

    def __init__(self, server: Address, there: Weather, back: Weather, seed: int) -> None:
        self._server = server
        self._weather = back
        self._loop = loop = asyncio.get_running_loop()
        self._inside, self._tcp = free_port("127.0.0.1")
        self._outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outside.connect(server)
        for each in (self._inside, self._outside):
            _make_room(each)
        self._askers: list[tuple[Address, bytes]] = [(("", 0), b"")] * IDS
        self._last = 0
        self.there = Line(there, Random(seed), self._to_server, loop.call_later)
        self.back = Line(back, Random(seed + 1), self._to_asker, loop.call_later)
        self.full = 0
        self.address: Address = self._inside.getsockname()

    async def serve(self) -> None:
        """Carry until cancelled."""
        self._loop.add_reader(self._inside, self._asked)
        self._loop.add_reader(self._outside, self._answered)
        tcp = await asyncio.start_server(self._connected, sock=self._tcp)
        try:
            await tcp.serve_forever()
        finally:
            tcp.close()
            for each in (self._inside, self._outside):
                self._loop.remove_reader(each)
                each.close()

    def _asked(self) -> None:
        receive, put, askers = self._inside.recvfrom, self.there.put, self._askers
        number = self._last
        with suppress(OSError):  # nothing is left to read, or the kernel tells of a port that is closed now
            for _ in range(AT_ONCE):
                datagram, asker = receive(65535)
                number = (number + 1) % IDS
                askers[number] = (asker, datagram[:2])
                put(number.to_bytes(2, "big") + datagram[2:], self._server)
                self._last = number

    def _answered(self) -> None:
        receive, put, askers = self._outside.recv, self.back.put, self._askers
        with suppress(OSError):
            for _ in range(AT_ONCE):
                datagram = receive(65535)
                asker, id = askers[int.from_bytes(datagram[:2], "big")]
                put(id + datagram[2:], asker)

    def _to_server(self, datagram: bytes, _: Address) -> None:
        try:
            self._outside.send(datagram)
        except OSError:
            self.full += 1

    def _to_asker(self, datagram: bytes, asker: Address) -> None:
        try:
            self._inside.sendto(datagram, asker)
        except OSError:
            self.full += 1

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._server)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65536):
                self._loop.call_later(self._weather.delay, writer.write, octets)
        self._loop.call_later(self._weather.delay, writer.close)


def _make_room(udp: socket.socket) -> None:
    """As large a buffer as the kernel gives, so that the relay loses nothing of its own."""
    udp.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        udp.setsockopt(socket.SOL_SOCKET, option, BUFFER)


async def until_stdin_ends() -> None:
    """Wait for whoever started this process to let go of it."""
    await asyncio.to_thread(sys.stdin.read)


def address(text: str) -> Address:
    """`IP:port`."""
    host, _, port = text.rpartition(":")
    return host, int(port)


async def _serve(args: argparse.Namespace) -> None:
    weathers = (Weather(args.delay / 1000, args.loss / 100) for _ in range(2))
    relay = Relay(args.to, *weathers, args.seed)
    print("{}:{}".format(*relay.address), flush=True)
    serving = asyncio.create_task(relay.serve())
    await until_stdin_ends()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    lines = {"there": relay.there, "back": relay.back}
    carried = {name: {"taken": line.taken, "lost": line.lost} for name, line in lines.items()}
    print(json.dumps(carried | {"full": relay.full}))


@dataclass(slots=True)
class Relaying:
    """A relay that runs. `said`: what it carried, once it has ended."""

    address: str
    said: dict[str, Any]


@contextmanager
def running(to: str, *options: str, module: str = "tests.bench.relay") -> Iterator[Relaying]:
    """Run a relay in front of `to` (`IP:port`) for the time of a `with`."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--to", to, *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    relaying = Relaying(process.stdout.readline().strip(), {})
    try:
        yield relaying
    finally:
        out, _ = process.communicate()
        relaying.said.update(json.loads(out or "{}"))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=address, required=True, metavar="IP:PORT")
    parser.add_argument("--delay", type=float, default=0.0, metavar="MILLISECONDS")
    parser.add_argument("--loss", type=float, default=0.0, metavar="PER CENT")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(_serve(parser.parse_args(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
