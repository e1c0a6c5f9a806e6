"""Creating the organization.

Source: AWS Organizations API Reference, "CreateOrganization"; User Guide, "Creating an organization".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator

from operations.aws.client import Answer, Aws
from operations.aws.errors import FieldError, RefusedError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource, Template
from operations.core.fields import Choice, FieldKind, Flag, Reach, whole
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Notice, Preview, PreviewInput, fact
from operations.core.steps import Step, World
from operations.snapshot.changes import ENABLED, Change, OrganizationIs, TypeIs
from operations.snapshot.organization import Organization
from operations.snapshot.reader import policy_statuses
from operations.snapshot.standing import management_of

SERVICES, TYPES = "aws_service_access_principals", "enabled_policy_types"  # As Terraform's provider has them.
NONE_YET = "AWSOrganizationsNotInUseException"
SETS = (
    Choice("ALL", "All features: policies, trusted access and one bill", ("all", "all-features")),
    Choice(
        "CONSOLIDATED_BILLING", "Consolidated billing: one bill, and nothing else", ("billing", "consolidated-billing")
    ),
)


def _folded(value: Any) -> Any:
    folded = str(value).strip().casefold()
    return next((c.value for c in SETS if folded in (c.value.casefold(), *c.words)), value)


class CreateOrganization(Operation):
    """Creates the organization; the bot's own AWS account becomes its management account.

    With all features the organization has policies and trusted access; with consolidated billing it has one bill only, and
    all features can be enabled later, for good. The management account pays for all members, and stays the management account
    until every member is removed and the organization is deleted.
    """

    name: ClassVar = "create-organization"
    wanted: ClassVar = "Create the organization"
    irreversible: ClassVar = False
    family: ClassVar = "Organization"
    example: ClassVar = "--feature-set ALL"
    founds: ClassVar = True
    permissions: ClassVar = (
        Permission(
            "create the organization", ("organizations:CreateOrganization", "organizations:DescribeOrganization")
        ),
        Permission("see what it begins with", ("organizations:DescribeAccount", "organizations:ListRoots")),
        Permission(
            "let AWS Organizations make its service-linked role",
            ("iam:CreateServiceLinkedRole",),
            condition=(("StringEquals", "iam:AWSServiceName", ("organizations.amazonaws.com",)),),
        ),
    )

    feature_set: Annotated[
        Literal["ALL", "CONSOLIDATED_BILLING"],
        BeforeValidator(_folded),
        Flag(("--feature-set",), "Features", FieldKind.CHOICE, choices=SETS),
    ] = "ALL"

    def checked(self, organization: Organization) -> Self:
        if organization.id:
            raise FieldError("feature_set", f"there is an organization already: {organization.id}.")
        return self

    def subject(self) -> str:
        return "organization"

    def reach(self, organization: Organization) -> Reach:
        return whole(organization)

    def title(self, organization: Organization) -> str:
        return f"Create the organization, managed by {organization.management_account}"

    def preview(self, inputs: PreviewInput) -> Preview:
        if inputs.organization.id:
            raise FieldError("feature_set", f"there is an organization already: {inputs.organization.id}.")
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Management account", value=inputs.organization.management_account),
                Fact(label="Features", value=next(c.label for c in SETS if c.value == self.feature_set)),
            ),
            plan=("Create the organization (CreateOrganization).", "AWS sends an e-mail to verify the address."),
            warnings=self._warnings(),
            hits=("1 account, which becomes the management account",),
            precondition={"account": inputs.organization.management_account},
        )

    def _warnings(self) -> tuple[Notice, ...]:
        if self.feature_set == "ALL":
            return ()
        return (fact("Without all features there are no policies and no trusted access. They can be enabled later."),)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Found(self.feature_set, str(precondition.get("account", ""))),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        return organization_code(organization)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del console, organization
        return Closing(
            summary=f"Organization {memory['organization']} created.",
            facts=(Fact(label="Organization id", value=str(memory["organization"])),),
            next=(
                Prefilled(operation="create-ou", label="Create an OU"),
                Prefilled(operation="create-account", label="Create an account"),
                Prefilled(operation="invite-account", label="Invite an account"),
            ),
        )


def organization_code(organization: Organization, *changed: str) -> Code:
    """The organization as infrastructure code, with the names of the arguments that were changed.

    Services that AWS has not told are neither given nor compared, else a plan would take their access away.
    """
    features = organization.feature_set
    enabled = sorted(kind for kind, status in organization.policies.types.items() if status == ENABLED)
    unread = bool(organization.services_unread)
    services = {} if unread else {SERVICES: sorted(organization.services)}
    template = Template("AWS::Organizations::Organization", {"Id": organization.id}, {"FeatureSet": features})
    resource = Resource(
        "aws_organizations_organization",
        "organization",
        organization.id,
        {"feature_set": features, **({**services, TYPES: enabled} if features == "ALL" else {})},
        dict.fromkeys(changed, ""),
        (SERVICES,) if unread else (),
        template if changed in ((), ("feature_set",)) else None,  # CloudFormation knows nothing else of it.
    )
    return Code((resource,))


class Found(Step):
    """Creates the organization; one of the same kind that is there, whoever has created it in this account, is the goal reached."""

    key = "found"
    title = "Create the organization"
    not_done = "The organization was not created."

    def __init__(self, feature_set: str, account: str = "") -> None:
        self._feature_set = feature_set
        self._account = account

    def observe(self, world: World) -> Observation:
        try:
            found = world.aws.read("organizations", "describe_organization")["Organization"]
        except RefusedError as error:
            if error.code != NONE_YET:
                raise
            return Ready()
        other = self._other(found)
        return Stale(other) if other else Done(f"The organization {found['Id']} is there.", _begun(world.aws, found))

    def _other(self, found: Answer) -> str:
        """What the organization that is there is instead; empty where it is as wanted."""
        managed, features = management_of(found), str(found.get("FeatureSet", ""))
        if self._account and managed != self._account:
            return (
                f"the account {self._account} is a member of the organization {found['Id']}, which {managed} manages."
            )
        return (
            f"there is an organization, {found['Id']}, with the features {features}."
            if features != self._feature_set
            else ""
        )

    def act(self, world: World) -> Facts:
        answer = world.aws.write("organizations", "create_organization", FeatureSet=self._feature_set)
        return {"organization": str(answer["Organization"]["Id"])}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        about = {key: str(memory[key]) for key in ("feature_set", "root", "email", "name")}
        return (OrganizationIs(id=str(memory["organization"]), **about), *types_are(memory["types"]))


def _begun(aws: Aws, found: Answer) -> Facts:
    """What a new organization begins with: `root`, `types`, and its management account's `name` and `email`; raises AwsError."""
    account = aws.read("organizations", "describe_account", AccountId=found["MasterAccountId"])["Account"]
    return {
        "organization": str(found["Id"]),
        "feature_set": str(found.get("FeatureSet", "")),
        "name": str(account.get("Name", "")),
        "email": str(account.get("Email", "")),
        **types_at_root(aws),
    }


def types_at_root(aws: Aws) -> dict[str, Any]:
    """The id of the `root`, and the `types` of policies with their status there; raises AwsError."""
    root = next(aws.pages("organizations", "list_roots", "Roots"))
    return {"root": str(root["Id"]), "types": policy_statuses(root)}


def types_are(statuses: Mapping[str, str]) -> tuple[Change, ...]:
    """What the snapshot knows better from the types and their status."""
    return tuple(TypeIs(type=kind, status=status) for kind, status in statuses.items())
