"""The database's file goes away, is another one, or can't be written while the bot runs: nothing is taken in that nobody would
find, and it goes on by itself.
"""

from __future__ import annotations

import resource
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.harness.database import SQLITE
from tests.harness.scenario import PATIENCE, Scenario


def ready(scenario: Scenario) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{scenario.bot.port}/readyz", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"


def until_ready_says(scenario: Scenario, words: str) -> None:
    end = time.monotonic() + PATIENCE
    while words not in (told := ready(scenario)):
        assert time.monotonic() < end, told
        time.sleep(0.02)


@contextmanager
def moved_away(scenario: Scenario) -> Iterator[None]:
    away = file_of(scenario).rename(file_of(scenario).with_suffix(".away"))
    yield
    away.rename(file_of(scenario))


@contextmanager
def another_in_its_place(scenario: Scenario) -> Iterator[None]:
    with moved_away(scenario):
        with closing(sqlite3.connect(file_of(scenario))) as connection:
            connection.execute("CREATE TABLE another (name)")
        yield


@contextmanager
def no_byte_more(scenario: Scenario) -> Iterator[None]:
    """As on a full disk: the process can make no file any longer, that of its log neither."""
    _, most = resource.prlimit(scenario.bot.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scenario.bot.process.pid, resource.RLIMIT_FSIZE, (0, most))
    yield
    resource.prlimit(scenario.bot.process.pid, resource.RLIMIT_FSIZE, (most, most))


def file_of(scenario: Scenario) -> Path:
    return scenario.place.folder / "orgbot.db"


@pytest.mark.parametrize("fault", [moved_away, another_in_its_place, no_byte_more])
@pytest.mark.parametrize("scenario", [SQLITE], indirect=True, ids=["sqlite"])
def test_while_nothing_can_be_stored_nothing_is_taken_in(
    scenario: Scenario, fault: Callable[[Scenario], AbstractContextManager[None]]
) -> None:
    before = len(scenario.log())
    until_ready_says(scenario, "ok database")
    assert file_of(scenario).stat().st_mode & 0o777 == 0o600
    with fault(scenario):
        reply = scenario.person("alice").types("/org move-account --account fullback-audit --to /Workloads")
        assert "I'll DM you" not in str(reply)
        until_ready_says(scenario, "NOT OK database")
        told = scenario.log()[before:]
    until_ready_says(scenario, "ok database")
    scenario.ask("fullback-mobile")
    scenario.press("Approve", by="bob")
    done = scenario.done()
    assert scenario.accounts("fullback-mobile@example.com") == [done]
    lines = [line["event"] for line in told if line.get("level") in ("warning", "error")]
    assert len(set(lines)) < 10, told
    assert len(lines) - len(set(lines)) < 10, told  # What goes on is told once in a while, not at each try.


@pytest.mark.parametrize("scenario", [SQLITE], indirect=True, ids=["sqlite"])
def test_what_is_removed_beside_its_file_is_made_anew_and_a_killed_bot_has_lost_nothing(scenario: Scenario) -> None:
    scenario.ask("fullback-mobile")
    scenario.card()
    for end in ("-wal", "-shm"):
        file_of(scenario).with_name(f"orgbot.db{end}").unlink()
    scenario.slack.wait_for(file_of(scenario).with_name("orgbot.db-wal").exists, PATIENCE, "the log of the database")
    until_ready_says(scenario, "ok database")
    scenario.die()
    scenario.start_again()
    scenario.press("Approve", by="bob")
    done = scenario.done()
    assert scenario.accounts("fullback-mobile@example.com") == [done]
