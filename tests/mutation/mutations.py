"""Small changes to a module, each of which some test must notice."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OTHER_NAME = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "sorted": "list",
    "startswith": "endswith",
    "endswith": "startswith",
    "union": "intersection",
    "intersection": "union",
    "difference": "union",
    "issubset": "issuperset",
    "issuperset": "issubset",
}
_UNWRAPPED = frozenset({"strip", "lower", "upper", "casefold"})
"""Methods that are left out: ``x.strip()`` becomes ``x``."""

_ANNOTATIONS = {"annotation", "returns", "decorator_list", "bases", "type_params"}
"""Parts of a module that decide nothing when it runs."""


class Mutant(NamedTuple):
    """One change: where it is, and what it makes of what. Its `name` stays when lines move."""

    module: str
    line: int
    name: str


class _Place(NamedTuple):
    """Where a node hangs in its tree."""

    parent: ast.AST
    field: str
    at: int | None

    def put(self, node: ast.AST) -> None:
        if self.at is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.at] = node


def mutants(tree: ast.Module, module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module; while one is yielded, the tree is that mutant."""
    names: Counter[str] = Counter()
    for node, place, scope in list(_walk(tree, ())):
        for made in (*_changes(node), *_negated(node, place)):
            changed = ast.fix_missing_locations(ast.copy_location(made, node))
            name = f"{'.'.join(scope) or 'module'}: {_text(node)} -> {_text(changed)}"
            names[name] += 1
            told = name if names[name] == 1 else f"{name} #{names[name]}"
            place.put(changed)
            yield Mutant(module, node.lineno, told)
            place.put(node)


def _text(node: ast.AST) -> str:
    """Return a node as one line of code."""
    return " ".join(ast.unparse(node).split())


def _walk(
    node: ast.AST, scope: tuple[str, ...]
) -> Iterator[tuple[ast.expr | ast.stmt, _Place, tuple[str, ...]]]:
    """Yield what may be changed, with its place and the names of what it stands in."""
    for field, held in ast.iter_fields(node):
        if field in _ANNOTATIONS:
            continue
        for at, child in enumerate(held) if isinstance(held, list) else [(None, held)]:
            if not isinstance(child, ast.AST) or _is_dead(child, node):
                continue
            inner = (*scope, child.name) if isinstance(child, ast.FunctionDef | ast.ClassDef) else scope
            if isinstance(child, ast.expr | ast.stmt):
                yield child, _Place(node, field, at), inner
            yield from _walk(child, inner)


def _is_dead(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a node is a docstring, a sentence, a check of our own, or there for the type checker alone."""
    if isinstance(parent, ast.JoinedStr) and isinstance(node, ast.Constant):
        return True
    match node:
        case ast.Expr(value=ast.Constant() | ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case (
            ast.Call(func=ast.Name(id="cast" | "TypeVar"))
            | ast.AnnAssign(annotation=ast.Name(id="TypeAlias"))
        ):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.keyword(arg="strict" | "hint" | "where"):
            return True
    return False


def _changes(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    """Yield what a node is changed to."""
    match node:
        case ast.Compare(ops=[op], left=left, comparators=comparators):
            yield ast.Compare(left, [_SWAPPED[type(op)]()], comparators)
        case ast.BoolOp(op=op, values=values):
            yield from (_without(op, values, at) for at in range(len(values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp():
            yield from _operations(node)
        case ast.Constant() | ast.Set() | ast.Dict():
            yield from _literals(node)
        case ast.Call():
            yield from _calls(node)
        case ast.stmt():
            yield from _statements(node)


def _negated(node: ast.expr | ast.stmt, place: _Place) -> Iterator[ast.expr]:
    """Yield the opposite of a condition that has no comparison to turn round."""
    match place.parent, place.field:
        case (ast.If() | ast.While() | ast.IfExp(), "test") | (ast.comprehension(), "ifs"):
            if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr | ast.Subscript):
                yield ast.UnaryOp(ast.Not(), node)


def _without(op: ast.boolop, values: list[ast.expr], at: int) -> ast.expr:
    left = values[:at] + values[at + 1 :]
    return left[0] if len(left) == 1 else ast.BoolOp(op, left)


def _operations(node: ast.BinOp) -> Iterator[ast.expr]:
    yield node.left
    match node.op:
        case ast.BitOr():
            yield ast.BinOp(node.left, ast.BitAnd(), node.right)
        case ast.BitAnd():
            yield ast.BinOp(node.left, ast.BitOr(), node.right)
        case ast.Add():
            yield node.right
        case ast.Mult():
            yield ast.BinOp(node.left, ast.Div(), node.right)
        case ast.Div():
            yield ast.BinOp(node.left, ast.Mult(), node.right)


def _literals(node: ast.Constant | ast.Set | ast.Dict) -> Iterator[ast.expr]:
    """Yield another constant, or less of several; sentences for people are left to the golden files."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if " " not in value:
            yield ast.Constant(f"{value}-mutated" if value else "mutated")
        case ast.Set(elts=several) if len(several) > 1:
            yield from (ast.Set(several[:at] + several[at + 1 :]) for at in range(len(several)))
        case ast.Dict(keys=keys, values=values) if len(values) > 1:
            for at in range(len(values)):
                yield ast.Dict(keys[:at] + keys[at + 1 :], values[:at] + values[at + 1 :])


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    """Yield the call of another function, and calls that leave one named argument to its default."""
    match node.func:
        case ast.Name(id=name) if name in _OTHER_NAME:
            kept = [] if name == "sorted" else node.keywords
            yield ast.Call(ast.Name(_OTHER_NAME[name], ast.Load()), node.args, kept)
        case ast.Attribute(value=value, attr=name) if name in _OTHER_NAME:
            yield ast.Call(ast.Attribute(value, _OTHER_NAME[name], ast.Load()), node.args, node.keywords)
        case ast.Attribute(value=value, attr=name) if name in _UNWRAPPED:
            yield value
    for at, keyword in enumerate(node.keywords):
        if not _is_dead(keyword, node):
            yield ast.Call(node.func, node.args, node.keywords[:at] + node.keywords[at + 1 :])


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Break():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Pass()
            yield ast.Break()
        case ast.Assign(targets=[ast.Name()], value=ast.Tuple(elts=several)) if len(several) > 1:
            for at in range(len(several)):
                kept = ast.Tuple(several[:at] + several[at + 1 :], ast.Load())
                yield ast.Assign(node.targets, kept)
        case ast.Return(value=ast.Call() | ast.Name() | ast.Attribute()):
            yield ast.Return(ast.Constant(None))
