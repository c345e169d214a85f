"""`python -m dashboard`: where it listens, how it ends, and what every answer carries."""

import http.client
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.engine import open_engine
from tests.support import fleet, login_fleet
from tests.support.dashboard_server import COMMAND, PROJECT, Running, environment, free_port, running
from tests.support.streamlit_client import visiting

pytestmark = pytest.mark.integration


def run(*arguments: str, database: str, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    env = environment(database, port, **more)
    return subprocess.run(
        [*COMMAND, *arguments], cwd=PROJECT, env=env, text=True, capture_output=True, timeout=60
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/fleet.db"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path_factory.mktemp('served')}/fleet.db") as served:
        yield served


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_a_taken_port_is_one_line_with_the_mend(arguments: tuple[str, ...], taken: int, url: str) -> None:
    done = run(*arguments, database=url, port=taken)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == (
        f"port {taken} is taken: stop what listens there, or choose another: SENDWELL_PORT={taken + 1}"
    )


def test_check_says_nothing_of_a_free_port_and_opens_no_database(url: str, tmp_path: Path) -> None:
    done = run("--check", database=url, port=free_port())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    done = run(database=f"sqlite:///{broken}", port=free_port())
    assert (done.returncode, done.stdout) == (3, "")
    assert "is not an SQLite database" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_setting_is_one_line(url: str) -> None:
    done = run(database=url, port=free_port(), SENDWELL_ENVELOPE="nobody's")
    assert done.returncode == 2
    assert "SENDWELL_ENVELOPE" in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_prints_its_address_when_it_answers_and_ends_quietly(url: str) -> None:
    with running(url) as served:
        assert served.url == f"http://127.0.0.1:{served.port}"
        assert answer(served, "/_stcore/health")[0] == 200
        assert served.interrupt() == (0, "", "")


def test_it_listens_on_loopback_alone(dashboard: Running) -> None:
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    addresses = {line.split()[1] for line in listening if line.split()[1].endswith(f":{dashboard.port:04X}")}
    assert addresses == {f"0100007F:{dashboard.port:04X}"}


@pytest.mark.parametrize("path", ["/", "/companies?company=1", "/_stcore/health"])
def test_every_answer_forbids_what_is_not_ours(dashboard: Running, path: str) -> None:
    status, headers = answer(dashboard, path)
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "'unsafe-eval'" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1", None, 101),
        ("localhost", "http://localhost", 101),
        ("rebound.example", None, 403),
        ("127.0.0.1", "https://evil.example", 403),
    ],
)
def test_only_our_own_page_may_talk_to_it(
    dashboard: Running, host: str, origin: str | None, status: int
) -> None:
    with_port = f"{origin}:{dashboard.port}" if origin == "http://localhost" else origin
    headers = {
        "Host": f"{host}:{dashboard.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({"Origin": with_port} if with_port else {}),
    }
    assert answer(dashboard, "/_stcore/stream", headers)[0] == status


def answer(served: Running, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("page", "query", "most"),
    [
        ("", "", 40_000),
        ("companies", "", 40_000),
        ("companies", "company=8", 40_000),
        ("microsoft-365", "", 40_000),
    ],
)
def test_a_page_is_tens_of_kilobytes(tmp_path: Path, page: str, query: str, most: int) -> None:
    url = f"sqlite:///{tmp_path}/fleet.db"
    engine = open_engine(url)
    fleet.fill(engine, 2_000)
    at_risk = (login_fleet.Case(f"at risk {n}", login_fleet.MICROSOFT) for n in range(60))
    login_fleet.fill(engine, fleet.NOW, tuple(at_risk))
    engine.dispose()
    with running(url) as served, visiting(served) as visitor:
        run = visitor.run(page, query)
    assert run.succeeded
    assert 3_000 < run.octets < most
