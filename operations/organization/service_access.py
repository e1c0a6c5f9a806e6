"""Trusted access: which AWS services may work in all accounts of the organization.

Source: AWS Organizations API Reference, "EnableAWSServiceAccess", "DisableAWSServiceAccess"; User Guide, "Using AWS
Organizations with other AWS services".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from operations.accounts.members import deregistering
from operations.aws.client import Aws
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import MOST, Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import FieldKind, Flag, Reach, whole
from operations.core.observations import Done, Facts, Observation, Ready
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution
from operations.core.steps import Step, World
from operations.organization.create_organization import SERVICES, organization_code
from operations.snapshot.changes import Change, ServiceIs
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization
from operations.snapshot.policy_types import NEEDS_SERVICE, label
from operations.snapshot.services import is_known, service_label, service_name

SEE_SERVICES = Permission(
    "see which services have trusted access, and their delegated administrators",
    ("organizations:ListAWSServiceAccessForOrganization", "organizations:ListDelegatedAdministrators"),
)
Service = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Flag(
        ("--service", "--service-principal"),
        "Service",
        FieldKind.SERVICE,
        hint="Service principal or name",
        placeholder="guardduty.amazonaws.com",
    ),
]


def enabled_services(aws: Aws) -> set[str]:
    """The service principals with trusted access; raises AwsError."""
    key = "EnabledServicePrincipals"
    pages = aws.pages("organizations", "list_aws_service_access_for_organization", key)
    return {str(service["ServicePrincipal"]) for service in pages}


def administrators(aws: Aws, service: str) -> list[str]:
    """The ids of the delegated administrators of a service; raises AwsError."""
    key = "DelegatedAdministrators"
    pages = aws.pages("organizations", "list_delegated_administrators", key, ServicePrincipal=service)
    return [str(account["Id"]) for account in pages]


class _ServiceAccess(Operation):
    """One service's trusted access."""

    family: ClassVar = "Trusted access"
    needs_all_features: ClassVar = True

    service: Service

    def subject(self) -> str:
        return f"service:{self.service}"

    def reach(self, organization: Organization) -> Reach:
        return whole(organization)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        return organization_code(organization, SERVICES)

    def _facts(self) -> tuple[Fact, ...]:
        return (Fact(label="Service", value=service_name(self.service)), Fact(label="Principal", value=self.service))


class EnableServiceAccess(_ServiceAccess):
    """Gives an AWS service trusted access, so that it may work in all accounts of the organization.

    AWS recommends to do this in the service itself, which then sets up all that it needs, such as service-linked roles.
    """

    name: ClassVar = "enable-service-access"
    wanted: ClassVar = "Let an AWS service work in all accounts"
    irreversible: ClassVar = False
    aliases: ClassVar = ("enable-aws-service-access",)
    example: ClassVar = "--service guardduty.amazonaws.com"
    permissions: ClassVar = (
        Permission("enable trusted access", ("organizations:EnableAWSServiceAccess",)),
        SEE_SERVICES,
    )

    def title(self, organization: Organization) -> str:
        del organization
        return f"Enable trusted access for {service_label(self.service)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        if self.service in enabled_services(inputs.aws):
            raise FieldError("service", f"{service_label(self.service)} has trusted access already.")
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(),
            plan=("Enable trusted access (EnableAWSServiceAccess).",),
            warnings=self._unknown(),
            hits=(f"{len(inputs.organization.accounts)} accounts, the management account included",),
        )

    def _unknown(self) -> tuple[Notice, ...]:
        """The list of services is AWS's, and grows."""
        if is_known(self.service):
            return ()
        return (caution(f"{self.service} is no service that the bot knows. AWS decides."),)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Switch(self.service, on=True),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, organization, console
        return Closing(summary=f"Trusted access enabled for {service_label(self.service)}.", facts=self._facts())

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (DisableServiceAccess(service=self.service),)


class DisableServiceAccess(_ServiceAccess):
    """Removes an AWS service's trusted access.

    AWS strongly recommends to do this in the service itself, which then cleans up after itself; done here, it doesn't.
    """

    name: ClassVar = "disable-service-access"
    wanted: ClassVar = "Stop an AWS service from working in all accounts"
    irreversible: ClassVar = False
    aliases: ClassVar = ("disable-aws-service-access",)
    example: ClassVar = "--service cloudtrail.amazonaws.com"
    permissions: ClassVar = (
        Permission("disable trusted access", ("organizations:DisableAWSServiceAccess",)),
        SEE_SERVICES,
    )

    def title(self, organization: Organization) -> str:
        del organization
        return f"Disable trusted access for {service_label(self.service)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        if self.service not in enabled_services(inputs.aws):
            raise FieldError(
                "service", f"{service_label(self.service)} has no trusted access. `/org services` lists who has."
            )
        self._check_no_policy_type(inputs.organization)
        self._check_no_administrators(inputs)
        name = service_name(self.service)
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(),
            plan=(
                "Disable trusted access (DisableAWSServiceAccess).",
                f"{name} stops working in the member accounts; its service-linked roles stay there.",
            ),
            hits=(f"{len(inputs.organization.accounts)} accounts, the management account included",),
        )

    def _check_no_policy_type(self, organization: Organization) -> None:
        enabled = organization.policies.types
        kinds = [kind for kind, service in NEEDS_SERVICE.items() if service == self.service and kind in enabled]
        if kinds:
            raise FieldError(
                "service",
                f"{listed([label(kind) for kind in kinds])} needs it and is enabled. Turn that off first, then ask again.",
                opens=[Prefilled(operation="disable-policy-type", values={"kind": kind}) for kind in kinds],
            )

    def _check_no_administrators(self, inputs: PreviewInput) -> None:
        found = administrators(inputs.aws, self.service)
        if found:
            names = listed([inputs.organization.account_label(account) for account in found])
            raise FieldError(
                "service",
                f"{names} is a delegated administrator for it. Remove that first, then ask again.",
                opens=[
                    deregistering(account, self.service, inputs.organization.account_label(account))
                    for account in found[:MOST]
                ],
            )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Switch(self.service, on=False),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, organization, console
        return Closing(summary=f"Trusted access disabled for {service_label(self.service)}.", facts=self._facts())

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (EnableServiceAccess(service=self.service),)


class Switch(Step):
    """Enables or disables one service's trusted access; both can be repeated without harm."""

    key = "service-access"
    title = "Change the service's trusted access"
    not_done = "Trusted access was not changed."

    def __init__(self, service: str, *, on: bool) -> None:
        self._service = service
        self._on = on

    def observe(self, world: World) -> Observation:
        if (self._service in enabled_services(world.aws)) == self._on:
            return Done(f"Trusted access is {'enabled' if self._on else 'disabled'}.")
        return Ready()

    def act(self, world: World) -> Facts:
        method = "enable_aws_service_access" if self._on else "disable_aws_service_access"
        world.aws.write("organizations", method, ServicePrincipal=self._service)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (ServiceIs(principal=self._service, on=self._on),)
