"""What can change while a request is under way, so that what was approved, or is to be, is no longer what somebody may do.

Each takes a bot whose rules are `BEFORE`, where Alice asks about the account WEB in /Workloads/Staging and Bob approves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from approvals.authority.rules import Rule, Rules
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.tree import unit_at
from tests.harness.workers import Workers

WEB = "222222222222"
STAGING = Rule("staging", (BOB,), under="/Workloads/Staging", requesters=("S0TEAM",))
PRODUCTION = Rule("production", (BOB,), under="/Workloads/Production")
REST = Rule("rest", (CAROL,))
BEFORE = Rules([STAGING, PRODUCTION, REST])
Change = Callable[[Workers, AwsSandbox], None]


def begin(workers: Workers) -> None:
    """The rules and the group that the changes start from."""
    workers.rules = BEFORE
    workers.people.groups["S0TEAM"] = [ALICE]


def moves(workers: Workers, aws: AwsSandbox) -> None:
    """Somebody moves the account in the console; Bob approves for where it is now as well. The bot has not noticed."""
    del workers
    organizations = aws.client("organizations")
    source = organizations.list_parents(ChildId=WEB)["Parents"][0]["Id"]
    target = unit_at(aws, "/Workloads/Production")
    organizations.move_account(AccountId=WEB, SourceParentId=source, DestinationParentId=target)


def moves_and_is_read(workers: Workers, aws: AwsSandbox) -> None:
    moves(workers, aws)
    workers.look_again()


def leaves_the_organization(workers: Workers, aws: AwsSandbox) -> None:
    aws.client("organizations").remove_account_from_organization(AccountId=WEB)
    workers.look_again()


def becomes(user: str, **flags: Any) -> Change:
    """Somebody leaves, or is made a guest."""

    def change(workers: Workers, _: AwsSandbox) -> None:
        workers.people.people[user] = dataclasses.replace(workers.people.people[user], **flags)

    return change


def leaves_the_group(workers: Workers, _: AwsSandbox) -> None:
    workers.people.groups["S0TEAM"] = []


def rules(*new: Rule) -> Change:
    """The rules file is read anew."""

    def change(workers: Workers, _: AwsSandbox) -> None:
        workers.rules = Rules(list(new))

    return change


OF_PEOPLE: dict[str, Change] = {
    "the requester is deactivated": becomes(ALICE, deactivated=True),
    "the requester becomes a guest": becomes(ALICE, guest=True),
    "the requester belongs to another workspace": becomes(ALICE, team="T0OTHER"),
    "the requester is unknown": becomes(ALICE, known=False),
    "the requester leaves the group of the rule": leaves_the_group,
    "the approver is deactivated": becomes(BOB, deactivated=True),
    "the approver becomes a guest": becomes(BOB, guest=True),
}
OF_RULES: dict[str, Change] = {
    "more approvals": rules(dataclasses.replace(STAGING, approvals=2, approvers=(BOB, DAVE)), REST),
    "other approvers": rules(dataclasses.replace(STAGING, approvers=(DAVE,)), REST),
    "an earlier rule with the same approver": rules(Rule("first", (BOB,)), STAGING, REST),
    "the rule has another name": rules(dataclasses.replace(STAGING, name="pre-production"), REST),
    "no rule allows it": rules(PRODUCTION),
}
UNNOTICED: dict[str, Change] = {"the account was moved a moment ago": moves}
OF_PLACES: dict[str, Change] = {
    "the account was moved": moves_and_is_read,
    "the account has left the organization": leaves_the_organization,
}
CHANGES: dict[str, Change] = {**OF_PEOPLE, **OF_RULES, **OF_PLACES}
ANY_TIME: dict[str, Change] = {**CHANGES, **UNNOTICED}
