"""What the operations on policies share: the fields, the reading of one policy, and what a card says of every policy.

Source: AWS Organizations API Reference, "DescribePolicy", "ListPoliciesForTarget"; User Guide, "Quotas and service limits".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from operations.aws.client import Answer, Aws
from operations.aws.codes import TURN_ON
from operations.aws.errors import FieldError, GoneError, RefusedError
from operations.aws.permissions import Permission
from operations.core.code import Code, Resource, Template
from operations.core.fields import Choice, FieldKind, Flag
from operations.core.hcl import Document
from operations.core.meaning import meaning
from operations.core.preview import Fact, Notice, PreviewInput, fact
from operations.core.values import printable
from operations.snapshot.names import uncapital
from operations.snapshot.organization import Account, Organization
from operations.snapshot.places import reach_lines, unbound
from operations.snapshot.policies import AWS_OWN, Policy
from operations.snapshot.policy_types import RCP, SCP, label, policy_types

SHORT = {
    SCP: ("scp", "scps"),
    RCP: ("rcp", "rcps"),
    "AISERVICES_OPT_OUT_POLICY": ("ai", "ai-opt-out"),
    "DECLARATIVE_POLICY_EC2": ("declarative", "ec2"),
}


def choices() -> tuple[Choice, ...]:
    """The types as a form offers them, with the short words that people type."""
    return tuple(Choice(kind, label(kind), _words(kind)) for kind in policy_types())


def _words(kind: str) -> tuple[str, ...]:
    dashed = kind.casefold().replace("_", "-")
    return (*SHORT.get(kind, ()), dashed.removesuffix("-policy"), dashed, label(kind))


def named(text: str) -> str:
    """The type that `text` means by value or by one of its words; empty when it means none."""
    folded = text.strip().casefold()
    return next(
        (c.value for c in choices() if folded in (c.value.casefold(), *(word.casefold() for word in c.words))), ""
    )


FULL_ACCESS = tuple(policy.id for policy in AWS_OWN.values())
NOT_FOUND = "PolicyNotFoundException"
LONGEST_NAME, LONGEST_DESCRIPTION = 128, 512
SEE_POLICIES = Permission(
    "see a policy's document and where it is attached",
    (
        "organizations:DescribePolicy",
        "organizations:ListPolicies",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
        "organizations:ListTargetsForPolicy",
    ),
)


def _type(text: str) -> str:
    found = named(text)
    if not found:
        raise ValueError(f"“{text[:60]}” is not a policy type; write one such as scp, rcp, tag or backup")
    return found


PolicyType = Annotated[
    str,
    AfterValidator(_type),
    Flag(("--type", "--policy-type"), "Policy type", FieldKind.CHOICE, choices=choices()),
]
PolicyName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(printable)]
ExistingPolicy = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Flag(("--policy", "--policy-id"), "Policy", FieldKind.POLICY, hint="Name or id"),
]
Description = Annotated[str, StringConstraints(max_length=LONGEST_DESCRIPTION)]


@dataclass(frozen=True)
class DescribedPolicy:
    """One policy with its document, as AWS tells it now."""

    id: str
    name: str
    type: str
    description: str
    content: str
    aws_managed: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def seal(self) -> str:
        """What an approval is bound to: a digest of what the document means, however it is written."""
        return hashlib.sha256(meaning(self.content).encode()).hexdigest()


def describe(aws: Aws, policy: str) -> DescribedPolicy | None:
    """The policy with its document, None when AWS has none of this id; raises AwsError."""
    try:
        found: Answer = aws.read("organizations", "describe_policy", PolicyId=policy)["Policy"]
    except RefusedError as error:
        if error.code == NOT_FOUND:
            return None
        raise
    about = found["PolicySummary"]
    return DescribedPolicy(
        str(about["Id"]),
        str(about.get("Name", "")),
        str(about.get("Type", "")),
        str(about.get("Description") or ""),
        str(found.get("Content", "")),
        bool(about.get("AwsManaged")),
    )


def existing(inputs: PreviewInput, policy: str) -> DescribedPolicy:
    """The policy as it is now; raises FieldError when it is gone."""
    found = describe(inputs.aws, policy)
    if found is None:
        raise GoneError("policy", f"the policy {inputs.organization.policies.label(policy)} no longer exists.")
    return found


def own(inputs: PreviewInput, policy: str) -> DescribedPolicy:
    """A policy that can be changed; raises FieldError for one that AWS manages."""
    found = existing(inputs, policy)
    if found.aws_managed:
        raise FieldError("policy", f"{found.label} is managed by AWS and cannot be changed or deleted.")
    return found


def attached(aws: Aws, target: str, kind: str) -> tuple[Policy, ...]:
    """The policies of one type attached to a root, OU or account itself; raises AwsError."""
    key = "Policies"
    found = aws.pages("organizations", "list_policies_for_target", key, TargetId=target, Filter=kind)
    return tuple(
        Policy(str(item["Id"]), str(item.get("Name", "")), kind, bool(item.get("AwsManaged"))) for item in found
    )


def type_status(aws: Aws, kind: str) -> str:
    """ENABLED, PENDING_ENABLE, PENDING_DISABLE, or "" where the type is off; raises AwsError."""
    root: Answer = next(aws.pages("organizations", "list_roots", "Roots"), {})
    return next((str(item["Status"]) for item in root.get("PolicyTypes", ()) if item["Type"] == kind), "")


def check_enabled(inputs: PreviewInput, kind: str, field: str) -> None:
    """Raises FieldError when policies of this type have no effect, because the type is not enabled at the root."""
    if inputs.organization.policies.types.get(kind) == "ENABLED" or type_status(inputs.aws, kind) == "ENABLED":
        return
    say = f"the policy type {label(kind)} is not enabled. Turn it on first, then ask again."
    raise FieldError(field, say, opens=(TURN_ON.filled({"kind": kind}),))


def policy_facts(found: DescribedPolicy) -> tuple[Fact, ...]:
    """Name and type, as every card about a policy begins."""
    return (Fact(label="Policy", value=found.label), Fact(label="Type", value=label(found.type)))


def policy_code(policy: DescribedPolicy, changed: Mapping[str, str] | None = None) -> Code:
    """A policy as infrastructure code; with what was `changed` its tags, which are not known here, stay as they are."""
    document, said = Document(policy.content), policy.description
    properties = {"Name": policy.name, "Type": policy.type, **({"Description": said} if said else {})}
    resource = Resource(
        "aws_organizations_policy",
        policy.name,
        policy.id,
        {name.lower(): given for name, given in properties.items()} | {"content": document},
        changed or {},
        ("tags",) if changed else (),
        Template("AWS::Organizations::Policy", {"Id": policy.id}, {**properties, "Content": document}),
    )
    return Code((resource,))


def hits_of(organization: Organization, policy: str, kind: str, accounts: list[Account]) -> tuple[str, ...]:
    """The accounts that a policy reaches through all its attachments, or that it is unknown which these are."""
    why = organization.policies.untold(policy)
    return (f"Could not be read: {why}",) if why else hits(organization, kind, accounts)


def hits(organization: Organization, kind: str, accounts: list[Account]) -> tuple[str, ...]:
    """The accounts that a policy reaches; SCPs and RCPs do not bind the management account."""
    free = unbound(organization, kind)
    return reach_lines(organization, [account for account in accounts if account.id != free])


def management_warning(organization: Organization, kind: str, accounts: list[Account]) -> tuple[Notice, ...]:
    """What is to be said when the management account is among the accounts beneath."""
    if unbound(organization, kind) not in {account.id for account in accounts}:
        return ()
    return (fact(f"The management account is not bound: a {uncapital(label(kind))} never has an effect on it."),)
