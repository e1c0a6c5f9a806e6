"""Processes that are killed, told to end, put to sleep or lose their database, at named points and anywhere: nothing is lost, nothing
doubled, and nothing stuck.

A few kills and ends in the ordinary test command; `make torture` runs all of it with the full numbers (TEST_KILLS, TEST_TERMS, TEST_SLEEPS,
TEST_LOSSES) and tells the seed, by which TEST_SEED repeats it, and how often each point was come to.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import pytest

from approvals.queue.leases import LEASE
from tests.harness.database import SQLITE
from tests.harness.fleet import Fleet, fleet, names
from tests.harness.points import POINTS
from tests.harness.postgres import own_server
from tests.harness.profiles import is_full

Test = TypeVar("Test", bound=Callable[..., None])
Told = Callable[[str, object], None]
REQUESTS = 40
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
IN_A_ROUND = 3
# As many rounds are looked at together, so that what is wrong is said soon, and no round waits for what thousands of requests left.
ROUNDS = 40
PATIENCE = 20.0
# Who is put to sleep while Slack waits for an answer is asked once more by people, and both are requests of theirs.
WHILE_WORKING = [point for point in POINTS if not point.startswith("insert")]
FLEETS = [pytest.param(3, "", id="three on PostgreSQL"), pytest.param(1, SQLITE, id="one on SQLite")]


def in_torture(test: Test) -> Test:
    """What waits for many seconds is not collected by the ordinary test command."""
    test.__test__ = is_full()  # type: ignore[attr-defined]
    return test


def times(name: str, full: int, quick: int = 0) -> int:
    """How often, in `make torture` or in the ordinary test command."""
    return int(os.environ.get(name, "0")) or (full if is_full() else quick)


@in_torture
@pytest.mark.timeout(300)
def test_what_is_asked_is_carried_out_once_though_a_process_is_killed_in_the_middle() -> None:
    with fleet(3) as three:
        load = three.load(names(REQUESTS))
        begun = REQUESTS // 4
        three.slack.wait_for(lambda: len(three.aws.calls.of("CreateOrganizationalUnit")) > begun, 60, "the first calls")
        three.kill(1)
        load.join()
        three.finish()
        assert three.wrong() == []
        workers = {str(owner).partition("#")[0] for (owner,) in three.rows("SELECT DISTINCT owner FROM attempt")}
        assert len(workers) > 1, "they did not share the work"


@pytest.mark.timeout(0 if is_full() else 150)
@pytest.mark.parametrize(("count", "database"), FLEETS)
def test_processes_that_are_killed_at_each_named_point_lose_nothing_and_double_nothing(
    count: int, database: str, record_property: Told
) -> None:
    chance, come_to = random.Random(SEED), Counter[str]()  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")
    kills = times("TEST_KILLS", 1000, 2)

    def one_round(bots: Fleet, number: int) -> None:
        which, point = number % count, POINTS[(number + SEED) % len(POINTS)]
        load = ask_while(bots, number, {which: f"{point}:{soon(chance, number)}:SIGKILL"})
        come_to[point if bots.is_dead(which) else "elsewhere"] += 1
        bots.replace(which)  # Who has not come to its point is killed where it is.
        load.join()

    play(kills, count, database, one_round)
    record_property("told", f"killed: {dict(come_to)}")
    assert [point for point in POINTS if come_to[point] < kills // 50] == [], "not often enough"


@pytest.mark.timeout(0 if is_full() else 150)
@pytest.mark.parametrize(("count", "database"), FLEETS)
def test_processes_that_are_told_to_end_under_load_lose_nothing_and_double_nothing(
    count: int, database: str, record_property: Told
) -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")

    def one_round(bots: Fleet, number: int) -> None:
        load = bots.load(names(IN_A_ROUND, f"round-{number}"), threads=IN_A_ROUND)
        time.sleep(chance.uniform(0.1, 2.0))
        bots.end(number % count)
        bots.replace(number % count)
        load.join()

    play(times("TEST_TERMS", 500, 1), count, database, one_round)


@in_torture
@pytest.mark.timeout(0)
def test_processes_that_sleep_while_others_take_over_double_nothing_when_they_wake(record_property: Told) -> None:
    chance, come_to = random.Random(SEED), Counter[str]()  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")

    def one_round(three: Fleet, number: int) -> None:
        places = {number % 3: "post:before", (number + 1) % 3: chance.choice(WHILE_WORKING)}
        armed = {which: f"{place}:{soon(chance, number)}:SIGSTOP" for which, place in places.items()}
        ask_while(three, number, armed).join()
        stopped = [which for which in places if three.is_asleep(which)]
        come_to.update(places[which] if which in stopped else "elsewhere" for which in places)
        sleep_past_a_takeover(three, list(places))
        for which in set(places) - set(stopped):  # It would stop later, when others are asleep.
            three.replace(which)

    play(times("TEST_SLEEPS", 500) // 2, 3, "", one_round)
    record_property("told", f"asleep: {dict(come_to)}")


@in_torture
@pytest.mark.timeout(0)
def test_losing_the_database_s_server_loses_nothing_else() -> None:
    with own_server() as server:

        def one_round(three: Fleet, number: int) -> None:
            load = three.load(names(2 * IN_A_ROUND, f"loss-{number}"), threads=IN_A_ROUND)
            made = len(three.aws.calls.of("CreateOrganizationalUnit"))
            three.slack.wait_for(
                lambda: len(three.aws.calls.of("CreateOrganizationalUnit")) > made,
                60,
                "a call",
            )
            server.lose()
            load.join()

        play(times("TEST_LOSSES", 200), 3, server.empty_url, one_round)


def play(full: int, count: int, database: str | Callable[[], str], one_round: Callable[[Fleet, int], None]) -> None:
    """So many rounds: after each `ROUNDS` all must be well, and others begin on an empty database."""
    for begun in range(0, full, ROUNDS):
        with fleet(count, database if isinstance(database, str) else database()) as bots:
            for number in range(begun, min(begun + ROUNDS, full)):
                one_round(bots, number)
            bots.finish()
            assert bots.wrong() == [], f"TEST_SEED={SEED}, rounds {begun} to {number}"


def sleep_past_a_takeover(bots: Fleet, which: list[int]) -> None:
    """These do nothing until others have taken over what they had in hand; then they wake, all at once."""
    for one in which:
        bots.sleep(one)
    time.sleep(LEASE.total_seconds() + 2)
    for one in which:
        bots.wake(one)
    time.sleep(1)


def soon(chance: random.Random, number: int) -> int:
    """At the first such point in every third round, else somewhat later."""
    return 1 if number % 3 == 0 else chance.randint(2, 6)


def ask_while(bots: Fleet, number: int, armed: dict[int, str]) -> threading.Thread:
    """Some requests while some of the bots are about to stop at a point; gives those who ask."""
    for which, stops_at in armed.items():
        bots.replace(which, stops_at)
    load = bots.load(names(IN_A_ROUND, f"round-{number}"), threads=IN_A_ROUND)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not all(map(bots.is_asleep, armed)) and (load.is_alive() or bots.is_at_work()):
        time.sleep(0.05)
    return load
