"""Access Analyzer's ValidatePolicy: a small part of AWS's hundred checks, with AWS's issue codes and locations.

Source: IAM Access Analyzer User Guide, "Policy check reference"; API Reference, "ValidatePolicy".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import botocore.session

from sandbox.aws.answers import HttpAnswer, error_answer
from sandbox.aws.calls import Call
from sandbox.aws.spans import Located, Path, position

SERVICE = "access-analyzer"
KINDS = ("IDENTITY_POLICY", "RESOURCE_POLICY", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
VERSIONS = ("2012-10-17", "2008-10-17")
REFERENCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
# Prefixes of IAM actions that aren't names of boto3 services.
MORE_PREFIXES = [
    "a4b",
    "access-analyzer",
    "aoss",
    "app-integrations",
    "aps",
    "aws-marketplace",
    "aws-portal",
    "billing",
    "bugbust",
    "cassandra",
    "cloudwatch",
    "consolidatedbilling",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "execute-api",
    "freetier",
    "fis",
    "geo",
    "invoicing",
    "iot-device-tester",
    "iotdeviceadvisor",
    "kafka",
    "kafka-cluster",
    "kafkaconnect",
    "mobiletargeting",
    "neptune-db",
    "notifications",
    "payments",
    "profile",
    "purchase-orders",
    "q",
    "rds-db",
    "s3-object-lambda",
    "s3-outposts",
    "servicequotas",
    "signin",
    "sqlworkbench",
    "ssmmessages",
    "ec2messages",
    "sso-directory",
    "sts",
    "states",
    "sustainability",
    "tag",
    "tax",
    "trustedadvisor",
    "vendor-insights",
    "vpc-lattice",
    "vpc-lattice-svcs",
    "wafv2",
    "airflow",
    "apprunner",
    "elasticbeanstalk",
]


class Finding(NamedTuple):
    """What is wrong, and where."""

    kind: str
    code: str
    details: str
    path: Path = ()


def answer(call: Call) -> HttpAnswer:
    """The answer to a ValidatePolicy request."""
    if call.operation != "ValidatePolicy":
        return error_answer(
            SERVICE, "AccessDeniedException", f"This sandbox has no {call.operation or 'such operation'}."
        )
    text, kind = str(call.params.get("policyDocument", "")), call.params.get("policyType")
    if kind not in KINDS:
        message = f"policyType: {kind!r} must be one of {', '.join(KINDS)}."
        return error_answer(SERVICE, "ValidationException", message)
    body = json.dumps({"findings": validate(text, str(kind))})
    return HttpAnswer(200, [("Content-Type", "application/json")], body.encode())


def validate(text: str, kind: str) -> list[dict[str, Any]]:
    """The findings of a policy document as ValidatePolicy gives them, in the order of the document."""
    try:
        located = Located(text)
    except json.JSONDecodeError as error:
        at = position(text, error.pos)
        span = {"start": at, "end": at}
        return [_shape(Finding("ERROR", "JSON_SYNTAX_ERROR", f"Fix the JSON syntax error: {error.msg}."), span)]
    return [_shape(finding, located.span(finding.path)) for finding in _check_document(located.value, kind)]


def _check_document(document: Any, kind: str) -> Iterator[Finding]:
    if not isinstance(document, dict):
        yield Finding("ERROR", "JSON_SYNTAX_ERROR", "The policy must be a JSON object.")
        return
    if "Version" not in document:
        yield Finding("WARNING", "MISSING_VERSION", "Add the Version element with the value 2012-10-17.")
    elif document["Version"] not in VERSIONS:
        yield Finding("ERROR", "INVALID_VERSION", f"Use one of {', '.join(VERSIONS)}.", ("Version",))
    statements = document.get("Statement")
    if not statements:
        yield Finding("ERROR", "MISSING_STATEMENT", "Add a Statement element to the policy.")
        return
    if not isinstance(statements, list):
        yield from _check_statement(statements, ("Statement",), kind)
        return
    for index, statement in enumerate(statements):
        yield from _check_statement(statement, ("Statement", index), kind)


def _check_statement(statement: Any, path: Path, kind: str) -> Iterator[Finding]:
    if not isinstance(statement, dict):
        yield Finding("ERROR", "DATA_TYPE_MISMATCH", "A statement must be a JSON object.", path)
        return
    yield from _check_effect(statement, path)
    yield from _check_principal(statement, path, kind)
    if "Resource" not in statement and "NotResource" not in statement:
        yield Finding("ERROR", "MISSING_RESOURCE", "Add a Resource or NotResource element to the statement.", path)
    if "Action" not in statement and "NotAction" not in statement:
        yield Finding("ERROR", "MISSING_ACTION", "Add an Action or NotAction element to the statement.", path)
    for element in ("Action", "NotAction"):
        if element in statement:
            yield from _check_actions(statement[element], (*path, element))


def _check_effect(statement: dict[str, Any], path: Path) -> Iterator[Finding]:
    if "Effect" not in statement:
        yield Finding("ERROR", "MISSING_EFFECT", "Add an Effect element to the statement.", path)
    elif statement["Effect"] not in ("Allow", "Deny"):
        yield Finding("ERROR", "INVALID_EFFECT", "Use Allow or Deny.", (*path, "Effect"))


def _check_principal(statement: dict[str, Any], path: Path, kind: str) -> Iterator[Finding]:
    named = next((element for element in ("Principal", "NotPrincipal") if element in statement), "")
    if named and kind in ("IDENTITY_POLICY", "SERVICE_CONTROL_POLICY"):
        details = f"The policy type {kind} doesn't take {named}. Remove it."
        yield Finding("ERROR", "UNSUPPORTED_PRINCIPAL", details, (*path, named))
    if not named and kind in ("RESOURCE_POLICY", "RESOURCE_CONTROL_POLICY"):
        yield Finding("ERROR", "MISSING_PRINCIPAL", "Add a Principal element to the statement.", path)


def _check_actions(actions: Any, path: Path) -> Iterator[Finding]:
    if actions == []:
        yield Finding("SUGGESTION", "EMPTY_ARRAY_ACTION", "The list is empty: the statement does nothing.", path)
    for index, action in enumerate(actions if isinstance(actions, list) else [actions]):
        at = (*path, index) if isinstance(actions, list) else path
        prefix, colon, name = str(action).partition(":")
        if action != "*" and not (colon and name):
            yield Finding("ERROR", "INVALID_ACTION", f"The action {action} doesn't exist.", at)
        elif "*" not in prefix and prefix.lower() not in _prefixes():
            yield Finding("ERROR", "INVALID_SERVICE_IN_ACTION", f"The service {prefix} doesn't exist.", at)


@cache
def _prefixes() -> frozenset[str]:
    return frozenset([*botocore.session.get_session().get_available_services(), *MORE_PREFIXES])


def _shape(finding: Finding, span: dict[str, Any]) -> dict[str, Any]:
    path = [{"index": step} if isinstance(step, int) else {"value": step} for step in finding.path]
    return {
        "findingType": finding.kind,
        "issueCode": finding.code,
        "findingDetails": finding.details,
        "learnMoreLink": f"{REFERENCE}#{finding.code.lower().replace('_', '-')}",
        "locations": [{"path": path, "span": span}],
    }
