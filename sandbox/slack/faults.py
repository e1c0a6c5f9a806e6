"""What goes wrong on purpose: in the Web API's answers, and in what reaches the bot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Any, Literal

Drop = Literal["drop-before", "drop-after", "late"]


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


class Rates:
    """Slack's limits, once `enforce` has been called: messages a second and channel, and each method's calls a minute."""

    def __init__(self) -> None:
        self._apart: float | None = None
        self._tiers: dict[str, int] = {}
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._lock = Lock()

    def enforce(self, apart: float = 1.0, **tiers: int) -> None:
        """From now on a message less than `apart` seconds after the last one in its channel is refused with 429, and so is
        one call too many within a minute of a method in `tiers` (its dots as underscores).
        """
        self._apart, self._tiers = apart, {name.replace("_", "."): most for name, most in tiers.items()}

    def __bool__(self) -> bool:
        """Whether anything is refused."""
        return self._apart is not None or bool(self._tiers)

    def refuses(self, method: str, params: dict[str, Any], now: float) -> int:
        """Seconds for Retry-After when it is one too many, else 0."""
        if self._apart is not None and method == "chat.postMessage":
            return self._over((method, str(params.get("channel"))), now, 1, self._apart)
        return self._over((method, ""), now, self._tiers[method], 60.0) if method in self._tiers else 0

    def _over(self, key: tuple[str, str], now: float, most: int, span: float) -> int:
        with self._lock:
            calls = self._calls.setdefault(key, deque())
            while calls and calls[0] <= now - span:
                calls.popleft()
            if len(calls) >= most:
                return max(ceil(calls[0] + span - now), 1)
            calls.append(now)
            return 0


class Faults:
    """Plans failures; `add` returns the plan, whose `times` counts down to 0 as it happens."""

    def __init__(self) -> None:
        self.rates = Rates()
        self._plans: list[Fault] = []
        self._lock = Lock()
        self._doubles = 0

    def __bool__(self) -> bool:
        """Whether a call may go wrong."""
        return bool(self.rates) or any(plan.times != 0 for plan in self._plans)

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
        and nothing was done; "drop-after": it was done and the answer is lost; "late": it was done at once and the answer comes
        after `delay`. delay: seconds before it is done; alone it
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
        """Let everything go right again; who keeps a plan sees that it is over."""
        with self._lock:
            for plan in self._plans:
                plan.times = 0
            self._plans.clear()
            self._doubles = 0
