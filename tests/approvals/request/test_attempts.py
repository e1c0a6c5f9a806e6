"""The intents: each is written down under a renewed lease, and its call leaves only while it is young and still the worker's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import SQLModel, col, select

from approvals.models import Attempt, Request, Vote, operation_of
from approvals.queue.leases import LEASE
from approvals.request import attempts
from approvals.request.attempts import LeaseLostError, fence
from approvals.request.execution import Execution
from approvals.states import Outcome
from operations.core.steps import Step
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com", "ou": "/Workloads/Staging"}
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def execution(workers: Workers) -> Execution:
    """An approved request in the first process's hands."""
    return taken(workers, workers.approved("create-account", **NEW))


def taken(workers: Workers, request: Request) -> Execution:
    found = workers.take(request)
    assert found
    return found


def steps(execution: Execution) -> tuple[Step, ...]:
    return operation_of(execution.request).steps(execution.request.preview["precondition"])


def begin(execution: Execution, step: int = 0) -> Attempt:
    return execution.begin_step(steps(execution)[step])


def all_attempts(workers: Workers) -> list[tuple[str, int, str]]:
    with workers.context.store.read() as session:
        found = session.exec(select(Attempt).order_by(col(Attempt.id))).all()
        return [(attempt.step, attempt.number, attempt.owner) for attempt in found]


def another_process_takes_over(workers: Workers, execution: Execution) -> Execution:
    """At the same instant, so that only the lease tells the two apart."""
    workers.restart()
    return taken(workers, execution.request)


def test_a_call_leaves_while_its_intent_is_no_older_than_the_guard(workers: Workers, execution: Execution) -> None:
    guard = workers.context.pace.guard
    begun, may_leave = workers.clock(), fence(execution.context, begin(execution))
    for age in (timedelta(0), guard - MOMENT, guard):
        workers.clock.now = begun + age
        assert may_leave(), age
    for age in (guard + MOMENT, 2 * guard):
        workers.clock.now = begun + age
        assert not may_leave(), age


def test_a_call_is_stopped_when_another_process_has_taken_its_request_and_that_ones_is_not(
    workers: Workers, execution: Execution
) -> None:
    mine = fence(execution.context, begin(execution))
    assert mine()
    other = another_process_takes_over(workers, execution)
    assert not mine()
    theirs = fence(other.context, begin(other))
    assert theirs()
    assert not mine()


def test_a_call_is_stopped_when_its_lease_was_forgotten_though_nobody_has_taken_it_yet(
    workers: Workers, execution: Execution
) -> None:
    attempt = begin(execution)
    workers.restart()
    assert not fence(execution.context, attempt)()


def test_a_call_is_stopped_when_a_later_attempt_at_its_step_was_begun(execution: Execution) -> None:
    earlier, later = begin(execution), begin(execution)
    assert not fence(execution.context, earlier)()
    assert fence(execution.context, later)()


def test_an_attempt_at_another_step_stops_nothing(execution: Execution) -> None:
    first, second = begin(execution, 0), begin(execution, 1)
    assert fence(execution.context, first)()
    assert fence(execution.context, second)()


def test_an_attempt_at_another_request_stops_nothing(workers: Workers, execution: Execution) -> None:
    attempt = begin(execution)
    other = taken(workers, workers.approved("create-account", account_name="other", email="other@example.com"))
    begin(other)
    begin(other)
    assert fence(execution.context, attempt)()


def test_a_call_is_stopped_when_its_request_is_gone(workers: Workers, execution: Execution) -> None:
    """As when an older database was restored meanwhile."""
    attempt = begin(execution)
    tables: tuple[type[SQLModel], ...] = (Attempt, Vote, Request)
    with workers.context.store.write() as session:
        for table in tables:
            session.execute(delete(table))
    assert not fence(execution.context, attempt)()


def test_beginning_an_attempt_renews_the_lease(workers: Workers, execution: Execution) -> None:
    """So that a call has a whole lease to come back in, however long the looks before it took."""
    assert workers.request(execution.number).lease_until == workers.clock() + LEASE
    for seconds in (100, 0, 149):
        workers.clock.advance(seconds=seconds)
        attempt = begin(execution)
        assert attempt.started_at == workers.clock()
        assert workers.request(execution.number).lease_until == workers.clock() + LEASE


def test_a_lease_that_nobody_has_taken_is_renewed_though_it_had_run_out(workers: Workers, execution: Execution) -> None:
    workers.clock.now += LEASE + MOMENT
    begin(execution)
    assert workers.request(execution.number).lease_until == workers.clock() + LEASE


def test_whoever_has_lost_the_request_begins_nothing_and_renews_no_lease(
    workers: Workers, execution: Execution
) -> None:
    another_process_takes_over(workers, execution)
    workers.clock.advance(seconds=10)
    before = workers.request(execution.number)
    with pytest.raises(LeaseLostError), workers.context.store.write() as session:
        attempts.begin(session, execution.number, "open", execution.context.owner, workers.clock())
    with pytest.raises(LeaseLostError):
        begin(execution)
    assert all_attempts(workers) == []
    assert workers.request(execution.number) == before
    assert before.lease_until == workers.clock() + LEASE - timedelta(seconds=10)


def test_attempts_are_numbered_anew_for_each_step(workers: Workers, execution: Execution) -> None:
    for step in (0, 0, 1, 0, 1):
        begin(execution, step)
    numbers = [(step, number) for step, number, _ in all_attempts(workers)]
    assert numbers == [("open", 1), ("open", 2), ("move", 1), ("open", 3), ("move", 2)]
    assert {owner for _, _, owner in all_attempts(workers)} == {"first process"}


def test_another_requests_attempts_are_not_counted(workers: Workers, execution: Execution) -> None:
    begin(execution)
    begin(execution)
    other = taken(workers, workers.approved("create-account", account_name="other", email="other@example.com"))
    assert not other.has_sent()
    assert begin(other).number == 1
    assert other.has_sent()


def test_attempts_come_in_their_order(workers: Workers, execution: Execution) -> None:
    with workers.context.store.write() as session:
        for number in (3, 1, 2):
            attempt = Attempt(
                request_id=execution.number, step="open", number=number, owner="me", started_at=workers.clock()
            )
            session.add(attempt)
            session.flush()
        assert [attempt.number for attempt in attempts.made(session, execution.number, "open")] == [1, 2, 3]


def test_aws_has_accepted_something_since_a_time_whichever_request_it_was_for(
    workers: Workers, execution: Execution
) -> None:
    begun = workers.clock()
    assert not accepted(workers, begun)
    _end(workers, begin(execution), Outcome.BUSY)
    assert not accepted(workers, begun)
    for _ in range(2):
        workers.clock.advance(seconds=10)
        _end(workers, begin(execution), Outcome.OK)
    last = workers.clock()
    assert [accepted(workers, since) for since in (begun, last, last + MOMENT)] == [True, True, False]


def accepted(workers: Workers, since: datetime) -> bool:
    with workers.context.store.read() as session:
        return attempts.any_accepted(session, since)


def test_a_call_may_have_had_an_effect_unless_it_was_refused_turned_away_or_never_left(
    workers: Workers, execution: Execution
) -> None:
    for outcome in Outcome:
        attempt = begin(execution)
        _end(workers, attempt, outcome)
        may_have = outcome in (Outcome.OPEN, Outcome.OK, Outcome.AMBIGUOUS)
        assert execution.has_sent() is may_have, outcome
        assert bool(execution.attempts(steps(execution)[0])) is may_have, outcome
        _end(workers, attempt, Outcome.REFUSED)


def _end(workers: Workers, attempt: Attempt, outcome: Outcome) -> None:
    with workers.context.store.write() as session:
        attempts.end(session, attempt, outcome, workers.clock())


def test_an_outcome_is_that_of_its_own_attempt(workers: Workers, execution: Execution) -> None:
    first, _ = begin(execution), begin(execution)
    _end(workers, first, Outcome.BUSY)
    assert workers.attempts(execution.request) == [Outcome.BUSY, Outcome.OPEN]


def test_an_attempt_that_went_well_has_nothing_to_say_of_it(workers: Workers, execution: Execution) -> None:
    attempt = begin(execution)
    execution.end_attempt(attempt, Outcome.OK)
    with workers.context.store.read() as session:
        kept = session.exec(select(Attempt)).one()
    assert (kept.outcome, kept.detail) == (Outcome.OK, "")
