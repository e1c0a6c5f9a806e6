"""The words in which the tables of limits are written: small checks that combine into larger ones.

A check takes a value and the JSON pointer where it stands, and yields what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Check = Callable[[Any, str], Iterator[str]]


def problem(sentence: str, pointer: str) -> str:
    """A refusal in Slack's own form."""
    return f"[ERROR] {sentence} [json-pointer:{pointer or '/'}]"


def string(most: int, least: int = 1) -> Check:
    """Text of `least` to `most` characters."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)

    return check


def pattern(expression: str, what: str) -> Check:
    """Text that matches the whole of a regular expression."""
    compiled = re.compile(expression)

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield problem(f"must be {what}", at)

    return check


def url(most: int = 3000) -> Check:
    """An absolute http(s), mailto or tel address."""

    def check(value: Any, at: str) -> Iterator[str]:
        yield from string(most)(value, at)
        if isinstance(value, str) and not re.match(r"(https?://|mailto:|tel:|slack://)\S+", value):
            yield problem("must be a valid URL", at)

    return check


def boolean(value: Any, at: str) -> Iterator[str]:
    """True or False, and no 0 or 1."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", at)


def integer(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must be an integer", at)
        elif not least <= value <= most:
            yield problem(f"must be between {least} and {most}", at)

    return check


def one_of(*allowed: object) -> Check:
    """One of some literal values."""

    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, (dict, list)) or value not in allowed:
            yield problem(f"must be one of {', '.join(map(str, allowed))}", at)

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` items that each pass."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", at)
            return
        if len(value) < least:
            yield problem(f"no less than {least} items allowed", at)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        for index, entry in enumerate(value):
            yield from item(entry, f"{at}/{index}")

    return check


def anything(_value: Any, _at: str) -> Iterator[str]:
    """For what Slack does not look into."""
    yield from ()


@dataclass(frozen=True)
class Shape:
    """An object's fields: those it must have, those it may have; any other is refused, as Slack does."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", at)
            return
        known = {"type": anything, **self.optional, **self.required}
        for name in self.required:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", at)
        for name, entry in value.items():
            if name not in known:
                yield problem(f"invalid additional property: {name}", at)
            elif entry is not None or name not in self.required:
                yield from known[name](entry, f"{at}/{name}")


def typed(shapes: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """An object whose `type` picks its shape; types outside `allowed` are refused."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", at)
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in shapes or (allowed is not None and kind not in allowed):
            yield problem(f"unsupported type: {kind}", f"{at}/type")
            return
        yield from shapes[kind](value, at)

    return check
