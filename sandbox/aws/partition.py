"""The stand-in in another partition, such as GovCloud: within it everything stays as it is, on the way in and out names change.

Source: IAM User Guide, "Amazon Resource Names (ARNs)"; AWS General Reference, "AWS Organizations endpoints and quotas".
"""

from __future__ import annotations

import io
import re

from sandbox.aws.answers import HttpAnswer, error_answer
from sandbox.aws.conditions import Conditions
from sandbox.aws.requests import Environ

COMMERCIAL, REGION = "aws", "us-east-1"
GLOBAL = ("account", "iam", "organizations", "servicequotas")
SIGNED_FOR = re.compile(r"(?<=/)([a-z0-9-]+)/([a-z-]+)(?=/aws4_request)")


def enter(environ: Environ, conditions: Conditions) -> HttpAnswer | None:
    """Makes a request one of the commercial partition; the refusal of one that is of no use in the stand-in's own."""
    signed = SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed and signed[2] in GLOBAL and signed[1] != conditions.home:
        told = f"Credential should be scoped to a valid Region, such as {conditions.home}."
        return error_answer(signed[2], "SignatureDoesNotMatch", told, status=403)
    if conditions.partition == COMMERCIAL:
        return None
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if _arns(COMMERCIAL, body):
        return error_answer(signed[2] if signed else "", "InvalidParameterValue", "An ARN of another partition.")
    for own, theirs in zip(_forms(conditions.partition), _forms(COMMERCIAL), strict=True):
        body = body.replace(own, theirs)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    environ["HTTP_AUTHORIZATION"] = SIGNED_FOR.sub(rf"{REGION}/\2", environ.get("HTTP_AUTHORIZATION", ""))
    return None


def leave(answer: HttpAnswer, conditions: Conditions) -> HttpAnswer:
    """An answer with the ARNs of the stand-in's own partition."""
    if conditions.partition == COMMERCIAL:
        return answer
    body = answer.body
    for own, theirs in zip(_forms(conditions.partition), _forms(COMMERCIAL), strict=True):
        body = body.replace(theirs, own)
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    return HttpAnswer(answer.status, [*headers, ("Content-Length", str(len(body)))], body)


def _forms(partition: str) -> tuple[bytes, bytes]:
    """How ARNs begin in JSON and XML, and in a form."""
    return f"arn:{partition}:".encode(), f"arn%3A{partition}%3A".encode()


def _arns(partition: str, body: bytes) -> bool:
    return any(form in body for form in _forms(partition))
