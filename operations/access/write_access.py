"""The step that writes the bot's inline policy on a principal back whole, or deletes it when nothing is left in it.

Source: IAM API Reference, "PutGroupPolicy", "DeleteGroupPolicy" and their like for users and roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.access.principals import POLICY, read_policy
from operations.aws.codes import NO_SUCH_ENTITY
from operations.core.meaning import same_document
from operations.core.observations import Done, Facts, Failed, Observation, Ready, Stale
from operations.core.steps import Step, World


class WriteAccess(Step):
    """Writes the document that was approved over the one that was approved; any third one is somebody else's."""

    key = "access"
    title = "Write the IAM policy"
    not_done = "The access was not changed."

    def __init__(self, precondition: Mapping[str, Any]) -> None:
        self._principal = str(precondition["principal"])
        self._before = str(precondition["before"])
        self._after = str(precondition["after"])

    def observe(self, world: World) -> Observation:
        now = read_policy(world.aws, self._principal)
        if same_document(now, self._after):
            return Done("The IAM policy is as wanted.")
        if same_document(now, self._before):
            return Ready()
        return Stale(f"somebody else has changed the policy {POLICY} of {self._principal} meanwhile.")

    def act(self, world: World) -> Facts:
        kind, name = self._principal.split("/", 1)
        which = {f"{kind.capitalize()}Name": name, "PolicyName": POLICY}
        if self._after:
            world.aws.write("iam", f"put_{kind}_policy", **which, PolicyDocument=self._after)
        else:
            world.aws.write("iam", f"delete_{kind}_policy", **which)
        return {}

    def explain(self, code: str, reason: str, message: str) -> Failed:
        if code in NO_SUCH_ENTITY:
            return Failed(f"{self._principal} no longer exists.", "Ask again for one that does.", code)
        if code in ("LimitExceeded", "LimitExceededException"):
            return Failed(
                f"The inline policies of {self._principal} are full. AWS says: {message}",
                "Remove some, or use a group; then ask again.",
                code,
                again=True,
            )
        return super().explain(code, reason, message)
