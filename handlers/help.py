"""Help, made from the declarations. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from approvals.text import context, header, section, shorten
from operations.base import Operation
from operations.fields import OperationField
from operations.registry import all_operations

Block = dict[str, Any]
READS = (
    "`/org requests`  what waits and what runs",
    "`/org request 12`  one request and its history",
    "`/org help create-account`  one operation and its flags",
)


def overview() -> list[Block]:
    """Every operation, by family, and the reads."""
    families = [
        _family(name, list(found)) for name, found in groupby(all_operations(), key=lambda operation: operation.family)
    ]
    return [
        header("What you can ask for"),
        *families,
        section("*Look, without asking anybody*\n" + "\n".join(READS)),
        context('Without its flags an operation opens its form. Every request takes `--reason "…"`.'),
    ]


def _family(name: str, found: list[type[Operation]]) -> Block:
    lines = [f"`/org {operation.name}`  {operation.purpose()}" for operation in found]
    return section(f"*{name}*\n" + "\n".join(lines))


def about(operation: type[Operation]) -> list[Block]:
    """One operation: what it does, its flags, an example."""
    also = f"  ·  also `/org {'`, `/org '.join(operation.aliases)}`" if operation.aliases else ""
    flags = [_flag(field) for field in operation.fields()]
    return [
        header(f"/org {operation.name}"),
        section(operation.help_text()),
        section(shorten("*Flags*\n" + "\n".join([*flags, "`--reason`  why, for the approvers"]), 3000)),
        section(f'*Example*\n```/org {operation.name} {operation.example} --reason "…"```'),
        context(f"`/org {operation.name}` alone opens the form{also}"),
    ]


def _flag(field: OperationField) -> str:
    need = "needed" if field.required else "may be left out"
    choices = f" ({' or '.join(choice.value for choice in field.flag.choices)})" if field.flag.choices else ""
    other = f"  (also {', '.join(field.flag.names[1:])})" if field.flag.names[1:] else ""
    hint = f": {field.flag.hint}" if field.flag.hint else ""
    return f"`{field.flag.names[0]}`  {field.flag.label}{choices}{hint}; {need}{other}"
