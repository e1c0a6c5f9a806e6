"""Delegated administrators: member accounts that administer a service for the whole organization.

Source: AWS Organizations API Reference, "RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator"; User Guide,
"Delegated administrator for AWS services that work with Organizations".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from operations.accounts.members import (
    SEE_MEMBERS,
    MemberAccount,
    delegated_services,
    deregistering,
    described,
)
from operations.aws.codes import TRUST
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource, gone
from operations.core.fields import Except
from operations.core.observations import Done, Facts, Observation, Ready
from operations.core.preview import Fact, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.organization.service_access import SEE_SERVICES, Service, administrators, enabled_services
from operations.snapshot.names import counted, listed
from operations.snapshot.organization import Organization
from operations.snapshot.services import ONE_ADMINISTRATOR, service_label, service_name

DELEGATED = "aws_organizations_delegated_administrator"


class _Delegation(Operation):
    """One account for one service."""

    family: ClassVar = "Trusted access"
    needs_all_features: ClassVar = True

    account: Annotated[MemberAccount, Except("which cannot be a delegated administrator")]
    service: Service

    def subject(self) -> str:
        return f"delegate:{self.account}:{self.service}"

    def _import_id(self) -> str:
        return f"{self.account}/{self.service}"

    def _facts(self, organization: Organization, services: Sequence[str]) -> tuple[Fact, ...]:
        others = [service for service in services if service != self.service]
        return (
            Fact(label="Account", value=organization.account_label(self.account)),
            Fact(label="Service", value=service_label(self.service)),
            Fact(label="Already administers", value=listed(others) or "nothing else"),
        )


class RegisterDelegatedAdministrator(_Delegation):
    """Makes a member account the delegated administrator of a service: it may administer it for all accounts.

    Service control policies bind a delegated administrator, unlike the management account.
    """

    name: ClassVar = "register-delegated-administrator"
    wanted: ClassVar = "Make an account the administrator of a service"
    irreversible: ClassVar = False
    example: ClassVar = "--account fullback-audit --service cloudtrail.amazonaws.com"
    permissions: ClassVar = (
        Permission(
            "register delegated administrators",
            ("organizations:RegisterDelegatedAdministrator",),
        ),
        *SEE_MEMBERS,
        SEE_SERVICES,
    )

    def title(self, organization: Organization) -> str:
        label = organization.account_label(self.account)
        return f"Make {label} delegated administrator for {service_name(self.service)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        if self.service not in enabled_services(inputs.aws):
            raise FieldError(
                "service",
                f"{service_label(self.service)} has no trusted access. Enable it first, then ask again.",
                opens=(TRUST.filled({"service": self.service}),),
            )
        found = described(inputs, self.account)
        if found.state != "ACTIVE":
            raise FieldError(
                "account", f"the account is {found.state}, and only an ACTIVE one can administer a service."
            )
        services = delegated_services(inputs.aws, self.account)
        if self.service in services:
            raise FieldError("account", f"the account is a delegated administrator for {self.service} already.")
        self._check_place(inputs)
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(inputs.organization, services),
            plan=("Register the delegated administrator (RegisterDelegatedAdministrator).",),
            hits=(f"{counted(len(inputs.organization.accounts), 'account')}, for this service",),
        )

    def _check_place(self, inputs: PreviewInput) -> None:
        found = administrators(inputs.aws, self.service) if self.service in ONE_ADMINISTRATOR else []
        if found:
            raise FieldError(
                "service",
                f"{service_name(self.service)} takes one delegated administrator, and "
                f"{inputs.organization.account_label(found[0])} is it. Remove that first, then ask again.",
                opens=[deregistering(found[0], self.service, inputs.organization.account_label(found[0]))],
            )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Delegate(self.account, self.service, on=True),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        label = organization.account_label(self.account)
        return Closing(summary=f"{label} is now delegated administrator for {service_label(self.service)}.")

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        resource = Resource(
            DELEGATED,
            f"{organization.account_label(self.account).split(' (')[0]} {self.service.split('.')[0]}",
            self._import_id(),
            {"account_id": self.account, "service_principal": self.service},
        )
        return Code((resource,))

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (DeregisterDelegatedAdministrator(account=self.account, service=self.service),)


class DeregisterDelegatedAdministrator(_Delegation):
    """Removes an account as delegated administrator of a service.

    Some services then delete what it has set up for the organization: look in the service first.
    """

    name: ClassVar = "deregister-delegated-administrator"
    wanted: ClassVar = "Remove an account as the administrator of a service"
    irreversible: ClassVar = False
    example: ClassVar = "--account fullback-audit --service cloudtrail.amazonaws.com"
    permissions: ClassVar = (
        Permission(
            "deregister delegated administrators",
            ("organizations:DeregisterDelegatedAdministrator",),
        ),
        *SEE_MEMBERS,
    )

    def title(self, organization: Organization) -> str:
        label = organization.account_label(self.account)
        return f"Remove {label} as delegated administrator for {service_name(self.service)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        services = delegated_services(inputs.aws, self.account)
        if self.service not in services:
            has = f"It is one for {listed(services)}." if services else "It is one for no service."
            raise FieldError("account", f"the account is not a delegated administrator for {self.service}. {has}")
        return Preview(
            title=self.title(inputs.organization),
            facts=self._facts(inputs.organization, services),
            plan=("Deregister the delegated administrator (DeregisterDelegatedAdministrator).",),
            hits=(f"{counted(len(inputs.organization.accounts), 'account')}, for this service",),
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Delegate(self.account, self.service, on=False),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        label = organization.account_label(self.account)
        return Closing(summary=f"{label} is no longer delegated administrator for {service_label(self.service)}.")

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return gone(DELEGATED, self._import_id())

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (RegisterDelegatedAdministrator(account=self.account, service=self.service),)


class Delegate(Step):
    """Registers or deregisters one account for one service."""

    key = "delegate"
    title = "Change the delegated administrator"
    not_done = "The delegated administrator was not changed."

    def __init__(self, account: str, service: str, *, on: bool) -> None:
        self._account = account
        self._service = service
        self._on = on

    def observe(self, world: World) -> Observation:
        if (self._service in delegated_services(world.aws, self._account)) == self._on:
            return Done(f"The delegated administrator is {'registered' if self._on else 'deregistered'}.")
        return Ready()

    def act(self, world: World) -> Facts:
        method = "register_delegated_administrator" if self._on else "deregister_delegated_administrator"
        world.aws.write("organizations", method, AccountId=self._account, ServicePrincipal=self._service)
        return {}
