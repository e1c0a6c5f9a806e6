"""The only writer of a request's status: one guarded UPDATE, its audit record and its messages in one transaction."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col

from approvals.audit import chain
from approvals.models import Request
from approvals.queue.leases import held
from approvals.queue.store import changed, setting
from approvals.states import BEFORE, TERMINAL, Status


class LostRaceError(Exception):
    """Somebody else changed the request first; `request` is what it is now, and outlives the session it was read in."""

    def __init__(self, session: Session, request: Request) -> None:
        super().__init__(f"request {request.id} is already {request.status}")
        session.expunge(request)
        self.request = request


def transition(session: Session, request_id: int, to: Status, at: datetime, actor: str, **values: Any) -> Request:
    """Takes a request to `to`, from the states that allow it; raises LostRaceError when it is no longer in one of them.

    A keyword names a column to set with it; `owner` demands besides that this worker still holds the lease.
    """
    owner = values.pop("owner", None)
    if to in TERMINAL:
        values |= {"finished_at": at, "due_at": None, "lease_owner": "", "lease_until": None}
    holds = {} if owner is None else {"owner": owner}
    led = changed(session, _leading(to, *holds, names=tuple(values)), values, row=request_id, **holds)
    request = session.get_one(Request, request_id, populate_existing=True)
    if not led:
        raise LostRaceError(session, request)
    chain.record(session, at, f"request.{to.value}", actor, request_id, digest=request.digest)
    return request


@lru_cache
def _leading(to: Status, *holds: str, names: tuple[str, ...]) -> Any:
    mine = held(Request) if holds else (col(Request.id) == bindparam("row"),)
    return setting(Request, *names).where(*mine, col(Request.status).in_(BEFORE[to])).values(status=to)
