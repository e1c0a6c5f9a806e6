"""What `orgbot check` asks AWS: the credentials, the organization, whether the rules fit its tree, and the permissions.

Source: AWS STS API Reference, "GetCallerIdentity"; AWS Organizations API Reference, "DescribeOrganization".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from approvals.authority.rules import Rule
from bot.aws import Boto3Clients
from bot.checks.findings import Finding, WrongError, sentence, tried
from bot.checks.permissions import simulated
from bot.checks.rule_places import misplaced
from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.snapshot.reader import read_organization

PLACES = "places in the rules"


def aws_findings(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Everything that AWS tells."""
    try:
        aws = Aws(Boto3Clients())
        caller = aws.read("sts", "get_caller_identity")
    except Exception as error:  # noqa: BLE001  As in `tried`.
        yield Finding.wrong("AWS credentials", sentence(error))
        yield from _unplaced(rules)
        return
    arn = str(caller["Arn"])
    yield Finding.right("AWS credentials", arn)
    organization = tried("AWS organization", lambda: _organization(aws, str(caller["Account"])))
    yield organization
    yield from _placed(aws, rules) if organization.ok else _unplaced(rules)
    yield simulated(aws, arn)


def _organization(aws: Aws, account: str) -> str:
    found = aws.read("organizations", "describe_organization")["Organization"]
    management = found.get("MasterAccountId") or found.get("ManagementAccountId")
    if management != account:
        raise WrongError(f"the bot runs in {account}; the management account is {management}: give it a role there")
    return f"{found['Id']}, {found.get('FeatureSet')}, management account {management}"


def _placed(aws: Aws, rules: Sequence[Rule]) -> Iterator[Finding]:
    """A rule for a place that does not exist never decides, and a looser one after it does."""
    if not _name_places(rules):
        return
    try:
        organization = read_organization(aws, lambda: datetime.now(UTC))
    except AwsError as error:
        yield Finding.wrong(PLACES, sentence(error))
        return
    wrong = [Finding.wrong(key, told) for key, told in misplaced(rules, organization)]
    yield from wrong or [Finding.right(PLACES, "every OU and account that they name is there")]


def _unplaced(rules: Sequence[Rule]) -> Iterator[Finding]:
    if _name_places(rules):
        yield Finding.unknown(PLACES, "not checked, because AWS did not tell the organization")


def _name_places(rules: Sequence[Rule]) -> bool:
    return any(rule.accounts or rule.under.strip("/") for rule in rules)
