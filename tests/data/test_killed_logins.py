"""Real processes that make logins: what they print, and that killing them in the middle of an AUTH forgets none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from checks.smtp.etiquette import CONFIRM_AFTER
from data.demo.certificates import Authority, Pair
from data.engine import open_engine
from data.schema import ScanRow
from data.secrets import Secrets
from tests.support import login_scans
from tests.support.dns_server import DnsServer
from tests.support.dns_server import serving as serving_dns
from tests.support.login_scans import ZONE, AtOnce, later, letting_in, verdict
from tests.support.logins import attempts
from tests.support.smtp_scripts import until, waiting
from tests.support.smtp_server import Peer, Script, ScriptedServer, polite, serving
from tests.support.zone import parse

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).resolve().parents[2]
ENOUGH = 60  # seconds
KEY = Fernet.generate_key().decode()
RECORDS = ZONE + "c1.example MX 10 mx.example\nmx.example A 192.0.2.25\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    yield engine
    engine.dispose()


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(engine: Engine, authority: Authority) -> Iterator[Start]:
    """`python -m data …` with a name server, an authority and a key of our own."""
    records, failures = parse(RECORDS)
    assert not failures
    with serving_dns(DnsServer(records)) as dns:  # type: ignore[arg-type]
        settings = {
            "SENDWELL_DATABASE": str(engine.url),
            "SENDWELL_NAMESERVERS": dns.address,
            "SENDWELL_INCLUDE": "spf.ours.example",
            "SENDWELL_SENDING_ADDRESSES": "192.0.2.1",
            "SENDWELL_SECRET_KEYS": KEY,
            "SENDWELL_SMTP_ALLOW": "127.0.0.0/8",
            "SENDWELL_SMTP_CA_FILE": str(authority.file),
        }
        env = {k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")} | settings

        def start(*arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "data", *arguments]
            pipe = subprocess.PIPE
            return subprocess.Popen(command, cwd=PROJECT, env=env, stdout=pipe, stderr=pipe, text=True)

        yield start


def enter(engine: Engine, port: int, password: str, id: str = "c1") -> None:
    """The mailbox is the company's own, the domain that of c1."""
    login_scans.enter(engine, id, port, password, Secrets([KEY]), email="info@c1.example")


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=ENOUGH)
    return process.returncode, out, err


def counted(engine: Engine) -> int:
    return sum(one.auths for one in attempts(engine))


def killed_in_its_auth(start: Start, server: ScriptedServer) -> None:
    process = start("scan", "--only", "c1")
    wait_for_auth(process, server, len(server.auths) + 1)
    process.kill()
    ended(process)


def wait_for_auth(process: subprocess.Popen[str], server: ScriptedServer, number: int) -> None:
    deadline = time.monotonic() + ENOUGH
    while len(server.auths) < number and process.poll() is None:
        assert time.monotonic() < deadline, "no AUTH came"
        time.sleep(0.01)


def test_killed_twenty_times_in_an_auth_none_is_forgotten(engine: Engine, start: Start, pair: Pair) -> None:
    """The server never answers. Between two kills so much time passes that the policy allows another try."""
    with serving(until("AUTH", waiting), pair) as server:
        enter(engine, server.port, "secret")
        for kill in range(1, 21):
            killed_in_its_auth(start, server)
            assert len(server.auths) == counted(engine) == kill
            if kill % 5 == 0:  # and sooner than that it allows none
                later(engine, 600)
                assert ended(start("scan", "--only", "c1"))[0] == 0
                assert len(server.auths) == kill
            later(engine, 86400)


def test_a_refusal_and_a_confirming_try_that_was_killed_are_all_that_an_account_gets(
    engine: Engine, start: Start, pair: Pair
) -> None:
    said: list[str] = []

    def script(peer: Peer) -> None:
        """Refuses the first one, and leaves the others without an answer."""
        refuse: Script = letting_in()
        chosen: Script = until("AUTH", waiting) if said else refuse
        said.append("")
        chosen(peer)

    with serving(script, pair) as server:
        enter(engine, server.port, "wrong")
        assert ended(start("scan", "--only", "c1"))[0] == 0
        later(engine, 86400)
        killed_in_its_auth(start, server)
        for _ in range(5):
            later(engine, 86400)
            assert ended(start("scan", "--only", "c1"))[0] == 0
        assert len(server.auths) == counted(engine) == 2
    assert (verdict(engine, "c1").smtp, verdict(engine, "c1").cause) == ("paused", "SMTP_WRONG_PASSWORD")


@pytest.mark.parametrize("command", [("scan", "--only", "c1"), ("logins",)], ids=["scan", "logins"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_is_stopped_in_an_auth_ends_at_once_and_keeps_it_counted(
    engine: Engine, start: Start, pair: Pair, command: tuple[str, ...], number: signal.Signals, status: int
) -> None:
    """Waited for to its end, it would have come to a result: that no answer came."""
    with serving(until("AUTH", waiting), pair) as server:
        enter(engine, server.port, "secret")
        process = start(*command)
        wait_for_auth(process, server, 1)
        process.send_signal(number)
        stopped, _, err = ended(process)
    assert stopped == status
    assert err.startswith("stopped: ")
    assert err.count("\n") == 1
    (left,) = attempts(engine)
    assert (left.auths, left.result, left.ended_at is None) == (1, "", False)


def test_two_scans_at_once_keep_the_caps_together(engine: Engine, start: Start, pair: Pair) -> None:
    """Each company is tried once, and at a server of nobody known one AUTH is answered before the next one comes."""
    in_auth = AtOnce(0.05)
    with serving(polite(answer=in_auth.answer), pair) as server:
        for n in range(12):
            enter(engine, server.port, f"secret {n}", id=f"c{n}")
        scans = [start("scan", "--json") for _ in range(2)]
        told = [json.loads(out)["logins"] for _, out, _ in map(ended, scans)]
    assert (len(server.auths), counted(engine), in_auth.most) == (12, 12, 1)
    assert sum(one["let_in"] for one in told) == 12


def test_between_two_scans_logins_makes_those_that_are_due_and_looks_at_no_domain(
    engine: Engine, start: Start, pair: Pair
) -> None:
    """A refusal is confirmed half an hour later; the domain's verdict keeps its time, its login is judged anew."""
    with serving(letting_in("right"), pair) as server:
        enter(engine, server.port, "wrong")
        assert ended(start("scan"))[0] == 0
        before = verdict(engine, "c1")
        assert ended(start("logins")) == (0, "no login is due\n", "")
        later(engine, CONFIRM_AFTER)
        assert ended(start("logins")) == (0, "1 login tried, 0 let in\n", "")
        later(engine, 86400)
        status, out, err = ended(start("logins", "--json"))
    assert (status, json.loads(out), err) == (0, {"due": 0, "tried": 0, "let_in": 0, "put_off": 0}, "")
    assert len(server.auths) == 2
    after = verdict(engine, "c1")
    assert (before.smtp, after.smtp, after.checked_at) == ("failing", "paused", before.checked_at)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(ScanRow)) == 1


def test_check_prints_one_json_object_and_refuses_beyond_its_budget(
    engine: Engine, start: Start, pair: Pair
) -> None:
    with serving(letting_in("right"), pair) as server:
        enter(engine, server.port, "right")
        said: list[Any] = []
        for _ in range(4):
            status, out, err = ended(start("check", "c1", "--json"))
            said.append((status, json.loads(out), err))
    assert len(server.auths) == 3
    assert [status for status, _, _ in said] == [0, 0, 0, 1]
    _, first, nothing = said[0]
    assert nothing == ""
    assert (first["verdict"], first["smtp"], first["tried"], first["refused"]) == ("ok", "ok", True, "")
    assert (first["login"]["state"], first["login"]["check_now_left"]) == ("ok", 2)
    _, last, err = said[3]
    assert (last["tried"], last["smtp"], last["login"]["check_now_left"]) == (False, "ok", 0)
    assert last["refused"].startswith("The login was not tried: it was checked as often as may be; it may be")
    assert err == last["refused"] + "\n"
    assert last["refused_until"] > first["login"]["tried_at"]


def test_check_tells_people_what_to_do(engine: Engine, start: Start, pair: Pair) -> None:
    password = token_hex(8)
    with serving(letting_in(), pair) as server:
        enter(engine, server.port, password)
        status, out, err = ended(start("check", "c1"))
    assert (status, err) == (1, "")
    assert password not in out
    assert "✗ FAILURE  c1.example" in out
    assert "does not accept the user name or the password" in out
    assert "✗ login failing since" in out
    status, out, err = ended(start("check", "nobody"))
    assert (status, out, err) == (2, "", "no company has the id nobody: nothing was checked\n")
