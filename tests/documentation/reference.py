"""The reference, made from the declarations: `make reference` writes it, a test says when a page is stale. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import typer
from prometheus_client.metrics_core import Metric
from typer.core import TyperArgument, TyperOption

from bot.cli import app
from bot.config.documentation import rule_keys_table, settings_table
from bot.http.metrics import Metrics
from handlers.action_ids import COMMAND
from handlers.declared import fields_of, readable
from handlers.query_names import NAMES
from operations.aws.permissions import OF_ACTIONS, Permission
from operations.core.base import Operation
from operations.core.fields import Choice, OperationField
from operations.core.registry import all_operations
from operations.snapshot.live import LIVE_PERMISSIONS
from operations.snapshot.reader import READ_PERMISSIONS

MADE = "<!-- Made from the code by `make reference`; what is written here by hand is lost. -->"
SHOWN_AS = {"counter": "_total", "histogram": "_bucket"}


def page(title: str, *parts: str) -> str:
    """A page of the reference."""
    return "\n\n".join([MADE, f"# {title}", *parts]) + "\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = tuple(heads)
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def commands() -> str:
    """What people type in Slack."""
    families = groupby(all_operations(), key=lambda operation: operation.family)
    return page(
        "What people type",
        f"`{COMMAND} help` says this in Slack, and `{COMMAND} help create-account` one operation with an example. Without all that "
        "it needs, an operation opens its form. Accounts are named by id, name or e-mail address, OUs by path (`/` is the root) "
        "or id, policies by name or id.",
        "## To look",
        "Answered at once, to the asker alone. The AWS CLI's names are understood too.",
        table(
            ("command", "what it shows", "also"),
            ((_code(f"{COMMAND} {name.usage}"), name.purpose, ", ".join(map(_code, name.also))) for name in NAMES),
        ),
        "## To ask for",
        "Each is a request, which people approve by the [rules](rules.md). Every request takes `--reason`. `--break-glass` acts at "
        "once, for those whom a rule lets do so.",
        *(part for family, members in families for part in (f"### {family}", *map(_operation, members))),
    )


def _operation(operation: type[Operation]) -> str:
    also = f"Also: {', '.join(map(_code, operation.aliases))}." if operation.aliases else ""
    hard = "Cannot be undone: without a rules file it takes two approvals." if operation.irreversible else ""
    rows = (
        (", ".join(map(_code, field.flag.names)), field.flag.label, _takes(field), _default(field))
        for field in fields_of(operation)
    )
    return "\n\n".join(
        part
        for part in (
            f"#### {readable(operation)}",
            f"```\n{COMMAND} {operation.name} {operation.example}".rstrip() + "\n```",
            operation.help_text(),
            " ".join(filter(None, (hard, also))),
            table(("flag", "in the form", "what it takes", "left out"), rows),
        )
        if part
    )


def _takes(field: OperationField) -> str:
    return ". ".join(filter(None, (", ".join(map(_choice, field.flag.choices)), field.flag.hint)))


def _choice(choice: Choice) -> str:
    short = next(iter(choice.words), choice.value)
    return _code(short) if short.casefold() == choice.value.casefold() else f"{_code(short)} ({choice.value})"


def _default(field: OperationField) -> str:
    return "needed" if field.required else _code(str(field.default)) if field.default else ""


def _code(text: str) -> str:
    return f"`{text}`"


def command_line() -> str:
    """`orgbot` and its options."""
    context = typer.main.get_command(app)
    return page(
        "Command line",
        "`python -m bot` is the same. A wrong option, and what could not be looked at, ends with exit code 2.",
        *_commands("orgbot", context),
    )


def _commands(path: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner or path == "orgbot":
        rows = [_option(given) for given in command.params if isinstance(given, TyperOption | TyperArgument)]
        yield "\n\n".join(
            filter(None, (f"## {path}", command.help or "", table(("option", "what it does"), rows) if rows else ""))
        )
    for name, below in sorted(inner.items()):
        yield from _commands(f"{path} {name}", below)


def _option(given: Any) -> tuple[str, str]:
    words = " ".join(filter(None, (given.opts[0], given.metavar if not getattr(given, "is_flag", False) else "")))
    default = (
        f" Default: {given.default}."
        if isinstance(given.default, int | str) and given.default not in (False, "")
        else ""
    )
    return _code(words), f"{(given.help or '').rstrip('.')}.{default}"


def settings() -> str:
    """The environment variables."""
    return page(
        "Settings",
        "Environment variables, also read from a `.env` file; `orgbot init` writes one, and `.env.example` has each with its "
        "explanation. The standard AWS variables, `AWS_ENDPOINT_URL` included, mean what they mean to the AWS CLI. A wrong value "
        "is refused at the start with a line that names it.",
        settings_table(),
    )


def rules() -> str:
    """The keys of a rules file."""
    return page(
        "Keys of the rules",
        "`ORGBOT_RULES` names a TOML file of `[[rule]]` tables. [How to write rules](../how-to/write-rules.md) has examples, "
        "[what is judged and when](../explanation/judged.md) says how they are applied.",
        "People are user ids (`U…`), user group ids (`S…`, capitals and digits) and e-mail addresses; whatever has an `@` is an "
        "address, in which upper and lower case are the same. A period is a number with `m`, `h` or `d`. A list that is left out "
        "matches everything; an empty list is an error, and so is a key that isn't here.",
        rule_keys_table(),
    )


def metrics() -> str:
    """What `/metrics` has."""
    return page(
        "Metrics",
        "At `/metrics`, for Prometheus; with `ORGBOT_ADMIN_PORT` on that port alone. `deploy/alerts.yml` has alert rules, "
        "`deploy/grafana.json` a dashboard. A label is always one of a few words, never a person, an account or a request.",
        table(("metric", "kind", "labels", "what it is"), map(_metric, Metrics().registry.collect())),
    )


def _metric(family: Metric) -> tuple[str, str, str, str]:
    labels: dict[str, tuple[str, ...]] = {
        metric._name: metric._labelnames for metric in vars(Metrics()).values() if hasattr(metric, "_labelnames")
    }
    shown = f"{family.name}{SHOWN_AS.get(family.type, '')}"
    return _code(shown), family.type, ", ".join(map(_code, labels[family.name])), family.documentation


def permissions() -> str:
    """What the bot's role needs in IAM, and why."""
    reading: dict[str, list[Permission]] = {"Reading the organization": [*READ_PERMISSIONS, *LIVE_PERMISSIONS]}
    needed = reading | {operation.name: list(operation.permissions) for operation in all_operations()}
    return page(
        "Permissions",
        "`orgbot iam-policy` prints the policy for the bot's own role, in the bot's partition, with what `ORGBOT_WITHOUT` and "
        "`ORGBOT_GRANT_TO` leave of it, and with denials that keep the bot from making itself an administrator. It is made of "
        "what stands here; `*` is an action that works on no resource, or on one that has no ARN yet.",
        *(f"## {title}\n\n{_needed(wanted)}" for title, wanted in needed.items() if wanted),
    )


def _needed(wanted: Iterable[Permission]) -> str:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for permission in wanted:
        for action in permission.actions:
            resources = permission.resources or OF_ACTIONS.get(action, ("*",))
            grouped[permission.why, ", ".join(map(_code, resources))].append(_code(action))
    rows = ((f"to {why}", ", ".join(dict.fromkeys(actions)), on) for (why, on), actions in grouped.items())
    return table(("why", "actions", "on"), rows)


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "command-line": command_line,
    "settings": settings,
    "rules": rules,
    "metrics": metrics,
    "permissions": permissions,
}
