"""Looks at AWS that are good to have, such as IAM Access Analyzer's: nobody waits for them longer than a few seconds in all."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from operations.aws.client import Aws
from operations.aws.errors import AmbiguousError

BUDGET = 4.0  # Seconds, for all optional looks of one card or one answer together.
TIME_IS_UP = "no answer in time"
T = TypeVar("T")


class Looks:
    """The optional looks of one card: `seconds` for all of them together, by a clock that counts seconds."""

    def __init__(self, aws: Aws, seconds: float = BUDGET, clock: Callable[[], float] = time.monotonic) -> None:
        self._aws = aws
        self._clock = clock
        self._end = clock() + seconds

    def read(self, operation: str, ask: Callable[[Aws], T]) -> T:
        """What `ask` gives; raises AwsError, also when the time is up, even while AWS is still being waited for.

        The thread that waits ends with the client's time-out; its answer is let go.
        """
        left = self._end - self._clock()
        found = begun(lambda: ask(self._aws), left) if left > 0 else None
        if found is None or not found.done():
            raise AmbiguousError(operation, "AWS did not answer in time", code=TIME_IS_UP)
        return found.result()


def begun(work: Callable[[], T], seconds: float) -> Future[T]:
    """The work in a thread of its own, when it is done or after so many seconds, whichever comes first; nobody waits for its end."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  Whoever asks for the result gets it.
            future.set_exception(error)

    Thread(target=contextvars.copy_context().run, args=(run,), name="begun", daemon=True).start()
    wait([future], timeout=seconds)
    return future
