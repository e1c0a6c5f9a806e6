"""Who may decide, who was first, and what everybody else is told."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest
from sqlmodel import select

from approvals.announce import announce
from approvals.decide import decide
from approvals.models import Interaction, Request
from approvals.rules import Rule, Rules
from approvals.states import TERMINAL, Status
from sandbox.aws.server import AwsSandbox
from tests.approvals.office import ALICE, BOB, CAROL, DAVE, Office

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


def test_one_approval_by_an_approver_is_enough(office: Office) -> None:
    request = office.approved("create-account", **NEW)
    assert (request.status, request.decided_by) == (Status.APPROVED, BOB)


def test_a_denial_ends_it_and_carries_its_reason(office: Office, aws: AwsSandbox) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "deny", CAROL, reason="not in this quarter")
    office.work()

    assert office.request(request.id).status == Status.DENIED
    assert "not in this quarter" in office.said("thread")[-1]
    assert "not in this quarter" in office.said("dm")[-1]
    assert aws.calls.of("CreateAccount") == []


def test_the_requester_takes_it_back(office: Office) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "cancel", ALICE)
    office.work()
    assert office.request(request.id).status == Status.CANCELLED


@pytest.mark.parametrize(
    ("kind", "by", "told"),
    [
        ("approve", ALICE, "somebody else has to decide"),
        ("deny", ALICE, "somebody else has to decide"),
        ("approve", DAVE, "not among the approvers"),
        ("deny", DAVE, "not among the approvers"),
        ("cancel", BOB, "Only the person who asked"),
        ("approve", "U0NOBODY", "does not know this user"),
    ],
)
def test_a_click_by_the_wrong_person_changes_nothing(office: Office, kind: str, by: str, told: str) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, kind, by)
    office.work()

    assert office.request(request.id).status == Status.PENDING
    assert told in office.said("private")[-1]


@pytest.mark.parametrize("flag", ["is_bot", "deactivated", "guest"])
@pytest.mark.parametrize("kind", ["approve", "deny", "cancel"])
def test_bots_guests_and_deactivated_users_are_refused(office: Office, kind: str, flag: str) -> None:
    by = ALICE if kind == "cancel" else BOB
    request = office.ask("create-account", **NEW)
    office.work()
    office.people.people[by] = dataclasses.replace(office.people.people[by], **{flag: True})  # type: ignore[arg-type]
    office.click(request, kind, by)
    office.work()
    assert office.request(request.id).status == Status.PENDING


def test_another_teams_user_is_refused(office: Office) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "approve", BOB, team="T0OTHER")
    office.work()
    assert office.request(request.id).status == Status.PENDING
    assert "other workspaces" in office.said("private")[-1]


def test_a_second_account_of_the_requester_is_the_requester(office: Office) -> None:
    """One person is one e-mail address: Alice's second account is no second pair of eyes."""
    office.people.people["U0ALICE2"] = dataclasses.replace(office.people.people[ALICE], user="U0ALICE2")
    office.rules = Rules([Rule("default", (BOB, "U0ALICE2"))])
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "approve", "U0ALICE2")
    office.work()
    assert office.request(request.id).status == Status.PENDING


def test_two_of_two_need_two_people(office: Office) -> None:
    office.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = office.ask("create-account", **NEW)
    office.work()
    for by in (BOB, BOB):
        office.click(request, "approve", by)
        office.work()
    assert office.request(request.id).status == Status.PENDING
    assert "counted already" in office.said("private")[-1]

    office.click(request, "approve", CAROL)
    decide(office.context, _last_click(office))
    assert office.request(request.id).status == Status.APPROVED


def _last_click(office: Office) -> int:
    with office.context.store.read() as session:
        return max(click.id or 0 for click in session.exec(select(Interaction)).all())


def test_a_late_click_is_told_who_decided(office: Office) -> None:
    request = office.approved("create-account", **NEW)
    office.click(request, "deny", CAROL)
    office.work()
    assert f"already approved by <@{BOB}>" in office.said("private")[-1]
    assert office.until_done(request).status == Status.SUCCEEDED


def test_a_click_that_slack_delivers_twice_counts_once(office: Office) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    for _ in range(3):
        office.click(request, "approve", BOB, delivery="the same")
    office.work()
    assert office.said("private") == []


def test_a_worker_that_comes_late_to_a_click_tells_nobody_twice(office: Office) -> None:
    """It read the queue before another one dealt with the click."""
    request = office.ask("create-account", **NEW)
    office.work()
    office.click(request, "approve", DAVE)
    for _ in range(2):
        decide(office.context, _last_click(office))
    assert len(office.said("private")) == 1


def test_a_worker_that_comes_late_to_a_card_keeps_nobody_waiting(office: Office) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    announce(office.context, request.id or 0)
    assert office.request(request.id).lease_owner == ""


def test_nobody_decides_in_time(office: Office, aws: AwsSandbox) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    office.clock.advance(hours=73)
    office.click(request, "approve", BOB)
    office.work()

    assert office.request(request.id).status == Status.EXPIRED
    assert aws.calls.of("CreateAccount") == []
    assert "Nobody decided in time" in office.said("dm")[-1]


@pytest.mark.parametrize("pair", [("approve", "approve"), ("approve", "deny"), ("deny", "deny")])
def test_of_two_clicks_at_the_same_instant_one_wins(office: Office, aws: AwsSandbox, pair: tuple[str, str]) -> None:
    for number in range(10):
        request = office.ask("create-account", account_name="twice", email=f"twice{number}@example.com")
        office.work()
        office.click(request, pair[0], BOB)
        office.click(request, pair[1], CAROL)
        clicks = [key for kind, key in office._due() if kind == "click"]
        _at_once([lambda key=key: decide(office.context, int(key)) for key in clicks])
        decided = [
            entry.event for entry in office.audit() if entry.request_id == request.id and "request." in entry.event
        ]
        assert len([event for event in decided if event in ("request.approved", "request.denied")]) == 1
        assert any("already" in line for line in office.said("private"))


def _at_once(works: list[Any]) -> None:
    start = threading.Barrier(len(works))
    threads = [threading.Thread(target=lambda work=work: (start.wait(), work())) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_request_by_a_guest_is_not_put_before_approvers(office: Office) -> None:
    office.people.people[ALICE] = dataclasses.replace(office.people.people[ALICE], guest=True)
    request = office.ask("create-account", **NEW)
    office.work()
    assert office.request(request.id).status == Status.REFUSED
    assert "guests cannot ask" in office.said("dm")[-1].lower()


def test_terminal_states_never_change(office: Office) -> None:
    request = office.until_done(office.approved("create-account", **NEW))
    for kind, by in (("approve", CAROL), ("deny", CAROL), ("cancel", ALICE)):
        office.click(request, kind, by)
    office.work()
    assert office.request(request.id).status in TERMINAL
    assert office.request(request.id).status == Status.SUCCEEDED


def test_what_cannot_be_done_names_the_flag_as_people_type_it(office: Office) -> None:
    """The account is where it shall go already; approvers are not asked."""
    request = office.ask("move-account", account="fullback-audit", to="/Security")
    office.work()
    assert office.request(request.id).status == Status.REFUSED
    assert "--to: the account is already in /Security" in office.said("dm")[-1]


def test_a_request_whose_record_was_changed_is_not_decided_and_the_audit_says_so(office: Office) -> None:
    request = office.ask("create-account", **NEW)
    office.work()
    with office.context.store.write() as session:
        session.get_one(Request, request.id).params = {**request.params, "email": "mallory@example.com"}
    office.click(request, "approve", BOB)
    office.work()

    assert [entry.event for entry in office.audit()][-2:] == ["request.tampered", "click.approve.refused"]
    assert office.request(request.id).status == Status.PENDING
    assert "its record was changed" in office.said("private")[-1]
