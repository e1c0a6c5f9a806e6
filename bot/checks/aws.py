"""What `orgbot check` asks AWS: the credentials, the organization, whether the rules fit its tree, and the permissions.

Source: AWS STS API Reference, "GetCallerIdentity"; AWS Organizations API Reference, "DescribeOrganization".

Whether the bot's role may do what the operations declare, asked of IAM's policy simulator.

Each action is simulated on the resources that `orgbot iam-policy` names for it: on all resources, which is the simulator's
default, a least-privilege policy allows next to nothing. The bot itself needs no leave to ask, so its policy has none.
Source: IAM API Reference, "SimulatePrincipalPolicy", "GetRole"; IAM User Guide, "IAM identifiers" (ARNs of sessions).

Whether the places that rules name exist in the organization. Pure.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from approvals.authority.bindings import Key, Words, drifts, meant, rebound
from approvals.authority.rules import ACCOUNT_ID, Rule, Rules
from bot.aws import Boto3Clients
from bot.checks.findings import Finding, WrongError, sentence, tried
from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.aws.permissions import Permission
from operations.core.registry import all_permissions
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization

Misplaced = tuple[str, str]

NAME = "AWS permissions"
ASSUMED = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+")
SOME_ACCOUNT = "111122223333"

PLACES = "places in the rules"


def aws_findings(rules: Sequence[Rule], kept: Words | None = None) -> Iterator[Finding]:
    """Everything that AWS tells; `kept` is what the words of the rules were bound to."""
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
    yield from _placed(aws, rules, kept or {}) if organization.ok else _unplaced(rules)
    yield simulated(aws, arn)


def _organization(aws: Aws, account: str) -> str:
    found = aws.read("organizations", "describe_organization")["Organization"]
    management = found.get("MasterAccountId") or found.get("ManagementAccountId")
    if management != account:
        raise WrongError(f"the bot runs in {account}; the management account is {management}: give it a role there")
    return f"{found['Id']}, {found.get('FeatureSet')}, management account {management}"


def _placed(aws: Aws, rules: Sequence[Rule], kept: Words) -> Iterator[Finding]:
    """A rule for a place that does not exist never decides, and a looser one after it does."""
    if not _name_places(rules):
        return
    try:
        organization = read_organization(aws, lambda: datetime.now(UTC))
    except AwsError as error:
        yield Finding.wrong(PLACES, sentence(error))
        return
    wrong = [Finding.wrong(key, told) for key, told in misplaced(rules, organization, kept)]
    yield from wrong or [Finding.right(PLACES, "every OU and account that they name is there")]


def _unplaced(rules: Sequence[Rule]) -> Iterator[Finding]:
    if _name_places(rules):
        yield Finding.unknown(PLACES, "not checked, because AWS did not tell the organization")


def _name_places(rules: Sequence[Rule]) -> bool:
    return any(rule.accounts or rule.under.strip("/") for rule in rules)


def simulated(aws: Aws, caller: str) -> Finding:
    """What the simulator says about the caller's ARN; not checked where it does not tell."""
    wanted = {action for permission in all_permissions() for action in permission.actions}
    try:
        denied = sorted(wanted - _allowed(aws, _principal(aws, caller)))
    except AwsError as error:
        return Finding.unknown(NAME, _how_to_check(error, caller))
    if denied:
        return Finding.wrong(NAME, f"not allowed: {', '.join(denied)}; attach what `orgbot iam-policy` prints")
    return Finding.right(NAME, f"all {len(wanted)} actions allowed")


def _principal(aws: Aws, caller: str) -> str:
    """The ARN that the simulator takes: of a session its role's, whose path only IAM tells."""
    session = ASSUMED.fullmatch(caller)
    return str(aws.probe("iam", "get_role", RoleName=session["role"])["Role"]["Arn"]) if session else caller


def _allowed(aws: Aws, principal: str) -> set[str]:
    """The actions that are allowed on one of their resources at least."""
    grouped: dict[Any, set[str]] = defaultdict(set)
    for permission in all_permissions():
        grouped[permission.resources, permission.condition].update(permission.actions)
    found: set[str] = set()
    for (resources, condition), actions in grouped.items():
        asked = _question(Permission("", tuple(sorted(actions)), resources, condition))
        answer = aws.probe("iam", "simulate_principal_policy", PolicySourceArn=principal, **asked)
        found |= {str(item["EvalActionName"]) for item in answer["EvaluationResults"] if _is_allowed(item)}
    return found


def _question(permission: Permission) -> dict[str, Any]:
    given = [
        {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}
        for _, key, values in permission.condition
    ]
    resources = [_example(resource) for resource in permission.resources]
    return {"ActionNames": list(permission.actions), "ResourceArns": resources, "ContextEntries": given}


def _example(resource: str) -> str:
    """A resource that a pattern such as `arn:aws:iam::*:role/*` means."""
    return resource if resource == "*" else resource.replace("::*:", f"::{SOME_ACCOUNT}:").replace("*", "example")


def _is_allowed(item: dict[str, Any]) -> bool:
    on_each = [found["EvalResourceDecision"] for found in item.get("ResourceSpecificResults", ())]
    return "allowed" in (item["EvalDecision"], *on_each)


def _how_to_check(error: AwsError, caller: str) -> str:
    session = ASSUMED.fullmatch(caller)
    own = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}" if session else caller
    return (
        f"not checked ({error.operation}: {error.code}); compare them with what `orgbot iam-policy` prints, or allow "
        f"iam:GetRole and iam:SimulatePrincipalPolicy on {own} and check again"
    )


def misplaced(rules: Sequence[Rule], organization: Organization, kept: Words) -> Iterator[Misplaced]:
    """(rule and key, sentence) for each OU and account that a rule names and the organization lacks, or calls otherwise by now."""
    today = meant(Rules(rules), organization)
    bound = rebound(kept, today, organization)
    drifted = {(drift.key, drift.word): drift.sentence for drift in drifts(bound, today, organization)}
    for number, rule in enumerate(rules, 1):
        for key, word in _places(rule):
            if sentence := drifted.get((key, word)):
                yield _key(number, rule, key), sentence
            elif not _is_there(word, today.get((key, word)), organization):
                yield _key(number, rule, key), _missing(key, word, organization)


def _places(rule: Rule) -> Iterator[tuple[Key, str]]:
    if rule.under.strip("/"):
        yield "under", rule.under
    for word in rule.accounts:
        yield "accounts", word


def _is_there(word: str, meaning: frozenset[str] | None, organization: Organization) -> bool:
    """An id means itself."""
    return bool(meaning) if meaning is not None else word in organization.units_by_id | organization.accounts_by_id


def _missing(key: Key, word: str, organization: Organization) -> str:
    if key == "under":
        near = _near(word, [unit.path for unit in organization.units])
        return f"there is no organizational unit “{word}”, so the rule never decides{near}"
    return f"there is no account “{word}”{_near(word, _called_like(word, organization))}"


def _key(number: int, rule: Rule, key: str) -> str:
    return f"rule {number} “{rule.name}”, {key}"


def _called_like(word: str, organization: Organization) -> list[str]:
    """All accounts by the kind of name that the word is: id, e-mail address or name."""
    if ACCOUNT_ID.fullmatch(word):
        return [account.id for account in organization.accounts]
    return [account.email if "@" in word else account.name for account in organization.accounts]


def _near(word: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, 1)
    return f"; did you mean “{folded[near[0]]}”?" if near else "; correct it in ORGBOT_RULES"
