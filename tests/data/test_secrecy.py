"""One password, followed from the file it came in to the server it is for: it is nowhere else, in no form.

Real commands, as talkative as they can be: DEBUG logs, asyncio's debug mode, errors with the variables of each frame,
and a dump of what each thread does when one is killed.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from cryptography.fernet import Fernet
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from dashboard.actions import check_now
from data import login_attempts
from data.demo.certificates import Authority, Pair
from data.engine import DatabaseUnavailable
from tests.checks.smtp.test_secrets import assert_nowhere, behind, echoing, new_secret
from tests.support.dns_server import DnsServer
from tests.support.dns_server import serving as serving_dns
from tests.support.login_scans import HOST, ZONE, enter, scanned
from tests.support.smtp_scripts import until, waiting
from tests.support.smtp_server import ScriptedServer, polite, serving
from tests.support.zone import parse

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).resolve().parents[2]
APP = PROJECT / "dashboard" / "app.py"
ENOUGH = 60  # seconds
USER = "jan@example.test"  # as `assert_nowhere` expects
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))

TALKATIVE = """
import logging, sys, traceback
logging.basicConfig(level=logging.DEBUG)
def tell(kind, error, trace):
    sys.stderr.write("".join(traceback.TracebackException(kind, error, trace, capture_locals=True).format()))
sys.excepthook = tell
"""
"""Loaded by each process before anything else (site's `sitecustomize`)."""


class World:
    """A project with its database, whose commands leave all that they say in `said`."""

    def __init__(self, directory: Path, nameserver: str, authority: Authority) -> None:
        self.directory = directory
        self.said: list[str] = []
        (directory / "site").mkdir()
        (directory / "site" / "sitecustomize.py").write_text(TALKATIVE)
        self.environment = {
            "SENDWELL_DATABASE": f"sqlite:///{directory}/test.db",
            "SENDWELL_NAMESERVERS": nameserver,
            "SENDWELL_INCLUDE": "spf.ours.example",
            "SENDWELL_SENDING_ADDRESSES": "192.0.2.1",
            "SENDWELL_SECRET_KEYS": OLD,
            "SENDWELL_SMTP_ALLOW": "127.0.0.0/8",
            "SENDWELL_SMTP_CA_FILE": str(authority.file),
            "SENDWELL_EHLO_NAME": "probe.sendwell.example",
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SENDWELL_")}
        return subprocess.Popen(
            [sys.executable, "-X", "dev", "-X", "faulthandler", "-m", "data", *arguments],
            cwd=PROJECT,
            env={**plain, **self.environment, "PYTHONPATH": str(self.directory / "site")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and standard output."""
        return self.ended(self.start(*arguments))

    def ended(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        out, err = (text.decode() for text in process.communicate(timeout=ENOUGH))
        self.said += [out, err]
        return process.returncode, out

    def take(self, rows: list[list[str]], *options: str) -> None:
        """Import them, and take the file away again."""
        path = self.directory / "given.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *rows])
        status, _ = self.run("import", str(path), *options)
        path.unlink()
        assert status == 0, self.said[-1]


HEADER = [
    *("company_id", "name", "email", "email_validated_at", "sending_method"),
    *("smtp_host", "smtp_port", "smtp_security", "smtp_username", "smtp_password"),
]


def row(id: str, port: int, password: str) -> list[str]:
    return [
        *(id, f"Company {id}", "info@c1.example", "2026-01-01T00:00:00Z", "own_server"),
        *(HOST, str(port), "starttls", USER if id == "bad" else f"{id}@example.test", password),
    ]


@pytest.fixture
def world(tmp_path: Path, authority: Authority) -> Iterator[World]:
    records, failures = parse(ZONE + "c1.example MX 10 mx.example\nmx.example A 192.0.2.25\n")
    assert not failures
    with serving_dns(DnsServer(records)) as dns:  # type: ignore[arg-type]
        yield World(tmp_path, dns.address, authority)


def some_auth(server: ScriptedServer, process: subprocess.Popen[bytes]) -> None:
    """Waits until one has come."""
    end = time.monotonic() + ENOUGH
    while not server.auths and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def page(company_id: str, *, looks: bool = False) -> str:
    """All that a company's page is made of, and what its session keeps; after "check now" if it looks."""
    at = AppTest.from_file(str(APP), default_timeout=30).run()
    at.switch_page("views/companies.py")
    at.query_params["company"] = company_id
    at.run()
    assert not at.exception
    assert f"Company {company_id}" in at.title[0].value
    if looks:
        at.button(key="check_now").click().run()
        look = check_now.under_way(company_id)
        assert look is None or not look.result(ENOUGH).error
        at.run()
    return f"{at._tree!r} {at.session_state!r} {at.query_params!r}"


def contents(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's name and octets, unpacked where they are packed."""
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        yield path.name, path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())
        if path.suffix == ".parquet":
            yield f"{path.name} read", repr(pyarrow.parquet.read_table(path).to_pylist()).encode()


def test_it_is_nowhere(
    world: World,
    tmp_path: Path,
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad, killed = new_secret(), new_secret(), new_secret()
    with (
        serving(polite(), pair) as accepts,
        serving(echoing, pair) as echoes,
        serving(until("AUTH", waiting), pair) as hangs,
    ):
        rows = [row("good", accepts.port, good), row("bad", echoes.port, bad)]
        world.take(rows, "--dry-run")
        world.take(rows)
        with closing(sqlite3.connect(tmp_path / "test.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM companies").fetchall()  # so that nothing leaves SQLite's log
            world.run("scan", "--json")
            for format in ("csv", "xlsx", "parquet"):
                assert world.run("export", str(tmp_path / f"export.{format}"))[0] == 0
            world.environment["SENDWELL_SECRET_KEYS"] = f"{NEW},{OLD}"
            assert json.loads(world.run("rotate-keys", "--json")[1])["reencrypted"] == 2
            asked = json.loads(world.run("check", "bad", "--json")[1])
            world.run("check", "good")
            for name, value in world.environment.items():
                monkeypatch.setenv(name, value)
            pages = [page("good", looks=True)]
            world.take([row("killed", hangs.port, killed)], "--part", "--json")
            process = world.start("check", "killed")
            some_auth(hangs, process)
            process.send_signal(signal.SIGABRT)
            assert world.ended(process)[0] == -signal.SIGABRT
            pages += [page("bad"), page("killed")]
            files = dict(contents(tmp_path))

    # What was looked at is what it should be.
    assert (len(accepts.auths), len(echoes.auths), len(hangs.auths)) == (3, 2, 1)
    assert asked["login"]["cause"] == "SMTP_WRONG_PASSWORD"
    assert "[hidden]" in asked["login"]["text"]
    assert "Fatal Python error: Aborted" in "".join(world.said)
    assert "DEBUG:asyncio" in "".join(world.said)
    assert {"test.db", "test.db-wal", "export.csv", "export.xlsx/xl/worksheets/sheet1.xml"} <= files.keys()
    assert b"Company good" in files["export.csv"]
    assert b"Company good" in files["export.parquet read"]

    captured = capfd.readouterr()
    said = [*world.said, *pages, caplog.text, captured.out, captured.err]
    texts = [*said, *(octets.decode("utf-8", "replace") for octets in files.values())]
    for secret in (good, bad, killed):
        assert_nowhere(secret, *texts)
    for key in (OLD, NEW):
        assert not any(key in text for text in texts)


# Errors


@pytest.mark.parametrize("where", ["begin", "count_auth", "end"])
async def test_no_variable_behind_an_error_of_the_store_holds_it(
    where: str, engine: Any, setup: Any, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away before, in the middle of or after a login."""
    secret = new_secret()

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the database is gone"))

    with serving(polite(), pair) as server:
        enter(engine, "c1", server.port, secret)
        monkeypatch.setattr(login_attempts, where, fails)
        with pytest.raises(DatabaseUnavailable) as raised:
            await scanned(engine, setup)
    assert "OneLogin.make" in behind(raised.value)
    assert_nowhere(secret, behind(raised.value))
