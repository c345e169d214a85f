"""Many logins at once, ours beside threads of smtplib, against one server in another process.

    python -m tests.bench.logins [--logins 500] [--delay 0.05]

The server waits `--delay` seconds before each answer. Each client runs in a process of its own, so that its memory
is its own: told is how far the peak stands above what the process had before the first login.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

from checks.lookup import ZoneResolver
from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.credentials import Credentials
from checks.smtp.guard import Guard
from checks.smtp.login import log_in
from checks.smtp.result import Result, Security, Server
from data.demo.certificates import Authority, Pair

USER, PASSWORD = "jan@example.test", "correct horse"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logins", type=int, default=500)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", choices=[*CLIENTS])
    parser.add_argument("--at", nargs=3, metavar=("PORT", "SECURITY", "CA"))
    parser.add_argument("--serve", nargs=3, metavar=("CERTIFICATE", "KEY", "DELAY"))
    args = parser.parse_args(arguments)
    if args.serve:
        certificate, key, delay = args.serve
        asyncio.run(_serve(Pair(Path(certificate), Path(key)), float(delay)))
    elif args.client:
        port, security, ca = args.at
        _measure(CLIENTS[args.client], args.logins, int(port), Security(security), Path(ca))
    else:
        _compare(args.logins, args.delay, args.rounds)
    return 0


def _compare(logins: int, delay: float, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        authority = Authority(Path(place))
        with _served(authority.issue("localhost"), delay) as ports:
            for _ in range(rounds):
                for security, port in ports.items():
                    for name in CLIENTS:
                        at = ("--at", str(port), security, str(authority.file))
                        said = _ran("--client", name, "--logins", str(logins), *at)
                        print(f"{security:9} {name:8} {said}", flush=True)


def _ran(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.logins", *arguments], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    return (
        "{ok:5} ok  {rate:6.0f} /s  {memory:6.1f} MB above {before:.0f} MB  {cpu:.2f} ms CPU a login".format(
            **said
        )
    )


@contextmanager
def _served(pair: Pair, delay: float) -> Iterator[dict[Security, int]]:
    command = [sys.executable, "-m", "tests.bench.logins", "--serve"]
    process = subprocess.Popen(
        [*command, str(pair.certificate), str(pair.key), str(delay)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        starttls, implicit = json.loads(process.stdout.readline())
        yield {Security.STARTTLS: starttls, Security.IMPLICIT: implicit}
    finally:
        process.terminate()
        process.wait(10)


# The server


async def _serve(pair: Pair, delay: float) -> None:
    context = pair.context()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(reader, writer, context, delay)
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            writer.close()

    starttls = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=2048)
    implicit = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, backlog=2048)
    print(json.dumps([server.sockets[0].getsockname()[1] for server in (starttls, implicit)]), flush=True)
    await asyncio.Event().wait()


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, delay: float
) -> None:
    async def say(text: str) -> None:
        await asyncio.sleep(delay)
        writer.write(text.encode())
        await writer.drain()

    await say("220 localhost ESMTP\r\n")
    while line := (await reader.readline()).decode().strip():
        match line.split(" ")[0].upper():
            case "EHLO":
                encrypted = writer.get_extra_info("ssl_object") is not None
                await say(f"250-localhost\r\n250 {'AUTH PLAIN LOGIN' if encrypted else 'STARTTLS'}\r\n")
            case "STARTTLS":
                await say("220 go\r\n")
                await writer.start_tls(context)
            case "AUTH":
                await say("235 2.7.0 ok\r\n")
            case "QUIT":
                await say("221 bye\r\n")
                return
            case _:
                await say("500 what\r\n")


# The clients


def _measure(
    client: Callable[[int, int, Security, Path], int], logins: int, port: int, security: Security, ca: Path
) -> None:
    client(1, port, security, ca)  # so that nothing is loaded for the first time while it is measured
    before, cpu = _memory("VmRSS"), time.process_time()
    began = time.perf_counter()
    ok = client(logins, port, security, ca)
    seconds = time.perf_counter() - began
    said = {
        "ok": ok,
        "rate": logins / seconds,
        "memory": _memory("VmHWM") - before,
        "before": before,
        "cpu": (time.process_time() - cpu) * 1000 / logins,
    }
    print(json.dumps(said))


def _memory(field: str) -> float:
    """MB by the kernel: resident now (VmRSS), or at most so far (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def _ours(logins: int, port: int, security: Security, ca: Path, in_flight: int = 10_000) -> int:
    tls.small_read_buffers()
    context = tls.context_with(ca)
    free = asyncio.Semaphore(in_flight)
    guard = Guard(allow=(ip_network("127.0.0.0/8"),))
    resolver = ZoneResolver({})

    async def one() -> bool:
        async with free:
            found = await log_in(
                Server("localhost", port, security),
                Credentials(USER, PASSWORD),
                resolver=resolver,
                ehlo_name="probe.sendwell.example",
                guard=guard,
                context=context,
                limits=Limits(60.0, 30.0),
            )
        return found.result is Result.OK

    async def all_of_them() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(logins))))

    return asyncio.run(all_of_them())


def _smtplib(logins: int, port: int, security: Security, ca: Path) -> int:
    context = tls.context_with(ca)
    done: list[bool] = []

    def one() -> None:
        implicit = security is Security.IMPLICIT
        name, wait = "probe.sendwell.example", 60
        smtp = (
            smtplib.SMTP_SSL("localhost", port, name, timeout=wait, context=context)
            if implicit
            else smtplib.SMTP("localhost", port, name, timeout=wait)
        )
        with smtp:
            if not implicit:
                smtp.starttls(context=context)
            code, _ = smtp.login(USER, PASSWORD)
            done.append(code == 235)

    threads = [threading.Thread(target=one) for _ in range(logins)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def _ours_100(logins: int, port: int, security: Security, ca: Path) -> int:
    """At most so many open at a time as politeness allows (etiquette)."""
    return _ours(logins, port, security, ca, in_flight=100)


CLIENTS = {"ours": _ours, "ours-100": _ours_100, "smtplib": _smtplib}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
