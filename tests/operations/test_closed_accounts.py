"""Each operation about an account that is closed: it is refused, or the card says that AWS may refuse it."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.states import Status
from operations.aws.errors import FieldError
from operations.core.fields import FieldKind
from operations.core.registry import all_operations, by_name
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers

CLOSED = "555555555555"
ABOUT = (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.TARGET)
# What it takes besides the account; those that need more of the world than that are refused before.
MORE: dict[str, dict[str, Any]] = {
    "attach-policy": {"policy": "DenyLeaveOrganization"},
    "close-account": {"confirm": CLOSED},
    "credentials": {},
    "delete-alternate-contact": {"contact": "SECURITY"},
    "deregister-delegated-administrator": {"service": "cloudtrail"},
    "detach-policy": {"policy": "FullAWSAccess"},
    "grant-access": {"principal": "group/developers"},
    "move-account": {"to": "/Workloads/Staging"},
    "put-alternate-contact": {
        "contact": "SECURITY",
        "contact_name": "T",
        "job_title": "T",
        "email": "csirt@example.com",
        "phone": "1",
    },
    "register-delegated-administrator": {"service": "cloudtrail"},
    "remove-account": {"confirm": CLOSED},
    "rename-account": {"account_name": "other"},
    "revoke-access": {"principal": "group/developers"},
    "tag-account": {"tags": {"a": "b"}},
    "untag-account": {"keys": ["owner"]},
}


def about(name: str) -> dict[str, Any]:
    field = next(field for field in by_name()[name].fields() if field.flag.kind in ABOUT)
    return {field.name: [CLOSED] if field.flag.kind.many else CLOSED, **MORE[name]}


def test_every_operation_about_an_account_is_here() -> None:
    found = {one.name for one in all_operations() if {field.flag.kind for field in one.fields()} & set(ABOUT)}
    assert found == MORE.keys()


@pytest.mark.parametrize("name", MORE)
def test_a_closed_account_is_refused_or_said_to_be_closed(workers: Workers, aws: AwsSandbox, name: str) -> None:
    aws.client("organizations").close_account(AccountId=CLOSED)
    workers.look_again()
    if name == "grant-access":
        with pytest.raises(FieldError, match="is CLOSED, and AWS lets nobody into it"):
            workers.ask(name, **about(name))
        return
    request = workers.ask(name, **about(name))
    workers.work()
    request = workers.request(request.id)
    if request.status == Status.PENDING:
        said = [warning["say"] for warning in request.preview["warnings"]]
        assert f"fullback-audit ({CLOSED}) is CLOSED, so AWS may refuse it." in said
    else:
        assert request.status == Status.REFUSED
