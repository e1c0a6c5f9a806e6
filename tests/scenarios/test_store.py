"""The database's file goes away while the bot runs: nothing is taken in that nobody would find, and it goes on by itself."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

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


@pytest.mark.parametrize("scenario", [SQLITE], indirect=True, ids=["sqlite"])
def test_while_its_file_is_away_nothing_is_taken_in(scenario: Scenario) -> None:
    file, before = scenario.place.folder / "orgbot.db", len(scenario.log())
    until_ready_says(scenario, "ok database")
    assert file.stat().st_mode & 0o777 == 0o600
    away = file.rename(file.with_suffix(".away"))
    until_ready_says(scenario, "NOT OK database")
    reply = scenario.person("alice").types("/org move-account --account fullback-audit --to /Workloads")
    assert "I'll DM you" not in str(reply)
    told = scenario.log()[before:]
    away.rename(file)
    until_ready_says(scenario, "ok database")
    scenario.ask("fullback-mobile")
    scenario.press("Approve", by="bob")
    done = scenario.done()
    assert scenario.accounts("fullback-mobile@example.com") == [done]
    lines = [line["event"] for line in told if line.get("level") in ("warning", "error")]
    assert len(set(lines)) < 10, told
    assert len(lines) - len(set(lines)) < 10, told  # What goes on is told once in a while, not at each try.
