"""Changing a policy's document, name or description.

Source: AWS Organizations API Reference, "UpdatePolicy"; User Guide, "Updating organization policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource, was
from operations.core.fields import Flag
from operations.core.meaning import same_document
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.policies.analysis import CHECK_PERMISSION
from operations.policies.common import (
    SEE_POLICIES,
    DescribedPolicy,
    Description,
    ExistingPolicy,
    PolicyName,
    describe,
    hits_of,
    management_warning,
    own,
    policy_code,
    policy_facts,
)
from operations.policies.content import Content, NewerSyntax, Verdict, read_content, size_fact, verdict
from operations.policies.diff import document_diff
from operations.snapshot.changes import Change, PolicyIs
from operations.snapshot.names import joined
from operations.snapshot.organization import Organization
from operations.snapshot.places import reached
from operations.snapshot.policy_types import label

Values = Mapping[str, str]
PARTS = {"content": "Content", "name": "Name", "description": "Description"}


class UpdatePolicy(Operation):
    """Changes a policy's document, name or description.

    A new document applies at once wherever the policy is attached.
    """

    name: ClassVar = "update-policy"
    wanted: ClassVar = "Change a policy"
    irreversible: ClassVar = False
    family: ClassVar = "Policies"
    needs_all_features: ClassVar = True
    example: ClassVar = "--policy DenyLeaveOrganization --description 'Nobody leaves'"
    permissions: ClassVar = (
        Permission("change policies", ("organizations:UpdatePolicy",)),
        SEE_POLICIES,
        CHECK_PERMISSION,
    )

    policy: ExistingPolicy
    content: Content = ""
    policy_name: Annotated[PolicyName | None, Flag(("--name",), "New name", hint="Leave empty to keep the name.")] = (
        None
    )
    description: Annotated[
        Description | None, Flag(("--description",), "New description", hint="Leave empty to keep the description.")
    ] = None
    newer_syntax: NewerSyntax = "NO"

    def checked(self, organization: Organization) -> Self:
        if not self._wanted():
            raise FieldError("content", "this changes nothing. Give a new document, name or description.")
        kind = organization.policies.by_id[self.policy].type
        self._check_name(organization, kind)
        small = read_content(self.content, kind, self.newer_syntax) if self.content else ""
        return self.model_copy(update={"content": small})

    def _check_name(self, organization: Organization, kind: str) -> None:
        for other in organization.policies.known:
            if (other.type, other.name) == (kind, self.policy_name) and other.id != self.policy:
                raise FieldError(
                    "policy_name", f"there is a {label(kind)} of this name already ({other.id}). Choose another name."
                )

    def _wanted(self) -> dict[str, str]:
        """The parts that are to change, by the names that the precondition gives them."""
        given = {"content": self.content or None, "name": self.policy_name, "description": self.description}
        return {part: value for part, value in given.items() if value is not None}

    def subject(self) -> str:
        return f"policy:{self.policy}"

    def title(self, organization: Organization) -> str:
        return f"Update policy {organization.policies.label(self.policy)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        found = own(inputs, self.policy)
        before = {"content": found.content, "name": found.name, "description": found.description}
        changes = {part: value for part, value in self._wanted().items() if not _same(part, value, before[part])}
        if not changes:
            raise FieldError("content", f"{found.label} is exactly so already, so nothing would change.")
        accounts = reached(inputs.organization, self.policy) if "content" in changes else []
        judged = verdict(inputs, self.content, found.type) if "content" in changes else None
        return Preview(
            title=self.title(inputs.organization),
            facts=(*policy_facts(found), *self._facts(found, changes, judged)),
            plan=(f"Change the policy's {joined(_word(part) for part in changes)} (UpdatePolicy).",),
            warnings=(
                *(judged.warnings if judged else ()),
                *management_warning(inputs.organization, found.type, accounts),
            ),
            hits=hits_of(inputs.organization, self.policy, found.type, accounts) if judged else (),
            diff=document_diff(found.content, self.content) if judged else "",
            precondition={part: before[part] for part in self._wanted()},
        )

    def _facts(self, found: DescribedPolicy, changes: Values, judged: Verdict | None) -> tuple[Fact, ...]:
        facts = [
            Fact(label=f"New {part}", value=f"{getattr(found, part) or '(none)'} → {value or '(none)'}")
            for part, value in changes.items()
            if part != "content"
        ]
        if judged:
            facts += [size_fact(self.content, found.type), Fact(label="Check", value=judged.said)]
        return tuple(facts)

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (Update(self.policy, self._wanted(), precondition),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"Policy {organization.policies.label(self.policy)} updated.",
            facts=(Fact(label="Changed", value=", ".join(_word(part) for part in self._wanted())),),
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        """The policy whole where its document was given; else what was changed, because the document is not known here."""
        del memory
        wanted, known = self._wanted(), organization.policies.by_id.get(self.policy)
        changed = {part: "" if part == "content" else was(precondition[part]) for part in wanted}
        if known is None or not self.content:
            name = known.name if known else ""
            return Code((Resource("aws_organizations_policy", name, "", dict(wanted), changed),))
        now = (self.policy, known.name, known.type, known.description, self.content)
        return policy_code(DescribedPolicy(*now, aws_managed=False), changed)

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (
            UpdatePolicy(
                policy=self.policy,
                content=str(precondition.get("content", "")),
                policy_name=precondition.get("name"),
                description=precondition.get("description"),
                newer_syntax="YES",  # AWS had taken the document that was there.
            ),
        )


def _word(part: str) -> str:
    return "document" if part == "content" else part


def _same(part: str, one: str, other: str) -> bool:
    return same_document(one, other) if part == "content" else one == other


class Update(Step):
    """Changes the parts that were approved, from the values that were approved; any third value is somebody else's."""

    key = "update"
    title = "Change the policy"
    not_done = "The policy was not changed."

    def __init__(self, policy: str, wanted: Values, before: Mapping[str, Any]) -> None:
        self._policy = policy
        self._wanted = dict(wanted)
        self._before = dict(before)

    def observe(self, world: World) -> Observation:
        found = describe(world.aws, self._policy)
        if found is None:
            return Stale("the policy no longer exists.")
        now = {part: str(getattr(found, part)) for part in self._wanted}
        if all(_same(part, now[part], value) for part, value in self._wanted.items()):
            return Done("The policy is as wanted.")
        other = [part for part, value in now.items() if not self._ours(part, value)]
        if other:
            return Stale(f"somebody else has changed the policy's {joined(_word(part) for part in other)}.")
        return Ready()

    def _ours(self, part: str, now: str) -> bool:
        return any(_same(part, now, str(values[part])) for values in (self._before, self._wanted))

    def act(self, world: World) -> Facts:
        values = {PARTS[part]: value for part, value in self._wanted.items()}
        world.aws.write("organizations", "update_policy", PolicyId=self._policy, **values)
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (PolicyIs(id=self._policy, name=self._wanted.get("name"), description=self._wanted.get("description")),)
