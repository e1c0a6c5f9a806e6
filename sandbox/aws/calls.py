"""The calls that came in, for tests to look at and to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Condition
from typing import Any


@dataclass
class Call:
    """One HTTP request. `outcome` is `ok`, an error's code, a fault's kind, or "" while it is under way.

    `attempt` is the SDK's invocation id: an SDK that retries sends several requests with one invocation id.
    """

    service: str
    operation: str
    params: dict[str, Any]
    attempt: str = ""
    account: str = ""
    outcome: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class CallLog:
    """The recorded calls in order of arrival; safe to use from any thread."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._changed = Condition()

    def add(self, call: Call) -> Call:
        """Record a call that has just arrived."""
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()
        return call

    def finish(self, call: Call, outcome: str) -> None:
        """Record how a call ended."""
        with self._changed:
            call.outcome = outcome
            self._changed.notify_all()

    def of(self, operation: str) -> list[Call]:
        """The calls of one operation, such as `CreateAccount`."""
        return [call for call in self if call.operation == operation]

    def wait_for(self, operation: str, count: int = 1, timeout: float = 10.0) -> list[Call]:
        """Wait until `count` calls of an operation have ended; raises TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._ended(operation)) >= count, timeout):
                raise TimeoutError(f"{len(self._ended(operation))} of {count} calls of {operation} in {timeout} s")
            return self._ended(operation)

    def clear(self) -> None:
        """Forget every call."""
        with self._changed:
            self._calls.clear()

    def _ended(self, operation: str) -> list[Call]:
        return [call for call in self._calls if call.operation == operation and call.outcome]

    def __iter__(self) -> Iterator[Call]:
        with self._changed:
            return iter(list(self._calls))

    def __len__(self) -> int:
        with self._changed:
            return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        with self._changed:
            return self._calls[index]
