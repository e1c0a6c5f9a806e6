"""The steps that attach one policy to one target, or detach it.

Source: AWS Organizations API Reference, "AttachPolicy", "DetachPolicy", "ListPoliciesForTarget".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.steps import Step, World
from operations.policies.common import attached, describe
from operations.snapshot.changes import Attachment, Change


class _Step(Step):
    not_done = "Nothing was changed."

    def __init__(self, policy: str, target: str, precondition: Mapping[str, Any]) -> None:
        self._policy = policy
        self._target = target
        self._type = str(precondition["type"])
        self._document = str(precondition["document"])

    def _is_attached(self, world: World) -> bool:
        return self._policy in {policy.id for policy in attached(world.aws, self._target, self._type)}

    def _call(self, world: World, method: str) -> Facts:
        world.aws.write("organizations", method, PolicyId=self._policy, TargetId=self._target)
        return {}


class Attach(_Step):
    """Attaches one policy to one target; a document that has changed since the approval is not attached."""

    key = "attach"
    title = "Attach the policy"

    def observe(self, world: World) -> Observation:
        if self._is_attached(world):
            return Done("The policy is attached.")
        found = describe(world.aws, self._policy)
        if found is None:
            return Stale("the policy no longer exists.")
        return Ready() if found.seal == self._document else Stale("the policy's document was changed.")

    def act(self, world: World) -> Facts:
        return self._call(world, "attach_policy")

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (Attachment(policy=self._policy, target=self._target, on=True),)


class Detach(_Step):
    """Detaches one policy from one target."""

    key = "detach"
    title = "Detach the policy"

    def observe(self, world: World) -> Observation:
        return Ready() if self._is_attached(world) else Done("The policy is not attached there.")

    def act(self, world: World) -> Facts:
        return self._call(world, "detach_policy")

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        del memory
        return (Attachment(policy=self._policy, target=self._target, on=False),)
