"""Home tabs that follow what happens: who has opened theirs lately, and whose shows something that is no longer so.

Whatever changes a request writes an audit record in the same transaction; a tab that was made before the last record is due.
Several changes at once make one publication. A tab on which something is still to come is made anew soon; one whose picture Slack
does not take is shown without. Source: Slack API, "views.publish", "App Home".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from approvals.models import AuditRecord, HomeViewer, Picture
from approvals.queue.leases import release
from approvals.queue.store import Store
from approvals.queue.worker import Desk, Job, work_off
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.modals import COMING
from approvals.views.set_aside import home_not_shown

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)
MOST_VIEWERS = 50
GATHER = timedelta(seconds=2)
STILL_SHOWN = timedelta(minutes=10)  # For home tabs that are made anew a moment later.
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
    others = select(HomeViewer.id).where(col(HomeViewer.id).not_in(kept)).with_for_update(skip_locked=True)
    session.execute(delete(HomeViewer).where(col(HomeViewer.id).in_(session.exec(others).all())))


def _last_event(session: Session) -> int:
    return session.exec(LAST_EVENT).one() or 0


class PictureBook:
    """The pictures for home tabs that Slack keeps: one of each content for all processes, also after a restart."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def shows(self, digest: str, file: str = "") -> str:
        """The file that has this content and is shown from now on, `file` where there was none; empty where there is none."""
        now = self._clock()
        with self._store.write() as session:
            found = session.get(Picture, digest)
            if found is None and file:
                found = Picture(digest=digest, file=file)
            if found is None:
                return ""
            found.replaced_at = None
            session.add(found)
            others = (col(Picture.digest) != digest, col(Picture.replaced_at).is_(None))
            if session.execute(update(Picture).where(*others).values(replaced_at=now)).rowcount:  # type: ignore[attr-defined]
                session.execute(update(HomeViewer).values(shown=NOTHING_YET, due_at=now))  # They show the old one.
            return found.file

    def outdated(self) -> Sequence[str]:
        """The files that home tabs have stopped showing a while ago."""
        before = col(Picture.replaced_at) <= self._clock() - STILL_SHOWN
        with self._store.read() as session:
            return session.exec(select(Picture.file).where(before)).all()

    def forget(self, file: str) -> None:
        """Slack has it no longer."""
        with self._store.write() as session:
            session.execute(delete(Picture).where(col(Picture.file) == file))


HOME: Job[HomeViewer] = Job("home", HomeViewer, HomeViewer.due_at, (OUT_OF_DATE,))


class HomeTabs:
    """Publishes home tabs; `make_view(user)` makes one from what is true now, and may raise SlackAwayError."""

    def __init__(self, desk: Desk, slack: WebClient, make_view: Callable[[str], dict[str, Any]]) -> None:
        self._desk = desk
        self._slack = slack
        self._make_view = make_view
        self._job = replace(HOME, say=self._say)

    def show(self, number: int) -> None:
        """Publishes one viewer's tab; later when Slack is away, and no more when Slack refuses."""
        work_off(self._job, self._desk, number, self._show)

    def _show(self, viewer: HomeViewer) -> None:
        with self._desk.store.read() as session:
            last_event = _last_event(session)
        view = self._make_view(viewer.user)
        try:
            self._publish(viewer.user, view)
        except SlackRefusedError as error:
            log.warning("a home tab cannot be shown: %s", error)
            self._forget(viewer)
        else:
            self._shown(viewer, NOTHING_YET if view.get("private_metadata") == COMING else last_event)

    def _publish(self, user: str, view: dict[str, Any]) -> None:
        try:
            call(self._slack, "views.publish", user_id=user, view=view)
        except SlackRefusedError as error:
            plain = [block for block in view["blocks"] if block["type"] != "image"]
            if len(plain) == len(view["blocks"]):
                raise
            log.warning("a home tab is shown without its picture: %s", error)
            call(self._slack, "views.publish", user_id=user, view={**view, "blocks": plain})

    def _shown(self, viewer: HomeViewer, last_event: int) -> None:
        """Gives the row back; who has opened the tab once more meanwhile gets it anew."""
        now = self._desk.clock()
        values: dict[str, Any] = {"shown": last_event, "due_at": now + GATHER}
        with self._desk.store.write() as session:
            newest = session.get(HomeViewer, viewer.id, populate_existing=True, with_for_update=True)
            if newest is not None and newest.opened_at != viewer.opened_at:
                values = {"due_at": now}
            release(session, HomeViewer, viewer.id or 0, viewer.lease_owner, **values)

    def _say(self, viewer: HomeViewer) -> None:
        """In place of the tab that could not be made."""
        with suppress(SlackRefusedError, SlackBusyError, SlackAmbiguousError):
            call(self._slack, "views.publish", user_id=viewer.user, view=home_not_shown())

    def _forget(self, viewer: HomeViewer) -> None:
        with self._desk.store.write() as session:
            session.execute(delete(HomeViewer).where(col(HomeViewer.id) == viewer.id))
