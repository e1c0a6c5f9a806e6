"""The workspace's time: the machine's, which tests may set forward."""

from __future__ import annotations

import time
from threading import Lock


class Clock:
    """Seconds since the epoch; `advance(seconds)` lets trigger ids and response_urls grow old in a test."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._last = 0
        self._lock = Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Set the clock forward."""
        self._ahead += seconds

    def reset(self) -> None:
        """The machine's time again."""
        with self._lock:
            self._ahead, self._last = 0.0, 0

    def ts(self) -> str:
        """A message's ts: seconds and microseconds, never the same twice, always rising."""
        with self._lock:
            self._last = max(int(self.now() * 1_000_000), self._last + 1)
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
