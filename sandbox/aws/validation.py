"""Checks parameters against botocore's own model, as AWS's front door does: lengths, patterns, enumerations.

boto3 itself checks only that what is required is there. Source: AWS Organizations API Reference, "InvalidInputException".
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from sandbox.aws.refusals import Refusal, invalid

# The model writes Java's character classes; Python's own ones are as wide where these patterns use them.
JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service, by its boto3 name."""
    return botocore.session.get_session().get_service_model(service)


def check(service: str, operation: str, params: dict[str, Any]) -> None:
    """Raises InvalidInputException with the Reason for the first parameter that AWS would refuse."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is not None:
        _check_structure(shape, params)


def enumeration(name: str) -> list[str]:
    """Every value of an enumeration of Organizations, such as `PolicyType`."""
    shape: Any = service_model("organizations").shape_for(name)
    return list(shape.enum)


def _check_structure(shape: Any, value: dict[str, Any]) -> None:
    for name in shape.required_members:
        if value.get(name) is None:
            raise invalid("INPUT_REQUIRED", f"You must include a value for the {name} parameter.")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            _check(name, member, value[name])


def _check(name: str, shape: Any, value: Any) -> None:
    if shape.type_name == "structure":
        _check_structure(shape, value)
    elif shape.type_name == "list":
        for item in value:
            _check(name, shape.member, item)
    elif shape.type_name == "integer":
        _check_size(name, shape, int(value), "VALUE")
    elif shape.type_name == "string":
        _check_string(name, shape, str(value))


def _check_string(name: str, shape: Any, value: str) -> None:
    _check_size(name, shape, len(value), "LENGTH")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        reason = "INVALID_PATTERN_TARGET_ID" if name == "TargetId" else "INVALID_PATTERN"
        raise _refuse(reason, name, value, f"must match {pattern}")
    if shape.enum and value not in shape.enum:
        reason = "INVALID_ENUM_POLICY_TYPE" if shape.name.endswith("PolicyType") else "INVALID_ENUM"
        raise _refuse(reason, name, value, f"must be one of {', '.join(shape.enum)}")


def _check_size(name: str, shape: Any, size: int, what: str) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        raise _refuse(f"MIN_{what}_EXCEEDED", name, size, f"must be at least {least}")
    if most is not None and size > most:
        raise _refuse(f"MAX_{what}_EXCEEDED", name, size, f"must be at most {most}")


def _refuse(reason: str, name: str, value: object, rule: str) -> Refusal:
    return invalid(reason, f"You provided a value that does not match the required pattern: {name}={value!r} {rule}.")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
