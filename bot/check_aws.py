"""What `orgbot check` asks AWS: the credentials, the organization, whether the rules fit its tree, and the permissions.

Source: AWS STS API Reference, "GetCallerIdentity"; IAM API Reference, "SimulatePrincipalPolicy", "GetRole".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from approvals.rules import Rule
from bot.aws import Boto3Clients
from bot.findings import Finding, WrongError, sentence, tried
from bot.rule_places import misplaced
from operations.aws import Aws
from operations.errors import AwsError
from operations.reader import read_organization
from operations.registry import all_permissions

ASSUMED = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+")
PLACES = "places in the rules"
SIMULATED = "AWS permissions"


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
    yield _permissions(aws, arn)


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


def _permissions(aws: Aws, caller: str) -> Finding:
    """Asks IAM's policy simulator; the bot itself needs no leave for that, so that its policy has none."""
    actions = sorted({action for permission in all_permissions() for action in permission.actions})
    try:
        principal = _principal(aws, caller)
        answer = aws.glance("iam", "simulate_principal_policy", PolicySourceArn=principal, ActionNames=actions)
    except AwsError as error:
        return Finding.unknown(SIMULATED, _how_to_check(error, caller))
    denied = [item["EvalActionName"] for item in answer["EvaluationResults"] if item["EvalDecision"] != "allowed"]
    if denied:
        told = f"not allowed: {', '.join(denied)}; attach what `orgbot iam-policy` prints"
        return Finding.wrong(SIMULATED, told)
    return Finding.right(SIMULATED, f"all {len(actions)} actions allowed")


def _principal(aws: Aws, caller: str) -> str:
    """The ARN that the simulator takes: of a session its role's, whose path only IAM tells."""
    session = ASSUMED.fullmatch(caller)
    return str(aws.glance("iam", "get_role", RoleName=session["role"])["Role"]["Arn"]) if session else caller


def _how_to_check(error: AwsError, caller: str) -> str:
    session = ASSUMED.fullmatch(caller)
    own = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}" if session else caller
    return (
        f"not checked ({error.operation}: {error.code}); compare them with what `orgbot iam-policy` prints, or allow "
        f"iam:GetRole and iam:SimulatePrincipalPolicy on {own} and check again"
    )
