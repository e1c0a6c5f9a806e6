"""Each way from one state to the next, and no other: who comes second loses, and what is over is nobody's any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from approvals.models import AuditRecord, Request
from approvals.queue.store import Store
from approvals.request.lifecycle import LostRaceError, transition
from approvals.states import BEFORE, TERMINAL, Status
from tests.harness.database import give_back, new_database

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
DECIDED = {Status.DENIED, Status.CANCELLED, Status.EXPIRED, Status.REFUSED}
ON_THE_WAY = {Status.RUNNING, Status.WAITING, Status.UNKNOWN}
ENDS = {Status.SUCCEEDED, Status.FAILED, Status.STALE}
WAYS = {
    Status.PENDING: {Status.APPROVED, Status.STALE} | DECIDED,
    Status.APPROVED: ON_THE_WAY | ENDS,
    **dict.fromkeys(ON_THE_WAY, ON_THE_WAY | ENDS),
}


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    engine = new_database(database)
    yield Store(engine)
    give_back(engine)


def put(store: Store, status: Status) -> int:
    """A request in this state, due now and in a worker's hands."""
    name = f"{status}"
    asked: dict[str, Any] = {
        "operation": name,
        "subject": name,
        "team": "T",
        "requester": "U",
        "delivery": name,
        "marker": name,
    }
    lease: dict[str, Any] = {"lease_owner": "worker", "lease_until": NOW, "due_at": NOW}
    with store.write() as session:
        request = Request(**asked, **lease, status=status, created_at=NOW)
        session.add(request)
        session.flush()
        return request.id or 0


def events(store: Store) -> list[str]:
    with store.read() as session:
        return [record.event for record in session.exec(select(AuditRecord)).all()]


@pytest.mark.parametrize("start", Status)
def test_a_state_leads_to_the_next_ones_and_to_no_others(store: Store, start: Status) -> None:
    number = put(store, start)
    for end in Status:
        allowed = end in WAYS.get(start, set())
        assert (start in BEFORE[end]) is allowed
        with store.write() as session:
            if allowed:
                assert transition(session, number, end, LATER, "U").status == end
            else:
                with pytest.raises(LostRaceError) as lost:
                    transition(session, number, end, LATER, "U")
                assert lost.value.request.status == start
            session.rollback()
    assert events(store) == []


@pytest.mark.parametrize("end", Status)
def test_what_is_over_is_due_no_more_and_in_nobodys_hands(store: Store, end: Status) -> None:
    for start in BEFORE[end]:
        number = put(store, start)
        with store.write() as session:
            request = transition(session, number, end, LATER, "U", owner="worker", outcome="so")
        assert request.outcome == "so"
        kept = (request.finished_at, request.due_at, request.lease_owner, request.lease_until)
        assert kept == ((LATER, None, "", None) if end in TERMINAL else (None, NOW, "worker", NOW))
    assert events(store) == [f"request.{end}"] * len(BEFORE[end])


def test_a_worker_that_has_lost_its_lease_changes_no_state(store: Store) -> None:
    number = put(store, Status.RUNNING)
    with pytest.raises(LostRaceError), store.write() as session:
        transition(session, number, Status.SUCCEEDED, LATER, "U", owner="another")
    with store.read() as session:
        assert session.get_one(Request, number).status == Status.RUNNING
    assert events(store) == []
