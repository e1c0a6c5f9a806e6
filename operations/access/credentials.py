"""Temporary credentials for a role in a member account.

Nothing changes in AWS: the session begins when its credentials are delivered, which is not this package's business.
Source: AWS STS API Reference, "AssumeRole"; IAM User Guide, "Roles terms and concepts" (role chaining).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from operations.access.access_role import DEFAULT_ROLE
from operations.access.role_look import look
from operations.access.role_sessions import bare_name
from operations.access.session_length import CHAINED, SessionLength, seconds_of, spoken
from operations.accounts.members import MemberAccount
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.fields import Except, FieldKind, Flag
from operations.core.observations import Facts, Observation
from operations.core.preview import Fact, Notice, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.core.values import RoleWithPath
from operations.snapshot.organization import Organization


class Credentials(Operation):
    """Gives the requester temporary credentials for a role in a member account.

    They come by direct message, or are shown when the requester presses Reveal in it; their time starts then. The rules say
    which roles are allowed. CloudTrail names the person and the request.
    """

    name: ClassVar = "credentials"
    wanted: ClassVar = "Get credentials"
    irreversible: ClassVar = False
    aliases: ClassVar = ("creds",)
    family: ClassVar = "Access"
    example: ClassVar = "--account fullback-staging-web --duration 1h"
    personal: ClassVar = True
    delivers: ClassVar = "credentials"
    no_code: ClassVar = "Credentials are one person's and soon expire, so no code has them."
    permissions: ClassVar = (
        Permission(
            "open sessions of the access role, with the person's name on them where it trusts that",
            ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"),
            (f"arn:{{partition}}:iam::*:role/{DEFAULT_ROLE}", "arn:{partition}:iam::*:role/{member_role}"),
        ),
        Permission(
            "tell whether an account was invited, and so lacks the access role", ("organizations:DescribeAccount",)
        ),
    )

    account: Annotated[MemberAccount, Except("for which credentials are never given. Choose a member account")]
    role: Annotated[
        RoleWithPath,
        Flag(
            ("--role", "--role-name"),
            "Role",
            FieldKind.ROLE,
            hint="The role's name in the account, with its path. The rules say which are allowed.",
        ),
    ] = DEFAULT_ROLE
    duration: Annotated[
        SessionLength,
        Flag(
            ("--duration", "--duration-seconds"),
            "Duration",
            FieldKind.DURATION,
            hint="15m to 12h. The rules and the role may allow less.",
            placeholder="1h",
        ),
    ] = "1h"

    @property
    def seconds(self) -> int:
        """The duration in seconds."""
        return seconds_of(self.duration)

    def subject(self) -> str:
        return f"credentials:{self.account}:{self.role}"

    def title(self, organization: Organization) -> str:
        return f"Credentials for {organization.account_label(self.account)} as {self.role} for {self.duration}"

    def preview(self, inputs: PreviewInput) -> Preview:
        self._check_account(inputs.organization)
        self._check_role(inputs.aws.identity().role)
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Account", value=inputs.organization.account_label(self.account)),
                Fact(label="Organizational unit", value=inputs.organization.account_path(self.account)),
                Fact(label="Role", value=self.role),
                Fact(label="Duration", value=f"{spoken(self.seconds)}, from delivery"),
            ),
            plan=(
                f"Open a session of the role {self.role} in the account for {self.duration} (AssumeRole).",
                "Send its credentials to the requester only.",
            ),
        )

    def try_out(self, inputs: PreviewInput) -> tuple[Notice, ...]:
        return look(inputs, self.account, self.role, self.seconds)

    def _check_account(self, organization: Organization) -> None:
        account = organization.accounts_by_id.get(self.account)
        if account is None:
            raise FieldError("account", f"{self.account} is no longer in the organization. `/org accounts` lists them.")
        if self.account == organization.management_account:
            raise FieldError(
                "account", "credentials for the management account are never given. Choose a member account."
            )
        if account.state not in ("", "ACTIVE"):
            raise FieldError("account", f"the account is {account.state}, and AWS gives no access to it.")

    def _check_role(self, own_role: str) -> None:
        if own_role and bare_name(self.role) == own_role:
            raise FieldError("role", f"{self.role} is the bot's own role, which is never given. Choose another role.")
        if own_role and self.seconds > CHAINED:
            raise FieldError(
                "duration",
                f"an hour is the most here: the bot itself runs as a role ({own_role}), and AWS then allows an hour at most "
                "(role chaining).",
            )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Delivered(),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"Credentials for {organization.account_label(self.account)} as {self.role} delivered.",
            facts=(
                Fact(label="Account id", value=self.account),
                Fact(label="Role", value=self.role),
                Fact(label="Duration", value=self.duration),
            ),
        )


class Delivered(Step):
    """Waits until the credentials have been handed over; the session is opened by whoever hands them over."""

    key = "deliver"
    title = "Deliver the credentials"

    def observe(self, world: World) -> Observation:
        return world.delivery()

    def act(self, world: World) -> Facts:
        del world
        return {}
