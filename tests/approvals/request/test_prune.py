"""What is over for long gets small: its messages, calls and details go, what proves it stays, and nothing reads what is over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select, update

from approvals.audit.evidence import every, unproven
from approvals.authority.press import Pressed, StrangeCardError
from approvals.models import Attempt, HomeViewer, Message, Request, Vote
from approvals.queue import outgoing
from approvals.request.execution import others
from approvals.request.intake import Intake
from approvals.request.prune import prune
from approvals.states import Status
from approvals.views.card import whole_card
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

KEEP = timedelta(days=90)


@pytest.fixture
def over(workers: Workers) -> Request:
    """A request that has been carried out, with all its messages sent."""
    request = workers.ask("create-ou", unit_name="Over", parent="/")
    workers.work()
    workers.click(request, "approve", BOB)
    done = workers.until_done(request)
    sent(workers)
    return done


def sent(workers: Workers) -> None:
    with workers.context.store.write() as session:
        session.execute(update(Message).values(status="sent", ts="7.7", channel="D0ALICE", due_at=None))


def pruned(workers: Workers, **later: float) -> int:
    workers.clock.advance(**later)
    return prune(workers.context.store, workers.clock(), KEEP)


def rows(workers: Workers, model: Any) -> list[Any]:
    with workers.context.store.read() as session:
        return list(session.exec(select(model)).all())


def test_what_is_over_for_long_loses_its_messages_calls_and_details(workers: Workers, over: Request) -> None:
    assert pruned(workers, days=89) == 0
    assert rows(workers, Message)
    assert pruned(workers, days=2) == 1
    assert (rows(workers, Message), rows(workers, Attempt)) == ([], [])
    kept = workers.request(over.id)
    assert (kept.title, kept.params, kept.preview["precondition"]) == (
        over.title,
        over.params,
        over.preview["precondition"],
    )
    assert "The audit log has what was decided and done" in str(whole_card(kept, ()))
    assert pruned(workers, days=1) == 0


def test_what_proves_it_stays(workers: Workers, over: Request) -> None:
    pruned(workers, days=91)
    assert len(rows(workers, Vote)) == 1
    with workers.context.store.read() as session:
        assert unproven(session, over.id or 0) == []
        assert list(every(session.connection())) == []


def test_what_is_under_way_or_not_yet_told_stays_however_old_it_is(workers: Workers, over: Request) -> None:
    waits = workers.ask("create-ou", unit_name="Waits", parent="/")
    workers.work()
    with workers.context.store.write() as session:
        mine = Message.request_id == over.id
        one = session.exec(select(Message.id).where(mine).limit(1)).one()
        session.execute(update(Message).where(col(Message.id) == one).values(status="queued"))
    assert pruned(workers, days=91) == 1
    left = rows(workers, Message)
    assert [message.id for message in left if message.request_id == over.id] == [one]
    assert [message for message in left if message.request_id == waits.id]
    assert workers.request(waits.id).preview["facts"]


def test_who_has_not_looked_for_long_and_what_was_about_nothing_goes(workers: Workers) -> None:
    now = workers.clock()
    with workers.context.store.write() as session:
        session.add(HomeViewer(user=ALICE, opened_at=now))
        session.add(Message(lane="notices", kind="notice", marker="m", status="sent", created_at=now))
        session.add(Message(lane="notices", kind="notice", marker="m", status="queued", created_at=now))
    pruned(workers, days=91)
    assert rows(workers, HomeViewer) == []
    assert [message.status for message in rows(workers, Message)] == ["queued"]


def test_its_buttons_work_all_the_same(workers: Workers, over: Request) -> None:
    """As Undo does, on a direct message that is no longer known; only the request's own key opens it."""
    pruned(workers, days=91)
    intake = Intake(workers.context.store, workers.clock, lambda: None)
    pressed = Pressed(over.id or 0, over.key, "D0ALICE", "7.7")
    assert intake.pressed_on(pressed, "undo").id == over.id
    with pytest.raises(StrangeCardError):
        intake.pressed_on(replace(pressed, key="0" * 32), "undo")


def test_what_others_remember_is_asked_of_those_under_way_and_of_those_that_ended_since(workers: Workers) -> None:
    mine = workers.ask("create-ou", unit_name="Mine", parent="/")
    for name, status, ended in (
        ("Long", Status.SUCCEEDED, timedelta(days=-2)),
        ("Since", Status.SUCCEEDED, timedelta(hours=1)),
        ("Live", Status.WAITING, None),
    ):
        other = workers.ask("create-ou", unit_name=name, parent="/")
        at = workers.clock() + ended if ended else None
        with workers.context.store.write() as session:
            values = {"status": status, "finished_at": at, "memory": {"named": name}}
            session.execute(update(Request).where(col(Request.id) == other.id).values(**values))
    with workers.context.store.read() as session:
        assert [memory["named"] for memory in others(session, mine)] == ["Live", "Since"]


@contextmanager
def noted(workers: Workers) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        asked.append(str(arguments[2]))

    engine = workers.context.store.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def read_others(workers: Workers, request: Request) -> None:
    with workers.context.store.read() as session:
        others(session, request)


def read_which_counts(workers: Workers, request: Request) -> None:
    with workers.context.store.read() as session:
        outgoing.counts(
            session,
            Message(
                lane="twice:m", kind=outgoing.TWICE, marker="t", body={"lane": f"request:{request.id}", "marker": "m"}
            ),
        )


ASKED: dict[str, Callable[[Workers, Request], object]] = {
    "what others remember": read_others,
    "one person's requests": lambda workers, _: intake_of(workers).recent(requester=ALICE),
    "what is under way": lambda workers, _: intake_of(workers).recent(live=True),
    "what runs": lambda workers, _: intake_of(workers).running(),
    "the newest": lambda workers, _: intake_of(workers).recent(),
    "what somebody asks for most": lambda workers, _: intake_of(workers).usual(ALICE),
    "one and its history": lambda workers, request: intake_of(workers).history(request.id or 0),
    "which of two posts counts": read_which_counts,
    "what is pruned": lambda workers, _: prune(workers.context.store, workers.clock(), KEEP),
}


def intake_of(workers: Workers) -> Intake:
    return Intake(workers.context.store, workers.clock, lambda: None)


@pytest.mark.parametrize("what", ASKED)
def test_no_question_reads_all_requests_messages_or_records(workers: Workers, over: Request, what: str) -> None:
    with noted(workers) as asked:
        ASKED[what](workers, over)
    with workers.context.store.read() as session:
        plans = [step for statement in asked for step in plan(session, statement)]
    assert [step for step in plans if re.fullmatch(r"SCAN (request|message|audit|attempt)", step)] == []


def plan(session: Session, statement: str) -> list[str]:
    """How SQLite goes about it; a walk along the primary key that a limit ends is none of all."""
    if not statement.startswith(("SELECT", "DELETE", "UPDATE")):
        return []
    filled = re.sub(r"\?", "1", statement)
    steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {filled}").all()
    limited = "LIMIT" in statement and 'ORDER BY "request".id' in statement.replace("request.id", '"request".id')
    return [] if limited and "WHERE" not in statement else [str(step[3]) for step in steps]
