"""Processes that are killed, told to end, put to sleep or lose their database, at named points and anywhere, while people ask for
nearly every operation: nothing is lost, nothing doubled, and nothing stuck.

A few kills and ends in the ordinary test command; `make torture` runs all of it with the full numbers (TEST_KILLS, TEST_TERMS, TEST_SLEEPS,
TEST_LOSSES) and tells the seed, by which TEST_SEED repeats it, and how often each point was come to.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from approvals.queue.leases import LEASE
from operations.core.registry import all_operations
from sandbox.aws.calls import Call
from tests.harness.database import SQLITE
from tests.harness.fleet import Fleet, fleet
from tests.harness.load import SCRIPTS, Asked, wrong_effects
from tests.harness.points import POINTS
from tests.harness.postgres import own_server
from tests.harness.profiles import is_full

Test = TypeVar("Test", bound=Callable[..., None])
Told = Callable[[str, object], None]
Rounds = Callable[[Fleet, range], None]
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
# As many rounds are looked at together, so that what is wrong is said soon, and no round waits for what thousands of requests left.
ROUNDS = 40
PATIENCE, LOOK_AGAIN = 20.0, 0.02
AWAKE = 3.0  # Seconds in which what was on its way when its process was put to sleep has surely left.
FLEETS = [pytest.param(3, "", id="three on PostgreSQL"), pytest.param(1, SQLITE, id="one on SQLite")]


def in_torture(test: Test) -> Test:
    """What waits for many seconds is not collected by the ordinary test command."""
    test.__test__ = is_full()  # type: ignore[attr-defined]
    return test


def times(name: str, full: int, quick: int = 0) -> int:
    """How often, in `make torture` or in the ordinary test command."""
    return int(os.environ.get(name, "0")) or (full if is_full() else quick)


# These can be done once in an organization, or not be asked for again and again: they need two approvers, or a person at the end.
NOT_UNDER_FIRE = {
    *("create-organization", "enable-all-features", "enable-policy-type", "disable-policy-type"),
    *("close-account", "remove-account", "credentials"),
}


def test_every_operation_is_asked_for_under_fire_or_known_not_to_be() -> None:
    asked = {command.split()[0] for script in SCRIPTS for command, _, _ in script}
    assert {operation.name for operation in all_operations()} == asked | NOT_UNDER_FIRE


def test_a_call_that_is_missing_doubled_or_nobody_s_is_seen() -> None:
    wanted = [Asked(name, "", "CreatePolicy", name) for name in ("one", "two", "three")]
    made = [Call("organizations", "CreatePolicy", {"Name": name}) for name in ("one", "three", "three", "four")]
    assert list(wrong_effects(wanted, made)) == [
        'nobody has asked for CreatePolicy {"Name": "four"}',
        "CreatePolicy of two was made 0 times, and asked for 1 times",
        "CreatePolicy of three was made 2 times, and asked for 1 times",
    ]


@in_torture
@pytest.mark.timeout(300)
def test_processes_on_one_database_share_the_work_though_one_of_them_is_killed() -> None:
    with fleet(3) as three:
        with three.load():
            three.wait_for_ends(10)
            three.kill(1)
            three.wait_for_ends(30)
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

    def some_rounds(bots: Fleet, numbers: range) -> None:
        points = iter([POINTS[(number + SEED) % len(POINTS)] for number in numbers])
        armed: dict[int, tuple[str, float]] = {}

        def arm(which: int) -> None:
            """The next point is this one's; who has not come to it in time is killed where it is, and who has none left lives on."""
            if point := next(points, ""):
                armed[which] = point, time.monotonic() + PATIENCE
            bots.replace(which, point and f"{point}:{soon(chance)}:SIGKILL")

        for which in range(min(count, len(numbers))):
            arm(which)
        while armed:
            which = next_of(bots, armed)
            point, _ = armed.pop(which)
            come_to[point if bots.is_dead(which) else "elsewhere"] += 1
            arm(which)

    play(kills, count, database, some_rounds, come_to)
    record_property("told", f"killed: {dict(come_to)}")
    assert [point for point in POINTS if come_to[point] < kills // 50] == [], "not often enough"


@pytest.mark.timeout(0 if is_full() else 150)
@pytest.mark.parametrize(("count", "database"), FLEETS)
def test_processes_that_are_told_to_end_under_load_lose_nothing_and_double_nothing(
    count: int, database: str, record_property: Told
) -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")

    def some_rounds(bots: Fleet, numbers: range) -> None:
        def end_again(which: int) -> None:
            for _ in numbers[which::count]:
                time.sleep(chance.uniform(0.1, 2.0))
                bots.end(which)
                bots.replace(which)

        with ThreadPoolExecutor(count) as pool:
            list(pool.map(end_again, range(count)))

    play(times("TEST_TERMS", 500, 1), count, database, some_rounds)


@in_torture
@pytest.mark.timeout(0)
def test_processes_that_sleep_while_others_take_over_double_nothing_when_they_wake(record_property: Told) -> None:
    """Five of six at a time, one of them while it posts."""
    chance, come_to = random.Random(SEED), Counter[str]()  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")

    def some_rounds(six: Fleet, numbers: range) -> None:
        for number in numbers:
            places = {(number + one) % 6: chance.choice(POINTS) for one in range(1, 5)} | {number % 6: "post:before"}
            for which, place in places.items():
                six.replace(which, f"{place}:{soon(chance)}:SIGSTOP")
            stopped = all_asleep(six, list(places))
            come_to.update(place if which in stopped else "elsewhere" for which, place in places.items())
            sleep_past_a_takeover(six, list(places))
            for which in set(places) - stopped:  # It would stop later, when others are asleep.
                six.replace(which)

    play(times("TEST_SLEEPS", 500) // 5, 6, "", some_rounds, come_to)
    record_property("told", f"asleep: {dict(come_to)}")


@in_torture
@pytest.mark.timeout(0)
def test_losing_the_database_s_server_loses_nothing_else(record_property: Told) -> None:
    chance = random.Random(SEED)  # noqa: S311  Nothing secret.
    record_property("told", f"TEST_SEED={SEED}")
    with own_server() as server:

        def some_rounds(three: Fleet, numbers: range) -> None:
            for _ in numbers:
                three.wait_for_ends(1)
                time.sleep(chance.uniform(0.0, 1.0))
                server.lose()

        play(times("TEST_LOSSES", 200), 3, server.empty_url, some_rounds)


def play(
    full: int, count: int, database: str | Callable[[], str], some_rounds: Rounds, come_to: Counter[str] | None = None
) -> None:
    """So many rounds: after each `ROUNDS` all must be well, and others begin on an empty database."""
    for begun in range(0, full, ROUNDS):
        numbers = range(begun, min(begun + ROUNDS, full))
        with fleet(count, database if isinstance(database, str) else database()) as bots:
            with bots.load():
                some_rounds(bots, numbers)
            bots.finish()
            assert bots.wrong() == [], f"TEST_SEED={SEED}, rounds {numbers}"
        print(f"{numbers.stop} of {full}, {len(bots.asked)} requests, {dict(come_to or {})}", flush=True)  # noqa: T201  `pytest -s` shows it.


def next_of(bots: Fleet, armed: dict[int, tuple[str, float]]) -> int:
    """Who is dead, or has had the time to be."""
    while True:
        for which, (_, end) in armed.items():
            if bots.is_dead(which) or time.monotonic() > end:
                return which
        time.sleep(LOOK_AGAIN)


def all_asleep(bots: Fleet, which: list[int]) -> set[int]:
    """Those that have come to their points, when all have, or have had the time to."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not all(map(bots.is_asleep, which)):
        time.sleep(LOOK_AGAIN)
    return {one for one in which if bots.is_asleep(one)}


def sleep_past_a_takeover(bots: Fleet, which: list[int]) -> None:
    """These do nothing until others have taken over what they had in hand; then they wake, all at once."""
    for one in which:
        bots.sleep(one)
    time.sleep(LEASE.total_seconds() + 2)
    for one in which:
        bots.wake(one)
    time.sleep(AWAKE)
    bots.wait_until_nothing_stands_twice()


def soon(chance: random.Random) -> int:
    """At the first such point one time in three, else somewhat later."""
    return 1 if chance.random() < 1 / 3 else chance.randint(2, 6)
