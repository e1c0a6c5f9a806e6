"""One policy for a job that stumbles: an outage waits, an error of the bot's own is set aside, and a row is always given back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPException
from typing import Any

import pytest
from slack_sdk.errors import SlackRequestError
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from approvals.models import Interaction, Message, RoleSession, Stumble
from approvals.outbox.sending import Outbox
from approvals.queue import outgoing
from approvals.queue.leases import claim, release
from approvals.queue.store import Store
from approvals.queue.worker import (
    LONGEST_PAUSE,
    TRIES,
    Desk,
    Job,
    LaterError,
    give_back_what_is_owed,
    is_outage,
    take_up_again,
    work_off,
)
from approvals.request import prepare
from approvals.request.intake import Click
from approvals.request.prepare import ANNOUNCE
from approvals.sessions import upkeep
from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, call
from approvals.states import Status
from approvals.views.on_hold import GIVE_UP
from operations.accounts.open_account import OpenAccount
from operations.aws.errors import AmbiguousError, BusyError, CredentialsError, RefusedError
from sandbox.aws.server import AwsSandbox
from tests.approvals.request.test_execute import NEW
from tests.harness.people import ALICE, TEAM
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers

JOB: Job[Interaction] = Job("click", Interaction, Interaction.due_at)


class Bench:
    """One job, on a click that is due, and how it is worked off."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.counted: list[str] = []
        self.desk = Desk(
            "worker", workers.context.store, workers.clock, workers.context.pace.after, self.counted.append
        )
        workers.intake.click(Click("delivery", "approve", ALICE, TEAM, 1))

    def fails(self, error: BaseException, job: Job[Interaction] = JOB) -> bool:
        def work(_: Interaction) -> None:
            raise error

        return work_off(job, self.desk, 1, work)

    def works(self, job: Job[Interaction] = JOB) -> bool:
        return work_off(job, self.desk, 1, lambda _: None)

    def until_set_aside(self, job: Job[Interaction] = JOB) -> None:
        for _ in range(TRIES):
            assert self.fails(KeyError("no"), job)
            self.workers.clock.advance(seconds=20)

    def click(self) -> Interaction:
        with self.workers.context.store.read() as session:
            return session.get_one(Interaction, 1)

    def stumbles(self) -> list[Stumble]:
        with self.workers.context.store.read() as session:
            return list(session.exec(select(Stumble)).all())


@pytest.fixture
def bench(workers: Workers) -> Bench:
    return Bench(workers)


OUTAGES: list[Exception] = [
    SlackAwayError("users.info"),
    SlackBusyError("chat.update", "ratelimited", timedelta(seconds=1)),
    SlackAmbiguousError("chat.update"),
    BusyError("ListRoots", "slow down"),
    AmbiguousError("ListRoots", "timed out"),
    CredentialsError("ListRoots", "expired"),
    OperationalError("UPDATE", {}, Exception("database is locked")),
    LaterError("not yet"),
]


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: type(error).__name__)
def test_an_outage_waits_without_end_with_pauses_that_grow(
    bench: Bench, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    pauses = []
    for _ in range(TRIES * 3):
        assert bench.fails(error)
        assert bench.click().lease_owner == ""
        (stumble,) = bench.stumbles()
        assert stumble.again_at
        pauses.append((stumble.again_at - bench.workers.clock()).total_seconds())
        bench.workers.clock.now = stumble.again_at - timedelta(microseconds=1)
        assert not bench.works()
        bench.workers.clock.now = stumble.again_at
    assert pauses[:7] == [5, 7.5, 11.25, 16.875, 25.3125, 30, 30]
    assert pauses[-1] == LONGEST_PAUSE.total_seconds()
    assert not any(record.exc_info for record in caplog.records)
    assert bench.counted == []
    assert bench.works()
    assert bench.stumbles() == []


def test_how_long_slack_asks_to_be_left_alone_is_kept(bench: Bench) -> None:
    bench.fails(SlackBusyError("chat.update", "ratelimited", timedelta(minutes=9)))
    bench.workers.clock.advance(seconds=539)
    assert not bench.works()
    bench.workers.clock.advance(seconds=1)
    assert bench.works()


@pytest.mark.parametrize("error", [KeyError("a"), ValueError("b"), RefusedError("ListRoots", "no")])
def test_every_other_error_is_the_bots_own(error: Exception) -> None:
    assert not is_outage(error)


def test_an_error_of_the_bots_own_is_tried_sooner_than_an_outage_ends(bench: Bench) -> None:
    for _ in range(TRIES - 1):
        before = bench.workers.clock()
        bench.fails(KeyError("no"))
        (stumble,) = bench.stumbles()
        assert stumble.again_at
        assert stumble.again_at - before <= LONGEST_PAUSE / 2
        bench.workers.clock.now = stumble.again_at
    assert bench.counted == []
    bench.fails(KeyError("no"))
    assert bench.counted == ["click"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BaseExceptionGroup("two", [SystemExit()])], ids=repr)
def test_what_is_raised_to_end_a_thread_ends_its_job_alone_and_the_log_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    """The row is given back at once, tried again a few times, and set aside like after any other error."""
    assert bench.fails(error)
    assert "click 1 stumbled over an error of the bot's own" in caplog.text
    assert bench.click().lease_owner == ""
    for _ in range(TRIES):
        bench.workers.clock.advance(minutes=1)
        bench.fails(error)
    assert bench.counted == ["click"]


def test_what_is_set_aside_is_tried_no_more_until_the_bot_starts_anew_or_it_is_made_due_anew(bench: Bench) -> None:
    bench.until_set_aside()
    bench.workers.clock.advance(hours=1000)
    assert not bench.works()
    with bench.workers.context.store.write() as session:
        assert take_up_again(session, [JOB]) == 1
    assert bench.works()

    with bench.workers.context.store.write() as session:
        session.execute(update(Interaction).values(due_at=bench.workers.clock()))
    bench.until_set_aside()
    with bench.workers.context.store.write() as session:
        session.execute(update(Interaction).values(due_at=bench.workers.clock()))
    assert bench.works()


def test_after_a_restart_it_is_tried_once_and_nobody_is_told_again(bench: Bench) -> None:
    told: list[int] = []
    job: Job[Interaction] = Job("click", Interaction, Interaction.due_at, told=lambda *_: told.append(1))
    bench.until_set_aside(job)
    with bench.workers.context.store.write() as session:
        take_up_again(session, [job])
    assert bench.fails(KeyError("no"), job)
    bench.workers.clock.advance(hours=1)
    assert not bench.works(job)
    assert (told, bench.counted) == ([1], ["click", "click"])


def test_what_waited_for_something_away_is_tried_at_once_after_a_restart_and_an_error_of_the_bots_is_not(
    bench: Bench,
) -> None:
    for _ in range(5):
        assert bench.fails(SlackAwayError("users.info"))
        bench.workers.clock.advance(seconds=30)
    assert bench.fails(SlackAwayError("users.info"))
    assert not bench.works(), "its pause is not over"
    with bench.workers.context.store.write() as session:
        take_up_again(session, [JOB])
    assert bench.fails(KeyError("no"))
    with bench.workers.context.store.write() as session:
        take_up_again(session, [JOB])
    assert not bench.works()


def test_where_the_telling_stumbles_it_is_set_aside_all_the_same(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def told(*_: Any) -> None:
        raise ValueError("cannot be said")

    job: Job[Interaction] = Job("click", Interaction, Interaction.due_at, told=told)
    bench.until_set_aside(job)
    assert bench.counted == ["click"]
    assert bench.click().lease_owner == ""
    assert "nobody could be told" in caplog.text
    assert not bench.works(job)


def test_a_row_that_cannot_be_read_is_set_aside_as_well(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("approvals.queue.worker._Hold.row", lambda *_: 1 / 0)
    for _ in range(TRIES):
        assert bench.works()
        bench.workers.clock.advance(seconds=20)
    assert bench.counted == ["click"]
    assert not bench.works()


def test_a_lease_that_cannot_be_given_back_just_then_is_given_back_later(bench: Bench) -> None:
    """The database went away while the job was under way."""
    real = bench.workers.context.store

    class Away(Store):
        away = False

        @contextmanager
        def write(self, *, alone: bool = False) -> Any:
            if self.away:
                raise OperationalError("BEGIN", {}, Exception("server closed the connection"))
            with super().write(alone=alone) as session:
                yield session

    store = Away(real.engine)
    desk = Desk("worker", store, bench.workers.clock)

    def work(_: Interaction) -> None:
        store.away = True

    assert work_off(JOB, desk, 1, work)
    assert bench.click().lease_owner
    with pytest.raises(OperationalError):
        give_back_what_is_owed(desk)
    store.away = False
    give_back_what_is_owed(desk)
    assert (bench.click().lease_owner, desk.owed) == ("", set())


@pytest.mark.parametrize("is_done", [False, True], ids=["the other is at it", "the other is done"])
def test_who_slept_between_the_claim_and_the_reading_does_nothing_in_the_name_of_whoever_took_over(
    bench: Bench, *, is_done: bool
) -> None:
    awake = bench.desk
    worked: list[Interaction] = []

    class Sleeping(Store):
        @contextmanager
        def read(self) -> Any:
            bench.workers.clock.advance(seconds=10)
            with awake.store.write() as session:
                assert claim(session, Interaction, 1, "awake#1", bench.workers.clock())
                if is_done:
                    assert release(session, Interaction, 1, "awake#1", due_at=None)
            with super().read() as session:
                yield session

    assert work_off(JOB, replace(awake, store=Sleeping(awake.store.engine)), 1, worked.append)
    assert worked == []
    assert bench.click().lease_owner == ("" if is_done else "awake#1")
    assert bench.stumbles() == []


def test_a_claim_has_an_owner_of_its_own_so_that_a_late_worker_never_passes_for_the_next_one(bench: Bench) -> None:
    owners: list[str] = []
    for _ in range(2):
        work_off(JOB, bench.desk, 1, lambda click: owners.append(click.lease_owner))
    assert len(set(owners)) == 2


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (HTTPException("cut off"), SlackAmbiguousError),
        (OSError("reset"), SlackAmbiguousError),
        (SlackRequestError("?"), SlackAmbiguousError),
        (KeyError("ours"), KeyError),
        (TypeError("ours"), TypeError),
    ],
)
def test_an_error_of_our_own_in_a_call_to_slack_is_no_outage(error: Exception, raised: type[Exception]) -> None:
    slack = InMemorySlack()

    def fails(*_: Any, **__: Any) -> Any:
        raise error

    slack.api_call = fails  # type: ignore[method-assign]
    with pytest.raises(raised):
        call(slack, "chat.update", channel="C", ts="1", text="card")


def pass_time(workers: Workers, minutes: float) -> None:
    end = workers.clock() + timedelta(minutes=minutes)
    workers.work()
    while workers.clock() < end:
        workers.jump(end)
        workers.work()


def test_a_request_that_could_not_be_announced_does_not_say_that_nobody_decided(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "look_again", lambda *_: 1 / 0)
    request = workers.ask("create-account", **NEW)
    pass_time(workers, 10)
    (line,) = workers.said("dm")
    assert "has not been submitted: approvers have not been asked. Nothing has been changed" in line
    assert f"`/org request {request.id}` cancels it" in line
    workers.clock.advance(hours=73)
    workers.work()
    ended = workers.request(request.id)
    assert ended.status == Status.REFUSED
    assert ended.outcome == "It expired before approvers could be asked: orgbot has run into an error of its own."
    assert "Nobody decided" not in str(workers.said("dm"))


def test_a_request_that_was_not_announced_because_slack_was_away_says_so(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> Any:
        raise SlackAwayError("users.info")

    monkeypatch.setattr(workers.people, "look", away)
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.clock.advance(hours=73)
    pass_time(workers, 1)
    assert workers.request(request.id).status == Status.REFUSED
    assert "before approvers could be asked, because Slack or AWS did not answer" in workers.said("dm")[-1]


def test_what_could_not_be_announced_is_announced_after_a_restart(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(prepare, "look_again", lambda *_: 1 / 0)
        request = workers.ask("create-account", **NEW)
        pass_time(workers, 10)
    workers.restart()
    workers.work()
    assert workers.request(request.id).announced_at is not None
    with workers.context.store.read() as session:
        assert session.exec(select(Stumble).where(Stumble.kind == ANNOUNCE.name)).all() == []


def test_a_card_that_cannot_be_made_is_told_and_its_end_says_that_nobody_could_decide(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = InMemorySlack()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    monkeypatch.setattr("approvals.outbox.delivering.card", lambda *_: 1 / 0)
    request = workers.ask("create-account", **NEW)
    for _ in range(20):
        workers.work()
        for lane in workers.lanes():
            outbox.send_lane(lane)
        workers.clock.advance(seconds=20)
    assert "approvers cannot see it" in str(slack.posts)
    workers.clock.advance(hours=73)
    workers.work()
    assert workers.request(request.id).status == Status.REFUSED
    assert "It expired before its card could be posted" in workers.request(request.id).outcome


def test_whoever_may_not_wait_gives_up_what_was_set_aside(
    workers: Workers, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.conditions.creation_seconds = 3600.0
    request = workers.approved("create-account", **NEW)
    workers.work()
    monkeypatch.setattr(OpenAccount, "observe", lambda *_: 1 / 0)
    pass_time(workers, 10)
    workers.click(request, f"control:{GIVE_UP.key}", ALICE)
    pass_time(workers, 1)
    ended = workers.request(request.id)
    assert ended.status == Status.FAILED
    assert "after an error of orgbot's own" in ended.outcome
    assert "What was sent to AWS may have taken effect." in ended.outcome


def test_a_warning_that_stumbles_keeps_no_session_from_being_ended_and_deleted(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning is due, and so is the message; then the session's end."""
    request = workers.ask("create-account", **NEW)
    now, slack = workers.clock(), InMemorySlack()
    slack.posts.append({"channel": "D1", "ts": "1", "text": "secret"})
    values: dict[str, Any] = {"user": ALICE, "account": "1", "role": "r", "duration": 3600, "session_name": "s"}
    times: dict[str, Any] = {"expires_at": now + timedelta(minutes=5), "delete_due_at": now, "due_at": now}
    with workers.context.store.write() as session:
        session.add(RoleSession(request_id=request.id or 0, state="live", channel="D1", ts="1", **values, **times))
    monkeypatch.setattr("approvals.views.sessions.nearly_over", lambda *_: 1 / 0)
    for _ in range(TRIES):
        upkeep.tend(workers.context, slack, 1)
        workers.clock.advance(seconds=20)
    assert slack.posts == []
    assert "you are not warned before this session ends" in workers.said("dm")[-1]
    workers.clock.now = now + timedelta(minutes=5)
    upkeep.tend(workers.context, slack, 1)
    with workers.context.store.read() as session:
        assert session.get_one(RoleSession, 1).state == "expired"


def test_a_poisoned_message_lets_the_rest_of_its_lane_pass_and_is_looked_for_before_it_is_sent_again(
    workers: Workers,
) -> None:
    slack = InMemorySlack()
    outbox = Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {})
    request = workers.ask("create-account", **NEW)
    with workers.context.store.write() as session:
        for body in ({"text": "first", "channel": "twice"}, {"text": "second"}):  # The first is no message of Slack's.
            outgoing.direct(session, request, workers.clock(), body)
    for _ in range(TRIES + 1):
        for lane in workers.lanes():
            outbox.send_lane(lane)
        workers.clock.advance(seconds=20)
    assert [post["text"] for post in slack.posts] == ["second"]
    with workers.context.store.read() as session:
        statuses = session.exec(select(Message.status).where(Message.kind == "dm").order_by(col(Message.id))).all()
    assert list(statuses) == ["aside", "sent"]
    with workers.context.store.write() as session:
        session.execute(update(Message).where(col(Message.status) == "aside").values(body={"text": "first"}))
    workers.restart()
    outbox.send_lane(workers.lanes()[0])
    assert [post["text"] for post in slack.posts] == ["second", "first"]
