"""The house's own rules: who may import whom, and how far a test may reach."""

import ast
import asyncio
import importlib.metadata
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network_guard import Guard, NetworkRefused

PROJECT = Path(__file__).parent.parent
ROOMS = ("checks", "data", "dashboard")

SCREENS = {"streamlit", "plotly", "altair", "starlette", "uvicorn"}
FORBIDDEN = {
    "checks": {"data", "dashboard", "sqlalchemy", "alembic", "pandas", "psycopg", "pyarrow"} | SCREENS,
    "data": {"dashboard"} | SCREENS,
    "dashboard": set[str](),
    "settings": {*ROOMS},
}
ENTRY_POINTS = {"dashboard/app.py"}
"""Beside every `__main__.py`."""


def imports(source: str, package: str) -> set[str]:
    """The modules that a file of `package` imports, wherever in it; relative ones by their full name."""
    found = set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            found.add(".".join([*above, *([node.module] if node.module else [])]))
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            found.add(name)
    return found


def _imported_by_call(call: ast.Call) -> str | None:
    """`import_module("…")` and `__import__("…")`."""
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if named not in ("import_module", "__import__") or not call.args:
        return None
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def sources() -> Iterator[tuple[str, str, set[str]]]:
    """Each file's path, its room, and what it imports."""
    yield "settings.py", "settings", imports((PROJECT / "settings.py").read_text(encoding="utf-8"), "")
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            inside = path.relative_to(PROJECT)
            package = ".".join(inside.parent.parts)
            yield inside.as_posix(), room, imports(path.read_text(encoding="utf-8"), package)


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        ("import data.engine as e", "checks", {"data.engine"}),
        ("from data import engine", "checks", {"data"}),
        ("def f():\n    import streamlit.testing", "checks.spf", {"streamlit.testing"}),
        ("from . import record", "checks.spf", {"checks.spf"}),
        ("from ..lookup import Answer", "checks.spf", {"checks.lookup"}),
        ("from ...data import engine", "checks.spf", {"data"}),
        ("import importlib\nimportlib.import_module('pandas')", "checks", {"importlib", "pandas"}),
        ("if TYPE_CHECKING:\n    from dashboard import app", "data", {"dashboard"}),
    ],
)
def test_an_import_is_seen_wherever_it_hides(source: str, package: str, found: set[str]) -> None:
    assert imports(source, package) == found


def test_imports_run_from_dashboard_to_data_to_checks() -> None:
    wrong = {path: sorted(tops(found) & FORBIDDEN[room]) for path, room, found in sources()}
    assert {path: modules for path, modules in wrong.items() if modules} == {}


def test_nobody_but_an_entry_point_reads_settings() -> None:
    readers = {path for path, _, found in sources() if "settings" in tops(found)}
    entries = {path for path in readers if path.endswith("__main__.py") or path in ENTRY_POINTS}
    assert readers - entries == set()


def test_settings_need_the_standard_library_alone() -> None:
    (found,) = (found for path, _, found in sources() if path == "settings.py")
    third_party = {"dns", "idna", "sqlalchemy", "cryptography", "pydantic"}
    assert tops(found) & (third_party | {*ROOMS}) == set()


NOT_IMPORTED = {"psycopg", "plotly"}
"""SQLAlchemy imports the driver of a database by itself; plotly is there for the charts to come."""


def required(file: str) -> set[str]:
    """The packages that are asked for in a `.in` file."""
    lines = (PROJECT / file).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=\[]", line)[0] for line in lines if line[:1].isalpha()}


def test_the_packages_that_are_imported_are_those_that_are_required() -> None:
    packages = importlib.metadata.packages_distributions()
    modules = tops({module for _, _, found in sources() for module in found}) - {*ROOMS, "settings"}
    imported = {name.lower().replace("_", "-") for module in modules for name in packages.get(module, [])}
    assert imported | NOT_IMPORTED == required("requirements.in")


def test_no_test_and_no_room_shadows_another_package() -> None:
    """A `dashboard/dns.py` would be found before dnspython when a script runs from that folder."""
    shadowing = {"dns.py", "checks.py", "data.py", "dashboard.py", "settings.py", "email.py", "platform.py"}
    names = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "dashboard").rglob("*.py")}
    assert {name for name in names if Path(name).name in shadowing} == set()


CAN_DECRYPT = {"cryptography", "data.secrets", "data.key_file", "data.fingerprints"}


def loaded(modules: set[str]) -> set[str]:
    """All that a new process has loaded when it has imported these."""
    code = f"import sys\nfor name in {sorted(modules)}: __import__(name)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def used_by(room: str) -> set[str]:
    """The modules of other rooms that its files import, `from data import companies` too."""
    names = set[str]()
    for path in (PROJECT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = (path for other in ROOMS if other != room for path in (PROJECT / other).rglob("*.py"))
    return names & {".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in paths}


def test_nothing_that_the_dashboard_loads_can_decrypt() -> None:
    """What its files import, and what those import in turn."""
    used = used_by("dashboard")
    assert {"data.companies", "data.verdicts"} <= used
    assert loaded(used) & CAN_DECRYPT == set()


def test_nothing_that_a_process_of_a_scan_loads_can_decrypt() -> None:
    assert loaded({"data.worker.member"}) & CAN_DECRYPT == set()
    assert loaded({"data.importers.run", "data.fingerprints"}) >= CAN_DECRYPT  # where it does, it is seen


# How far a test may reach


def _connect(host: str) -> None:
    with socket.socket() as sock:
        sock.settimeout(1)
        sock.connect((host, 9))


def _connect_ex(host: str) -> None:
    with socket.socket() as sock:
        sock.settimeout(1)
        sock.connect_ex((host, 9))


def _send(host: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", (host, 9))


def _send_message(host: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendmsg([b"x"], [], 0, (host, 9))


def _asyncio_stream(host: str) -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(host, 9), 1))


def _asyncio_datagram(host: str) -> None:
    async def ask() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, 9))
        transport.close()

    asyncio.run(ask())


def _look_up(host: str) -> None:
    socket.getaddrinfo(host, 25)


def _look_up_by_name(host: str) -> None:
    socket.gethostbyname(host)


WAYS = [_connect, _connect_ex, _send, _send_message, _asyncio_stream, _asyncio_datagram]
LOOK_UPS = [_look_up, _look_up_by_name]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"])
def test_a_unit_test_reaches_nothing(way, host: str, network_guard: Guard) -> None:
    with pytest.raises(NetworkRefused, match=f"{host}.*a unit test reaches no network"):
        way(host)
    assert network_guard.take_refused() != []


@pytest.mark.parametrize("way", LOOK_UPS)
@pytest.mark.parametrize("host", ["localhost", "www.example.com"])
def test_a_unit_test_asks_for_no_name(way, host: str, network_guard: Guard) -> None:
    with pytest.raises(NetworkRefused, match=host):
        way(host)
    assert network_guard.take_refused() != []


def test_an_address_is_no_name_to_ask_for() -> None:
    assert socket.getaddrinfo("192.0.2.1", 25) != []


@pytest.mark.integration
@pytest.mark.parametrize("way", WAYS)
def test_an_integration_test_goes_no_further_than_loopback(way, network_guard: Guard) -> None:
    with pytest.raises(NetworkRefused, match=r"192\.0\.2\.1.*loopback alone"):
        way("192.0.2.1")
    assert network_guard.take_refused() != []


@pytest.mark.integration
@pytest.mark.parametrize("way", LOOK_UPS)
def test_an_integration_test_asks_for_no_name_but_localhost(way, network_guard: Guard) -> None:
    with pytest.raises(NetworkRefused, match=r"www\.example\.com"):
        way("www.example.com")
    assert network_guard.take_refused() != []
    way("localhost")


@pytest.mark.integration
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_an_integration_test_reaches_loopback(family: socket.AddressFamily, host: str) -> None:
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        assert family is socket.AF_INET6, "every machine has IPv4 loopback"
        return
    with server, socket.create_connection(server.getsockname()[:2], timeout=5) as client:
        client.sendall(b"hello")


@pytest.mark.integration
def test_an_integration_test_reaches_unix_sockets(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
