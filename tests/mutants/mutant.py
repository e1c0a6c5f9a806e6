"""The mutants of a module: where each one is, what stands there, and what takes its place."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.heart import ROOT
from tests.mutants.operators import SHOWN, changed, mutations

UNREAD = frozenset({"annotation", "returns", "decorator_list", "bases", "type_params"})  # Only type checkers read them.
Unit = ast.stmt | ast.excepthandler | ast.match_case
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Key:
    """What a mutant is known by, wherever its lines and its file move to; `nth` parts those that would read the same."""

    module: str
    function: str
    was: str
    becomes: str
    nth: int = 1


@dataclass(frozen=True)
class Slot:
    """A place in the syntax tree that holds a node."""

    parent: ast.AST
    field: str
    index: int | None = None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True)
class Scope:
    """Around a node: the names of its classes and functions, the statement it is in, and the names that import makes of it."""

    names: tuple[str, ...] = ()
    function: Function | None = None
    unit: Unit | None = None
    defines: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mutant:
    """One small change. `defines` holds the names by which tests reach it when it is carried out at import."""

    path: str
    key: Key
    lines: range
    defines: frozenset[str]
    tree: ast.Module = field(repr=False)
    slot: Slot = field(repr=False)
    replacement: ast.AST = field(repr=False)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    def changed_tree(self) -> ast.Module:
        """The module's tree with the change in it, for good: only a process of its own may ask for it."""
        self.slot.put(self.replacement)
        return ast.fix_missing_locations(self.tree)


def mutants_of(path: str, root: Path = ROOT) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    seen: Counter[tuple[str, str, str]] = Counter()
    return [
        _mutant(path, tree, place, other, seen) for place in _places(tree, Scope()) for other in mutations(place[1])
    ]


def _mutant(
    path: str, tree: ast.Module, place: tuple[Slot, ast.AST, Scope], other: ast.AST, seen: Counter[tuple[str, str, str]]
) -> Mutant:
    slot, node, scope = place
    assert scope.unit is not None
    was = _text(scope.unit)
    if node is scope.unit:
        becomes = _text(other)
    else:
        slot.put(other)
        becomes = _text(scope.unit)
        slot.put(node)
    name = ".".join(scope.names)
    seen[name, was, becomes] += 1
    key = Key(Path(path).stem, name, was, becomes, seen[name, was, becomes])
    return Mutant(path, key, _lines_of_gone(node, other) or _lines(scope), scope.defines, tree, slot, other)


def _text(unit: ast.AST) -> str:
    """A statement's text; of one that holds others, its first line."""
    if isinstance(unit, ast.Match):
        return "\n".join(["match", *(_text(case) for case in unit.cases)])
    if isinstance(unit, ast.Try):
        return "\n".join(["try", *(_text(handler) for handler in unit.handlers)])
    if isinstance(unit, Function):
        unit = changed(unit, decorator_list=[])
    text = ast.unparse(ast.fix_missing_locations(unit)).strip()
    return text.splitlines()[0] if getattr(unit, "body", None) else text


def _lines(scope: Scope) -> range:
    """The lines whose execution carries the change out; a default is carried out wherever its function is."""
    unit = scope.unit
    if isinstance(unit, ast.match_case):
        return range(unit.pattern.lineno, (unit.pattern.end_lineno or 0) + 1)
    assert unit is not None
    if isinstance(unit, ast.FunctionDef):
        return range(unit.lineno, (unit.end_lineno or 0) + 1)
    body = getattr(unit, "body", None)
    last = max(unit.lineno, body[0].lineno - 1) if body else unit.end_lineno or 0
    return range(unit.lineno, last + 1)


def _lines_of_gone(node: ast.AST, other: ast.AST) -> range | None:
    """Those of the handler or the case that is left out, because only who gets there notices."""
    for name in ("handlers", "cases"):
        for part in getattr(node, name, ()):
            if part not in getattr(other, name, ()):
                return range(part.body[0].lineno, part.body[-1].end_lineno + 1)
    return None


def _places(node: ast.AST, scope: Scope) -> Iterator[tuple[Slot, ast.AST, Scope]]:
    """Every node below this one that a reader of the running program would miss."""
    for slot, child in _children(node):
        if not (_is_for_people(child, slot) or _is_for_type_checkers(child, scope)):
            inner = _inside(child, scope)
            if inner.unit is not None:
                yield slot, child, inner
            yield from _places(child, inner)


def _children(node: ast.AST) -> Iterator[tuple[Slot, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in UNREAD:
            continue
        if isinstance(value, list):
            yield from ((Slot(node, name, at), child) for at, child in enumerate(value) if isinstance(child, ast.AST))
        elif isinstance(value, ast.AST):
            yield Slot(node, name), value


def _is_for_people(node: ast.AST, slot: Slot) -> bool:
    """Docstrings, the fixed parts of a sentence, icons, logs; and imports, without which nothing works."""
    if isinstance(node, ast.Expr):
        text = ast.unparse(node)
        return isinstance(node.value, ast.Constant) or text.startswith("log.")
    if isinstance(node, ast.keyword) and node.arg in SHOWN:
        return True
    in_sentence = isinstance(slot.parent, ast.JoinedStr) and isinstance(node, ast.Constant)
    return in_sentence or slot.field == "format_spec" or isinstance(node, ast.Import | ast.ImportFrom)


def _is_for_type_checkers(node: ast.AST, scope: Scope) -> bool:
    """`Observation = Done | Ready` at a module's top, and `request.id or 0`: the id of a row is never missing."""
    if isinstance(node, ast.BoolOp):
        return getattr(node.values[0], "attr", "") == "id" and getattr(node.values[1], "value", None) == 0
    if scope.function or not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp | ast.Subscript):
        return False
    return not any(isinstance(part, ast.Set | ast.Call | ast.Constant) for part in ast.walk(node.value))


def _inside(node: ast.AST, scope: Scope) -> Scope:
    """The scope of a node and of what is below it."""
    if isinstance(node, ast.ClassDef):
        return Scope((*scope.names, node.name), scope.function, None, frozenset({node.name}))
    if isinstance(node, Function):
        return Scope((*scope.names, node.name), node, node, frozenset())
    if isinstance(node, Unit):
        defines = frozenset() if scope.function else scope.defines | targets(node)
        return Scope(scope.names, scope.function, node, defines)
    return scope


def targets(unit: ast.AST) -> frozenset[str]:
    """The names to which a statement gives a value, several at a time as well."""
    found = (*getattr(unit, "targets", ()), getattr(unit, "target", None))
    parts = (part for target in found if target for part in ast.walk(target))
    return frozenset(part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
