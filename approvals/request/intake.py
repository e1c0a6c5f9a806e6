"""The front desk: takes requests and clicks in, durably and at once, while Slack waits for its answer.

One insert and nothing else; whatever takes longer (Slack's and AWS's calls) is done by workers that find the row.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from approvals.audit.keys import ASKED, PRESSED, Keys
from approvals.authority.press import Pressed, new_key, pressed_on
from approvals.authority.requirements import Requirements
from approvals.context import Limits
from approvals.models import FINISHED_SQL, LIVE_SQL, AuditRecord, HomeViewer, Interaction, Request, RoleSession, carried
from approvals.outbox.home_tabs import opened
from approvals.queue.store import Store, breaks
from approvals.request.limits import MINUTE, RateLimit, too_many_clicks
from approvals.sessions.book import open_sessions
from approvals.states import EXECUTING, Status
from operations.core.registry import irreversible

LOOKED_AT = 200


@dataclass(frozen=True)
class Draft:
    """A request that is about to be filed: complete, names already replaced by ids, and the rules that will decide it.

    `follows` is the request whose end has offered it.
    """

    operation: str
    params: dict[str, Any]
    subject: str
    reason: str
    requester: str
    team: str
    channel: str
    delivery: str
    required: Requirements
    break_glass: bool = False
    follows: int = 0


@dataclass(frozen=True)
class Click:
    """A press of a button (`kind`: approve, deny, withdraw, cancel, review, end, control:…) as Slack delivered it.

    `request_id` and `key` are what the button carried; it stood on the message `message_ts` of `channel`, or in `private`,
    beside the digest that begins with `shown`.
    """

    delivery: str
    kind: str
    user: str
    team: str
    request_id: int
    key: str = ""
    channel: str = ""
    message_ts: str = ""
    private: bool = False
    reason: str = ""
    shown: str = ""


class AlreadyAskedError(Exception):
    """The same thing is under way: `number` is the live request about it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"request #{number} already asks for this")
        self.number = number


class Intake:
    """Files requests and clicks, and finds requests again. `wake` is called after each, so that a worker looks at once."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], wake: Callable[[], None], limits: Limits | None = None
    ) -> None:
        self._store = store
        self._keys = Keys.kept(store)
        self._clock = clock
        self._wake = wake
        self._rate = RateLimit(limits.per_hour if limits else 0)
        self._clicks = RateLimit(limits.clicks if limits else 0, MINUTE, too_many_clicks)

    def file(self, draft: Draft) -> int:
        """The number of the filed request; the earlier number for a redelivery. Raises AlreadyAskedError and FloodError."""
        return self.take_in(draft)[0]

    def take_in(self, draft: Draft) -> tuple[int, str]:
        """The same, with what the request's buttons carry."""
        now = self._clock()
        self._rate.check(draft.requester, draft.delivery, now)
        number, row = None, _request_row(draft, now)
        row["sealed"] = self._keys.seal(row, ASKED)
        while number is None:
            try:
                number = self._store.insert(Request, row)
            except IntegrityError as error:
                if not breaks(error, Request, "delivery") and not breaks(error, Request, "operation", "subject"):
                    raise
                earlier = self._earlier(draft)
                if earlier:  # Else the live request about the same has ended a moment ago.
                    return earlier
        self._rate.note(draft.requester, draft.delivery, now)
        self._wake()
        return number, carried(number, row["key"])

    def press(self, user: str, delivery: str) -> None:
        """Counts a press of any button, before anything is done about it; raises FloodError for one too many."""
        now = self._clock()
        self._clicks.check(user, delivery, now)
        self._clicks.note(user, delivery, now)

    def click(self, click: Click) -> bool:
        """Keeps a click for the workers; False when Slack had delivered it before."""
        now = self._clock()
        row = {**vars(click), "received_at": now, "due_at": now, "tries": 0, "lease_owner": ""}
        row["sealed"] = self._keys.seal(row, PRESSED)
        try:
            self._store.insert(Interaction, row)
        except IntegrityError as error:
            if not breaks(error, Interaction, "delivery"):
                raise
            return False
        self._wake()
        return True

    def opens_home(self, user: str) -> None:
        """Somebody looks at their home tab, which a worker publishes at once."""
        try:
            with self._store.write() as session:
                opened(session, user, self._clock)
        except IntegrityError as error:
            if not breaks(error, HomeViewer, "user"):
                raise  # Else it was opened twice at once; one is enough.
        self._wake()

    def pressed_on(self, pressed: Pressed, kind: str) -> Request:
        """The request whose button was pressed; raises StrangeCardError and UnconfirmedCardError."""
        with self._store.read() as session:
            return pressed_on(session, pressed, kind)

    def find(self, number: int) -> Request | None:
        """The request of this number, as somebody typed it; a button's is found by `pressed_on`."""
        with self._store.read() as session:
            return session.get(Request, number)

    def history(self, number: int, limit: int = 20) -> tuple[list[AuditRecord], int]:
        """The newest audit records of a request, oldest first, and how many earlier ones there are."""
        about = AuditRecord.request_id == number
        newest = select(AuditRecord).where(about).order_by(col(AuditRecord.id).desc()).limit(limit)
        with self._store.read() as session:
            found = list(session.exec(newest).all())[::-1]
            total = session.exec(select(func.count()).select_from(AuditRecord).where(about)).one()
        return found, total - len(found)

    def recent(self, *, requester: str = "", live: bool = False, limit: int = 20) -> Sequence[Request]:
        """The newest requests first: of one person, or only the live ones, or all."""
        newest = select(Request).order_by(col(Request.id).desc()).limit(limit)
        under_way = select(Request).where(text(LIVE_SQL)).order_by((col(Request.id) + 0).desc()).limit(limit)
        queries = [under_way] if live else [newest]
        if requester:  # Two queries, because each has an index of its own.
            theirs = Request.requester == requester
            queries = [under_way.where(theirs), newest.where(text(FINISHED_SQL), theirs)]
        with self._store.read() as session:
            found = [request for query in queries for request in session.exec(query).all()]
        return sorted(found, key=lambda request: request.id or 0, reverse=True)[:limit]

    def running(self) -> int:
        """How many requests are being carried out."""
        under_way = select(func.count()).select_from(Request).where(text(LIVE_SQL), col(Request.status).in_(EXECUTING))
        with self._store.read() as session:
            return session.exec(under_way).one()

    def usual(self, user: str) -> Sequence[str]:
        """The operations that one person asks for most and gets, by their last requests, the commonest first.

        Left out is what they were refused or denied when they last asked. What cannot be taken back is offered to those who did it
        and were never refused.
        """
        theirs = select(Request.operation, Request.status).where(Request.requester == user).limit(LOOKED_AT)
        live = theirs.where(text(LIVE_SQL)).order_by((col(Request.id) + 0).desc())
        over = theirs.where(text(FINISHED_SQL)).order_by(col(Request.id).desc())
        with self._store.read() as session:  # Two queries, because each has an index of its own.
            return _usual([row for query in (live, over) for row in session.exec(query).all()])

    def sessions(self, user: str = "") -> Sequence[RoleSession]:
        """The role sessions that are not over, of one person or of all."""
        with self._store.read() as session:
            return open_sessions(session, user)

    def _earlier(self, draft: Draft) -> tuple[int, str] | None:
        """The request that the same delivery has filed, and its button; raises AlreadyAskedError for a live one about the same."""
        same = (Request.operation == draft.operation, Request.subject == draft.subject)
        with self._store.read() as session:
            delivered = session.exec(select(Request).where(Request.delivery == draft.delivery)).first()
            live = session.exec(select(Request.id).where(text(LIVE_SQL), *same)).first()
        if delivered is None and live is not None:
            raise AlreadyAskedError(live)
        return (delivered.id or 0, delivered.button) if delivered else None


def _usual(asked: Iterable[tuple[str, str]]) -> list[str]:
    """`asked` are operations and what became of them, the newest first."""
    got: Counter[str] = Counter()
    refused, for_good = set[str](), irreversible()
    for operation, status in asked:
        if status in (Status.REFUSED, Status.DENIED):
            refused |= {operation} if operation not in got or operation in for_good else set()
        elif operation not in for_good or status == Status.SUCCEEDED:
            got[operation] += 1
    return [operation for operation, _ in got.most_common() if operation not in refused]


def _request_row(draft: Draft, now: datetime) -> dict[str, Any]:
    """What was asked; the database fills the rest with its own defaults."""
    return {
        "delivery": draft.delivery,
        "marker": secrets.token_hex(16),
        "key": new_key(),
        "operation": draft.operation,
        "subject": draft.subject,
        "params": draft.params,
        "reason": draft.reason,
        "team": draft.team,
        "requester": draft.requester,
        "channel": draft.channel,
        "follows": draft.follows,
        **draft.required.columns(),
        "created_at": now,
        "due_at": now,
        "expires_at": now + draft.required.expires,
    } | ({"break_glass": True} if draft.break_glass else {})
