"""What becomes of a message that Slack refuses.

It waits where somebody can mend what is in the way, and those concerned are told where there is another way; it finds a new
place where its own is gone; and only what Slack will never take is dropped. A card that Slack doesn't take is sent in plain, and
where that doesn't help either, approvers decide by direct message. Source: Slack API, "chat.postMessage", "chat.update" (Errors).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col

from approvals.context import Context
from approvals.models import Message, Request
from approvals.queue import outgoing
from approvals.queue.leases import release
from approvals.queue.worker import LaterError
from approvals.sessions.handover import KIND as CREDENTIALS
from approvals.slack.client import SlackRefusedError
from approvals.slack.codes import Answer, meaning
from approvals.states import Status
from approvals.views import hindered
from approvals.views.whole import in_messages

log = logging.getLogger(__name__)
MOST_PLACES = 3  # A message that loses its place again and again is not sent after it for ever.
LONGEST = timedelta(hours=1)  # So long credentials wait for a direct message that can't be sent.
PLAIN, MOVED = "plain", "moved"  # In a card's body: it is sent without what Slack may refuse; where it stood before.
THREAD, ALONE = (
    "thread",
    "alone",
)  # In a card's body: the message beneath which it is posted; that it stands by itself all the same.
NO_THREAD = frozenset({"cant_broadcast_message", "no_dual_broadcast_content_update"})
NO_FILES = frozenset({Answer.APP, Answer.FINAL})
UNUSABLE = frozenset({"is_archived", "is_inactive"})  # Nobody presses a button there.


class UnmendedError(Exception):
    """There is nothing more to be done for this message but to drop it."""


def settle(context: Context, message: Message, error: SlackRefusedError) -> None:
    """Gives the message back for its next try, or raises LaterError with what to mend; UnmendedError when it is to be dropped."""
    with context.store.read() as session:
        request = session.get(Request, message.request_id) if message.request_id else None
    if request and _has_lost_its_place(context, message, request, error):
        _place_anew(context, message, request, error)
    elif request and message.kind == outgoing.FILE and error.answer in NO_FILES:
        _in_messages(context, message, request, error)
    elif message.body.get(THREAD) and (error.answer is Answer.GONE or error.code in NO_THREAD):
        _send_anew(context, message, ALONE)
    elif error.mendable and message.kind != "edit" and not _waited_long(context, message):
        _keep(context, message, request, error)
    elif message.kind == "card" and not message.body.get(PLAIN):
        log.error("Slack refuses a card, which is sent in plain: %s", error)
        _send_anew(context, message, PLAIN)
    else:
        raise UnmendedError


def _in_messages(context: Context, message: Message, request: Request, error: SlackRefusedError) -> None:
    """Nobody is to approve what they were never shown, be it that files are not allowed or that the app lacks the scope."""
    log.warning("Slack takes no file, and its text is posted in messages: %s", error)
    values = {"status": "dropped", "error": error.code}
    with context.store.write() as session:
        if release(session, Message, message.id or 0, message.lease_owner, **values):
            for body in in_messages(str(message.body["content"])):
                outgoing.thread(session, request, context.clock(), body)


def _has_lost_its_place(context: Context, message: Message, request: Request, error: SlackRefusedError) -> bool:
    """Whether the card is gone, or stands where nobody can press it, or in a channel that isn't the approval channel any more."""
    if message.kind not in ("card", "thread", outgoing.LINE) or not request.card_ts or message.tries >= MOST_PLACES:
        return False
    abandoned = error.answer is Answer.CHANNEL and request.card_channel != context.approval_channel
    return abandoned or error.code in UNUSABLE or error.answer is Answer.GONE


def _place_anew(context: Context, message: Message, request: Request, error: SlackRefusedError) -> None:
    """The next try posts the card anew, and what follows goes into its new thread. The old one may come to light again."""
    log.warning("the card of request %s is gone and is posted anew: %s", request.id, error)
    stood = {} if error.answer is Answer.GONE else _stood(request)
    values: dict[str, Any] = {"status": "queued", "started_at": None, "tries": message.tries + 1}
    if message.kind == "card":
        values["body"] = message.body | stood
    with context.store.write() as session:
        if release(session, Message, message.id or 0, message.lease_owner, **values):
            session.execute(update(Request).where(col(Request.id) == request.id).values(outgoing.NO_PLACE))
            if message.kind != "card":
                outgoing.card_in_front(session, request, context.clock(), stood)


def _stood(request: Request) -> dict[str, Any]:
    return {MOVED: {"channel": request.card_channel, "ts": request.card_ts}}


def move_cards(context: Context) -> int:
    """Queues the cards of open requests that stand in another channel than today's; at a start. Gives their number."""
    return _move(context, col(Request.card_channel) != context.approval_channel)


def lose_cards(context: Context) -> int:
    """The same for those in the approval channel itself, while nobody can press a button there."""
    return _move(context, col(Request.card_channel) == context.approval_channel)


def _move(context: Context, where: ColumnElement[bool]) -> int:
    """Whatever a worker is just sending keeps its place; such a card is moved another time, or when Slack refuses it."""
    with context.store.write() as session:
        cards = outgoing.open_cards(session, where)
        moving = [request for request in cards if not outgoing.in_hand(session, request)]
        for request in moving:
            stood = _stood(request)
            session.execute(update(Request).where(col(Request.id) == request.id).values(outgoing.NO_PLACE))
            outgoing.card_in_front(session, request, context.clock(), stood)
    return len(moving)


def _waited_long(context: Context, message: Message) -> bool:
    """Whether credentials have waited long enough: whoever asked for them does something else by then."""
    begun = message.created_at
    return message.kind == CREDENTIALS and begun is not None and begun + LONGEST <= context.clock()


def _keep(context: Context, message: Message, request: Request | None, error: SlackRefusedError) -> None:
    why = meaning(error.code)
    if message.error != error.code:
        log.error("Slack refuses a message, which waits: %s: %s", error.method, why)
        with context.store.write() as session:
            if request is not None:
                _tell(session, context, message, session.get_one(Request, request.id), error)
    raise LaterError(f"{error.method}: {why}", _pause(context, message), status="queued", error=error.code) from error


def _pause(context: Context, message: Message) -> timedelta | None:
    """The usual one, but as long for credentials as they have waited already: each try opens a session in AWS."""
    return context.clock() - message.created_at if message.kind == CREDENTIALS and message.created_at else None


def _tell(session: Session, context: Context, message: Message, request: Request, error: SlackRefusedError) -> None:
    """Those concerned, by another way than the one that is closed; while the token is refused there is none."""
    why, now = meaning(error.code), context.clock()
    if message.kind == "card" and error.answer is Answer.CHANNEL:
        tell_no_card(session, context, request, why)
    elif message.kind == CREDENTIALS and error.answer is not Answer.LOGIN:
        outgoing.thread(session, request, now, hindered.no_credentials_yet(request, why))
    elif (
        message.kind in ("dm", *outgoing.LIVING)
        and message.user == request.requester
        and error.answer is not Answer.LOGIN
    ):
        outgoing.thread(session, request, now, hindered.no_direct_message(request, why))


def tell_no_card(session: Session, context: Context, request: Request, why: str) -> None:
    """The requester, and by direct message those who may decide: nothing stands in the approval channel."""
    now = context.clock()
    if request.status == Status.PENDING and not request.card_ts:
        outgoing.direct(session, request, now, hindered.no_card(request, why))
        session.execute(update(Request).where(col(Request.id) == request.id).values(tell_at=now))


def _send_anew(context: Context, message: Message, how: str) -> None:
    """Whatever it is that Slack doesn't take, the blocks or the thread: a request is not left without a card."""
    anew = {"status": "queued", "started_at": None, "body": {**message.body, how: True}}
    with context.store.write() as session:
        release(session, Message, message.id or 0, message.lease_owner, **anew)


def dropped(context: Context, message: Message, error: SlackRefusedError) -> None:
    """It is given up, loudly, so that its lane goes on; of a card, approvers and the requester are told."""
    log.error("Slack refuses a message, which is dropped: %s", error)
    with context.store.write() as session:
        values = {"status": "dropped", "error": str(error)[:500]}
        held = release(session, Message, message.id or 0, message.lease_owner, **values)
        request = session.get(Request, message.request_id) if held and message.kind == "card" else None
        if request is not None:
            tell_no_card(session, context, request, meaning(error.code))
