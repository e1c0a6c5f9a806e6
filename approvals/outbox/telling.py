"""What the requester and the thread read of a request as it stands, queued in the transaction that makes it so."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from approvals.authority.may import votes_of
from approvals.models import Message, Request
from approvals.queue import outgoing
from approvals.queue.outgoing import ANEW, EDITED, LINE
from approvals.views.living import line, living


def tell(session: Session, request: Request, at: datetime, *, anew: bool = False) -> None:
    """The requester's one message is edited; `anew` where they are to notice it: it comes as the newest, and the earlier one goes."""
    outgoing.direct(session, request, at, living(request, votes_of(session, request.id)), ANEW if anew else EDITED)


def note(session: Session, request: Request, at: datetime) -> None:
    """The thread's line is edited: who decided, what is done and what is waited for."""
    outgoing.thread(session, request, at, line(request, votes_of(session, request.id)), LINE)


def retell(session: Session, request: Request, at: datetime) -> None:
    """What stands already says what has become so since; nobody is told anew."""
    tell(session, request, at)
    said = select(Message.id).where(Message.request_id == request.id, Message.kind == LINE)
    if session.exec(said.limit(1)).first() is not None:
        note(session, request, at)
