"""What AWS would surely refuse in a document is refused with its place; what is new to the bot is mentioned, and AWS decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.aws.errors import FieldError
from operations.core.preview import PreviewInput
from operations.policies.content import read_content, verdict
from operations.policies.syntax import How, place, problems, said
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.organizations import with_policies
from tests.harness.tables import each_of
from tests.operations.policies.examples import DENY, RCP, SCP


def refusal(document: Any, kind: str, newer: str = "NO") -> str:
    with pytest.raises(FieldError) as caught:
        read_content(json.dumps(document, indent=1), kind, newer)
    assert caught.value.field == "content"
    return caught.value.message


@each_of(
    ("kind", "document", "told"),
    [
        (
            "TAG_POLICY",
            {"tags": {"owner": {"tag_ky": {"@@assign": "owner"}}}},
            "“tags → owner → tag_ky” (line 4, column 4) is not a key",
        ),
        (
            "TAG_POLICY",
            {"tags": {"owner": {"tag_key": "owner"}}},
            "“tags → owner → tag_key” (line 4, column 4) has to be an object",
        ),
        ("TAG_POLICY", {"tags": {"owner": {"tag_key": {}}}}, "has no operator; write one such as @@assign"),
        ("TAG_POLICY", {"tags": {"owner": {"tag_key": {"assign": "x"}}}}, "stands where only operators stand"),
        ("TAG_POLICY", {"tags": {"@@assign": "x"}}, "“tags → @@assign” (line 3, column 3) stands where keys stand"),
        (
            "TAG_POLICY",
            {"tags": {"a": {"tag_key": {"@@operators_allowed_for_child_policies": ["@@some"]}}}},
            "@@some is none",
        ),
        ("TAG_POLICY", {}, "the document of a Tag policy lacks tags."),
        (
            "TAG_POLICY",
            {"tags": {"owner": {"tag_key": {"@@assign": "Owners"}}}},
            "“tags → owner → tag_key” (line 4, column 4) sets “Owners”; it has to be owner, but for its case.",
        ),
        (
            "TAG_POLICY",
            {"tags": {"owner": {"tag_value": {"@@assign": ["*@*.com"]}}}},
            "has “*@*.com”; AWS takes texts with one *",
        ),
        ("TAG_POLICY", {"tags": {"owner": {"enforced_for": {"@@assign": ["*"]}}}}, "has “*”; AWS takes a service and"),
        (
            "TAG_POLICY",
            {"tags": {"a": {"tag_key": {"@@append": ["a"]}}}},
            "is for lists, and this setting has one value",
        ),
        ("TAG_POLICY", {"tags": {"a": {"tag_value": {"@@assign": [{}]}}}}, "takes a value or a list of values"),
        (
            "AISERVICES_OPT_OUT_POLICY",
            {"services": {"default": {"opt_out_policy": {"@@assign": "optout"}}}},
            "“services → default → opt_out_policy → @@assign” (line 5, column 5) has “optout”; AWS takes optIn, optOut. If AWS",
        ),
        (
            "DECLARATIVE_POLICY_EC2",
            {"ec2_attributes": {"image_block_public_access": {"state": {"@@assign": "block_all_sharing"}}}},
            "AWS takes unblocked, block_new_sharing.",
        ),
        (
            "DECLARATIVE_POLICY_EC2",
            {"ec2_attributes": {"allowed_images_settings": {"image_criteria": {"criteria_11": {}}}}},
            "“ec2_attributes → allowed_images_settings → image_criteria → criteria_11” (line 5, column 5) is not a key",
        ),
        (
            "SECURITYHUB_POLICY",
            {"securityhub": {"enable_in_regions": {"@@assign": ["Frankfurt"]}}},
            "has “Frankfurt”; AWS takes Regions such as eu-central-1, or ALL_SUPPORTED.",
        ),
        (
            "BEDROCK_POLICY",
            {"bedrock": {"guardrail_inference": {"everywhere": {}}}},
            "is not a key here. Known keys: a Region such as eu-central-1.",
        ),
        (
            "BACKUP_POLICY",
            {"plans": {"a": {"rules": {"b": {"schedule_expression": {"@@assign": "daily"}}}}}},
            "has “daily”; AWS takes an expression such as cron(0 5 ? * * *).",
        ),
        (SCP, {"Statement": []}, "lacks Statement."),
        (SCP, {"Statement": ["x"]}, "“Statement → 1” (line 2, column 2) has to be an object"),
        (SCP, {"Statement": {**DENY, "Principal": "*"}}, "“Statement → Principal” (line 6, column 3) is not a key"),
        (SCP, {"Statement": {"Effect": "deny", "Action": "*"}}, "has to be Allow or Deny"),
        (SCP, {"Statement": {"Effect": "Deny"}}, "lacks Action or NotAction"),
        (SCP, {"Version": "2012-10-71", "Statement": DENY}, "has to be 2012-10-17"),
        (
            SCP,
            {"Statement": {**DENY, "Condition": {"NullIfExists": {}}}},
            "NullIfExists” (line 7, column 4) is not a condition",
        ),
        (SCP, {"Statement": {**DENY, "Condition": {"Bool": "x"}}}, "has to be an object"),
        (SCP, {"Statement": {**DENY, "Condition": "x"}}, "has to be an object"),
        (RCP, {"Statement": {**DENY, "Principal": {"AWS": "1"}}}, 'has to be "*"; narrow it by a condition'),
        (
            RCP,
            {"Statement": {**DENY, "Principal": "*", "Effect": "Allow"}},
            "has to be Deny in a Resource control policy",
        ),
        (RCP, {"Statement": DENY}, "lacks Principal"),
    ],
)
def test_what_aws_refuses_is_refused(kind: str, document: dict[str, Any], told: str) -> None:
    assert told in refusal(document, kind)


NEWER = {
    "ec2_attributes": {
        "vpc_encryption": {"mode": {"@@assign": "on"}},
        "serial_console_access": {"status": {"@@assign": "audit"}},
    }
}


def test_what_aws_has_added_since_is_said_to_be_newer_and_stands_on_the_card(aws: AwsSandbox) -> None:
    small = read_content(json.dumps(NEWER), "DECLARATIVE_POLICY_EC2", "YES")
    judged = verdict(PreviewInput(with_policies(), bot_aws()), small, "DECLARATIVE_POLICY_EC2")
    assert [warning.say for warning in judged.warnings] == [
        (
            "“ec2_attributes → vpc_encryption” is not a key here. Known keys: exception_message, vpc_block_public_access, "
            "serial_console_access, image_block_public_access, allowed_images_settings, instance_metadata_defaults, "
            "snapshot_block_public_access. AWS decides."
        ),
        "“ec2_attributes → serial_console_access → status → @@assign” has “audit”; AWS takes enabled, disabled. AWS decides.",
    ]


def test_what_a_parent_may_hold_is_mentioned_and_not_refused() -> None:
    child = {"securityhub": {"features": {"network_scanning": {"enable_in_regions": {"@@append": ["us-west-2"]}}}}}
    assert [(problem.how, place(problem.path)) for problem in problems(child, "SECURITYHUB_POLICY")] == [
        (How.MENTIONED, "securityhub → features → network_scanning"),
        (How.MENTIONED, "securityhub"),
    ]
    assert read_content(json.dumps(child), "SECURITYHUB_POLICY") == json.dumps(child, separators=(",", ":"))


def test_many_unknown_keys_are_counted_and_not_listed(aws: AwsSandbox) -> None:
    many: dict[str, Any] = {"tags": {"a": {f"key{number}": {} for number in range(9)}}}
    small = read_content(json.dumps(many), "TAG_POLICY", "YES")
    judged = verdict(PreviewInput(with_policies(), bot_aws()), small, "TAG_POLICY")
    assert len(judged.warnings) == 6
    assert judged.warnings[-1].say == "More of the document is not in the syntax that the bot knows. AWS decides."


def test_a_type_of_tomorrow_is_not_checked() -> None:
    assert list(problems({"new": {"@@assign": 1}}, "NEW_POLICY")) == []
    assert said("NEW_POLICY") == "Not checked, but for its operators: the bot doesn't know the keys of a New policy."
