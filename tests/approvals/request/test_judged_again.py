"""What chose the rules is looked at again at the click, before anything is sent, and before credentials are given."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from approvals.authority.reach import GoneError, judged_anew
from approvals.authority.rules import Rule, Rules
from approvals.context import NotYetError
from approvals.models import Request
from approvals.request.decide import decide
from approvals.states import Status
from approvals.views.thread import REST as REST_LEFT
from operations.core.registry import left_out
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import roles_assumed
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.tree import make, unit_at
from tests.harness.workers import Workers

WEB = "222222222222"
STAGING = Rule("staging", (BOB,), under="/Workloads/Staging")
PRODUCTION = Rule("production", (CAROL,), under="/Workloads/Production")
REST = Rule("rest", (BOB, CAROL))
TAG: dict[str, Any] = {"account": WEB, "tags": ["a=b"]}


@pytest.fixture
def ruled(workers: Workers) -> Workers:
    workers.rules = Rules([STAGING, PRODUCTION, REST])
    return workers


def moved(workers: Workers, aws: AwsSandbox, path: str = "/Workloads/Production") -> None:
    """Somebody moves the account in the console, and the bot reads the organization again."""
    moved_unseen(aws, path)
    workers.look_again()


def moved_unseen(aws: AwsSandbox, path: str) -> None:
    """The same before the bot has read the organization again."""
    organizations = aws.client("organizations")
    source = organizations.list_parents(ChildId=WEB)["Parents"][0]["Id"]
    organizations.move_account(AccountId=WEB, SourceParentId=source, DestinationParentId=unit_at(aws, path))


def asked(workers: Workers, operation: str = "tag-account", **params: Any) -> Request:
    request = workers.ask(operation, **(params or TAG))
    workers.work()
    return workers.request(request.id)


def pressed(workers: Workers, request: Request, by: str, kind: str = "approve") -> Request:
    workers.click(request, kind, by)
    workers.work()
    return workers.request(request.id)


def test_a_press_under_the_old_rules_does_not_count_and_the_new_ones_people_decide(
    ruled: Workers, aws: AwsSandbox
) -> None:
    request = asked(ruled)
    moved(ruled, aws)
    request = pressed(ruled, request, BOB)
    assert (request.status, [kept["name"] for kept in request.rules]) == (Status.PENDING, ["production"])
    assert "“production” decides now. Look at the card again." in ruled.said("private")[-1]
    assert any("“production” decides now" in line for line in ruled.said("thread"))
    assert pressed(ruled, request, BOB).status == Status.PENDING
    assert pressed(ruled, request, CAROL).finished_at
    assert ruled.request(request.id).status == Status.SUCCEEDED


@pytest.mark.parametrize(("operation", "params"), [("tag-account", TAG), ("credentials", {"account": WEB})])
def test_what_was_approved_for_staging_is_not_done_to_production(
    ruled: Workers, aws: AwsSandbox, operation: str, params: dict[str, Any]
) -> None:
    request = ruled.approved(operation, **params)
    moved(ruled, aws)
    request = ruled.until_done(request)
    assert request.status == Status.STALE
    assert "“production” decides as well now" in request.outcome
    assert aws.calls.of("TagResource") == roles_assumed(aws) == []


def test_whoever_approved_for_one_place_has_not_approved_for_another(ruled: Workers, aws: AwsSandbox) -> None:
    """Bob may approve at both places, and saw one of them."""
    ruled.rules = Rules([STAGING, dataclasses.replace(PRODUCTION, approvers=(BOB,)), REST])
    request = ruled.approved("tag-account", **TAG)
    moved(ruled, aws)
    assert ruled.until_done(request).status == Status.STALE


def test_approvals_under_other_rules_lapse_and_whoever_gave_them_may_approve_anew(
    ruled: Workers, aws: AwsSandbox
) -> None:
    staging = dataclasses.replace(STAGING, approvals=2, approvers=(BOB, CAROL))
    ruled.rules = Rules([staging, dataclasses.replace(PRODUCTION, approvers=(BOB,)), REST])
    request = pressed(ruled, asked(ruled), BOB)
    moved(ruled, aws)
    request = pressed(ruled, request, CAROL)
    assert "Approvals given before no longer count." in ruled.said("thread")[-1]
    assert ruled.unproven() == []
    assert ruled.until_done(pressed(ruled, request, BOB)).status == Status.SUCCEEDED
    assert ruled.unproven() == []


def test_what_would_now_be_granted_at_once_stays_with_those_who_were_asked(ruled: Workers, aws: AwsSandbox) -> None:
    ruled.rules = Rules([STAGING, dataclasses.replace(PRODUCTION, approvals=0, approvers=()), REST])
    request = asked(ruled)
    moved(ruled, aws)
    assert ruled.request(request.id).status == Status.PENDING
    assert ruled.until_done(pressed(ruled, request, BOB)).status == Status.SUCCEEDED


def test_each_rule_calls_upon_others_at_its_own_time(ruled: Workers) -> None:
    early = dataclasses.replace(STAGING, escalate_to=(DAVE,), escalate_after=timedelta(hours=1))
    late = dataclasses.replace(PRODUCTION, escalate_to=(DAVE,), escalate_after=timedelta(hours=20))
    ruled.rules = Rules([early, late, REST])
    request = asked(ruled, "move-account", account=WEB, to="/Workloads/Production")
    ruled.clock.advance(hours=2)
    ruled.work()
    assert pressed(ruled, request, DAVE).status == Status.PENDING
    ruled.clock.advance(hours=19)
    ruled.work()
    assert len([line for line in ruled.said("thread") if "from now on you may decide" in line]) == 2
    assert pressed(ruled, request, CAROL).status != Status.PENDING


def test_a_session_that_the_new_rules_do_not_give_is_not_approved(ruled: Workers, aws: AwsSandbox) -> None:
    ruled.rules = Rules([STAGING, dataclasses.replace(PRODUCTION, longest_session=timedelta(minutes=30)), REST])
    request = asked(ruled, "credentials", account=WEB)
    moved(ruled, aws)
    assert pressed(ruled, request, BOB).status == Status.PENDING
    assert "It can no longer be approved: the rule “production” allows 30m at most" in ruled.said("private")[-1]


def test_while_aws_is_away_an_approval_counts_by_what_was_read_last(ruled: Workers, aws: AwsSandbox) -> None:
    request = asked(ruled)
    aws.faults.add("ListParents", "throttle", times=9)
    assert pressed(ruled, request, BOB).status != Status.PENDING


def guarding(workers: Workers) -> None:
    """Bob decides about everything, and Carol about one account."""
    workers.rules = Rules([Rule("web", (CAROL,), accounts=(WEB,)), Rule("rest", (BOB,))])


def test_who_came_into_what_is_hit_is_hit_at_the_press(workers: Workers, aws: AwsSandbox) -> None:
    guarding(workers)
    request = asked(workers, "attach-policy", policy="ProtectAuditTrail", place="/Workloads/Production")
    moved_unseen(aws, "/Workloads/Production")
    pressed(workers, request, BOB)
    workers.clock.advance(minutes=1)
    workers.work()
    request = workers.request(request.id)
    assert (request.status, [kept["name"] for kept in request.rules]) == (Status.PENDING, ["web", "rest"])


def test_who_came_into_what_is_hit_is_hit_before_anything_is_sent(workers: Workers, aws: AwsSandbox) -> None:
    guarding(workers)
    request = workers.approved("attach-policy", policy="ProtectAuditTrail", place="/Workloads/Production")
    moved_unseen(aws, "/Workloads/Production")
    assert workers.until_done(request).status == Status.STALE
    assert aws.calls.of("AttachPolicy") == []


def test_what_is_moved_within_one_rule_goes_on(ruled: Workers, aws: AwsSandbox) -> None:
    ruled.rules = Rules([dataclasses.replace(STAGING, under="/Workloads"), REST])
    request = ruled.approved("tag-account", **TAG)
    moved(ruled, aws)
    assert ruled.until_done(request).status == Status.SUCCEEDED


def test_a_rule_that_became_stricter_since_counts(ruled: Workers) -> None:
    request = ruled.approved("tag-account", **TAG)
    ruled.rules = Rules([dataclasses.replace(STAGING, approvals=2, approvers=(BOB, DAVE)), REST])
    assert ruled.until_done(request).status == Status.STALE


def test_a_rule_that_is_put_before_the_one_that_decided_counts(ruled: Workers) -> None:
    request = ruled.approved("tag-account", **TAG)
    ruled.rules = Rules([Rule("tags", (DAVE,), operations=("tag-account",)), STAGING, REST])
    request = ruled.until_done(request)
    assert request.status == Status.STALE
    assert "“tags” decides as well now" in request.outcome


@pytest.mark.parametrize("flags", [{"deactivated": True}, {"guest": True}, {"team": "T0OTHER"}, {"known": False}])
@pytest.mark.parametrize("when", ["click", "run"])
def test_what_somebody_asked_for_who_may_not_ask_any_more_is_not_done(
    ruled: Workers, aws: AwsSandbox, flags: dict[str, Any], when: str
) -> None:
    request = asked(ruled) if when == "click" else ruled.approved("tag-account", **TAG)
    ruled.people.people[ALICE] = dataclasses.replace(ruled.people.people[ALICE], **flags)
    if when == "click":
        assert pressed(ruled, request, BOB).status == Status.PENDING
        assert "alice, who asked for this, " in ruled.said("private")[-1]
        assert "so it cannot be approved." in ruled.said("private")[-1]
    else:
        assert ruled.until_done(request).status == Status.STALE
    assert aws.calls.of("TagResource") == []


def test_a_requester_who_left_the_group_of_the_rule_is_judged_by_the_next_one(ruled: Workers) -> None:
    ruled.people.groups["S0PLATFORM"] = [ALICE]
    ruled.rules = Rules([Rule("own", (), approvals=0, requesters=("S0PLATFORM",)), Rule("rest", (CAROL,))])
    request = ruled.ask("tag-account", **TAG)
    ruled.people.groups["S0PLATFORM"] = []
    ruled.work()
    assert ruled.request(request.id).rule == "rest"


@pytest.mark.parametrize("moment", ["before the click", "before the run"])
def test_a_changed_address_is_no_way_past_the_rule_for_whoever_asks(
    workers: Workers, aws: AwsSandbox, moment: str
) -> None:
    careful = Rule("contractors", (CAROL,), requesters=("alice@example.com",))
    workers.rules = Rules([careful, Rule("rest", (BOB,))])
    request = asked(workers)
    if moment == "before the run":
        workers.click(request, "approve", CAROL)
        decide(workers.context, workers._newest_click())
    workers.people.people[ALICE] = dataclasses.replace(workers.people.people[ALICE], key="alice.b@example.com")
    if moment == "before the run":
        assert workers.until_done(request).status == Status.STALE, "“rest” decides as well now"
        return
    assert pressed(workers, request, BOB).status == Status.PENDING
    assert {kept["name"] for kept in workers.request(request.id).rules} == {"contractors", "rest"}
    pressed(workers, request, CAROL)
    assert aws.calls.of("TagResource") == []
    assert pressed(workers, request, BOB).status == Status.SUCCEEDED


def test_who_asked_is_judged_by_another_address_only_where_one_is_known(workers: Workers) -> None:
    """Of a request of an earlier version, or of somebody who had none, it is not."""
    careful = Rule("contractors", (CAROL,), requesters=("alice@example.com",))
    workers.rules = Rules([careful, Rule("rest", (BOB,))])
    request, alice = workers.ask("tag-account", **TAG), workers.people.look(ALICE)
    for then, named in (
        ("", ("contractors",)),
        (ALICE, ("contractors",)),
        ("alice@example.com", ("contractors",)),
        ("alice.b@example.com", ("contractors", "rest")),
    ):
        request.person = then
        assert judged_anew(workers.context, request, alice).names == named


def test_an_address_that_no_rule_names_any_more_keeps_nobody_from_what_they_asked_for(workers: Workers) -> None:
    request = asked(workers)
    workers.people.people[ALICE] = dataclasses.replace(workers.people.people[ALICE], key="alice.b@example.com")
    workers.rules = Rules([dataclasses.replace(workers.rules.rules[0], requesters=("alice.b@example.com",))])
    assert pressed(workers, request, BOB).finished_at


def test_one_press_counts_in_every_rule_in_which_that_person_may_approve(ruled: Workers) -> None:
    ruled.rules = Rules([dataclasses.replace(STAGING, approvers=(BOB, CAROL)), PRODUCTION, REST])
    request = asked(ruled, "move-account", account=WEB, to="/Workloads/Production")
    assert [kept["name"] for kept in request.rules] == ["staging", "production"]
    assert pressed(ruled, request, CAROL).status != Status.PENDING


def test_both_ends_people_are_needed_where_nobody_is_of_both(ruled: Workers) -> None:
    request = asked(ruled, "move-account", account=WEB, to="/Workloads/Production")
    assert pressed(ruled, request, BOB).status == Status.PENDING
    request = pressed(ruled, request, CAROL)
    assert ruled.until_done(request).status == Status.SUCCEEDED


def test_the_one_who_may_break_the_glass_of_one_end_may_not_break_it_for_both(ruled: Workers) -> None:
    ruled.rules = Rules([dataclasses.replace(STAGING, break_glass=(ALICE,)), PRODUCTION, REST])
    request = ruled.ask("move-account", account=WEB, to="/Workloads/Production")
    with ruled.context.store.write() as session:
        session.get_one(Request, request.id).break_glass = True
    ruled.work()
    request = ruled.request(request.id)
    assert (request.status, "does not let you break the glass" in request.outcome) == (Status.REFUSED, True)


def test_what_was_approved_before_it_was_switched_off_is_not_carried_out(workers: Workers) -> None:
    request = workers.approved("move-account", account="fullback-audit", to="/Workloads")
    workers.rules = Rules(workers.rules.rules, left_out(["move-account"]))
    ended = workers.until_done(request)
    assert ended.status in ("stale", "refused", "failed")
    assert "switched off here" in ended.outcome
    assert workers.attempts(request) == []


def test_a_name_that_is_easily_taken_for_another_is_pointed_out_on_the_card(ruled: Workers) -> None:
    request = asked(ruled, "create-ou", unit_name="PRODUCTION", parent="/")
    assert "looks almost like /Workloads/Production" in str(request.preview["warnings"])


FULL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
LESS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


def policy(workers: Workers, aws: AwsSandbox) -> str:
    """A service control policy that is attached nowhere yet."""
    made = aws.client("organizations").create_policy(
        Name="Guard", Description="", Type="SERVICE_CONTROL_POLICY", Content=FULL
    )
    workers.look_again()
    return str(made["Policy"]["PolicySummary"]["Id"])


def test_a_policy_that_was_attached_a_moment_ago_is_put_before_those_whom_it_hits(
    ruled: Workers, aws: AwsSandbox
) -> None:
    guard = policy(ruled, aws)
    request = asked(ruled, "update-policy", policy=guard, content=LESS)
    assert request.rule == "rest"
    target = unit_at(aws, "/Workloads/Production")
    aws.client("organizations").attach_policy(PolicyId=guard, TargetId=target)
    pressed(ruled, request, BOB)
    ruled.clock.advance(minutes=1)
    ruled.work()
    request = ruled.request(request.id)
    assert (request.status, request.rule) == (Status.PENDING, "production")


def test_a_policy_whose_attachments_aws_does_not_tell_may_hit_everything(ruled: Workers, aws: AwsSandbox) -> None:
    guard = policy(ruled, aws)
    aws.client("organizations").attach_policy(PolicyId=guard, TargetId=unit_at(aws, "/Workloads/Production"))
    aws.faults.add("ListTargetsForPolicy", "error", code="AccessDeniedException", times=None)
    ruled.look_again()
    request = asked(ruled, "update-policy", policy=guard, content=LESS)
    assert [kept["name"] for kept in request.rules] == ["staging", "production", "rest"]
    assert request.preview["hits"] == ["Could not be read: ListTargetsForPolicy was denied"]


def test_whoever_approved_withdraws_before_they_deny(ruled: Workers) -> None:
    ruled.rules = Rules([dataclasses.replace(STAGING, approvals=2, approvers=(BOB, CAROL))])
    request = pressed(ruled, asked(ruled), BOB)
    assert pressed(ruled, request, BOB, "deny").status == Status.PENDING
    assert "You have approved this. Press “Withdraw approval” first" in ruled.said("private")[-1]
    pressed(ruled, request, BOB, "withdraw")
    assert pressed(ruled, request, BOB, "deny").status == Status.DENIED


def test_what_was_made_after_the_organization_was_read_is_not_taken_for_gone(ruled: Workers, aws: AwsSandbox) -> None:
    """Another process may have made it known to whoever asked, and this one has an older snapshot."""
    request = asked(ruled)
    newer = ruled.context.snapshot()
    others = tuple(account for account in newer.accounts if account.id != WEB)
    older = dataclasses.replace(newer, accounts=others, read_at=ruled.clock() - timedelta(minutes=1))
    seen = [older]
    ruled.context = dataclasses.replace(
        ruled.context, organization=lambda: seen[-1], changed=lambda: seen.append(newer)
    )
    ruled.click(request, "approve", BOB)
    ruled.work()
    assert ruled.said("private") == []
    ruled.clock.advance(minutes=1)
    ruled.work()
    assert ruled.until_done(request).status == Status.SUCCEEDED


@pytest.mark.parametrize("ago", [0, 1])
def test_about_what_is_gone_no_rule_decides_once_the_organization_was_read_after_it_was_named(
    workers: Workers, aws: AwsSandbox, ago: int
) -> None:
    """Until then it may only be newer than what was read."""
    unit = make(aws, "/Empty")
    workers.look_again()
    request = workers.ask("rename-ou", ou="/Empty", unit_name="Full")
    aws.client("organizations").delete_organizational_unit(OrganizationalUnitId=unit)
    workers.look_again()
    workers.snapshot_is(dataclasses.replace(workers.snapshot, read_at=workers.clock() - timedelta(seconds=ago)))
    with pytest.raises(NotYetError if ago else GoneError, match=unit):
        judged_anew(workers.context, workers.request(request.id), workers.people.look(ALICE))


@pytest.mark.parametrize("change", ["the requester leaves", "the rules"])
def test_what_is_half_done_goes_no_further_under_the_old_answer_and_the_rest_can_be_asked_for(
    ruled: Workers, aws: AwsSandbox, change: str
) -> None:
    """The account is opened, which takes its time, and is in the root until it is moved."""
    aws.conditions.creation_seconds = 600
    new = {"account_name": "shop", "email": "shop@example.com", "ou": "/Workloads/Staging"}
    request = ruled.approved("create-account", **new)
    ruled.work()
    assert ruled.request(request.id).status == Status.WAITING
    if change == "the rules":
        ruled.rules = Rules([dataclasses.replace(STAGING, name="pre-production", approvers=(CAROL,)), PRODUCTION, REST])
    else:
        ruled.people.people[ALICE] = dataclasses.replace(ruled.people.people[ALICE], deactivated=True)
    aws.advance(seconds=601)
    request = ruled.until_done(request)
    assert (request.status, request.memory.get(REST_LEFT), aws.calls.of("MoveAccount")) == (Status.FAILED, True, [])
    assert "Done before: Create the account" in request.outcome
    assert "Not done: Move" in request.outcome
    assert ruled.unproven() == []


def test_nobody_gets_the_buttons_before_it_is_known_what_would_be_done(ruled: Workers) -> None:
    """Whoever pressed “Review” for it while it was shown somewhere, such as before a restore."""
    request = ruled.ask("tag-account", **TAG)
    ruled.intake.click(dataclasses.replace(ruled.press(request, "show", BOB), delivery="show"))
    with ruled.context.store.write() as session:
        session.get_one(Request, request.id).due_at = None
    ruled.work()
    assert "cannot be decided yet" in ruled.said("private")[-1]
    assert "Approve" not in str(ruled.said("private"))
