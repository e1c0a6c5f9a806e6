"""What `/readyz` says from the first moment to the last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from approvals.authority.bindings import Drift
from approvals.models import Message, Stumble
from approvals.queue.store import Store
from bot.http.readiness import Readiness
from bot.slack import SlackHealth
from tests.harness.database import new_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = new_database(f"sqlite:///{tmp_path / 'orgbot.db'}")
    yield Store(engine)
    engine.dispose()


def started(store: Store, problem: str = "", *, connected: bool = True, drift: str = "") -> Readiness:
    health = SlackHealth()
    health.note("auth.test", "ok")
    readiness = Readiness(health)
    snapshot: Any = SimpleNamespace(problem=problem)
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
