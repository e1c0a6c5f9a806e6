"""Handing credentials over by direct message: opened at the moment of sending, posted, and forgotten.

The queued message holds no secret. Before the post, what was opened is written down without its secret; after a crash or a
lost answer the message is looked up in Slack, and where it is not found new credentials are opened.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from approvals.context import Context
from approvals.models import Message, Request
from approvals.queue import outgoing
from approvals.sessions import book
from approvals.sessions.book import OFFER, State
from approvals.sessions.opening import UndeliverableError, open_session, subject_of, wanted_by
from approvals.sessions.shells import shell_of
from approvals.states import EXECUTING, Status
from approvals.views import sessions
from approvals.views.sessions import Handed
from operations.access.role_sessions import Wanted
from operations.access.signin import console_link

log = logging.getLogger(__name__)
KIND = "credentials"
MEND = "`orgbot check` says what is wrong with the Slack app. Once it is mended, ask again."
MENDS = {
    "messages_tab_disabled": "Whoever administers the Slack app turns on its Messages tab (App Home, Show Tabs); in the manifest "
    "that is `messages_tab_enabled: true`. Then ask again.",
}
Body = dict[str, Any]


class Delivery:
    """The outbox's way with messages of the kind `credentials`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def body(self, request: Request) -> Body:
        """The message to post now; raises LaterError or UndeliverableError."""
        if request.status == Status.SUCCEEDED:  # What a request hands over is handed over before it is done.
            raise UndeliverableError("The credentials were handed over already.")
        wanted = wanted_by(self._context, request)
        if self._context.handover.mode == "reveal":
            return self._offer(request, wanted)
        return self._credentials(request, wanted)

    def _offer(self, request: Request, wanted: Wanted) -> Body:
        with self._context.store.write() as session:
            row = book.offered(session, request, wanted)
        return sessions.offer(subject_of(self._context, request, wanted), row, self._context.clock() + OFFER)

    def _credentials(self, request: Request, wanted: Wanted) -> Body:
        context = self._context
        fresh = open_session(context, request, wanted)
        now = context.clock()
        with context.store.write() as session:
            before = book.find(session, request.id)
            row = book.minted(session, request, wanted, fresh, now)
            deleted = book.delete_at(row, now, context.handover)
            shell = shell_of(session, request.requester)
        link = console_link(context.console.sign_in, fresh)
        handed = Handed(fresh, link, shell, deleted, again=before is not None)
        return sessions.credentials(subject_of(context, request, wanted), handed)

    def sent(self, session: Session, message: Message, channel: str, ts: str) -> None:
        """The message stands in Slack: in the transaction that says so, the session's clock begins and the thread is told."""
        context, now = self._context, self._context.clock()
        request = session.get_one(Request, message.request_id, with_for_update=True)
        row = book.find(session, message.request_id)
        if row is None:
            log.error("a message with credentials has no session in the book")
            return
        row.channel, row.ts = channel, ts
        if row.state == State.MINTED:
            book.handed_over(session, row, now, context.handover)
            outgoing.thread(session, request, now, sessions.live(row))
        elif row.state == State.OFFERED:
            row.delete_due_at = now + OFFER
            book.settle(row)
        session.add(row)
        wake(session, row.request_id, context.clock())

    def failed(self, session: Session, message: Message, error: UndeliverableError) -> None:
        """There will be none: why is left in the message, where the request's runner finds it."""
        now = self._context.clock()
        session.get(Request, message.request_id, with_for_update=True)
        row = book.find(session, message.request_id)
        if row is not None and row.state == State.MINTED:
            book.undelivered(session, row, now)
            session.add(row)
        leave_why(session, message.request_id or 0, error, now)


def leave_why(session: Session, number: int, error: UndeliverableError, now: datetime) -> None:
    """Into the request's message with credentials, where its runner finds it; the request goes on at once."""
    why = {"say": error.failed.say, "advice": error.failed.advice, "again": error.failed.again}
    handing_over = (col(Message.request_id) == number, col(Message.kind) == KIND)
    session.execute(update(Message).where(*handing_over).values(body=why))
    wake(session, number, now)


def wake(session: Session, number: int, now: datetime) -> None:
    """The request goes on at once, where it waits for the delivery."""
    waiting = (col(Request.id) == number, col(Request.status).in_(EXECUTING))
    session.execute(update(Request).where(*waiting).values(due_at=now))


def refused_by_slack(code: str) -> UndeliverableError:
    """There will be no credentials, because Slack does not take the message; with what mends it."""
    return UndeliverableError(f"Slack refuses the direct message ({code}).", MENDS.get(code, MEND), again=True)
