"""What goes wrong on purpose: throttling, server errors, lost connections, unreadable answers, delays, a rate limit.

Source: AWS Organizations API Reference, "Common Errors"; User Guide, "Quotas" (throttling is HTTP 400).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, get_args

Kind = Literal["throttle", "500", "503", "drop-before", "drop-after", "bad-json", "delay", "error"]


@dataclass
class Fault:
    """One planned fault; "" stands for every service or operation, `times=None` for ever.

    `drop-before` closes the connection before the call is carried out, `drop-after` when it has been; `bad-json` carries
    it out and cuts the answer; `delay` waits `seconds` and carries it out; `error` answers `code` (and `reason`).
    """

    kind: Kind
    service: str = ""
    operation: str = ""
    times: int | None = 1
    every: int = 1
    seconds: float = 0.0
    code: str = ""
    reason: str = ""
    seen: int = field(default=0, init=False)

    def matches(self, service: str, operation: str) -> bool:
        """Whether a call is one that this fault is about."""
        return self.service in ("", service) and self.operation in ("", operation) and self.times != 0

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
    ) -> Fault:
        """Plan a fault; raises ValueError for an unknown kind or an `error` without `code`."""
        if kind not in get_args(Kind):
            raise ValueError(f"kind={kind!r} is no fault; there are {', '.join(get_args(Kind))}")
        if kind == "error" and not code:
            raise ValueError('kind="error" needs code=, such as "FinalizingOrganizationException"')
        fault = Fault(kind, service, operation, times, every, seconds, code, reason)
        with self._lock:
            self._faults.append(fault)
        return fault

    def strike(self, service: str, operation: str) -> Fault | None:
        """The fault that hits this call, if any."""
        with self._lock:
            matching = [fault for fault in self._faults if fault.matches(service, operation)]
            return next((fault for fault in matching if fault.strikes()), None)

    def clear(self) -> None:
        """Plan nothing any more."""
        with self._lock:
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
