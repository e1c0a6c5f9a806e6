"""The record of every call of the Web API, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class ApiCall:
    """One call: its parameters without the token, when (seconds since the epoch), the answer (None: not done)."""

    method: str
    params: dict[str, Any]
    at: float
    result: dict[str, Any] | None


class CallLog:
    """Every call in order; iterate over it, or ask `of(method)`."""

    def __init__(self) -> None:
        self._calls: list[ApiCall] = []
        self._lock = Lock()

    def add(self, call: ApiCall) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)

    def of(self, method: str) -> list[ApiCall]:
        """The calls of one method."""
        return [call for call in self if call.method == method]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._calls.clear()

    def __iter__(self) -> Iterator[ApiCall]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)
