import json
from typing import Any

from sandbox.aws import AwsSandbox
from sandbox.aws.analyzer import validate
from tests.harness.tables import each_of

from .helpers import refused

GOOD = {"Effect": "Deny", "Action": ["s3:Get*", "ec2:*", "*"], "Resource": "*"}


def codes(document: Any, kind: str = "SERVICE_CONTROL_POLICY") -> list[tuple[str, str]]:
    text = document if isinstance(document, str) else json.dumps(document)
    return [(finding["findingType"], finding["issueCode"]) for finding in validate(text, kind)]


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_a_good_policy_has_no_findings(aws: AwsSandbox) -> None:
    client = aws.client("accessanalyzer")
    answer = client.validate_policy(policyDocument=json.dumps(policy(GOOD)), policyType="SERVICE_CONTROL_POLICY")
    assert answer["findings"] == []


def test_a_finding_says_where(aws: AwsSandbox) -> None:
    text = '{"Version": "2012-10-17", "Statement": [\n  {"Effect": "Deny", "Action": ["s3:*", "nope:Do"], "Resource": "*"}]}'
    answer = aws.client("accessanalyzer").validate_policy(policyDocument=text, policyType="IDENTITY_POLICY")
    finding = answer["findings"][0]
    assert (finding["findingType"], finding["issueCode"]) == ("ERROR", "INVALID_SERVICE_IN_ACTION")
    assert "nope" in finding["findingDetails"]
    location = finding["locations"][0]
    assert location["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 1}]
    start, end = location["span"]["start"], location["span"]["end"]
    assert (start["line"], text[start["offset"] : end["offset"]]) == (2, '"nope:Do"')


@each_of(
    ("document", "expected"),
    [
        ("{", ("ERROR", "JSON_SYNTAX_ERROR")),
        ("[]", ("ERROR", "JSON_SYNTAX_ERROR")),
        ({"Statement": [GOOD]}, ("WARNING", "MISSING_VERSION")),
        ({"Version": "2013", "Statement": [GOOD]}, ("ERROR", "INVALID_VERSION")),
        ({"Version": "2012-10-17"}, ("ERROR", "MISSING_STATEMENT")),
        (policy("text"), ("ERROR", "DATA_TYPE_MISMATCH")),
        (policy({"Action": "s3:*", "Resource": "*"}), ("ERROR", "MISSING_EFFECT")),
        (policy(GOOD | {"Effect": "Maybe"}), ("ERROR", "INVALID_EFFECT")),
        (policy({"Effect": "Deny", "Resource": "*"}), ("ERROR", "MISSING_ACTION")),
        (policy({"Effect": "Deny", "Action": "s3:*"}), ("ERROR", "MISSING_RESOURCE")),
        (policy(GOOD | {"Action": "s3"}), ("ERROR", "INVALID_ACTION")),
        (policy(GOOD | {"Action": []}), ("SUGGESTION", "EMPTY_ARRAY_ACTION")),
        (policy(GOOD | {"Principal": "*"}), ("ERROR", "UNSUPPORTED_PRINCIPAL")),
    ],
)
def test_what_is_found(document: Any, expected: tuple[str, str]) -> None:
    assert codes(document) == [expected]


def test_one_statement_needs_no_list() -> None:
    assert codes({"Version": "2012-10-17", "Statement": GOOD}) == []


def test_resource_policies_need_a_principal() -> None:
    assert codes(policy(GOOD), "RESOURCE_CONTROL_POLICY") == [("ERROR", "MISSING_PRINCIPAL")]


def test_a_policy_type_that_is_none(aws: AwsSandbox) -> None:
    client = aws.client("accessanalyzer")
    with refused("ValidationException"):
        client.validate_policy(policyDocument="{}", policyType="TAG_POLICY")
    with refused("AccessDeniedException"):
        client.list_analyzers()
