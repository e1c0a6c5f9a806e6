"""Leases: a worker takes a row for a while, so that no other worker takes it too; a dead worker's lease runs out.

A lease is no fence. What must not happen twice is guarded where it happens: by the status in the UPDATE, and by
`operations.aws.client.fenced` for a call to AWS.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col

from approvals.models import HomeViewer, Interaction, Message, Request, RoleSession

LEASE = timedelta(seconds=150)  # Longer than one call to AWS may take, connecting and reading included.
Leased = type[Request] | type[Interaction] | type[Message] | type[HomeViewer] | type[RoleSession]


def free(model: Leased, now: datetime) -> ColumnElement[bool]:
    """The rows that nobody has in hand: given back, or their lease has run out, whose last moment still counts."""
    return or_(col(model.lease_until).is_(None), col(model.lease_until) < now)


def is_in_hand(request: Request, now: datetime) -> bool:
    """The contrary, of a request that was read."""
    return request.lease_until is not None and request.lease_until >= now


def claim(session: Session, model: Leased, row: int, owner: str, now: datetime, *ready: ColumnElement[bool]) -> bool:
    """Whether the row is `owner`'s from now on: it was free, or its lease had run out, and it still meets what it was chosen by."""
    mine = update(model).where(col(model.id) == row, free(model, now), *ready)
    taken = mine.values(lease_owner=owner, lease_until=now + LEASE)
    return _changed(session, taken.execution_options(synchronize_session=False))


def release(session: Session, model: Leased, row: int, owner: str, **values: Any) -> bool:
    """Gives the row back, setting `values` with it; False when the lease was lost in between, and nothing is set."""
    held = (col(model.id) == row, col(model.lease_owner) == owner)
    return _changed(session, update(model).where(*held).values(lease_owner="", lease_until=None, **values))


def forget_all(session: Session) -> int:
    """Ends every lease; right at the start of a process that is alone on its database. Gives their number."""
    models: tuple[Leased, ...] = (Request, Interaction, Message, HomeViewer, RoleSession)
    ended = 0
    for model in models:
        held = update(model).where(col(model.lease_owner) != "").values(lease_owner="", lease_until=None)
        ended += session.execute(held).rowcount  # type: ignore[attr-defined]
    return ended


def _changed(session: Session, statement: Any) -> bool:
    return bool(session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]
