from typing import Any

import pytest

from sandbox.aws.refusals import Refusal
from sandbox.aws.validation import check
from tests.harness.tables import each_of


@each_of(
    ("operation", "params", "reason"),
    [
        ("DescribeAccount", {}, "INPUT_REQUIRED"),
        ("DescribeAccount", {"AccountId": "12"}, "INVALID_PATTERN"),
        ("CreateOrganizationalUnit", {"ParentId": "r-abcd", "Name": ""}, "MIN_LENGTH_EXCEEDED"),
        ("CreateOrganizationalUnit", {"ParentId": "r-abcd", "Name": "n" * 129}, "MAX_LENGTH_EXCEEDED"),
        ("ListAccounts", {"MaxResults": 0}, "MIN_VALUE_EXCEEDED"),
        ("ListAccounts", {"MaxResults": 21}, "MAX_VALUE_EXCEEDED"),
        ("AttachPolicy", {"PolicyId": "p-12345678", "TargetId": "x"}, "INVALID_PATTERN_TARGET_ID"),
        ("ListPolicies", {"Filter": "NONE"}, "INVALID_ENUM_POLICY_TYPE"),
        ("ListChildren", {"ParentId": "r-abcd", "ChildType": "NONE"}, "INVALID_ENUM"),
        ("TagResource", {"ResourceId": "r-abcd", "Tags": [{"Key": "a#", "Value": ""}]}, "INVALID_PATTERN"),
    ],
)
def test_each_reason(operation: str, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        check("organizations", operation, params)
    assert (caught.value.code, caught.value.reason) == ("InvalidInputException", reason)


@pytest.mark.parametrize("key", ["Eigentümer", "cost center", "a/b:c=d+e-f@g_h.i"])
def test_what_aws_takes_is_taken(key: str) -> None:
    check("organizations", "TagResource", {"ResourceId": "r-abcd", "Tags": [{"Key": key, "Value": key}]})
    check("organizations", "ListRoots", {})
    check("organizations", "DescribeOrganization", {})
