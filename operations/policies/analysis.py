"""What IAM Access Analyzer says of a policy document, where AWS offers that.

Source: IAM Access Analyzer API Reference, "ValidatePolicy"; User Guide, "Policy validation".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from operations.aws.client import Answer, Aws
from operations.aws.errors import AwsError
from operations.aws.model import LOADER
from operations.aws.permissions import Permission
from operations.core.preview import PreviewInput
from operations.policies.documents import pretty
from operations.policies.syntax import said

CHECK_PERMISSION = Permission("check policy documents", ("access-analyzer:ValidatePolicy",))
MOST_NOTES = 5


@dataclass(frozen=True)
class Checked:
    """`errors` are what AWS will refuse, `notes` its warnings, `said` one sentence for the card."""

    errors: tuple[str, ...]
    notes: tuple[str, ...]
    said: str


def check_with_analyzer(inputs: PreviewInput, document: str, kind: str) -> Checked:
    """The findings, or why there are none; AWS being away or slow is no reason to refuse anything, and nobody waits for it."""
    if kind not in checkable():
        return Checked((), (), said(kind))

    def ask(aws: Aws) -> list[Answer]:
        wanted = {"policyDocument": pretty(document), "policyType": kind}
        return list(aws.pages("accessanalyzer", "validate_policy", "findings", **wanted))

    try:
        found = inputs.optional("ValidatePolicy", ask)
    except AwsError as error:
        return Checked((), (), f"Not checked: IAM Access Analyzer did not answer ({error.code or error.message}).")
    return _judged(found)


@cache
def checkable() -> frozenset[str]:
    """The types of organization policies that ValidatePolicy takes, by botocore's model."""
    model = LOADER.load_service_model("accessanalyzer", "service-2")
    return frozenset(model["shapes"]["PolicyType"]["enum"])


def _judged(found: list[dict[str, Any]]) -> Checked:
    errors = tuple(_line(finding) for finding in found if finding.get("findingType") == "ERROR")
    others = [finding for finding in found if finding.get("findingType") != "ERROR"]
    notes = tuple(f"Access Analyzer: {_line(finding)}" for finding in others[:MOST_NOTES])
    if not found:
        return Checked((), (), "Checked by IAM Access Analyzer: no findings.")
    return Checked(errors, notes, f"Checked by IAM Access Analyzer: {len(errors)} errors, {len(others)} warnings.")


def _line(finding: dict[str, Any]) -> str:
    """`MISSING_VERSION: Add the Version element … (line 1)`, the line in the document as the card shows it."""
    places = finding.get("locations") or [{}]
    line = places[0].get("span", {}).get("start", {}).get("line")
    where = f" (line {line})" if line else ""
    return f"{finding.get('issueCode', '')}: {finding.get('findingDetails', '')}{where}"
