"""A random password is nowhere afterwards: output, logs, exceptions, objects; raw, encoded, quoted, escaped."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import pickle
import secrets
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.credentials import Credentials
from checks.smtp.login import log_in
from checks.smtp.mechanisms import Mechanism
from checks.smtp.result import Login, Security, Server
from checks.smtp.scrub import HIDDEN
from data.demo.certificates import Authority, Pair
from tests.checks.smtp.test_behaviours import LOOPBACK, NAMES, ZONE
from tests.support.dns_server import DnsServer
from tests.support.dns_server import serving as serving_dns
from tests.support.smtp_server import Peer, Script, ScriptedServer, polite, serving
from tests.support.zone import parse

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
USER = "jan@example.test"


def forms(secret: str) -> list[str]:
    """What must be found nowhere."""
    octets = secret.encode()
    messages = (
        octets,
        b"\0" + USER.encode() + b"\0" + octets,
        b"user=" + USER.encode() + b"\x01auth=Bearer " + octets,
    )
    encoded = [base64.b64encode(message).decode().rstrip("=")[:-1] for message in messages]
    return [secret, *encoded, quote(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1], octets.hex()]


def assert_nowhere(secret: str, *texts: str) -> None:
    for text in texts:
        for form in forms(secret):
            assert form not in text
            assert form.lower() not in text.lower()


def some_auth(server: ScriptedServer) -> None:
    """Waits until one has come."""
    end = time.monotonic() + 20
    while not server.auths and time.monotonic() < end:
        time.sleep(0.02)


def behind(problem: BaseException) -> str:
    """What an exception and those it came from carry, with the variables of each frame that is none of a test's."""
    told: list[str] = []
    seen: list[BaseException] = []
    ahead: list[BaseException | None] = [problem]
    while ahead:
        one = ahead.pop()
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        ahead += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
        frames = [frame for frame, _ in traceback.walk_tb(one.__traceback__)]
        ours = [frame for frame in frames if not frame.f_code.co_filename.startswith(str(ROOT / "tests"))]
        told += [repr(one), *(f"{frame.f_code.co_qualname} {frame.f_locals}" for frame in ours)]
    return "\n".join(told)


def new_secret() -> str:
    """Random, with quotes, backslashes and letters beyond ASCII, so that each form differs."""
    return f"{secrets.token_urlsafe(12)}\"'\\é{secrets.token_urlsafe(6)}"


def echoing(peer: Peer) -> None:
    """Says all that it heard, in every way."""
    polite(answer=lambda _: _echo(peer), mechanisms="LOGIN PLAIN CRAM-MD5")(peer)


def _echo(peer: Peer) -> str:
    line = peer.heard.lines[-1].split(" ")[-1]
    decoded = base64.b64decode(line).decode(errors="replace")
    secret = decoded.split("\0")[-1]
    said = [
        line,
        f"AUTH PLAIN {line}",
        decoded,
        secret,
        secret[:8],
        secret[8:],
        quote(secret),
        json.dumps(secret),
    ]
    return "\n".join([*(f"535-5.7.8 {one.replace(chr(0), ' ')}" for one in said), "535 5.7.8 no"])


def echoing_with_login(peer: Peer) -> None:
    polite(answer=lambda _: _echo(peer), mechanisms="LOGIN")(peer)


def echoing_garbage(peer: Peer) -> None:
    """Repeats the AUTH command as a line that is no answer, which aiosmtplib puts into an exception."""

    def answer(_: str) -> str:
        return peer.heard.lines[-1]

    polite(answer=answer, mechanisms="PLAIN")(peer)


def hanging_up(peer: Peer) -> None:
    def answer(_: str) -> str:
        peer.hang_up()
        return ""

    polite(answer=answer)(peer)


SCRIPTS = {
    "accepts": polite(),
    "refuses": polite(answer="535 5.7.8 no"),
    "echoes": echoing,
    "echoes what LOGIN sent": echoing_with_login,
    "echoes garbage": echoing_garbage,
    "hangs up": hanging_up,
    "CRAM-MD5": polite(answer="535 5.7.8 no", mechanisms="CRAM-MD5"),
    "no TLS": polite(starttls=False, auth_before_tls=True),
}


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue(*NAMES)


async def tried(port: int, authority: Authority, secret: str, **options: object) -> Login:
    return await log_in(
        Server("mail.example.test", port, Security.STARTTLS),
        Credentials(USER, secret),
        resolver=ZONE,
        ehlo_name="probe.sendwell.example",
        guard=LOOPBACK,
        context=tls.context_with(authority.file),
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_nothing_that_is_kept_or_logged_holds_it(
    script: Script,
    authority: Authority,
    pair: Pair,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    secret = new_secret()
    with serving(script, pair) as server:
        found = await tried(server.port, authority, secret)
    out, err = capfd.readouterr()
    assert_nowhere(secret, repr(found), out, err, caplog.text, *(line.text for line in found.dialogue))
    assert secret.encode() not in pickle.dumps(found)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("code", ["", "5.7.8 "])
async def test_an_echo_in_pieces_over_many_lines_is_hidden_in_the_dialogue(
    size: int, code: str, authority: Authority, pair: Pair
) -> None:
    secret = secrets.token_urlsafe(16)
    pieces = [secret[at : at + size] for at in range(0, len(secret), size)]
    answer = "\n".join([*(f"535-{code}{piece}" for piece in pieces), f"535 {code}no"])
    with serving(polite(answer=answer), pair) as server:
        found = await tried(server.port, authority, secret)
    said = [line.text.removeprefix(f"535 {code}") for line in found.dialogue if line.text.startswith("535 ")]
    assert said == [*([HIDDEN] * len(pieces)), "no"]
    assert found.text == f"{code}{HIDDEN} no"


async def test_the_digest_of_cram_md5_is_hidden_since_passwords_can_be_tried_against_it(
    authority: Authority, pair: Pair
) -> None:
    digests: list[str] = []

    def echo(_: str) -> str:
        digests.append(base64.b64decode(heard[-1].heard.lines[-1]).decode().split(" ")[-1])
        return f"535 5.7.8 no such digest: <{digests[-1].upper()}>"

    heard: list[Peer] = []

    def script(peer: Peer) -> None:
        heard.append(peer)
        polite(answer=echo, mechanisms="CRAM-MD5")(peer)

    with serving(script, pair) as server:
        found = await tried(server.port, authority, new_secret())
    assert len(digests[0]) == 32
    assert digests[0] not in repr(found).lower()


async def test_the_echo_really_came(authority: Authority, pair: Pair) -> None:
    with serving(echoing, pair) as server:
        found = await tried(server.port, authority, new_secret())
    assert "[hidden]" in found.text
    assert found.cause == "SMTP_WRONG_PASSWORD"


async def test_no_exception_of_ours_has_it_in_its_chain(authority: Authority, pair: Pair) -> None:
    """What a counter raises comes out, and a time that runs out, or a task that is cancelled, too."""
    secret = new_secret()

    async def broken(_: Mechanism, __: str) -> None:
        raise RuntimeError("the counter is broken")

    def silent(peer: Peer) -> None:
        polite(answer=lambda _: (peer.wait(), "")[1])(peer)

    with serving(silent, pair) as server:
        with pytest.raises(RuntimeError) as raised:
            await tried(server.port, authority, secret, before_auth=broken)
        task = asyncio.create_task(tried(server.port, authority, secret))
        await asyncio.to_thread(some_auth, server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        ended = await tried(server.port, authority, secret, limits=Limits(whole=1.5, step=1.0))
    for problem in (raised.value, cancelled.value):
        assert_nowhere(
            secret, "".join(traceback.format_exception(problem)), repr(problem.args), behind(problem)
        )
    assert ended.cause == "SMTP_ANSWER_LOST"
    assert_nowhere(secret, repr(ended))


@pytest.mark.parametrize("problem", [RuntimeError, TimeoutError, OSError])
async def test_a_counter_that_fails_keeps_the_auth_from_leaving(
    problem: type[Exception], authority: Authority, pair: Pair
) -> None:
    async def broken(_: Mechanism, __: str) -> None:
        raise problem("the counter is broken")

    with serving(polite(), pair) as server, pytest.raises(problem, match="the counter is broken"):
        await tried(server.port, authority, "secret", before_auth=broken)
    assert server.auths == []


async def test_every_auth_is_counted_before_it_leaves(authority: Authority, pair: Pair) -> None:
    counted: list[tuple[Mechanism, str]] = []
    left: list[int] = []
    script = polite(mechanisms="PLAIN LOGIN", answer="504 5.5.4 Unrecognized authentication type")
    with serving(script, pair) as server:

        async def count(mechanism: Mechanism, address: str) -> None:
            left.append(len(server.auths))
            counted.append((mechanism, address))

        found = await tried(server.port, authority, "a secret", before_auth=count)
    assert counted == [(Mechanism.PLAIN, server.host), (Mechanism.LOGIN, server.host)]
    assert (left, found.attempts) == ([0, 1], 2)


async def test_no_object_holds_it_once_the_login_is_over(authority: Authority, pair: Pair) -> None:
    secret = secrets.token_urlsafe(16)
    with serving(polite(answer="535 5.7.8 no"), pair) as server:
        kept = await tried(server.port, authority, secret)
        server.heard.clear()
    gc.collect()
    blob = base64.b64encode(f"\0{USER}\0{secret}".encode())
    holders = [
        type(one).__name__
        for one in gc.get_objects()
        if isinstance(one, dict | list | tuple) and type(one).__module__ == "builtins"
        for value in (one.values() if isinstance(one, dict) else one)
        if isinstance(value, bytes | bytearray) and blob in value
    ]
    assert holders == []
    assert kept.attempts == 1


# The command


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    records, _ = parse("".join(f"{name} A 127.0.0.1\n" for name in NAMES))
    with serving_dns(DnsServer(records)) as dns:
        yield {"SENDWELL_NAMESERVERS": dns.address}


@pytest.mark.parametrize(
    ("says", "as_json"), [*((says, True) for says in SCRIPTS), ("accepts", False), ("echoes", False)]
)
def test_the_command_prints_it_nowhere(
    says: str, as_json: bool, authority: Authority, pair: Pair, environment: dict[str, str]
) -> None:
    secret = new_secret()
    with serving(SCRIPTS[says], pair) as server:
        options = [
            *("--host", "mail.example.test", "--port", str(server.port), "--security", "starttls"),
            *("--username", USER, "--ca-file", str(authority.file), "--allow", "127.0.0.0/8"),
            *(["--json"] if as_json else []),
        ]
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "checks", "login", *options],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")} | environment,
            input=secret.encode() + b"\n",
            capture_output=True,
            timeout=60,
            check=False,
        )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode in (0, 1, 3), err
    assert_nowhere(secret, out, err, json.dumps(out))
    if as_json:
        assert json.loads(out)["attempts"] == len(server.auths)
