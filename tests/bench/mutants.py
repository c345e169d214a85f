"""Small changes of this project's own code, made in the syntax tree, for `tests.bench.mutate`."""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

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
    """One change: in which file, at the how-manieth node of the walk, the how-manieth change of that node.

    `function`: the lines of the body of the function that it is in; none when it is outside of every function, or in
    one within another: that may have been made when the module was imported.
    """

    file: str
    node: int
    change: int
    line: int
    said: str
    function: range

    @property
    def in_function(self) -> bool:
        return bool(self.function)


@functools.cache
def _source(file: str) -> str:
    """Read once: a file that somebody edits meanwhile would have other nodes."""
    return (ROOT / file).read_text(encoding="utf-8")


def mutants_of(file: str) -> list[Mutant]:
    tree = ast.parse(_source(file))
    skipped = _skipped(tree)
    inside = _inside(tree)
    return [
        Mutant(file, at, number, _line(node), said, inside.get(id(node), range(0)))
        for at, node in enumerate(ast.walk(tree))
        if id(node) not in skipped
        for number, (said, _) in enumerate(_changes(node))
    ]


def _line(node: ast.AST) -> int:
    return _line(node.target) if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)


def _inside(tree: ast.Module) -> dict[int, range]:
    """What stands in a function, but not in one within it, and the lines of that function's body."""
    within: dict[int, range] = {}
    nested: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            lines = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            parts = {id(inner): lines for part in node.body for inner in ast.walk(part)}
            nested |= parts.keys() & within.keys()
            within |= parts
            nested |= {id(x) for f in ast.walk(node) if isinstance(f, ast.Lambda) for x in ast.walk(f)}
    return {node: lines for node, lines in within.items() if node not in nested}


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
