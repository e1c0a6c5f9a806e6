"""Inviting an account that exists already.

Source: AWS Organizations User Guide, "Inviting an AWS account to join your organization"; API Reference,
"InviteAccountToOrganization".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints

from operations.access.access_role import DEFAULT_ROLE, TRY_PERMISSION, can_be_assumed, how_to_make
from operations.accounts.account_tags import TAGS
from operations.accounts.invitations import (
    CANCEL,
    ENABLE,
    INVITE_PERMISSIONS,
    PENDING,
    RESEND,
    Invite,
    handshakes,
    invitations,
    is_for,
)
from operations.accounts.members import account_code
from operations.accounts.move_account import MOVE_PERMISSIONS, MoveAccount, MoveTo
from operations.accounts.open_account import QUOTA_PERMISSION, look_at_quota
from operations.aws.errors import FieldError
from operations.core.base import BILLING_ONLY, Operation
from operations.core.closing import Closing, Console, cli_profile, get_credentials, switch_role_link
from operations.core.code import Code
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Waiting
from operations.core.preview import Fact, Preview, PreviewInput, caution, fact
from operations.core.steps import Control, Step, World
from operations.core.values import Tags, any_email
from operations.snapshot.changes import with_new_account
from operations.snapshot.control_tower import on_arrival
from operations.snapshot.names import zoned
from operations.snapshot.organization import Organization
from operations.snapshot.places import inherited, policies_unread
from operations.tree.units import live_name

ACCOUNT_ID = re.compile(r"\d{12}")
WITHOUT_ROLE = "without-role"
PATIENCE = timedelta(days=14)
LONGEST_PAUSE = timedelta(minutes=5)


def _account_or_email(value: str) -> str:
    digits = value.replace("-", "")
    if ACCOUNT_ID.fullmatch(digits):
        return digits
    try:
        return any_email(value)
    except ValueError as error:
        if "." in value.partition("@")[2]:
            raise
        raise ValueError(f"“{value[:80]}” is neither an account id of 12 digits nor an e-mail address") from error


class InviteAccount(Operation):
    """Invites an account that exists already into the organization.

    Its administrator has 15 days to accept. Then it is moved to its organizational unit, and the organization pays for it. Its
    users, roles and resources stay as they are. An account of another organization moves directly: that organization's
    policies, trusted services and shared resources no longer reach it. An invited account has no
    OrganizationAccountAccessRole: the thread says how its administrator makes it, and when it can be assumed.
    """

    name: ClassVar = "invite-account"
    wanted: ClassVar = "Invite an existing account"
    irreversible: ClassVar = False
    aliases: ClassVar = ("invite",)
    family: ClassVar = "Accounts"
    example: ClassVar = "--account 666666666666 --ou /Workloads --note 'Welcome'"
    permissions: ClassVar = (*INVITE_PERMISSIONS, *MOVE_PERMISSIONS, QUOTA_PERMISSION, TRY_PERMISSION)

    who: Annotated[
        str,
        StringConstraints(min_length=1, max_length=320),
        AfterValidator(_account_or_email),
        Flag(
            ("--account", "--account-id", "--email", "--target"),
            "Account",
            hint="The account's id, or the e-mail address of its root user",
            placeholder="666666666666",
        ),
    ]
    ou: Annotated[
        str,
        StringConstraints(max_length=500),
        Flag(
            ("--ou", "--parent"),
            "Organizational unit",
            FieldKind.OU,
            hint="Where it goes when it has joined. / is the root.",
        ),
    ] = "/"
    note: Annotated[
        str,
        StringConstraints(max_length=1024),
        Flag(("--note", "--notes"), "Note", FieldKind.LONG_TEXT, hint="Included in AWS's e-mail to the account."),
    ] = ""
    tags: Annotated[Tags, TAGS] = Field(default_factory=dict)

    def checked(self, organization: Organization) -> Self:
        for account in organization.accounts:
            if self.who.casefold() in (account.id, account.email.casefold()):
                raise FieldError("who", f"{account.name} ({account.id}) is in the organization already.")
        return self

    def subject(self) -> str:
        return f"invitation:{self.who.casefold()}"

    def afterwards(self, organization: Organization) -> Organization:
        known = {"account": self.who} if ACCOUNT_ID.fullmatch(self.who) else {"email": self.who}
        return with_new_account(organization, self.ou, **known)

    def title(self, organization: Organization) -> str:
        return f"Invite account {self.who} to {organization.path_of(self.ou)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization = inputs.organization
        live_name(inputs, self.ou, "ou")
        self._check_not_invited(inputs)
        _check_may_invite(inputs)
        quota, facts = look_at_quota(inputs), self._facts(organization).items()
        return Preview(
            title=self.title(organization),
            facts=(*(Fact(label=label, value=value) for label, value in facts), *quota.facts),
            plan=self._plan(organization),
            warnings=(
                *map(caution, (*policies_unread(organization), *quota.warnings)),
                *map(fact, on_arrival(organization)),
            ),
            hits=self._hits(organization),
            precondition={"root": organization.root, "management": organization.management_account},
        )

    def _check_not_invited(self, inputs: PreviewInput) -> None:
        open_ones = [
            found for found in invitations(inputs.aws) if is_for(found, self.who) and found["State"] in PENDING
        ]
        if open_ones:
            until = open_ones[0]["ExpirationTimestamp"]
            raise FieldError("who", f"{self.who} is invited already: {open_ones[0]['Id']}, open until {zoned(until)}.")

    def _facts(self, organization: Organization) -> dict[str, str]:
        facts = {"Account": self.who, "Organizational unit": organization.path_of(self.ou)}
        facts |= {"Note": self.note} if self.note else {}
        return facts | ({"Tags": ", ".join(f"{key}={value}" for key, value in self.tags.items())} if self.tags else {})

    def _plan(self, organization: Organization) -> tuple[str, ...]:
        moving = f"Move it to {organization.path_of(self.ou)} (MoveAccount)."
        return (
            "Invite the account (InviteAccountToOrganization); AWS sends an e-mail, and its administrator has 15 days.",
            *((moving,) if self.ou != organization.root else ()),
            f"Say how its administrator makes the role {DEFAULT_ROLE}, and tell when it can be assumed.",
        )

    def _hits(self, organization: Organization) -> tuple[str, ...]:
        """The policies under which the account will come."""
        if organization.policies.gaps():
            return ("Which policies will apply to it could not be read in full",)
        first = {item.policy.id: item for item in reversed(inherited(organization, self.ou))}
        names = [f"{item.policy.name} from {organization.path_of(item.source)}" for item in reversed(first.values())]
        return (f"{len(names)} policies will apply to it", *names) if names else ()

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        root = str(precondition["root"])
        moving = () if self.ou == root else (MoveTo(self.ou, source=root),)
        return (Invite(self.who, self.note, self.tags), *moving, AwaitRole(str(precondition["management"])))

    def remainder(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        moved = self.ou == precondition["root"]
        return () if moved else (MoveAccount(account=str(memory["account"]), to=self.ou),)

    def controls(self, memory: Mapping[str, Any]) -> tuple[Control, ...]:
        if "role_asked" in memory:
            return (
                Control(WITHOUT_ROLE, "Finish without the role", "Nobody is told any more when the role is there."),
            )
        if "handshake" not in memory or memory.get("account"):
            return ()
        return (
            Control(
                RESEND, "Resend invitation", "The open invitation is cancelled, and a new one is sent for 15 days."
            ),
            Control(CANCEL, "Cancel invitation", "The invitation is cancelled, and the request ends."),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition
        return account_code(organization, str(memory["account"]), {})

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        account = str(memory["account"])
        path = organization.path_of(self.ou)
        facts = (Fact(label="Account id", value=account), Fact(label="Organizational unit", value=path))
        if not memory.get("role"):
            return Closing(
                summary=f"Account {account} has joined in {path}. It has no role {DEFAULT_ROLE} yet.",
                facts=(*facts, Fact(label="Role", value="missing")),
                snippets=how_to_make(DEFAULT_ROLE, organization.management_account),
            )
        return Closing(
            summary=f"Account {account} has joined in {path}. The role {DEFAULT_ROLE} can be assumed.",
            facts=(*facts, Fact(label="Role", value=DEFAULT_ROLE)),
            next=(get_credentials(DEFAULT_ROLE, account),),
            links=(switch_role_link(console, account, DEFAULT_ROLE, account),),
            snippets=(cli_profile(console, account, DEFAULT_ROLE, account),),
        )


def _check_may_invite(inputs: PreviewInput) -> None:
    """Raises FieldError while all features are being enabled: until then AWS lets nobody be invited."""
    if inputs.organization.feature_set != BILLING_ONLY:
        return
    if any(found["State"] in PENDING for found in handshakes(inputs.aws, ENABLE)):
        raise FieldError(
            "",
            "all features are being enabled, and until every invited account has accepted that, AWS lets nobody be invited.",
        )


class AwaitRole(Step):
    """Waits until the account's administrator has made the role; it changes nothing itself, and ends without it in time."""

    key = "role"
    title = f"Wait for the role {DEFAULT_ROLE}"

    def __init__(self, management: str) -> None:
        self._management = management

    def observe(self, world: World) -> Observation:
        account = str(world.memory["account"])
        if can_be_assumed(world.aws, account, DEFAULT_ROLE):
            return Done(f"The role {DEFAULT_ROLE} can be assumed.", {"role": DEFAULT_ROLE})
        since = datetime.fromisoformat(str(world.memory.get("role_asked") or world.now.isoformat()))
        if world.memory.get("asked") == WITHOUT_ROLE:
            return Done(f"Finished without the role {DEFAULT_ROLE}, as asked.")
        if world.now - since > PATIENCE:
            return Done(f"The role {DEFAULT_ROLE} was not made within {PATIENCE.days} days; finished without it.")
        return Waiting(
            f"The account {account} has no role {DEFAULT_ROLE} that trusts the management account. Its administrator makes it "
            "with this template; I tell when it can be assumed.",
            {"role_asked": since.isoformat()},
            snippets=how_to_make(DEFAULT_ROLE, self._management),
            longest=LONGEST_PAUSE,
        )

    def act(self, world: World) -> Facts:
        del world
        return {}
