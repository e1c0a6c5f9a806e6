"""How full the organization's account quota is.

Source: Service Quotas User Guide; AWS Organizations User Guide, "Quotas and service limits for AWS Organizations".
"""

from __future__ import annotations

from operations.aws.errors import AwsError
from operations.aws.permissions import Permission
from operations.core.preview import PreviewInput

ACCOUNTS_QUOTA = {"ServiceCode": "organizations", "QuotaCode": "L-29A0C5DF"}
NEARLY_FULL = 0.9
QUOTA_PERMISSION = Permission("warn when the account quota is nearly full", ("servicequotas:GetServiceQuota",))


def quota_warnings(inputs: PreviewInput) -> list[str]:
    """A warning when nine tenths of the account quota are used; nothing when AWS does not tell the quota."""
    try:
        quota = inputs.aws.probe("service-quotas", "get_service_quota", **ACCOUNTS_QUOTA)["Quota"]["Value"]
    except (AwsError, KeyError):
        return []
    used = len(inputs.organization.accounts)
    if used < NEARLY_FULL * quota:
        return []
    return [
        f"{used} of {quota:.0f} accounts of the organization's quota are used; closed accounts and pending invitations count too."
    ]
