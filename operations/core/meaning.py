"""Whether two policy documents mean the same, however they are written. Pure.

The order of keys and of lists, one value or a list of one, white space, and the case of actions and condition keys change
nothing. Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements: Action", "… Condition";
AWS Organizations User Guide, "Policy syntax and inheritance for management policy types" (lists are sets).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

ACTIONS = ("Action", "NotAction")


def meaning(document: str) -> str:
    """The same text for all documents that mean the same; a text that is no JSON object stays as it is."""
    if not document.lstrip().startswith("{"):
        return document
    try:
        return _text(_members(json.loads(document), _as_it_is))
    except (ValueError, RecursionError):
        return document


def same_document(one: str, other: str) -> bool:
    """Whether both mean the same; texts that are no JSON are compared."""
    return one == other or meaning(one) == meaning(other)


def same_meaning(one: Any, other: Any) -> bool:
    """The same for all texts within two values, such as what an approval is bound to and what it would be bound to now."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_meaning(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_meaning, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return same_document(one, other)
    return bool(one == other)


def _as_it_is(value: Any) -> Any:
    return value


def _members(found: dict[str, Any], scalar: Callable[[Any], Any]) -> dict[str, Any]:
    return {key: _set(value, _reading(key, found, scalar)) for key, value in found.items()}


def _reading(key: str, of: dict[str, Any], scalar: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """How the plain values of one member are compared; actions and conditions are those of a statement."""
    if "Effect" not in of:
        return scalar
    return _folded if key in ACTIONS else _written if key == "Condition" else scalar


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _written(value: Any) -> Any:
    """In a condition `true` and `"true"`, `5` and `"5"` are the same."""
    return value if isinstance(value, str) else json.dumps(value)


def _set(value: Any, scalar: Callable[[Any], Any]) -> list[Any]:
    """One value or many as a set: each once, in one order."""
    items = value if isinstance(value, list) else [value]
    found = {_text(one): one for one in (_one(item, scalar) for item in items)}
    return [found[text] for text in sorted(found)]


def _one(item: Any, scalar: Callable[[Any], Any]) -> Any:
    if isinstance(item, list):
        return _set(item, scalar)
    if not isinstance(item, dict):
        return scalar(item)
    keyed = {key.casefold(): value for key, value in item.items()} if scalar is _written else item
    return _members(keyed, scalar)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
