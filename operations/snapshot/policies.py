"""The policies of the organization as they were at one moment: what there is, what is attached where, which types are enabled.

Source: AWS Organizations User Guide, "Managing organization policies with AWS Organizations"; API Reference, "PolicySummary".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from operations.aws.errors import FieldError, Near, UnknownError
from operations.snapshot.names import counted, did_you_mean, joined, listed, nearest
from operations.snapshot.policy_types import RCP, SCP, label, policy_types

Attachments = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Policy:
    """A policy without its document; `type` is AWS's, such as SERVICE_CONTROL_POLICY."""

    id: str
    name: str
    type: str
    aws_managed: bool = False
    description: str = ""


# AWS's own policies, which allow everything, by their types; AWS attaches them to everything, and to what is new, while the
# type is enabled.
AWS_OWN = {
    SCP: Policy(
        "p-FullAWSAccess", "FullAWSAccess", SCP, aws_managed=True, description="Allows access to every operation"
    ),
    RCP: Policy(
        "p-RCPFullAWSAccess", "RCPFullAWSAccess", RCP, aws_managed=True, description="Allows access to every operation"
    ),
}


@dataclass(frozen=True)
class Policies:
    """`targets` gives the roots, OUs and accounts to which a policy id is attached, and lacks those of which AWS does not tell;
    `types` gives the status of each type at the root.

    `unread` says what AWS did not tell, and why: of a type its policies, of a policy's id its targets. What stands there is
    unknown, which is not the same as none: `gaps` has the sentences for people.
    """

    known: tuple[Policy, ...] = ()
    targets: Attachments = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Policy]:
        return {policy.id: policy for policy in self.known}

    @cached_property
    def _on(self) -> dict[str, list[Policy]]:
        found: dict[str, list[Policy]] = defaultdict(list)
        for policy in self.known:
            for target in self.targets.get(policy.id, ()):
                found[target].append(policy)
        return found

    def is_told(self, policy: str) -> bool:
        """Whether AWS has told to what a policy is attached."""
        return policy in self.targets

    def untold(self, policy: str) -> str:
        """Why AWS has not told to what a policy is attached; empty where it has."""
        return self.unread.get(policy, "")

    def on(self, target: str) -> tuple[Policy, ...]:
        """The policies attached to a root, OU or account itself."""
        return tuple(self._on.get(target, ()))

    def gaps(self, kind: str = "") -> tuple[str, ...]:
        """What could not be read of the policies of a type, or of all, each with why; empty when everything is known.

        Such as `where 2 policies are attached could not be read: ListTargetsForPolicy was denied`.
        """
        names: dict[str, list[str]] = defaultdict(list)
        for policy in self.known:
            if policy.id in self.unread and kind in ("", policy.type):
                names[self.unread[policy.id]].append(policy.name)
        places = (f"where {_named(found)} attached could not be read: {why}" for why, found in names.items())
        return (*self.missing(kind), *places)

    def missing(self, kind: str = "") -> tuple[str, ...]:
        """The types whose policies could not be read, as `gaps` says it."""
        types: dict[str, list[str]] = defaultdict(list)
        for name, why in self.unread.items():
            if name not in self.by_id and kind in ("", name):
                types[why].append(label(name))
        return tuple(f"{_which(found)} could not be read: {why}" for why, found in types.items())

    def find(self, text: str, field_name: str) -> Policy:
        """The policy that `text` (id or unique name) means; raises FieldError with the candidates."""
        wanted = text.strip()
        if wanted in self.by_id:
            return self.by_id[wanted]
        named = [policy for policy in self.known if policy.name.casefold() == wanted.casefold()]
        exact = [policy for policy in named if policy.name == wanted]
        if len(named) == 1 or len(exact) == 1:
            return (exact or named)[0]
        if named:
            found = [Near(policy.id, f"{policy.id} ({policy.type})") for policy in named]
            candidates = listed([one.label for one in found])
            told = f"“{wanted}” names {len(named)} policies: {candidates}. Give the id."
            raise FieldError(field_name, told, found, wanted)
        near = self._near(wanted)
        raise UnknownError(field_name, self._none(wanted, near), "policy", wanted, near)

    def _near(self, wanted: str) -> list[Near]:
        """By name; with the id where two of them have the same one."""
        found = nearest(wanted, ((policy.name, policy) for policy in self.known))
        names = [policy.name for policy in found]
        return [Near(p.id, p.name if names.count(p.name) == 1 else f"{p.name} ({p.id})") for p in found]

    def _none(self, wanted: str, near: list[Near]) -> str:
        way_out = did_you_mean([one.label for one in near]) or "`/org policies` lists them."
        if self.missing():
            return f"“{wanted}” is not among the policies that are known, and {listed(self.missing())}. {way_out}"
        return f"no policy named “{wanted}”. {way_out}"

    def label(self, policy_id: str) -> str:
        """Name and id of a policy, for people; the id alone when this snapshot doesn't know it."""
        policy = self.by_id.get(policy_id)
        return f"{policy.name} ({policy.id})" if policy else policy_id


def _which(types: list[str]) -> str:
    """The policies of some types, by name where they are few."""
    every = len(types) == len(policy_types())
    return "the policies" if every else f"the policies of the types {listed(sorted(types), 3)}"


def _named(policies: list[str]) -> str:
    few = len(policies) <= 2
    return f"{joined(policies) if few else counted(len(policies), 'policy', 'policies')} {'is' if len(policies) == 1 else 'are'}"
