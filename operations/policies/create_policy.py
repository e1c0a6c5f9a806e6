"""Creating policies of every type.

Source: AWS Organizations API Reference, "CreatePolicy"; User Guide, "Creating organization policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation, named
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import Flag, Reach
from operations.core.meaning import same_document
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Notice, Preview, PreviewInput, fact
from operations.core.steps import Step, World
from operations.policies.analysis import CHECK_PERMISSION
from operations.policies.common import (
    SEE_POLICIES,
    DescribedPolicy,
    Description,
    PolicyName,
    PolicyType,
    describe,
    policy_code,
)
from operations.policies.content import Content, NewerSyntax, read_content, size_fact, verdict
from operations.policies.diff import document_diff
from operations.snapshot.changes import Change, PolicyIs
from operations.snapshot.organization import Organization
from operations.snapshot.policy_types import label

KINDS = "organizations:PolicyType"


class CreatePolicy(Operation):
    """Creates a policy of any type.

    It has no effect until it is attached to the root, an organizational unit or an account.
    """

    name: ClassVar = "create-policy"
    wanted: ClassVar = "New policy"
    irreversible: ClassVar = False
    family: ClassVar = "Policies"
    needs_all_features: ClassVar = True
    example: ClassVar = (
        '--type scp --name KeepBuckets --content {"Version": "2012-10-17", "Statement": '
        '[{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]}'
    )
    permissions: ClassVar = (
        Permission("create policies", ("organizations:CreatePolicy",)),
        SEE_POLICIES,
        CHECK_PERMISSION,
    )

    kind: PolicyType
    policy_name: Annotated[PolicyName, Flag(("--name",), "Name", placeholder="DenyLeavingOrganization")]
    content: Content
    description: Annotated[Description, Flag(("--description",), "Description")] = ""
    newer_syntax: NewerSyntax = "NO"

    def checked(self, organization: Organization) -> Self:
        for policy in organization.policies.known:
            if (policy.type, policy.name) == (self.kind, self.policy_name):
                raise FieldError(
                    "policy_name",
                    f"there is a {label(self.kind)} of this name already ({policy.id}). Choose another name, or change that one.",
                    opens=(
                        Prefilled(operation="update-policy", label="Change that one", values={"policy": policy.id}),
                    ),
                )
        return self.model_copy(update={"content": read_content(self.content, self.kind, self.newer_syntax)})

    def subject(self) -> str:
        return f"policy-name:{self.kind}:{self.policy_name}"

    def reach(self, organization: Organization) -> Reach:
        """It is attached nowhere yet."""
        return Reach(units=frozenset({organization.root}))

    def title(self, organization: Organization) -> str:
        del organization
        return f"Create policy {self.policy_name} ({label(self.kind)})"

    def preview(self, inputs: PreviewInput) -> Preview:
        judged = verdict(inputs, self.content, self.kind)
        described = (Fact(label="Description", value=self.description),) if self.description else ()
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Name", value=self.policy_name),
                Fact(label="Type", value=label(self.kind)),
                *described,
                size_fact(self.content, self.kind),
                Fact(label="Check", value=judged.said),
            ),
            plan=("Create the policy (CreatePolicy). It is attached to nothing yet.",),
            warnings=(*judged.warnings, *self._not_enabled(inputs.organization)),
            hits=("No account: it has no effect until it is attached.",),
            diff=document_diff("", self.content),
        )

    def _not_enabled(self, organization: Organization) -> tuple[Notice, ...]:
        if organization.policies.types.get(self.kind) == "ENABLED":
            return ()
        return (fact("This policy type is not enabled yet. Enable it before you attach the policy."),)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (Create(self),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del console
        policy = str(memory["policy"])
        return Closing(
            summary=f"Policy {self.policy_name} created. It has no effect until it is attached.",
            facts=(Fact(label="Policy id", value=policy),),
            next=(self._next(organization, policy),),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, organization
        made = (str(memory["policy"]), self.policy_name, self.kind, self.description, self.content)
        return policy_code(DescribedPolicy(*made, aws_managed=False))

    def _next(self, organization: Organization, policy: str) -> Prefilled:
        if organization.policies.types.get(self.kind) == "ENABLED":
            return Prefilled(operation="attach-policy", label="Attach it", values={"policy": policy})
        return Prefilled(operation="enable-policy-type", label="Enable the policy type", values={"kind": self.kind})

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del precondition
        return (named("delete-policy").model_validate({"policy": str(memory["policy"])}),)


class Create(Step):
    """Creates the policy once: a name is unique for its type, so that one of ours is found again by it."""

    key = "create"
    title = "Create the policy"
    not_done = "The policy was not created."

    def __init__(self, wanted: CreatePolicy) -> None:
        self._wanted = wanted

    def observe(self, world: World) -> Observation:
        wanted = self._wanted
        summaries = world.aws.pages("organizations", "list_policies", "Policies", Filter=wanted.kind)
        found = next((str(item["Id"]) for item in summaries if item.get("Name") == wanted.policy_name), "")
        if not found:
            return Ready()
        if found == world.memory.get("policy") or self._is_ours(world, found):
            return Done(f"The policy {found} is there.", {"policy": found})
        return Stale("somebody else has created a policy of this name and type.")

    def _is_ours(self, world: World, found: str) -> bool:
        """Whether it may be that of a call of ours whose answer was lost."""
        present = describe(world.aws, found) if world.attempts else None
        return present is not None and same_document(present.content, self._wanted.content)

    def act(self, world: World) -> Facts:
        wanted = self._wanted
        created = world.aws.write(
            "organizations",
            "create_policy",
            Type=wanted.kind,
            Name=wanted.policy_name,
            Content=wanted.content,
            Description=wanted.description,
        )
        return {"policy": str(created["Policy"]["PolicySummary"]["Id"])}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        made, wanted = str(memory["policy"]), self._wanted
        described = wanted.description
        return (PolicyIs(id=made, name=wanted.policy_name, type=wanted.kind, description=described, aws_managed=False),)
