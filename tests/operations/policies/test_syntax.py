"""What AWS would surely refuse in a document is refused with its place; what is new to the bot is mentioned, and AWS decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.aws.errors import FieldError
from operations.core.preview import PreviewInput
from operations.policies.content import read_content, verdict
from operations.policies.syntax import STATEMENTS, SYNTAX, problems, said
from operations.snapshot.policy_types import policy_types
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.organizations import with_policies

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
LISTS = {"enable_in_regions": {"@@assign": ["us-east-1"]}, "disable_in_regions": {"@@assign": []}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
RULE = {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "target_backup_vault_name": {"@@assign": "vault"}}
# A document of each type, as AWS's own pages show them.
EXAMPLES: dict[str, dict[str, Any]] = {
    SCP: {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "A", **DENY, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": "o-*"}}},
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        ],
    },
    RCP: {"Version": "2012-10-17", "Statement": {**DENY, "Principal": "*"}},
    "TAG_POLICY": {
        "tags": {
            "costcenter": {
                "tag_key": {"@@assign": "CostCenter", "@@operators_allowed_for_child_policies": ["@@none"]},
                "tag_value": {"@@append": ["100", "200"]},
                "enforced_for": {"@@assign": ["ec2:instance"]},
                "report_required_tag_for": {"@@assign": ["ec2:instance"]},
            }
        }
    },
    "BACKUP_POLICY": {
        "plans": {
            "PII": {
                "regions": {"@@assign": ["us-east-1"]},
                "rules": {"Hourly": RULE},
                "selections": {"tags": {"datatype": {"tag_key": {"@@assign": "dataType"}}}},
                "advanced_backup_settings": {"ec2": {"windows_vss": {"@@assign": "enabled"}}},
                "backup_plan_tags": {"stage": {"tag_key": {"@@assign": "Stage"}, "tag_value": {"@@assign": "Beta"}}},
            }
        }
    },
    "AISERVICES_OPT_OUT_POLICY": {
        "services": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "default": {"opt_out_policy": {"@@assign": "optOut"}},
        }
    },
    "CHATBOT_POLICY": {
        "chatbot": {
            "platforms": {"slack": {"client": {"@@assign": "enabled"}, "workspaces": {"@@assign": ["T0"]}}},
            "default": {"client": {"@@assign": "disabled"}},
        }
    },
    "DECLARATIVE_POLICY_EC2": {
        "ec2_attributes": {
            "exception_message": {"@@assign": "Ask the platform team"},
            "image_block_public_access": {"state": {"@@assign": "block_new_sharing"}},
        }
    },
    "SECURITYHUB_POLICY": {"securityhub": LISTS},
    "SECURITYHUB_CSPM_POLICY": {"whatever": {"AWS": {"@@assign": "publishes"}}},
    "INSPECTOR_POLICY": {
        "inspector": {
            "enablement": {"ec2_scanning": LISTS, "lambda_standard_scanning": {**LISTS, "lambda_code_scanning": LISTS}}
        }
    },
    "UPGRADE_ROLLOUT_POLICY": {
        "upgrade_rollout": {
            "default": {"patch_order": {"@@assign": "last"}},
            "tags": {"devtag": {"tag_values": {"tag1": {"patch_order": {"@@assign": "first"}}}}},
        }
    },
    "BEDROCK_POLICY": {
        "bedrock": {
            "guardrail_inference": {
                "us-east-1": {"config_1": {"identifier": {"@@assign": "arn"}, "input_tags": {"@@assign": "honor"}}}
            }
        }
    },
    "S3_POLICY": {"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}},
    "NETWORK_SECURITY_DIRECTOR_POLICY": {"network_security_director": {"enablement": {"network_security_scan": LISTS}}},
    "GUARDDUTY_POLICY": {"whatever": {"AWS": {"@@assign": "publishes"}}},
}
every_type = pytest.mark.parametrize("kind", policy_types())


def test_somebody_has_decided_about_every_type_that_botocore_knows() -> None:
    assert sorted((*STATEMENTS, *SYNTAX)) == sorted(policy_types())


@every_type
def test_what_aws_publishes_is_taken(kind: str, aws: AwsSandbox) -> None:
    assert problems(EXAMPLES[kind], kind) == []
    client = aws.client("organizations")
    made = client.create_policy(Type=kind, Name=kind, Content=json.dumps(EXAMPLES[kind]), Description="")
    assert made["Policy"]["PolicySummary"]["Type"] == kind


def refusal(document: Any, kind: str) -> str:
    with pytest.raises(FieldError) as caught:
        read_content(json.dumps(document, indent=1), kind)
    assert caught.value.field == "content"
    return caught.value.message


@every_type
def test_an_unknown_key_at_the_top_is_refused_with_its_place(kind: str) -> None:
    if kind in SYNTAX and SYNTAX[kind] is None:
        assert said(kind).startswith("Not checked")
        return
    told = refusal({**EXAMPLES[kind], "tagz": {}}, kind)
    line = json.dumps({**EXAMPLES[kind], "tagz": {}}, indent=1).split("\n").index(' "tagz": {}') + 1
    assert told.startswith(f"“tagz” (line {line}, column 2) is not a key here. Known keys: ")


@every_type
def test_an_unknown_operator_is_refused_with_its_place(kind: str) -> None:
    if kind in STATEMENTS:
        told = refusal({"Statement": [{**DENY, "Principal": "*", "Condition": {"StringEqual": {}}}]}, kind)
        assert "StringEqual” (line " in told or kind == SCP
        return
    text = json.dumps(EXAMPLES[kind]).replace("@@a", "@@b", 1)
    told = refusal(json.loads(text), kind)
    assert (
        "is not an operator. Known operators: @@assign, @@append, @@remove, @@operators_allowed_for_child_policies"
        in told
    )


@pytest.mark.parametrize(
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
            "SECURITYHUB_POLICY",
            {"securityhub": {"enable_in_regions": {"@@assign": []}}},
            "“securityhub” (line 2, column 2) lacks disable_in_regions.",
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


def test_a_key_that_aws_may_have_added_is_mentioned_and_left_to_aws(aws: AwsSandbox) -> None:
    document = {"ec2_attributes": {"vpc_encryption": {"mode": {"@@assign": "on"}}}}
    small = read_content(json.dumps(document), "DECLARATIVE_POLICY_EC2")
    judged = verdict(PreviewInput(with_policies(), bot_aws()), small, "DECLARATIVE_POLICY_EC2")
    assert judged.warnings[0].say.startswith(
        "“ec2_attributes → vpc_encryption” is not among the keys that the bot knows: "
    )
    assert judged.warnings[0].say.endswith(" AWS decides.")
    assert judged.said == "Keys and operators are those of AWS's published syntax; values are not checked."


def test_a_type_of_tomorrow_is_not_checked() -> None:
    assert problems({"new": {"@@assign": 1}}, "NEW_POLICY") == []
    assert said("NEW_POLICY") == "Not checked, but for its operators: the bot doesn't know the keys of a New policy."
