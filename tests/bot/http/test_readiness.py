"""What `/readyz` says from the first moment to the last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from approvals.authority.bindings import Drift
from approvals.models import Message, Stumble
from approvals.queue.store import Store
from bot.http.readiness import STALE, Readiness
from bot.slack import SlackHealth
from tests.harness.database import new_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = new_database(f"sqlite:///{tmp_path / 'orgbot.db'}")
    yield Store(engine)
    engine.dispose()


def started(
    store: Store, problem: str = "", *, connected: bool = True, drift: str = "", misplaced: str = ""
) -> Readiness:
    health = SlackHealth()
    health.note("auth.test", "ok")
    readiness = Readiness(health)
    snapshot: Any = SimpleNamespace(problem=problem, misplaced=misplaced)
    transport: Any = SimpleNamespace(connected=lambda: connected)
    bindings: Any = SimpleNamespace(drifts=[Drift("under", "/X", drift)] if drift else [])
    readiness.watch(store, snapshot, transport, bindings)
    readiness.state = "started"
    return readiness


def test_while_it_starts_it_says_what_it_waits_for() -> None:
    assert Readiness(SlackHealth()).lines() == [
        ("process", False, "starting"),
        ("slack", False, "Slack does not answer (it has not been asked yet)"),
    ]


def test_all_is_there(store: Store) -> None:
    assert [line[:2] for line in started(store).lines()] == [
        ("process", True),
        ("database", True),
        ("slack", True),
        ("messages", True),
        ("jobs", True),
        ("organization", True),
        ("rules", True),
    ]


def test_with_credentials_with_which_it_must_not_work_it_is_not_ready(store: Store) -> None:
    told = "the bot runs in fullback-audit (555555555555)"
    assert started(store, "it cannot be read", misplaced=told).lines()[4] == ("organization", False, told)


def test_a_rule_whose_name_no_longer_fits_is_told_and_the_bot_goes_on(store: Store) -> None:
    assert started(store, drift="“/X” named ou-1.").lines()[-1] == ("rules", None, "“/X” named ou-1.")


def test_what_was_set_aside_is_shown_and_the_bot_is_ready_all_the_same(store: Store) -> None:
    with store.write() as session:
        for kind, key in (("announce", 1), ("click", 1), ("click", 2)):
            session.add(Stumble(kind=kind, key=key, set_aside_at=datetime(2030, 1, 2, tzinfo=UTC)))
        session.add(Stumble(kind="lane", key=7))
    told = "set aside after an error of the bot's own, see the log: 1 announce, 2 click"
    assert started(store).lines()[4] == ("jobs", None, told)


def test_what_is_away_is_not_ok_and_aws_is_neither(store: Store) -> None:
    readiness = started(store, "the organization cannot be read: throttled", connected=False)
    readiness.state = "stopping"
    assert readiness.lines() == [
        ("process", False, "stopping"),
        ("database", True, "answers"),
        ("slack", False, "not connected"),
        ("messages", True, "nothing to mend"),
        ("jobs", True, "none set aside"),
        ("organization", None, "the organization cannot be read: throttled"),
        ("rules", True, "fit the organization"),
    ]


def test_a_database_that_hangs_is_noticed_by_the_age_of_what_is_known(store: Store) -> None:
    readiness = started(store)
    now = time.monotonic()
    readiness._now = lambda: now + STALE + 1
    (line,) = [line for line in readiness.lines() if line[0] == "database"]
    assert line[1] is False
    assert "has not answered for" in line[2]
    readiness.look()
    assert readiness.lines()[1] == ("database", True, "answers")


def test_a_database_that_is_away_is_logged_once_and_when_it_is_back(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    readiness = started(store)

    def away() -> None:
        raise OperationalError(None, None, Exception("disk full"))

    monkeypatch.setattr(store, "look", away)
    for _ in range(5):
        readiness.look()
    assert readiness.lines()[1] == ("database", False, "disk full")
    assert not readiness.stores
    monkeypatch.undo()
    readiness.look()
    assert [entry.getMessage() for entry in caplog.records] == ["the database disk full", "the database answers again"]


def test_whoever_asks_waits_for_no_lock(store: Store) -> None:
    readiness = started(store)
    with store.write():
        assert readiness.lines()[1] == ("database", True, "answers")


def test_what_slack_refuses_is_told_with_what_to_mend_and_the_bot_is_ready_all_the_same(store: Store) -> None:
    now = datetime(2030, 1, 2, tzinfo=UTC)
    with store.write() as session:
        for marker, status, error in (
            ("1", "queued", "is_archived"),
            ("2", "queued", ""),
            ("3", "sent", "is_archived"),
        ):
            session.add(Message(lane="l", kind="card", marker=marker, status=status, error=error, created_at=now))
    name, ok, told = started(store).lines()[3]
    assert (name, ok) == ("messages", None)
    assert told.startswith("1 message can't be sent: the channel is archived; unarchive it")
