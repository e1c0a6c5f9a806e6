"""The help, made from the declarations. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from approvals.slack.blocks import Block, context, escape, header, packed, section, shorten, verbatim
from handlers.action_ids import COMMAND
from handlers.declared import fields_of, readable
from handlers.query_names import NAMES, Name, meant
from operations.core.base import Operation
from operations.core.fields import Choice, OperationField

COMMONEST = (
    *("credentials", "create-account", "move-account", "tag-account", "create-ou", "attach-policy", "update-policy"),
    *("invite-account", "close-account", "grant-access"),
)


def overview(operations: Sequence[type[Operation]]) -> list[Block]:
    """Each operation that is offered in a line, the commonest first, the others by family; each one's own help has an example."""
    known = {operation.name: operation for operation in operations}
    common = [known.pop(name) for name in COMMONEST if name in known]
    families = groupby(known.values(), key=lambda operation: operation.family)
    return [
        header("What I can do"),
        section(f"`{COMMAND}` alone has it all to click. An operation opens its form for what is missing."),
        *(packed(["*Commonest*", *map(_line, common)]) if common else []),
        *packed(["*To look*", *map(_read, NAMES)]),
        *(block for family, members in families for block in packed([f"*{escape(family)}*", *map(_line, members)])),
    ]


def _read(name: Name) -> str:
    return f"`{COMMAND} {escape(name.usage)}`  {name.purpose}"


def of_query(word: str) -> list[Block]:
    """What is answered to the asker alone and needs no approval, in a sentence; nothing for any other word."""
    return [section(f"{_read(name)}. Only you see the answer.") for name in NAMES if name.word == meant(word)]


def _line(operation: type[Operation]) -> str:
    return f"`{COMMAND} {operation.name}`  {escape(shorten(operation.purpose(), 120))}"


def details(operation: type[Operation]) -> list[Block]:
    """One operation: what it does, its flags, an example."""
    also = f"Also: {', '.join(f'`{alias}`' for alias in operation.aliases)}" if operation.aliases else ""
    return [
        header(readable(operation)),
        *packed(escape(operation.help_text()).split("\n\n"), between="\n\n"),
        *packed([_flag(field) for field in fields_of(operation)]),
        section(f"*For example*\n```{COMMAND} {operation.name} {verbatim(operation.example)}```"),
        context(
            also or f"`{COMMAND} {operation.name}` alone opens the form.",
            "`--break-glass` acts at once, for those whom a rule lets do so, and is reviewed afterwards.",
        ),
    ]


def _flag(field: OperationField) -> str:
    first, *others = field.flag.names
    also = f" ({', '.join(f'`{name}`' for name in others)})" if others else ""
    choices = f": {', '.join(map(_choice, field.flag.choices))}" if field.flag.choices else ""
    hint = f". {field.flag.hint}" if field.flag.hint else ""
    return f"`{first}`{also}  {escape(f'{field.flag.label}{choices}{hint}')}{_need(field)}"


def _choice(choice: Choice) -> str:
    """`scp (SERVICE_CONTROL_POLICY)`: AWS's value, behind the word that people type where that is another one."""
    short = next(iter(choice.words), choice.value)
    return choice.value if short.casefold() == choice.value.casefold() else f"{short} ({choice.value})"


def _need(field: OperationField) -> str:
    if field.required:
        return "  _(needed)_"
    return f"  _({escape(str(field.default))} when left out)_" if field.default else ""
