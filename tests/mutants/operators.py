"""The small mistakes that somebody might make: each operator gives what may stand in place of a node of the syntax tree.

What only people read (sentences, logs, docstrings) and what only type checkers read is left alone.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard, TypeVar

Node = TypeVar("Node", bound=ast.AST)
Operator = Callable[[ast.AST], Iterator[ast.AST]]

WORD = re.compile(r"\S*")  # A string with a blank in it is a sentence.
SHOWN = frozenset({"icon"})  # Arguments that only people see.
COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
}
SWAPPED = {
    "all": "any",
    "any": "all",
    "max": "min",
    "min": "max",
    "in_": "not_in",
    "not_in": "in_",
    "is_": "is_not",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "startswith": "endswith",
    "or_": "and_",
}
REMOVED = frozenset(
    {"casefold", "desc", "fullmatch", "limit", "lower", "lstrip", "order_by", "rstrip", "strip", "where"}
)
VARIADIC = frozenset({"get", "max", "min", "or_", "partition", "split", "where"})


def changed(node: Node, **fields: object) -> Node:
    """A copy of a node with other fields."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def without_each(items: Sequence[ast.AST]) -> Iterator[list[ast.AST]]:
    """The items without the first, without the second, …"""
    for number in range(len(items)):
        yield [*items[:number], *items[number + 1 :]]


def comparisons(node: ast.AST) -> Iterator[ast.AST]:
    """`<` becomes `<=` and `>=`, `in` becomes `not in`, …"""
    if isinstance(node, ast.Compare):
        for number, operator in enumerate(node.ops):
            for other in COMPARED[type(operator)]:
                yield changed(node, ops=[*node.ops[:number], other(), *node.ops[number + 1 :]])


def conditions(node: ast.AST) -> Iterator[ast.AST]:
    """`and` becomes `or`, one side is forgotten, `not` is added or left out."""
    if isinstance(node, ast.BoolOp):
        yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for values in without_each(node.values):
            yield values[0] if len(values) == 1 else changed(node, values=values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and _is_plain(node.test):
        yield changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension):
        yield from (changed(node, ifs=ifs) for ifs in without_each(node.ifs))


def patterns(node: ast.AST) -> Iterator[ast.AST]:
    """A case is for one kind less, or for the opposite."""
    if isinstance(node, ast.MatchOr):
        for left in without_each(node.patterns):
            yield left[0] if len(left) == 1 else changed(node, patterns=left)
    elif isinstance(node, ast.MatchSingleton) and isinstance(node.value, bool):
        yield changed(node, value=not node.value)


def _is_plain(test: ast.expr) -> bool:
    """Whether no other operator turns this condition round."""
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp)


def constants(node: ast.AST) -> Iterator[ast.AST]:
    """One more and one less, yes for no, another word."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield changed(node, value=not value)
    elif isinstance(value, int):
        yield from (changed(node, value=other) for other in (value + 1, value - 1))
    elif isinstance(value, float):
        yield changed(node, value=value + 1)
    elif isinstance(value, str) and WORD.fullmatch(value):
        yield changed(node, value=f"XX{value}")


def calculations(node: ast.AST) -> Iterator[ast.AST]:
    """`+` becomes `-`; of a union one side is forgotten."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from (node.left, node.right)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in CALCULATED:
        yield changed(node, op=CALCULATED[type(node.op)]())


def calls(node: ast.AST) -> Iterator[ast.AST]:
    """An argument is forgotten, the opposite is called, or the call is left out of a chain."""
    if not isinstance(node, ast.Call):
        return
    for number, keyword in enumerate(node.keywords):
        if keyword.arg not in SHOWN:
            yield changed(node, keywords=[*node.keywords[:number], *node.keywords[number + 1 :]])
    name = _name(node.func)
    if name in VARIADIC and len(node.args) > 1:
        yield from (changed(node, args=args) for args in without_each(node.args))
    if name in SWAPPED:
        yield changed(node, func=_named(node.func, SWAPPED[name]))
    if name in REMOVED and isinstance(node.func, ast.Attribute):
        yield node.func.value


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _named(function: ast.expr, name: str) -> ast.expr:
    return changed(function, **{"attr" if isinstance(function, ast.Attribute) else "id": name})


def collections(node: ast.AST) -> Iterator[ast.AST]:
    """One entry is missing; of a set's only one, the set stays, because `{}` would be a dictionary."""
    if _is_set_or_tuple(node):
        yield from (changed(node, elts=entries) for entries in without_each(node.elts))
    elif isinstance(node, ast.Dict):
        for keys, values in zip(without_each(node.keys), without_each(node.values), strict=True):  # type: ignore[arg-type]
            yield changed(node, keys=keys, values=values)


def _is_set_or_tuple(node: ast.AST) -> TypeGuard[ast.Set | ast.Tuple]:
    if isinstance(node, ast.Set):
        return len(node.elts) > 1
    return isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A line is forgotten, a loop goes on for ever or ends too early, nothing is given back."""
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield changed(node, value=ast.Constant(None))
    elif isinstance(node, ast.Break | ast.Continue):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif _may_be_forgotten(node):
        yield ast.Pass()
    elif isinstance(node, ast.Match):
        yield from (changed(node, cases=cases) for cases in without_each(node.cases))
    elif isinstance(node, ast.Try) and len(node.handlers) > 1:
        yield from (changed(node, handlers=handlers) for handlers in without_each(node.handlers))


def _may_be_forgotten(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    return isinstance(node, ast.AugAssign | ast.Raise) or (isinstance(node, ast.Return) and node.value is None)


OPERATORS: tuple[Operator, ...] = (
    comparisons,
    conditions,
    patterns,
    constants,
    calculations,
    calls,
    collections,
    statements,
)


def mutations(node: ast.AST) -> Iterator[ast.AST]:
    """All that may stand in place of a node."""
    for operator in OPERATORS:
        yield from operator(node)
