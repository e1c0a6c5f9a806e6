"""Moving an account to another organizational unit.

Source: AWS Organizations API Reference, "MoveAccount"; User Guide, "Moving accounts to an OU or between the root and OUs".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from operations.accounts.members import SEE_MEMBERS, MemberAccount, account_code, described
from operations.aws.client import Aws
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, was
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput, caution, fact
from operations.core.steps import Step, World
from operations.snapshot.changes import AccountIs, Change, with_account_in
from operations.snapshot.control_tower import on_move
from operations.snapshot.names import counted
from operations.snapshot.organization import OPEN, Organization
from operations.snapshot.places import Inherited, inherited, policies_unread, unbound
from operations.snapshot.policy_types import label
from operations.tree.units import live_name

MOVE_PERMISSIONS = (
    Permission(
        "move an account between organizational units",
        ("organizations:MoveAccount",),
    ),
    Permission(
        "see where an account is, and that its destination exists",
        ("organizations:ListParents", "organizations:DescribeOrganizationalUnit"),
    ),
)


class MoveAccount(Operation):
    """Moves an account to another organizational unit.

    The account leaves the policies of its old place in the tree and comes under those of the new one at once. Resources
    of StackSets that target either organizational unit may be removed or deployed.
    """

    name: ClassVar = "move-account"
    wanted: ClassVar = "Move an account"
    irreversible: ClassVar = False
    picture: ClassVar = True
    aliases: ClassVar = ("move",)
    family: ClassVar = "Accounts"
    example: ClassVar = "--account fullback-staging-web --to /Workloads/Production"
    permissions: ClassVar = (*MOVE_PERMISSIONS, *SEE_MEMBERS)

    account: MemberAccount
    to: Annotated[
        str,
        StringConstraints(min_length=1, max_length=500),
        Flag(("--to", "--destination-parent-id", "--ou"), "Move to", FieldKind.OU, hint="Path or id. / is the root."),
    ]

    def subject(self) -> str:
        return f"account:{self.account}"

    def afterwards(self, organization: Organization) -> Organization:
        return with_account_in(organization, self.account, self.to)

    def title(self, organization: Organization) -> str:
        return f"Move {organization.account_label(self.account)} to {organization.path_of(self.to)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization = inputs.organization
        state = described(inputs, self.account).state
        if state not in OPEN:
            raise FieldError("account", f"the account is {state}, and AWS moves none that is closed or suspended.")
        live_name(inputs, self.to, "to")
        source = parent_of(inputs.aws, self.account)
        if source == self.to:
            raise FieldError("to", f"the account is already in {organization.path_of(self.to)}. Choose another place.")
        start, end = organization.path_of(source), organization.path_of(self.to)
        return Preview(
            title=self.title(organization),
            facts=(
                Fact(label="Account", value=organization.account_label(self.account)),
                Fact(label="From", value=start),
                Fact(label="To", value=end),
            ),
            plan=(f"Move the account from {start} to {end} (MoveAccount).",),
            warnings=(
                *map(caution, policies_unread(organization)),
                *((caution(f"The account is {state}, not ACTIVE."),) if state != "ACTIVE" else ()),
                *map(fact, on_move(organization)),
            ),
            hits=policy_changes(organization, source, self.to, self.account),
            precondition={"source": source},
        )

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        path = organization.path_of(self.to)
        return Closing(
            summary=f"{organization.account_label(self.account)} moved to {path}.",
            facts=(Fact(label="Account id", value=self.account), Fact(label="Organizational unit", value=path)),
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (MoveTo(self.to, account=self.account, source=str(precondition["source"])),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del memory
        return account_code(organization, self.account, {"parent_id": was(precondition["source"])})

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (MoveAccount(account=self.account, to=str(precondition["source"])),)


def policy_changes(organization: Organization, source: str, destination: str, account: str = "") -> tuple[str, ...]:
    """What a move changes: the policies that stop reaching the account, and those that begin to; ids of OUs or the root.

    Those that never bind this account, as service control policies don't bind the management account, are left out.
    """
    before, after = _binding(organization, source, account), _binding(organization, destination, account)
    lost = _only_in(organization, before, after, "no longer")
    gained = _only_in(organization, after, before, "from now on")
    if organization.policies.gaps():
        return ("What the account loses and gains could not be read in full", *lost, *gained)
    if not lost and not gained:
        return ("The same policies apply to the account in both places",)
    return (f"The account loses {_policies(lost)} and gains {_policies(gained)}", *lost, *gained)


def _binding(organization: Organization, place: str, account: str) -> list[Inherited]:
    """The policies that bind an account when it is in this place."""
    return [
        item
        for item in inherited(organization, place)
        if not account or account != unbound(organization, item.policy.type)
    ]


def _only_in(
    organization: Organization, these: Sequence[Inherited], others: Sequence[Inherited], word: str
) -> tuple[str, ...]:
    there = {item.policy.id for item in others}
    mine = {item.policy.id: item for item in these if item.policy.id not in there}
    return tuple(
        f"{word}: {item.policy.name} ({label(item.policy.type)}) of {organization.path_of(item.source)}"
        for item in mine.values()
    )


def _policies(items: tuple[str, ...]) -> str:
    return counted(len(items), "policy", "policies") if items else "no policy"


class MoveTo(Step):
    """Moves one account; the approved source parent makes the call a compare-and-swap.

    `account` and `source` are left empty when an earlier step opens the account: it is remembered as `account`, and AWS
    puts new accounts in the root.
    """

    key = "move"
    title = "Move the account to its organizational unit"
    not_done = "The account could not be moved."

    def __init__(self, destination: str, *, account: str = "", source: str = "") -> None:
        self._destination = destination
        self._account = account
        self._source = source

    def observe(self, world: World) -> Observation:
        parent = parent_of(world.aws, self._account_in(world))
        if parent == self._destination:
            return Done("The account is in its organizational unit.")
        if parent == self._source:
            return Ready()
        return Stale(
            "the account is no longer where it was when the move was approved; somebody else has moved it since."
        )

    def act(self, world: World) -> Facts:
        move = {
            "AccountId": self._account_in(world),
            "SourceParentId": self._source,
            "DestinationParentId": self._destination,
        }
        world.aws.write("organizations", "move_account", **move)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        return (AccountIs(id=self._account or str(memory["account"]), parent=self._destination),)

    def _account_in(self, world: World) -> str:
        return self._account or str(world.memory["account"])


def parent_of(aws: Aws, account: str) -> str:
    """The id of the OU or root in which an account is now; raises AwsError."""
    parents = aws.read("organizations", "list_parents", ChildId=account)["Parents"]
    return str(parents[0]["Id"])
