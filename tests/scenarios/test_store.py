"""The database's file goes away, is another one, or can't be written while the bot runs: nothing is taken in that nobody would
find, and it goes on by itself.
"""

from __future__ import annotations

import resource
import socket
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.harness import postgres
from tests.harness.database import POSTGRESQL, SQLITE
from tests.harness.scenario import PATIENCE, Scenario, started

SOCKET = ".s.PGSQL.5432"


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


class Way:
    """The way to the tests' server, which can be closed, or lead nowhere."""

    def __init__(self, folder: str, url: str) -> None:
        known = make_url(url)
        self._server, self._place = f"{known.query['host']}/{SOCKET}", f"{folder}/{SOCKET}"
        self.url = f"postgresql://orgbot@/{known.database}?host={folder}"
        self._open, self._going = threading.Event(), list[socket.socket]()
        self.begin()

    def begin(self) -> None:
        self._open.set()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self._place)
        self._listening.listen(100)
        threading.Thread(target=self._lead, args=(self._listening,), daemon=True).start()

    def _lead(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, there = listening.accept()[0], socket.socket(socket.AF_UNIX)
                there.connect(self._server)
                self._going += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while sent := one.recv(65536):
                self._open.wait()
                other.sendall(sent)
        end(one, other)

    @contextmanager
    def closed(self) -> Iterator[None]:
        Path(self._place).unlink()
        end(self._listening, *self._going)
        yield
        self.begin()

    @contextmanager
    def silent(self) -> Iterator[None]:
        self._open.clear()
        yield
        self._open.set()


def end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.mark.parametrize("fault", [Way.closed, Way.silent])
def test_while_postgresql_is_away_nothing_is_taken_in(
    tmp_path_factory: pytest.TempPathFactory, fault: Callable[[Way], AbstractContextManager[None]]
) -> None:
    way = Way(str(tmp_path_factory.mktemp("way")), postgres.new_url())
    with started("http", POSTGRESQL, DATABASE_URL=way.url) as scenario:
        before = len(scenario.log())
        with fault(way):
            until_ready_says(scenario, "NOT OK database")
            reply = scenario.person("alice").types("/org move-account --account fullback-audit --to /Workloads")
            assert "I'll DM you" not in str(reply)
            told = [line["event"] for line in scenario.log()[before:] if line["level"] != "info"]
        until_ready_says(scenario, "ok database")
        scenario.ask("fullback-mobile")
        scenario.slack.wait_for(lambda: "fullback-mobile" in str(scenario.cards()), PATIENCE, "the card")
        assert len(told) < 15, told
        assert not [line for line in told if "Traceback" in line or "line " in line], told
