"""What is removed of requests that are over for long: their messages, the marks of their calls and clicks, and what the card
showed. What proves them stays: the row with its parameters and precondition, the votes, and the audit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, not_, or_, update
from sqlmodel import Session, col, select, text

from approvals.models import UNPRUNED_SQL, Attempt, HomeViewer, Message, Request
from approvals.queue.store import Store

PAGE = 200  # Requests in one transaction, so that nobody who writes waits for long.
OVER = ("sent", "dropped")
GONE = {
    "label": "Details",
    "value": "Removed, because this ended long ago. The audit log has what was decided and done.",
}


def prune(store: Store, now: datetime, keep: timedelta) -> int:
    """Removes what nobody needs of requests that ended `keep` ago and earlier; gives the number of requests, 0 when all is done.

    One page in each transaction, in the order in which they ended, along an index that holds only those that are still whole.
    """
    pruned = 0
    while page := _page(store, now - keep):
        pruned += page
    with store.write() as session:
        _without_request(session, now - keep)
    return pruned


def _page(store: Store, before: datetime) -> int:
    reviewed = or_(
        not_(col(Request.break_glass)), col(Request.reviewed_at) < before
    )  # Its messages are still to be edited.
    ended = select(Request).where(text(UNPRUNED_SQL), col(Request.finished_at) < before, reviewed)
    with store.write() as session:
        found = session.exec(ended.order_by(col(Request.finished_at)).limit(PAGE)).all()
        numbers = [request.id for request in found]
        if not numbers:
            return 0
        session.execute(delete(Message).where(col(Message.request_id).in_(numbers), col(Message.status).in_(OVER)))
        session.execute(delete(Attempt).where(col(Attempt.request_id).in_(numbers)))
        shortened = [{"id": request.id, "preview": _kept(request.preview), "pruned": True} for request in found]
        session.execute(update(Request), shortened)
    return len(numbers)


def _kept(preview: dict[str, Any]) -> dict[str, Any]:
    """What the title and the proof need."""
    if not preview:
        return {}
    kept: dict[str, Any] = {"title": "", "facts": [GONE], "plan": []}
    return kept | {name: preview[name] for name in ("title", "precondition") if name in preview}


def _without_request(session: Session, before: datetime) -> None:
    """Private lines, notices and clicks about no request, and who has not opened the home tab since."""
    about_nothing = (col(Message.request_id).is_(None), col(Message.status).in_(OVER), col(Message.created_at) < before)
    session.execute(delete(Message).where(*about_nothing))
    session.execute(delete(HomeViewer).where(col(HomeViewer.opened_at) < before, col(HomeViewer.lease_owner) == ""))
