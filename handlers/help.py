"""The help, made from the declarations. Pure."""

from __future__ import annotations

from itertools import groupby

from approvals.text import Block, context, escape, header, section, shorten
from handlers.blocks import packed
from handlers.declared import fields_of, readable
from handlers.looks.names import NAMES
from handlers.slack_names import COMMAND
from operations.base import Operation
from operations.fields import OperationField
from operations.registry import all_operations

READS = (
    "".join(f"`{COMMAND} {name.usage}`  {name.purpose}\n" for name in NAMES)
    + f"`{COMMAND} requests`  What waits, what runs, and what you asked for\n"
    f"`{COMMAND} request 12`  One request\n"
    f"`{COMMAND} sessions`  Who has credentials just now: yours, for approvers everybody's\n"
    f"`{COMMAND} help create-account`  One operation with its flags"
)


def overview() -> list[Block]:
    """Every operation in a line, by family; each one's own help has an example."""
    families = groupby(all_operations(), key=lambda operation: operation.family)
    return [
        header("What I can do"),
        section(f"Ask with `{COMMAND} <operation> --flag value …`. What is missing, a form asks for."),
        section(f"*To look*\n{READS}"),
        *(block for family, members in families for block in packed([f"*{escape(family)}*", *map(_line, members)])),
    ]


def _line(operation: type[Operation]) -> str:
    return f"`{COMMAND} {operation.name}`  {escape(shorten(operation.purpose(), 120))}"


def details(operation: type[Operation]) -> list[Block]:
    """One operation: what it does, its flags, an example."""
    also = f"Also: {', '.join(f'`{alias}`' for alias in operation.aliases)}" if operation.aliases else ""
    return [
        header(readable(operation)),
        *packed(escape(operation.help_text()).split("\n\n"), between="\n\n"),
        *packed([_flag(field) for field in fields_of(operation)]),
        section(f"*For example*\n```{COMMAND} {operation.name} {escape(operation.example)}```"),
        context(
            also or f"`{COMMAND} {operation.name}` alone opens the form.",
            "`--break-glass` acts at once, for those whom a rule lets do so, and is reviewed afterwards.",
        ),
    ]


def _flag(field: OperationField) -> str:
    first, *others = field.flag.names
    also = f" ({', '.join(f'`{name}`' for name in others)})" if others else ""
    choices = f": {', '.join(choice.value for choice in field.flag.choices)}" if field.flag.choices else ""
    hint = f". {field.flag.hint}" if field.flag.hint else ""
    return f"`{first}`{also}  {escape(f'{field.flag.label}{choices}{hint}')}{_need(field)}"


def _need(field: OperationField) -> str:
    if field.required:
        return "  _(needed)_"
    return f"  _({escape(str(field.default))} when left out)_" if field.default else ""
