"""Documents are compared by what they mean, so that nothing goes stale for a reordering."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.core.meaning import meaning, same_document, same_meaning
from tests.harness.tables import each_of

STATEMENT: dict[str, Any] = {
    "Sid": "Regions",
    "Effect": "Deny",
    "Action": ["s3:*", "ec2:RunInstances"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
}
OTHER: dict[str, Any] = {"Sid": "Leave", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}


def scp(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


BASE = scp(STATEMENT, OTHER)


@pytest.mark.parametrize(
    "written",
    [
        scp(OTHER, STATEMENT),
        json.dumps(json.loads(BASE), indent=4),
        json.dumps({"Statement": [STATEMENT, OTHER], "Version": "2012-10-17"}),
        scp(STATEMENT | {"Action": ["ec2:RunInstances", "s3:*"]}, OTHER),
        scp(STATEMENT | {"Action": ["EC2:runinstances", "s3:*", "s3:*"]}, OTHER),
        scp(STATEMENT | {"Resource": ["*"]}, OTHER | {"Action": ["organizations:LeaveOrganization"]}),
        scp(
            STATEMENT | {"Condition": {"StringNotEquals": {"aws:requestedregion": ["eu-west-1", "eu-central-1"]}}},
            OTHER,
        ),
    ],
)
def test_these_mean_the_same(written: str) -> None:
    assert same_document(BASE, written)
    assert meaning(BASE) == meaning(written)


@each_of(
    "written",
    [
        scp(STATEMENT),
        scp(STATEMENT | {"Effect": "Allow"}, OTHER),
        scp(STATEMENT | {"Action": ["s3:*"]}, OTHER),
        scp(STATEMENT | {"Resource": "arn:aws:s3:::A"}, OTHER),
        scp(STATEMENT | {"Condition": {"StringEquals": STATEMENT["Condition"]["StringNotEquals"]}}, OTHER),
        "no json",
        "{",
        "",
    ],
)
def test_these_do_not(written: str) -> None:
    assert not same_document(BASE, written)


def test_resources_have_their_case() -> None:
    assert not same_document(scp(OTHER | {"Resource": "arn:aws:s3:::a"}), scp(OTHER | {"Resource": "arn:aws:s3:::A"}))


def test_one_statement_is_a_list_of_one() -> None:
    assert same_document(json.dumps({"Statement": OTHER}), json.dumps({"Statement": [OTHER]}))


def test_in_conditions_a_value_is_what_is_written() -> None:
    one, other = ({"Condition": {"Bool": {"aws:SecureTransport": value}}} for value in (False, "false"))
    assert same_document(scp(OTHER | one), scp(OTHER | other))


def test_lists_of_management_policies_are_sets() -> None:
    one = '{"tags": {"owner": {"tag_key": {"@@assign": "owner"}, "tag_value": {"@@assign": ["web", "data"]}}}}'
    other = '{"tags": {"owner": {"tag_value": {"@@assign": ["data", "web"]}, "tag_key": {"@@assign": ["owner"]}}}}'
    assert same_document(one, other)
    assert not same_document(one, other.replace("data", "date"))
    assert not same_document(one, other.replace('"owner": {', '"Owner": {'))


def test_values_are_compared_through_and_through() -> None:
    assert same_meaning({"content": scp(OTHER, STATEMENT), "names": ["a", "b"]}, {"content": BASE, "names": ["a", "b"]})
    assert not same_meaning({"content": BASE, "names": ["a", "b"]}, {"content": BASE, "names": ["b", "a"]})
    assert not same_meaning({"source": "100"}, {"source": "1e2"})
    assert not same_meaning({"before": None}, {"before": ""})


def test_what_is_nested_too_deep_is_compared_as_text() -> None:
    deep = '{"a":' * 20_000
    assert same_document(deep, deep)
    assert not same_document(deep, deep + " ")
