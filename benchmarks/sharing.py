"""How much more three processes on one PostgreSQL do than one, and what PostgreSQL costs one process, from filed to the last message.

Every call to AWS takes half a second, as slow calls do, and Slack's pace is lifted: what is measured is how the work is shared and
what the database costs, and not the stand-ins, which run on the same processors.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psycopg

from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import Rule
from approvals.queue.store import Store
from approvals.request.intake import Draft, Intake
from benchmarks.table import Row
from bot.database import open_engine
from sandbox.sandbox import BotProcess, Sandbox, sandbox
from sandbox.slack.cast import TEAM_ID
from tests.harness import postgres
from tests.harness.forking import fork
from tests.harness.points import UNPACED

REQUESTS = 48
AWS_SECONDS = 0.5
LONGEST = 300.0
GRANTED = '[[rule]]\nname = "at once"\napprovals = 0\n'
REQUIRED = Requirements((Requirement(Rule("at once", (), approvals=0), 0),))
SETTINGS = {
    UNPACED: "yes",
    "ORGBOT_POST_SECONDS": "0",
    "ORGBOT_REQUESTS_PER_HOUR": "0",
    "ORGBOT_PENDING_PER_PERSON": "0",
    "ORGBOT_ANCHOR_HOURS": "0",
    "ORGBOT_LOG_LEVEL": "WARNING",
}
LEFT = (
    "SELECT (SELECT count(*) FROM request WHERE finished_at IS NULL)"
    " + (SELECT count(*) FROM message WHERE status IN ('queued', 'sending'))"
)


def rows() -> Iterator[Row]:
    """Requests a second, all of them filed at one moment."""
    sqlite, one, three = _rate("", 1), _rate(postgres.empty_url(), 1), _rate(postgres.empty_url(), 3)
    yield Row("three processes on PostgreSQL, requests/s", f"{three:.1f}", f"{one:.1f}", three / one, 2.0, least=True)
    yield Row("one process on PostgreSQL, requests/s", f"{one:.1f}", f"{sqlite:.1f}", one / sqlite, 0.5, least=True)


def _rate(database: str, count: int) -> float:
    with sandbox(creation_seconds=0, launch=fork) as place:
        url = database or f"sqlite:///{place.folder / 'shared.db'}"
        rules = place.folder / "rules.toml"
        rules.write_text(GRANTED)
        settings = SETTINGS | {"DATABASE_URL": postgres.as_written(url), "ORGBOT_RULES": str(rules)}
        bots = [place.launch_bot(**settings) for _ in range(count)]
        try:
            return _measure(place, bots, url)
        finally:
            for bot in bots:
                bot.kill()


def _measure(place: Sandbox, bots: list[BotProcess], url: str) -> float:
    for bot in bots:
        bot.wait_until_ready()
    root = str(place.aws.client("organizations").list_roots()["Roots"][0]["Id"])
    place.aws.faults.add(kind="delay", service="organizations", seconds=AWS_SECONDS, times=None)
    began = time.perf_counter()
    _file(place, url, root)
    while _left(url):
        if time.perf_counter() - began > LONGEST:
            raise TimeoutError(f"{_left(url)} requests and messages are still to be done: {bots[0].last_words()}")
        time.sleep(0.1)
    return REQUESTS / (time.perf_counter() - began)


def _file(place: Sandbox, url: str, root: str) -> None:
    engine = open_engine(url)
    intake = Intake(Store(engine), lambda: datetime.now(UTC), lambda: None)
    alice = place.slack.person("alice")
    for number in range(REQUESTS):
        name = f"bench-{number}"
        params = {"unit_name": name, "parent": root}
        intake.file(Draft("create-ou", params, name, "why", alice.id, TEAM_ID, "C0", name, REQUIRED))
    engine.dispose()


def _left(url: str) -> int:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return int(file.execute(LEFT).fetchone()[0])
    with closing(psycopg.connect(postgres.as_written(url))) as connection:
        return int((connection.execute(LEFT.encode()).fetchone() or (0,))[0])
