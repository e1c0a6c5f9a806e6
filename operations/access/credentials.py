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
from operations.access.session_length import CHAINED, SessionLength, seconds_of
from operations.accounts.members import MemberAccount
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.fields import Except, Flag
from operations.core.observations import Facts, Observation
from operations.core.preview import Fact, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.core.values import RoleWithPath
from operations.snapshot.organization import Organization


class Credentials(Operation):
    """Gives temporary credentials for a role in a member account to the requester alone.

    They come by direct message, or are shown when the requester presses the button in it; their time begins then. The role
    must be one that the rules allow. CloudTrail names the person and the request.
    """

    name: ClassVar = "credentials"
    irreversible: ClassVar = False
    aliases: ClassVar = ("creds",)
    family: ClassVar = "Access"
    example: ClassVar = "--account fullback-staging-web --duration 1h"
    personal: ClassVar = True
    delivers: ClassVar = "credentials"
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
            hint="Its name in the account, with its path; the rules say which are allowed",
        ),
    ] = DEFAULT_ROLE
    duration: Annotated[
        SessionLength,
        Flag(
            ("--duration", "--duration-seconds"),
            "Duration",
            hint="15m to 12h, as far as the rule and the role allow it",
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
        own_role = inputs.aws.identity().role
        self._check_role(own_role)
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Account", value=inputs.organization.account_label(self.account)),
                Fact(label="Organizational unit", value=inputs.organization.account_path(self.account)),
                Fact(label="Role", value=self.role),
                Fact(label="Duration", value=f"{self.duration} from the delivery on"),
            ),
            plan=(
                f"Open a session of the role {self.role} in the account for {self.duration} (AssumeRole).",
                "Hand its credentials to the requester, and to nobody else.",
            ),
            warnings=self._warnings(own_role),
        )

    def try_out(self, inputs: PreviewInput) -> tuple[str, ...]:
        return look(inputs, self.account, self.role, self.seconds)

    def _check_account(self, organization: Organization) -> None:
        account = organization.accounts_by_id.get(self.account)
        if account is None:
            raise FieldError("account", f"{self.account} is no longer in the organization. Look at `/org accounts`.")
        if self.account == organization.management_account:
            raise FieldError("account", "credentials for the management account are never given.")
        if account.state not in ("", "ACTIVE"):
            raise FieldError("account", f"the account is {account.state}, and AWS lets nobody into it.")

    def _check_role(self, own_role: str) -> None:
        if own_role and bare_name(self.role) == own_role:
            raise FieldError("role", f"{self.role} is the bot's own role, which is never given. Choose another role.")
        if own_role and self.seconds > CHAINED:
            raise FieldError(
                "duration",
                f"an hour is the most: the bot itself runs as a role ({own_role}), and AWS ends what one role opens with "
                f"another after an hour (role chaining), whatever the role allows. Ask again with `--duration 1h`.",
            )

    def _warnings(self, own_role: str) -> tuple[str, ...]:
        chained = (
            f"The bot itself runs as a role ({own_role}), so that an hour is the most that AWS gives (role chaining)."
        )
        return (chained,) if own_role else ()

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Delivered(),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"Credentials for {organization.account_label(self.account)} as {self.role} have been handed over.",
            facts=(
                Fact(label="Account id", value=self.account),
                Fact(label="Role", value=self.role),
                Fact(label="Duration", value=self.duration),
            ),
        )


class Delivered(Step):
    """Waits until the credentials have been handed over; the session is opened by whoever hands them over."""

    key = "deliver"
    title = "Hand the credentials over"

    def observe(self, world: World) -> Observation:
        return world.delivery()

    def act(self, world: World) -> Facts:
        del world
        return {}
