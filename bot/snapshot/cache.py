"""The cached snapshot of the organization: read in the background, asked for anew after every change of ours."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.snapshot.file import SnapshotFile
from operations.aws.client import Aws
from operations.aws.errors import AwsError, RefusedError
from operations.core.explanations import refusal
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization

log = logging.getLogger(__name__)
NOT_YET = "The organization has not been read from AWS yet. Please try again in some seconds."
RETRY = timedelta(seconds=15)


class SnapshotCache:
    """`latest()` never waits; `refresh()` reads once, by one thread at a time, and keeps the old snapshot when AWS is away.

    With `kept` the snapshot of the last process is there from the beginning. `on_read` gets each new one before anybody else. `problem` is for those who run the bot; `unread`
    tells people why there is no snapshot: waiting helps only where AWS has not refused.
    """

    def __init__(
        self,
        aws: Aws,
        clock: Callable[[], datetime],
        every: timedelta,
        kept: SnapshotFile | None = None,
        on_read: Callable[[Organization], None] = lambda _: None,
    ) -> None:
        self._aws = aws
        self._clock = clock
        self._every = every
        self._kept = kept
        self._on_read = on_read
        self._latest = kept.load() if kept else None
        self._due = clock()
        self._reading = threading.Lock()
        self.problem = "the organization has not been read yet"
        self.unread = NOT_YET

    def latest(self) -> Organization | None:
        """The newest snapshot; None until the first reading succeeded, unless one was kept."""
        return self._latest

    def outdate(self) -> None:
        """Asks for a new snapshot at the next tick."""
        self._due = self._clock()

    def due(self) -> bool:
        """Whether it is time to read again."""
        return self._clock() >= self._due

    def refresh(self) -> None:
        """Reads the organization; a second thread that asks meanwhile goes away with the present snapshot."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            self._due = self._clock() + self._every
            found = read_organization(self._aws, self._clock)
            self._pass_on(found)
            self._latest = found
            self.problem = ""
            if self._kept:
                self._kept.save(self._latest)
        except AwsError as error:
            self.problem = f"the organization cannot be read: {error}"
            self.unread = _why(error)
            self._due = self._clock() + min(RETRY, self._every)
            log.warning("%s", self.problem)
        except Exception:
            self.problem = "the organization cannot be read: AWS's answer is not understood; the log has it"
            self._due = self._clock() + min(RETRY, self._every)
            log.exception("AWS's answer is not understood")
        finally:
            self._reading.release()

    def _pass_on(self, found: Organization) -> None:
        """What becomes of it elsewhere is no fault of AWS's; it is passed on again with the next reading, soon."""
        try:
            self._on_read(found)
        except Exception:
            self._due = self._clock() + min(RETRY, self._every)
            log.exception("the organization was read, and could not be passed on")


def _why(error: AwsError) -> str:
    if not isinstance(error, RefusedError):
        return NOT_YET
    failed = refusal(error.code, error.reason, error.message)
    return f"The organization cannot be read from AWS. {failed.say} {failed.advice}"
