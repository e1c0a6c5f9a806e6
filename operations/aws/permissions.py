"""The IAM permissions that operations declare, and the least-privilege policy made of them.

Source: AWS Organizations User Guide, "Actions, resources, and condition keys for AWS Organizations".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Permission:
    """Some IAM actions on one resource pattern, and why the bot needs them."""

    why: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def iam_policy(permissions: Iterable[Permission]) -> dict[str, Any]:
    """An IAM policy document with one statement for each pair of resources and condition, actions sorted."""
    grouped: dict[tuple[Any, Any], set[str]] = defaultdict(set)
    for permission in permissions:
        grouped[permission.resources, permission.condition].update(permission.actions)
    statements = [
        _statement(resources, condition, actions) for (resources, condition), actions in sorted(grouped.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(
    resources: tuple[str, ...], condition: Iterable[tuple[str, str, tuple[str, ...]]], actions: set[str]
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    conditions: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for operator, key, values in condition:
        conditions[operator][key] = list(values)
    return statement | ({"Condition": dict(conditions)} if conditions else {})
