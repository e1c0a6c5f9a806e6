"""An account loses the tags that were approved, with the values that were approved, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Outcome, Status
from handlers.parser import parse
from operations.accounts.untag_account import RemoveTags, UntagAccount
from operations.core.observations import Done, Stale
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.accounts.test_tag_account import STAGING, in_the_console, tags_now

KEYS: dict[str, Any] = {"account": "fullback-staging-web", "keys": ["owner", "team"]}


@pytest.fixture(autouse=True)
def tagged(aws: AwsSandbox) -> None:
    in_the_console(aws, team="web", tier="1")


def test_the_tags_go_and_the_others_stay(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("untag-account", **KEYS))

    assert (request.status, request.memory["removed"]) == (Status.SUCCEEDED, ["owner", "team"])
    assert tags_now(aws) == {"tier": "1"}
    assert request.outcome == f"2 tags removed from fullback-staging-web ({STAGING})."


def test_the_card_keeps_the_values_that_go(workers: Workers) -> None:
    request = workers.ask("untag-account", **KEYS)
    workers.work()
    shown = workers.request(request.id).preview
    assert {fact["label"]: fact["value"] for fact in shown["facts"][2:]} == {
        "Tag owner": "staging → removed",
        "Tag team": "web → removed",
    }
    assert shown["warnings"] == []


def test_a_key_that_it_has_not_is_warned_of_and_left_out(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("untag-account", account=STAGING, keys=["owner", "colour"])
    assert [notice["say"] for notice in request.preview["warnings"]] == [
        "The account has no tag colour. It has: owner, team, tier."
    ]

    request = workers.until_done(request)
    assert request.memory["removed"] == ["owner"]
    assert tags_now(aws) == {"team": "web", "tier": "1"}


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500"])
def test_a_lost_answer_is_looked_up(workers: Workers, aws: AwsSandbox, kind: Any) -> None:
    aws.faults.add("UntagResource", kind)
    request = workers.until_done(workers.approved("untag-account", **KEYS))

    assert (request.status, request.memory["removed"]) == (Status.SUCCEEDED, ["owner", "team"])
    assert tags_now(aws) == {"tier": "1"}
    assert len(aws.calls.of("UntagResource")) == (1 if kind == "drop-after" else 2)


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("UntagResource", "throttle", times=2)
    request = workers.until_done(workers.approved("untag-account", **KEYS))
    assert workers.attempts(request) == [Outcome.BUSY, Outcome.BUSY, Outcome.OK]


def test_a_value_changed_by_somebody_else_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("untag-account", **KEYS)
    in_the_console(aws, owner="security")

    assert workers.until_done(request).status == Status.STALE
    assert tags_now(aws)["owner"] == "security"
    assert aws.calls.of("UntagResource") == []


def test_the_step_itself_leaves_another_value_alone(aws: AwsSandbox) -> None:
    step = RemoveTags(STAGING, {"owner": "staging", "team": "web"})
    in_the_console(aws, owner="security")
    assert step.observe(world()) == Stale("somebody else has changed these tags of the account meanwhile: owner.")


def test_tags_that_somebody_else_has_removed_are_the_goal_reached(aws: AwsSandbox) -> None:
    aws.client("organizations").untag_resource(ResourceId=STAGING, TagKeys=["owner"])
    assert isinstance(RemoveTags(STAGING, {"owner": "staging"}).observe(world()), Done)


def test_an_account_that_has_left_is_said_to_have_left(aws: AwsSandbox) -> None:
    step = RemoveTags("999999999999", {"owner": "staging"})
    assert step.observe(world()) == Stale("the account is no longer in the organization.")


def test_keys_that_it_has_not_are_refused_before_anybody_is_asked(workers: Workers) -> None:
    request = workers.ask("untag-account", account=STAGING, keys=["colour"])
    workers.work()
    request = workers.request(request.id)
    assert request.status == Status.REFUSED
    assert "has none of these tags. It has: owner, team, tier." in request.outcome


def test_what_aws_refuses_is_said_in_plain_words(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("UntagResource", "error", code="AccessDeniedException")
    request = workers.until_done(workers.approved("untag-account", **KEYS))

    assert request.status == Status.FAILED
    assert request.outcome.startswith("The tags were not removed. The bot's own AWS permissions")
    assert request.advice


@pytest.mark.parametrize(
    "typed", ["--key owner --key team", "--key owner,team", '--tag-keys "owner, team"', "--key owner --key team,owner"]
)
def test_keys_are_typed_one_by_one_or_with_commas(typed: str) -> None:
    values = parse(f"untag-account --account {STAGING} {typed}").given.values
    assert UntagAccount.model_validate(values).keys == ("owner", "team")


@pytest.mark.parametrize(
    ("keys", "said"), [([], "no key is given"), ([","], "no key is given"), (["orgbot:request"], "keep for themselves")]
)
def test_what_is_no_key_is_refused(keys: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        UntagAccount.model_validate({"account": STAGING, "keys": keys})
