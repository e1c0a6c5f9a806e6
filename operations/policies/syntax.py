"""The syntax of each type's documents, as far as AWS publishes it: which keys there are, and which operators. Pure.

What AWS would surely refuse is an error with its place. A key that is new to the bot, where AWS adds to them now and then, is
only mentioned.
Source: AWS Organizations User Guide, "Policy syntax and inheritance for declarative policy types" (operators) and the syntax
page of each type; IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.snapshot.names import listed
from operations.snapshot.policy_types import RCP, SCP, label

Path = tuple[str | int, ...]
SETTING = ("@@assign", "@@append", "@@remove")
FOR_CHILDREN = "@@operators_allowed_for_child_policies"
OPERATORS = (*SETTING, FOR_CHILDREN)
ALLOWED = ("@@all", "@@none", *SETTING)


@dataclass(frozen=True)
class Problem:
    """Something at a place in a document; what is not `surely` wrong is only mentioned."""

    path: Path
    says: str
    surely: bool = True


@dataclass(frozen=True)
class Keys:
    """An object with these keys, of which some have to be there. `any` is what stands under names that people choose; `grows`
    where AWS adds keys now and then.
    """

    known: Mapping[str, Node] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    any: Node | None = None
    grows: bool = False


@dataclass(frozen=True)
class Value:
    """An object that holds operators alone."""


@dataclass(frozen=True)
class Unknown:
    """An object of whose keys the bot knows nothing; its operators are looked at all the same."""


Node = Keys | Value | Unknown
VALUE, UNKNOWN = Value(), Unknown()
IN_REGIONS = {"enable_in_regions": VALUE, "disable_in_regions": VALUE}
REGIONS = Keys(IN_REGIONS, needed=tuple(IN_REGIONS))
TAG = {"tag_key": VALUE, "tag_value": VALUE, "enforced_for": VALUE, "report_required_tag_for": VALUE}
PLAN = ("regions", "rules", "selections", "advanced_backup_settings", "backup_plan_tags", "scan_settings")
EC2 = (
    *("vpc_block_public_access", "serial_console_access", "image_block_public_access", "allowed_images_settings"),
    *("instance_metadata_defaults", "snapshot_block_public_access"),
)
PATCH_ORDER = Keys({"patch_order": VALUE})
SCANS = dict.fromkeys(("ec2_scanning", "ecr_scanning", "code_repository_scanning"), REGIONS)
LAMBDA = Keys({**IN_REGIONS, "lambda_code_scanning": REGIONS}, needed=tuple(IN_REGIONS), grows=True)
GUARDRAIL = Keys(
    {"identifier": VALUE, "input_tags": VALUE, "selective_content_guarding": UNKNOWN, "model_enforcement": UNKNOWN},
    needed=("identifier",),
    grows=True,
)


def _below(name: str, node: Node) -> Keys:
    """A document whose one key at the top is this."""
    return Keys({name: node}, needed=(name,))


# What stands in the document of each type. None: AWS publishes no syntax that the bot knows; then operators alone are looked at.
SYNTAX: dict[str, Keys | None] = {
    "TAG_POLICY": _below("tags", Keys(any=Keys(TAG))),
    "BACKUP_POLICY": _below("plans", Keys(any=Keys(dict.fromkeys(PLAN, UNKNOWN), grows=True))),
    "AISERVICES_OPT_OUT_POLICY": _below("services", Keys(any=Keys({"opt_out_policy": VALUE}))),
    "CHATBOT_POLICY": _below("chatbot", Keys({"platforms": UNKNOWN, "default": UNKNOWN}, grows=True)),
    "DECLARATIVE_POLICY_EC2": _below(
        "ec2_attributes", Keys({"exception_message": VALUE, **dict.fromkeys(EC2, UNKNOWN)}, grows=True)
    ),
    "SECURITYHUB_POLICY": _below(
        "securityhub", Keys({**IN_REGIONS, "features": UNKNOWN}, needed=tuple(IN_REGIONS), grows=True)
    ),
    "INSPECTOR_POLICY": _below(
        "inspector", Keys({"enablement": Keys({**SCANS, "lambda_standard_scanning": LAMBDA}, grows=True)})
    ),
    "UPGRADE_ROLLOUT_POLICY": _below(
        "upgrade_rollout",
        Keys({"default": PATCH_ORDER, "tags": Keys(any=Keys({"tag_values": Keys(any=PATCH_ORDER)}))}, grows=True),
    ),
    "BEDROCK_POLICY": _below("bedrock", Keys({"guardrail_inference": Keys(any=Keys(any=GUARDRAIL))}, grows=True)),
    "S3_POLICY": _below("s3_attributes", Keys({"public_access_block_configuration": VALUE}, grows=True)),
    "NETWORK_SECURITY_DIRECTOR_POLICY": _below(
        "network_security_director", Keys({"enablement": Keys({"network_security_scan": REGIONS}, grows=True)})
    ),
    "SECURITYHUB_CSPM_POLICY": None,
    "GUARDDUTY_POLICY": None,
}


def problems(document: dict[str, Any], kind: str) -> list[Problem]:
    """What is wrong with a document of this type, in its order."""
    if kind in STATEMENTS:
        return list(_statements(document, kind))
    return list(_walk(SYNTAX.get(kind) or UNKNOWN, document, ()))


def said(kind: str) -> str:
    """What the card says of this check."""
    if kind in STATEMENTS:
        return "Keys and condition operators are those of AWS's published syntax."
    if SYNTAX.get(kind) is None:
        return f"Not checked, but for its operators: the bot doesn't know the keys of a {label(kind)}."
    return "Keys and operators are those of AWS's published syntax; values are not checked."


def place(path: Path) -> str:
    """`tags → owner → tag_key`, as people find it; statements are counted from 1."""
    return " → ".join(str(step + 1) if isinstance(step, int) else step for step in path)


def _walk(node: Node, found: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(found, dict):
        yield Problem(path, "has to be an object, in braces")
        return
    for key, value in found.items():
        yield from _key(node, key, value, (*path, key))
    needed = node.needed if isinstance(node, Keys) else ()
    missing = [key for key in needed if key not in found]
    if missing:
        yield Problem(path, f"lacks {listed(missing)}")
    if isinstance(node, Value) and not found.keys() & set(OPERATORS):
        yield Problem(path, f"has no operator; write one such as {SETTING[0]}")


def _key(node: Node, key: str, value: Any, path: Path) -> Iterator[Problem]:
    if key.startswith("@@"):
        yield from _operator(node, key, value, path)
    elif isinstance(node, Unknown):
        if isinstance(value, dict):
            yield from _walk(UNKNOWN, value, path)
    elif isinstance(node, Value):
        yield Problem(path, f"stands where only operators stand: {listed(OPERATORS)}")
    elif key in node.known or node.any:
        yield from _walk(node.known.get(key) or node.any or UNKNOWN, value, path)
    elif node.grows:
        yield Problem(path, f"is not among the keys that the bot knows: {listed([*node.known], 12)}", surely=False)
    else:
        yield Problem(path, f"is not a key here. Known keys: {listed([*node.known], 12)}")


def _operator(node: Node, key: str, value: Any, path: Path) -> Iterator[Problem]:
    if key not in OPERATORS:
        yield Problem(path, f"is not an operator. Known operators: {listed(OPERATORS)}")
    elif key == FOR_CHILDREN:
        wrong = [one for one in (value if isinstance(value, list) else [value]) if one not in ALLOWED]
        if wrong:
            yield Problem(
                path, f"takes a list of {listed(ALLOWED)}; {listed([str(one)[:40] for one in wrong])} is none"
            )
    elif isinstance(node, Keys):
        yield Problem(path, "stands where keys stand, and sets no value there")


STATEMENT = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
STATEMENTS = {SCP: STATEMENT, RCP: (*STATEMENT[:3], "Principal", "Resource", "NotResource", "Condition")}
NEEDED = {
    SCP: (("Effect",), ("Action", "NotAction")),
    RCP: (("Effect",), ("Principal",), ("Action",), ("Resource", "NotResource")),
}
EFFECTS = {SCP: ("Allow", "Deny"), RCP: ("Deny",)}
VERSIONS = ("2012-10-17", "2008-10-17")
COMPARED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
CONDITIONS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike"),
    *("StringNotLike", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals"),
    *("ArnNotLike", "Null"),
    *(f"{kind}{how}" for kind in ("Numeric", "Date") for how in COMPARED),
)
_FOLDED = {name.casefold() for name in CONDITIONS}


def _statements(document: dict[str, Any], kind: str) -> Iterator[Problem]:
    for key in document:
        if key not in ("Version", "Id", "Statement"):
            yield Problem((key,), "is not a key here. Known keys: Version, Id, Statement")
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        yield Problem(("Version",), f"has to be {VERSIONS[0]}")
    found = document.get("Statement")
    if not found:
        yield Problem((), "lacks Statement")
    for number, statement in enumerate(found if isinstance(found, list) else [found] if found else []):
        path: Path = ("Statement", number) if isinstance(found, list) else ("Statement",)
        if isinstance(statement, dict):
            yield from _statement(statement, kind, path)
        else:
            yield Problem(path, "has to be an object, in braces")


def _statement(statement: dict[str, Any], kind: str, path: Path) -> Iterator[Problem]:
    for key in statement:
        if key not in STATEMENTS[kind]:
            known = listed(STATEMENTS[kind], 12)
            yield Problem((*path, key), f"is not a key of a statement in a {label(kind)}. There are: {known}")
    for choice in NEEDED[kind]:
        if not any(name in statement for name in choice):
            yield Problem(path, f"lacks {' or '.join(choice)}")
    if statement.get("Effect", EFFECTS[kind][0]) not in EFFECTS[kind]:
        yield Problem((*path, "Effect"), f"has to be {' or '.join(EFFECTS[kind])} in a {label(kind)}")
    if kind == RCP and "Principal" in statement and statement["Principal"] not in ("*", {"AWS": "*"}):
        yield Problem((*path, "Principal"), 'has to be "*"; narrow it by a condition')
    yield from _conditions(statement.get("Condition", {}), (*path, "Condition"))


def _conditions(found: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(found, dict):
        yield Problem(path, "has to be an object, in braces")
        return
    for operator, keys in found.items():
        if not _is_condition(operator):
            yield Problem((*path, operator), "is not a condition operator")
        elif not isinstance(keys, dict):
            yield Problem((*path, operator), "has to be an object, in braces")


def _is_condition(operator: str) -> bool:
    plain = operator.casefold().removeprefix("forallvalues:").removeprefix("foranyvalue:")
    return plain in _FOLDED or (plain.removesuffix("ifexists") in _FOLDED - {"null"} and plain.endswith("ifexists"))


def offset(text: str, path: Path) -> int:
    """About where a path leads in a document's text: at the last of its keys, each looked for behind the one before."""
    at = 0
    for step in path:
        found = text.find(json.dumps(step, ensure_ascii=False), at) if isinstance(step, str) else -1
        at = found if found >= 0 else at
    return at
