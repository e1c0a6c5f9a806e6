"""Whether AWS Control Tower runs the organization, and what that means for an account that comes or moves. Pure.

It is told by the trusted access that its set-up enables, or, where AWS does not tell that, by the policies of its controls.
Source: AWS Control Tower User Guide, "About enrolling existing accounts", "Detect and resolve drift in AWS Control Tower";
AWS Organizations User Guide, "AWS Control Tower and AWS Organizations".
"""

from __future__ import annotations

from operations.snapshot.organization import Organization

SERVICE = "controltower.amazonaws.com"
CONTROLS = "aws-guardrails-"  # With this its service control policies begin.
NOT_ENROLLED = (
    "AWS Control Tower runs this organization, and the account is not enrolled in it: it lacks Control Tower's baseline, roles and "
    "logging until somebody enrolls it there, unless its automatic enrollment is on."
)
MOVED = (
    "AWS Control Tower runs this organization: it enrolls no account that is moved from here, and shows one that was enrolled as "
    "drifted, unless its automatic enrollment is on. Update or enroll the account in Control Tower afterwards."
)


def is_run_by_control_tower(organization: Organization) -> bool:
    """Whether anything speaks for it."""
    controls = any(policy.name.startswith(CONTROLS) for policy in organization.policies.known)
    return SERVICE in organization.services or controls


def on_arrival(organization: Organization) -> tuple[str, ...]:
    """The warning on the card of an account that is created or invited."""
    return (NOT_ENROLLED,) if is_run_by_control_tower(organization) else ()


def on_move(organization: Organization) -> tuple[str, ...]:
    """The warning on the card of an account that is moved."""
    return (MOVED,) if is_run_by_control_tower(organization) else ()
