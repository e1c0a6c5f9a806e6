"""Whether this bot is alone on its Slack app and its database, as far as it can be seen: a line for `/readyz`, and a warning in the log.

Two bots with two databases on one Slack app each get a part of the presses, on cards that they do not know. Seen are: the number
of connections that Slack tells in `hello`, messages of another installation in the approval channel, presses on unknown cards, and
the other processes that work on the same database. Source: Slack API, "Using Socket Mode" (hello), "conversations.history",
"Message metadata".
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from approvals.models import Installation, Process
from approvals.outbox.delivering import EVENT
from approvals.queue.store import Store
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from bot.http.edge import Line

log = logging.getLogger(__name__)
BEAT, GONE, LOOK, LATELY = timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=24)
LOOKED_AT = 50
SAME_APP = "another orgbot may use the same Slack app, and gets a part of its clicks: stop one of them, or make an app for each"


def identity_of(store: Store, now: datetime, new: Callable[[], str]) -> str:
    """The name of this installation, random and kept in its database; `new` makes one for a database that has none yet."""
    with store.write(alone=True) as session:
        found = session.exec(select(Installation)).first()
        if found is None:
            found = Installation(id=1, identity=new(), created_at=now)
            session.add(found)
        return found.identity


@dataclass
class Neighbours:
    """What is known of others; `owner` is this process, `identity` its installation, `bot()` its Slack bot's id."""

    store: Store
    clock: Callable[[], datetime]
    owner: str
    identity: str
    bot: Callable[[], str]
    _connections: int = 0
    _hellos: int = 0
    _strange: datetime | None = None
    _foreign: datetime | None = None
    _beaten: datetime | None = None
    _looked: datetime | None = None
    _others: tuple[Process, ...] = field(default=())

    def hello(self, connections: int) -> None:
        """Slack has told how many connections the app has, ours included."""
        self._connections, self._hellos = connections, self._hellos + 1
        self._beaten = None  # Whoever has connected has said before that it is there.
        with suppress(SQLAlchemyError):
            self.beat()
        if self._too_many():
            log.warning("Slack counts %s connections of this app: %s", connections, SAME_APP)

    def strange_press(self) -> None:
        """Somebody has pressed a button of a card that is not one of this database's."""
        self._strange = self.clock()

    def beat(self) -> None:
        """Says that this process is there, and looks who else is; one process alone holds an SQLite file."""
        now = self.clock()
        if self.store.engine.dialect.name == "sqlite" or (self._beaten and now - self._beaten < BEAT):
            return
        self._beaten = now
        with self.store.write() as session:
            self._others = _met(session, Process(owner=self.owner, bot=self.bot(), seen_at=now), now)

    def leave(self) -> None:
        """Says that this process is there no more; where the database is away, the others find out by themselves."""
        if self._beaten:
            with suppress(SQLAlchemyError), self.store.write() as session:
                session.execute(delete(Process).where(col(Process.owner) == self.owner))

    def look(self, slack: WebClient, channel: str) -> None:
        """Looks now and then for messages of another installation in the approval channel."""
        now = self.clock()
        if self._looked and now - self._looked < LOOK:
            return
        self._looked = now
        try:
            asked = {"channel": channel, "limit": LOOKED_AT, "include_all_metadata": True}
            found = call(slack, "conversations.history", **asked).get("messages", [])
        except (SlackRefusedError, SlackBusyError, SlackAmbiguousError):
            return
        times = [float(item["ts"]) for item in found if self._is_foreign(item)]
        newest = datetime.fromtimestamp(max(times), now.tzinfo) if times else None
        if newest and self._foreign is None:
            log.warning("messages of another installation stand in the approval channel: %s", SAME_APP)
        self._foreign = newest

    def _is_foreign(self, item: dict[str, Any]) -> bool:
        metadata = item.get("metadata") or {}
        installation = (metadata.get("event_payload") or {}).get("installation")
        return metadata.get("event_type") == EVENT and installation not in (None, "", self.identity)

    def line(self) -> Line:
        """For `/readyz`: not ok when another Slack app works on this database; what else is seen may be passing."""
        others = [process for process in self._others if process.bot != self.bot()]
        if others:
            return ("alone", False, f"another Slack app works on this database (process {others[0].owner})")
        seen = [sentence for sentence, holds in self._signs() if holds]
        return ("alone", None, "; ".join((*seen, SAME_APP))) if seen else ("alone", True, self._alone())

    def _signs(self) -> list[tuple[str, bool]]:
        now = self.clock()
        return [
            (f"Slack counts {self._connections} connections of this app", self._too_many()),
            ("a card of another orgbot or an older database was pressed", _is_lately(self._strange, now)),
            ("another orgbot or an older database posted to the approval channel", _is_lately(self._foreign, now)),
        ]

    def _too_many(self) -> bool:
        """After a reconnection Slack may still count the connection before it."""
        return self._connections > 1 + len(self._others) + (1 if self._hellos > 1 else 0)

    def _alone(self) -> str:
        return f"{1 + len(self._others)} processes of this installation" if self._others else "no other orgbot is seen"


def _is_lately(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < LATELY


def _met(session: Session, own: Process, now: datetime) -> tuple[Process, ...]:
    """The other processes that were there a moment ago, once ours is written down."""
    session.merge(own)
    session.execute(delete(Process).where(col(Process.seen_at) < now - LATELY))
    return others_of(session, own.owner, now)


def others_of(session: Session, owner: str, now: datetime) -> tuple[Process, ...]:
    """The processes on this database that were there a moment ago, besides the one of that name."""
    there = select(Process).where(Process.owner != owner, col(Process.seen_at) > now - GONE)
    return tuple(session.exec(there.order_by(col(Process.seen_at))).all())
