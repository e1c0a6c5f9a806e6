"""What is wrong with a policy's document by the published syntax of its type, each with its place. Pure.

What AWS would surely refuse is an error. A key or a value that the bot does not know is one too, until somebody says that AWS
has published it since: then the card mentions it, and AWS decides.
Source: as in grammar.py; IAM User Guide, "IAM JSON policy elements: Condition operators"; AWS Organizations User Guide, "SCP
syntax" and "RCP syntax".
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from operations.policies.grammar import SYNTAX, Keys, Node, Unknown, Value
from operations.snapshot.names import listed
from operations.snapshot.policy_types import RCP, SCP, label

Path = tuple[str | int, ...]
SETTING = ("@@assign", "@@append", "@@remove")
FOR_LISTS = SETTING[1:]
FOR_CHILDREN = "@@operators_allowed_for_child_policies"
OPERATORS = (*SETTING, FOR_CHILDREN)
ALLOWED = ("@@all", "@@none", *SETTING)


class How(Enum):
    """What a problem means for the document."""

    WRONG = auto()
    """AWS refuses it."""
    NEW = auto()
    """In no published syntax that the bot knows: refused, unless somebody says that it is newer than this bot."""
    MENTIONED = auto()
    """May be right in this document; whoever decides should know."""


@dataclass(frozen=True)
class Problem:
    """Something at a place in a document."""

    path: Path
    says: str
    how: How = How.WRONG


def problems(document: dict[str, Any], kind: str) -> Iterator[Problem]:
    """What is wrong with a document of this type, in its order; each is looked for when it is asked for."""
    return _statements(document, kind) if kind in STATEMENTS else _walk(SYNTAX.get(kind) or Unknown(), document, ())


def said(kind: str) -> str:
    """What the card says of this check."""
    if kind in STATEMENTS:
        return "Keys and condition operators are those of AWS's published syntax."
    if SYNTAX.get(kind) is None:
        return f"Not checked, but for its operators: the bot doesn't know the keys of a {label(kind)}."
    return "Keys, operators and the values that AWS lists are those of its published syntax."


def place(path: Path) -> str:
    """`tags → owner → tag_key`, as people find it; statements are counted from 1."""
    return " → ".join(str(step + 1) if isinstance(step, int) else step for step in path)


def _walk(node: Node, found: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(found, dict):
        yield Problem(path, "has to be an object, in braces")
        return
    for key, value in found.items():
        yield from _operator(node, key, value, (*path, key)) if key.startswith("@@") else _key(node, key, value, path)
    if isinstance(node, Value) and not found.keys() & set(OPERATORS):
        yield Problem(path, f"has no operator; write one such as {SETTING[0]}")
    if isinstance(node, Keys):
        yield from _missing(node, found, path)


def _missing(node: Keys, found: dict[str, Any], path: Path) -> Iterator[Problem]:
    for names, says, how in (
        (node.needed, "lacks {}", How.WRONG),
        (node.wanted, "lacks {}, which has to be in an account's effective policy", How.MENTIONED),
    ):
        missing = [name for name in names if name not in found]
        if missing:
            yield Problem(path, says.format(listed(missing)), how)


def _key(node: Node, key: str, value: Any, path: Path) -> Iterator[Problem]:
    below = _below(node, key)
    if below is None:
        yield Problem((*path, key), _unknown(node, key), How.NEW)
    if isinstance(node, Keys) and node.same and isinstance(value, dict):
        yield from _same(node.same, key, value, (*path, key))
    if isinstance(value, dict) or isinstance(below, Keys | Value):
        yield from _walk(below or Unknown(), value, (*path, key))


def _below(node: Node, key: str) -> Node | None:
    """What stands under this key; None where the bot knows no such key."""
    if not isinstance(node, Keys):
        return node if isinstance(node, Unknown) else None
    fits = node.names is None or node.names.takes(key)
    return node.known.get(key) or (node.any if fits else None)


def _unknown(node: Node, key: str) -> str:
    if not isinstance(node, Keys):
        return f"stands where only operators stand: {listed(OPERATORS)}"
    names = [*node.known, *([node.names.said] if node.names else [])]
    return f"is not a key here. {_meant(key, node.known)}Known keys: {listed(names, 12)}"


def _meant(word: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word[:60].casefold(), folded, n=1)
    return f"Did you mean {folded[near[0]]}? " if near else ""


def _same(name: str, key: str, below: dict[str, Any], path: Path) -> Iterator[Problem]:
    setting = below.get(name)
    value = setting.get(SETTING[0]) if isinstance(setting, dict) else None
    if isinstance(value, str) and value.casefold() != key.casefold():
        yield Problem((*path, name), f"sets “{value[:60]}”; it has to be {key[:60]}, but for its case")


def _operator(node: Node, key: str, value: Any, path: Path) -> Iterator[Problem]:
    if key not in OPERATORS:
        yield Problem(path, f"is not an operator. {_meant(key, OPERATORS)}Known operators: {listed(OPERATORS)}")
    elif key == FOR_CHILDREN:
        yield from _children(value, path)
    elif isinstance(node, Keys):
        yield Problem(path, "stands where keys stand, and sets no value there")
    elif isinstance(node, Value):
        yield from _value(node, key, value, path)


def _children(value: Any, path: Path) -> Iterator[Problem]:
    wrong = [one for one in _each(value) if one not in ALLOWED]
    if wrong:
        given = listed([str(one)[:40] for one in wrong])
        yield Problem(path, f"takes a list of {listed(ALLOWED)}; {given} is none")


def _value(node: Value, key: str, value: Any, path: Path) -> Iterator[Problem]:
    if node.one and key in FOR_LISTS:
        yield Problem(path, f"is for lists, and this setting has one value; write {SETTING[0]}")
    for one in _each(value):
        if isinstance(one, dict | list) or one is None:
            yield Problem(path, "takes a value or a list of values")
        elif node.shape and not node.shape.takes(text := _text(one)):
            yield Problem(path, f"has “{text[:60]}”; AWS takes {node.shape.said}", How.NEW)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


TOP = ("Version", "Id", "Statement")
STATEMENT = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
ELSEWHERE = ("Principal", "NotPrincipal", *STATEMENT)  # In IAM's language; not each in each type.
STATEMENTS = {SCP: STATEMENT, RCP: (*STATEMENT[:3], "Principal", "Resource", "NotResource", "Condition")}
NEEDED = {
    SCP: (("Effect",), ("Action", "NotAction")),
    RCP: (("Effect",), ("Principal",), ("Action",), ("Resource", "NotResource")),
}
EFFECTS = {SCP: ("Allow", "Deny"), RCP: ("Deny",)}
VERSIONS = ("2012-10-17", "2008-10-17")
COMPARED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
CONDITIONS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"),
    *("StringNotLike", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals"),
    *("ArnNotLike", "Null"),
    *(f"{kind}{how}" for kind in ("Numeric", "Date") for how in COMPARED),
)
_FOLDED = {name.casefold() for name in CONDITIONS}


def _statements(document: dict[str, Any], kind: str) -> Iterator[Problem]:
    for key in document:
        if key not in TOP:
            yield Problem((key,), f"is not a key here. {_meant(key, TOP)}Known keys: {listed(TOP)}", How.NEW)
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        yield Problem(("Version",), f"has to be {VERSIONS[0]}")
    found = document.get("Statement")
    if not found:
        yield Problem((), "lacks Statement")
    for number, statement in enumerate(found if isinstance(found, list) else [found] if found else []):
        path: Path = ("Statement", number) if isinstance(found, list) else ("Statement",)
        if isinstance(statement, dict):
            yield from _statement(statement, kind, path)
        else:
            yield Problem(path, "has to be an object, in braces")


def _statement(statement: dict[str, Any], kind: str, path: Path) -> Iterator[Problem]:
    for key in statement:
        if key not in STATEMENTS[kind]:
            meant, known = _meant(key, STATEMENTS[kind]), listed(STATEMENTS[kind], 12)
            how = How.WRONG if key in ELSEWHERE else How.NEW
            yield Problem(
                (*path, key), f"is not a key of a statement in a {label(kind)}. {meant}There are: {known}", how
            )
    for choice in NEEDED[kind]:
        if not any(name in statement for name in choice):
            yield Problem(path, f"lacks {' or '.join(choice)}")
    if statement.get("Effect", EFFECTS[kind][0]) not in EFFECTS[kind]:
        yield Problem((*path, "Effect"), f"has to be {' or '.join(EFFECTS[kind])} in a {label(kind)}")
    if kind == RCP and "Principal" in statement and statement["Principal"] not in ("*", {"AWS": "*"}):
        yield Problem((*path, "Principal"), 'has to be "*"; narrow it by a condition')
    yield from _conditions(statement.get("Condition", {}), (*path, "Condition"))


def _conditions(found: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(found, dict):
        yield Problem(path, "has to be an object, in braces")
        return
    for operator, keys in found.items():
        if not _is_condition(operator):
            meant = _meant(operator, CONDITIONS).strip()
            yield Problem((*path, operator), f"is not a condition operator{f'. {meant}' if meant else ''}", How.NEW)
        elif not isinstance(keys, dict):
            yield Problem((*path, operator), "has to be an object, in braces")


def _is_condition(operator: str) -> bool:
    plain = operator.casefold().removeprefix("forallvalues:").removeprefix("foranyvalue:")
    return plain in _FOLDED or (plain.removesuffix("ifexists") in _FOLDED - {"null"} and plain.endswith("ifexists"))


def offset(text: str, path: Path) -> int:
    """About where a path leads in a document's text: at the last of its keys, each looked for behind the one before."""
    at = 0
    for step in path:
        found = text.find(json.dumps(step, ensure_ascii=False), at) if isinstance(step, str) else -1
        at = found if found >= 0 else at
    return at
