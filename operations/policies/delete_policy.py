"""Deleting policies.

Source: AWS Organizations API Reference, "DeletePolicy"; User Guide, "Deleting organization policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import MOST, Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, gone
from operations.core.meaning import same_document
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.policies.common import (
    SEE_POLICIES,
    DescribedPolicy,
    ExistingPolicy,
    describe,
    own,
    policy_facts,
)
from operations.policies.create_policy import CreatePolicy
from operations.policies.diff import document_diff
from operations.snapshot.changes import Change, Gone
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization
from operations.snapshot.places import target_label


class DeletePolicy(Operation):
    """Deletes a policy that is attached to nothing.

    The finished request keeps its document and can create it again, under another id: whatever names the old id doesn't find it.
    """

    name: ClassVar = "delete-policy"
    wanted: ClassVar = "Delete a policy"
    irreversible: ClassVar = False
    family: ClassVar = "Policies"
    needs_all_features: ClassVar = True
    example: ClassVar = "--policy KeepBuckets"
    permissions: ClassVar = (
        Permission("delete policies", ("organizations:DeletePolicy",)),
        SEE_POLICIES,
    )

    policy: ExistingPolicy

    def subject(self) -> str:
        return f"policy:{self.policy}"

    def title(self, organization: Organization) -> str:
        return f"Delete policy {organization.policies.label(self.policy)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        found = own(inputs, self.policy)
        self._check_unattached(inputs, found)
        return Preview(
            title=self.title(inputs.organization),
            facts=policy_facts(found),
            plan=("Delete the policy (DeletePolicy).",),
            hits=("No account: it is attached to nothing.",),
            diff=document_diff(found.content, ""),
            precondition={
                "name": found.name,
                "type": found.type,
                "description": found.description,
                "content": found.content,
            },
        )

    def _check_unattached(self, inputs: PreviewInput, found: DescribedPolicy) -> None:
        key = "Targets"
        targets = list(inputs.aws.pages("organizations", "list_targets_for_policy", key, PolicyId=self.policy))
        if targets:
            places = listed([target_label(inputs.organization, str(target["TargetId"])) for target in targets])
            raise FieldError(
                "policy",
                f"{found.label} is attached to {places}. Detach it there first, then ask again.",
                opens=[self._detaching(inputs, str(target["TargetId"])) for target in targets[:MOST]],
            )

    def _detaching(self, inputs: PreviewInput, target: str) -> Prefilled:
        label = f"Detach from {target_label(inputs.organization, target)[:50]}"
        return Prefilled(operation="detach-policy", label=label, values={"policy": self.policy, "place": target})

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Delete(self.policy, str(precondition["name"]), str(precondition["content"])),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del organization, console
        return Closing(
            summary=f"Policy {memory.get('name', '')} ({self.policy}) deleted.",
            facts=(Fact(label="Policy id", value=self.policy),),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return gone("aws_organizations_policy", self.policy)

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (
            CreatePolicy(
                kind=str(precondition["type"]),
                policy_name=str(precondition["name"]),
                content=str(precondition["content"]),
                description=str(precondition["description"]),
                newer_syntax="YES",  # AWS had taken the document that was there.
            ),
        )


class Delete(Step):
    """Deletes the policy as it was approved, remembered by its `name`; one whose document has changed since is left alone."""

    key = "delete"
    title = "Delete the policy"
    not_done = "The policy was not deleted."

    def __init__(self, policy: str, name: str, content: str) -> None:
        self._policy = policy
        self._name = name
        self._content = content

    def observe(self, world: World) -> Observation:
        found = describe(world.aws, self._policy)
        if found is None:
            return Done("The policy is deleted.", {"name": self._name})
        return Ready() if same_document(found.content, self._content) else Stale("the policy's document was changed.")

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "delete_policy", PolicyId=self._policy)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (Gone(id=self._policy),)
