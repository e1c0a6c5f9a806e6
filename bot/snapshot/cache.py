"""The cached snapshot of the organization: read in the background, with all that is known to have changed since taken in at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from operations.aws.client import Aws
from operations.aws.errors import AwsError, MisplacedError, RefusedError
from operations.core.explanations import refusal
from operations.snapshot.changes import Change, taken_in
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization

log = logging.getLogger(__name__)
NOT_YET = "The organization has not been read from AWS yet. Please try again in some seconds."
RETRY = timedelta(seconds=15)
Numbered = tuple[int, tuple[Change, ...]]
"""Changes of the organization that became known together, and their number."""


class Kept(Protocol):
    """Where the newest snapshot is kept; `newer` gives what another process has kept there since."""

    def load(self) -> Organization | None: ...
    def save(self, organization: Organization) -> None: ...
    def newer(self, than: datetime) -> Organization | None: ...


def _none(_: datetime) -> list[Numbered]:
    return []


class SnapshotCache:
    """`latest()` never waits; `refresh()` reads once, by one thread at a time, and keeps the old snapshot when AWS is away.

    With `kept` the snapshot of the last process is there from the beginning. `since(read_at)` gives what a reading that began
    then may not show; `catch_up()` takes in what is new of it. `on_read` gets each new snapshot before anybody else. `problem`
    is for those who run the bot, and so is `misplaced`, where it runs with credentials with which it must not; `unread` tells
    people why there is no snapshot: waiting helps only where AWS has not refused.
    """

    def __init__(  # noqa: PLR0913 - each is another way in or out.
        self,
        aws: Aws,
        clock: Callable[[], datetime],
        every: timedelta,
        kept: Kept | None = None,
        on_read: Callable[[Organization], None] = lambda _: None,
        since: Callable[[datetime], Sequence[Numbered]] = _none,
    ) -> None:
        self._aws = aws
        self._clock = clock
        self._every = every
        self._kept = kept
        self._on_read = on_read
        self._since = since
        self._read = kept.load() if kept else None
        self._latest = self._read
        self._taken_in: list[int] = []
        self._due = clock()
        self._reading = threading.Lock()
        self._changing = threading.Lock()
        self.problem = "the organization has not been read yet"
        self.misplaced = ""
        self.unread = NOT_YET

    def latest(self) -> Organization | None:
        """The newest snapshot; None until the first reading succeeded, unless one was kept, and where the bot must not work."""
        return None if self.misplaced else self._latest

    def outdate(self) -> None:
        """Asks for a new snapshot at the next tick."""
        self._due = self._clock()

    def due(self) -> bool:
        """Whether it is time to read again."""
        return self._clock() >= self._due

    def catch_up(self) -> None:
        """Takes in what has become known since; while the database is away the snapshot stays as it is."""
        try:
            with self._changing:
                if self._read is not None:
                    self._take_in(self._read, self._taken_in)
        except SQLAlchemyError:
            return  # Of the database the readiness tells, once.
        except Exception:
            log.exception("what has changed in the organization cannot be taken in")  # The next reading shows it.

    def adopt(self) -> None:
        """Takes what another process has read since, and leaves the next reading to that one; its own trouble with AWS stays told."""
        found = self._kept.newer(self._read.read_at) if self._kept and self._read else None
        if found is None:
            return
        with self._changing:
            self._take_in(found, [])
        if not self.problem:
            self._due = max(self._due, found.read_at + self._every + RETRY)

    def _take_in(self, read: Organization, before: list[int]) -> None:
        """The reading with all that is newer than it; what `before` names is in the latest snapshot already."""
        newer = self._since(read.read_at)
        numbers = [number for number, _ in newer]
        if read is self._read and numbers == before:
            return
        known = len(before) if numbers[: len(before)] == before else 0
        start = self._latest if known and self._latest else read
        found = taken_in(start, (change for _, changes in newer[known:] for change in changes))
        self._pass_on(found)
        self._read, self._latest, self._taken_in = read, found, numbers

    def refresh(self) -> None:
        """Reads the organization; a second thread that asks meanwhile goes away with the present snapshot."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            self._due = self._clock() + self._every
            found = read_organization(self._aws, self._clock)
            with self._changing:
                self._take_in(found, [])
            self.problem = self.misplaced = ""
            if self._kept and self._latest:
                self._kept.save(self._latest)
        except AwsError as error:
            self.problem = f"the organization cannot be read: {error}"
            self.misplaced = error.message if isinstance(error, MisplacedError) else self.misplaced
            self.unread = _why(error)
            self._due = self._clock() + min(RETRY, self._every)
            log.warning("%s", self.problem)
        except SQLAlchemyError:  # Of the database the readiness tells.
            self.problem = "the organization was read, and could not be kept: the database does not answer"
            self._due = self._clock() + min(RETRY, self._every)
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
    if isinstance(error, MisplacedError):
        return f"The bot can't work with its own AWS credentials: {error.message}."
    if not isinstance(error, RefusedError):
        return NOT_YET
    failed = refusal(error.code, error.reason, error.message)
    return f"The organization cannot be read from AWS. {failed.say} {failed.advice}"
