"""Enabling all features in an organization of consolidated billing, through the handshakes to the final acceptance.

Source: AWS Organizations API Reference, "EnableAllFeatures", "AcceptHandshake"; User Guide, "Enabling all features for an
organization" (a handshake lives 90 days; accounts that the organization has created need not accept).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from operations.accounts.invitations import ENABLE, PENDING, handshakes, invitations
from operations.aws.client import Answer, Aws
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import Reach, whole
from operations.core.observations import Done, Facts, Failed, Observation, Ready, Waiting
from operations.core.preview import Fact, Preview, PreviewInput, caution, danger
from operations.core.steps import Step, World
from operations.organization.create_organization import organization_code, types_are, types_at_root
from operations.snapshot.changes import Change, OrganizationIs
from operations.snapshot.names import counted, listed, utc
from operations.snapshot.organization import Organization
from operations.snapshot.policy_types import SCP

APPROVE = "APPROVE_ALL_FEATURES"
LONGEST_PAUSE = timedelta(minutes=2)
ENDS = {
    "DECLINED": "An account has declined.",
    "EXPIRED": "Not everybody accepted within 90 days.",
    "CANCELED": "Somebody has cancelled it in AWS.",
}


def feature_set(aws: Aws) -> str:
    """ALL or CONSOLIDATED_BILLING; raises AwsError."""
    return str(aws.read("organizations", "describe_organization")["Organization"].get("FeatureSet", ""))


class EnableAllFeatures(Operation):
    """Enables all features: policies and trusted access, beyond one bill.

    Every account that was once invited has to accept within 90 days; accounts that the organization has created need not.
    This can't be undone.
    """

    name: ClassVar = "enable-all-features"
    wanted: ClassVar = "Enable all features"
    irreversible: ClassVar = False
    family: ClassVar = "Organization"
    example: ClassVar = ""
    permissions: ClassVar = (
        Permission("enable all features", ("organizations:EnableAllFeatures",)),
        Permission(
            "accept that all features are enabled",
            ("organizations:AcceptHandshake",),
            ("arn:{partition}:organizations::{management}:handshake/o-*/enable_all_features/h-*",),
        ),
        Permission(
            "follow who has accepted",
            (
                "organizations:DescribeOrganization",
                "organizations:ListHandshakesForOrganization",
                "organizations:ListRoots",
            ),
        ),
    )

    def subject(self) -> str:
        return "organization"

    def reach(self, organization: Organization) -> Reach:
        return whole(organization)

    def title(self, organization: Organization) -> str:
        return f"Enable all features of the organization {organization.id}"

    def preview(self, inputs: PreviewInput) -> Preview:
        if feature_set(inputs.aws) == "ALL":
            raise FieldError("", "the organization has all features already.")
        pending = [found for found in invitations(inputs.aws) if found["State"] in PENDING]
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                Fact(label="Organization", value=inputs.organization.id),
                Fact(label="Features now", value="one bill only"),
            ),
            plan=(
                "Ask every invited account to accept (EnableAllFeatures); they have 90 days.",
                "When all have accepted, accept for the organization (AcceptHandshake).",
            ),
            warnings=(
                danger(
                    "This can't be undone. From then on policies of the management account can limit every account."
                ),
                *((caution(f"AWS cancels {counted(len(pending), 'pending invitation')}."),) if pending else ()),
            ),
            hits=(counted(len(inputs.organization.accounts), "account"),),
            precondition={"organization": inputs.organization.id},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        del precondition
        return (AskEverybody(), AcceptForAll())

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory
        return organization_code(organization, "feature_set")

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"All features enabled in the organization {organization.id}.",
            next=(Prefilled(operation="enable-policy-type", label="Enable SCPs", values={"kind": SCP}),),
        )


class AskEverybody(Step):
    """Begins the handshake and follows it until nobody has to accept any more."""

    key = "ask"
    title = "Ask every invited account to accept"

    def observe(self, world: World) -> Observation:
        if feature_set(world.aws) == "ALL":
            return Done("The organization has all features.")
        found = self._handshake(world)
        if found is None:
            return Ready()
        state, learned = str(found["State"]), {"handshake": str(found["Id"])}
        if state == "OPEN":
            return Done("All accounts have accepted.", learned)
        if state == "REQUESTED":
            return Waiting(self._who(world, found), learned, longest=LONGEST_PAUSE)
        return Failed(
            f"All features were not enabled. {ENDS.get(state, f'It ended: {state}.')}", "Ask again.", state, again=True
        )

    def act(self, world: World) -> Facts:
        answer = world.aws.write("organizations", "enable_all_features")
        return {"handshake": str(answer["Handshake"]["Id"])}

    def _handshake(self, world: World) -> Answer | None:
        """The one that is remembered, else the one that is pending: there is never more than one."""
        found = handshakes(world.aws, ENABLE)
        known = str(world.memory.get("handshake", ""))
        mine = [h for h in found if h["Id"] == known] if known else [h for h in found if h["State"] in PENDING]
        return mine[-1] if mine else None

    def _who(self, world: World, found: Answer) -> str:
        waiting = [
            str(party["Id"])
            for approval in handshakes(world.aws, APPROVE)
            if approval["State"] in PENDING
            for party in approval.get("Parties", ())
            if party["Type"] == "ACCOUNT"
        ]
        until = utc(found["ExpirationTimestamp"], date_only=True)
        return f"These accounts have still to accept, by {until}: {listed(waiting) or 'none that AWS names'}."


class AcceptForAll(Step):
    """The management account's own acceptance, which ends it."""

    key = "accept"
    title = "Accept for the organization"

    def observe(self, world: World) -> Observation:
        if feature_set(world.aws) != "ALL":
            return Ready()
        return Done("The organization has all features.", types_at_root(world.aws))

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "accept_handshake", HandshakeId=str(world.memory["handshake"]))
        return {}

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        return (OrganizationIs(id="", feature_set="ALL"), *types_are(memory["types"]))
