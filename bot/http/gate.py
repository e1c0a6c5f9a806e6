"""The gate before Slack's deliveries over HTTP: closed while the bot starts and stops, so that the probes have an open port.

A delivery at a closed gate gets 503, after which Slack sends an event again. Source: Slack API, "Using the Slack Events API".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

Answer = tuple[int, Mapping[str, Sequence[str]], str]
Dispatch = Callable[[str, dict[str, list[str]]], Answer]
QUIET = 0.3  # Seconds in which what was sent before the end may still arrive.
LONGEST = 10.0
AWAY: Answer = (503, {}, "")


class Gate:
    """Hands deliveries on between `open` and `close`, and knows how many are in hand."""

    def __init__(self) -> None:
        self._dispatch: Dispatch | None = None
        self._in_hand = 0
        self._changed = threading.Condition()

    def __call__(self, body: str, headers: dict[str, list[str]]) -> Answer:
        """Status, headers and body of the answer."""
        with self._changed:
            dispatch = self._dispatch
            if dispatch is None:
                return AWAY
            self._in_hand += 1
        try:
            return dispatch(body, headers)
        finally:
            with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    def open(self, dispatch: Dispatch) -> None:
        """From now on deliveries go to `dispatch`."""
        self._dispatch = dispatch

    def close(self, quiet: float = QUIET, longest: float = LONGEST) -> None:
        """Returns when nothing was in hand for `quiet` seconds, or after `longest`; from then on there is 503."""
        end = time.monotonic() + longest
        with self._changed:
            while self._dispatch and time.monotonic() < end:
                came = self._changed.wait(end - time.monotonic() if self._in_hand else quiet)
                if not came and not self._in_hand:
                    break
            self._dispatch = None
