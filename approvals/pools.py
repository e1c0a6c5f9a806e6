"""Threads for each kind of waiting: what hangs on AWS, on Slack, or on reading the organization holds nothing else up.

A stop gives what is in hand its time, and no more: what has not begun is still due in the database, and what was cut off is taken
up by whoever comes next.
"""

from __future__ import annotations

import logging
import threading
import time
from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import StrEnum
from typing import Any

log = logging.getLogger(__name__)
# What a library may raise to end a thread, a task or the process: in a worker's thread it ends the job that it came from, as any
# other error. Nobody's ^C is among it, because signals are held back for the main thread: see bot.signals.
STRAY = (SystemExit, KeyboardInterrupt, GeneratorExit, CancelledError, BaseExceptionGroup)
SOON = 1.0  # Seconds that a form may wait for what it shows; its trigger lives 3 s.


class Pool(StrEnum):
    """Whose threads do the work."""

    NOW = "now"
    """Forms and answers, for which a person waits at this moment."""
    CLICKS = "clicks"
    """Decisions, and requests whose time is over."""
    MESSAGES = "messages"
    """What is told to Slack."""
    CREDENTIALS = "credentials"
    """Role sessions: opened, revealed, ended."""
    PREVIEWS = "previews"
    """What a request would do, before its card is made."""
    AWS = "aws"
    """What changes something in AWS."""
    PEOPLE = "people"
    """Reminders, and looking up whom to call."""
    LOOKS = "looks"
    """What is only looked at, and asks AWS."""


MANY = {Pool.NOW: 4, Pool.PREVIEWS: 4}  # Times as many threads: these wait the longest, or are waited for the most.


class Pools:
    """`workers` threads for each pool, more for some; threads are made when they are needed."""

    def __init__(self, workers: int) -> None:
        self._pools = {
            pool: ThreadPoolExecutor(workers * MANY.get(pool, 1), thread_name_prefix=f"{pool}") for pool in Pool
        }
        self._unfinished: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def submit(self, pool: Pool, work: Callable[[], object]) -> bool:
        """Has the work done by one of the pool's threads; False once there is to be no more."""
        with self._lock:
            if self._stopping:
                return False
            future = self._pools[pool].submit(work)
            self._unfinished.add(future)
        future.add_done_callback(self._done)
        return True

    def _done(self, future: Future[Any]) -> None:
        with self._lock:
            self._unfinished.discard(future)

    def stop(self, seconds: float) -> bool:
        """Takes on nothing more, and whether all that was begun has ended within so many seconds.

        What a person waits for is still begun; whatever else has not begun stays where it is, in the database.
        """
        end = time.monotonic() + seconds
        with self._lock:
            self._stopping = True
        for pool, threads in self._pools.items():
            threads.shutdown(wait=False, cancel_futures=pool is not Pool.NOW)
        with self._lock:
            left = list(self._unfinished)
        _, unfinished = wait(left, timeout=max(end - time.monotonic(), 0.0))
        if unfinished:
            log.warning(
                "%s jobs were still in hand when the time to stop was over; they are taken up again", len(unfinished)
            )
        return not unfinished
