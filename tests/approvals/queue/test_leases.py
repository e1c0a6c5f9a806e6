"""A row is one worker's until the last moment of its lease; whoever looks for work sees it as whoever takes it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from approvals.dispatcher import BATCH, due_jobs
from approvals.models import HomeViewer, Interaction, Message, Request, RoleSession
from approvals.queue.leases import (
    LEASE,
    MARGIN,
    RENEWED,
    InHand,
    Lease,
    Leased,
    claim,
    forget_all,
    free,
    is_in_hand,
    release,
    running_seconds,
)
from approvals.queue.store import Store
from approvals.states import EXECUTING, Status
from tests.harness.database import POSTGRESQL, give_back, new_database
from tests.harness.tables import each_of

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
NEVER = timedelta.max
FOUND_AS: dict[Leased, str] = {
    Interaction: "click",
    Message: "lane",
    RoleSession: "session",
    Request: "announce",
    HomeViewer: "home",
}
every_table = pytest.mark.parametrize("model", FOUND_AS, ids=lambda model: model.__name__)
around_its_end = pytest.mark.parametrize(
    ("left", "is_free"), [(LEASE, False), (MOMENT, False), (timedelta(0), False), (-MOMENT, True), (-LEASE, True)]
)


MESSAGE: dict[str, Any] = {
    "lane": "request:1",
    "kind": "card",
    "marker": "m",
    "request_id": 1,
    "created_at": NOW,
    "due_at": NOW,
}


ASKED: dict[str, Any] = {
    "operation": "create-ou",
    "subject": "s",
    "team": "T",
    "requester": "U",
    "delivery": "d",
    "marker": "m",
}


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """One row in each table that is leased, each of them due now."""
    engine = new_database(database)
    found = Store(engine)
    session: dict[str, Any] = {
        "user": "U",
        "account": "1",
        "role": "r",
        "duration": 1,
        "session_name": "s",
        "state": "live",
    }
    click: dict[str, Any] = {"delivery": "d", "kind": "approve", "user": "U", "team": "T", "request_id": 1}
    with found.write() as rows:
        rows.add(Request(**ASKED, created_at=NOW, due_at=NOW))
        rows.flush()
        rows.add(Interaction(**click, received_at=NOW, due_at=NOW))
        rows.add(Message(**MESSAGE))
        rows.add(RoleSession(**session, request_id=1, due_at=NOW))
        rows.add(HomeViewer(user="U", opened_at=NOW, due_at=NOW))
    yield found
    give_back(engine)


def found(store: Store, now: datetime = NOW) -> set[str]:
    """The kinds of work that are due."""
    with store.read() as session:
        return {kind for kind, _ in due_jobs(session, now)}


def lanes(store: Store, now: datetime) -> list[str]:
    with store.read() as session:
        return sorted(str(key) for kind, key in due_jobs(session, now) if kind == "lane")


def rows(store: Store) -> dict[str, dict[str, Any]]:
    """Each table's row."""
    with store.read() as session:
        tables: tuple[type[SQLModel], ...] = tuple(FOUND_AS)
        return {table.__name__: dict(session.exec(select(table)).one()) for table in tables}


def change(store: Store, model: Leased, **values: Any) -> None:
    with store.write() as session:
        session.execute(update(model).values(**values))


def lease_all(store: Store, owner: str, until: datetime | None) -> None:
    for model in FOUND_AS:
        change(store, model, lease_owner=owner, lease_until=until)


def the_request(store: Store) -> Request:
    with store.read() as session:
        return session.get_one(Request, 1)


@every_table
@around_its_end
def test_a_row_is_found_and_taken_only_after_the_last_moment_of_its_lease(
    store: Store, model: Leased, left: timedelta, *, is_free: bool
) -> None:
    lease_all(store, "another", NOW + left)
    assert (FOUND_AS[model] in found(store)) is is_free
    with store.write() as session:
        assert claim(session, model, 1, "me", NOW) is is_free
    row = rows(store)[model.__name__]
    mine, theirs = ("me", NOW + LEASE), ("another", NOW + left)
    assert (row["lease_owner"], row["lease_until"]) == (mine if is_free else theirs)


@around_its_end
def test_who_reads_a_request_sees_the_same(store: Store, left: timedelta, *, is_free: bool) -> None:
    lease_all(store, "another", NOW + left)
    assert is_in_hand(the_request(store), NOW) is (not is_free)


@each_of(("left", "is_free"), [(MOMENT, False), (timedelta(0), False), (-MOMENT, True), (None, True)])
def test_whoever_asks_the_database_sees_the_same_as_who_has_read_the_row(
    store: Store, left: timedelta | None, *, is_free: bool
) -> None:
    lease_all(store, "another", None if left is None else NOW + left)
    with store.read() as session:
        assert bool(session.exec(select(Request.id).where(free(Request, NOW))).all()) is is_free
        assert is_in_hand(session.get_one(Request, 1), NOW) is (not is_free)


def test_the_seconds_of_a_lease_go_on_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system counts them, as Linux does."""
    clocks = {"CLOCK_MONOTONIC": 1, "CLOCK_BOOTTIME": 7}
    for known, seconds in ((clocks, 7), ({"CLOCK_MONOTONIC": 1}, 1)):
        told = SimpleNamespace(**known, clock_gettime=float)
        monkeypatch.setattr("approvals.queue.leases.time", told)
        assert running_seconds() == seconds


@every_table
def test_what_nobody_holds_is_free_and_taken_once(store: Store, model: Leased) -> None:
    assert FOUND_AS[model] in found(store)
    assert not is_in_hand(the_request(store), NOW)
    with store.write() as session:
        assert claim(session, model, 1, "me", NOW)
        assert not claim(session, model, 1, "another", NOW)
        assert not claim(session, model, 1, "me", NOW)


def test_a_row_is_taken_only_while_it_meets_what_it_was_chosen_by(store: Store) -> None:
    """Somebody was quicker between the reading of the queue and the claim."""
    with store.write() as session:
        assert not claim(session, Request, 1, "me", NOW, col(Request.status) == Status.APPROVED)
        assert claim(session, Request, 1, "me", NOW, col(Request.status) == Status.PENDING)


def test_what_was_changed_a_moment_ago_in_the_same_transaction_counts(store: Store) -> None:
    """A statement that goes straight to the connection knows nothing of what the session has still to write."""
    with store.write() as session:
        session.get_one(Request, 1).status = Status.APPROVED
        assert claim(session, Request, 1, "me", NOW, col(Request.status) == Status.APPROVED)
        session.add(Message(**MESSAGE | {"marker": "other"}, lease_owner="me"))
        assert release(session, Message, 2, "me")


def test_a_row_that_somebody_else_is_writing_is_left_to_them_at_once() -> None:
    """With PostgreSQL; with SQLite writers take turns."""
    engine = new_database(POSTGRESQL)
    with Session(engine) as writing, Session(engine) as other:
        writing.add(HomeViewer(id=1, user="U", opened_at=NOW, due_at=NOW))
        writing.commit()
        writing.exec(select(HomeViewer.id).with_for_update())
        assert not claim(other, HomeViewer, 1, "me", NOW)
        writing.commit()
        assert claim(other, HomeViewer, 1, "me", NOW)
    give_back(engine)


def test_a_row_that_is_gone_is_nobodys(store: Store) -> None:
    with store.write() as session:
        assert not claim(session, Request, 77, "me", NOW)


@every_table
def test_only_who_holds_a_row_gives_it_back(store: Store, model: Leased) -> None:
    later = NOW + timedelta(hours=1)
    with store.write() as session:
        claim(session, model, 1, "me", NOW)
    held = rows(store)
    with store.write() as session:
        assert not release(session, model, 1, "another", due_at=later)
        assert not release(session, model, 2, "me", due_at=later)
    assert rows(store) == held
    with store.write() as session:
        assert release(session, model, 1, "me", due_at=later)
    given_back = {"lease_owner": "", "lease_until": None, "due_at": later}
    assert rows(store)[model.__name__] == held[model.__name__] | given_back


def test_who_has_read_the_row_sees_it_given_back(store: Store) -> None:
    """And writes nothing of it once more."""
    with store.write() as session:
        assert claim(session, Message, 1, "me", NOW)
        row = session.get_one(Message, 1)
        assert release(session, Message, 1, "me", error="why")
        assert (row.lease_owner, row.lease_until, row.error) == ("", None, "why")
        assert not session.dirty


@pytest.mark.parametrize("left", [LEASE, -LEASE])
def test_a_start_forgets_every_lease_whether_it_has_run_out_or_not_and_nothing_else(
    store: Store, left: timedelta
) -> None:
    as_they_were = rows(store)
    lease_all(store, "a dead process", NOW + left)
    with store.write() as session:
        assert forget_all(session) == len(FOUND_AS)
        assert forget_all(session) == 0
    assert rows(store) == as_they_were


def test_a_start_counts_only_what_was_leased(store: Store) -> None:
    with store.write() as session:
        claim(session, Message, 1, "a dead process", NOW)
        assert forget_all(session) == 1


class Sleeper(InHand):
    """A process's leases, and seconds that go on when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(seconds=lambda: self.now)

    def takes(self, store: Store, model: Leased) -> Lease:
        lease = self.take(model, 1, "me")
        with store.write() as session:
            assert claim(session, model, 1, "me", NOW)
        return lease


@every_table
def test_work_that_goes_on_keeps_its_lease_and_is_let_through_all_the_time(store: Store, model: Leased) -> None:
    process = Sleeper()
    lease = process.takes(store, model)
    for second in range(1, 30):
        process.now += 1
        process.renew(store, lambda: NOW + timedelta(seconds=second))  # noqa: B023  It is called at once.
        assert lease.may_send()
    left = rows(store)[model.__name__]["lease_until"] - (NOW + timedelta(seconds=29))
    assert LEASE - RENEWED <= left <= LEASE


def test_a_lease_lasts_for_eight_seconds_and_in_the_last_two_nothing_leaves_any_more() -> None:
    """So long nobody goes on with what a dead process had in hand."""
    assert (timedelta(seconds=8), timedelta(seconds=2), timedelta(seconds=2)) == (LEASE, RENEWED, MARGIN)
    process = Sleeper()
    lease = process.take(Message, 1, "me")
    for slept, may in ((5.9, True), (6.0, False)):
        process.now = 1000.0 + slept
        assert lease.may_send() is may


def test_a_lease_is_renewed_after_two_seconds_and_not_at_every_look(store: Store) -> None:
    process = Sleeper()
    process.takes(store, Message)
    for slept, until in ((1.9, NOW + LEASE), (2.0, NOW + LEASE + timedelta(seconds=2))):
        process.now = 1000.0 + slept
        process.renew(store, lambda: NOW + timedelta(seconds=2))
        assert rows(store)["Message"]["lease_until"] == until


@every_table
@pytest.mark.parametrize(
    ("slept", "may"), [(LEASE - MARGIN - MOMENT, True), (LEASE - MARGIN, False), (LEASE * 10, False)]
)
def test_who_has_slept_sends_nothing_unless_the_lease_lasts_for_a_call_to_leave(
    store: Store, model: Leased, slept: timedelta, *, may: bool
) -> None:
    process = Sleeper()
    lease = process.takes(store, model)
    process.now += slept.total_seconds()
    assert lease.may_send() is may


@every_table
def test_what_another_has_taken_over_is_not_renewed(store: Store, model: Leased) -> None:
    process, later = Sleeper(), NOW + LEASE + MOMENT
    lease = process.takes(store, model)
    process.now += LEASE.total_seconds() * 2
    with store.write() as session:
        assert claim(session, model, 1, "another", later)
    theirs = rows(store)
    process.renew(store, lambda: later)
    assert not lease.may_send()
    assert rows(store) == theirs


def test_who_has_nothing_to_renew_asks_the_database_nothing() -> None:
    process, no_database = Sleeper(), cast("Store", None)
    process.renew(no_database, lambda: NOW)
    process.take(Message, 1, "me")
    process.renew(no_database, lambda: NOW)


def test_what_nobody_has_taken_over_goes_on(store: Store) -> None:
    process = Sleeper()
    lease = process.takes(store, Message)
    process.now += LEASE.total_seconds() * 2
    process.renew(store, lambda: NOW + LEASE * 2)
    assert lease.may_send()


def test_a_lease_is_renewed_and_no_other(store: Store) -> None:
    process, theirs = Sleeper(), NOW + timedelta(seconds=1)
    process.takes(store, Message)
    with store.write() as session:
        session.add(Message(**MESSAGE | {"marker": "other"}, lease_owner="me", lease_until=theirs))
    process.now += RENEWED.total_seconds()
    process.renew(store, lambda: NOW + RENEWED)
    with store.read() as session:
        until = session.exec(select(Message.lease_until).order_by(col(Message.id))).all()
    assert list(until) == [NOW + RENEWED + LEASE, theirs]


def test_work_that_is_over_is_renewed_no_more(store: Store) -> None:
    process = Sleeper()
    process.drop(process.takes(store, Message))
    process.now += LEASE.total_seconds() / 2
    process.renew(store, lambda: NOW + LEASE)
    assert rows(store)["Message"]["lease_until"] == NOW + LEASE


APPROVED = {"status": Status.APPROVED}
DUE: dict[str, tuple[Leased, str, dict[str, Any]]] = {
    "click": (Interaction, "due_at", {}),
    "lane": (Message, "due_at", {}),
    "session": (RoleSession, "due_at", {}),
    "announce": (Request, "due_at", {}),
    "run": (Request, "due_at", APPROVED),
    "home": (HomeViewer, "due_at", {}),
    "expire": (Request, "expires_at", {}),
    "remind": (Request, "remind_at", {}),
    "tell": (Request, "tell_at", {"announced_at": NOW}),
}


@pytest.mark.parametrize("kind", DUE)
@pytest.mark.parametrize(("wait", "due"), [(-MOMENT, True), (timedelta(0), True), (MOMENT, False), (NEVER, False)])
def test_each_kind_of_work_is_due_from_its_very_moment_on(
    store: Store, kind: str, wait: timedelta, *, due: bool
) -> None:
    model, column, values = DUE[kind]
    change(store, model, **values, **{column: None if wait == NEVER else NOW + wait})
    assert (kind in found(store)) is due


ALL_DUE = dict.fromkeys(("due_at", "expires_at", "remind_at", "tell_at"), NOW)
OF_A_REQUEST = {"announce", "run", "expire", "remind", "tell"}


@pytest.mark.parametrize("status", Status)
def test_a_request_is_worked_on_as_its_state_says_and_never_again_when_it_is_over(store: Store, status: Status) -> None:
    change(store, Request, status=status, **ALL_DUE)
    expected = {Status.PENDING: {"announce", "expire", "remind"}} | {status: {"run"} for status in EXECUTING}
    assert found(store) & OF_A_REQUEST == expected.get(status, set())


def test_what_was_announced_is_not_announced_again(store: Store) -> None:
    change(store, Request, announced_at=NOW, **ALL_DUE)
    assert found(store) & OF_A_REQUEST == {"expire", "remind", "tell"}


def test_a_message_that_waits_holds_back_those_behind_it_in_its_lane_and_no_others(store: Store) -> None:
    with store.write() as session:
        for lane in ("request:1", "request:2"):
            session.add(Message(**(MESSAGE | {"lane": lane, "kind": "thread"})))
        session.execute(update(Message).where(col(Message.id) == 1).values(due_at=NOW + MOMENT))
    assert lanes(store, NOW) == ["request:2"]
    assert lanes(store, NOW + MOMENT) == ["request:1", "request:2"]
    with store.write() as session:
        session.execute(update(Message).where(col(Message.id) == 1).values(status="sent", due_at=None))
    assert lanes(store, NOW) == ["request:1", "request:2"]


def test_a_tick_takes_so_many_of_each_kind_the_oldest_first_and_what_runs_all_at_once(store: Store) -> None:
    """More would keep the ticks behind them waiting; what runs shares one look at AWS."""
    asked = dict(the_request(store)) | {"id": None}
    with store.write() as session:
        for number in range(BATCH + 1):
            for status in (Status.PENDING, Status.APPROVED):
                name = f"{status} {number}"
                session.add(Request(**(asked | {"delivery": name, "subject": name, "status": status})))
            click: dict[str, Any] = {
                "delivery": f"{number}",
                "kind": "approve",
                "user": "U",
                "team": "T",
                "request_id": 1,
            }
            session.add(Interaction(**click, received_at=NOW, due_at=NOW))
            session.add(Message(**(MESSAGE | {"lane": f"request:{number}"})))
    with store.read() as session:
        jobs = list(due_jobs(session, NOW))
    taken = Counter(kind for kind, _ in jobs)
    assert [taken[kind] for kind in ("click", "lane", "announce", "run")] == [BATCH, BATCH, BATCH, BATCH + 1]
    assert [key for kind, key in jobs if kind == "click"] == list(range(1, BATCH + 1))
    assert [kind for kind, _ in jobs][:BATCH] == ["click"] * BATCH
