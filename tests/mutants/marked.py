"""Our modules, imported so that each statement of a function notes that it is carried out.

coverage.py does that for any program, and makes everything twice as slow, the libraries included; with this the tests that reach
a line are found out at nearly their own speed.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import defaultdict
from collections.abc import Iterator

from tests.mutants.heart import ROOT
from tests.mutants.trial import Instead

OURS = ("approvals", "operations", "handlers", "bot")
NOTE = "__carried_out__"
Lines = dict[str, set[int]]


class Notes:
    """Which statements were carried out since it was asked last, by the first line of each."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._found: set[tuple[int, int]] = set()

    def listen(self) -> None:
        """From now on, for whatever is imported from now on."""
        setattr(builtins, NOTE, self._found.add)
        sys.meta_path.insert(0, Instead(self._tree))

    def taken(self) -> Lines:
        """The lines of each file, by its path beneath the root."""
        lines: Lines = defaultdict(set)
        while self._found:  # Another thread may go on meanwhile.
            number, line = self._found.pop()
            lines[self._paths[number]].add(line)
        return dict(lines)

    def _tree(self, module: str) -> tuple[str, ast.Module] | None:
        path = f"{module.replace('.', '/')}.py"
        if module.partition(".")[0] not in OURS or not (ROOT / path).exists():
            return None
        self._paths.append(path)
        return path, marked(ast.parse((ROOT / path).read_text(encoding="utf-8")), len(self._paths) - 1)


def marked(tree: ast.Module, number: int) -> ast.Module:
    """The tree of a module of this number, with a note before each statement of its functions, and in its lambdas and handlers."""
    within = {id(node) for function in _functions(tree) for node in ast.walk(function)}
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.Lambda):
            node.body = _also(node.body, number)
        if isinstance(node, ast.ExceptHandler) and node.type:
            node.type = _also(node.type, number)
        if id(node) in within:
            _mark_statements(node, number)
    return ast.fix_missing_locations(tree)


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _mark_statements(node: ast.AST, number: int) -> None:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            setattr(node, name, [each for statement in block for each in (*_notes(statement, number), statement)])


def _notes(statement: ast.stmt, number: int) -> Iterator[ast.Expr]:
    """Of a `match` its patterns are noted as well; a docstring has to stay the first of its function."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    yield ast.copy_location(ast.Expr(_note(statement.lineno, number)), statement)
    for case in statement.cases if isinstance(statement, ast.Match) else ():
        yield ast.copy_location(ast.Expr(_note(case.pattern.lineno, number)), statement)


def _also(value: ast.expr, number: int) -> ast.expr:
    """The same value, whose making is noted: a note is None."""
    return ast.copy_location(ast.BoolOp(ast.Or(), [_note(value.lineno, number), value]), value)


def _note(line: int, number: int) -> ast.Call:
    return ast.Call(ast.Name(NOTE, ast.Load()), [ast.Tuple([ast.Constant(number), ast.Constant(line)], ast.Load())], [])
