"""The signals by which the process is told to end or to read its rules anew.

They are held back from the first moment on and taken one at a time. A handler would not do: Python runs it in the main thread
between two steps, so one that comes just before that thread goes to sleep is seen only when something else wakes it.
Source: Python documentation, "signal — Set handlers for asynchronous events" (pthread_sigmask, sigwait).
"""

from __future__ import annotations

import signal
from collections.abc import Callable

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
ALL = ENDING | {signal.SIGHUP}


class ToldToEndError(Exception):
    """SIGTERM or SIGINT came while something was waited for."""


def hold() -> None:
    """To be called before any thread is started, because threads inherit what is held back."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ALL)


def until_told_to_end(hung_up: Callable[[], None]) -> None:
    """Returns at SIGTERM or SIGINT, also at one that came since `hold`; calls `hung_up` at each SIGHUP."""
    while signal.sigwait(ALL) not in ENDING:
        hung_up()


def pause(seconds: float) -> None:
    """Waits; raises ToldToEndError at SIGTERM or SIGINT, also at one that came since `hold`."""
    if signal.sigtimedwait(ENDING, seconds):
        raise ToldToEndError
