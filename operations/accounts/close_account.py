"""Closing member accounts.

Source: AWS Organizations API Reference, "CloseAccount"; User Guide, "Closing a member account", "Quotas".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from operations.accounts.members import (
    GONE,
    SEE_MEMBERS,
    Departure,
    MemberAccount,
    account_facts,
    check_not_delegated,
    described,
)
from operations.aws.client import Answer
from operations.aws.errors import FieldError, RefusedError
from operations.aws.permissions import Permission
from operations.core.closing import Closing, Console
from operations.core.fields import Except
from operations.core.observations import Done, Facts, Observation, Ready, Stale, Waiting
from operations.core.preview import Fact, Preview, PreviewInput, caution, danger
from operations.core.steps import Step, World
from operations.snapshot.changes import AccountIs, Change
from operations.snapshot.organization import Organization, state_of

CLOSING = "PENDING_CLOSURE"
CLOSED = (CLOSING, "SUSPENDED", "CLOSED")
SUSPENDED = (
    "AWS has suspended the account, which is not a closure. AWS may refuse to close it until AWS Support ends that."
)


class CloseAccount(Departure):
    """Closes a member account: everything in it stops.

    AWS Support can reinstate it within 90 days; after that it is gone for good. Its e-mail address stays taken, and it counts
    towards the account quota until then. Reserved instances and Marketplace subscriptions are still billed.
    """

    name: ClassVar = "close-account"
    wanted: ClassVar = "Close an account"
    irreversible: ClassVar = True
    needs_all_features: ClassVar = True
    no_code: ClassVar = "A closed account is kept in no code; where yours has it, remove it there too."
    example: ClassVar = "--account fullback-staging-web --confirm fullback-staging-web"
    permissions: ClassVar = (
        Permission("close accounts", ("organizations:CloseAccount",)),
        *SEE_MEMBERS,
    )

    account: Annotated[MemberAccount, Except("which cannot be closed from here")]

    def title(self, organization: Organization) -> str:
        return f"Close account {organization.account_label(self.account)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        found = described(inputs, self.account)
        if found.state in CLOSED and not found.is_suspended_by_aws:
            raise FieldError("account", f"the account is {found.state} already.")
        check_not_delegated(inputs, self.account)
        return Preview(
            title=self.title(inputs.organization),
            facts=account_facts(inputs.organization, self.account, found),
            plan=(
                "Close the account (CloseAccount).",
                "Wait until AWS says that it is closed, which takes some minutes.",
            ),
            warnings=(
                danger(
                    "Everything in it stops at once. AWS Support can reinstate it for 90 days; after that all its data is gone."
                ),
                *((caution(SUSPENDED),) if found.is_suspended_by_aws else ()),
            ),
            hits=("1 account. Permanent after 90 days.", f"{organization_line(inputs.organization, self.account)}"),
            precondition={"state": found.state, "email": found.email},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Close(self.account, str(precondition.get("state", ""))),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        label = organization.account_label(self.account)
        return Closing(
            summary=f"Account {label} closed. AWS Support can reinstate it for 90 days.",
            facts=(Fact(label="Account id", value=self.account),),
        )


def organization_line(organization: Organization, account: str) -> str:
    """An account with its place, as cards name it."""
    return f"{organization.account_label(account)} in {organization.account_path(account)}"


class Close(Step):
    """Closes one account and follows it until AWS says that it is closed, whoever began that."""

    key = "close"
    title = "Close the account"
    not_done = "The account was not closed."

    def __init__(self, account: str, before: str = "") -> None:
        self._account = account
        self._before = before

    def observe(self, world: World) -> Observation:
        try:
            found = world.aws.read("organizations", "describe_account", AccountId=self._account)["Account"]
        except RefusedError as error:
            if error.code != "AccountNotFoundException":
                raise
            return Stale(GONE)
        state = state_of(found)
        if state == CLOSING:
            return Waiting(f"AWS is closing the account ({CLOSING}).")
        return Done(f"The account is {state}.", {"state": state}) if self._is_closed(found, world) else Ready()

    def _is_closed(self, found: Answer, world: World) -> bool:
        """SUSPENDED is closed where AWS tells no State, and behind our call for an account that was not so before."""
        if state_of(found) != "SUSPENDED":
            return state_of(found) == "CLOSED"
        return "State" not in found or bool(world.attempts and self._before != "SUSPENDED")

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "close_account", AccountId=self._account)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        return (AccountIs(id=self._account, state=str(memory.get("state") or CLOSED[-1])),)
