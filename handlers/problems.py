"""What is wrong with a value, in a sentence for people, and the buttons for the way on: pydantic's findings translated once, here.

Source: pydantic documentation, "Validation errors".
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from approvals.slack.blocks import BUTTON_VALUE, Block, actions, button, escape, section, shorten
from approvals.views.thread import opening
from handlers.action_ids import COMMAND
from handlers.carried import Carried
from handlers.declared import field_of, fields_of
from handlers.parser import Given
from operations.aws.errors import Near
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField, by_labels
from operations.core.registry import by_name
from operations.snapshot.names import capital, counted, joined

LONGEST = 1900
MOST_NEAR = 5  # Of more the sentence has the names.
WITH_ID = (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.OU, FieldKind.TARGET, FieldKind.POLICY)


@dataclass(frozen=True)
class Problem:
    """A plain sentence about a field; `field` is empty when it is about the request as a whole. `near` is what may have been meant
    by `wanted`, which was given there; `opens` are the requests that would help, `number` and `shown` are a
    request that can be looked at, and what its buttons carry.
    """

    field: str
    sentence: str
    near: tuple[Near, ...] = ()
    wanted: str = ""
    opens: tuple[Prefilled, ...] = ()
    number: int = 0
    shown: str = ""


def problems(operation: type[Operation], error: ValidationError) -> tuple[Problem, ...]:
    """One Problem for each finding of pydantic."""
    found = []
    for finding in error.errors(include_url=False):
        name = str(finding["loc"][0]) if finding["loc"] else ""
        found.append(Problem(name, shorten(_sentence(field_of(operation, name), dict(finding)), LONGEST)))
    return tuple(found)


def _sentence(field: OperationField | None, finding: dict[str, Any]) -> str:
    known = _SENTENCES.get(str(finding["type"]))
    if known:
        return known(field, finding)
    return f"{_shown(finding)} cannot be used here."


def _missing(field: OperationField | None, _: dict[str, Any]) -> str:
    if field and field.flag.kind is FieldKind.DOCUMENT:
        return f"type the {field.flag.label.lower()}, or choose a file."
    return "this is required."


def _too_long(field: OperationField | None, finding: dict[str, Any]) -> str:
    most = finding["ctx"]["max_length"]
    way_out = "Give its id." if field and field.flag.kind in WITH_ID else "Shorten it."
    return f"{_shown(finding)} has {len(finding['input'])} characters; {most} is the most. {way_out}"


def _too_short(_: OperationField | None, finding: dict[str, Any]) -> str:
    least = finding["ctx"]["min_length"]
    return f"{_shown(finding)} is too short: at least {counted(least, 'character')}."


def _no_choice(field: OperationField | None, finding: dict[str, Any]) -> str:
    choices = [choice.value for choice in field.flag.choices] if field else []
    return f"{_shown(finding)} is not one of {', '.join(choices) or finding['ctx']['expected']}."


def _own_words(_: OperationField | None, finding: dict[str, Any]) -> str:
    return f"{str(finding['ctx']['error']).removesuffix('.')}."


_SENTENCES: dict[str, Callable[[OperationField | None, dict[str, Any]], str]] = {
    "missing": _missing,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "literal_error": _no_choice,
    "enum": _no_choice,
    "value_error": _own_words,
}


def _shown(finding: dict[str, Any]) -> str:
    return f"“{shorten(str(finding['input']), 60)}”"


def listed(operation: type[Operation], found: tuple[Problem, ...]) -> str:
    """The problems as mrkdwn for the command line, each with its field's label and flag."""
    return "\n".join(f":x: {_named(operation, problem)}" for problem in found[:10])


def in_form(operation: type[Operation], problem: Problem) -> str:
    """A problem in plain text for people at a form, with its field's label where it cannot stand beneath that field."""
    field = field_of(operation, problem.field)
    sentence = at_field(operation, problem)
    return f"{field.flag.label}: {sentence}" if field else sentence


def at_field(operation: type[Operation], problem: Problem) -> str:
    """A problem in plain text beneath its field. A form's error carries no buttons, so that what helps is told as it is typed."""
    sentence = capital(by_labels(fields_of(operation), problem.sentence))
    commands = joined((_typed(one) for one in problem.opens), "or")
    typed = f" Type: {commands}" if commands else ""
    shows = f" {COMMAND} request {problem.number} shows it." if problem.number else ""
    return f"{sentence}{typed}{shows}"


def _typed(helping: Prefilled) -> str:
    """The command that opens the form which a button would open."""
    fields = [(field_of(by_name()[helping.operation], name), value) for name, value in helping.values.items()]
    words = [f"{field.flag.names[0]} {shlex.quote(str(value))}" for field, value in fields if field]
    return " ".join([COMMAND, helping.operation, *words])


def _named(operation: type[Operation], problem: Problem) -> str:
    field = field_of(operation, problem.field)
    sentence = escape(capital(problem.sentence))
    return f"*{escape(field.flag.label)}* (`{field.flag.names[0]}`): {sentence}" if field else sentence


def ways_on(operation: type[Operation], given: Given, found: tuple[Problem, ...]) -> list[Block]:
    """A button for each name that may have been meant, for each request that would help, and for the form with what was given."""
    meant = [
        made
        for problem in found
        if len(problem.near) <= MOST_NEAR
        for number, near in enumerate(problem.near)
        for made in form_button(operation, _corrected(given, problem, near), near.label, number)
    ]
    helping = opening([one for problem in found for one in problem.opens])
    shown = [button(f"View #{one.number}", "details", one.shown) for one in found if one.shown]
    return actions(*meant, *helping, *shown[:1], *form_button(operation, given))


def refused(operation: type[Operation], given: Given, found: tuple[Problem, ...]) -> list[Block]:
    """What is wrong with what was given, and the ways on."""
    return [section(listed(operation, found)), *ways_on(operation, given, found)]


def _corrected(given: Given, problem: Problem, near: Near) -> Given:
    """What was given with what may have been meant in its place."""
    value = given.values.get(problem.field, "")
    if isinstance(value, list):
        return replace(
            given, values=given.values | {problem.field: [near.value if v == problem.wanted else v for v in value]}
        )
    return replace(given, values=given.values | {problem.field: near.value})


def form_button(
    operation: type[Operation], given: Given, text: str = "Open the form", number: int | None = None
) -> list[Block]:
    """Opens the form with what was given; left out when that does not fit into a button."""
    value = Carried(values=given.values, reason=given.reason).packed()
    suffix = "" if number is None else f":{number}"  # An action's id stands once in a row.
    return [button(text, f"form:{operation.name}{suffix}", value)] if len(value) <= BUTTON_VALUE else []
