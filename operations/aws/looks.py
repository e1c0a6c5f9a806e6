"""Looks at AWS that are good to have, such as IAM Access Analyzer's: nobody waits for them longer than a few seconds in all."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
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
        found: list[T] = []
        failed: list[Exception] = []
        if left > 0:
            context = contextvars.copy_context()
            thread = Thread(target=context.run, args=(_try, ask, self._aws, found, failed), name="look", daemon=True)
            thread.start()
            thread.join(left)
        if failed:
            raise failed[0]
        if not found:
            raise AmbiguousError(operation, "AWS did not answer in time", code=TIME_IS_UP)
        return found[0]


def _try(ask: Callable[[Aws], T], aws: Aws, found: list[T], failed: list[Exception]) -> None:
    try:
        found.append(ask(aws))
    except Exception as error:  # noqa: BLE001  It is raised where the answer is waited for.
        failed.append(error)
