"""Each behaviour of a server ends in its result, cause and number of AUTH commands, and nothing secret leaks."""

from __future__ import annotations

import asyncio
import base64
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.credentials import Credentials
from checks.smtp.guard import Guard
from checks.smtp.login import log_in
from checks.smtp.replies import RULES
from checks.smtp.result import Login, Result, Security, Server, Who, result_of
from data.demo.certificates import Authority, Pair
from tests.checks.smtp.behaviours import ROWS, Behaviour
from tests.network_guard import Guard as NetworkGuard
from tests.support.smtp_scripts import refusing, until
from tests.support.smtp_server import Peer, Script, ScriptedServer, serving
from tests.support.zone import zone

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")]

NAMES = ("mail.example.test", "smtp.gmail.com", "smtp.office365.com", "smtp.mail.me.com")
ZONE = zone("".join(f"{name} A 127.0.0.1\n" for name in NAMES) + "dark.example.test * !SERVFAIL\n")
LOOPBACK = Guard(allow=(ip_network("127.0.0.0/8"),))
ONE_STEP = Limits().step
"""Seconds. What takes as long beside what is waited for on purpose has waited for something."""
CLOSED_PORT = 9  # discard: nothing listens there


@pytest.fixture(scope="session")
def certificates(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    stranger = Authority(tmp_path_factory.mktemp("stranger"), "A stranger")
    day = timedelta(days=1)
    return {
        "good": authority.issue(*NAMES),
        "expired": authority.issue(*NAMES, begins=-30 * day, ends=-day),
        "future": authority.issue(*NAMES, begins=day),
        "other_name": authority.issue("shared-hosting.example.test"),
        "self_signed": authority.self_signed(*NAMES),
        "stranger": stranger.issue(*NAMES),
        "stranger_with_chain": stranger.issue(*NAMES, with_chain=True),
    }


@contextmanager
def standing(row: Behaviour, certificates: dict[str, Pair]) -> Iterator[ScriptedServer]:
    if row.script is None:
        yield ScriptedServer("127.0.0.1", CLOSED_PORT)
        return
    with serving(row.script, certificates[row.certificate]) as server:
        yield server


async def tried(row: Behaviour, server: ScriptedServer, authority: Authority, secret: str) -> Login:
    return await log_in(
        Server(row.host, server.port, row.security),
        Credentials("jan@example.test", secret, row.kind),
        resolver=ZONE,
        ehlo_name="probe.sendwell.example",
        guard=LOOPBACK,
        context=tls.context_with(authority.file),
        limits=Limits(step=row.step),
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
async def test_a_server_ends_in_its_result(
    row: Behaviour, certificates: dict[str, Pair], authority: Authority
) -> None:
    secret = secrets.token_urlsafe(16)
    clock = asyncio.get_running_loop().time
    with standing(row, certificates) as server:
        began = clock()
        found = await tried(row, server, authority, secret)
        lasted = clock() - began
    assert row.seconds - 0.05 <= lasted < row.seconds + ONE_STEP
    assert (found.result, found.cause, found.attempts) == (row.result, row.cause, row.attempts), found
    assert len(server.auths) == row.attempts
    if row.code is not None:
        assert found.code == row.code
    if row.enhanced_code:
        assert found.enhanced_code == row.enhanced_code
    if row.text is not None:
        assert found.text == row.text
    if row.auths is not None:
        assert tuple(server.auths) == row.auths
    assert found.result is Result.OK or result_of(RULES[found.cause]) is found.result
    assert found.result is Result.OK or found.step
    assert len(found.text) <= 400
    assert found.text.isprintable()
    assert all(line.text.isprintable() for line in found.dialogue)
    for form in (
        secret,
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(f"\0jan@example.test\0{secret}".encode()).decode(),
    ):
        assert form not in repr(found)
    assert_never_in_clear(server, secret)


def assert_never_in_clear(server: ScriptedServer, secret: str) -> None:
    """Every octet that left before TLS, read: commands alone, and none of them AUTH."""
    for heard in server.heard:
        clear = bytes(heard.clear)
        assert b"AUTH" not in clear.upper()
        assert secret.encode() not in clear
        assert base64.b64encode(secret.encode()) not in clear
        if not clear.startswith(b"\x16"):  # no TLS record
            lines, _, _ = clear.partition(b"\r\n\x16\x03")  # then TLS records: any octets may stand in these
            commands = {line.split(b" ")[0] for line in lines.split(b"\r\n") if line}
            assert commands <= {b"EHLO", b"STARTTLS", b"QUIT"}


def test_there_are_many_of_them() -> None:
    assert len(ROWS) >= 60
    assert len({row.says for row in ROWS}) == len(ROWS)


async def test_the_dialogue_can_be_read_and_names_nothing_internal(
    certificates: dict[str, Pair], authority: Authority
) -> None:
    row = next(row for row in ROWS if row.says == "a wrong password")
    with standing(row, certificates) as server:
        found = await tried(row, server, authority, "correct horse")
    clients = [line.text for line in found.dialogue if line.who is Who.CLIENT]
    assert clients == [
        *("EHLO probe.sendwell.example", "STARTTLS", "EHLO probe.sendwell.example"),
        *("AUTH PLAIN [user name and secret]", "QUIT"),
    ]
    assert [heard for heard in server.heard[0].lines if heard.startswith("EHLO")] == [
        "EHLO probe.sendwell.example"
    ] * 2
    assert any(line.who is Who.NOTE and "certificate verified" in line.text for line in found.dialogue)
    assert found.tls.startswith("TLSv1.")
    assert found.address == "127.0.0.1"


async def test_an_answer_of_thousands_of_lines_is_not_kept(
    certificates: dict[str, Pair], authority: Authority
) -> None:
    row = Behaviour("many lines", refusing("535-x\n" * 4000 + "535 x"), "refused")
    with standing(row, certificates) as server:
        found = await tried(row, server, authority, "correct horse")
    assert (found.code, found.cause) == (535, "SMTP_WRONG_PASSWORD")
    assert len(found.dialogue) < 100


async def test_nothing_is_asked_of_the_systems_resolver(
    certificates: dict[str, Pair], authority: Authority, network_guard: NetworkGuard
) -> None:
    row = ROWS[0]
    with standing(row, certificates) as server:
        await tried(row, server, authority, "correct horse")
    assert network_guard.take_refused() == []


def nonsense(seed: int) -> Script:
    """A good server up to some command, and octets without sense from there on."""
    draw = random.Random(seed)
    verb = draw.choice(["", "EHLO", "STARTTLS", "AUTH", "QUIT"])
    starts = ["", "220 ", "235 ", "334 ", "535-5.7.8 ", "250-", "-1 ", "+23 ", "1_2 ", "5", "\r\n", "235"]

    def script(peer: Peer) -> None:
        for _ in range(20):
            start = draw.choice(starts).encode()
            peer.send(start + draw.randbytes(draw.randrange(60)) + draw.choice([b"\r\n", b"\n", b"\r", b""]))
        if draw.random() < 0.5:
            peer.reset()

    return until(verb, script, encrypted=verb in ("AUTH", "QUIT")) if verb else script


@pytest.mark.parametrize("seed", range(60))
async def test_no_octets_break_it(seed: int, certificates: dict[str, Pair], authority: Authority) -> None:
    row = Behaviour("nonsense", nonsense(seed), "", security=list(Security)[seed % 2], step=2.0)
    with standing(row, certificates) as server:
        found = await tried(row, server, authority, "correct horse")
    assert found.attempts == len(server.auths)
    assert found.attempts <= 3
    assert found.text.isprintable()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to count open files")
@pytest.mark.parametrize(
    "says",
    [
        "certificate: expired, implicit",
        "certificate: expired, starttls",
        "greeted with 554",
        "a tarpit",
        "a wrong password",
    ],
)
async def test_no_connection_stays_open(
    says: str, certificates: dict[str, Pair], authority: Authority
) -> None:
    row = next(row for row in ROWS if row.says == says)
    await asyncio.sleep(0)
    before = open_files()
    with standing(row, certificates) as server:
        logins = [asyncio.create_task(tried(row, server, authority, "correct horse")) for _ in range(20)]
        await logins[0]
        for login in logins[10:]:
            login.cancel()
        await asyncio.gather(*logins, return_exceptions=True)
    for _ in range(100):  # transports close their sockets when the loop next comes round
        if open_files() <= before:
            break
        await asyncio.sleep(0.02)
    assert open_files() <= before
