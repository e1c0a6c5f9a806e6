"""No regular expression in the code takes more than linear time, whatever it is given; see `harness/linear.py`."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from operations.aws.model import text_of
from tests.harness.linear import complaint, groups_repeated_possessively
from tests.harness.tables import each_of

ROOT = Path(__file__).parent.parent
ROOMS = ("approvals", "bot", "handlers", "operations")
AT_ONE_PLACE = {"match", "fullmatch"}
WAYS = AT_ONE_PLACE | {"compile", "search", "sub", "subn", "split", "findall", "finditer"}
USED = re.compile(rf"\bre\s*\.\s*(?:{'|'.join(sorted(WAYS))})\b")  # Only what has one of them is looked through.
# Made of texts that are escaped one by one, so that nothing in them is repeated; and AWS's own and those of policy documents, each of which a test
# of its own looks at, over texts whose length was checked before or that are no person's.
ESCAPED = {
    "bot/logging/redaction.py: '|'.join(map(re.escape, known)) or '(?!)'",
    "operations/aws/model.py: pattern",
    "operations/aws/partitions.py: about['regionRegex']",
    "operations/policies/grammar.py: self.pattern",
}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def importing() -> dict[tuple[str | None, str], list[ast.Module]]:
    """Which modules import a name, for each name that is imported from a module."""
    found: dict[tuple[str | None, str], list[ast.Module]] = {}
    for tree in map(parsed, sources()):
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        for name in {(node.module, alias.name) for node in imports for alias in node.names}:
            found.setdefault(name, []).append(tree)
    return found


def uses(tree: ast.Module, name: str) -> set[str]:
    """How a module uses a constant: `match`, `sub`, or anything else that is done to it."""
    attributes = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name)
    return {attributes.get(id(node), "given away") for node in names if isinstance(node.ctx, ast.Load)}


def is_pattern(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == "re"
        and called.attr in WAYS
    )


def ways(module: str, tree: ast.Module, call: ast.Call) -> set[str]:
    """How a pattern is used, wherever it is."""
    target = next(
        (node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign) and node.value is call), None
    )
    if not isinstance(target, ast.Name):
        return {call.func.attr} if isinstance(call.func, ast.Attribute) else set()
    knowing = [tree, *importing().get((module, target.id), [])]
    return set().union(*(uses(each, target.id) for each in knowing))


def patterns() -> Iterator[tuple[str, ast.Module, ast.Call]]:
    """Each pattern in the code, with the path and the tree of the module that it is in."""
    for source in sources():
        if not USED.search(source.read_text(encoding="utf-8")):
            continue
        path, tree = str(source.relative_to(ROOT)), parsed(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_pattern(node):
                yield path, tree, node


def test_every_pattern_takes_linear_time() -> None:
    found = list(patterns())
    slow = {f"{path}:{call.lineno}": complaint_about(path, tree, call) for path, tree, call in found}
    assert len(found) > len(ESCAPED)
    assert {place: told for place, told in slow.items() if told} == {}


def test_every_pattern_means_the_same_in_whichever_python() -> None:
    written = {
        f"{path}:{call.lineno}": made_by(path, call) for path, _, call in patterns() if not is_escaped(path, call)
    }
    assert [place for place, made in written.items() if groups_repeated_possessively(made.pattern, made.flags)] == []


@each_of("pattern", [r"(?:ab|bc)*+", r"x(?:\.[0-9]++)?+", r"((?:ab){2}+|c)", r"(?=(ab|b)++)", r"(?:(?:a+b)++c)*"])
def test_a_group_that_is_repeated_possessively_is_found(pattern: str) -> None:
    assert groups_repeated_possessively(pattern)


@each_of("pattern", [r"a*+", r"[ab]++(?:c)?", r"\.?+", r"(?>(?:ab?c)*)", r"(a*+b)*"])
def test_what_every_python_takes_alike_is_let_through(pattern: str) -> None:
    assert not groups_repeated_possessively(pattern)


def is_escaped(path: str, call: ast.Call) -> bool:
    return f"{path}: {ast.unparse(call.args[0])}" in ESCAPED


def made_by(path: str, call: ast.Call) -> re.Pattern[str]:
    known = vars(importlib.import_module(path.removesuffix(".py").replace("/", ".")))
    return re.compile(evaluated(call.args[0], known), flags_of(call, known))


def complaint_about(path: str, tree: ast.Module, call: ast.Call) -> str:
    """Empty when it takes linear time, or is one of those that have a reason."""
    if is_escaped(path, call):
        return ""
    made = made_by(path, call)
    searched = not ways(path.removesuffix(".py").replace("/", "."), tree, call) <= AT_ONE_PLACE
    return complaint(made.pattern, made.flags & ~re.UNICODE, searched=searched)


def evaluated(node: ast.expr, known: dict[str, Any]) -> Any:
    """A pattern is made of constants of its module; whatever else it was made of could not be held to anything."""
    return eval(compile(ast.Expression(node), "", "eval"), known)  # noqa: S307  The project's own source.


def flags_of(node: ast.Call, known: dict[str, Any]) -> int:
    is_compiled = isinstance(node.func, ast.Attribute) and node.func.attr == "compile"
    given = [*node.args[1:], *(word.value for word in node.keywords if word.arg == "flags")] if is_compiled else []
    return int(evaluated(given[0], known)) if given else 0


TOO_LONG = {
    "matched": (
        r"\s*```(?:json)?\s*\n?(.*?)\s*```\s*",
        r"[^@]+@[^@]+\.[^@]+",
        r"(a|ab|b)*c",
        r"(?:a+)+b",
        r"(?:a?){30}b",
    ),
    "searched": (r'"(?:[^"\\]|\\.)*"', r"[*](?=[^\n]*\S[*])", r"[0-9][0-9,]*:", r"\s+$"),
}
LINEAR = {
    "matched": (r"[^@.]+@[^@.]+(?:\.[^@.]+)+", r'"(?:[^"\\]|\\.)*"', r".*foo"),
    "searched": (
        r'"(?:[^"\\]|\\.?+)*+("?)',
        r'"(?>(?:[^"\\]|\\.?+)*)("?)',
        r"(?<![0-9,])[0-9][0-9,]*:",
        r"<[a-z]{2,10}:[^<>|]*\|([^<>|]*)>",
        r"[a-z]{100,}",
    ),
}


@pytest.mark.parametrize("way", TOO_LONG)
def test_what_takes_longer_is_found(way: str) -> None:
    assert [pattern for pattern in TOO_LONG[way] if not complaint(pattern, re.DOTALL, searched=way == "searched")] == []


@pytest.mark.parametrize("way", LINEAR)
def test_what_takes_linear_time_is_let_through(way: str) -> None:
    assert [pattern for pattern in LINEAR[way] if complaint(pattern, re.DOTALL, searched=way == "searched")] == []


@pytest.mark.parametrize(
    ("service", "shape"),
    [
        *(("organizations", name) for name in ("Email", "CreateAccountName", "TagKey", "TagValue")),
        *(("account", name) for name in ("EmailAddress", "AccountName")),
    ],
)
def test_a_pattern_of_aws_is_linear_or_its_texts_are_short(service: str, shape: str) -> None:
    rule = text_of(service, shape)
    slow = complaint(rule.pattern.pattern, rule.pattern.flags & ~re.UNICODE, searched=False)
    assert not slow or (rule.most or 0) <= 256
