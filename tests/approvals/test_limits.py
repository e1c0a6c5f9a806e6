"""Flood limits: one person's requests in an hour, and how many of them may wait; told with the time to ask again."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta

import pytest

from approvals.desk import Desk
from approvals.limits import Door, FloodError, Limits
from approvals.models import Request
from approvals.people import Person
from approvals.states import Status
from tests.approvals.office import ALICE, BOB, DAVE, TEAM, Clock, Office


def account(number: int) -> dict[str, str]:
    return {"account_name": "many", "email": f"many{number}@example.com"}


def strict(office: Office, **limits: int) -> None:
    """From now on with limits, which the door of this process does not know: the workers count."""
    office.limits = Limits(**limits)
    office.restart()


def statuses(office: Office, requests: list[Request]) -> Counter[str]:
    return Counter(str(office.request(request.id).status) for request in requests)


def test_of_a_thousand_requests_ten_wait(office: Office) -> None:
    strict(office, pending=10)
    requests = [office.ask("create-account", **account(number)) for number in range(1000)]
    office.work()
    assert statuses(office, requests) == {"pending": 10, "refused": 990}
    assert "10 of your requests wait for approval already" in office.said("dm")[0]


def test_when_one_is_decided_the_next_may_be_asked(office: Office) -> None:
    strict(office, pending=1)
    first = office.ask("create-account", **account(1))
    office.work()
    office.click(first, "deny", BOB)
    office.work()
    second = office.ask("create-account", **account(2))
    office.work()
    assert office.request(second.id).status == Status.PENDING


def test_everybody_has_limits_of_their_own_whatever_account_they_ask_from(office: Office) -> None:
    office.people.people["U0ALICE2"] = dataclasses.replace(office.people.people[ALICE], user="U0ALICE2")
    strict(office, pending=1)
    requests = []
    for number, by in enumerate((ALICE, "U0ALICE2", DAVE)):
        requests.append(office.ask("create-account", by=by, **account(number)))
        office.work()
    assert [office.request(request.id).status for request in requests] == [
        Status.PENDING,
        Status.REFUSED,
        Status.PENDING,
    ]


def test_the_hour_moves_on(office: Office) -> None:
    strict(office, per_hour=2)
    requests = []
    for number in range(5):  # After 0, 20, 40, 60 and 80 minutes.
        requests.append(office.ask("create-account", **account(number)))
        office.work()
        office.clock.advance(minutes=20)
    assert [str(office.request(request.id).status) for request in requests] == [
        *("pending", "pending", "refused", "pending", "pending")
    ]
    assert "You may ask again in 20 minutes." in office.said("dm")[0]


def test_many_others_in_between_do_not_hide_what_one_person_asked(office: Office) -> None:
    everybody = {f"U{number}": Person(f"U{number}", TEAM, f"{number}@example.com", "x") for number in range(250)}
    office.people.people |= everybody
    strict(office, per_hour=2)
    asking = [ALICE, *everybody, ALICE, ALICE]
    requests = [office.ask("create-account", by=by, **account(number)) for number, by in enumerate(asking)]
    office.work()
    assert statuses(office, requests) == {"pending": 252, "refused": 1}
    assert office.request(requests[-1].id).status == Status.REFUSED


def test_the_door_tells_at_once_and_lets_a_redelivery_pass() -> None:
    door, clock = Door(per_hour=2), Clock()
    for delivery in ("a", "b"):
        door.check(ALICE, delivery, clock())
        door.note(ALICE, delivery, clock())
    door.check(BOB, "c", clock())
    door.check(ALICE, "a", clock())
    with pytest.raises(FloodError, match="2 requests within an hour"):
        door.check(ALICE, "c", clock())
    door.check(ALICE, "c", clock() + timedelta(hours=1))


def test_what_the_desk_refuses_is_not_in_the_database(office: Office) -> None:
    office.desk = Desk(office.context.store, office.clock, lambda: None, Limits(per_hour=1))
    office.ask("create-account", **account(1))
    with pytest.raises(FloodError):
        office.ask("create-account", **account(2))
    assert len(office.desk.recent()) == 1


def test_no_limit(office: Office) -> None:
    requests = [office.ask("create-account", **account(number)) for number in range(40)]
    office.work()
    assert statuses(office, requests) == {"pending": 40}
