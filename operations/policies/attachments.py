"""Attaching policies to roots, organizational units and accounts, and detaching them.

Source: AWS Organizations API Reference, "AttachPolicy", "DetachPolicy"; User Guide, "Attaching and detaching policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource, gone
from operations.core.fields import FieldKind, Flag
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution, danger
from operations.core.steps import Step
from operations.policies.attachment_steps import Attach, Detach
from operations.policies.common import (
    FULL_ACCESS,
    SEE_POLICIES,
    DescribedPolicy,
    ExistingPolicy,
    attached,
    check_enabled,
    existing,
    hits,
    management_warning,
    policy_facts,
)
from operations.policies.diff import document_diff
from operations.policies.lockout import allows, lockout_warnings
from operations.snapshot.organization import Organization
from operations.snapshot.places import accounts_beneath, chain, target_label
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import SCP, is_authorization, limits

Target = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    Flag(("--target", "--target-id"), "Target", FieldKind.TARGET, hint="Path of an OU (/ is the root), or an account"),
]


ATTACHMENT = "aws_organizations_policy_attachment"


class _Attachment(Operation):
    """One policy at one place."""

    family: ClassVar = "Policies"
    needs_all_features: ClassVar = True

    policy: ExistingPolicy
    place: Target

    def subject(self) -> str:
        return f"attachment:{self.policy}:{self.place}"

    def _import_id(self) -> str:
        return f"{self.place}:{self.policy}"

    def _facts(self, inputs: PreviewInput, found: DescribedPolicy, there: tuple[Policy, ...]) -> tuple[Fact, ...]:
        most = limits(found.type).attached
        used = f"{len(there)} of {most} in use" if most else f"{len(there)} in use; AWS decides how many may be"
        above = ", ".join(map(inputs.organization.path_of, self._above(inputs.organization)))
        return (
            *policy_facts(found),
            Fact(label="Target", value=target_label(inputs.organization, self.place)),
            Fact(label="Policies of this type there", value=used),
            *self._anyway(inputs.organization, above),
        )

    def _anyway(self, organization: Organization, above: str) -> tuple[Fact, ...]:
        why = organization.policies.untold(self.policy)
        value = f"could not be read: {why}" if why else above
        return (Fact(label="Applies there anyway, from", value=value),) if value else ()

    def _above(self, organization: Organization) -> tuple[str, ...]:
        """The roots and OUs above the target to which the policy is attached as well."""
        targets = organization.policies.targets.get(self.policy, ())
        return tuple(unit for unit in chain(organization, self.place)[:-1] if unit in targets)

    def _diff(self, organization: Organization, found: DescribedPolicy, before: str, after: str) -> str:
        """What changes for the target: nothing where the policy applies from above.

        A service control policy that allows is another matter, because what is allowed has to be so at every level.
        """
        at_each_level = found.type == SCP and allows(found.content)
        return document_diff(before, after) if at_each_level or not self._above(organization) else ""


class AttachPolicy(_Attachment):
    """Attaches a policy to the root, an organizational unit or an account.

    It applies at once to every account beneath. Service and resource control policies limit what the accounts may do;
    the other types give them settings.
    """

    name: ClassVar = "attach-policy"
    wanted: ClassVar = "Attach a policy"
    irreversible: ClassVar = False
    picture: ClassVar = True
    aliases: ClassVar = ("attach",)
    example: ClassVar = "--policy ProtectAuditTrail --target /Workloads"
    permissions: ClassVar = (
        Permission("attach policies", ("organizations:AttachPolicy",)),
        SEE_POLICIES,
    )

    def title(self, organization: Organization) -> str:
        return f"Attach {organization.policies.label(self.policy)} to {target_label(organization, self.place)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization, found = inputs.organization, existing(inputs, self.policy)
        check_enabled(inputs, found.type, "policy")
        there = attached(inputs.aws, self.place, found.type)
        self._check_free(organization, found, there)
        accounts = accounts_beneath(organization, self.place)
        return Preview(
            title=self.title(organization),
            facts=self._facts(inputs, found, there),
            plan=(f"Attach the policy to {target_label(organization, self.place)} (AttachPolicy).",),
            warnings=(
                *lockout_warnings(found.content, found.type),
                *_wide(organization, self.place),
                *management_warning(organization, found.type, accounts),
            ),
            hits=hits(organization, found.type, accounts),
            diff=self._diff(organization, found, "", found.content),
            precondition={"type": found.type, "document": found.seal},
        )

    def _check_free(self, organization: Organization, found: DescribedPolicy, there: tuple[Policy, ...]) -> None:
        place = target_label(organization, self.place)
        if self.policy in {policy.id for policy in there}:
            raise FieldError("place", f"{found.label} is attached to {place} already.")
        most = limits(found.type).attached
        if most and len(there) >= most:
            names = ", ".join(policy.name for policy in there)
            raise FieldError(
                "place",
                f"{place} has its {most} policies of this type already ({names}). Detach one of them first, then ask again.",
                opens=(Prefilled(operation="detach-policy", values={"place": self.place}),),
            )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Attach(self.policy, self.place, precondition),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        place = target_label(organization, self.place)
        return Closing(summary=f"{organization.policies.label(self.policy)} attached to {place}.")

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        policy = organization.policies.label(self.policy).split(" (")[0]
        place = target_label(organization, self.place).split(" (")[0]
        resource = Resource(
            ATTACHMENT, f"{policy} {place}", self._import_id(), {"policy_id": self.policy, "target_id": self.place}
        )
        return Code((resource,), "CloudFormation has this in `TargetIds` of the policy itself.")

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (DetachPolicy(policy=self.policy, place=self.place),)


class DetachPolicy(_Attachment):
    """Detaches a policy from the root, an organizational unit or an account.

    It stops applying at once to the accounts beneath, unless it reaches them from another place as well.
    """

    name: ClassVar = "detach-policy"
    wanted: ClassVar = "Detach a policy"
    irreversible: ClassVar = False
    picture: ClassVar = True
    aliases: ClassVar = ("detach",)
    example: ClassVar = "--policy RestrictRegions --target /Workloads"
    permissions: ClassVar = (
        Permission("detach policies", ("organizations:DetachPolicy",)),
        SEE_POLICIES,
    )

    def title(self, organization: Organization) -> str:
        return f"Detach {organization.policies.label(self.policy)} from {target_label(organization, self.place)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        organization, found = inputs.organization, existing(inputs, self.policy)
        there = attached(inputs.aws, self.place, found.type)
        self._check_detachable(organization, found, there)
        accounts = accounts_beneath(organization, self.place)
        return Preview(
            title=self.title(organization),
            facts=self._facts(inputs, found, there),
            plan=(f"Detach the policy from {target_label(organization, self.place)} (DetachPolicy).",),
            warnings=(
                *_without_full_access(found, there),
                *_wide(organization, self.place),
                *management_warning(organization, found.type, accounts),
            ),
            hits=hits(organization, found.type, accounts),
            diff=self._diff(organization, found, found.content, ""),
            precondition={"type": found.type, "document": found.seal},
        )

    def _check_detachable(self, organization: Organization, found: DescribedPolicy, there: tuple[Policy, ...]) -> None:
        place = target_label(organization, self.place)
        if self.policy not in {policy.id for policy in there}:
            raise FieldError(
                "place", f"{found.label} is not attached to {place} itself. Look at `/org policy {found.id}`."
            )
        if found.type == SCP and len(there) == 1:
            raise FieldError(
                "policy",
                f"{found.label} is the last service control policy on {place}, and AWS wants at least one there. "
                "Attach another first, such as FullAWSAccess, then ask again.",
                opens=(Prefilled(operation="attach-policy", values={"place": self.place}),),
            )
        if found.aws_managed and found.type != SCP and is_authorization(found.type):
            raise FieldError("policy", f"{found.label} cannot be detached; AWS keeps it on every target.")

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Detach(self.policy, self.place, precondition),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        place = target_label(organization, self.place)
        return Closing(summary=f"{organization.policies.label(self.policy)} detached from {place}.")

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return gone(ATTACHMENT, self._import_id())

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition, memory
        return (AttachPolicy(policy=self.policy, place=self.place),)


def _wide(organization: Organization, target: str) -> tuple[Notice, ...]:
    if target != organization.root:
        return ()
    return (
        caution(
            "The target is the root, so this hits the whole organization. Try it on one organizational unit first."
        ),
    )


def _without_full_access(found: DescribedPolicy, there: tuple[Policy, ...]) -> tuple[Notice, ...]:
    if found.id != FULL_ACCESS[0]:
        return ()
    left = ", ".join(policy.name for policy in there if policy.id != found.id)
    warning = (
        f"Without FullAWSAccess only what {left} allows is still allowed beneath. When none of them has a broad Allow, "
        "everything in these accounts stops working."
    )
    return (danger(warning),)
