"""How each kind of message is brought to Slack, and where it stands there: into the approval channel, a thread or a direct message,
posted, edited or taken away.

A message is marked `sending` before it leaves and carries an opaque id as metadata, a file in its name, by which it is found again
after a lost answer. A card is made from the database at the moment of sending, so that updating it twice is harmless.
Source: Slack API, "Message metadata", "chat.postMessage", "chat.update".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from cachetools import LRUCache, cachedmethod
from slack_sdk import WebClient

from approvals.authority.may import barred, votes_of
from approvals.authority.requirements import requirements_of
from approvals.context import Context
from approvals.models import Message, Request, Vote
from approvals.outbox.look_up import Place, file_name, find, is_marked, looking_up
from approvals.outbox.refusals import ALONE, PLAIN, THREAD
from approvals.queue import outgoing
from approvals.queue.leases import set_held
from approvals.queue.outgoing import ANEW, EDITED, FILE, LINE, TWICE
from approvals.queue.worker import LaterError
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.sessions.handover import Delivery
from approvals.slack.client import SlackAmbiguousError, SlackRefusedError, call_now, take_turn
from approvals.slack.codes import Answer, elsewhere
from approvals.slack.pacing import POST
from approvals.states import Status
from approvals.views.card import card, names_people, plain_card
from approvals.views.thread import Body
from operations.aws.errors import FencedError

log = logging.getLogger(__name__)
DIRECT_CHANNELS = 10_000  # People whose channel is remembered, those who got a message lately.
EVENT = "orgbot_message"
EPHEMERAL = "chat.postEphemeral"
CHANNELS_OWN = ("card", "notice")  # What stands in the approval channel itself.


@dataclass(frozen=True)
class Posted:
    """Where a message stands in Slack; `edited` where it stood already, and has got other words."""

    channel: str
    ts: str
    edited: bool = False


UNSAID = Posted("", "")


class Delivering:
    """Brings messages to Slack, each in the way of its kind. Raises what `call` raises, FencedError when the message is another
    worker's by now, and UndeliverableError for credentials that there are none of.
    """

    def __init__(self, context: Context, slack: WebClient, handover: Delivery, bot_id: Callable[[], str]) -> None:
        self._context = context
        self._slack = slack
        self._bot_id = bot_id
        self._handover = handover
        self._direct_channels: LRUCache[str, str] = LRUCache(DIRECT_CHANNELS)
        self._opening = threading.Lock()

    def deliver(self, message: Message) -> Posted:
        """Sends one message."""
        ways = {"card": self._card, "thread": self._thread, "dm": self._direct, "private": self._private}
        ways |= {"notice": self._notice, "edit": self._edit, CREDENTIALS: self._credentials}
        ways |= {EDITED: self._living, ANEW: self._living, LINE: self._line, FILE: self._file}
        ways |= {"remove": self._remove, TWICE: self._twice}
        return ways[message.kind](message)

    def _card(self, message: Message) -> Posted:
        with self._context.store.read() as session:
            request = session.get_one(Request, message.request_id)
            votes = votes_of(session, message.request_id)

        def made() -> Body:
            return self._made_card(plain_card if message.body.get(PLAIN) else card, request, votes)

        if request.card_ts:
            take_turn(self._slack, "chat.update", ticket=message.marker)
            call_now(self._slack, "chat.update", channel=request.card_channel, ts=request.card_ts, **made())
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
        request = self.request(message)
        if not request.card_ts:
            return self._post(message, self._context.approval_channel, lambda: message.body)
        beneath = {**message.body, "thread_ts": request.thread}
        return self._post(message, request.card_channel, lambda: beneath)

    def _file(self, message: Message) -> Posted:
        """A file in the thread, once there is a card; it is found by its name, because files carry no metadata."""
        request = self.request(message)
        if not request.card_ts:
            raise LaterError("there is no card yet", status="queued")
        take_turn(self._slack, POST, request.card_channel, message.marker)
        self._mark_sending(message, request.card_channel)
        where = {"channel": request.card_channel, "thread_ts": request.thread, "filename": file_name(message.marker)}
        call_now(self._slack, "files.upload.v2", **where, **message.body)
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
        request = self.request(message)
        here = stands and stands.channel == request.card_channel and float(stands.ts) > float(request.card_ts)
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
        take_turn(self._slack, "chat.update", ticket=message.marker)
        call_now(self._slack, "chat.update", channel=where.channel, ts=where.ts, **message.body)
        return where

    def _remove(self, message: Message) -> Posted:
        """What stands in another place by now."""
        self._take_away(message, message.channel, message.ts)
        return UNSAID

    def _twice(self, message: Message) -> Posted:
        """Once it is known which one counts, the others go."""
        with self._context.store.read() as session:
            counts = outgoing.counts(session, message)
        if counts and counts.status in ("queued", "sending"):
            raise LaterError("the message is not sent yet", status="queued")
        if counts and counts.status == "sent":
            for found in self.standing(counts, message.created_at or self._context.clock()):
                if found.ts != counts.ts:
                    self._take_away(message, found.channel, found.ts)
        return UNSAID

    def _take_away(self, message: Message, channel: str, ts: str) -> None:
        """What cannot be taken away stays."""
        take_turn(self._slack, "chat.delete", ticket=message.marker)
        try:
            call_now(self._slack, "chat.delete", channel=channel, ts=ts)
        except SlackRefusedError as error:
            if error.mendable:
                raise

    def _notice(self, message: Message) -> Posted:
        return self._post(message, self._context.approval_channel, lambda: message.body)

    def _direct(self, message: Message) -> Posted:
        return self._post(message, self._direct_channel(message.user), lambda: message.body)

    def _credentials(self, message: Message) -> Posted:
        """Slack is asked before AWS, so that nothing is opened while Slack is away. Who it is for is the requester, which the audit
        proves; a row of the outbox it doesn't.
        """
        request = self.request(message)
        self.forget_place(request.requester)
        channel = self._direct_channel(request.requester)
        return self._post(message, channel, lambda: self._handover.body(self.request(message)))

    def _private(self, message: Message) -> Posted:
        """A line for one person in a channel. Lost ones are not repeated; where it cannot be shown, it goes by DM."""
        try:
            if not message.channel:
                return self._direct(message)
            take_turn(self._slack, EPHEMERAL, ticket=message.marker)
            call_now(self._slack, EPHEMERAL, channel=message.channel, user=message.user, **message.body)
        except SlackAmbiguousError:
            log.warning("a private line may have been lost")
        except SlackRefusedError as error:
            if not elsewhere(error.code):
                raise
            return self._direct(message)
        return Posted(message.channel, "")

    def _post(self, message: Message, channel: str, made: Callable[[], Body]) -> Posted:
        """The message is made once it is its turn: credentials that waited for it would be opened twice."""
        take_turn(self._slack, POST, channel, message.marker)
        body = made()
        self._mark_sending(message, channel)
        metadata = {
            "event_type": EVENT,
            "event_payload": {"id": message.marker, "installation": self._context.installation},
        }
        quiet = {"unfurl_links": False, "unfurl_media": False}
        answer = call_now(self._slack, POST, channel=channel, metadata=metadata, **quiet, **body)
        return Posted(str(answer.get("channel") or channel), str(answer["ts"]))

    def _mark_sending(self, message: Message, channel: str) -> None:
        """Notes that a post is about to leave, and where to; what has no such note (an update, a private line) may simply be repeated.

        Raises FencedError when the message is another worker's by now.
        """
        values: dict[str, Any] = {"status": "sending", "started_at": self._context.clock()}
        if message.kind in CHANNELS_OWN:  # The setting may be another one when it is looked for, and so may the thread.
            values |= {"channel": channel, "body": message.body}
        with self._context.store.write() as session:
            if not set_held(session, Message, message.id or 0, message.lease_owner, **values):
                raise FencedError

    def standing(self, message: Message, sent_at: datetime) -> list[Posted]:
        """Where a message stands in Slack that was sent at `sent_at`, or about then; the oldest first, should there be several.

        Raises UnseenError and SlackRefusedError.
        """
        request = self.request(message) if message.request_id is not None else None
        with looking_up():
            place = self.place_of(message, request)
            found = find(self._slack, place, sent_at, lambda item: is_marked(item, message.marker, self._bot_id()))
        return [Posted(place.channel, ts) for ts in found]

    def place_of(self, message: Message, request: Request | None) -> Place:
        """Where a message goes that is looked for."""
        if message.kind in CHANNELS_OWN:
            return Place(message.channel or self._context.approval_channel, message.body.get(THREAD, ""))
        if request and message.kind in ("thread", LINE, FILE):
            return Place(request.card_channel or self._context.approval_channel, request.thread)
        return Place(
            self._direct_channel(request.requester if request and message.kind == CREDENTIALS else message.user)
        )

    def forget_place(self, user: str) -> None:
        """The next direct message asks anew where it goes: it may be the place that is no longer there."""
        with self._opening:
            self._direct_channels.pop(user, None)

    @cachedmethod(attrgetter("_direct_channels"), key=lambda _, user: user, lock=attrgetter("_opening"))
    def _direct_channel(self, user: str) -> str:
        take_turn(self._slack, "conversations.open", ticket=user)
        return str(call_now(self._slack, "conversations.open", users=user)["channel"]["id"])

    def request(self, message: Message) -> Request:
        """What the message is about, as it stands."""
        with self._context.store.read() as session:
            return session.get_one(Request, message.request_id)
