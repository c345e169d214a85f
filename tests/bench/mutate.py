"""Mutation testing without a dependency: one small change at a time, and do the tests of that room notice?

    make mutate                                     the core of SPF and DMARC, a random sample of 300 mutants
    make mutate MUTATE="--sample 0"                 all of them (hours)
    make mutate MUTATE="checks/spf/include.py --seed 2 --jobs 2"

The mutants are made in the syntax tree, and nothing is written anywhere: each runs in a process of its own. A change
inside a function is put into the imported module after the tests were collected, once for all; any other one is there
when the module is imported. Sentences for people (docstrings, the text of an exception) and annotations are left
alone. Prints the survivors; exit 1 when fewer than 90 % are caught.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPF = tuple(f"checks/spf/{name}.py" for name in ("evaluate", "record", "macro", "outcome", "trace"))
DMARC = tuple(
    f"checks/dmarc/{name}.py" for name in ("record", "discover", "older", "receivers", "reports", "ours")
)
ROOM = "tests/checks/spf"
TESTS = {
    **dict.fromkeys(
        SPF,
        tuple(
            f"{ROOM}/test_{name}.py"
            for name in (
                "corners",
                "parts",
                "openspf",
                "memo_and_trace",
                "hard_cases",
                "present_is_not_effective",
                "bombs",
                "hostile",
            )
        ),
    ),
    "checks/spf": (ROOM, "tests/checks/test_diagnosis.py"),
    "checks/dmarc": ("tests/checks/dmarc", "tests/checks/test_diagnosis.py"),
}
"""The tests that ought to notice, by the beginning of the file's name; the quickest first."""
SECONDS = 90.0
"""A mutant that runs longer than this is caught: it does not end."""
WANTED = 0.9

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in which file, at the how-manieth node of the walk, the how-manieth change of that node."""

    file: str
    node: int
    change: int
    line: int
    said: str
    in_function: bool


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=(*SPF, *DMARC))
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="N mutants at random; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--inside", action="store_true", help="changes inside functions alone: ten times as quick"
    )
    parser.add_argument("--tests", nargs="*", help="other tests than those of the same room")
    args = parser.parse_args(arguments)
    mutants = [mutant for file in args.files for mutant in mutants_of(file)]
    mutants = [mutant for mutant in mutants if mutant.in_function or not args.inside]
    chosen = mutants
    if 0 < args.sample < len(mutants):
        chosen = sorted(random.Random(args.seed).sample(mutants, args.sample), key=lambda m: (m.file, m.line))
    print(f"{len(chosen)} of {len(mutants)} mutants, seed {args.seed}", flush=True)
    survivors: list[Mutant] = []
    for tests in dict.fromkeys(_tests(m.file, args.tests) for m in chosen):
        survivors += _survivors([m for m in chosen if _tests(m.file, args.tests) == tests], tests, args.jobs)
    _report(chosen, survivors)
    return 0 if len(chosen) - len(survivors) >= WANTED * len(chosen) else 1


def _report(chosen: list[Mutant], survivors: list[Mutant]) -> None:
    for file in dict.fromkeys(m.file for m in chosen):
        of_file = [m for m in chosen if m.file == file]
        alive = [m for m in survivors if m.file == file]
        print(f"{file:28} {len(of_file) - len(alive):4} of {len(of_file):4} caught")
    caught = len(chosen) - len(survivors)
    print(f"{'together':28} {caught:4} of {len(chosen):4} caught, {100 * caught / len(chosen):.1f} %")


# Making mutants


@functools.cache
def _source(file: str) -> str:
    """Read once: a file that somebody edits meanwhile would have other nodes."""
    return (ROOT / file).read_text(encoding="utf-8")


def mutants_of(file: str) -> list[Mutant]:
    tree = ast.parse(_source(file))
    skipped = _skipped(tree)
    inside = _inside(tree)
    return [
        Mutant(file, at, number, getattr(node, "lineno", 0), said, id(node) in inside)
        for at, node in enumerate(ast.walk(tree))
        if id(node) not in skipped
        for number, (said, _) in enumerate(_changes(node))
    ]


def _inside(tree: ast.Module) -> set[int]:
    """What stands in a function, but not in one within it: that may have been made when the module was imported."""
    within: set[int] = set()
    nested: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            parts = {id(inner) for part in node.body for inner in ast.walk(part)}
            nested |= parts & within
            within |= parts
            nested |= {id(x) for f in ast.walk(node) if isinstance(f, ast.Lambda) for x in ast.walk(f)}
    return within - nested


def mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(_source(mutant.file))
    node = next(node for at, node in enumerate(ast.walk(tree)) if at == mutant.node)
    list(_changes(node))[mutant.change][1]()
    return ast.fix_missing_locations(tree)


def _skipped(tree: ast.Module) -> set[int]:
    """What says something to people or to the type checker alone."""
    return {id(inner) for node in ast.walk(tree) for root in _for_people(node) for inner in ast.walk(root)}


def _for_people(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            return [node]
        case ast.AnnAssign():
            return [node.annotation]
        case ast.arg(annotation=ast.expr() as annotation):
            return [annotation]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, *([node.returns] if node.returns else [])]
        case ast.ClassDef():
            return list(node.decorator_list)
        case ast.Raise(exc=ast.Call(args=args)):
            return list(args)
        case ast.Call(func=ast.Name(id="Rule")):
            return [k.value for k in node.keywords if k.arg in ("title", "meaning", "fix", "source")]
        case ast.If() if ast.unparse(node.test) == "TYPE_CHECKING":
            return [node]
        case ast.Assign() if ast.unparse(node.targets[0]) == "__all__":
            return [node]
        case ast.Assign(value=ast.BinOp(op=ast.BitOr()), col_offset=0):  # a union of types
            return [node]
    return []


Change = tuple[str, Callable[[], None]]


def _changes(node: ast.AST) -> Iterator[Change]:
    """Each change of this very node: what it is, and what makes it."""
    match node:
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                other = COMPARISONS[type(operator)]
                yield f"{ast.unparse(node)}: {other.__name__}", _setting_item(node.ops, i, other())
        case ast.BoolOp():
            swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"{ast.unparse(node)}: {type(swapped).__name__}", _setting(node, "op", swapped)
            for i in range(len(node.values)):
                rest = [v for j, v in enumerate(node.values) if j != i]
                said = f"{ast.unparse(node)}: without {ast.unparse(node.values[i])}"
                if len(rest) > 1:
                    yield said, _setting(node, "values", rest)
        case ast.BinOp() if type(node.op) in OPERATIONS:
            other_op = OPERATIONS[type(node.op)]
            yield f"{ast.unparse(node)}: {other_op.__name__}", _setting(node, "op", other_op())
        case ast.UnaryOp(op=ast.Not()):
            yield f"{ast.unparse(node)}: without not", _replacing(node, node.operand)
        case ast.Constant(value=bool() as value):
            yield f"{value}: {not value}", _setting(node, "value", not value)
        case ast.Constant(value=int() | float() as number):
            yield f"{number}: {number + 1}", _setting(node, "value", number + 1)
        case ast.Constant(value=str() as text):
            yield f"{text!r}: another text", _setting(node, "value", f"{text}XX" if text else "XX")
        case ast.If() | ast.While() | ast.IfExp():
            test = ast.unparse(node.test)
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield f"if {test}: negated", _setting(node, "test", negated)
            if not isinstance(node, ast.While):
                yield f"if {test}: always", _setting(node, "test", ast.Constant(True))
                yield f"if {test}: never", _setting(node, "test", ast.Constant(False))
        case ast.comprehension() if node.ifs:
            yield f"for … if {ast.unparse(node.ifs[0])}: all", _setting(node, "ifs", [])
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield f"{ast.unparse(node)}: None", _setting(node, "value", ast.Constant(None))
        case ast.Continue():
            yield "continue: break", _becoming(node, ast.Break)
        case ast.Break():
            yield "break: continue", _becoming(node, ast.Continue)
    for field in ("body", "orelse"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            for i, statement in enumerate(statements):
                if _can_go(statement):
                    yield f"without {ast.unparse(statement)[:70]}", _setting_item(statements, i, ast.Pass())


def _can_go(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.AugAssign | ast.Raise)


def _setting(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _setting_item(where: list, at: int, value: ast.AST) -> Callable[[], None]:  # type: ignore[type-arg]
    return lambda: where.__setitem__(at, value)


def _replacing(node: ast.UnaryOp, operand: ast.expr) -> Callable[[], None]:
    """A double negation stands for the operand's truth, so that no parent has to be known."""

    def change() -> None:
        node.operand = ast.UnaryOp(ast.Not(), copy.copy(operand))

    return change


def _becoming(node: ast.AST, other: type[ast.AST]) -> Callable[[], None]:
    return lambda: setattr(node, "__class__", other)


# Running the tests


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


class _Server:
    """In a pytest session whose tests are collected: a child for each mutant, with the change put in."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int, survivors: list[Mutant]) -> None:
        self.mutants = mutants
        self.jobs = jobs
        self.survivors = survivors
        self.ran = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        began = time.monotonic()
        if _status_of(lambda: self._test(session, None)):
            return True
        print(f"the tests alone: {time.monotonic() - began:.0f} s", flush=True)
        self.ran = True
        self.survivors += _surviving(self.mutants, lambda mutant: self._test(session, mutant), self.jobs)
        return True

    def _test(self, session: pytest.Session, mutant: Mutant | None) -> int:
        if mutant:
            _put_in(mutant)
        items = session.items
        for item, following in zip(items, (*items[1:], None), strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return 1
        return 0


def _put_in(mutant: Mutant) -> None:
    """Give the module's functions the code of the changed module's."""
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
    for wrapper in ("__wrapped__", "__func__", "fget"):  # caches, static methods, properties
        if hasattr(old, wrapper) and hasattr(new, wrapper):
            if hasattr(old, "cache_clear"):
                old.cache_clear()
            old, new = getattr(old, wrapper), getattr(new, wrapper)
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        old.__code__ = new.__code__


def _survivors(chosen: list[Mutant], tests: Sequence[str], jobs: int) -> list[Mutant]:
    inside = [m for m in chosen if m.in_function]
    outside = [m for m in chosen if not m.in_function]
    survivors: list[Mutant] = []
    survivors += _surviving(outside, lambda mutant: _import_and_test(mutant, tests), jobs)
    if inside:
        server = _Server(inside, jobs, survivors)
        _pytest(tests, [server])
        if not server.ran:
            raise SystemExit(f"these tests do not pass without a mutant: {' '.join(tests)}")
    return survivors


def _import_and_test(mutant: Mutant, tests: Sequence[str]) -> int:
    sys.meta_path.insert(0, _Changed(mutant))
    return _pytest(tests, [])


def _surviving(mutants: Sequence[Mutant], test: Callable[[Mutant], int], jobs: int) -> list[Mutant]:
    began, done = time.monotonic(), 0
    waiting = list(reversed(mutants))
    running: dict[int, tuple[Mutant, float]] = {}
    survivors = []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_begin(functools.partial(test, mutant))] = mutant, time.monotonic() + SECONDS
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


def _status_of(work: Callable[[], int]) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(_begin(work), 0)[1])


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


def _tests(file: str, asked: list[str] | None) -> tuple[str, ...]:
    return tuple(asked or next(tests for room, tests in TESTS.items() if file.startswith(room)))


def _module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
