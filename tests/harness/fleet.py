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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from approvals.queue.outgoing import LINE, LIVING, TWICE
from sandbox.sandbox import APPROVAL_CHANNEL, BotProcess, Sandbox, sandbox
from tests.harness import postgres
from tests.harness.crashing import EFFECTIVE
from tests.harness.database import SQLITE
from tests.harness.forking import fork
from tests.harness.load import CALLS, Asked, Things, answer_invitation, asked_by, filled, prepare, wrong_effects
from tests.harness.points import ARMED, UNPACED
from tests.harness.profiles import is_full
from tests.harness.scenario import CREATION_SECONDS, QUICK

UNLIMITED = {
    UNPACED: "yes",
    "ORGBOT_REQUESTS_PER_HOUR": "0",
    "ORGBOT_PENDING_PER_PERSON": "0",
    "ORGBOT_CLICKS_PER_MINUTE": "0",
    "ORGBOT_ANCHOR_HOURS": "0",
    "ORGBOT_POLL_SECONDS": "0.3",
    "ORGBOT_TICK_SECONDS": "0.3",
    "ORGBOT_SETTLE_SECONDS": "3",
    "ORGBOT_SLACK_SETTLE_SECONDS": "1",
}
PATIENCE, LONGEST, ASLEEP, PAUSE = 120.0, 900.0, 150.0, 0.1
IN_PLACE = (*LIVING, LINE)
REPEATABLE = (
    *IN_PLACE,
    "private",
    "remove",
    "edit",
    TWICE,
)  # Kinds of messages that need not stand in Slack under their own id.
Message = dict[str, Any]


class Fleet:
    """`count` bots on `database`, all of them started at once, and some people who ask."""

    def __init__(self, place: Sandbox, database: str, count: int) -> None:
        self.place, self.slack, self.aws = place, place.slack, place.aws
        self.database = database
        self._rows = Rows(database)
        self._things = prepare(place.aws, 4 + 4 * count if is_full() else 2)
        place.aws.calls.clear()
        if is_full():
            stumble(place)
        self.bots = [self._launch() for _ in range(count)]
        for bot in self.bots:
            bot.wait_until_ready()
        self.asked: list[Asked] = []

    def _launch(self, armed: str = "") -> BotProcess:
        return self.place.launch_bot(**QUICK | UNLIMITED | {"DATABASE_URL": self.database, ARMED: armed})

    def replace(self, which: int, armed: str = "") -> None:
        """A new process in the place of another, which may stop at a named point (`tests.harness.points`) of its start already."""
        self.bots[which].process.send_signal(signal.SIGCONT)
        self.bots[which].kill()
        self.bots[which] = self._launch(armed)

    def is_dead(self, which: int) -> bool:
        """Whether it was killed; raises AssertionError when it has ended in any other way."""
        code = self.bots[which].process.poll()
        assert code in (None, -signal.SIGKILL), f"it ended with {code}: {self.bots[which].last_words()}"
        return code is not None

    def is_asleep(self, which: int) -> bool:
        """Whether it is stopped."""
        stat = Path(f"/proc/{self.bots[which].process.pid}/stat")
        return not self.is_dead(which) and stat.read_text().rpartition(")")[2].split()[0] == "T"

    def kill(self, which: int) -> None:
        """SIGKILL."""
        self.bots[which].kill()

    def end(self, which: int) -> None:
        """SIGTERM as soon as it is ready, and waits until it has ended, which is in good order."""
        bot = self.bots[which]
        bot.wait_until_ready()
        bot.process.send_signal(signal.SIGTERM)
        code = bot.process.wait(PATIENCE)
        assert code == 0, f"it ended with {code}: {bot.last_words()}"

    def sleep(self, which: int) -> None:
        """SIGSTOP: it does nothing until `wake`, and knows nothing of it."""
        self.bots[which].process.send_signal(signal.SIGSTOP)

    def wake(self, which: int) -> None:
        """SIGCONT."""
        self.bots[which].process.send_signal(signal.SIGCONT)

    @contextmanager
    def load(self) -> Iterator[None]:
        """People ask, approve and wait for the end, again and again; after the block each brings to its end what was begun."""
        over = threading.Event()
        with ThreadPoolExecutor(len(self._things)) as pool:
            people = [pool.submit(self._ask, *one, over) for one in enumerate(self._things)]
            try:
                yield
            finally:
                over.set()
        for person in people:
            person.result()

    def _ask(self, number: int, things: Things, over: threading.Event) -> None:
        """What one person asks: each request when the one before is done."""
        old = made = ""
        for name, row in asked_by(number, things):
            if over.is_set():
                return
            asked = filled(name, row, things, old, made)
            self.asked.append(asked)
            self._approve(self._file(asked))
            old, made = name, self._end_of(asked)

    def _file(self, asked: Asked) -> int:
        """Alice asks, and once more when that was lost. Gives the request's number."""
        end, reply = time.monotonic() + LONGEST, None
        while not (found := self._rows.requests(anew=True).get(asked.name)):
            assert time.monotonic() < end, f"{asked.command} was not filed, and answered with {reply}"
            reply = self.slack.person("alice").types(asked.command)
            self._wait_while_lost(asked, reply.error)
        return found.number

    def _wait_while_lost(self, asked: Asked, error: str | None) -> None:
        """Who sleeps may take it in when it wakes; and if it was asked once more meanwhile, there are two requests."""
        end = time.monotonic() + (ASLEEP if error == "operation_timeout" else PAUSE)
        while error and time.monotonic() < end and asked.name not in self._rows.requests():
            time.sleep(PAUSE)

    def _approve(self, number: int) -> None:
        """Bob presses the button on the card, once it is there, and once more while nothing has come of it."""
        card = self.slack.wait_for(lambda: self._card(number), LONGEST, f"the card of request {number}")
        end = time.monotonic() + LONGEST
        while not self._rows.of("SELECT 1 FROM interaction WHERE message_ts = %s", card["ts"]):
            assert time.monotonic() < end, f"request {number} could not be approved"
            done = self.slack.person("bob").clicks("Approve", card)
            time.sleep(0 if done.ok else PAUSE)

    def _card(self, number: int) -> Message | None:
        time.sleep(PAUSE)
        text = f"#{number} "
        cards = self.slack.seen(
            lambda said: said.channel == APPROVAL_CHANNEL and text in said.text and not said.is_reply
        )
        return cards[0] if cards else None

    def _end_of(self, asked: Asked) -> str:
        """Waits for it; the id of what the request has made, if that has one."""
        end = time.monotonic() + LONGEST
        while not (found := self._rows.requests()[asked.name]).finished:
            assert time.monotonic() < end, f"{asked.command}, request {found.number}, has no end"
            answer_invitation(self.aws, asked.name)
            time.sleep(PAUSE)
        return found.made

    def close(self) -> None:
        """Kills all of them."""
        for bot in self.bots:
            bot.process.send_signal(signal.SIGCONT)
            bot.kill()
        self._rows.close()

    def wait_for_ends(self, more: int) -> None:
        """Until so many more requests have come to their end."""
        enough = self._ended() + more
        self.slack.wait_for(lambda: self._ended() >= enough, PATIENCE, f"{more} more ends")

    def _ended(self) -> int:
        return sum(request.finished for request in self._rows.requests().values())

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
        return self._rows.of(
            "SELECT CAST(id AS TEXT), status FROM request WHERE finished_at IS NULL"
            " UNION ALL SELECT 'message ' || id, status FROM message WHERE status IN ('queued', 'sending')"
        )

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database, as soon as that answers."""
        return self._rows.of(query, *values)

    def wrong(self) -> list[str]:
        """What is lost, doubled or out of order; empty when all is as it was promised."""
        return [*self._wrong_in_aws(), *self._wrong_in_slack(), *self._wrong_in_the_audit()]

    def _wrong_in_aws(self) -> Iterator[str]:
        yield from wrong_effects(
            self.asked, [call for call in self.aws.calls if call.outcome in EFFECTIVE and call.operation in CALLS]
        )
        for number, operation, status, outcome in self._rows.of(
            "SELECT id, operation, status, outcome FROM request WHERE status <> 'succeeded'"
        ):
            yield f"request {number}, {operation}, is {status}: {outcome}"
        if len(self._rows.of("SELECT id FROM request")) != len(self.asked):
            yield "there are not as many requests as were filed"

    def _wrong_in_slack(self) -> Iterator[str]:
        stand = {str(message["metadata"]["event_payload"]["id"]): message for message in self._with_an_id()}
        shown = self._shown()
        last: dict[str, float] = {}
        messages = "SELECT lane, kind, marker, status, channel || ts FROM message ORDER BY id"
        cards: set[str] = set()
        for lane, kind, marker, status, place in self._rows.of(messages):
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
        for lane, kind, marker, body in self._rows.of("SELECT lane, kind, marker, body FROM message ORDER BY id"):
            if kind in IN_PLACE:
                text = (json.loads(body) if isinstance(body, str) else body)["text"]
                found[lane, kind == LINE].append((marker, text))
        for (lane, _), queued in found.items():
            texts = [stand[marker]["text"] for marker, _ in queued if marker in stand]
            if texts != [queued[-1][1]]:
                yield f"of {lane} stands {texts}, and not “{queued[-1][1]}” alone"

    def wait_until_nothing_stands_twice(self) -> None:
        """Who posted after others took over takes it back; who is killed before cannot."""
        self.slack.wait_for(lambda: max(self._shown().values(), default=1) == 1, PATIENCE, "each message once in Slack")

    def _shown(self) -> Counter[str]:
        """How often each message stands in Slack."""
        return Counter(str(message["metadata"]["event_payload"]["id"]) for message in self._with_an_id())

    def _with_an_id(self) -> list[Message]:
        return self.slack.seen(lambda message: bool(message.metadata))

    def _wrong_in_the_audit(self) -> Iterator[str]:
        chain = self._rows.of("SELECT previous, hash FROM audit ORDER BY id")
        if any(before[1] != after[0] for before, after in itertools.pairwise(chain)):
            yield "the audit is no chain"
        for number, count in self._rows.of(
            "SELECT request_id, count(*) FROM audit WHERE event = 'request.approved' GROUP BY 1 HAVING count(*) <> 1"
        ):
            yield f"request {number} was approved {count} times"


@dataclass(frozen=True)
class Filed:
    """A request as it stands in the database; `made` is the id of what it has made in AWS, or nothing."""

    number: int
    finished: bool
    made: str


class Rows:
    """The database, as the tests see it: one connection for all who look, and the requests read anew a few times a second."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.RLock()
        self._connection: Any = None
        self._requests: dict[str, Filed] = {}
        self._read = 0.0

    def requests(self, *, anew: bool = False) -> dict[str, Filed]:
        """Each request by the reason that was given; `anew` for whoever would otherwise ask for what was filed a moment ago."""
        with self._lock:
            if anew or time.monotonic() > self._read + PAUSE:
                found = self.of("SELECT reason, id, finished_at IS NOT NULL, CAST(memory AS TEXT) FROM request")
                self._requests = {row[0]: Filed(row[1], bool(row[2]), _made(row[3])) for row in found}
                self._read = time.monotonic()
            return self._requests

    def of(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The answer, as soon as there is one."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self._lock:
                    return self._ask(query, values)
            except (psycopg.OperationalError, sqlite3.OperationalError):
                self.close()
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE)

    def _ask(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._url.startswith(SQLITE):
            self._connection = self._connection or sqlite3.connect(
                self._url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
            )
            return list(self._connection.execute(query.replace("%s", "?"), values).fetchall())
        self._connection = self._connection or psycopg.connect(self._url, autocommit=True)
        return list(self._connection.execute(query.encode(), values).fetchall())

    def close(self) -> None:
        """Shuts the connection; the next who looks opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


def _made(memory: str) -> str:
    found = json.loads(memory or "{}")
    return str(found.get("unit") or found.get("policy") or "")


def stumble(place: Sandbox) -> None:
    """AWS loses answers and is slow to show what was done, and Slack loses answers, from now on."""
    place.aws.faults.add(kind="drop-after", changes=True, every=7, times=None)
    place.aws.faults.add(kind="late", changes=True, every=5, seconds=1.0, times=None)
    place.slack.faults.add("chat.postMessage", "drop-after", every=11, times=None)
    place.slack.faults.add("chat.update", "drop-after", every=13, times=None)


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
            found.close()
