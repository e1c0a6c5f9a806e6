"""Each operation, with the process dying where it hurts: the call is made once, and the request ends well."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Status
from approvals.turn import Turn
from operations.registry import all_operations
from sandbox.aws.server import AwsSandbox
from tests.approvals.bureau import Died, dying
from tests.approvals.office import Office

WEB, AUDIT = "222222222222", "555555555555"
SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
CONTACT = {"contact_name": "Team", "job_title": "CSIRT", "email": "csirt@example.com", "phone": "+49 1"}
Params = dict[str, Any]
# What is asked, and the call to AWS that must be made once.
CASES: dict[str, tuple[Params, str]] = {
    "create-account": ({"account_name": "new", "email": "new@example.com", "ou": "/Security"}, "CreateAccount"),
    "move-account": ({"account": WEB, "to": "/Security"}, "MoveAccount"),
    "close-account": ({"account": WEB, "confirm": WEB}, "CloseAccount"),
    "remove-account": ({"account": WEB, "confirm": WEB}, "RemoveAccountFromOrganization"),
    "rename-account": ({"account": WEB, "account_name": "renamed"}, "PutAccountName"),
    "put-alternate-contact": ({"account": WEB, "contact": "SECURITY", **CONTACT}, "PutAlternateContact"),
    "tag-account": ({"account": WEB, "tags": ["a=b"]}, "TagResource"),
    "untag-account": ({"account": WEB, "keys": ["owner"]}, "UntagResource"),
    "create-ou": ({"unit_name": "New"}, "CreateOrganizationalUnit"),
    "rename-ou": ({"ou": "/Security", "unit_name": "Safe"}, "UpdateOrganizationalUnit"),
    "create-policy": ({"kind": "scp", "policy_name": "New", "content": SCP}, "CreatePolicy"),
    "update-policy": ({"policy": "RestrictRegions", "content": SCP}, "UpdatePolicy"),
    "attach-policy": ({"policy": "ProtectAuditTrail", "place": "/Workloads"}, "AttachPolicy"),
    "detach-policy": ({"policy": "RestrictRegions", "place": "/Workloads"}, "DetachPolicy"),
    "enable-policy-type": ({"kind": "backup"}, "EnablePolicyType"),
    "disable-policy-type": ({"kind": "tag"}, "DisablePolicyType"),
    "enable-service-access": ({"service": "guardduty"}, "EnableAWSServiceAccess"),
    "disable-service-access": ({"service": "cloudtrail"}, "DisableAWSServiceAccess"),
    "register-delegated-administrator": (
        {"account": AUDIT, "service": "cloudtrail"},
        "RegisterDelegatedAdministrator",
    ),
    "grant-access": ({"principal": "group/developers", "account": [WEB]}, "PutGroupPolicy"),
}
# Those that need something first, or wait for people, die in tests of their own.
ELSEWHERE = {
    "create-organization",
    "credentials",
    "delete-alternate-contact",
    "delete-ou",
    "delete-policy",
    "deregister-delegated-administrator",
    "enable-all-features",
    "invite-account",
    "revoke-access",
}
LINES = [("begin_step", False), ("end_attempt", True), ("end_attempt", False), ("advance", True)]


def test_every_operation_is_in_the_sweep_or_known_to_be_elsewhere() -> None:
    assert {operation.name for operation in all_operations()} == CASES.keys() | ELSEWHERE


@pytest.mark.parametrize(("line", "before"), LINES)
@pytest.mark.parametrize("name", CASES)
def test_it_is_done_once_though_the_process_dies(
    office: Office,
    aws: AwsSandbox,
    name: str,
    line: str,
    before: bool,  # noqa: FBT001
) -> None:
    params, call = CASES[name]
    aws.conditions.policy_type_seconds = aws.conditions.closing_seconds = 0.0
    request = office.approved(name, **params)
    with pytest.raises(Died), dying((Turn, line), before=before):
        office.until_done(request)
    office.restart()
    office.look_again()
    request = office.until_done(request)
    assert request.status == Status.SUCCEEDED, request.outcome
    made = [made for made in aws.calls.of(call) if made.outcome == "ok"]
    assert len(made) == 1, [made.params for made in made]
