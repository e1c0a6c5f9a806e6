"""Services that work with AWS Organizations: suggestions with readable names; AWS decides about any other principal.

Source: AWS Organizations User Guide, "AWS services that you can use with AWS Organizations".
"""

from __future__ import annotations

import re

from operations.aws.errors import FieldError, Near
from operations.aws.partitions import dns_suffixes
from operations.snapshot.names import listed

ENDS = "|".join(re.escape(end) for end in (*dns_suffixes(), "aws.internal"))
PRINCIPAL = re.compile(rf"[a-z0-9][a-z0-9.-]{{2,110}}\.({ENDS})")
SERVICES = {
    "access-analyzer.amazonaws.com": "IAM Access Analyzer",
    "account.amazonaws.com": "Account Management",
    "aws-artifact-account-sync.amazonaws.com": "Artifact",
    "auditmanager.amazonaws.com": "Audit Manager",
    "backup.amazonaws.com": "Backup",
    "member.org.stacksets.cloudformation.amazonaws.com": "CloudFormation StackSets",
    "bedrock.amazonaws.com": "Bedrock",
    "cloudtrail.amazonaws.com": "CloudTrail",
    "compute-optimizer.amazonaws.com": "Compute Optimizer",
    "config.amazonaws.com": "Config",
    "config-multiaccountsetup.amazonaws.com": "Config multi-account setup",
    "controltower.amazonaws.com": "Control Tower",
    "cost-optimization-hub.bcm.amazonaws.com": "Cost Optimization Hub",
    "detective.amazonaws.com": "Detective",
    "devops-guru.amazonaws.com": "DevOps Guru",
    "ds.amazonaws.com": "Directory Service",
    "fms.amazonaws.com": "Firewall Manager",
    "guardduty.amazonaws.com": "GuardDuty",
    "health.amazonaws.com": "Health",
    "iam.amazonaws.com": "IAM",
    "inspector2.amazonaws.com": "Inspector",
    "ipam.amazonaws.com": "VPC IP Address Manager",
    "license-manager.amazonaws.com": "License Manager",
    "macie.amazonaws.com": "Macie",
    "malware-protection.guardduty.amazonaws.com": "GuardDuty Malware Protection",
    "networkmanager.amazonaws.com": "Network Manager",
    "network-security-director.amazonaws.com": "Network Security Director",
    "ram.amazonaws.com": "Resource Access Manager",
    "reachabilityanalyzer.networkinsights.amazonaws.com": "Reachability Analyzer",
    "resource-explorer-2.amazonaws.com": "Resource Explorer",
    "securityhub.amazonaws.com": "Security Hub",
    "servicecatalog.amazonaws.com": "Service Catalog",
    "servicequotas.amazonaws.com": "Service Quotas",
    "ssm.amazonaws.com": "Systems Manager",
    "sso.amazonaws.com": "IAM Identity Center",
    "storage-lens.s3.amazonaws.com": "S3 Storage Lens",
    "tagpolicies.tag.amazonaws.com": "Tag policies",
    "reporting.trustedadvisor.amazonaws.com": "Trusted Advisor",
    "wellarchitected.amazonaws.com": "Well-Architected Tool",
}
# These take one delegated administrator; of the others AWS tells when there are too many.
ONE_ADMINISTRATOR = frozenset(
    f"{service}.amazonaws.com"
    for service in (
        "access-analyzer",
        "auditmanager",
        "detective",
        "guardduty",
        "inspector2",
        "macie",
        "securityhub",
        "sso",
    )
)


def is_known(principal: str) -> bool:
    """Whether it is in the list, which AWS's own may have outgrown."""
    return principal in SERVICES


def service_name(principal: str) -> str:
    """`GuardDuty`; the principal itself for a service that is not in the list."""
    return SERVICES.get(principal, principal)


def service_label(principal: str) -> str:
    """`GuardDuty (guardduty.amazonaws.com)`."""
    return f"{SERVICES[principal]} ({principal})" if principal in SERVICES else principal


def resolve(text: str, field: str) -> str:
    """The service principal that `text` means by principal or by name; raises FieldError with the candidates."""
    folded = text.strip().casefold()
    if PRINCIPAL.fullmatch(folded):
        return folded
    exact = [principal for principal, name in SERVICES.items() if folded in (name.casefold(), principal.split(".")[0])]
    near = exact or [
        principal for principal, name in SERVICES.items() if folded and folded in f"{name} {principal}".casefold()
    ]
    if len(near) == 1:
        return near[0]
    if near:
        candidates = [Near(principal, service_label(principal)) for principal in near]
        told = f"“{text}” may mean {listed([one.label for one in candidates])}. Give the service principal."
        raise FieldError(field, told, candidates, text)
    raise FieldError(
        field,
        f"“{text[:80]}” is no service principal such as guardduty.amazonaws.com, and no service of that name is known.",
    )
