"""Home tabs that follow what happens: who has opened theirs lately, and whose shows something that is no longer so.

Whatever changes a request writes an audit record in the same transaction; a tab that was made before the last record is due.
Several changes at once make one publication. Source: Slack API, "views.publish", "App Home".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from approvals.models import AuditRecord, HomeViewer
from approvals.queue.leases import claim, release
from approvals.queue.store import Store
from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)
MOST_VIEWERS = 50
GATHER = timedelta(seconds=2)
PAUSE = timedelta(seconds=30)
NOTHING_YET = -1
LAST_EVENT = select(func.coalesce(func.max(AuditRecord.id), 0))
OUT_OF_DATE = col(HomeViewer.shown) < LAST_EVENT.scalar_subquery()  # Something has happened since the tab was made.


def opened(session: Session, user: str, clock: Clock) -> None:
    """Somebody looks at their home tab: it is due at once. Only the newest viewers are kept up to date afterwards."""
    now = clock()
    viewer = session.exec(select(HomeViewer).where(HomeViewer.user == user)).first() or HomeViewer(user=user)
    viewer.opened_at, viewer.due_at, viewer.shown = now, now, NOTHING_YET
    session.add(viewer)
    session.flush()
    newest = select(HomeViewer.id).order_by(col(HomeViewer.opened_at).desc(), col(HomeViewer.id).desc())
    kept = list(session.exec(newest.limit(MOST_VIEWERS)).all())
    session.execute(delete(HomeViewer).where(col(HomeViewer.id).not_in(kept)))


def _last_event(session: Session) -> int:
    return session.exec(LAST_EVENT).one() or 0


class HomeTabs:
    """Publishes home tabs; `make_view(user)` makes one from what is true now, and may raise SlackAwayError."""

    def __init__(
        self, store: Store, clock: Clock, owner: str, slack: WebClient, make_view: Callable[[str], dict[str, Any]]
    ) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._slack = slack
        self._make_view = make_view

    def show(self, number: int) -> None:
        """Publishes one viewer's tab; later when Slack is away, and no more when Slack refuses."""
        viewer, last_event = self._claimed(number)
        if viewer is None:
            return
        try:
            call(self._slack, "views.publish", user_id=viewer.user, view=self._make_view(viewer.user))
        except SlackRefusedError as error:
            log.warning("a home tab cannot be shown: %s", error)
            self._forget(viewer)
        except SlackBusyError as error:
            log.warning("a home tab waits for Slack: %s", error)
            self._release(viewer, max(error.wait, GATHER))
        except (SlackAmbiguousError, SlackAwayError) as error:
            log.warning("a home tab waits for Slack: %s", error)
            self._release(viewer, PAUSE)
        except Exception:
            self._release(viewer, PAUSE)
            raise
        else:
            self._release(viewer, GATHER, shown=last_event)

    def _claimed(self, number: int) -> tuple[HomeViewer | None, int]:
        """The viewer, and the last event that their tab is going to show."""
        with self._store.write() as session:
            if not claim(session, HomeViewer, number, self._owner, self._clock()):
                return None, 0
            return session.get_one(HomeViewer, number, populate_existing=True), _last_event(session)

    def _release(self, viewer: HomeViewer, wait: timedelta, **values: int) -> None:
        """Gives the row back; who has opened the tab once more meanwhile gets it anew."""
        with self._store.write() as session:
            now = session.get(HomeViewer, viewer.id, populate_existing=True, with_for_update=True)
            if now is not None and now.opened_at != viewer.opened_at:
                wait, values = timedelta(0), {}
            release(session, HomeViewer, viewer.id or 0, self._owner, due_at=self._clock() + wait, **values)

    def _forget(self, viewer: HomeViewer) -> None:
        with self._store.write() as session:
            session.execute(delete(HomeViewer).where(col(HomeViewer.id) == viewer.id))
