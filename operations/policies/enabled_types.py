"""Enabling and disabling policy types at the root.

Source: AWS Organizations API Reference, "EnablePolicyType", "DisablePolicyType"; User Guide, "Enabling and disabling policy types".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from operations.aws.codes import TRUST
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import Reach, whole
from operations.core.observations import Done, Facts, Observation, Ready, Waiting
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution, danger, fact
from operations.core.steps import Step, World
from operations.organization.create_organization import TYPES, organization_code
from operations.organization.service_access import SEE_SERVICES, enabled_services
from operations.policies.common import FULL_ACCESS, PolicyType, type_status
from operations.snapshot.changes import ENABLED, Change, TypeIs
from operations.snapshot.names import counted, listed
from operations.snapshot.organization import Organization
from operations.snapshot.places import in_order, reach_lines, reached, target_label
from operations.snapshot.policy_types import NEEDS_SERVICE, RCP, SCP, label
from operations.snapshot.services import service_label

SEE_TYPES = Permission("see which policy types are enabled", ("organizations:ListRoots",))


class _TypeSwitch(Operation):
    """One policy type, at the organization's root."""

    family: ClassVar = "Policies"
    needs_all_features: ClassVar = True

    kind: PolicyType

    def subject(self) -> str:
        return f"policy-type:{self.kind}"

    def reach(self, organization: Organization) -> Reach:
        return whole(organization)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        return organization_code(organization, TYPES)


class EnablePolicyType(_TypeSwitch):
    """Enables a policy type at the root, so that policies of this type can be attached.

    With service control policies AWS attaches FullAWSAccess to the root, every organizational unit and every account;
    nothing is limited until another policy is attached.
    """

    name: ClassVar = "enable-policy-type"
    wanted: ClassVar = "Turn on a policy type"
    irreversible: ClassVar = False
    example: ClassVar = "--type backup"
    permissions: ClassVar = (
        Permission("enable policy types", ("organizations:EnablePolicyType",)),
        SEE_TYPES,
        SEE_SERVICES,
    )

    def title(self, organization: Organization) -> str:
        del organization
        return f"Enable policy type {label(self.kind)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        status = type_status(inputs.aws, self.kind)
        if status in ("ENABLED", "PENDING_ENABLE"):
            raise FieldError("kind", f"{label(self.kind)} is enabled already ({status}).")
        self._check_service(inputs)
        return Preview(
            title=self.title(inputs.organization),
            facts=(Fact(label="Policy type", value=f"{label(self.kind)} ({self.kind})"),),
            plan=(f"Enable {self.kind} at the root (EnablePolicyType).", "Wait until AWS says ENABLED."),
            warnings=self._warnings(),
            precondition={"root": inputs.organization.root},
        )

    def _check_service(self, inputs: PreviewInput) -> None:
        service = NEEDS_SERVICE.get(self.kind)
        if service and service not in enabled_services(inputs.aws):
            raise FieldError(
                "kind",
                f"a {label(self.kind)} needs trusted access for {service_label(service)}. Enable it first, then ask again.",
                opens=(TRUST.filled({"service": service}),),
            )

    def _warnings(self) -> tuple[Notice, ...]:
        if self.kind in (SCP, RCP):
            return (
                fact(f"AWS attaches {'RCP' if self.kind == RCP else ''}FullAWSAccess everywhere; it limits nothing."),
            )
        return ()

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Enable(self.kind, str(precondition["root"])),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, organization, console
        return Closing(summary=f"Policy type {label(self.kind)} enabled.")

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (DisablePolicyType(kind=self.kind),)


class DisablePolicyType(_TypeSwitch):
    """Disables a policy type at the root: every policy of this type is detached everywhere and stops applying.

    Enabling the type again does not bring the attachments back.
    """

    name: ClassVar = "disable-policy-type"
    wanted: ClassVar = "Turn off a policy type"
    irreversible: ClassVar = True
    example: ClassVar = "--type tag"
    permissions: ClassVar = (
        Permission("disable policy types", ("organizations:DisablePolicyType",)),
        SEE_TYPES,
    )

    def title(self, organization: Organization) -> str:
        del organization
        return f"Disable policy type {label(self.kind)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        status = type_status(inputs.aws, self.kind)
        if status in ("", "PENDING_DISABLE"):
            raise FieldError("kind", f"{label(self.kind)} is not enabled{f' ({status})' if status else ''}.")
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Policy type", value=f"{label(self.kind)} ({self.kind})"),
                Fact(label="Attached now", value=self._attached(inputs.organization)),
            ),
            plan=(f"Disable {self.kind} at the root (DisablePolicyType).", "Wait until AWS has detached all of them."),
            warnings=(
                danger("Every policy of this type stops applying. Enabling the type again doesn't attach them again."),
                *(
                    caution(f"What this hits is not fully known: {gap}.")
                    for gap in inputs.organization.policies.gaps(self.kind)
                ),
            ),
            hits=self._hits(inputs.organization),
            precondition={"root": inputs.organization.root, "attached": self._attachments(inputs.organization)},
        )

    def _attachments(self, organization: Organization) -> list[list[str]]:
        """Pairs of policy and target, without AWS's own, which are everywhere."""
        return sorted(
            [policy.id, target]
            for policy in organization.policies.known
            if policy.type == self.kind and policy.id not in FULL_ACCESS
            for target in organization.policies.targets.get(policy.id, ())
        )

    def _attached(self, organization: Organization) -> str:
        pairs = [
            f"{organization.policies.label(policy)} to {target_label(organization, target)}"
            for policy, target in self._attachments(organization)
        ]
        gaps = organization.policies.gaps(self.kind)
        if gaps:
            return f"{listed(pairs)}; {'; '.join(gaps)}".removeprefix("; ")
        return listed(pairs) or "no policy but AWS's own"

    def _hits(self, organization: Organization) -> tuple[str, ...]:
        own = {policy for policy, _ in self._attachments(organization)}
        accounts = {account.id: account for policy in own for account in reached(organization, policy)}
        if organization.policies.gaps(self.kind):
            least = f"At least {counted(len(accounts), 'account')}; not" if accounts else "Not"
            return (f"{least} all of it could be read",)
        return reach_lines(organization, in_order(organization, accounts.values()))

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Disable(self.kind, str(precondition["root"])),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, organization, console
        return Closing(summary=f"Policy type {label(self.kind)} disabled.")

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (EnablePolicyType(kind=self.kind),)


class _Step(Step):
    not_done = "The policy type was not changed."

    def __init__(self, kind: str, root: str) -> None:
        self._kind = kind
        self._root = root

    def _call(self, world: World, method: str) -> Facts:
        world.aws.write("organizations", method, RootId=self._root, PolicyType=self._kind)
        return {}


class Enable(_Step):
    """Enables the type and waits until AWS has done so everywhere."""

    key = "enable"
    title = "Enable the policy type"

    def observe(self, world: World) -> Observation:
        status = type_status(world.aws, self._kind)
        if status == "ENABLED":
            return Done("The policy type is enabled.")
        return Waiting(f"AWS is changing the policy type ({status}).") if status else Ready()

    def act(self, world: World) -> Facts:
        return self._call(world, "enable_policy_type")

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (TypeIs(type=self._kind, status=ENABLED),)


class Disable(_Step):
    """Disables the type and waits until AWS has detached its policies."""

    key = "disable"
    title = "Disable the policy type"

    def observe(self, world: World) -> Observation:
        status = type_status(world.aws, self._kind)
        if not status:
            return Done("The policy type is disabled.")
        return Waiting(f"AWS is changing the policy type ({status}).") if status != "ENABLED" else Ready()

    def act(self, world: World) -> Facts:
        return self._call(world, "disable_policy_type")

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (TypeIs(type=self._kind, status=""),)
