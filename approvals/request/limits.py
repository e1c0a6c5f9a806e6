"""Flood limits: how many requests one person may file in an hour, and how many of theirs may wait for approval.

The worker that announces a request counts in the database, which is right for all processes and after restarts. The door
counts what this process took in, so that somebody is told at once, without a look into the database before the ack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import text
from sqlmodel import Session, col, select

from approvals.context import Limits
from approvals.models import LIVE_SQL, Request
from approvals.slack.blocks import span
from approvals.slack.named import Aliases, joined
from approvals.states import Status
from operations.snapshot.names import counted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PAGE = 100


class FloodError(Exception):
    """Somebody asks for too much; the text says what the limit is and when they may ask again."""


class RateLimit:
    """What each person did `within` a time, as far as this process knows; `too_many(most, first, now)` says it to them. 0 is no limit."""

    def __init__(
        self, most: int, within: timedelta = HOUR, too_many: Callable[[int, datetime, datetime], str] | None = None
    ) -> None:
        self._most = most
        self._within = within
        self._too_many = too_many or _too_many
        self._filed: dict[str, deque[tuple[datetime, str]]] = {}
        self._lock = Lock()

    def check(self, user: str, delivery: str, now: datetime) -> None:
        """Raises FloodError; what was let in before, and is only delivered once more, may pass."""
        if not self._most:
            return
        with self._lock:
            filed = self._filed.get(user, deque())
            while filed and filed[0][0] <= now - self._within:
                filed.popleft()
            if len(filed) >= self._most and all(delivery != known for _, known in filed):
                raise FloodError(self._too_many(self._most, filed[-self._most][0], now))

    def note(self, user: str, delivery: str, now: datetime) -> None:
        """Counts what was let in, once however often it is delivered."""
        if self._most:
            with self._lock:
                filed = self._filed.setdefault(user, deque())
                if all(delivery != known for _, known in filed):
                    filed.append((now, delivery))


def excess(session: Session, request: Request, person: Aliases, limits: Limits, now: datetime) -> str:
    """Why this request is one too many, as a sentence; empty when it isn't. Only earlier requests of the same person count.

    `person` are the requester's aliases today; under what others they asked before, the earlier requests tell.
    """
    if limits.pending and _waiting(session, request, person) >= limits.pending:
        return (
            f"{limits.pending} of your requests wait for approval already, which is the most. Ask again when one of them "
            "is decided, or cancel one: `/org requests` lists them."
        )
    if limits.per_hour:
        times = _filed_before(session, request, person, limits.per_hour)
        if len(times) >= limits.per_hour:
            return _too_many(limits.per_hour, times[-1], now)
    return ""


def _too_many(most: int, first: datetime, now: datetime) -> str:
    wait = span(first + HOUR - now + timedelta(seconds=59))  # Rounded up, so that it is no promise that is broken.
    filed = counted(most, "request")
    return f"You have filed {filed} within an hour, which is the most. You may ask again in {wait}."


def too_many_clicks(most: int, first: datetime, now: datetime) -> str:
    """What somebody is told who presses more buttons than one person does."""
    wait = max(int((first + MINUTE - now).total_seconds()) + 1, 1)
    presses = counted(most, "time")
    return f"You have pressed buttons {presses} within a minute, which is the most. Nothing was done; press again in {wait} s."


def _waiting(session: Session, request: Request, person: Aliases) -> int:
    query = select(Request.requester, Request.person).where(text(LIVE_SQL), Request.status == Status.PENDING)
    earlier = (
        col(Request.id) + 0 < request.id
    )  # An expression, because SQLite would walk the whole table along a plain id.
    askers = [Aliases.of(*names) for names in session.exec(query.where(earlier)).all()]
    mine = joined(person, set(askers))
    return sum(mine.meets(asker) for asker in askers)


def _filed_before(session: Session, request: Request, person: Aliases, most: int) -> list[datetime]:
    """When the same person filed requests in the hour before this one, newest first, `most` at most; refused ones are free."""
    found: list[datetime] = []
    others: list[tuple[Aliases, datetime]] = []
    for requester, key, created_at in _back_from(session, request):
        others.append((Aliases.of(requester, key), created_at))
        if others[-1][0].meets(person):
            person = joined(person, [asker for asker, _ in others])
            found = [at for asker, at in others if asker.meets(person)]
        if len(found) >= most:
            break
    return found[:most]


def _back_from(session: Session, request: Request) -> Iterator[tuple[str, str, datetime]]:
    """Everybody's requests of the hour before, newest first, page by page along the primary key: no index is needed."""
    below, begun = request.id, request.created_at
    columns = select(Request.id, Request.requester, Request.person, Request.created_at)
    earlier = columns.where(Request.status != Status.REFUSED).order_by(col(Request.id).desc()).limit(PAGE)
    while below and begun:
        page = session.exec(earlier.where(col(Request.id) < below)).all()
        for _, requester, key, created_at in page:
            if created_at is None or created_at <= begun - HOUR:
                return
            yield requester, key, created_at
        below = page[-1][0] if len(page) == PAGE else None
