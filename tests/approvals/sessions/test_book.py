"""When a role session has to be looked at next, and when what shows its credentials has to go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import select

from approvals.context import Handover
from approvals.models import RoleSession
from approvals.sessions.book import OPEN, State, ask_to_end, delete_at, revealed, settle
from approvals.sessions.upkeep import tend
from operations.access.role_sessions import Minted
from tests.harness.people import ALICE, BOB
from tests.harness.slack import InMemorySlack
from tests.harness.workers import Workers

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
EXPIRY = NOW + 60 * MINUTE
BY_DM, IN_HALF_AN_HOUR = Handover(), Handover(delete_after=30 * MINUTE)


def session(state: State, **values: Any) -> RoleSession:
    known: dict[str, Any] = {
        "user": ALICE,
        "account": "222222222222",
        "role": "r",
        "duration": 3600,
        "session_name": "s",
    }
    return RoleSession(**(known | {"request_id": 1, "state": state, "expires_at": EXPIRY} | values))


def due(state: State, **values: Any) -> datetime | None:
    row = session(state, due_at=NOW, **values)
    settle(row)
    return row.due_at


@pytest.mark.parametrize(
    ("handover", "goes"),
    [
        (BY_DM, EXPIRY),
        (IN_HALF_AN_HOUR, NOW + 30 * MINUTE),
        (Handover(delete_after=60 * MINUTE), EXPIRY),
        (Handover(delete_after=61 * MINUTE), EXPIRY),
        (Handover("reveal", 30 * MINUTE), EXPIRY),
    ],
)
def test_the_message_goes_when_the_settings_say_so_and_at_expiry_at_the_latest(
    handover: Handover, goes: datetime
) -> None:
    assert delete_at(session(State.LIVE), NOW, handover) == goes


def test_the_next_look_is_at_the_earliest_of_the_warning_the_deletion_and_the_end() -> None:
    warning = EXPIRY - 10 * MINUTE
    assert due(State.LIVE) == warning
    assert due(State.LIVE, warned=True) == EXPIRY
    assert due(State.LIVE, delete_due_at=warning - SECOND) == warning - SECOND
    assert due(State.LIVE, delete_due_at=warning + SECOND) == warning
    assert due(State.LIVE, delete_due_at=EXPIRY + MINUTE, warned=True) == EXPIRY


def test_what_is_over_or_not_opened_is_looked_at_for_its_message_alone() -> None:
    for state in (State.OFFERED, State.ENDED, State.EXPIRED, State.LOST):
        assert due(state) is None
        assert due(state, delete_due_at=EXPIRY) == EXPIRY
    assert due(State.ENDING, delete_due_at=EXPIRY) == NOW, "it stays due until AWS knows"


def test_the_first_press_of_the_button_says_when_the_time_is_over(workers: Workers) -> None:
    row = session(State.OFFERED, expires_at=None)
    for minutes, key in ((0, "one"), (20, "two")):
        now = NOW + minutes * MINUTE
        with workers.context.store.write() as rows:
            revealed(rows, row, _minted(key, now + 60 * MINUTE), now)
        row.state = State.LIVE
        assert (row.access_key_id, row.issued_at, row.expires_at) == (key, now, EXPIRY)


def _minted(key: str, expires_at: datetime) -> Minted:
    return Minted(key, SecretStr("secret"), SecretStr("token"), expires_at, "role")


@pytest.fixture
def live(workers: Workers) -> Workers:
    """A live session of an hour, whose message is gone already."""
    workers.ask("create-account", account_name="fullback-mobile", email="mobile@example.com")
    expiry = workers.clock() + 60 * MINUTE
    with workers.context.store.write() as rows:
        rows.add(session(State.LIVE, expires_at=expiry, due_at=workers.clock()))
    return workers


def state(workers: Workers) -> tuple[str, bool]:
    with workers.context.store.read() as rows:
        row = rows.exec(select(RoleSession)).one()
        return row.state, row.warned


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (10 * MINUTE + SECOND, (State.LIVE, False)),
        (10 * MINUTE, (State.LIVE, True)),
        (SECOND, (State.LIVE, True)),
        (timedelta(0), (State.EXPIRED, False)),
        (-SECOND, (State.EXPIRED, False)),
    ],
)
def test_a_session_is_warned_of_and_expires_at_its_second(
    live: Workers, left: timedelta, expected: tuple[State, bool]
) -> None:
    live.clock.now += 60 * MINUTE - left
    for _ in range(2):
        tend(live.context, InMemorySlack(), 1)
    assert state(live) == expected
    assert len([line for line in live.said("dm") if "Your session" in line]) == expected[1]


@pytest.mark.parametrize("before", State)
def test_what_is_offered_or_live_can_be_ended_once(live: Workers, before: State) -> None:
    with live.context.store.write() as rows:
        rows.exec(select(RoleSession)).one().state = before
    with live.context.store.write() as rows:
        ended = before in (State.OFFERED, State.LIVE)
        assert ask_to_end(rows, 1, BOB, live.clock()) is ended
        assert not ask_to_end(rows, 1, BOB, live.clock())
        assert not ask_to_end(rows, 2, BOB, live.clock())
    assert state(live)[0] == (State.ENDING if ended else before)


def test_the_open_sessions_are_those_that_are_not_over() -> None:
    assert set(OPEN) == {State.OFFERED, State.LIVE, State.ENDING}
