"""Removing a member account from the organization; it lives on by itself.

Source: AWS Organizations API Reference, "RemoveAccountFromOrganization"; User Guide, "Removing a member account".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from operations.accounts.members import (
    SEE_MEMBERS,
    Departure,
    DescribedAccount,
    MemberAccount,
    account_facts,
    check_not_delegated,
    described,
)
from operations.aws.errors import FieldError, RefusedError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.aws.reasons import ADD_PAYMENT
from operations.core.closing import Closing, Console
from operations.core.code import Code, gone
from operations.core.fields import Except
from operations.core.observations import Done, Facts, Observation, Ready
from operations.core.preview import Fact, Preview, PreviewInput, caution, danger
from operations.core.steps import Step, World
from operations.snapshot.changes import Change, Gone
from operations.snapshot.names import zoned
from operations.snapshot.organization import Organization
from operations.snapshot.places import inherited, policies_unread

GONE = "AccountNotFoundException"
YOUNGEST = timedelta(days=4)


class RemoveAccount(Departure):
    """Removes a member account from the organization: it becomes an account by itself and pays for itself.

    To take it back it has to be invited, and somebody there has to accept. Its tags are lost; its cost history stays with the
    organization. The role OrganizationAccountAccessRole stays in it and trusts the management account until its administrator
    deletes it. AWS refuses while it has no payment method and contact address of its own.
    """

    name: ClassVar = "remove-account"
    wanted: ClassVar = "Let an account leave the organization"
    irreversible: ClassVar = True
    example: ClassVar = "--account fullback-staging-web --confirm fullback-staging-web"
    permissions: ClassVar = (
        Permission("remove accounts", ("organizations:RemoveAccountFromOrganization",)),
        *SEE_MEMBERS,
    )

    account: Annotated[MemberAccount, Except("which cannot leave its organization")]

    def title(self, organization: Organization) -> str:
        return f"Remove account {organization.account_label(self.account)} from the organization"

    def preview(self, inputs: PreviewInput) -> Preview:
        found = described(inputs, self.account)
        _check_age(inputs, found)
        check_not_delegated(inputs, self.account)
        return Preview(
            title=self.title(inputs.organization),
            facts=account_facts(inputs.organization, self.account, found),
            plan=("Remove the account (RemoveAccountFromOrganization).",),
            warnings=(
                danger("It comes back only if its administrator accepts an invitation. Its tags are lost."),
                *map(caution, policies_unread(inputs.organization)),
            ),
            hits=_policies_lost(inputs.organization, self.account),
            precondition={"email": found.email, "name": found.name},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Remove(self.account, str(precondition["name"])),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return gone("aws_organizations_account", self.account)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del organization, console
        return Closing(
            summary=f"Account {memory.get('name', '')} ({self.account}) removed from the organization.",
            facts=(Fact(label="Account id", value=self.account),),
            next=(Prefilled(operation="invite-account", label="Invite it back", values={"who": self.account}),),
        )


def _check_age(inputs: PreviewInput, found: DescribedAccount) -> None:
    """AWS keeps accounts that it has created for four days; the snapshot's moment stands for now."""
    if found.joined_by != "CREATED" or found.joined_at is None:
        return
    free = found.joined_at + YOUNGEST
    if free > inputs.organization.read_at:
        raise FieldError(
            "account",
            f"the account was created less than four days ago, and AWS lets it go from {zoned(free)} on. Ask again then.",
        )


def _policies_lost(organization: Organization, account: str) -> tuple[str, ...]:
    found = inherited(organization, account)
    if organization.policies.gaps():
        return ("Which policies stop applying to it could not be read in full",)
    if not found:
        return ("No policy applies to it",)
    names = {f"{item.policy.name} ({item.policy.type})": None for item in found}
    return (f"{len(names)} policies stop applying to it", *names)


class Remove(Step):
    """Removes one account, remembered by its `name`; one that is no member any more is the goal reached."""

    key = "remove"
    title = "Remove the account"
    not_done = "The account was not removed."
    reasons: ClassVar = {
        "INVALID_PAYMENT_INSTRUMENT": (
            "The account has no payment method of its own that AWS takes.",
            ADD_PAYMENT,
        )
    }

    def __init__(self, account: str, name: str) -> None:
        self._account = account
        self._name = name

    def observe(self, world: World) -> Observation:
        try:
            world.aws.read("organizations", "describe_account", AccountId=self._account)
        except RefusedError as error:
            if error.code == GONE:
                return Done("The account has left the organization.", {"name": self._name})
            raise
        return Ready()

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "remove_account_from_organization", AccountId=self._account)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (Gone(id=self._account),)
