"""An account's tags are set as approved; what somebody else has changed meanwhile is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Outcome, Status
from operations.accounts.tag_account import SetTags, TagAccount
from operations.core.observations import Done, Stale
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers

STAGING = "222222222222"
TAGS = {"account": "fullback-staging-web", "tags": ["owner=shop", "Key=cost-center,Value=12"]}
WANTED = {"owner": "shop", "cost-center": "12"}


def tags_now(aws: AwsSandbox) -> dict[str, str]:
    tags = aws.client("organizations").list_tags_for_resource(ResourceId=STAGING)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def in_the_console(aws: AwsSandbox, **tags: str) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws.client("organizations").tag_resource(ResourceId=STAGING, Tags=pairs)


def preview(workers: Workers, **params: Any) -> dict[str, Any]:
    request = workers.ask("tag-account", **params)
    workers.work()
    return workers.request(request.id).preview


def test_tags_are_set_and_the_others_stay(workers: Workers, aws: AwsSandbox) -> None:
    in_the_console(aws, team="web")
    request = workers.until_done(workers.approved("tag-account", **TAGS))

    assert request.status == Status.SUCCEEDED
    assert tags_now(aws) == WANTED | {"team": "web"}
    assert request.outcome == f"2 tags set on fullback-staging-web ({STAGING})."


def test_the_card_tells_new_changed_and_unchanged_values_apart(workers: Workers, aws: AwsSandbox) -> None:
    in_the_console(aws, team="web", note="")
    shown = preview(workers, account=STAGING, tags=["owner=shop", "team=web", "tier=1", "note=x", "empty="])
    assert {fact["label"]: fact["value"] for fact in shown["facts"][2:]} == {
        "Tag owner": "staging → shop",
        "Tag team": "web (as it is)",
        "Tag tier": "1 (new)",
        "Tag note": "(empty) → x",
        "Tag empty": "(empty) (new)",
    }
    assert shown["plan"] == ["Set 4 tags on the account (TagResource)."]
    assert shown["warnings"] == [], "the facts have the old value, and there is Undo"


def test_a_key_that_differs_only_in_case_is_warned_of(workers: Workers) -> None:
    assert preview(workers, account=STAGING, tags=["Owner=shop"])["warnings"] == [
        {"level": "caution", "say": "The account has a tag owner, which differs from Owner only in case."}
    ]


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500"])
def test_a_lost_answer_is_looked_up(workers: Workers, aws: AwsSandbox, kind: Any) -> None:
    aws.faults.add("TagResource", kind)
    request = workers.until_done(workers.approved("tag-account", **TAGS))

    assert request.status == Status.SUCCEEDED
    assert tags_now(aws) == WANTED
    assert len(aws.calls.of("TagResource")) == (1 if kind == "drop-after" else 2)


def test_throttling_is_waited_out(workers: Workers, aws: AwsSandbox) -> None:
    aws.faults.add("TagResource", "throttle", times=2)
    request = workers.until_done(workers.approved("tag-account", **TAGS))
    assert workers.attempts(request) == [Outcome.BUSY, Outcome.BUSY, Outcome.OK]


def test_a_value_changed_by_somebody_else_makes_the_approval_stale(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("tag-account", **TAGS)
    in_the_console(aws, owner="security")

    assert workers.until_done(request).status == Status.STALE
    assert tags_now(aws) == {"owner": "security"}


def test_another_tag_set_by_somebody_else_is_in_nobodys_way(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("tag-account", **TAGS)
    in_the_console(aws, team="web")
    assert workers.until_done(request).status == Status.SUCCEEDED


def test_the_step_itself_leaves_a_third_value_alone(aws: AwsSandbox) -> None:
    step = SetTags(STAGING, WANTED, {"owner": "staging", "cost-center": None})
    in_the_console(aws, owner="security")
    assert step.observe(world()) == Stale("somebody else has changed these tags of the account meanwhile: owner.")
    in_the_console(aws, **WANTED)
    assert isinstance(step.observe(world()), Done)


def test_an_account_that_has_left_is_said_to_have_left(aws: AwsSandbox) -> None:
    step = SetTags("999999999999", WANTED, {})
    assert step.observe(world()) == Stale("the account is no longer in the organization.")


def test_tags_that_it_has_already_are_refused_before_anybody_is_asked(workers: Workers) -> None:
    request = workers.ask("tag-account", account=STAGING, tags=["owner=staging"])
    workers.work()
    assert "has exactly these tags already" in workers.request(request.id).outcome


def test_more_tags_than_aws_allows_are_refused_before_anybody_is_asked(workers: Workers, aws: AwsSandbox) -> None:
    in_the_console(aws, team="web")
    request = workers.ask("tag-account", account=STAGING, tags=[f"k{number}=v" for number in range(49)])
    workers.work()
    assert "would have 51 tags, and AWS allows 50" in workers.request(request.id).outcome


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("ConstraintViolationException", "TAG_POLICY_VIOLATION", "break a tag policy"),
        ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED", "more than the 50 tags"),
        ("AccessDeniedException", "", "permissions do not allow"),
    ],
)
def test_what_aws_refuses_is_said_in_plain_words(
    workers: Workers, aws: AwsSandbox, code: str, reason: str, said: str
) -> None:
    aws.faults.add("TagResource", "error", code=code, reason=reason, times=None)
    request = workers.until_done(workers.approved("tag-account", **TAGS))

    assert request.status == Status.FAILED
    assert request.outcome.startswith("The account was not tagged.")
    assert said in request.outcome
    assert request.advice


@pytest.mark.parametrize(
    ("tags", "said"),
    [([], "no tag is given"), (["owner"], "write key=value"), (["orgbot:request=x"], "keep for themselves")],
)
def test_what_is_no_tag_is_refused(tags: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TagAccount.model_validate({"account": STAGING, "tags": tags})
