"""What is read when somebody looks: tags, documents, effective policies, delegated administrators."""

from __future__ import annotations

import json

import pytest

from operations.aws.errors import AwsError
from operations.aws.looks import Looks
from operations.snapshot.live import LiveAws, indented
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.operations.snapshot.test_tree import NOW

WEB, AUDIT = "222222222222", "555555555555"


@pytest.fixture
def live(aws: AwsSandbox) -> LiveAws:
    return LiveAws(bot_aws())


def test_tags(live: LiveAws) -> None:
    assert live.tags(WEB) == {"owner": "staging"}


def test_the_tags_of_an_account_that_has_left(live: LiveAws) -> None:
    assert live.tags("999999999999") == {}


def test_a_document_has_a_line_for_each_member(live: LiveAws) -> None:
    policies = read_organization(bot_aws(), lambda: NOW).policies
    document = live.document(policies.find("DenyLeaveOrganization", "policy").id)
    assert '      "Effect": "Deny",\n' in document
    assert json.loads(document)["Statement"][0]["Action"] == "organizations:LeaveOrganization"


def test_an_effective_policy(live: LiveAws) -> None:
    assert json.loads(live.effective(WEB, "TAG_POLICY")) == {"tags": {"owner": {"tag_key": "owner"}}}


def test_policies_that_come_to_nothing(live: LiveAws) -> None:
    assert live.effective(WEB, "BACKUP_POLICY") == ""


def test_delegated_administrators(aws: AwsSandbox, live: LiveAws) -> None:
    assert live.delegated() == ()
    principal = "cloudtrail.amazonaws.com"
    aws.client("organizations").register_delegated_administrator(AccountId=AUDIT, ServicePrincipal=principal)
    (one,) = live.delegated()
    assert (one.account, one.name, one.services) == (AUDIT, "fullback-audit", (principal,))


def test_when_aws_does_not_tell(aws: AwsSandbox, live: LiveAws) -> None:
    for inputs in (lambda: live.tags("x"), lambda: live.document("x"), lambda: live.effective(WEB, "x")):
        with pytest.raises(AwsError):
            inputs()


def test_nobody_who_looks_waits_for_long(aws: AwsSandbox) -> None:
    live = LiveAws(bot_aws(), lambda asked: Looks(asked, seconds=0))
    for look in (lambda: live.tags(WEB), lambda: live.document("p"), lambda: live.effective(WEB, "x"), live.delegated):
        with pytest.raises(AwsError, match="in time"):
            look()
    assert aws.calls.of("ListTagsForResource") == []


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert indented("not json") == "not json"
    assert indented("[" * 100_000) == "[" * 100_000
