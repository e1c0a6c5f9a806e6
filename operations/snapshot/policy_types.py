"""The policy types, read from botocore's model, with their words for people and AWS's limits.

Source: AWS Organizations API Reference, "CreatePolicy" (Type); User Guide, "Quotas and service limits for AWS Organizations" and
"Getting started with … policies".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from operations.aws.model import LOADER
from operations.snapshot.names import capital

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
SPELLED = {
    "AISERVICES_OPT_OUT_POLICY": "AI services opt-out policy",
    "DECLARATIVE_POLICY_EC2": "Declarative policy for EC2",
}
CAPITALS = {"s3": "S3", "securityhub": "Security Hub", "cspm": "CSPM", "guardduty": "GuardDuty"}


@dataclass(frozen=True)
class Limits:
    """The most characters of a document (0: AWS decides), and the most policies of the type on one root, OU or account."""

    characters: int = 0
    attached: int = 0


LIMITS = {
    SCP: Limits(10_240, 10),
    RCP: Limits(5_120, 5),
    "AISERVICES_OPT_OUT_POLICY": Limits(2_500, 5),
    "CHATBOT_POLICY": Limits(10_000, 5),
    "TAG_POLICY": Limits(10_000, 10),
    "BACKUP_POLICY": Limits(10_000, 10),
    "DECLARATIVE_POLICY_EC2": Limits(10_000, 10),
    "SECURITYHUB_POLICY": Limits(10_000, 10),
    "UPGRADE_ROLLOUT_POLICY": Limits(5_120),
}
# The service whose trusted access a type needs before it is enabled, by the type's page "Getting started with … policies". The
# pages of the other types ask for none.
NEEDS_SERVICE = {
    "BEDROCK_POLICY": "bedrock.amazonaws.com",
    "GUARDDUTY_POLICY": "guardduty.amazonaws.com",
    "INSPECTOR_POLICY": "inspector2.amazonaws.com",
    "NETWORK_SECURITY_DIRECTOR_POLICY": "network-security-director.amazonaws.com",
    "SECURITYHUB_POLICY": "securityhub.amazonaws.com",
    "SECURITYHUB_CSPM_POLICY": "securityhub.amazonaws.com",
}


@cache
def policy_types() -> tuple[str, ...]:
    """Every type that the installed botocore knows, service control policies first."""
    model = LOADER.load_service_model("organizations", "service-2")
    return tuple(model["shapes"]["PolicyType"]["enum"])


def limits(kind: str) -> Limits:
    """AWS's limits for a type; a type that is not in the quotas page has none here, and AWS decides."""
    return LIMITS.get(kind, Limits())


def label(kind: str) -> str:
    """`Service control policy`, as people read it."""
    if kind in SPELLED:
        return SPELLED[kind]
    words = " ".join(CAPITALS.get(word, word) for word in kind.casefold().split("_"))
    return capital(words)


def is_authorization(kind: str) -> bool:
    """Whether policies of this type limit permissions (SCP, RCP), and so have no effective policy to describe."""
    return kind in (SCP, RCP)
