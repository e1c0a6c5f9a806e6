"""Effective policies: what all policies of a management type come to on one account.

Operators as AWS documents them: `@@assign` replaces, `@@append` adds to a list, `@@remove` takes from it; the
`@@operators_allowed_for_child_policies` of an ancestor are not enforced here.
Source: AWS Organizations User Guide, "Understanding management policy inheritance".
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.aws.backend import Backend
from sandbox.aws.models import Target
from sandbox.aws.refusals import Refusal
from sandbox.aws.registry import Answer, Listing, Params, listing, operation
from sandbox.aws.tree import chain, unit_path

Document = dict[str, Any]


@operation("DescribeEffectivePolicy")
def describe_effective_policy(org: Backend, params: Params) -> Answer:
    kind = params["PolicyType"]
    target = org.target(params.get("TargetId") or org.caller)
    merged = effective(org, target, kind)
    if not merged:
        raise Refusal("EffectivePolicyNotFoundException", "There is no effective policy of this type for this target.")
    return {
        "EffectivePolicy": {
            "PolicyContent": json.dumps(merged),
            "LastUpdatedTimestamp": org.now().timestamp(),
            "TargetId": target.id,
            "PolicyType": kind,
        }
    }


@listing("ListAccountsWithInvalidEffectivePolicy", "Accounts")
def list_accounts_with_invalid_effective_policy(_: Backend, params: Params) -> Listing:
    """None: what CreatePolicy let in can always be merged here."""
    return Listing([], beside={"PolicyType": params["PolicyType"]})


@listing("ListEffectivePolicyValidationErrors", "EffectivePolicyValidationErrors")
def list_effective_policy_validation_errors(org: Backend, params: Params) -> Listing:
    account = org.account(params["AccountId"])
    beside = {
        "AccountId": account.id,
        "PolicyType": params["PolicyType"],
        "Path": f"{unit_path(org, org.unit(account.parent_id))}{account.id}/",
        "EvaluationTimestamp": org.now().timestamp(),
    }
    return Listing([], beside=beside)


def effective(org: Backend, target: Target, kind: str) -> Document:
    """The merged document from the root down to `target`, without operators."""
    if target.parent_id is None:
        links: list[Target] = [target]
    elif target.type == "ACCOUNT":
        links = [*chain(org, org.unit(target.parent_id)), target]
    else:
        links = [*chain(org, org.unit(target.id))]
    merged: Document = {}
    for link in links:
        for policy in link.attached_policies:
            if policy.type == kind:
                merged = merge(merged, json.loads(str(policy.content)))
    return merged


def merge(above: Document, below: Document) -> Document:
    """`below` applied to what is inherited from `above`."""
    merged = dict(above)
    for key, value in below.items():
        if key.startswith("@@"):
            continue
        merged[key] = _merge_value(above.get(key), value)
    return merged


def _merge_value(inherited: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "@@assign" in value:
        return value["@@assign"]
    if "@@append" in value or "@@remove" in value:
        kept = [item for item in _as_list(inherited) if item not in _as_list(value.get("@@remove"))]
        return kept + [item for item in _as_list(value.get("@@append")) if item not in kept]
    return merge(inherited if isinstance(inherited, dict) else {}, value)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
