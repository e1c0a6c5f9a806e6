import json
from typing import Any

from sandbox.aws.effective import merge

from .helpers import WEB, refused, unit


def test_the_policies_above_an_account_become_one(organizations: Any) -> None:
    below = {"tags": {"owner": {"tag_value": {"@@assign": ["web", "data"]}}, "cost": {"tag_key": {"@@assign": "cost"}}}}
    answer = organizations.create_policy(Name="Values", Type="TAG_POLICY", Content=json.dumps(below), Description="")
    policy = answer["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=unit(organizations, "/Workloads/Staging"))
    effective = organizations.describe_effective_policy(PolicyType="TAG_POLICY", TargetId=WEB)["EffectivePolicy"]
    assert effective["TargetId"] == WEB
    assert json.loads(effective["PolicyContent"]) == {
        "tags": {"owner": {"tag_key": "owner", "tag_value": ["web", "data"]}, "cost": {"tag_key": "cost"}}
    }


def test_without_a_target_it_is_the_callers_own(organizations: Any) -> None:
    effective = organizations.describe_effective_policy(PolicyType="TAG_POLICY")["EffectivePolicy"]
    assert effective["TargetId"] == "111111111111"


def test_where_there_is_no_policy(organizations: Any) -> None:
    with refused("EffectivePolicyNotFoundException"):
        organizations.describe_effective_policy(PolicyType="BACKUP_POLICY", TargetId=WEB)
    with refused("InvalidInputException", "INVALID_ENUM_POLICY_TYPE"):
        organizations.describe_effective_policy(PolicyType="SERVICE_CONTROL_POLICY", TargetId=WEB)
    with refused("TargetNotFoundException"):
        organizations.describe_effective_policy(PolicyType="TAG_POLICY", TargetId="999999999999")


def test_nothing_that_was_let_in_is_invalid(organizations: Any) -> None:
    listed = organizations.list_accounts_with_invalid_effective_policy(PolicyType="TAG_POLICY")
    assert (listed["Accounts"], listed["PolicyType"]) == ([], "TAG_POLICY")
    errors = organizations.list_effective_policy_validation_errors(PolicyType="TAG_POLICY", AccountId=WEB)
    assert (errors["EffectivePolicyValidationErrors"], errors["AccountId"]) == ([], WEB)


def test_the_operators_of_inheritance() -> None:
    above = merge({}, {"a": {"@@assign": ["x", "y"]}, "b": {"@@assign": "kept"}})
    assert above == {"a": ["x", "y"], "b": "kept"}
    assert merge(above, {"a": {"@@append": ["y", "z"]}})["a"] == ["x", "y", "z"]
    assert merge(above, {"a": {"@@remove": ["x"]}})["a"] == ["y"]
    assert merge(above, {"a": {"@@assign": ["only"]}, "@@operators_allowed_for_child_policies": ["@@none"]}) == {
        "a": ["only"],
        "b": "kept",
    }
