"""Databases for the store's tests: an SQLite file, or a PostgreSQL cluster that lives as long as the run."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text

from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.guard import Guard
from data import __main__ as command
from data.demo.certificates import Authority, Pair
from data.engine import open_engine
from data.worker.one_login import LoginSetup
from tests.support import login_scans

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL, reached through a Unix socket in `directory`."""

    directory: Path
    user: str

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@/{database}?host={self.directory}"

    def new_database(self, options: str = "") -> str:
        """The URL of an empty one. `options` of CREATE DATABASE."""
        name = f"t{uuid4().hex}"
        engine = create_engine(
            self.url("postgres").replace("://", "+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} {options}"))
        engine.dispose()
        return self.url(name)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    programs = _programs()
    user = _unprivileged_user()
    directory = Path(
        tempfile.mkdtemp(prefix="sendwell-", dir="/tmp")
    )  # a socket's path is at most 107 octets
    shutil.chown(directory, user)
    store = directory / "store"

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", store, *arguments],
            check=True,
            cwd=directory,
            user=user if os.geteuid() == 0 else None,
            stdout=subprocess.DEVNULL,
        )

    options = f"-c listen_addresses='' -c unix_socket_directories={directory} -c fsync=off"
    try:
        call("initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        call("pg_ctl", "start", "-w", "-l", str(directory / "log"), "-o", options)
        try:
            yield Cluster(directory, user)
        finally:
            call("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(directory)


def _programs() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    pytest.skip("PostgreSQL is not installed (no initdb)")


def _unprivileged_user() -> str:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no user to run it as")


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes the URL of an empty database of this kind."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{uuid4().hex}.db"
        cluster: Cluster = request.getfixturevalue("cluster")
        return cluster.new_database()

    return make


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project directory without settings, for `data.__main__.main`."""
    for name in [name for name in os.environ if name.startswith("SENDWELL_")]:
        monkeypatch.delenv(name)
    directory = tmp_path / "project"
    directory.mkdir()
    monkeypatch.setattr(command, "PROJECT", directory)
    return directory


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> str:
    """An empty database: once SQLite, once PostgreSQL."""
    return new_url(request.param)


@pytest.fixture
def store(url: str) -> Iterator[Engine]:
    """An opened database: once SQLite, once PostgreSQL."""
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(store: Engine) -> Engine:
    """Once SQLite, once PostgreSQL."""
    return store


@pytest.fixture(scope="session")
def pair(authority: Authority) -> Pair:
    """A certificate for the servers that companies log in at."""
    return authority.issue(*login_scans.NAMES)


@pytest.fixture
def setup(authority: Authority) -> LoginSetup:
    """Logins at servers on loopback."""
    return LoginSetup(
        login_scans.SECRETS,
        "probe.sendwell.example",
        Guard(allow=(ip_network("127.0.0.0/8"),)),
        tls.context_with(authority.file),
        Limits(whole=8.0, step=4.0),
    )
