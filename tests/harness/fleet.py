"""Several bots on one PostgreSQL, or one on SQLite, each a process of its own with its own connection to Slack's stand-in, any of which
may be killed, told to end, or put to sleep; a load of requests, and what must be true of them when all is over.
"""

from __future__ import annotations

import itertools
import json
import signal
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from approvals.queue.outgoing import LINE, LIVING
from sandbox.sandbox import BotDiedError, BotProcess, Sandbox, sandbox
from tests.harness import postgres
from tests.harness.database import SQLITE
from tests.harness.forking import fork
from tests.harness.points import ARMED
from tests.harness.scenario import CREATION_SECONDS, QUICK

PARENT = "/Workloads/Staging"
ASK = '/org create-ou --name {name} --parent {parent} --reason "for the load"'
UNLIMITED = {
    "ORGBOT_REQUESTS_PER_HOUR": "0",
    "ORGBOT_PENDING_PER_PERSON": "0",
    "ORGBOT_CLICKS_PER_MINUTE": "0",
    "ORGBOT_ANCHOR_HOURS": "0",
    "ORGBOT_POLL_SECONDS": "0.3",
    "ORGBOT_TICK_SECONDS": "0.3",
    "ORGBOT_SETTLE_SECONDS": "3",
    "ORGBOT_SLACK_SETTLE_SECONDS": "1",
}
PATIENCE, LONGEST = 120.0, 900.0
IN_PLACE = (*LIVING, LINE)
REPEATABLE = (
    *IN_PLACE,
    "private",
    "remove",
    "edit",
)  # Kinds of messages that need not stand in Slack under their own id.
Message = dict[str, Any]


class Fleet:
    """`count` bots on `database`, all of them started at once."""

    def __init__(self, place: Sandbox, database: str, count: int) -> None:
        self.place, self.slack, self.aws = place, place.slack, place.aws
        self.database = database
        self.bots = [self._launch() for _ in range(count)]
        for bot in self.bots:
            bot.wait_until_ready()
        self.filed: list[str] = []

    def _launch(self, armed: str = "") -> BotProcess:
        return self.place.launch_bot(**QUICK | UNLIMITED | {"DATABASE_URL": self.database, ARMED: armed})

    def replace(self, which: int, armed: str = "") -> None:
        """A new process in the place of another, which may stop at a named point (`tests.harness.points`) of its start already."""
        self.bots[which].process.send_signal(signal.SIGCONT)
        self.bots[which].kill()
        self.bots[which] = self._launch(armed)
        with suppress(BotDiedError):
            while not self.is_asleep(which) and not self._is_ready(which):
                pass

    def _is_ready(self, which: int) -> bool:
        try:
            self.bots[which].wait_until_ready(0.2)
        except TimeoutError:
            return False
        return True

    def is_dead(self, which: int) -> bool:
        """Whether it has ended."""
        return self.bots[which].process.poll() is not None

    def is_asleep(self, which: int) -> bool:
        """Whether it is stopped, or dead."""
        if self.is_dead(which):
            return True
        return Path(f"/proc/{self.bots[which].process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def kill(self, which: int) -> None:
        """SIGKILL."""
        self.bots[which].kill()

    def end(self, which: int) -> None:
        """SIGTERM, and waits until it has ended."""
        self.bots[which].process.send_signal(signal.SIGTERM)
        self.slack.wait_for(lambda: self.is_dead(which), PATIENCE, "the end of a process that was told to")

    def sleep(self, which: int) -> None:
        """SIGSTOP: it does nothing until `wake`, and knows nothing of it."""
        self.bots[which].process.send_signal(signal.SIGSTOP)

    def wake(self, which: int) -> None:
        """SIGCONT."""
        self.bots[which].process.send_signal(signal.SIGCONT)

    def file(self, name: str) -> None:
        """Alice asks for an OU of this name; once more when she was not answered, as people do."""
        self.filed.append(name)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self._is_filed(name):
            self.slack.person("alice").types(ASK.format(name=name, parent=PARENT))

    def _is_filed(self, name: str) -> bool:
        return bool(self.rows("SELECT id FROM request WHERE CAST(params AS TEXT) LIKE %s", f"%{name}%"))

    def approve(self, name: str) -> None:
        """Bob presses the button on the card, once it is there, and once more while nothing has come of it."""
        card = self.slack.wait_for(lambda: self._card(name), PATIENCE, f"the card of {name}")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self.rows("SELECT 1 FROM interaction WHERE message_ts = %s", card["ts"]):
            self.slack.person("bob").clicks("Approve", card)

    def _card(self, name: str) -> Message | None:
        return next((card for card in self.slack.messages("aws-approvals") if name in str(card["blocks"])), None)

    def load(self, names: list[str], threads: int = 4) -> threading.Thread:
        """Files and approves all of these in the background."""

        def one(name: str) -> None:
            self.file(name)
            self.approve(name)

        def everything() -> None:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(one, names))

        thread = threading.Thread(target=everything)
        thread.start()
        return thread

    def finish(self) -> None:
        """Waits until nothing is left to do, for as long as it becomes less or another."""
        left, since = self._unfinished(), time.monotonic()
        end = since + LONGEST
        while left:
            time.sleep(0.1)
            before, left = left, self._unfinished()
            since = since if left == before else time.monotonic()
            if time.monotonic() > min(since + PATIENCE, end):
                words = [bot.last_words(lines=20) for bot in self.bots]
                raise AssertionError(f"still to be done: {left}\n{words}")

    def is_at_work(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._unfinished())

    def _unfinished(self) -> list[Any]:
        return self.rows(
            "SELECT CAST(id AS TEXT), status FROM request WHERE finished_at IS NULL"
            " UNION ALL SELECT 'message ' || id, status FROM message WHERE status IN ('queued', 'sending')"
        )

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database, as soon as that answers."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self._rows(query, *values)
            except (psycopg.OperationalError, sqlite3.OperationalError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if self.database.startswith(SQLITE):
            with closing(sqlite3.connect(self.database.removeprefix("sqlite:///"))) as file:
                return file.execute(query.replace("%s", "?"), values).fetchall()
        with closing(psycopg.connect(self.database)) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def wrong(self) -> list[str]:
        """What is lost, doubled or out of order; empty when all is as it was promised."""
        return [*self._wrong_in_aws(), *self._wrong_in_slack(), *self._wrong_in_the_audit()]

    def _wrong_in_aws(self) -> Iterator[str]:
        calls = [call for call in self.aws.calls.of("CreateOrganizationalUnit") if call.outcome == "ok"]
        made = Counter(str(call.params["Name"]) for call in calls)
        for name in self.filed:
            if made[name] != 1:
                yield f"{name} was made {made[name]} times"
        for number, status in self.rows("SELECT id, status FROM request WHERE status <> 'succeeded'"):
            yield f"request {number} is {status}"
        if len(self.rows("SELECT id FROM request")) != len(self.filed):
            yield "there are not as many requests as were filed"

    def _wrong_in_slack(self) -> Iterator[str]:
        stand = {str(message["metadata"]["event_payload"]["id"]): message for message in self._with_an_id()}
        shown = Counter(str(message["metadata"]["event_payload"]["id"]) for message in self._with_an_id())
        last: dict[str, float] = {}
        messages = "SELECT lane, kind, marker, status, channel || ts FROM message ORDER BY id"
        cards: set[str] = set()
        for lane, kind, marker, status, place in self.rows(messages):
            updated = (kind == "card" and place in cards) or kind in REPEATABLE
            cards |= {place} if kind == "card" else set()
            if status != "sent" or shown[marker] > 1 or (shown[marker] != 1 and not updated):
                yield f"a {kind} of {lane} is {status}, and stands {shown[marker]} times in Slack"
            elif marker in stand:
                if float(stand[marker]["ts"]) < last.get(lane, 0.0):
                    yield f"a {kind} of {lane} came too early"
                last[lane] = float(stand[marker]["ts"])
        yield from self._wrong_in_edited(stand)

    def _wrong_in_edited(self, stand: dict[str, Message]) -> Iterator[str]:
        """What is edited in place stands once, in the words that were queued last."""
        found: dict[tuple[str, bool], list[tuple[str, str]]] = defaultdict(list)
        for lane, kind, marker, body in self.rows("SELECT lane, kind, marker, body FROM message ORDER BY id"):
            if kind in IN_PLACE:
                text = (json.loads(body) if isinstance(body, str) else body)["text"]
                found[lane, kind == LINE].append((marker, text))
        for (lane, _), queued in found.items():
            texts = [stand[marker]["text"] for marker, _ in queued if marker in stand]
            if texts != [queued[-1][1]]:
                yield f"of {lane} stands {texts}, and not “{queued[-1][1]}” alone"

    def _with_an_id(self) -> list[Message]:
        return self.slack.seen(lambda message: bool(message.metadata))

    def _wrong_in_the_audit(self) -> Iterator[str]:
        chain = self.rows("SELECT previous, hash FROM audit ORDER BY id")
        if any(before[1] != after[0] for before, after in itertools.pairwise(chain)):
            yield "the audit is no chain"
        for number, count in self.rows(
            "SELECT request_id, count(*) FROM audit WHERE event = 'request.approved' GROUP BY 1 HAVING count(*) <> 1"
        ):
            yield f"request {number} was approved {count} times"


@contextmanager
def fleet(count: int, database: str = "") -> Iterator[Fleet]:
    """A fleet on a database that has no table yet; one bot may have one of SQLite (`database` is SQLITE)."""
    with sandbox(mode="socket", creation_seconds=CREATION_SECONDS, launch=fork) as place:
        file = f"sqlite:///{place.folder / 'orgbot.db'}"
        url = file if database == SQLITE else postgres.as_written(database or postgres.empty_url())
        found = Fleet(place, url, count)
        try:
            yield found
        finally:
            for bot in found.bots:
                bot.process.send_signal(signal.SIGCONT)
                bot.kill()


def names(count: int, prefix: str = "load") -> list[str]:
    """Names of OUs, no two alike."""
    return [f"{prefix}-{number:03}" for number in range(count)]
