"""Running the tests against mutants, each in a process of its own, for `tests.bench.mutate`.

The tests are collected once and run once without a mutant, and what each of them reaches is kept: a mutant then meets
only those that run the function that it is in, those that run its very line first, the quickest of them first.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType, ModuleType

import coverage
import pytest

from tests.bench.mutants import ROOT, Mutant, mutated

SECONDS = 90.0
"""A mutant that runs longer than this before its tests begin is caught: it does not end."""
SLOWER = 10
"""So is one with which a test takes so many times the processor's time that it took without it, and two seconds."""
OURS = ("checks", "data", "tests")
"""Packages whose caches are emptied, so that each test does its own work."""


def survivors_of(chosen: list[Mutant], tests: Sequence[str], jobs: int) -> list[Mutant]:
    inside = [m for m in chosen if m.in_function]
    outside = [m for m in chosen if not m.in_function]
    survivors: list[Mutant] = []
    survivors += _surviving(
        outside, lambda mutant: (functools.partial(_import_and_test, mutant, tests), SECONDS), jobs
    )
    if inside:
        server = _Server(inside, jobs, survivors)
        _pytest(tests, [server])
        if not server.ran:
            raise SystemExit(f"these tests do not pass without a mutant: {' '.join(tests)}")
    return survivors


# What each test reaches


@dataclass(frozen=True, slots=True)
class _Reach:
    """What one test ran: seconds, and the lines of each file."""

    seconds: float
    lines: dict[str, frozenset[int]]

    def function(self, mutant: Mutant) -> bool:
        return not self.lines.get(mutant.file, frozenset()).isdisjoint(mutant.function)

    def line(self, mutant: Mutant) -> bool:
        return mutant.line in self.lines.get(mutant.file, ())


class _Watch:
    """Which lines of some files run, test by test."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = {str(ROOT / file): file for file in files}
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=list(self.files))

    def reach(self, work: Callable[[], None]) -> _Reach:
        _forget()
        began = time.monotonic()
        self.coverage.start()
        work()
        self.coverage.stop()
        seconds = time.monotonic() - began
        data = self.coverage.get_data()
        lines = {file: frozenset(data.lines(path) or ()) for path, file in self.files.items()}
        self.coverage.erase()
        return _Reach(seconds, lines)


def _forget() -> None:
    """Empty every cache: what a test does not ask anew, it does not reach."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OURS:
            for value in list(vars(module).values()):
                for cached in (value, *_inner(value)):
                    if hasattr(cached, "cache_clear"):
                        cached.cache_clear()


def _inner(value: object) -> list[object]:
    """What a class holds, and what a decorated function leads to: its cache may be in there."""
    held = list(vars(value).values()) if isinstance(value, type) else []
    for cell in (value.__closure__ or ()) if isinstance(value, FunctionType) else ():
        with suppress(ValueError):  # still empty
            held.append(cell.cell_contents)
    return held


# Running them
class _Server:
    """In a pytest session whose tests are collected: a child for each mutant, with the change put in."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int, survivors: list[Mutant]) -> None:
        self.mutants = mutants
        self.jobs = jobs
        self.survivors = survivors
        self.reached: list[_Reach] = []

    @property
    def ran(self) -> bool:
        return bool(self.reached)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        began = time.monotonic()
        self.reached = _given(lambda: self._reaches(session))
        if self.reached:
            print(f"the tests alone: {time.monotonic() - began:.0f} s", flush=True)
            self.survivors += _surviving(self.mutants, lambda mutant: self._work(session, mutant), self.jobs)
        return True

    def _reaches(self, session: pytest.Session) -> list[_Reach]:
        """What each test reaches; nothing when one fails."""
        watch = _Watch(list(dict.fromkeys(m.file for m in self.mutants)))
        found = [watch.reach(run) for run in _runs(session.items)]
        return [] if session.testsfailed else found

    def _work(self, session: pytest.Session, mutant: Mutant) -> tuple[Callable[[], int], float]:
        """The tests that reach the mutant, and how long they may take."""
        reached = [
            (r, item) for r, item in zip(self.reached, session.items, strict=True) if r.function(mutant)
        ]
        reached.sort(key=lambda found: (not found[0].line(mutant), found[0].seconds))
        most = [2 + SLOWER * r.seconds for r, _ in reached]
        work = functools.partial(_test, session, [item for _, item in reached], most, mutant)
        return work, SECONDS + sum(most)


def _test(
    session: pytest.Session, items: Sequence[pytest.Item], most: Sequence[float], mutant: Mutant
) -> int:
    _put_in(mutant)
    for run, seconds in zip(_runs(items), most, strict=True):
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends this process
        run()
        if session.testsfailed:
            return 1
    return 0


def _runs(items: Sequence[pytest.Item]) -> Iterator[Callable[[], None]]:
    for item, following in zip(items, [*items[1:], None], strict=False):
        protocol = item.config.hook.pytest_runtest_protocol
        yield functools.partial(protocol, item=item, nextitem=following)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a changed tree."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = _module_name(mutant.file)
        self.path = str(ROOT / mutant.file)
        self.code = compile(mutated(mutant), self.path, "exec")

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=self.path)

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self.path
        exec(self.code, module.__dict__)  # noqa: S102  (this project's own code, changed)


def _put_in(mutant: Mutant) -> None:
    """Give the module's functions the code of the changed module's."""
    _forget()
    module = sys.modules[_module_name(mutant.file)]
    changed = dict(module.__dict__)
    exec(compile(mutated(mutant), str(ROOT / mutant.file), "exec"), changed)  # noqa: S102  (as above)
    for name, new in changed.items():
        old = module.__dict__.get(name)
        if isinstance(new, type) and isinstance(old, type) and old.__module__ == module.__name__:
            for inner, value in vars(new).items():
                _exchange(vars(old).get(inner), value)
        elif getattr(new, "__module__", None) == module.__name__:
            _exchange(old, new)


def _exchange(old: object, new: object) -> None:
    for wrapper in (
        "__wrapped__",
        "__func__",
        "fget",
        "func",
    ):  # caches, static methods, properties, kept ones
        if hasattr(old, wrapper) and hasattr(new, wrapper):
            if hasattr(old, "cache_clear"):
                old.cache_clear()
            old, new = getattr(old, wrapper), getattr(new, wrapper)
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        old.__code__ = new.__code__


def _import_and_test(mutant: Mutant, tests: Sequence[str]) -> int:
    sys.meta_path.insert(0, _Changed(mutant))
    return _pytest(tests, [])


def _surviving(
    mutants: Sequence[Mutant], test: Callable[[Mutant], tuple[Callable[[], int], float]], jobs: int
) -> list[Mutant]:
    began, done = time.monotonic(), 0
    waiting = list(reversed(mutants))
    running: dict[int, tuple[Mutant, float]] = {}
    survivors = []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            work, seconds = test(mutant)
            running[_begin(work)] = mutant, time.monotonic() + seconds
        time.sleep(0.02)
        for pid, (mutant, until) in list(running.items()):
            status = _ended(pid, until)
            if status is None:
                continue
            del running[pid]
            done += 1
            if status == 0:
                survivors.append(mutant)
                at = f"{done} of {len(mutants)}, {(time.monotonic() - began) / 60:.0f} min"
                print(f"  survived ({at})  {mutant.file}:{mutant.line}  {mutant.said}", flush=True)
    return survivors


def _ended(pid: int, until: float) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended and time.monotonic() > until:
        os.killpg(pid, signal.SIGKILL)
        ended, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) if ended else None


def _given(work: Callable[[], list[_Reach]]) -> list[_Reach]:
    """What the work gives in a child, so that nothing of it stays; nothing when it ends badly."""
    reading, writing = os.pipe()

    def told() -> int:
        os.close(reading)
        with os.fdopen(writing, "wb") as there:
            pickle.dump(work(), there)
        return 0

    child = _begin(told)
    os.close(writing)
    with os.fdopen(reading, "rb") as here:
        found = here.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return [] if ended else list(pickle.loads(found))  # noqa: S301  (our own child's)


def _begin(work: Callable[[], int]) -> int:
    """Do the work in a child that says nothing; its status is what the work gives."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        status = work()
    finally:
        os._exit(status)


def _pytest(tests: Sequence[str], plugins: list[object]) -> int:
    options = (
        "-x",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.bench.mutate_profile",
        "-m",
        "not integration",
    )
    return int(pytest.main([*options, *(str(ROOT / test) for test in tests)], plugins=plugins))


def _module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
