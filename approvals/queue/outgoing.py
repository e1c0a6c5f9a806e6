"""Queueing what is to be told to Slack, in the transaction that makes it true."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, or_
from sqlmodel import Session, col, select

from approvals.models import LIVE, Interaction, Message, Request, RoleSession
from approvals.states import Status
from operations.core.observations import Done, Failed, Observation, Waiting
from operations.core.registry import by_name
from operations.snapshot.names import zoned

Body = dict[str, Any]
LONGEST_PAUSE = timedelta(minutes=5)
# The requester's one message, edited in place, and anew where people are to notice it; the line in the thread, edited in place.
LIVING = EDITED, ANEW = ("living", "anew")
LINE = "line"
FILE = "file"
TWICE = "twice"
SOUGHT = ("card", "thread", "dm", "notice", *LIVING, LINE, FILE)  # Kinds of messages that can be looked for in Slack.
HANDOVER = "handover:"  # How the lane of such a message begins, which asks AWS before it asks Slack.


NO_PLACE: dict[str, Any] = {"card_channel": "", "card_ts": "", "card_link": "", "thread_ts": ""}  # Of a request's card.


def card(session: Session, request: Request, at: datetime) -> None:
    """The approval card, made from the database when it is sent: posted the first time, updated afterwards."""
    _queue(session, at, lane=_thread_lane(request), kind="card", request_id=request.id)


def card_anew(session: Session, request: Request, at: datetime) -> None:
    """The card where people notice it: one that stands already, on which nothing could be decided, is taken away."""
    if request.card_ts:
        where = {"channel": request.card_channel, "ts": request.card_ts}
        _queue(session, at, lane=f"edit:{request.id}", kind="remove", request_id=request.id, **where)
        session.add(request.sqlmodel_update({**NO_PLACE, "tell_at": None}))  # Who is absent is told of the new one.
    card(session, request, at)


def card_in_front(session: Session, request: Request, at: datetime, body: Body | None = None) -> None:
    """The same before all that waits in the thread, because that needs it: each message takes the next one's place.

    The lane's first message has to be in the caller's own hands, or in nobody's.
    """
    lane = _thread_lane(request)
    waiting = (Message.lane == lane, col(Message.status).in_(("queued", "sending")))
    rows = list(session.exec(select(Message).where(*waiting).order_by(col(Message.id)).with_for_update()).all())
    _queue(session, at, lane=lane, kind="card", request_id=request.id, body=body or {})
    session.flush()
    added = session.exec(select(Message).where(Message.lane == lane).order_by(col(Message.id).desc()).limit(1)).one()
    rows.append(added)
    contents = [{name: getattr(row, name) for name in _CONTENT} for row in rows]
    for row, content in zip(rows, [contents[-1], *contents[:-1]], strict=True):
        row.sqlmodel_update(content)
        session.add(row)
    session.flush()


_CONTENT = (
    "kind",
    "body",
    "sealed",
    "marker",
    "status",
    "tries",
    "error",
    "channel",
    "user",
    "created_at",
    "due_at",
    "started_at",
)


def in_hand(session: Session, request: Request) -> bool:
    """Whether a worker is sending something about the request's card or thread just now."""
    held = (Message.lane == _thread_lane(request), col(Message.lease_owner) != "")
    return session.exec(select(Message.id).where(*held).limit(1)).first() is not None


def open_cards(session: Session, where: ColumnElement[bool]) -> list[Request]:
    """The requests that can still be decided or reviewed and whose card stands `where`."""
    open_ones = or_(
        and_(LIVE, col(Request.status) == Status.PENDING),
        and_(col(Request.break_glass), col(Request.reviewed_by) == ""),
    )
    stands = (col(Request.card_ts) != "", where)
    return list(session.exec(select(Request).where(open_ones, *stands).order_by(col(Request.id))).all())


def edit(session: Session, request: Request, at: datetime, stands: dict[str, str], body: Body) -> None:
    """Other words in a message of ours that stands at `stands` (channel, ts)."""
    _queue(session, at, lane=f"edit:{request.id}", kind="edit", request_id=request.id, body=body, **stands)


def thread(session: Session, request: Request, at: datetime, body: Body, kind: str = "thread") -> None:
    """A message in the card's thread; `kind` is LINE for the one that is edited in place."""
    _queue(session, at, lane=_thread_lane(request), kind=kind, request_id=request.id, body=body)


def file(session: Session, request: Request, at: datetime, text: str) -> None:
    """A text file in the card's thread; in a lane of its own, so that nothing waits for a file that Slack doesn't take."""
    body = {"content": text, "title": f"Request #{request.id}", "alt_txt": "All that the card has no room for"}
    _queue(session, at, lane=f"file:{request.id}", kind=FILE, request_id=request.id, body=body)


def remove(session: Session, message: Message, at: datetime) -> None:
    """Takes a direct message away in Slack, after whatever else is to be said to the same person about the request."""
    where = {"channel": message.channel, "ts": message.ts, "user": message.user}
    _queue(session, at, lane=message.lane, kind="remove", request_id=message.request_id, **where)


def twice(session: Session, message: Message, at: datetime) -> None:
    """Another worker may have sent the message as well: what stands in Slack besides the one that counts is taken away."""
    of = {"request_id": message.request_id, "body": {"lane": message.lane, "marker": message.marker}}
    _queue(session, at, lane=f"{TWICE}:{message.marker}", kind=TWICE, **of)


def counts(session: Session, message: Message) -> Message | None:
    """The message that one of TWICE is about; in its lane it may stand in another row by now."""
    of = (Message.lane == message.body["lane"], Message.marker == message.body["marker"])
    return session.exec(select(Message).where(*of)).first()


def stands(session: Session, message: Message) -> Message | None:
    """The message that one of LIVING or LINE is an edit of; None where there is none yet."""
    of = {"request": message.request_id, "before": message.id}
    found: Message | None = session.exec(_standing(_alike(message.kind)), params=of).first()
    return found


@cache
def _standing(kinds: tuple[str, ...]) -> Any:
    number, before = bindparam("request", type_=Integer), bindparam("before", type_=Integer)
    sent = (col(Message.request_id) == number, Message.status == "sent", Message.ts != "")
    earlier = (col(Message.kind).in_(kinds), col(Message.id) < before)
    return select(Message).where(*sent, *earlier).order_by(col(Message.id).desc()).limit(1)


def is_outdated(session: Session, message: Message) -> bool:
    """Whether the same is about to be said as it stands by now; one that people are to notice gives way only to another such."""
    kinds = (ANEW,) if message.kind == ANEW else _alike(message.kind)
    if message.status != "queued":
        return False
    return session.exec(_later(kinds), params={"lane": message.lane, "after": message.id}).first() is not None


@cache
def _later(kinds: tuple[str, ...]) -> Any:
    after = col(Message.id) > bindparam("after", type_=Integer)
    alike = (col(Message.lane) == bindparam("lane"), col(Message.kind).in_(kinds), after)
    return select(Message.id).where(*alike, Message.status == "queued").limit(1)


def _alike(kind: str) -> tuple[str, ...]:
    return (LINE,) if kind == LINE else LIVING


def direct(session: Session, request: Request, at: datetime, body: Body, kind: str = "dm") -> Message:
    """A direct message to the requester; `kind` is one of LIVING for the one that is edited in place."""
    lane = f"dm:{request.requester}:{request.id}"
    return _queue(session, at, lane=lane, kind=kind, body=body, request_id=request.id, user=request.requester)


def tell_concerned(session: Session, request: Request, at: datetime, body: Body) -> None:
    """To the requester by direct message, and into the thread where there is a card."""
    direct(session, request, at, body)
    if request.card_ts:
        thread(session, request, at, body)


def call(session: Session, request: Request, user: str, at: datetime, body: Body) -> None:
    """A direct message to somebody who may decide."""
    _queue(session, at, lane=f"call:{user}:{request.id}", kind="dm", request_id=request.id, user=user, body=body)


def handover(session: Session, request: Request, at: datetime, kind: str) -> None:
    """What hands the request's result over to the requester, made when it is sent; nothing for an empty `kind`."""
    if kind:
        lane = f"{HANDOVER}{request.requester}:{request.id}"
        _queue(session, at, lane=lane, kind=kind, request_id=request.id, user=request.requester)


def delivery(session: Session, request: Request) -> Observation:
    """Whether the result has been handed over; a message that was dropped, or whose button has opened nothing, says in its body
    why.
    """
    kind = by_name()[request.operation].delivers
    query = select(Message).where(Message.request_id == request.id, Message.kind == kind)
    message = session.exec(query.order_by(col(Message.id).desc())).first()
    if message is None or message.status in ("queued", "sending"):
        return Waiting("")
    if message.status == "dropped" or message.body.get("say"):
        say = str(message.body.get("say") or "It could not be handed over.")
        return Failed(say, str(message.body.get("advice", "")), again=message.body.get("again") is True)
    offer = session.exec(select(RoleSession).where(RoleSession.request_id == request.id)).first()
    return Done("Handed over.") if offer is None or offer.was_handed_over else _not_revealed(offer)


def _not_revealed(offer: RoleSession) -> Observation:
    """A button that nobody has pressed hands nothing over."""
    if offer.state == "offered":
        until = f" until {zoned(offer.delete_due_at)}" if offer.delete_due_at else ""
        say = f"Waiting for the requester to press Reveal{until}."
        return Waiting(say, longest=LONGEST_PAUSE)
    ended = f"was ended by <@{offer.ended_by}>" if offer.ended_by else "has expired"
    return Failed(
        f"The credentials were not revealed; the offer {ended}.", "Ask again if you still need them.", again=True
    )


def private(session: Session, click: Interaction, at: datetime, body: Body, number: int | None) -> Message:
    """A line that only the clicker sees, where they clicked; by DM where that cannot be. `number` is the request it is about."""
    where = {"channel": click.channel, "user": click.user, "request_id": number}
    return _queue(session, at, lane=f"private:{click.user}", kind="private", body=body, **where)


_UNSENT = (col(Message.status) == "queued", col(Message.lease_owner) == "")
_UNSAYING = delete(Message).where(col(Message.marker).in_(bindparam("markers", expanding=True)), *_UNSENT)


def unsay(session: Session, *markers: str) -> None:
    """Takes back what was given one of these markers and has not left: it is no longer so."""
    session.flush()
    session.connection().execute(_UNSAYING, {"markers": markers})


def notice(session: Session, at: datetime, body: Body) -> None:
    """A message in the approval channel that is about no request."""
    _queue(session, at, lane="notices", kind="notice", body=body)


def _thread_lane(request: Request) -> str:
    return f"request:{request.id}"


def _queue(session: Session, at: datetime, **values: Any) -> Message:
    message = Message(marker=uuid.uuid4().hex, created_at=at, due_at=at, **values)
    session.add(message)
    return message
