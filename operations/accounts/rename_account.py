"""Renaming an account, from the management account.

Source: AWS Account Management API Reference, "PutAccountName", "GetAccountInformation"; User Guide, "Update your account
name" (needs trusted access for Account Management).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from operations.accounts.members import MemberAccount, account_code
from operations.aws.client import Aws
from operations.aws.codes import FEATURES, TRUST
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import BILLING_ONLY, WITHOUT_FEATURES, Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, was
from operations.core.fields import Flag
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput, caution
from operations.core.steps import Step, World
from operations.core.values import NewAccountName
from operations.organization.service_access import SEE_SERVICES, enabled_services
from operations.snapshot.changes import AccountIs, Change, with_account_named
from operations.snapshot.organization import Organization

ACCOUNT_SERVICE = "account.amazonaws.com"


def whose(account: str, management: str) -> dict[str, str]:
    """The AccountId parameter, which the management account has to leave out for itself."""
    return {} if account == management else {"AccountId": account}


def check_account_service(inputs: PreviewInput, account: str) -> None:
    """Raises FieldError when the Account Management API is not open for member accounts."""
    if account == inputs.organization.management_account:
        return
    if inputs.organization.feature_set == BILLING_ONLY:
        raise FieldError("account", WITHOUT_FEATURES, opens=(FEATURES,))
    if ACCOUNT_SERVICE not in enabled_services(inputs.aws):
        raise FieldError(
            "account",
            "Account Management has no trusted access. Enable that first, then ask again.",
            opens=(TRUST.filled({"service": ACCOUNT_SERVICE}),),
        )


class RenameAccount(Operation):
    """Gives an account another name.

    Its id, its e-mail address and all that is in it stay as they are. Change rules and scripts that use the old name by hand.
    """

    name: ClassVar = "rename-account"
    wanted: ClassVar = "Rename an account"
    irreversible: ClassVar = False
    family: ClassVar = "Accounts"
    example: ClassVar = "--account fullback-staging-web --name fullback-testing-web"
    permissions: ClassVar = (
        Permission("rename accounts", ("account:GetAccountInformation", "account:PutAccountName")),
        SEE_SERVICES,
    )

    account: MemberAccount
    account_name: Annotated[
        NewAccountName,
        Field(max_length=50),
        Flag(("--name", "--account-name"), "New name", hint="1 to 50 ASCII characters"),
    ]

    def subject(self) -> str:
        return f"account-name:{self.account}"

    def afterwards(self, organization: Organization) -> Organization:
        return with_account_named(organization, self.account, self.account_name)

    def title(self, organization: Organization) -> str:
        return f"Rename account {organization.account_label(self.account)} to {self.account_name}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization = inputs.organization
        check_account_service(inputs, self.account)
        current = name_of(inputs.aws, whose(self.account, organization.management_account))
        if current == self.account_name:
            raise FieldError("account_name", f"the account is called {current} already.")
        same = [a.id for a in organization.accounts if a.name == self.account_name and a.id != self.account]
        return Preview(
            title=self.title(organization),
            facts=(
                Fact(label="Account id", value=self.account),
                Fact(label="Name", value=f"{current} → {self.account_name}"),
            ),
            plan=(f"Rename {current} to {self.account_name} (PutAccountName).",),
            warnings=(*((caution(f"An account of this name exists: {', '.join(same)}."),) if same else ()),),
            hits=("1 account", f"{current} ({self.account}) in {organization.account_path(self.account)}"),
            precondition={"name": current, "management": organization.management_account},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        who = whose(self.account, str(precondition["management"]))
        return (Rename(self.account, who, str(precondition["name"]), self.account_name),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, organization, console
        return Closing(
            summary=f"Account {self.account} renamed to {self.account_name}.",
            facts=(Fact(label="Account id", value=self.account), Fact(label="Name", value=self.account_name)),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del memory
        return account_code(organization, self.account, {"name": was(precondition["name"])})

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (RenameAccount(account=self.account, account_name=str(precondition["name"])),)


def name_of(aws: Aws, who: Mapping[str, str]) -> str:
    """An account's name now; raises AwsError."""
    return str(aws.read("account", "get_account_information", **who)["AccountName"])


class Rename(Step):
    """Renames from the approved name to the wanted one; with any third name the account is left alone."""

    key = "rename"
    title = "Rename the account"
    not_done = "The account was not renamed."

    def __init__(self, account: str, who: Mapping[str, str], old: str, new: str) -> None:
        self._account = account
        self._who = dict(who)
        self._old = old
        self._new = new

    def observe(self, world: World) -> Observation:
        name = name_of(world.aws, self._who)
        if name == self._new:
            return Done("The account has its new name.")
        return Ready() if name == self._old else Stale(f"the account has been renamed to {name} meanwhile.")

    def act(self, world: World) -> Facts:
        world.aws.write("account", "put_account_name", AccountName=self._new, **self._who)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (AccountIs(id=self._account, name=self._new),)
