"""Which function answers which operation of AWS Organizations.

An operation's function takes the organization and the request's parameters and gives the answer. A listing's function
gives every item and how one is described; cutting pages is done here, once for all.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sandbox.aws.backend import Backend
from sandbox.aws.refusals import invalid

Params = dict[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Backend, Params], Answer]

PAGE = 20
OPERATIONS: dict[str, Operation] = {}


class Listing(NamedTuple):
    """Every item of a List operation in order, the structure that AWS shows of one, and what stands beside the list."""

    items: Sequence[Any]
    describe: Callable[[Any], Any] = lambda item: item
    beside: Mapping[str, Any] = MappingProxyType({})


def operation(name: str) -> Callable[[Operation], Operation]:
    """Register a function as AWS's operation `name`."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def listing(name: str, key: str) -> Callable[[Callable[[Backend, Params], Listing]], Operation]:
    """Register a function as AWS's List operation `name`, whose items stand under `key`, at most 20 a page."""

    def register(function: Callable[[Backend, Params], Listing]) -> Operation:
        def answer(org: Backend, params: Params) -> Answer:
            return page(key, name, function(org, params), params)

        return operation(name)(answer)

    return register


def page(key: str, name: str, listed: Listing, params: Params) -> Answer:
    """The page that `NextToken` asks for; a token of another operation is refused, as AWS does."""
    start = _start(name, params.get("NextToken"))
    end = start + min(int(params.get("MaxResults") or PAGE), PAGE)
    answer: Answer = {key: [listed.describe(item) for item in listed.items[start:end]], **listed.beside}
    return answer | ({"NextToken": _token(name, end)} if end < len(listed.items) else {})


def _token(name: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{name}:{start}".encode()).decode()


def _start(name: str, token: str | None) -> int:
    if not token:
        return 0
    try:
        owner, start = base64.urlsafe_b64decode(token.encode()).decode().split(":")
    except ValueError:
        owner, start = "", ""
    if owner != name or not start.isdecimal():
        raise invalid("INVALID_NEXT_TOKEN", "You specified an invalid NextToken.")
    return int(start)
