"""The front desk: takes requests and clicks in, durably and at once, while Slack waits for its answer.

One insert and nothing else; whatever takes longer (Slack's and AWS's calls) is done by workers that find the row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from approvals.limits import Door, Limits
from approvals.models import LIVE_SQL, Interaction, Request
from approvals.rules import Rule
from approvals.store import Store


@dataclass(frozen=True)
class Draft:
    """A request that is about to be filed: complete, names already replaced by ids, and the rule that will decide it."""

    operation: str
    params: dict[str, Any]
    subject: str
    reason: str
    requester: str
    team: str
    channel: str
    delivery: str
    rule: Rule


@dataclass(frozen=True)
class Click:
    """A press of a button on a card (`kind`: approve, deny, withdraw, cancel) as Slack delivered it."""

    delivery: str
    kind: str
    user: str
    team: str
    request_id: int
    channel: str = ""
    reason: str = ""


class AlreadyAskedError(Exception):
    """The same thing is under way: `number` is the live request about it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"request #{number} already asks for this")
        self.number = number


class Desk:
    """Files requests and clicks, and finds requests again. `wake` is called after each, so that a worker looks at once."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], wake: Callable[[], None], limits: Limits | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._door = Door(limits.per_hour if limits else 0)

    def file(self, draft: Draft) -> int:
        """The number of the filed request; the earlier number for a redelivery. Raises AlreadyAskedError and FloodError."""
        now = self._clock()
        self._door.check(draft.requester, draft.delivery, now)
        try:
            number = self._store.insert(Request, _request_row(draft, now))
        except IntegrityError:
            return self._earlier(draft)
        self._door.note(draft.requester, draft.delivery, now)
        self._wake()
        return number

    def click(self, click: Click) -> bool:
        """Keeps a click for the workers; False when Slack had delivered it before."""
        now = self._clock()
        row = {**vars(click), "received_at": now, "due_at": now, "tries": 0, "lease_owner": ""}
        try:
            self._store.insert(Interaction, row)
        except IntegrityError:
            return False
        self._wake()
        return True

    def find(self, number: int) -> Request | None:
        """The request of this number."""
        with self._store.read() as session:
            return session.get(Request, number)

    def recent(self, *, requester: str = "", live: bool = False, limit: int = 20) -> Sequence[Request]:
        """The newest requests first: of one person, or only the live ones, or all."""
        order = col(Request.id) + 0 if live else col(Request.id)
        query = select(Request).order_by(order.desc()).limit(limit)
        if requester:
            query = query.where(Request.requester == requester)
        if live:
            query = query.where(text(LIVE_SQL))
        with self._store.read() as session:
            return session.exec(query).all()

    def _earlier(self, draft: Draft) -> int:
        with self._store.read() as session:
            same = session.exec(select(Request.id).where(Request.delivery == draft.delivery)).first()
            if same is not None:
                return same
            live = select(Request.id).where(
                text(LIVE_SQL), Request.operation == draft.operation, Request.subject == draft.subject
            )
            raise AlreadyAskedError(session.exec(live).first() or 0)


def _request_row(draft: Draft, now: datetime) -> dict[str, Any]:
    """What was asked; the database fills the rest with its own defaults."""
    return {
        "delivery": draft.delivery,
        "marker": uuid.uuid4().hex,
        "operation": draft.operation,
        "subject": draft.subject,
        "params": draft.params,
        "reason": draft.reason,
        "team": draft.team,
        "requester": draft.requester,
        "channel": draft.channel,
        "rule": draft.rule.name,
        "approvals_needed": draft.rule.approvals,
        "created_at": now,
        "due_at": now,
        "expires_at": now + draft.rule.expires,
    }
