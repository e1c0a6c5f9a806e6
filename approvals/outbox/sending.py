"""Telling Slack what the database says, in order, without losing or repeating a message.

After a lost answer a message is looked for in Slack before it is sent again, and as long as it cannot be looked for, it is not
sent. Source: Slack API, "chat.postMessage", "Rate limits".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import Context as Unfenced
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from approvals.audit import alarm
from approvals.audit.keys import Keys
from approvals.context import Context
from approvals.models import Message, Request
from approvals.outbox import telling
from approvals.outbox.delivering import Delivering, Posted
from approvals.outbox.home_tabs import HomeTabs
from approvals.outbox.refusals import MOVED, THREAD, UnmendedError, dropped, settle
from approvals.queue import outgoing
from approvals.queue.leases import release
from approvals.queue.outgoing import ANEW, FILE, SOUGHT
from approvals.queue.worker import Job, LaterError, TurnError, work_off
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.sessions.handover import Delivery, refused_by_slack
from approvals.sessions.opening import UndeliverableError
from approvals.slack.client import (
    NotYourTurnError,
    SlackAmbiguousError,
    SlackBusyError,
    SlackRefusedError,
    call,
)
from approvals.states import Status
from approvals.views import hindered, set_aside

log = logging.getLogger(__name__)
# Of a file it is not known where it stands, so that the second one can't be told from the one that counts.
TAKEN_BACK = frozenset({*SOUGHT, CREDENTIALS}) - {FILE}


class Outbox:
    """Sends what is queued; one lane at a time is one worker's. `make_view(user)` makes the home tab that `home_tabs` publishes."""

    def __init__(
        self, context: Context, slack: WebClient, bot_id: Callable[[], str], make_view: Callable[[str], dict[str, Any]]
    ) -> None:
        self.home_tabs = HomeTabs(context.desk, slack, make_view)
        self._context = context
        self.slack = slack
        self._handover = Delivery(context)
        self._delivering = Delivering(context, slack, self._handover, bot_id)
        self._job = replace(LANE, told=self._tell_set_aside)

    def send_lane(self, lane: str) -> None:
        """Sends the lane's messages in order, until one has to wait."""
        while True:
            head = self._head(lane)
            if head is None or not work_off(self._job, self._context.desk, head, self._send):
                return

    def _head(self, lane: str) -> int | None:
        with self._context.store.read() as session:
            found: int | None = session.connection().execute(_HEAD, {"lane": lane}).scalar()
        return found

    def _send(self, message: Message) -> None:
        if not self._is_as_queued(message):
            self._forged(message)
            return
        try:
            posted = self._deliver(message)
        except SlackAmbiguousError as error:
            raise self._in_doubt(message, error) from error
        except NotYourTurnError as error:
            raise TurnError(str(error), error.wait) from error
        except SlackBusyError as error:
            raise LaterError(str(error), error.wait, status="queued") from error
        except SlackRefusedError as error:
            self._refused(message, error)
        except UndeliverableError as error:
            self._undeliverable(message, error)
        else:
            self._sent(message, posted)

    def _is_as_queued(self, message: Message) -> bool:
        """As far as a key tells. What is made when it is sent is made from what is proven elsewhere."""
        keys = Keys.kept(self._context.store)
        if not keys or message.kind in ("card", CREDENTIALS):
            return True
        return keys.bears_out_message(message.model_dump(), message.sealed)

    def _forged(self, message: Message) -> None:
        log.error("a message was not queued by orgbot as it stands in the database, and is dropped: %s", message.kind)
        with self._context.store.write(alone=True) as session:
            if not release(session, Message, message.id or 0, message.lease_owner, status="dropped", error="forged"):
                return
            request = session.get(Request, message.request_id) if message.request_id else None
            if request:
                missing = ["somebody has changed a message about it, or has written one into the database"]
                alarm.sound(session, self._context.clock(), request, missing, alarm.SAID_ALONE)

    def _deliver(self, message: Message) -> Posted:
        """Sends one message, unless an earlier try, whose answer was lost, turns out to have arrived."""
        if message.status == "sending" and message.started_at is not None:
            settled = message.started_at + self._context.pace.slack_settle <= self._context.clock()
            found = self._look_up(message, message.started_at)
            if found:
                return found
            if not settled:
                raise SlackAmbiguousError("its answer was lost a moment ago")
        return self._delivering.deliver(message)

    def _look_up(self, message: Message, sent_at: datetime) -> Posted | None:
        """The message as it stands in Slack; None when it is not there. Raises UnseenError and SlackRefusedError."""
        if message.kind == "card" and self._delivering.request(message).card_ts:
            return None
        found = self._delivering.standing(message, sent_at)
        if found[1:]:
            self._leave_one(message)
        return found[0] if found else None

    def _sent(self, message: Message, posted: Posted) -> None:
        first_card = self._is_first_card(message)
        link = self._permalink(posted) if first_card else ""
        with self._context.store.write() as session:
            where = {"channel": posted.channel, "ts": posted.ts}  # By which a press of one of its buttons is known.
            values = {"status": "sent", "error": "", "due_at": None, **where}
            ours = release(session, Message, message.id or 0, message.lease_owner, **values)
            if ours and message.kind == CREDENTIALS:
                self._handover.sent(session, message, posted.channel, posted.ts)
            if ours and first_card:
                self._card_posted(session, message, posted, link)
            if ours and message.kind == ANEW and posted.ts and (before := outgoing.stands(session, message)):
                outgoing.remove(session, before, self._context.clock())
        if not ours:
            self._too_late(message, posted)

    def _too_late(self, message: Message, posted: Posted) -> None:
        """What was only edited stood before, and may have been edited again since."""
        log.warning("another worker has taken the message over")
        if posted.ts and not posted.edited:
            self._leave_one(message)

    def _in_doubt(self, message: Message, error: SlackAmbiguousError) -> LaterError:
        """What is raised; where the message is another worker's by now, the lost answer may be that to the second post."""
        settle = self._context.pace.slack_settle
        if self._may_be_the_second(message):
            self._leave_one(message, settle)
        return LaterError(
            f"it may or may not have arrived: {error}", min(settle, timedelta(seconds=5)), status="sending"
        )

    def _leave_one(self, message: Message, wait: timedelta = timedelta(0)) -> None:
        with self._context.store.write() as session:
            outgoing.twice(session, message, self._context.clock() + wait)

    def _may_be_the_second(self, message: Message) -> bool:
        """Whether another worker may send the message as well, because it is no longer in our hands."""
        with self._context.store.read() as session:
            found = session.get(Message, message.id)
        return message.kind in TAKEN_BACK and found is not None and found.lease_owner != message.lease_owner

    def _is_first_card(self, message: Message) -> bool:
        return message.kind == "card" and not self._delivering.request(message).card_ts

    def _card_posted(self, session: Session, message: Message, posted: Posted, link: str) -> None:
        now = self._context.clock()
        values = {"card_channel": posted.channel, "card_ts": posted.ts, "card_link": link, "tell_at": now}
        values["thread_ts"] = message.body.get(THREAD, "")
        session.execute(update(Request).where(col(Request.id) == message.request_id).values(**values))
        request = session.get_one(Request, message.request_id)
        if stood := message.body.get(MOVED):
            outgoing.edit(session, request, now, stood, hindered.moved(request))
        if request.status == Status.PENDING:  # Else there is more to tell, and it is under way.
            telling.tell(session, request, now)

    def _permalink(self, posted: Posted) -> str:
        """Where people find it; only a look, so that it matters to nobody whose the message is by now."""
        try:
            place, ts = posted.channel, posted.ts
            found = Unfenced().run(call, self.slack, "chat.getPermalink", channel=place, message_ts=ts)
        except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
            return ""
        return str(found.get("permalink", ""))

    def _refused(self, message: Message, error: SlackRefusedError) -> None:
        self._delivering.forget_place(message.user)
        try:
            settle(self._context, message, error)
        except UnmendedError:
            if message.kind == CREDENTIALS:
                self._undeliverable(message, refused_by_slack(error.code))
            else:
                dropped(self._context, message, error)

    def _undeliverable(self, message: Message, error: UndeliverableError) -> None:
        log.warning("credentials cannot be handed over; the thread says why")
        with self._context.store.write() as session:
            if release(session, Message, message.id or 0, message.lease_owner, status="dropped", error="undeliverable"):
                self._handover.failed(session, message, error)

    def _tell_set_aside(self, session: Session, message: Message, now: datetime) -> None:
        """Nobody waits for a line in a thread. Approvers wait for the card, and the requester for credentials."""
        if message.kind == CREDENTIALS:
            request = session.get_one(Request, message.request_id)
            failed = set_aside.not_handed_over(request, maybe=message.started_at is not None)
            self._handover.failed(session, message, UndeliverableError(failed.say, failed.advice, again=failed.again))
        elif _holds_its_lane(session, message):
            request = session.get_one(Request, message.request_id)
            outgoing.direct(session, request, now, set_aside.no_card(request))


def _holds_its_lane(session: Session, message: Message) -> bool:
    """Whether what is behind it needs it: where there is no card, there is no thread."""
    return message.kind == "card" and not session.get_one(Request, message.request_id).card_ts


def _put_by(session: Session, message: Message, _: datetime) -> dict[str, Any]:
    if message.kind == CREDENTIALS:
        return {"status": "dropped", "error": "set aside"}
    return {} if _holds_its_lane(session, message) else {"status": "aside"}


def _again(_session: Session, message: Message) -> dict[str, Any]:
    """What may have arrived is looked for before it is sent."""
    return {} if message.status != "aside" else {"status": "sending" if message.started_at else "queued"}


LANE: Job[Message] = Job(
    "lane",
    Message,
    Message.due_at,
    (col(Message.status).in_(("queued", "sending")),),
    aside=_put_by,
    again=_again,
)
_HEAD: Any = (
    select(Message.id).where(col(Message.lane) == bindparam("lane"), *LANE.ready).order_by(col(Message.id)).limit(1)
)
