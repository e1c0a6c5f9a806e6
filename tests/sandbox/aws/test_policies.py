import json
from typing import Any

import pytest

from sandbox.aws.validation import enumeration

from .helpers import everything, refused

DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
TAGS = json.dumps({"tags": {"team": {"tag_key": {"@@assign": "team"}}}})
SCP = "SERVICE_CONTROL_POLICY"


def make(client: Any, name: str = "NoBuckets", kind: str = SCP, content: str = DENY) -> dict[str, Any]:
    answer = client.create_policy(Name=name, Type=kind, Content=content, Description="")
    summary: dict[str, Any] = answer["Policy"]["PolicySummary"]
    return summary


@pytest.mark.parametrize("kind", enumeration("PolicyType"))
def test_every_type_can_be_made(organizations: Any, kind: str) -> None:
    made = make(organizations, kind=kind, content=DENY if "CONTROL" in kind else TAGS)
    assert f"/{kind.lower()}/{made['Id']}" in made["Arn"]
    assert made["Id"] in [p["Id"] for p in everything(organizations, "list_policies", "Policies", Filter=kind)]


def test_a_policy_is_read_changed_and_deleted(organizations: Any) -> None:
    made = make(organizations)
    assert organizations.describe_policy(PolicyId=made["Id"])["Policy"]["Content"] == DENY
    organizations.update_policy(PolicyId=made["Id"], Name="None", Description="no buckets")
    changed = organizations.describe_policy(PolicyId=made["Id"])["Policy"]
    assert (changed["PolicySummary"]["Name"], changed["PolicySummary"]["Description"]) == ("None", "no buckets")
    assert changed["Content"] == DENY
    organizations.delete_policy(PolicyId=made["Id"])
    with refused("PolicyNotFoundException"):
        organizations.describe_policy(PolicyId=made["Id"])


@pytest.mark.parametrize(
    "content", ["no json", "[]", "{}", '{"Version": "2012-10-17"}', '{"Statement": [{"Effect": "Maybe"}]}']
)
def test_content_that_is_no_policy(organizations: Any, content: str) -> None:
    with refused("MalformedPolicyDocumentException"):
        make(organizations, content=content)
    made = make(organizations)
    with refused("MalformedPolicyDocumentException"):
        organizations.update_policy(PolicyId=made["Id"], Content=content)


@pytest.mark.parametrize(
    ("kind", "most"),
    [(SCP, 10_240), ("RESOURCE_CONTROL_POLICY", 5_120), ("TAG_POLICY", 10_000), ("AISERVICES_OPT_OUT_POLICY", 2_500)],
)
def test_content_has_a_limit_that_counts_white_space(organizations: Any, kind: str, most: int) -> None:
    content = DENY if "CONTROL" in kind else TAGS
    assert make(organizations, kind=kind, content=content.ljust(most))["Type"] == kind
    with refused("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"):
        make(organizations, "too long", kind, content.ljust(most + 1))


def test_a_name_is_taken_within_its_type(organizations: Any) -> None:
    first, second = make(organizations), make(organizations, "other")
    with refused("DuplicatePolicyException"):
        make(organizations)
    with refused("DuplicatePolicyException"):
        organizations.update_policy(PolicyId=second["Id"], Name=first["Name"])
    make(organizations, kind="TAG_POLICY", content=TAGS)


def test_a_policy_in_use_stays(organizations: Any, root: str) -> None:
    made = make(organizations)
    organizations.attach_policy(PolicyId=made["Id"], TargetId=root)
    with refused("PolicyInUseException"):
        organizations.delete_policy(PolicyId=made["Id"])


def test_the_policies_of_aws_do_not_change(organizations: Any) -> None:
    full = organizations.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]["PolicySummary"]
    assert full["AwsManaged"]
    assert full["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    with refused("InvalidInputException", "IMMUTABLE_POLICY"):
        organizations.update_policy(PolicyId="p-FullAWSAccess", Name="mine")
    with refused("InvalidInputException", "IMMUTABLE_POLICY"):
        organizations.delete_policy(PolicyId="p-FullAWSAccess")


def test_a_type_that_is_none(organizations: Any) -> None:
    with refused("InvalidInputException", "INVALID_ENUM_POLICY_TYPE"):
        organizations.list_policies(Filter="NO_POLICY")
