"""What goes wrong on purpose: throttling, server errors, lost connections, unreadable answers, delays, a rate limit.

Source: AWS Organizations API Reference, "Common Errors"; User Guide, "Quotas" (throttling is HTTP 400).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, Literal, get_args

Kind = Literal[
    "throttle", "500", "503", "drop-before", "drop-after", "bad-json", "delay", "delay-after", "error", "late"
]


LOOKS = ("List", "Describe", "Get", "Assume", "Simulate", "Validate", "Check")


def is_change(operation: str) -> bool:
    """Whether a call changes something in AWS; the names say it."""
    return not operation.startswith(LOOKS)


@dataclass
class Fault:
    """One planned fault; "" stands for every service or operation, `times=None` for ever.

    `drop-before` closes the connection before the call is carried out, `drop-after` when it has been; `bad-json` carries
    it out and cuts the answer (botocore reads that as an answer without members); `delay` waits `seconds` and carries it out,
    `delay-after` carries it out and waits with the answer: longer than the client's time-out, both are lost answers.
    `late` carries it out and lets no look show it for `seconds` of the stand-in's clock. `error` answers `code` (and `reason`).
    `where` are parameters that must be as given; `changes` leaves calls alone that only look.
    """

    kind: Kind
    service: str = ""
    operation: str = ""
    times: int | None = 1
    every: int = 1
    seconds: float = 0.0
    code: str = ""
    reason: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    changes: bool = False
    seen: int = field(default=0, init=False)
    cancelled: bool = field(default=False, init=False)
    _released: Event = field(default_factory=Event, init=False, repr=False)

    def matches(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Whether a call is one that this fault is about."""
        named = self.service in ("", service) and self.operation in ("", operation)
        if self.changes and not is_change(operation):
            return False
        return named and self.times != 0 and all(params.get(key) == value for key, value in self.where.items())

    def wait(self) -> bool:
        """Wait for `seconds` or `release`; false when the fault was cancelled, so that nothing may happen any more."""
        self._released.wait(self.seconds)
        return not self.cancelled

    def release(self) -> None:
        """Let the calls that this fault delays go on, now and later."""
        self._released.set()

    def cancel(self) -> None:
        """Let the calls that this fault delays end without an answer."""
        self.cancelled = True
        self.release()

    def strikes(self) -> bool:
        """Count one matching call; true when it is the one to be hit."""
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The planned faults; the first that strikes is the one that happens."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(  # noqa: PLR0913 - each is an independent wish about one fault.
        self,
        operation: str = "",
        kind: Kind = "throttle",
        *,
        service: str = "",
        times: int | None = 1,
        every: int = 1,
        seconds: float = 0.0,
        code: str = "",
        reason: str = "",
        where: Mapping[str, Any] | None = None,
        changes: bool = False,
    ) -> Fault:
        """Plan a fault; raises ValueError for an unknown kind or an `error` without `code`."""
        if kind not in get_args(Kind):
            raise ValueError(f"kind={kind!r} is no fault; there are {', '.join(get_args(Kind))}")
        if kind == "error" and not code:
            raise ValueError('kind="error" needs code=, such as "FinalizingOrganizationException"')
        fault = Fault(kind, service, operation, times, every, seconds, code, reason, where or {}, changes)
        with self._lock:
            self._faults.append(fault)
        return fault

    def planned(self, kind: Kind) -> bool:
        """Whether a fault of this kind is still to come."""
        with self._lock:
            return any(fault.kind == kind and fault.times != 0 for fault in self._faults)

    def strike(self, service: str, operation: str, params: Mapping[str, Any] | None = None) -> Fault | None:
        """The fault that hits this call, if any."""
        with self._lock:
            matching = [fault for fault in self._faults if fault.matches(service, operation, params or {})]
            return next((fault for fault in matching if fault.strikes()), None)

    def __bool__(self) -> bool:
        """Whether any fault may still strike."""
        with self._lock:
            return any(fault.times != 0 for fault in self._faults)

    def clear(self) -> None:
        """Plan nothing any more; calls that are being delayed end without an answer."""
        with self._lock:
            for fault in self._faults:
                fault.cancel()
            self._faults.clear()


class TokenBucket:
    """A rate limit in calls per second with a burst, as AWS's throttling works."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = burst
        self._filled = time.monotonic()
        self._lock = Lock()

    def take(self) -> bool:
        """Take one token; false when there is none."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
