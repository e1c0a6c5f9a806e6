"""Flood limits: one person's requests in an hour, and how many of them may wait; told with the time to ask again."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta

import pytest

from approvals.authority.directory import Person
from approvals.context import Limits
from approvals.dispatcher import BATCH
from approvals.models import Request
from approvals.request.intake import Intake
from approvals.request.limits import FloodError, RateLimit
from approvals.states import Status
from tests.harness.clock import Clock
from tests.harness.people import ALICE, BOB, DAVE, TEAM
from tests.harness.profiles import is_full
from tests.harness.workers import Workers


def account(number: int) -> dict[str, str]:
    return {"account_name": "many", "email": f"many{number}@example.com"}


def strict(workers: Workers, **limits: int) -> None:
    """From now on with limits, which the door of this process does not know: the workers count."""
    workers.limits = Limits(**limits)
    workers.restart()


def statuses(workers: Workers, requests: list[Request]) -> Counter[str]:
    return Counter(str(workers.request(request.id).status) for request in requests)


def test_of_a_flood_of_requests_ten_wait(workers: Workers) -> None:
    """There are more than the workers take up at a time."""
    strict(workers, pending=10)
    flood = 1_000 if is_full() else BATCH + 50
    requests = [workers.ask("create-account", **account(number)) for number in range(flood)]
    workers.work()
    assert statuses(workers, requests) == {"pending": 10, "refused": flood - 10}
    assert "10 of your requests wait for approval already" in workers.said("dm")[0]


def test_when_one_is_decided_the_next_may_be_asked(workers: Workers) -> None:
    strict(workers, pending=1)
    first = workers.ask("create-account", **account(1))
    workers.work()
    workers.click(first, "deny", BOB)
    workers.work()
    second = workers.ask("create-account", **account(2))
    workers.work()
    assert workers.request(second.id).status == Status.PENDING


def test_everybody_has_limits_of_their_own_whatever_account_they_ask_from(workers: Workers) -> None:
    workers.people.people["U0ALICE2"] = dataclasses.replace(workers.people.people[ALICE], user="U0ALICE2")
    strict(workers, pending=1)
    requests = []
    for number, by in enumerate((ALICE, "U0ALICE2", DAVE)):
        requests.append(workers.ask("create-account", by=by, **account(number)))
        workers.work()
    assert [workers.request(request.id).status for request in requests] == [
        Status.PENDING,
        Status.REFUSED,
        Status.PENDING,
    ]


def test_the_hour_moves_on(workers: Workers) -> None:
    strict(workers, per_hour=2)
    requests = []
    for number in range(5):  # After 0, 20, 40, 60 and 80 minutes.
        requests.append(workers.ask("create-account", **account(number)))
        workers.work()
        workers.clock.advance(minutes=20)
    assert [str(workers.request(request.id).status) for request in requests] == [
        *("pending", "pending", "refused", "pending", "pending")
    ]
    assert "You may ask again in 20 minutes." in workers.said("dm")[0]


def test_many_others_in_between_do_not_hide_what_one_person_asked(workers: Workers) -> None:
    everybody = {f"U{number}": Person(f"U{number}", TEAM, f"{number}@example.com", "x") for number in range(250)}
    workers.people.people |= everybody
    strict(workers, per_hour=2)
    asking = [ALICE, *everybody, ALICE, ALICE]
    requests = [workers.ask("create-account", by=by, **account(number)) for number, by in enumerate(asking)]
    workers.work()
    assert statuses(workers, requests) == {"pending": 252, "refused": 1}
    assert workers.request(requests[-1].id).status == Status.REFUSED


def test_the_door_tells_at_once_and_lets_a_redelivery_pass() -> None:
    door, clock = RateLimit(2), Clock()
    for delivery in ("a", "b"):
        door.check(ALICE, delivery, clock())
        door.note(ALICE, delivery, clock())
    door.check(BOB, "c", clock())
    door.check(ALICE, "a", clock())
    with pytest.raises(FloodError, match="2 requests within an hour"):
        door.check(ALICE, "c", clock())
    with pytest.raises(FloodError, match="You may ask again in 1 minute"):
        door.check(ALICE, "c", clock() + timedelta(minutes=59, seconds=59))
    door.check(ALICE, "c", clock() + timedelta(hours=1))


def test_what_the_desk_refuses_is_not_in_the_database(workers: Workers) -> None:
    workers.intake = Intake(workers.context.store, workers.clock, lambda: None, Limits(per_hour=1))
    workers.ask("create-account", **account(1))
    with pytest.raises(FloodError):
        workers.ask("create-account", **account(2))
    assert len(workers.intake.recent()) == 1


def test_no_limit(workers: Workers) -> None:
    requests = [workers.ask("create-account", **account(number)) for number in range(40)]
    workers.work()
    assert statuses(workers, requests) == {"pending": 40}
