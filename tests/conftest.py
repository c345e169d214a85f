"""What holds for every test: how far it may reach, and that nothing is left out quietly."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from data.demo.certificates import Authority
from tests.network_guard import Guard, NetworkRefused, Reach

# The same examples each time where a change is judged; elsewhere new ones, so that more is found.
settings.register_profile("judged", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("judged" if os.environ.get("CI", "").lower() in ("1", "true") else "exploring")

_guard = Guard()
_guard.install()


@pytest.fixture
def network_guard() -> Guard:
    """The guard itself, for the tests about it."""
    return _guard


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who issues the certificates of servers on loopback."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Before the fixtures: those of a marked test talk to loopback too."""
    marked = any(item.get_closest_marker(name) for name in ("integration", "browser"))
    _guard.reach = Reach.LOOPBACK if marked else Reach.NOTHING
    _guard.take_refused()
    try:
        return (yield)
    finally:
        _guard.reach = Reach.NOTHING


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A refusal that the code under test swallowed fails the test all the same."""
    yield
    if refused := _guard.take_refused():
        raise NetworkRefused(f"{'; '.join(refused)}: refused, and the code under test kept quiet about it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """A server that many tests share may be told to stop when the last of them, of whatever kind, is over."""
    _guard.reach = Reach.LOOPBACK
    return (yield)


def _skips_fail() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true") or os.environ.get("SENDWELL_NO_SKIP") == "1"


def _skipped(config: pytest.Config) -> list[pytest.TestReport | pytest.CollectReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything that the tests need is installed (CI), a skipped test is a failure."""
    if _skips_fail() and _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was skipped where that fails the run."""
    skipped = _skipped(config)
    if not (_skips_fail() and skipped):
        return
    terminalreporter.section("skipped tests, which fail the run here", red=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"{report.nodeid}: {reason}")
