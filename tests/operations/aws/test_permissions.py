"""The printed policy: no more than what is declared, nothing by which the bot becomes an administrator, and a linter's judgement.

cfn-lint brings AWS's own list of actions and of the kinds of resources on which each works.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import pytest

from bot.iam_policy import place_of
from operations.aws.partitions import Identity, partitions
from operations.aws.permissions import ACCOUNTS, NEVER, WRITES, WRITES_ON, Place, iam_policy
from operations.core.registry import all_operations, all_permissions, left_out
from tests.harness.tables import each_of

MANAGEMENT = "111111111111"
MEMBER_ROLE = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
BOT = Identity(MANAGEMENT, f"arn:aws:sts::{MANAGEMENT}:assumed-role/orgbot/i-1")
HERE = place_of(BOT, (), ())
LONGEST = 6_144  # Characters of a managed policy, white space not counted.
# AWS lists a kind of resource for these, but what is invited by e-mail or made has no ARN before it is there.
NOT_THERE_YET = {"organizations:CreatePolicy", "organizations:InviteAccountToOrganization"}


def policy(place: Place = HERE, *without: str) -> list[dict[str, Any]]:
    return list(iam_policy(all_permissions(left_out(without)), place)["Statement"])


def may(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    """IAM's evaluation: a denial outweighs every permission. Conditions are taken as met."""
    effects = {statement["Effect"] for statement in statements if _applies(statement, action, resource)}
    return effects == {"Allow"}


def _applies(statement: dict[str, Any], action: str, resource: str) -> bool:
    among = any(fnmatchcase(resource, pattern) for pattern in statement.get("Resource") or statement["NotResource"])
    return action in statement["Action"] and among == ("Resource" in statement)


def granted(statements: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements if statement["Effect"] == "Allow" for action in statement["Action"]}


def test_it_grants_no_more_than_the_operations_declare() -> None:
    actions = granted(policy())
    assert actions == {action for permission in all_permissions() for action in permission.actions}
    assert not [action for action in actions if "*" in action]


@each_of("action", [*NEVER, *sorted(WRITES_ON["role"]), "sts:AssumeRole"])
@each_of("path", ["", "bots/"])
def test_the_bot_cannot_make_itself_an_administrator(action: str, path: str) -> None:
    own = f"arn:aws:iam::{MANAGEMENT}:role/{path}orgbot"
    assert not may(policy(), action, own)
    with_everything = [{"Effect": "Allow", "Action": [action], "Resource": ["*"]}, *policy()]
    assert not may(with_everything, action, own)


def test_neither_can_a_bot_that_is_a_user() -> None:
    statements = policy(place_of(Identity(MANAGEMENT, f"arn:aws:iam::{MANAGEMENT}:user/orgbot"), (), ()))
    assert not may(statements, "iam:PutUserPolicy", f"arn:aws:iam::{MANAGEMENT}:user/orgbot")
    assert may(statements, "iam:PutUserPolicy", f"arn:aws:iam::{MANAGEMENT}:user/alice")


def test_it_may_still_do_what_the_operations_need() -> None:
    assert may(policy(), "iam:PutGroupPolicy", f"arn:aws:iam::{MANAGEMENT}:group/developers")
    assert may(policy(), "sts:AssumeRole", MEMBER_ROLE)
    assert not may(policy(), "sts:AssumeRole", f"arn:aws:iam::{MANAGEMENT}:role/OrganizationAccountAccessRole")


def test_who_is_named_for_grants_and_nobody_else() -> None:
    statements = policy(place_of(BOT, ("group/developers", "role/teams/web"), ()))
    for action, resource, allowed in (
        ("iam:PutGroupPolicy", "group/developers", True),
        ("iam:PutGroupPolicy", "group/admins", False),
        ("iam:GetGroup", "group/admins", False),
        ("iam:PutRolePolicy", "role/teams/web", True),
        ("iam:PutRolePolicy", "role/web", False),
        ("iam:PutUserPolicy", "user/alice", False),
    ):
        assert may(statements, action, f"arn:aws:iam::{MANAGEMENT}:{resource}") == allowed, (action, resource)
    everything = [{"Effect": "Allow", "Action": list(WRITES), "Resource": ["*"]}, *statements]
    assert not may(everything, "iam:PutRolePolicy", f"arn:aws:iam::{MANAGEMENT}:role/admin")


@each_of("operation", [operation.name for operation in all_operations()])
def test_an_operation_that_is_left_out_leaves_its_permissions_out(operation: str) -> None:
    left = left_out([operation])
    kept = [one for one in all_operations() if one.name not in left]
    needed = {action for one in kept for permission in one.permissions for action in permission.actions}
    readings = granted(
        list(iam_policy(all_permissions(frozenset(one.name for one in all_operations())), HERE)["Statement"])
    )
    assert granted(policy(HERE, operation)) == needed | readings


def test_without_grants_nothing_writes_in_iam() -> None:
    statements = policy(HERE, "grant")
    assert left_out(["grant"]) == {"grant-access", "revoke-access"}
    assert granted(statements) & set(WRITES) == set()
    assert not [action for action in granted(statements) if action.startswith("iam:Get")]


def test_roles_that_the_rules_name_may_be_assumed() -> None:
    named = Place("aws", MANAGEMENT, roles=("platform/Deployer",))
    assert may(policy(named), "sts:TagSession", "arn:aws:iam::222222222222:role/platform/Deployer")
    assert not may(policy(named), "sts:AssumeRole", "arn:aws:iam::222222222222:role/Deployer")


@each_of("partition", partitions())
def test_every_arn_is_of_the_partition(partition: str) -> None:
    place = place_of(Identity(MANAGEMENT, f"arn:{partition}:iam::{MANAGEMENT}:user/orgbot"), ("user/alice",), ())
    assert {arn.split(":")[1] for arn in _arns(policy(place))} == {partition}
    assert "{" not in str(_arns(policy(place)))


def _arns(statements: list[dict[str, Any]]) -> list[str]:
    return [arn for s in statements for arn in s.get("Resource") or s["NotResource"] if arn != "*"]


def test_it_fits_into_one_managed_policy() -> None:
    assert len(json.dumps(iam_policy(all_permissions(), HERE), separators=(",", ":"))) <= LONGEST


@pytest.mark.parametrize(
    "place",
    [HERE, Place(), place_of(BOT, ("group/developers", "user/alice"), ())],
    ids=["here", "anywhere", "named"],
)
def test_the_linter_has_nothing_to_say(place: Place) -> None:
    from cfnlint import api  # noqa: PLC0415  It takes its time, and whoever only collects does not need it.

    document = iam_policy(all_permissions(), place)
    properties = {"PolicyDocument": document, "PolicyName": "orgbot", "Roles": ["orgbot"]}
    template = {"Resources": {"Policy": {"Type": "AWS::IAM::Policy", "Properties": properties}}}
    found = [str(match) for match in api.lint_all(json.dumps(template)) if "IAM" in match.rule.source_url.upper()]
    assert [line for line in found if "I4010" not in line] == []


def test_no_wildcard_stands_where_an_action_works_on_a_kind_of_resource() -> None:
    lists = json.loads(files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text(encoding="utf-8"))
    everywhere = [s for s in policy() if s["Effect"] == "Allow" and "*" in s["Resource"]]
    for action in sorted(granted(everywhere) - NOT_THERE_YET):
        service, name = action.split(":")
        about = lists[service]["Actions"][name.lower()]
        assert not about.get("Resources"), f"{action} works on {about['Resources']}"


def test_each_action_is_granted_on_its_own_kinds_of_resources() -> None:
    assert may(policy(), "organizations:CloseAccount", ACCOUNTS[0].format(partition="aws", management=MANAGEMENT))
    assert not may(policy(), "organizations:CloseAccount", f"arn:aws:organizations::{MANAGEMENT}:ou/o-1/ou-1")
    assert not may(
        policy(), "organizations:DeletePolicy", "arn:aws:organizations::aws:policy/service_control_policy/p-1"
    )
