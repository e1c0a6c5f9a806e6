"""Each read of the organization is denied, answered with 500 or timed out in turn: what AWS did not tell is shown as unknown, never
as none, in every query, card, picker and count; and the rules take it for the whole organization.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.options import Index
from handlers.queries.question import Question, view_of
from handlers.queries.registry import QUERIES
from operations.aws.client import Answer, Aws, Call
from operations.aws.errors import AmbiguousError, AwsError, FieldError, RefusedError
from operations.core.fields import FieldKind, whole
from operations.core.preview import Preview, PreviewInput, unknown_first
from operations.core.registry import by_name
from operations.snapshot.live import LiveAws
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws

WEB, OUTSIDER = "222222222222", "666666666666"
SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
# Reads of which the rest of the organization is independent, and those without which there is no snapshot at all.
PARTS = ("ListAWSServiceAccessForOrganization", "ListPolicies", "ListTargetsForPolicy")
VITAL = ("DescribeOrganization", "ListAccounts", "ListOrganizationalUnitsForParent", "ListRoots")
ERRORS: dict[str, tuple[type[AwsError], str]] = {
    "denied": (RefusedError, "AccessDeniedException"),
    "500": (AmbiguousError, "ServiceException"),
    "timed out": (AmbiguousError, "ReadTimeoutError"),
}
NONE = re.compile(
    r"not attached|\bNo account\b|_nothing_|_None\._|\b0 (known )?(polic|account|attachment|service)|No policy applies|"
    r"The same policies apply|no policy but AWS's own|no policy named|without a policy",
    re.IGNORECASE,
)
ASKED = {"account": WEB, "policy": "RestrictRegions"}
CARDS: dict[str, dict[str, Any]] = {
    "update-policy": {"policy": "RestrictRegions", "content": SCP},
    "attach-policy": {"policy": "ProtectAuditTrail", "place": "/Workloads"},
    "detach-policy": {"policy": "RestrictRegions", "place": "/Workloads"},
    "disable-policy-type": {"kind": "scp"},
    "move-account": {"account": WEB, "to": "/Security"},
    "remove-account": {"account": WEB, "confirm": WEB},
    "invite-account": {"who": OUTSIDER, "ou": "/Workloads"},
}
every_error = pytest.mark.parametrize("how", ERRORS)


class Silent(Aws):
    """AWS that does not answer one operation."""

    def __init__(self, operation: str, how: str) -> None:
        super().__init__(bot_aws()._clients)
        self._operation, self._how = operation, how

    def _call(self, service: str, method: str, params: Answer, *, write: bool, retries: bool = True) -> Answer:
        if method.replace("_", "") == self._operation.casefold():
            kind, code = ERRORS[self._how]
            raise kind(self._operation, "no", code=code)
        return super()._call(service, method, params, write=write, retries=retries)


def read(aws: Aws) -> Organization:
    return read_organization(aws, lambda: datetime.now(UTC))


def shown(organization: Organization, query: str, aws: Aws) -> str:
    question = Question(view_of(organization), datetime.now(UTC), ASKED.get(query, ""))
    try:
        return json.dumps(QUERIES[query].show(question, LiveAws(aws)), ensure_ascii=False)
    except FieldError as error:
        return error.message


def card(organization: Organization, name: str) -> Preview | str:
    try:
        operation = by_name()[name].model_validate(CARDS[name]).settled(organization)
    except FieldError as error:
        return error.message
    preview = operation.preview(PreviewInput(organization, bot_aws()))
    return unknown_first(preview, organization.policies, operation.named(FieldKind.POLICY))


def delegate(aws: AwsSandbox) -> None:
    aws.client("organizations").register_delegated_administrator(
        AccountId="555555555555", ServicePrincipal="cloudtrail.amazonaws.com"
    )


def test_these_are_the_reads(aws: AwsSandbox) -> None:
    told: list[Call] = []
    read(bot_aws(told.append))
    who_the_bot_is = "GetCallerIdentity"  # Which is no part of the organization.
    assert {call.operation for call in told} - {who_the_bot_is} == {*PARTS, *VITAL}


@every_error
@pytest.mark.parametrize("operation", VITAL)
def test_without_the_tree_there_is_no_snapshot(aws: AwsSandbox, operation: str, how: str) -> None:
    with pytest.raises(AwsError):
        read(Silent(operation, how))


@every_error
@pytest.mark.parametrize("query", ["tree", "account", "policies", "policy"])
@pytest.mark.parametrize("operation", ["ListPolicies", "ListTargetsForPolicy"])
def test_no_query_shows_unknown_policies_as_none(aws: AwsSandbox, operation: str, query: str, how: str) -> None:
    silent = Silent(operation, how)
    text = shown(read(silent), query, silent)
    assert f"could not be read: {operation} was".casefold() in text.casefold()
    assert not NONE.search(text), text


@every_error
def test_unknown_services_are_not_none(aws: AwsSandbox, how: str) -> None:
    delegate(aws)
    silent = Silent("ListAWSServiceAccessForOrganization", how)
    text = shown(read(silent), "services", silent)
    assert "Could not be read: ListAWSServiceAccessForOrganization was" in text
    assert not NONE.search(text), text


@every_error
@pytest.mark.parametrize(
    ("query", "operation"),
    [
        ("account", "ListTagsForResource"),
        ("policy", "DescribePolicy"),
        ("services", "ListDelegatedAdministrators"),
        ("services", "ListDelegatedServicesForAccount"),
    ],
)
def test_what_is_looked_up_for_a_query_is_not_none(aws: AwsSandbox, query: str, operation: str, how: str) -> None:
    delegate(aws)
    text = shown(read(bot_aws()), query, Silent(operation, how))
    assert re.search("AWS does not answer now|Could not be read", text)
    assert not NONE.search(text), text


@every_error
@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("operation", ["ListPolicies", "ListTargetsForPolicy"])
def test_no_card_shows_unknown_hits_as_none(aws: AwsSandbox, operation: str, name: str, how: str) -> None:
    found = card(read(Silent(operation, how)), name)
    if isinstance(found, str):  # The policy itself is not known, and that is said.
        assert f"could not be read: {operation} was" in found
        return
    text = found.model_dump_json()
    assert operation in text
    assert not NONE.search(text), text
    assert any("read" in notice.say or "known" in notice.say for notice in found.warnings) or name in (
        "attach-policy",
        "detach-policy",
    )


@every_error
def test_what_a_policy_hits_is_said_to_be_unknown_before_all_else(aws: AwsSandbox, how: str) -> None:
    organization = read(Silent("ListTargetsForPolicy", how))
    found = card(organization, "update-policy")
    assert isinstance(found, Preview)
    assert found.dangers[0].startswith("Whom this hits could not be read: ListTargetsForPolicy was ")
    assert found.hits[0].startswith("Could not be read: ListTargetsForPolicy was ")


@pytest.mark.parametrize("name", ["update-policy", "delete-policy"])
def test_the_rules_take_unknown_hits_for_the_whole_organization(aws: AwsSandbox, name: str) -> None:
    organization = read(Silent("ListTargetsForPolicy", "denied"))
    params = {"policy": "RestrictRegions"} | ({"content": SCP} if name == "update-policy" else {})
    reach = by_name()[name].model_validate(params).settled(organization).reach(organization)
    assert (reach.units, reach.accounts) == (whole(organization).units, whole(organization).accounts)


def test_a_picker_says_that_there_may_be_more(aws: AwsSandbox) -> None:
    for operation, more in (("ListPolicies", True), ("ListTargetsForPolicy", False)):
        options = Index(read(Silent(operation, "denied"))).search(FieldKind.POLICY, "")
        assert ("Not all policies could be read" in json.dumps(options)) is more


def test_that_there_can_be_none_is_known(aws: AwsSandbox) -> None:
    class Billing(Silent):
        def _call(self, service: str, method: str, params: Answer, *, write: bool, retries: bool = True) -> Answer:
            if method == "list_policies":
                raise RefusedError("ListPolicies", "no", code="PolicyTypeNotAvailableForOrganizationException")
            return super()._call(service, method, params, write=write, retries=retries)

    assert read(Billing("", "denied")).policies.gaps() == ()
