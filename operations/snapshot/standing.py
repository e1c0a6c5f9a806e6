"""Whether the bot's own credentials are such that it can run an organization: no root user's, and the management account's.

Source: AWS Organizations User Guide, "Best practices for the management account", "Delegated administrator for AWS
Organizations" (which reads, and opens, moves and closes no account); IAM User Guide, "AWS account root user".
"""

from __future__ import annotations

from operations.aws.client import Answer, Aws
from operations.aws.errors import AwsError, MisplacedError
from operations.aws.partitions import Identity
from operations.snapshot.names import listed


def check_no_root(identity: Identity) -> None:
    """Raises MisplacedError for credentials of the root user."""
    if identity.is_root:
        raise MisplacedError(
            f"these are credentials of the root user of the account {identity.account}, which no policy limits: delete them, and "
            "give the bot a role with the policy that `orgbot iam-policy` prints"
        )


def management_of(described: Answer) -> str:
    """The management account's id in DescribeOrganization's answer."""
    return str(described.get("MasterAccountId") or described.get("ManagementAccountId") or "")


def check_standing(aws: Aws, described: Answer) -> None:
    """Raises MisplacedError where the bot can't work with these credentials; `described` is DescribeOrganization's Organization.

    Who the bot is may be unknown, because AWS does not tell it just now; then nothing speaks against it.
    """
    try:
        identity = aws.identity()
    except AwsError:
        return
    check_no_root(identity)
    management = management_of(described)
    if management and management != identity.account:
        raise MisplacedError(
            f"the bot runs in {_named(aws, identity.account)}{_delegated(aws, identity.account)}; the management account is "
            f"{_named(aws, management)}: give it a role there"
        )


def _named(aws: Aws, account: str) -> str:
    try:
        name = aws.probe("organizations", "describe_account", AccountId=account)["Account"].get("Name")
    except AwsError:
        return account
    return f"{name} ({account})" if name else account


def _delegated(aws: Aws, account: str) -> str:
    """The services that a delegated administrator looks after; empty for any other account, and where AWS does not tell."""
    asked = {"AccountId": account}
    try:
        found = aws.probe("organizations", "list_delegated_services_for_account", **asked)["DelegatedServices"]
    except AwsError:
        return ""
    services = listed([str(service["ServicePrincipal"]) for service in found], 3)
    return f", a delegated administrator for {services}" if services else ""
