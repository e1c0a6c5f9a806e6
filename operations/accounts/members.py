"""What the operations on member accounts share: the field, what AWS tells of an account, who may not be touched, and the typed
confirmation of what cannot be taken back.

Source: AWS Organizations API Reference, "DescribeAccount", "ListDelegatedServicesForAccount".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import StringConstraints

from operations.aws.client import Aws
from operations.aws.errors import FieldError, GoneError, RefusedError
from operations.aws.permissions import Permission
from operations.aws.prefilled import MOST, Prefilled
from operations.core.base import Operation
from operations.core.code import Code, Resource, Template
from operations.core.fields import FieldKind, Flag
from operations.core.preview import Fact, PreviewInput
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization, state_of

Confirm = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Flag(("--confirm",), "Type the account's name to confirm", hint="Its name or id, exactly as it is", by_hand=True),
]

MemberAccount = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Flag(("--account", "--account-id"), "Account", FieldKind.ACCOUNT, hint="Id, name or e-mail"),
]
GONE = "the account is no longer in the organization."
SEE_MEMBERS = (
    Permission(
        "see an account's state, and whether it is a delegated administrator",
        ("organizations:DescribeAccount", "organizations:ListDelegatedServicesForAccount"),
    ),
)


@dataclass(frozen=True)
class DescribedAccount:
    """An account as AWS tells it now; `joined_by` is CREATED or INVITED."""

    name: str
    email: str
    state: str
    joined_by: str
    joined_at: datetime | None
    is_suspended_by_aws: bool = False
    """Before there was State, Status called a closed account SUSPENDED too."""


def described(inputs: PreviewInput, account: str) -> DescribedAccount:
    """The account as it is now; raises FieldError when it is no longer a member."""
    try:
        found = inputs.aws.read("organizations", "describe_account", AccountId=account)["Account"]
    except RefusedError as error:
        if error.code != "AccountNotFoundException":
            raise
        raise GoneError("account", f"the account {account} is no longer in the organization.") from error
    return DescribedAccount(
        str(found.get("Name", "")),
        str(found.get("Email", "")),
        state_of(found),
        str(found.get("JoinedMethod", "")),
        found.get("JoinedTimestamp"),
        found.get("State") == "SUSPENDED",
    )


def delegated_services(aws: Aws, account: str) -> list[str]:
    """The service principals for which an account is a delegated administrator; raises AwsError."""
    key = "DelegatedServices"
    try:
        found = list(aws.pages("organizations", "list_delegated_services_for_account", key, AccountId=account))
    except RefusedError as error:
        if error.code != "AccountNotRegisteredException":
            raise
        return []
    return [str(service["ServicePrincipal"]) for service in found]


def deregistering(account: str, service: str, what: str) -> Prefilled:
    """The request that ends one delegation; `what` is what its button names."""
    values = {"account": account, "service": service}
    return Prefilled(operation="deregister-delegated-administrator", label=f"Remove for {what[:50]}", values=values)


def check_not_delegated(inputs: PreviewInput, account: str) -> None:
    """Raises FieldError that names the services for which the account is a delegated administrator."""
    services = delegated_services(inputs.aws, account)
    if services:
        raise FieldError(
            "account",
            f"{inputs.organization.account_label(account)} is a delegated administrator for {listed(services)}. Remove that "
            "first, then ask again.",
            opens=[deregistering(account, service, service.split(".")[0]) for service in services[:MOST]],
        )


def account_facts(organization: Organization, account: str, found: DescribedAccount) -> tuple[Fact, ...]:
    """Account, e-mail, state and place, as cards show them."""
    return (
        Fact(label="Account", value=f"{found.name} ({account})"),
        Fact(label="E-mail", value=found.email),
        Fact(label="State", value=found.state),
        Fact(label="Organizational unit", value=organization.account_path(account)),
    )


def account_code(organization: Organization, account: str, changed: Mapping[str, str], **more: Any) -> Code:
    """An account as infrastructure code, as the organization shows it; its tags, which are not known here, stay as they are.

    `changed` as `Resource` has it; `more` are arguments of Terraform's resource that are no part of the organization's tree.
    """
    known = organization.accounts_by_id.get(account)
    if known is None:
        return Code(
            note=f"The account {account} is not in the organization, as far as is known, so only the calls are given."
        )
    properties = {"AccountName": known.name, "Email": known.email, "ParentIds": [known.parent]}
    resource = Resource(
        "aws_organizations_account",
        known.name,
        account,
        {"name": known.name, "email": known.email, "parent_id": known.parent, **more},
        changed,
        ("tags",),
        Template("AWS::Organizations::Account", {"AccountId": account}, properties),
    )
    return Code((resource,))


class Departure(Operation):
    """What ends an account's membership for good, so that its name or id is typed once more."""

    family: ClassVar = "Accounts"

    account: MemberAccount
    confirm: Confirm

    def checked(self, organization: Organization) -> Self:
        account = organization.accounts_by_id[self.account]
        if self.confirm.strip() not in (account.name, account.id):
            raise FieldError(
                "confirm",
                f"“{self.confirm}” is not the name of the account {account.name} ({account.id}). Type that name or id to confirm.",
            )
        return self.model_copy(update={"confirm": account.id})

    def subject(self) -> str:
        return f"account:{self.account}"
