"""Several processes on one PostgreSQL: they start at once, share the work, and take over from each other.

`make torture` alone runs this (TEST_KILLS, TEST_SLEEPS, TEST_LOSSES; the seed is told with a failure): now and then one of them
does not come to its end within its time, and once a card stood twice, so that the ordinary test command does not promise it yet
(docs/explanation/exactly-once.md).
"""

from __future__ import annotations

import os
import random
import time

import pytest

from approvals.queue.leases import LEASE
from tests.harness.fleet import Fleet, fleet, names
from tests.harness.points import POINTS
from tests.harness.postgres import own_server
from tests.harness.profiles import is_full

__test__ = is_full()
REQUESTS = 40
KILLS = int(os.environ.get("TEST_KILLS", "1000"))
SLEEPS = int(os.environ.get("TEST_SLEEPS", "500"))
LOSSES = int(os.environ.get("TEST_LOSSES", "200"))
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
IN_A_ROUND = 3
# Who is put to sleep while Slack waits for an answer is asked once more by people, and both are requests of theirs.
WHILE_WORKING = [point for point in POINTS if not point.startswith("insert")]


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


@pytest.mark.timeout(0)
def test_processes_that_are_killed_at_each_named_point_lose_nothing_and_double_nothing() -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    with fleet(3) as three:
        for number in range(KILLS):
            armed = f"{POINTS[number % len(POINTS)]}:{soon(chance, number)}:SIGKILL"
            three.replace(one_round(three, number, armed))  # Who has not come to its point is killed where it is.
        three.finish()
        assert three.wrong() == [], f"TEST_SEED={SEED}"


@pytest.mark.timeout(0)
def test_processes_that_sleep_while_others_take_over_double_nothing_when_they_wake() -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    with fleet(3) as three:
        for number in range(SLEEPS):
            place = chance.choice(WHILE_WORKING) if number % 2 else "post:before"
            which = one_round(three, number, f"{place}:{soon(chance, number)}:SIGSTOP")
            has_stopped = three.is_asleep(which)
            if not has_stopped:
                three.sleep(which)
            time.sleep(LEASE.total_seconds() + 2)
            three.wake(which)
            if not has_stopped:  # It would stop later, when others are asleep.
                time.sleep(1)
                three.replace(which)
        three.finish()
        assert three.wrong() == [], f"TEST_SEED={SEED}"


@pytest.mark.timeout(0)
def test_losing_the_database_s_server_loses_nothing_else() -> None:
    with own_server() as server, fleet(3, server.empty_url()) as three:
        for number in range(LOSSES):
            load = three.load(names(2 * IN_A_ROUND, f"loss-{number}"), threads=IN_A_ROUND)
            made = len(three.aws.calls.of("CreateOrganizationalUnit"))
            three.slack.wait_for(
                lambda: len(three.aws.calls.of("CreateOrganizationalUnit")) > made,  # noqa: B023  At once.
                60,
                "a call",
            )
            server.lose()
            load.join()
        three.finish()
        assert three.wrong() == []


def soon(chance: random.Random, number: int) -> int:
    """At the first such point in every third round, else somewhat later."""
    return 1 if number % 3 == 0 else chance.randint(2, 6)


def one_round(three: Fleet, number: int, armed: str) -> int:
    """Some requests while one of the three is about to stop at a point; gives which."""
    which = number % 3
    three.replace(which, armed)
    three.load(names(IN_A_ROUND, f"round-{number}"), threads=IN_A_ROUND).join()
    end = time.monotonic() + 1
    while time.monotonic() < end and not three.is_asleep(which):
        time.sleep(0.05)
    return which
