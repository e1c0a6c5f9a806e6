"""What goes wrong on purpose: in the Web API's answers, and in what reaches the bot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

Drop = Literal["drop-before", "drop-after"]


@dataclass
class Fault:
    """One planned failure of the Web API."""

    method: str
    fault: Drop | None
    error: str | None
    status: int | None
    retry_after: int | None
    delay: float
    times: int | None
    when: Callable[[dict[str, Any]], bool] | None
    every: int
    page: str | None = None
    met: int = 0

    def applies(self, method: str, params: dict[str, Any]) -> bool:
        """Whether it hits this call; counts what it sees."""
        if self.times == 0 or self.method not in {"*", method} or (self.when is not None and not self.when(params)):
            return False
        self.met += 1
        if self.met % self.every:
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class Faults:
    """Plans failures; `add` returns the plan, whose `times` counts down to 0 as it happens."""

    def __init__(self) -> None:
        self._plans: list[Fault] = []
        self._lock = Lock()
        self._doubles = 0

    def add(  # noqa: PLR0913 - Each keyword is one way to fail.
        self,
        method: str = "*",
        fault: Drop | None = None,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        delay: float = 0.0,
        times: int | None = 1,
        every: int = 1,
        when: Callable[[dict[str, Any]], bool] | None = None,
        page: str | None = None,
    ) -> Fault:
        """Let calls of `method` ("*": any) go wrong, the next `times` of them (None: until `clear`).

        error: answer {ok: false, error}. status: answer with that HTTP status; 429 comes with Retry-After of
        `retry_after` seconds (1 when not given), 5xx with a page instead of JSON. "drop-before": the connection breaks
        and nothing was done; "drop-after": it was done and the answer is lost. delay: seconds before it is done; alone it
        is a slow answer. page: this text instead of Slack's answer, with `status` or 200, as from something between; with
        "drop-after" the call was done. every=2 hits each second call only; `when` looks at the parameters.
        """
        plan = Fault(method, fault, error, status, retry_after, delay, times, when, every, page)
        with self._lock:
            self._plans.append(plan)
        return plan

    def next(self, method: str, params: dict[str, Any]) -> Fault | None:
        """The plan that hits this call, if any."""
        with self._lock:
            return next((plan for plan in self._plans if plan.applies(method, params)), None)

    def deliver_twice(self, times: int = 1) -> None:
        """Let the next `times` commands, clicks, submissions or events reach the bot twice, as Slack may."""
        with self._lock:
            self._doubles += times

    def doubles_now(self) -> bool:
        """Whether this delivery happens twice."""
        with self._lock:
            hit = self._doubles > 0
            self._doubles -= hit
            return hit

    def clear(self) -> None:
        """Let everything go right again."""
        with self._lock:
            self._plans.clear()
            self._doubles = 0
