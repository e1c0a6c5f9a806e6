"""What is read when somebody looks: tags, documents, effective policies, delegated administrators, and new names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from operations.aws.errors import AwsError, UnknownError
from operations.aws.looks import Looks
from operations.snapshot.changes import taken_in
from operations.snapshot.live import LiveAws, indented, look_up
from operations.snapshot.organization import Organization
from operations.snapshot.places import find_target
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.tree import make
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


def test_of_many_administrators_all_are_named_and_the_first_asked_about(
    aws: AwsSandbox, live: LiveAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.snapshot.live.MOST_DELEGATED", 1)
    for account in (WEB, AUDIT):
        aws.client("organizations").register_delegated_administrator(
            AccountId=account, ServicePrincipal="cloudtrail.amazonaws.com"
        )
    first, second = live.delegated()
    assert (first.services, second.services) == (("cloudtrail.amazonaws.com",), None)


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


# What somebody has made in the console since the organization was read: what it is called, and what has to be found.


@pytest.fixture
def before(aws: AwsSandbox) -> Organization:
    return read_organization(bot_aws(), lambda: NOW)


def asked(before: Organization, what: Any, wanted: str, aws: AwsSandbox, *, calls: int = 2) -> Organization:
    """The organization after AWS was asked about a name, by so many calls at the most."""
    aws.calls.clear()
    unknown = UnknownError("field", "unknown", what, wanted)
    found = taken_in(before, look_up(bot_aws(), before, unknown, lambda: False))
    assert len(aws.calls) <= calls, [call.operation for call in aws.calls]
    return found


@pytest.mark.parametrize("wanted", ["/Workloads/New", "workloads/new", "{id}"])
def test_a_new_ou_is_found_by_its_path_or_its_id(aws: AwsSandbox, before: Organization, wanted: str) -> None:
    made = make(aws, "/Workloads/New")
    assert (
        asked(before, "unit", wanted.format(id=made), aws).find_unit(wanted.format(id=made), "ou").path
        == "/Workloads/New"
    )


def test_with_it_those_above_it_are_found(aws: AwsSandbox, before: Organization) -> None:
    make(aws, "/New")
    deep = make(aws, "/New/Deep")
    assert asked(before, "unit", "/New/Deep", aws).find_unit("/New/Deep", "ou").id == deep
    assert asked(before, "unit", deep, aws, calls=4).find_unit("/New/Deep", "ou").id == deep


def test_an_ou_that_was_renamed_is_found_by_its_new_name(aws: AwsSandbox, before: Organization) -> None:
    unit = before.find_unit("/Security", "ou").id
    aws.client("organizations").update_organizational_unit(OrganizationalUnitId=unit, Name="Safety")
    after = asked(before, "unit", "/Safety", aws)
    assert after.find_unit("/Safety", "ou").id == unit
    assert after.account_path(AUDIT) == "/Safety"


@pytest.mark.parametrize("wanted", ["new", "new@example.com", "{id}"])
def test_a_new_account_is_found_by_its_name_its_email_or_its_id(
    aws: AwsSandbox, before: Organization, wanted: str
) -> None:
    aws.client("organizations").create_account(AccountName="new", Email="new@example.com")
    aws.finish_creations()
    listed = aws.client("organizations").list_accounts()["Accounts"]
    (made,) = [account["Id"] for account in listed if account["Name"] == "new"]
    found = asked(before, "account", wanted.format(id=made), aws).accounts_by_id[made]
    assert (found.name, found.email, found.state, found.parent) == ("new", "new@example.com", "ACTIVE", before.root)


def test_an_account_in_an_ou_that_is_new_too_has_its_path(aws: AwsSandbox, before: Organization) -> None:
    new, organizations = make(aws, "/New"), aws.client("organizations")
    unknown = replace(before, accounts=tuple(account for account in before.accounts if account.id != WEB))
    source = organizations.list_parents(ChildId=WEB)["Parents"][0]["Id"]
    organizations.move_account(AccountId=WEB, SourceParentId=source, DestinationParentId=new)
    assert asked(unknown, "account", WEB, aws, calls=4).account_path(WEB) == "/New"


@pytest.mark.parametrize("wanted", ["new", "{id}"])
def test_a_new_policy_is_found_with_what_it_is_attached_to(aws: AwsSandbox, before: Organization, wanted: str) -> None:
    organizations = aws.client("organizations")
    made = organizations.create_policy(Type="TAG_POLICY", Name="New", Content='{"tags": {}}', Description="")
    policy = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=WEB)
    after = asked(before, "policy", wanted.format(id=policy), aws, calls=3)
    assert after.policies.find(wanted.format(id=policy), "policy").type == "TAG_POLICY"
    assert after.policies.targets[policy] == (WEB,)


@pytest.mark.parametrize("wanted", ["/Workloads/New", "New"])
def test_a_target_may_be_either(aws: AwsSandbox, before: Organization, wanted: str) -> None:
    made = make(aws, "/Workloads/New" if "/" in wanted else "/New")
    assert find_target(asked(before, "target", wanted, aws, calls=3), wanted, "place") == made


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("unit", "/No/Where"),
        ("unit", "ou-abcd-12345678"),
        ("account", "nobody"),
        ("account", "999999999999"),
        ("policy", "p-12345678"),
    ],
)
def test_what_aws_does_not_know_stays_unknown(aws: AwsSandbox, before: Organization, what: str, wanted: str) -> None:
    assert asked(before, what, wanted, aws) is before


def untold(before: Organization, what: Any, wanted: str, *, enough: bool = False) -> str:
    unknown = UnknownError("field", "none of that name", what, wanted)
    with pytest.raises(UnknownError) as caught:
        look_up(bot_aws(), before, unknown, lambda: enough)
    return caught.value.message


def test_nobody_waits_for_long(aws: AwsSandbox, before: Organization) -> None:
    make(aws, "/New")
    aws.calls.clear()
    assert untold(before, "unit", "/New", enough=True) == (
        "“/New” is not among the OUs that are known, and AWS could not be asked about it: no answer in time."
    )
    assert "“new” is not among the policies that are known" in untold(before, "policy", "new", enough=True)
    assert len(aws.calls) == 0


def test_what_the_time_cuts_off_does_not_pass_for_all_there_is(aws: AwsSandbox, before: Organization) -> None:
    """A policy that is taken for attached to fewer places than it is would ask too few people."""
    organizations = aws.client("organizations")
    made = organizations.create_policy(Type="TAG_POLICY", Name="New", Content='{"tags": {}}', Description="")
    policy = made["Policy"]["PolicySummary"]["Id"]
    for account in (WEB, AUDIT):
        organizations.attach_policy(PolicyId=policy, TargetId=account)
    for looks in range(6):
        try:
            found = look_up(bot_aws(), before, UnknownError("policy", "", "policy", policy), after(looks))
        except UnknownError:
            found = ()
        targets = taken_in(before, found).policies.targets.get(policy)
        assert targets is None or set(targets) == {WEB, AUDIT}


def after(looks: int) -> Callable[[], bool]:
    """The time is up when it was asked for so often."""
    left = iter([False] * looks)
    return lambda: next(left, True)


@pytest.mark.parametrize(
    ("what", "wanted", "operation", "others"),
    [
        ("unit", "/New", "ListOrganizationalUnitsForParent", "OUs"),
        ("unit", "ou-abcd-12345678", "DescribeOrganizationalUnit", "OUs"),
        ("account", "new", "ListAccountsForParent", "accounts"),
        ("account", "999999999999", "DescribeAccount", "accounts"),
        ("policy", "new", "ListPolicies", "policies"),
        ("policy", "p-12345678", "DescribePolicy", "policies"),
        ("target", "new", "ListAccountsForParent", "OUs and accounts"),
    ],
)
def test_what_aws_does_not_tell_is_not_said_to_be_none(
    aws: AwsSandbox, before: Organization, what: str, wanted: str, operation: str, others: str
) -> None:
    aws.faults.add(operation, "error", code="AccessDeniedException", times=None)
    assert untold(before, what, wanted) == (
        f"“{wanted}” is not among the {others} that are known, and AWS could not be asked about it: {operation} was denied."
    )
