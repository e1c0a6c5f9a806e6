"""Telling Slack what the database says, in order, without losing or repeating a message.

A message is marked `sending` before it leaves and carries an opaque id as metadata; after a lost answer it is looked for in
Slack before it is sent again, and as long as it cannot be looked for, it is not sent. A card is made from the database at the moment of sending, so that updating
it twice is harmless. Source: Slack API, "Message metadata", "chat.postMessage", "Rate limits".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context as Unfenced
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from cachetools import LRUCache, cachedmethod
from slack_sdk import WebClient
from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from approvals.audit import alarm
from approvals.audit.keys import Keys
from approvals.authority.may import barred, votes_of
from approvals.authority.requirements import requirements_of
from approvals.context import Context
from approvals.models import Message, Request, Vote
from approvals.outbox import telling
from approvals.outbox.home_tabs import HomeTabs
from approvals.outbox.look_up import Place, find, looking_up
from approvals.outbox.refusals import ALONE, MOVED, PLAIN, THREAD, UnmendedError, dropped, settle
from approvals.queue import outgoing
from approvals.queue.leases import release
from approvals.queue.outgoing import ANEW, EDITED, FILE, LINE
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
    call_now,
    take_turn,
)
from approvals.slack.codes import Answer, elsewhere
from approvals.slack.pacing import POST
from approvals.states import Status
from approvals.views import hindered, set_aside
from approvals.views.card import card, names_people, plain_card
from approvals.views.thread import Body
from operations.aws.errors import FencedError

log = logging.getLogger(__name__)
DIRECT_CHANNELS = 10_000  # People whose channel is remembered, those who got a message lately.
EVENT = "orgbot_message"
EPHEMERAL = "chat.postEphemeral"
LOOK_AGAIN, MOST_LOOKS = (
    0.5,
    32,
)  # Seconds between two looks, and so many: longer than a lease, after which others take over.
CHANNELS_OWN = ("card", "notice")  # What stands in the approval channel itself.


@dataclass(frozen=True)
class Posted:
    """Where a message stands in Slack; `edited` where it stood already, and has got other words."""

    channel: str
    ts: str
    edited: bool = False


UNSAID = Posted("", "")


class Outbox:
    """Sends what is queued; one lane at a time is one worker's. `make_view(user)` makes the home tab that `home_tabs` publishes."""

    def __init__(
        self, context: Context, slack: WebClient, bot_id: Callable[[], str], make_view: Callable[[str], dict[str, Any]]
    ) -> None:
        self.home_tabs = HomeTabs(context.desk, slack, make_view)
        self._context = context
        self.slack = slack
        self._bot_id = bot_id
        self._direct_channels: LRUCache[str, str] = LRUCache(DIRECT_CHANNELS)
        self._opening = threading.Lock()
        self._delivery = Delivery(context)
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
            wait = min(self._context.pace.slack_settle, timedelta(seconds=5))
            raise LaterError(f"it may or may not have arrived: {error}", wait, status="sending") from error
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
        """What is made when it is sent is made from what is proven elsewhere."""
        keys = Keys.kept(self._context.store)
        return message.kind in ("card", CREDENTIALS) or keys.bears_out_message(message.model_dump(), message.sealed)

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
        ways = {"card": self._card, "thread": self._thread, "dm": self._direct, "private": self._private}
        ways |= {"notice": self._notice, "edit": self._edit, CREDENTIALS: self._credentials}
        ways |= {EDITED: self._living, ANEW: self._living, LINE: self._line, "remove": self._remove, FILE: self._file}
        return ways[message.kind](message)

    def _card(self, message: Message) -> Posted:
        request, votes = self._request(message)

        def made() -> Body:
            return self._made_card(plain_card if message.body.get(PLAIN) else card, request, votes)

        if request.card_ts:
            take_turn(self.slack, "chat.update", ticket=message.marker)
            call_now(self.slack, "chat.update", channel=request.card_channel, ts=request.card_ts, **made())
            return Posted(request.card_channel, request.card_ts, edited=True)
        message.body = {**message.body, THREAD: self._thread_for(message, request)}
        loud = request.status == Status.PENDING  # Approvers look at the channel.
        beneath = {"thread_ts": message.body[THREAD], "reply_broadcast": loud} if message.body[THREAD] else {}
        return self._post(message, self._context.approval_channel, lambda: {**made(), **beneath})

    def _thread_for(self, message: Message, request: Request) -> str:
        """The thread of the request whose end offered this one, where that stands in the approval channel; empty for most."""
        if not request.follows or message.body.get(ALONE):
            return ""
        with self._context.store.read() as session:
            before = session.get(Request, request.follows)
        return before.thread if before and before.card_channel == self._context.approval_channel else ""

    def _made_card(self, make: Callable[..., Body], request: Request, votes: list[Vote]) -> Body:
        required = requirements_of(request, self._context.rules())
        without = barred(self._context, required.deciders()) if required and names_people(request) else frozenset()
        return make(request, votes, required, without)

    def _thread(self, message: Message) -> Posted:
        """Where Slack takes no card at all, what belongs beneath it stands in the channel itself."""
        request, _ = self._request(message)
        if not request.card_ts:
            return self._post(message, self._context.approval_channel, lambda: message.body)
        beneath = {**message.body, "thread_ts": request.thread}
        return self._post(message, request.card_channel, lambda: beneath)

    def _file(self, message: Message) -> Posted:
        """A file in the thread, once there is a card; it is found by its name, because files carry no metadata."""
        request, _ = self._request(message)
        if not request.card_ts:
            raise LaterError("there is no card yet", status="queued")
        take_turn(self.slack, POST, request.card_channel, message.marker)
        self._mark_sending(message, request.card_channel)
        where = {"channel": request.card_channel, "thread_ts": request.thread, "filename": _file_name(message.marker)}
        call_now(self.slack, "files.upload.v2", **where, **message.body)
        return Posted(request.card_channel, "")

    def _living(self, message: Message) -> Posted:
        """The requester's one message; what is outdated before it leaves is not said at all."""
        outdated, stands = self._before(message)
        if outdated:
            return UNSAID
        edited = self._edited(message, stands) if stands and message.kind == EDITED else None
        return edited or self._direct(message)

    def _line(self, message: Message) -> Posted:
        """The thread's line; one of an earlier card, in another thread, is older than the card."""
        outdated, stands = self._before(message)
        if outdated:
            return UNSAID
        request, _ = self._request(message)
        here = stands and stands.channel == request.card_channel and float(stands.ts) > float(request.card_ts or 0)
        edited = self._edited(message, stands) if stands and here else None
        return edited or self._thread(message)

    def _before(self, message: Message) -> tuple[bool, Message | None]:
        with self._context.store.read() as session:
            return outgoing.is_outdated(session, message), outgoing.stands(session, message)

    def _edited(self, message: Message, stands: Message) -> Posted | None:
        """Where the words stand now; None where what stood there is gone."""
        try:
            return self._edit(message, Posted(stands.channel, stands.ts))
        except SlackRefusedError as error:
            if error.answer is not Answer.GONE:
                raise
            return None

    def _edit(self, message: Message, where: Posted | None = None) -> Posted:
        """Other words in a message that stands already; repeating it is harmless."""
        where = replace(where or Posted(message.channel, message.ts), edited=True)
        take_turn(self.slack, "chat.update", ticket=message.marker)
        call_now(self.slack, "chat.update", channel=where.channel, ts=where.ts, **message.body)
        return where

    def _remove(self, message: Message) -> Posted:
        """What stands in another place by now; what cannot be taken away stays."""
        take_turn(self.slack, "chat.delete", ticket=message.marker)
        try:
            call_now(self.slack, "chat.delete", channel=message.channel, ts=message.ts)
        except SlackRefusedError as error:
            if error.mendable:
                raise
        return UNSAID

    def _notice(self, message: Message) -> Posted:
        return self._post(message, self._context.approval_channel, lambda: message.body)

    def _direct(self, message: Message) -> Posted:
        return self._post(message, self._direct_channel(message.user), lambda: message.body)

    def _credentials(self, message: Message) -> Posted:
        """Slack is asked before AWS, so that nothing is opened while Slack is away. Who it is for is the requester, which the audit
        proves; a row of the outbox it doesn't.
        """
        request, _ = self._request(message)
        with self._opening:
            self._direct_channels.pop(request.requester, None)
        channel = self._direct_channel(request.requester)
        return self._post(message, channel, lambda: self._delivery.body(self._request(message)[0]))

    def _private(self, message: Message) -> Posted:
        """A line for one person in a channel. Lost ones are not repeated; where it cannot be shown, it goes by DM."""
        try:
            if not message.channel:
                return self._direct(message)
            take_turn(self.slack, EPHEMERAL, ticket=message.marker)
            call_now(self.slack, EPHEMERAL, channel=message.channel, user=message.user, **message.body)
        except SlackAmbiguousError:
            log.warning("a private line may have been lost")
        except SlackRefusedError as error:
            if not elsewhere(error.code):
                raise
            return self._direct(message)
        return Posted(message.channel, "")

    def _post(self, message: Message, channel: str, made: Callable[[], Body]) -> Posted:
        """The message is made once it is its turn: credentials that waited for it would be opened twice."""
        take_turn(self.slack, POST, channel, message.marker)
        body = made()
        self._mark_sending(message, channel)
        metadata = {
            "event_type": EVENT,
            "event_payload": {"id": message.marker, "installation": self._context.installation},
        }
        quiet = {"unfurl_links": False, "unfurl_media": False}
        answer = call_now(self.slack, POST, channel=channel, metadata=metadata, **quiet, **body)
        return Posted(str(answer.get("channel") or channel), str(answer["ts"]))

    def _mark_sending(self, message: Message, channel: str) -> None:
        """Notes that a post is about to leave, and where to; what has no such note (an update, a private line) may simply be repeated.

        Raises FencedError when the message is another worker's by now.
        """
        values: dict[str, Any] = {"status": "sending", "started_at": self._context.clock()}
        if message.kind in CHANNELS_OWN:  # The setting may be another one when it is looked for, and so may the thread.
            values |= {"channel": channel, "body": message.body}
        held = (col(Message.id) == message.id, col(Message.lease_owner) == message.lease_owner)
        with self._context.store.write() as session:
            if session.execute(update(Message).where(*held).values(values)).rowcount != 1:  # type: ignore[attr-defined]
                raise FencedError

    def _look_up(self, message: Message, sent_at: datetime) -> Posted | None:
        """The message as it stands in Slack; None when it is not there. Raises UnseenError and SlackRefusedError."""
        request = self._request(message)[0] if message.request_id is not None else None
        if request and message.kind == "card" and request.card_ts:
            return None
        with looking_up():
            place = self._place_of(message, request)
            ts = find(self.slack, place, sent_at, lambda item: self._is_ours(item, message.marker))
        return Posted(place.channel, ts) if ts else None

    def _place_of(self, message: Message, request: Request | None) -> Place:
        if message.kind in CHANNELS_OWN:
            return Place(message.channel or self._context.approval_channel, message.body.get(THREAD, ""))
        if request and message.kind in ("thread", LINE, FILE):
            return Place(request.card_channel or self._context.approval_channel, request.thread)
        return Place(
            self._direct_channel(request.requester if request and message.kind == CREDENTIALS else message.user)
        )

    def _is_ours(self, item: dict[str, Any], marker: str) -> bool:
        if any(file.get("name") == _file_name(marker) for file in item.get("files") or ()):
            return True
        payload = (item.get("metadata") or {}).get("event_payload") or {}
        return payload.get("id") == marker and item.get("bot_id") in (None, "", self._bot_id())

    @cachedmethod(attrgetter("_direct_channels"), key=lambda _, user: user, lock=attrgetter("_opening"))
    def _direct_channel(self, user: str) -> str:
        take_turn(self.slack, "conversations.open", ticket=user)
        return str(call_now(self.slack, "conversations.open", users=user)["channel"]["id"])

    def _request(self, message: Message) -> tuple[Request, list[Vote]]:
        with self._context.store.read() as session:
            return session.get_one(Request, message.request_id), votes_of(session, message.request_id)

    def _sent(self, message: Message, posted: Posted) -> None:
        first_card = self._is_first_card(message)
        link = self._permalink(posted) if first_card else ""
        with self._context.store.write() as session:
            where = {"channel": posted.channel, "ts": posted.ts}  # By which a press of one of its buttons is known.
            values = {"status": "sent", "error": "", "due_at": None, **where}
            ours = release(session, Message, message.id or 0, message.lease_owner, **values)
            if ours and message.kind == CREDENTIALS:
                self._delivery.sent(session, message, posted.channel, posted.ts)
            if ours and first_card:
                self._card_posted(session, message, posted, link)
            if ours and message.kind == ANEW and posted.ts and (before := outgoing.stands(session, message)):
                outgoing.remove(session, before, self._context.clock())
        if not ours:
            self._take_back(message, posted)

    def _take_back(self, message: Message, posted: Posted) -> None:
        """Another worker has taken the message over: if it stands in Slack already, ours is the second one. What was edited is none:
        it stood before, and may have been edited again since.
        """
        log.warning("another worker has taken the message over")
        stands = self._as_left(message) if posted.ts and not posted.edited else None
        if not stands or stands.status != "sent" or stands.ts == posted.ts:
            return
        with suppress(SlackRefusedError, SlackBusyError, SlackAmbiguousError):
            # No work that may be another's goes on here, so that no lease is asked.
            Unfenced().run(call, self.slack, "chat.delete", channel=posted.channel, ts=posted.ts)

    def _as_left(self, message: Message) -> Message | None:
        """The row once the other worker is done with it, or as it is when that takes too long."""
        for _ in range(MOST_LOOKS):
            with self._context.store.read() as session:
                found = session.get(Message, message.id, populate_existing=True)
            if found is None or found.status not in ("queued", "sending"):
                break
            time.sleep(LOOK_AGAIN)
        return found

    def _is_first_card(self, message: Message) -> bool:
        return message.kind == "card" and not self._request(message)[0].card_ts

    def _card_posted(self, session: Session, message: Message, posted: Posted, link: str) -> None:
        now = self._context.clock()
        values = {"card_channel": posted.channel, "card_ts": posted.ts, "card_link": link, "tell_at": now}
        values["thread_ts"] = message.body.get(THREAD, "")
        session.execute(update(Request).where(col(Request.id) == message.request_id).values(**values))
        request = session.get_one(Request, message.request_id, populate_existing=True)
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
        with self._opening:
            self._direct_channels.pop(message.user, None)  # It may be the place that is no longer there.
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
                self._delivery.failed(session, message, error)

    def _tell_set_aside(self, session: Session, message: Message, now: datetime) -> None:
        """Nobody waits for a line in a thread. Approvers wait for the card, and the requester for credentials."""
        if message.kind == CREDENTIALS:
            request = session.get_one(Request, message.request_id)
            failed = set_aside.not_handed_over(request, maybe=message.started_at is not None)
            self._delivery.failed(session, message, UndeliverableError(failed.say, failed.advice, again=failed.again))
        elif _holds_its_lane(session, message):
            request = session.get_one(Request, message.request_id)
            outgoing.direct(session, request, now, set_aside.no_card(request))


def _file_name(marker: str) -> str:
    return f"request-{marker}.txt"


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
