"""Creating a member account.

Source: AWS Organizations API Reference, "CreateAccount"; User Guide, "Creating a member account in an organization".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field

from operations.access.access_role import DEFAULT_ROLE
from operations.accounts.account_tags import TAGS
from operations.accounts.move_account import MOVE_PERMISSIONS, MoveAccount, MoveTo
from operations.accounts.open_account import OPEN_PERMISSIONS, QUOTA_PERMISSION, REQUEST_TAG, OpenAccount, look_at_quota
from operations.aws.errors import FieldError
from operations.core.base import Operation
from operations.core.closing import Closing, Console, cli_profile, get_credentials, switch_role_link
from operations.core.code import Code, Resource, Template
from operations.core.fields import Choice, FieldKind, Flag
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution, fact
from operations.core.steps import Step
from operations.core.values import AccountName, Email, NewRoleName, Tags
from operations.snapshot.changes import with_new_account
from operations.snapshot.control_tower import on_arrival
from operations.snapshot.organization import Organization
from operations.tree.units import live_name

BILLING = (
    Choice("ALLOW", "Allow: IAM users and roles may see billing", ("allow", "yes", "true")),
    Choice("DENY", "Deny: only the root user sees billing", ("deny", "no", "false")),
)


class CreateAccount(Operation):
    """Creates a member account in the organization and puts it into an organizational unit.

    AWS takes some minutes. The account gets a role that the management account may assume, and a root user whose password is
    set by “Forgot password” with the e-mail address. An account can be closed later, but its e-mail address stays taken.
    """

    name: ClassVar = "create-account"
    wanted: ClassVar = "New account"
    irreversible: ClassVar = False
    family: ClassVar = "Accounts"
    example: ClassVar = "--name fullback-staging --email staging@example.com --ou /Workloads/Staging"
    permissions: ClassVar = (
        *OPEN_PERMISSIONS,
        *MOVE_PERMISSIONS,
        QUOTA_PERMISSION,
    )

    account_name: Annotated[
        AccountName,
        Field(max_length=50),
        Flag(
            ("--name", "--account-name"),
            "Account name",
            hint="1 to 50 ASCII characters",
            placeholder="fullback-staging",
        ),
    ]
    email: Annotated[
        Email,
        Field(max_length=64),
        Flag(
            ("--email",),
            "E-mail",
            FieldKind.EMAIL,
            hint="Root user e-mail. Must not be used by another AWS account.",
            placeholder="aws+staging@example.com",
        ),
    ]
    ou: Annotated[
        str,
        Field(max_length=500),
        Flag(
            ("--ou", "--organizational-unit"),
            "Organizational unit",
            FieldKind.OU,
            hint="Path or id. Empty means the root.",
        ),
    ] = "/"
    billing: Annotated[
        Literal["ALLOW", "DENY"],
        BeforeValidator(lambda value: str(value).upper()),
        Flag(("--billing", "--iam-user-access-to-billing"), "IAM access to billing", FieldKind.CHOICE, choices=BILLING),
    ] = "ALLOW"
    role_name: Annotated[
        NewRoleName,
        Field(max_length=64),
        Flag(("--role-name",), "Role name", hint="The role that the management account can assume"),
    ] = DEFAULT_ROLE
    tags: Annotated[Tags, TAGS] = Field(default_factory=dict)

    def checked(self, organization: Organization) -> Self:
        taken = next((a for a in organization.accounts if a.email.casefold() == self.email.casefold()), None)
        if taken:
            raise FieldError(
                "email",
                f"{taken.name} ({taken.id}) has this address{'' if taken.is_open else f', and is {taken.state}'}. Give another "
                "one; plus addressing such as aws+staging@example.com reaches the same mailbox.",
            )
        return self

    def subject(self) -> str:
        return f"email:{self.email.casefold()}"

    def afterwards(self, organization: Organization) -> Organization:
        return with_new_account(organization, self.ou, self.account_name, self.email)

    def title(self, organization: Organization) -> str:
        return f"Create account {self.account_name} in {organization.path_of(self.ou)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization = inputs.organization
        self.checked(organization)
        live_name(inputs, self.ou, "ou")
        quota, facts = look_at_quota(inputs), self._facts(organization).items()
        return Preview(
            title=self.title(organization),
            facts=(*(Fact(label=label, value=value) for label, value in facts), *quota.facts),
            plan=self._plan(organization),
            warnings=(
                *self._clashes(organization),
                *map(fact, on_arrival(organization)),
                *map(caution, quota.warnings),
            ),
            precondition={"root": organization.root},
        )

    def _facts(self, organization: Organization) -> dict[str, str]:
        facts = {
            "Account name": self.account_name,
            "E-mail": self.email,
            "Organizational unit": organization.path_of(self.ou),
            "IAM access to billing": self.billing,
            "Role": self.role_name,
        }
        return facts | ({"Tags": ", ".join(f"{key}={value}" for key, value in self.tags.items())} if self.tags else {})

    def _plan(self, organization: Organization) -> tuple[str, ...]:
        opening = "Create the account (CreateAccount); AWS takes some minutes and puts it into the root."
        moving = f"Move it to {organization.path_of(self.ou)} (MoveAccount)."
        return (opening,) if self.ou == organization.root else (opening, moving)

    def _clashes(self, organization: Organization) -> list[Notice]:
        """Names that differ, if only in their case, are what `lookalikes` points out."""
        same_name = [a for a in organization.accounts if a.name == self.account_name]
        return [
            caution(f"An account of this name exists: {a.id} in {organization.path_of(a.parent)}.") for a in same_name
        ]

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        root = str(precondition["root"])
        opening = OpenAccount(self.account_name, self.email, self.billing, self.role_name, self.tags)
        return (opening,) if self.ou == root else (opening, MoveTo(self.ou, source=root))

    def remainder(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition
        return (MoveAccount(account=str(memory["account"]), to=self.ou),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        """What AWS does not tell of an account is not compared, else a plan would replace the account; nor is the bot's own tag."""
        del precondition, organization
        account, tags = str(memory["account"]), {"tags": self.tags} if self.tags else {}
        resource = Resource(
            "aws_organizations_account",
            self.account_name,
            account,
            {
                "name": self.account_name,
                "email": self.email,
                "parent_id": self.ou,
                "role_name": self.role_name,
                "iam_user_access_to_billing": self.billing,
                **tags,
            },
            ignored=(
                "role_name",
                "iam_user_access_to_billing",
                f'tags["{REQUEST_TAG}"]' if tags else "tags",
            ),
            template=Template("AWS::Organizations::Account", {"AccountId": account}, self._properties()),
        )
        return Code((resource,))

    def _properties(self) -> dict[str, Any]:
        """The account as CloudFormation has it, which knows nothing of the access to billing."""
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        properties = {
            "AccountName": self.account_name,
            "Email": self.email,
            "ParentIds": [self.ou],
            "RoleName": self.role_name,
        }
        return properties | ({"Tags": tags} if tags else {})

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        account, path = str(memory["account"]), organization.path_of(self.ou)
        return Closing(
            summary=f"{self.account_name} is ready: {account} in {path}.",
            facts=(
                Fact(label="Account id", value=account),
                Fact(label="Organizational unit", value=path),
                Fact(label="Role", value=self.role_name),
                Fact(
                    label="Root user",
                    value=f"{self.email}. No password yet: “Forgot password?” on the sign-in page sets one.",
                ),
            ),
            next=(get_credentials(self.role_name, account),),
            links=(switch_role_link(console, account, self.role_name, self.account_name),),
            snippets=(cli_profile(console, account, self.role_name, self.account_name),),
        )
