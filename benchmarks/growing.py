"""How quick commands, the home tab, a tick and the metrics are over 100,000 finished requests, against a database with one."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from slack_sdk import WebClient
from sqlalchemy import Connection, insert

from approvals.dispatcher import due_jobs
from approvals.models import AuditRecord, Message, Request
from approvals.outbox.home_tabs import PictureBook
from approvals.queue.store import Store
from approvals.request.execution import others
from approvals.request.intake import Intake
from approvals.request.prune import PAGE, prune
from benchmarks.servers import ASKS, TEAM, app_of, deps_of
from benchmarks.table import Row
from bot.database import migrate, open_engine
from bot.http.metrics import Measuring, Metrics
from bot.http.transport import SignedHttp
from handlers.home import home_of
from handlers.queries.upload import Pictures
from handlers.query_names import WORDS

MANY, ROUNDS, MOST = 100_000, 41, 2.0
BEGAN = datetime(2025, 1, 2, tzinfo=UTC)
WITH = {"account": "shop", "policy": "FullAWSAccess", "request": "1", "code": "1", "cancel": "1", "undo": "1"}
COMMANDS = ("", *(f"{word} {WITH.get(word, '')}".strip() for word in WORDS))  # Alone it is the launcher.
PREVIEW = {"title": "Tag the account shop", "facts": [], "plan": ["Tag it"], "precondition": {"tags": {}}}


class Grown:
    """The bot's ways in and out over a database that holds so many finished requests, with their messages and records."""

    def __init__(self, folder: Path, finished: int) -> None:
        engine = open_engine(f"sqlite:///{folder / f'{finished}.db'}")
        migrate(engine)
        with engine.execution_options(writes=True).begin() as connection:
            _fill(connection, finished)
        self.store = Store(engine)
        self.intake = Intake(self.store, lambda: datetime.now(UTC), lambda: None)
        self.deps = deps_of(self.intake)
        clock = partial(datetime.now, UTC)
        self.pictures = Pictures(WebClient(), lambda _: None, clock, PictureBook(self.store, clock))
        self._http = SignedHttp(app_of(self.deps))
        snapshot: Any = SimpleNamespace(latest=self.deps.organization)
        self._measuring = Measuring(self.store, snapshot, Metrics())
        self._measuring(datetime.now(UTC))  # What is finished is counted once.
        self._number = 0

    def types(self, text: str) -> None:
        """One delivery of the slash command, to its answer."""
        self._number += 1
        typed = {"command": "/org", "text": text, "user_id": ASKS, "team_id": TEAM, "trigger_id": str(self._number)}
        status, _, _ = self._http.dispatch(urlencode(typed), {"content-type": ["application/x-www-form-urlencoded"]})
        if status != 200:
            raise RuntimeError(status)

    def asks(self) -> None:
        """A request that is filed."""
        self._number += 1
        self.types(f"create-ou --name unit-{self._number} --parent /")

    def tick(self) -> None:
        """One look for what is due."""
        with self.store.read() as session:
            list(due_jobs(session, datetime.now(UTC)))

    def measures(self) -> None:
        """What `/metrics` shows."""
        self._measuring(datetime.now(UTC))

    def opens_home(self) -> None:
        """The home tab."""
        home_of(self.deps, ASKS, self.pictures)

    def remembers(self) -> None:
        """What a step asks of other requests for the same operation."""
        with self.store.read() as session:
            request = session.get_one(Request, 1)
            others(session, request.model_copy(update={"id": MANY + 1, "created_at": datetime.now(UTC)}))


def _fill(connection: Connection, finished: int) -> None:
    """Requests that are finished long since, a third of them the asker's own."""
    for start in range(0, finished, PAGE):
        numbers = range(start + 1, min(start + PAGE, finished) + 1)
        connection.execute(insert(Request), [_request(number) for number in numbers])
        connection.execute(insert(Message), [_message(number) for number in numbers for _ in range(2)])
        connection.execute(insert(AuditRecord), [_record(number) for number in numbers])


def _request(number: int) -> dict[str, Any]:
    at = BEGAN + timedelta(seconds=number)
    return {
        "id": number,
        "delivery": f"d{number}",
        "marker": f"{number:032x}",
        "operation": "tag-account",
        "team": TEAM,
        "subject": f"tag-{number}",
        "params": {"account": "1" * 12},
        "requester": ASKS if number % 3 == 1 else f"U{number % 300}",
        "status": "succeeded",
        "preview": PREVIEW,
        "memory": {"seen": "x" * 100},
        "created_at": at,
        "finished_at": at,
    }


def _message(number: int) -> dict[str, Any]:
    at = BEGAN + timedelta(seconds=number)
    told = {"lane": f"request:{number}", "kind": "thread", "request_id": number, "body": {"text": "x" * 300}}
    return {**told, "marker": "m", "status": "sent", "ts": "1.2", "created_at": at}


def _record(number: int) -> dict[str, Any]:
    at = BEGAN + timedelta(seconds=number)
    return {
        "at": at,
        "event": "request.succeeded",
        "actor": "x",
        "request_id": number,
        "previous": f"{number}",
        "hash": "h",
        "detail": {},
    }


def rows() -> Iterator[Row]:
    """Each figure over both databases in turn, so that the machine's moods fall on both."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Grown(Path(folder), 1), Grown(Path(folder), MANY)
        for name, work in _figures():
            yield _row(name, partial(work, large), partial(work, small))
        prune(large.store, datetime.now(UTC), timedelta(days=30))
        yield _row("a round of pruning when all is pruned", partial(_prune, large), partial(_prune, small))


def _prune(grown: Grown) -> None:
    prune(grown.store, datetime.now(UTC), timedelta(days=30))


def _figures() -> Iterator[tuple[str, Callable[[Grown], None]]]:
    yield from ((f"/org {text}".strip(), partial(lambda text, grown: grown.types(text), text)) for text in COMMANDS)
    yield "the home tab", Grown.opens_home
    yield "/org create-ou …", Grown.asks
    yield "a tick with nothing due", Grown.tick
    yield "/metrics", Grown.measures
    yield "what other requests remember", Grown.remembers


def _row(name: str, ours: Callable[[], object], floor: Callable[[], object]) -> Row:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, times in zip((ours, floor), taken, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    large, small = map(statistics.median, taken)
    return Row(f"{name}, {MANY:,} finished requests", f"{large:.2f} ms", f"{small:.2f} ms", large / small, MOST)
