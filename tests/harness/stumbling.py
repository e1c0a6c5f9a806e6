"""A bot whose jobs run into an error of their own at any call that they make out of their module."""

from __future__ import annotations

import inspect
import re
import sqlite3
import sys
import zlib
from asyncio import CancelledError
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import wraps
from types import ModuleType
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import InternalError
from sqlmodel import col, select

from approvals.context import Context
from approvals.dispatcher import KINDS, due_jobs
from approvals.models import AuditRecord, HomeViewer, Interaction, Message, Request, RoleSession, Stumble, Vote
from approvals.outbox.sending import Outbox
from approvals.queue import worker
from approvals.queue.store import Store
from approvals.queue.worker import Desk
from approvals.request.decide import decide
from approvals.request.following import LOST_ANSWER
from operations.aws.client import Aws
from operations.core.steps import Shared
from sandbox.aws.server import AwsSandbox
from tests.harness.database import copy
from tests.harness.moments import next_moment
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers

ROOMS = ("approvals.request", "approvals.outbox", "approvals.sessions")
COMES_AGAIN = ("aws.call", "request.unknown", "request.running", "credentials.undelivered")
THE_POLICY_ITSELF = ("work_off", "is_outage")
MAKING_STATEMENTS = ("setting", "held")  # Called once for what is kept then, so that no later run comes to such a call.
LEASED = (Request, Interaction, Message, HomeViewer, RoleSession)
PASSING = re.compile(r"<!date[^>]*>|https://slack.example/[0-9.]+|ASIA\w+")  # What is another one each time.


class BrokenError(KeyError):
    """An error of the bot's own, as nobody expects it anywhere."""


def _refused_by_slack(name: str) -> Exception:
    return SlackApiError(f"{name}: an error of Slack's that nobody has sorted", {})  # type: ignore[no-untyped-call]


def _refused_by_the_database(name: str) -> Exception:
    return InternalError("SELECT 1", None, sqlite3.DatabaseError(f"{name}: database disk image is malformed"))


def _undecodable(name: str) -> Exception:
    return UnicodeEncodeError("utf-8", f"{name}\ud800", 0, 1, "surrogates not allowed")


# What an error of the bot's own may be; which one it is follows from the call, so that each kind comes at many.
ERRORS: tuple[Callable[[str], BaseException], ...] = (
    BrokenError,
    MemoryError,
    RecursionError,
    SystemExit,
    KeyboardInterrupt,
    CancelledError,
    _refused_by_slack,
    _refused_by_the_database,
    _undecodable,
)


def error_at(name: str) -> BaseException:
    """The error of a call of this name. One of Slack's client that is about an answer leaves open what was done, and is an outage."""
    if name.endswith("slack"):
        return MemoryError(name)
    return ERRORS[zlib.crc32(name.encode()) % len(ERRORS)](name)


@dataclass
class Wire:
    """Trips in the job `kind` on the row `key`: at its nth call, once; or at each call that has the name `lasting`."""

    kind: str = ""
    key: int = 0
    nth: int = 0
    lasting: str = ""
    armed: bool = False
    calls: list[str] = field(default_factory=list)
    trips: int = 0

    def passes(self, name: str) -> None:
        if not self.armed:
            return
        self.calls.append(name)
        if name == self.lasting or (len(self.calls) == self.nth and not self.trips):
            self.trips += 1
            raise error_at(name)

    def forget(self) -> None:
        """It trips nowhere, until a job is named again."""
        self.kind, self.key, self.nth, self.lasting, self.armed, self.trips = "", 0, 0, "", False, 0
        self.calls.clear()

    def over(self, name: str, real: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        """`real` with the wire before it, and behind it as well where it has done something by then."""

        @wraps(real)
        def tripping(*given: Any, **named: Any) -> Any:
            self.passes(name)
            answer = real(*given, **named)
            if after:
                self.passes(f"after {name}")
            return answer

        return tripping


class TrippingStore(Store):
    """The database, with the wire before a transaction, at its end before the commit, and after the commit."""

    def __init__(self, real: Store, wire: Wire) -> None:
        super().__init__(real.engine)
        self._lock = real._lock
        self._wire = wire

    @contextmanager
    def read(self) -> Iterator[Any]:
        self._wire.passes("store.read")
        with super().read() as session:
            yield session

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Any]:
        self._wire.passes("store.write")
        with super().write(alone=alone) as session:
            yield session
            self._wire.passes("store.write before the commit")
        self._wire.passes("store.write after the commit")


class Stumbling:
    """Workers, an outbox and Slack in memory. `once` does what is due; `settle` lets minutes pass."""

    def __init__(self, aws: AwsSandbox, wire: Wire) -> None:
        self.aws = aws
        self.workers = Workers(aws)
        self.slack = InMemorySlack()
        self.wire = wire
        self.counted: list[str] = []
        self.sound = self.workers.context = replace(self.workers.context, changed=lambda: None)
        self.renew()

    def begin_like(self, other: Stumbling) -> None:
        """All that the other one has come to, which itself goes no further; AWS stands as at the beginning in both."""
        copy(other.workers.engine, self.workers.engine)
        self.workers.clock.now = other.workers.clock.now
        self.workers.snapshot_is(other.workers.snapshot)
        self.workers.people.channel = set(other.workers.people.channel)
        self.slack.begin_like(other.slack)

    def renew(self) -> None:
        """The workers of a process that has just started."""
        sound = self.workers.context
        store = TrippingStore(sound.store, self.wire)
        desk = Desk(sound.owner, sound.store, sound.clock, sound.pace.after, self.counted.append)
        self.context = self._wired(sound, store, desk)
        self.outbox = Outbox(self.context, self.slack, lambda: "B0ORGBOT", self._home)
        self.outbox.home_tabs._desk = replace(desk, store=store)

    def _home(self, user: str) -> dict[str, Any]:
        self.wire.passes("make_view")
        return {"type": "home", "blocks": [], "for": user}

    def _wired(self, sound: Context, store: Store, desk: Desk) -> Context:
        over = self.wire.over
        for owner, names in (
            (sound.aws, ("read", "probe", "pages")),
            (sound.people, ("look", "members", "in_channel")),
        ):
            for name in names:
                setattr(owner, name, over(name, getattr(owner, name)))
        sound.aws.write = over("write", sound.aws.write, after=True)  # type: ignore[method-assign]
        self.slack.api_call = over("slack", InMemorySlack.api_call.__get__(self.slack), after=True)  # type: ignore[method-assign]
        wired = _Wired(**{name: getattr(sound, name) for name in Context.__dataclass_fields__})
        _DESKS[sound.owner] = desk
        boundary = ("rules", "clock", "organization", "changed", "files")
        tripping: dict[str, Any] = {name: over(name, getattr(sound, name)) for name in boundary}
        return replace(wired, store=store, **tripping)

    def _wire_aws(self, aws: Aws) -> Aws:
        """AWS as the bot sees it, and as it sees it under each role that it assumes."""
        acting_as = aws.acting_as
        for name in ("read", "probe", "pages"):
            setattr(aws, name, self.wire.over(name, getattr(aws, name)))
        aws.write = self.wire.over("write", aws.write, after=True)  # type: ignore[method-assign]
        aws.acting_as = lambda keys: self._wire_aws(acting_as(keys))  # type: ignore[method-assign]
        return aws

    def once(self) -> int:
        """Each job that is due now, once; gives their number."""
        shared = Shared()
        with self.sound.store.read() as session:
            due = list(due_jobs(session, self.workers.clock()))
        works = {kind.job.name: kind.work for kind in KINDS}
        for kind, key in due:
            works[kind](self, key, shared)  # type: ignore[arg-type]
        return len(due)

    def bind(self, number: int | None) -> None:
        """The log is not asked."""

    def settle(self, minutes: float = 20) -> None:
        """Everything that becomes due in the next minutes."""
        end = self.workers.clock.now + timedelta(minutes=minutes)
        for _ in range(300):
            if self.once():
                continue
            if self.workers.clock.now >= end:
                return
            with self.sound.store.read() as session:
                self.workers.clock.now = next_moment(session, self.workers.clock(), end)
        raise AssertionError("these are due for ever")

    def restart(self) -> None:
        """A new process, in which the error is mended."""
        self.wire.kind = ""
        with self.sound.store.write() as session:
            worker.take_up_again(session, [kind.job for kind in KINDS])

    def rows(self, model: type[Any]) -> list[Any]:
        with self.sound.store.read() as session:
            return list(session.exec(select(model).order_by(col(model.id))).all())

    def messages(self, kind: str, request: int) -> list[Message]:
        """The messages of a kind about a request that still wait, oldest first."""
        waiting = ("queued", "sending")
        found = [row for row in self.rows(Message) if row.status in waiting]
        return [row for row in found if (row.kind, row.request_id) == (kind, request)]

    def decide(self) -> None:
        """The clicks that are due, and nothing else."""
        for click in self.rows(Interaction):
            decide(self.sound, click.id)

    def leased(self) -> list[str]:
        """What is still in somebody's hands."""
        return [f"{model.__name__} {row.id}" for model in LEASED for row in self.rows(model) if row.lease_owner]

    def stumble(self) -> Stumble | None:
        found = [row for row in self.rows(Stumble) if (row.kind, row.key) == (self.wire.kind, self.wire.key)]
        return found[0] if found else None

    def told(self) -> Counter[str]:
        """How often each person or channel has been told of an error of the bot's own."""
        said = [
            (post["channel"], post["text"])
            for post in self.slack.posts
            if "thread_ts" in post or post["channel"][0] == "D"
        ]
        whispered = [(post["user"], post["text"]) for post in self.slack.whispers]
        shown = [(f"home of {user}", str(view)) for user, view in self.slack.homes.items()]
        return Counter(where for where, words in (*said, *whispered, *shown) if "error of its own" in words)

    def outcome(self) -> dict[str, Any]:
        """All that people, AWS and the database have in the end, whenever it was; without what says that an answer was lost."""
        posts = [post for post in self.slack.posts if LOST_ANSWER not in post["text"]]
        events = [f"{row.event} {row.request_id}" for row in self.rows(AuditRecord) if row.event not in COMES_AGAIN]
        return {
            "said": Counter(f"{post['channel']}: {_plain(post['text'])}" for post in posts),
            "private": {
                PASSING.sub("", post["text"]) for post in self.slack.whispers
            },  # May be repeated, as an update may.
            "homes": {user: "error of its own" in str(view) for user, view in self.slack.homes.items()},
            "requests": [(row.id, row.status, bool(row.card_ts), row.step) for row in self.rows(Request)],
            "votes": sorted((row.request_id, row.user, row.decision) for row in self.rows(Vote)),
            "audit": Counter(events),
            "sessions": [(row.state, bool(row.delete_due_at), row.warned) for row in self.rows(RoleSession)],
            "messages": {row.status for row in self.rows(Message)},
            "aws": Counter(
                call.operation for call in self.aws.calls if call.outcome == "ok" and _changes(call.operation)
            ),
        }

    def close(self) -> None:
        self.workers.close()


def wire_the_rooms(patch: pytest.MonkeyPatch, wire: Wire) -> None:
    """Each function of another module that a module of these rooms calls by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith(ROOMS):
            for called, value in list(vars(module).items()):
                if (
                    inspect.isfunction(value)
                    and _is_elsewhere(value.__module__, name)
                    and called not in (*THE_POLICY_ITSELF, *MAKING_STATEMENTS)
                ):
                    patch.setattr(module, called, wire.over(called, value))
                elif inspect.ismodule(value) and _is_elsewhere(value.__name__, name):
                    patch.setattr(module, called, _WiredModule(value, wire))


def arm_within_the_policy(patch: pytest.MonkeyPatch, wire: Wire) -> None:
    """From the claim to what ends the job: what the policy itself does works."""
    taken, surely = worker._Hold.taken, worker._surely

    def begin(hold: Any, session: Any) -> Any:
        if (hold.job.name, hold.key) == (wire.kind, wire.key) and not wire.armed:
            wire.armed = True
            wire.calls.clear()
        return taken(hold, session)

    def end(hold: Any, ending: Callable[[], None]) -> None:
        wire.armed = False
        surely(hold, ending)

    patch.setattr(worker._Hold, "taken", begin)
    patch.setattr(worker, "_surely", end)


def _plain(text: str) -> str:
    """Without times and links. Whether a tag was set now or stood there already is the same in the end."""
    return PASSING.sub("", text).replace("has its tags", "has been tagged")


class _Wired(Context):
    """A context whose desk is sound, because it is the policy's own."""

    @property
    def desk(self) -> Desk:
        return _DESKS[self.owner.partition("#")[0]]


_DESKS: dict[str, Desk] = {}


class _WiredModule(ModuleType):
    """A module of the bot's as another one sees it."""

    def __init__(self, real: ModuleType, wire: Wire) -> None:
        super().__init__(real.__name__)
        for name, value in vars(real).items():
            if not name.startswith("__"):
                wired = inspect.isfunction(value) and value.__module__ == real.__name__
                setattr(self, name, wire.over(f"{real.__name__.rpartition('.')[2]}.{name}", value) if wired else value)


def _is_elsewhere(found_in: str, module: str) -> bool:
    return found_in.startswith(("approvals.", "operations.")) and found_in != module


def _changes(operation: str) -> bool:
    """What a second time would change more; the denial of a session is the same each time."""
    return not operation.startswith(("List", "Describe", "Get", "AssumeRole", "PutRolePolicy"))
