"""pydantic's complaints as sentences for people, one for each field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from operations.base import Operation
from operations.fields import OperationField


def complaints(operation: type[Operation], error: ValidationError) -> dict[str, str]:
    """Field name to sentence: what is wrong and the way out."""
    fields = {field.name: field for field in operation.fields()}
    found: dict[str, str] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else next(iter(fields))
        found.setdefault(name, _sentence(fields.get(name), item))
    return found


def _sentence(field: OperationField | None, item: Mapping[str, Any]) -> str:
    limits = item.get("ctx", {})
    value = str(item.get("input", ""))
    if item["type"] == "missing":
        return "This is needed."
    if item["type"] == "string_too_long":
        return f"This has {len(value)} characters; {limits['max_length']} is the most."
    if item["type"] == "string_too_short":
        return "This is needed."
    if item["type"] == "literal_error" and field is not None:
        choices = " or ".join(choice.value for choice in field.flag.choices)
        return f"“{value[:60]}” is none of the choices; give {choices}."
    text = str(item["msg"]).removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}."
