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
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from approvals.authority.bindings import Key, Words, drifts, meant, rebound
from approvals.authority.rules import ACCOUNT_ID, Rule, Rules
from bot.aws import Boto3Clients
from bot.checks.findings import Finding, sentence, tried
from bot.config.settings import Settings
from bot.iam_policy import place_of
from operations.aws.client import Aws
from operations.aws.errors import AwsError
from operations.aws.partitions import Identity
from operations.aws.permissions import ByResources, Permission, by_resources
from operations.core.registry import all_permissions, left_out
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization
from operations.snapshot.standing import check_no_root, check_standing, management_of

Misplaced = tuple[str, str]

SOME_ACCOUNT = "111122223333"
NAME, OWN = "AWS permissions", "the bot's own role"
ESCALATING = ("iam:AttachRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")

PLACES = "places in the rules"


def aws_findings(settings: Settings, rules: Sequence[Rule], kept: Words | None = None) -> Iterator[Finding]:
    """Everything that AWS tells; `kept` is what the words of the rules were bound to."""
    try:
        aws = Aws(Boto3Clients())
        identity = aws.identity()
    except Exception as error:  # noqa: BLE001  As in `tried`.
        yield Finding.wrong("AWS credentials", sentence(error))
        yield from _unplaced(rules)
        return
    yield tried("AWS credentials", lambda: _credentials(identity))
    organization = tried("AWS organization", lambda: organization_of(aws))
    yield organization
    yield from _placed(aws, rules, kept or {}) if organization.ok else _unplaced(rules)
    if not identity.is_root:
        place = place_of(identity, settings.grant_to, rules)
        wanted = all_permissions(left_out(settings.without))
        yield from simulated(aws, identity, by_resources(wanted, place))


def _credentials(identity: Identity) -> str:
    check_no_root(identity)
    return identity.arn


def organization_of(aws: Aws) -> str:
    """The organization and its management account; raises AwsError, and MisplacedError where the bot can't work with these credentials."""
    found = aws.read("organizations", "describe_organization")["Organization"]
    check_standing(aws, found)
    return f"{found['Id']}, {found.get('FeatureSet')}, management account {management_of(found)}"


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


def simulated(aws: Aws, identity: Identity, wanted: ByResources) -> Iterator[Finding]:
    """What the simulator says about who the bot is: what it lacks, and whether it has too much; not checked where it does not tell."""
    try:
        principal = _principal(aws, identity)
        yield _sufficient(aws, principal, wanted)
        yield _harmless(aws, principal)
    except AwsError as error:
        yield Finding.unknown(NAME, _how_to_check(error, identity))


def _sufficient(aws: Aws, principal: str, wanted: ByResources) -> Finding:
    actions = {action for actions in wanted.values() for action in actions}
    denied = sorted(actions - _allowed(aws, principal, wanted))
    if denied:
        return Finding.wrong(NAME, f"not allowed: {', '.join(denied)}; attach what `orgbot iam-policy` prints")
    return Finding.right(NAME, f"all {len(actions)} actions allowed")


def _harmless(aws: Aws, principal: str) -> Finding:
    """Whoever may write on its own role may do everything; the printed policy denies that, whatever else is attached."""
    allowed = sorted(_allowed(aws, principal, {((principal,), ()): set(ESCALATING)}))
    if allowed:
        told = (
            f"the bot could give itself more rights ({', '.join(allowed)}); `orgbot iam-policy` prints what denies that"
        )
        return Finding.unknown(OWN, told)
    return Finding.right(OWN, "the bot can't give itself more rights")


def _principal(aws: Aws, identity: Identity) -> str:
    """The ARN that the simulator takes: of a session its role's, whose path only IAM tells."""
    if not identity.role:
        return identity.arn
    return str(aws.probe("iam", "get_role", RoleName=identity.role)["Role"]["Arn"])


def _allowed(aws: Aws, principal: str, wanted: ByResources) -> set[str]:
    """The actions that are allowed on one of their resources at least."""
    found: set[str] = set()
    for (resources, condition), actions in wanted.items():
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
    """A resource that a pattern such as `arn:…:iam::*:role/*` means."""
    return resource if resource == "*" else resource.replace("::*:", f"::{SOME_ACCOUNT}:").replace("*", "example")


def _is_allowed(item: dict[str, Any]) -> bool:
    on_each = [found["EvalResourceDecision"] for found in item.get("ResourceSpecificResults", ())]
    return "allowed" in (item["EvalDecision"], *on_each)


def _how_to_check(error: AwsError, identity: Identity) -> str:
    own = identity.principals[0]
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
                yield _key(number, rule, key), missing(key, word, organization)


def _places(rule: Rule) -> Iterator[tuple[Key, str]]:
    if rule.under.strip("/"):
        yield "under", rule.under
    for word in rule.accounts:
        yield "accounts", word


def _is_there(word: str, meaning: frozenset[str] | None, organization: Organization) -> bool:
    """An id means itself."""
    return bool(meaning) if meaning is not None else word in organization.units_by_id | organization.accounts_by_id


def missing(key: Key, word: str, organization: Organization) -> str:
    """What is said of an OU or account that a rule's key names and the organization lacks."""
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
