"""What is due is handed out once at a time, whatever goes wrong with it, and a stop waits for what is in hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from approvals.dispatcher import KINDS, Dispatcher, _pool_of, due_jobs
from approvals.models import Message
from approvals.pools import Pool
from approvals.queue.outgoing import HANDOVER
from approvals.queue.store import Store
from approvals.queue.worker import Desk
from tests.harness.database import give_back, new_database

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
PATIENCE = 20  # Seconds, for what happens at once.


class Post:
    """A database with one message due, and an outbox that takes as long for a lane as the test lets it."""

    def __init__(self, database: str) -> None:
        self.engine = new_database(database)
        self.store = Store(self.engine)
        self.sent: list[str] = []
        self.caught_up: list[int] = []
        self.bound: list[int | None] = []
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()
        self.trouble: BaseException | None = None
        self.slack = None
        self.queue("request:7")
        context: Any = SimpleNamespace(
            store=self.store,
            catch_up=lambda: self.caught_up.append(len(self.sent)),
            quarantined=lambda: False,
            clock=lambda: NOW,
            desk=Desk("worker", self.store, lambda: NOW),
        )
        outbox: Any = self
        self.dispatcher = Dispatcher(context, outbox, 2, self.bound.append)

    def queue(self, lane: str) -> None:
        message: dict[str, Any] = {"kind": "thread", "marker": lane, "created_at": NOW, "due_at": NOW}
        with self.store.write() as session:
            session.add(Message(lane=lane, **message))

    def send_lane(self, lane: str) -> None:
        self.begun.release()
        assert self.go_on.wait(PATIENCE)
        if self.trouble:
            raise self.trouble
        self.sent.append(lane)
        with self.store.write() as session:
            session.execute(update(Message).where(Message.lane == lane).values(status="sent", due_at=None))  # type: ignore[arg-type]

    def is_begun(self) -> bool:
        return self.begun.acquire(timeout=PATIENCE)


@pytest.fixture
def post(database: str) -> Iterator[Post]:
    found = Post(database)
    yield found
    found.go_on.set()
    found.dispatcher.stop()
    give_back(found.engine)


def finished(work: Callable[[], object]) -> tuple[threading.Thread, threading.Event]:
    """Work in a thread of its own, and what tells that it is over."""
    over = threading.Event()

    def until_over() -> None:
        work()
        over.set()

    thread = threading.Thread(target=until_over)
    thread.start()
    return thread, over


def test_what_is_in_hand_is_not_handed_out_again_and_other_work_is(post: Post) -> None:
    assert post.dispatcher.tick() == 1
    assert post.is_begun()
    post.queue("request:8")
    assert [post.dispatcher.tick(), post.dispatcher.tick()] == [1, 0]
    assert post.is_begun()
    post.go_on.set()
    post.dispatcher.stop()
    assert sorted(post.sent) == ["request:7", "request:8"]


def test_a_stop_waits_for_what_is_in_hand(post: Post) -> None:
    post.dispatcher.tick()
    assert post.is_begun()
    thread, over = finished(post.dispatcher.stop)
    assert not over.is_set()
    assert post.sent == []
    post.go_on.set()
    thread.join(PATIENCE)
    assert over.is_set()
    assert post.sent == ["request:7"]


def test_a_stop_gives_what_hangs_its_time_and_no_more_and_what_has_not_begun_stays_due(post: Post) -> None:
    for number in range(8, 12):
        post.queue(f"request:{number}")
    assert post.dispatcher.tick() == 5
    assert post.is_begun()
    assert post.is_begun()
    assert not post.dispatcher.stop(0.05)
    post.go_on.set()
    with post.store.read() as session:
        due = [key for kind, key in due_jobs(session, NOW) if kind == "lane"]
    assert len(due) >= 3


@pytest.mark.parametrize("pool", Pool)
def test_whatever_hangs_holds_up_its_own_kind_only(post: Post, pool: Pool) -> None:
    for _ in range(20):
        post.dispatcher.submit(lambda: post.go_on.wait(PATIENCE), pool)  # type: ignore[arg-type]
    others, done = [other for other in Pool if other is not pool], threading.Semaphore(0)
    for other in others:
        post.dispatcher.submit(done.release, other)
    assert all(done.acquire(timeout=PATIENCE) for _ in others)


def test_every_kind_of_job_says_for_what_it_waits_and_credentials_are_no_message() -> None:
    pools = {kind.job.name: kind.pool for kind in KINDS}
    assert (pools["run"], pools["announce"], pools["click"]) == (Pool.AWS, Pool.PREVIEWS, Pool.CLICKS)
    assert _pool_of(("lane", "request:7")) is Pool.MESSAGES
    assert _pool_of(("lane", f"{HANDOVER}U0ALICE:7")) is Pool.CREDENTIALS


def test_after_a_stop_nothing_is_taken_on(post: Post) -> None:
    done: list[str] = []
    post.dispatcher.stop()
    post.dispatcher.wake()
    post.dispatcher.submit(lambda: done.append("a form"))
    post.dispatcher.clean_up()
    assert post.dispatcher.tick() == 0
    assert (post.sent, done) == ([], [])


def test_work_that_was_taken_on_before_a_stop_is_done(post: Post) -> None:
    done: list[str] = []
    for number in range(10):
        post.dispatcher.submit(lambda number=number: done.append(f"form {number}"))  # type: ignore[misc]
    post.dispatcher.stop()
    assert sorted(done) == sorted(f"form {number}" for number in range(10))


class AbruptError(BaseException):
    """What nothing catches that catches errors."""


@pytest.mark.parametrize("trouble", [ValueError("no"), KeyboardInterrupt("no"), AbruptError("no")], ids=repr)
def test_a_job_that_fails_is_told_and_may_be_handed_out_again(
    post: Post, caplog: pytest.LogCaptureFixture, trouble: BaseException
) -> None:
    post.trouble = trouble
    tried = threading.Event()

    def wake() -> None:
        tried.set()

    post.dispatcher.wake = wake  # type: ignore[method-assign]
    post.go_on.set()
    assert post.dispatcher.tick() == 1
    assert tried.wait(PATIENCE)
    assert "a job failed: lane" in caplog.text
    post.trouble = None
    assert post.dispatcher.tick() == 1
    assert post.is_begun()
    assert post.is_begun()
    post.dispatcher.stop()
    assert post.sent == ["request:7"]


def test_work_for_slack_that_fails_is_told_and_holds_nothing_up(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    post.dispatcher.submit(lambda: done.append(str(1 / 0)))
    post.dispatcher.submit(lambda: done.append("the next"))
    post.dispatcher.stop()
    assert done == ["the next"]
    assert "work for Slack failed" in caplog.text


def test_a_queue_that_cannot_be_read_is_told_and_read_again(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    with post.store.write() as session:
        Message.__table__.drop(session.connection())  # type: ignore[attr-defined]
    assert post.dispatcher.tick() == 0
    assert "the queue could not be read" in caplog.text
    with post.store.write() as session:
        Message.__table__.create(session.connection())  # type: ignore[attr-defined]
    post.queue("request:9")
    post.go_on.set()
    assert post.dispatcher.tick() == 1
    assert post.is_begun()
    post.dispatcher.stop()
    assert post.sent == ["request:9"]


def test_many_wakes_are_one_tick(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = threading.Semaphore(0)
    go_on = threading.Event()

    def tick() -> None:
        ticks.release()
        go_on.wait(PATIENCE)

    monkeypatch.setattr(post.dispatcher, "tick", tick)
    for _ in range(20):
        post.dispatcher.wake()
    assert ticks.acquire(timeout=PATIENCE)
    go_on.set()
    post.dispatcher.stop()
    assert not ticks.acquire(blocking=False)


def test_what_a_job_leaves_due_is_found_without_waiting_for_the_clock(post: Post) -> None:
    post.go_on.set()
    post.dispatcher.tick()
    assert post.is_begun()
    post.queue("request:8")
    post.dispatcher.wake()
    assert post.is_begun()


def test_the_log_is_told_which_request_a_lane_is_about_and_when_it_no_longer_is(post: Post) -> None:
    post.queue("notices")
    post.go_on.set()
    post.dispatcher.tick()
    assert post.is_begun()
    assert post.is_begun()
    post.dispatcher.stop()
    assert sorted(post.bound, key=str) == [7, None, None, None]


def test_what_other_processes_have_done_is_known_before_anything_is_handed_out(post: Post) -> None:
    post.go_on.set()
    post.dispatcher.tick()
    assert post.caught_up[0] == 0
