"""The clockwork: one APScheduler job that looks for due work, one that keeps the snapshot of the organization
fresh, and some that look now and then whether something else is due.

All live in memory only; what is due stands in the database. `coalesce` and an unlimited grace mean that a late tick is
made once and never skipped. Source: APScheduler User Guide, "Limiting the number of concurrently executing instances".
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from approvals.dispatcher import Dispatcher
from approvals.pools import STRAY
from approvals.queue.leases import running_seconds
from bot.snapshot.cache import SnapshotCache

WATCH_SECONDS = 5
BEAT_SECONDS = 1.0
log = logging.getLogger(__name__)
ONCE: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
# A reading may take longer than a tick: that the next ones find it under way is meant so, and nothing to warn of.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


class Scheduler:
    """Ticks every `seconds`; `anchor_every` 0 posts no anchors of the audit.

    `watch` is called every few seconds, for what the bot has to notice by itself.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        snapshot: SnapshotCache,
        seconds: float,
        anchor_every: timedelta = timedelta(0),
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self._picture = snapshot
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults=ONCE)
        self._scheduler.add_job(dispatcher.wake, "interval", seconds=seconds, id="tick")
        self._scheduler.add_job(self._refresh, "interval", seconds=seconds, id="picture")
        self._scheduler.add_job(dispatcher.clean_up, "interval", hours=1, id="clean up")
        self._scheduler.add_job(watch, "interval", seconds=WATCH_SECONDS, id="watch")
        if anchor_every:
            anchor = partial(dispatcher.anchor, anchor_every)
            self._scheduler.add_job(anchor, "interval", minutes=1, id="anchor")

    def realign(self) -> None:
        """Does everything now, and goes on from there: the machine's clock was set, and APScheduler waits by it."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begins to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ticks no more; nothing to do when it never began. A reading of the organization that is under way is left alone."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def jobs(self) -> list[Any]:
        """What is done regularly, each with its `id` and `func`."""
        return list(self._scheduler.get_jobs())

    def _refresh(self) -> None:
        with suppress(SQLAlchemyError):  # Of the database the readiness tells, once.
            self._picture.adopt()
        if self._picture.due():
            self._picture.refresh()


def every(seconds: float, beat: Callable[[], object]) -> Callable[[], object]:
    """A beat that is left out until the last one is `seconds` ago, by time that nobody sets."""
    last = [-math.inf]

    def spared() -> object:
        now = running_seconds()
        if now - last[0] < seconds:
            return None
        last[0] = now
        return beat()

    return spared


class Pulse:
    """What has to be done every second whatever else goes on, and whatever becomes of the machine's clock: in a thread of its own."""

    def __init__(self, *beats: Callable[[], object], seconds: float = BEAT_SECONDS) -> None:
        self._beats = beats
        self._seconds = seconds
        self._over = threading.Event()
        self._failing: set[int] = set()
        self._thread = threading.Thread(target=self._go_on, name="pulse", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beats no more, once the beat that is under way is over; nothing to do when it never began."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(self._seconds):
            for number, beat in enumerate(self._beats):
                self._try(number, beat)

    def _try(self, number: int, beat: Callable[[], object]) -> None:
        """One that fails, because the database is away, keeps neither the others nor the next beat from being tried."""
        try:
            beat()
        except (Exception, *STRAY) as error:  # noqa: BLE001  Nobody else would hear of it.
            if number not in self._failing:
                log.warning("what is done each second fails for now: %s: %s", type(error).__name__, error)
            self._failing.add(number)
        else:
            self._failing.discard(number)
