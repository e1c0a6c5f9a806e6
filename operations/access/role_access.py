"""Who may assume the access role of member accounts: an IAM policy on a group, user or role of the management account.

The bot keeps one inline policy on each principal, and in it one statement for each role name. It is read, shown as a diff,
and written back whole; statements of other people in it stay as they are.
Source: IAM User Guide, "Granting a user permissions to switch roles", "Inline policies", "IAM and AWS STS quotas".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, StringConstraints

from operations.access.access_role import DEFAULT_ROLE
from operations.access.principals import LIMITS, POLICY, find_principal, read_policy
from operations.access.role_look import check_exists
from operations.access.write_access import WriteAccess
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console, cli_profile, get_credentials, switch_role_link
from operations.core.code import Code, Resource, Template, gone
from operations.core.fields import Except, FieldKind, Flag
from operations.core.hcl import Document
from operations.core.preview import Fact, Notice, Preview, PreviewInput
from operations.core.steps import Step
from operations.core.values import RoleWithPath
from operations.policies.diff import document_diff
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization
from operations.snapshot.places import in_order, reach_lines

MOST_LINKS = 3


def _accounts(value: Any) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value or ()
    found = [text.strip() for given in texts for text in re.split(r"[\n,]", str(given)) if text.strip()]
    if not found:
        raise ValueError("no account is given; give one or more, by id, name or e-mail")
    return tuple(dict.fromkeys(found))


class _RoleAccess(Operation):
    """One principal, some accounts, one role."""

    family: ClassVar = "Role access"
    permissions: ClassVar = (
        Permission(
            "see and write the one inline policy by which a principal may assume roles",
            (
                "iam:DeleteGroupPolicy",
                "iam:DeleteRolePolicy",
                "iam:DeleteUserPolicy",
                "iam:GetGroup",
                "iam:GetGroupPolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:GetUser",
                "iam:GetUserPolicy",
                "iam:PutGroupPolicy",
                "iam:PutRolePolicy",
                "iam:PutUserPolicy",
            ),
        ),
    )

    principal: Annotated[
        str,
        StringConstraints(min_length=1, max_length=300),
        Flag(
            ("--principal",),
            "Principal",
            hint="A group, user or role of the management account: group/developers, user/alice, role/admin or an ARN",
            placeholder="group/developers",
        ),
    ]
    account: Annotated[
        tuple[str, ...],
        BeforeValidator(_accounts),
        Flag(("--account", "--accounts", "--account-id"), "Accounts", FieldKind.ACCOUNTS, hint="Ids, names or e-mails"),
        Except("which has no such role"),
    ]
    role: Annotated[RoleWithPath, Flag(("--role", "--role-name"), "Role", hint="The role in those accounts")] = (
        DEFAULT_ROLE
    )

    def subject(self) -> str:
        return f"access:{self.principal}"

    def _named(self, organization: Organization) -> str:
        return listed([organization.account_label(account) for account in self.account], 5)

    def _facts(self, organization: Organization, principal: str) -> tuple[Fact, ...]:
        return (
            Fact(label="Principal", value=principal),
            Fact(label="Role", value=self.role),
            Fact(label="Accounts", value=self._named(organization)),
            Fact(label="IAM policy", value=f"{POLICY} (inline, on {principal})"),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        """The one inline policy as it is then, other statements in it included."""
        del memory, organization
        kind, name = str(precondition["principal"]).split("/", 1)
        if not precondition["after"]:
            return gone(f"aws_iam_{kind}_policy", f"{name}:{POLICY}")
        document, owner = Document(str(precondition["after"])), f"{kind.capitalize()}Name"
        resource = Resource(
            f"aws_iam_{kind}_policy",
            f"{name} {POLICY}",
            f"{name}:{POLICY}",
            {"name": POLICY, kind: name, "policy": document},
            {"policy": ""} if precondition["before"] else {},
            template=Template(
                f"AWS::IAM::{kind.capitalize()}Policy",
                {"PolicyName": POLICY, owner: name},
                {"PolicyName": POLICY, owner: name, "PolicyDocument": document},
            ),
        )
        return Code((resource,))

    def _hits(self, organization: Organization, changed: list[str]) -> tuple[str, ...]:
        accounts = [organization.accounts_by_id[a] for a in changed if a in organization.accounts_by_id]
        return reach_lines(organization, in_order(organization, accounts))


class GrantAccess(_RoleAccess):
    """Lets a group, user or role of the management account assume the access role in member accounts.

    The role has AdministratorAccess unless somebody has changed it: whoever may assume it may do anything there.
    """

    name: ClassVar = "grant-access"
    wanted: ClassVar = "Give access to accounts"
    irreversible: ClassVar = False
    aliases: ClassVar = ("grant",)
    example: ClassVar = "--principal group/developers --account fullback-staging-web"

    def checked(self, organization: Organization) -> Self:
        for account in map(organization.accounts_by_id.get, self.account):
            if account and not account.is_open:
                raise FieldError(
                    "account", f"{account.name} ({account.id}) is {account.state}, and AWS lets nobody into it."
                )
        return self

    def title(self, organization: Organization) -> str:
        return f"Let {self.principal} assume {self.role} in {self._named(organization)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        principal = find_principal(inputs.aws, self.principal)
        if principal == inputs.aws.identity().principal:
            raise FieldError("principal", f"{principal} is the bot itself, which is given nothing. Choose another one.")
        before = read_policy(inputs.aws, principal)
        arns = _arns(inputs, self.account, self.role)
        missing = [arn for arn in arns if arn not in _granted(before, self.role)]
        if not missing:
            raise FieldError("account", f"{principal} may assume {self.role} there already.")
        after = with_arns(before, self.role, arns)
        _check_size(principal, after)
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(inputs.organization, principal),
            plan=(f"Write the inline policy {POLICY} of {principal}, other statements in it as they are.",),
            hits=self._hits(inputs.organization, [arn.split(":")[4] for arn in missing]),
            diff=document_diff(before, after),
            precondition={"principal": principal, "before": before, "after": after, "changed": missing},
        )

    def try_out(self, inputs: PreviewInput) -> tuple[Notice, ...]:
        return check_exists(inputs, self.account, self.role)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (WriteAccess(precondition),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory
        few = self.account[:MOST_LINKS]
        names = {account: organization.account_label(account).split(" (")[0] for account in few}
        return Closing(
            summary=f"{self.principal} may assume {self.role} in {self._named(organization)}.",
            next=(get_credentials(self.role, *self.account),),
            links=tuple(
                switch_role_link(console, a, self.role, names[a]).model_copy(
                    update={"label": f"Open console: {names[a]}"[:75]}
                )
                for a in few
            ),
            snippets=tuple(cli_profile(console, account, self.role, names[account]) for account in few),
        )

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        accounts = [str(arn).split(":")[4] for arn in precondition["changed"]]
        return (RevokeAccess(principal=str(precondition["principal"]), account=tuple(accounts), role=self.role),)


class RevokeAccess(_RoleAccess):
    """Removes a principal's access to member accounts: a group, user or role of the management account may no longer assume the
    access role there.

    Only what `grant-access` has given is removed; other IAM policies may still allow it. Open sessions go on until they expire.
    """

    name: ClassVar = "revoke-access"
    wanted: ClassVar = "Take away access to accounts"
    part_of: ClassVar = "grant-access"
    irreversible: ClassVar = False
    aliases: ClassVar = ("revoke",)
    example: ClassVar = "--principal group/developers --account fullback-staging-web"

    def title(self, organization: Organization) -> str:
        return f"Stop {self.principal} from assuming {self.role} in {self._named(organization)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        principal = find_principal(inputs.aws, self.principal)
        before = read_policy(inputs.aws, principal)
        arns = [arn for arn in _arns(inputs, self.account, self.role) if arn in _granted(before, self.role)]
        if not arns:
            raise FieldError(
                "account",
                f"{principal} has no such permission by the policy {POLICY}; the bot removes no others.",
            )
        after = without_arns(before, self.role, arns)
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(inputs.organization, principal),
            plan=(f"Write the inline policy {POLICY} of {principal}, other statements in it as they are.",),
            hits=self._hits(inputs.organization, [arn.split(":")[4] for arn in arns]),
            diff=document_diff(before, after),
            precondition={"principal": principal, "before": before, "after": after, "changed": arns},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (WriteAccess(precondition),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"{self.role} in {self._named(organization)} is no longer in the policy {POLICY} of {self.principal}. "
            "Other policies may still allow it.",
        )

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        accounts = [str(arn).split(":")[4] for arn in precondition["changed"]]
        return (GrantAccess(principal=str(precondition["principal"]), account=tuple(accounts), role=self.role),)


def _arns(inputs: PreviewInput, accounts: tuple[str, ...], role: str) -> list[str]:
    """The roles' ARNs, in the partition in which the bot is."""
    return [f"arn:{inputs.aws.identity().partition}:iam::{account}:role/{role}" for account in accounts]


def _sid(role: str) -> str:
    """The statement's name: the bot's own, one for each role; Sids hold letters and digits only."""
    return f"OrgbotAssume{re.sub('[^A-Za-z0-9]', '', role)}"


def _statements(document: str) -> list[dict[str, Any]]:
    found = json.loads(document).get("Statement", []) if document else []
    return list(found) if isinstance(found, list) else [found]


def _granted(document: str, role: str) -> list[str]:
    mine = next((s for s in _statements(document) if s.get("Sid") == _sid(role)), {})
    resources = mine.get("Resource", [])
    return [resources] if isinstance(resources, str) else list(resources)


def with_arns(document: str, role: str, arns: list[str]) -> str:
    """The document with these roles allowed; every other statement as it is."""
    return _written(document, role, sorted({*_granted(document, role), *arns}))


def without_arns(document: str, role: str, arns: list[str]) -> str:
    """The document without these roles; empty when nothing is left in it."""
    return _written(document, role, [arn for arn in _granted(document, role) if arn not in arns])


def _written(document: str, role: str, arns: list[str]) -> str:
    mine = {"Sid": _sid(role), "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arns}
    others = [statement for statement in _statements(document) if statement.get("Sid") != _sid(role)]
    statements = [*others, *([mine] if arns else [])]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else ""


def _check_size(principal: str, document: str) -> None:
    kind, size = principal.partition("/")[0], len(re.sub(r"\s", "", document))
    if size > LIMITS[kind]:
        raise FieldError(
            "account",
            f"the policy of {principal} would have {size:,} characters, and IAM takes {LIMITS[kind]:,} for the inline policies "
            f"of a {kind}. Grant fewer accounts, or make a group for them.",
        )
