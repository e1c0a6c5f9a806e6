"""Queueing what is to be told to Slack, in the transaction that makes it true."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from approvals.models import Interaction, Message, Request, RoleSession
from operations.core.observations import Done, Failed, Observation, Waiting
from operations.core.registry import by_name
from operations.snapshot.names import utc

Body = dict[str, Any]
LONGEST_PAUSE = timedelta(minutes=5)


def card(session: Session, request: Request, at: datetime) -> None:
    """The approval card, made from the database when it is sent: posted the first time, updated afterwards."""
    _queue(session, at, lane=_thread_lane(request), kind="card", request_id=request.id)


def thread(session: Session, request: Request, at: datetime, body: Body) -> None:
    """A message in the card's thread."""
    _queue(session, at, lane=_thread_lane(request), kind="thread", request_id=request.id, body=body)


def direct(session: Session, request: Request, at: datetime, body: Body) -> None:
    """A direct message to the requester."""
    lane = f"dm:{request.requester}:{request.id}"
    _queue(session, at, lane=lane, kind="dm", request_id=request.id, user=request.requester, body=body)


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
        lane = f"dm:{request.requester}:{request.id}"
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
        return Failed(say, str(message.body.get("advice", "")))
    offer = session.exec(select(RoleSession).where(RoleSession.request_id == request.id)).first()
    return Done("Handed over.") if offer is None or offer.was_handed_over else _not_revealed(offer)


def _not_revealed(offer: RoleSession) -> Observation:
    """A button that nobody has pressed hands nothing over."""
    if offer.state == "offered":
        until = f" until {utc(offer.delete_due_at)}" if offer.delete_due_at else ""
        say = f"The requester has the button “Reveal credentials”{until}. Nothing is opened before it is pressed."
        return Waiting(say, longest=LONGEST_PAUSE)
    ended = f"was ended by <@{offer.ended_by}>" if offer.ended_by else "has expired"
    return Failed(f"Nobody has revealed the credentials, and the offer {ended}.", "Ask again with `/org credentials`.")


def private(session: Session, click: Interaction, at: datetime, body: Body, number: int | None) -> None:
    """A line that only the clicker sees, where they clicked; by DM where that cannot be. `number` is the request it is about."""
    where = {"channel": click.channel, "user": click.user, "request_id": number}
    _queue(session, at, lane=f"private:{click.user}", kind="private", body=body, **where)


def notice(session: Session, at: datetime, body: Body) -> None:
    """A message in the approval channel that is about no request."""
    _queue(session, at, lane="notices", kind="notice", body=body)


def _thread_lane(request: Request) -> str:
    return f"request:{request.id}"


def _queue(session: Session, at: datetime, **values: Any) -> None:
    session.add(Message(marker=uuid.uuid4().hex, created_at=at, due_at=at, **values))
