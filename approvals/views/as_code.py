"""A finished request as infrastructure code, as people read it: a block for each tool, a file where that is long. Pure.

It shows what the request itself shows, and what every member may look at in the organization.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from approvals.models import Request, operation_of
from approvals.slack.blocks import Block, escape, packed, preformatted, section, shorten
from approvals.states import TERMINAL, Status
from operations.core.code import CLOUDFORMATION, Code, Written, calls, identifiers, note, written
from operations.core.registry import by_name
from operations.snapshot.changes import taken_in
from operations.snapshot.organization import Organization

LONGEST = 2_900  # Characters that are read in a message; what is longer is a file.
NOT_OVER = ":information_source: Request #{number} isn't finished, so there is no code yet."
NOT_DONE = ":information_source: Request #{number} ended without success, so there is no code of it."
OLDER = ":information_source: Request #{number} is of an older version, which kept too little to write code from."
AS_FILE = "*{label}*: long, so you get it as the file `{name}` by direct message."


@dataclass(frozen=True)
class Shown:
    """The blocks of the private answer, and the texts that are sent as files, by their names."""

    blocks: list[Block]
    files: dict[str, str]


def as_code(request: Request, organization: Organization) -> Shown:
    """The code of a finished request; or why there is none."""
    why_not = _why_not(request)
    if why_not:
        return Shown([section(why_not.format(number=request.id))], {})
    try:
        code, texts = _written(request, organization)
    except (LookupError, ValueError):
        return Shown([section(OLDER.format(number=request.id))], {})
    return _shown(request, code, texts)


def _why_not(request: Request) -> str:
    operation = by_name().get(request.operation)
    if operation is None:
        return OLDER
    if operation.no_code:
        return f":information_source: {operation.no_code}"
    if request.status not in TERMINAL:
        return NOT_OVER
    return "" if request.status == Status.SUCCEEDED else NOT_DONE


def _written(request: Request, organization: Organization) -> tuple[Code, tuple[Written, ...]]:
    """Both from the organization as it is with what this request has changed, whatever was changed since."""
    precondition, memory = request.preview.get("precondition", {}), request.memory
    operation = operation_of(request)
    steps = operation.steps(precondition)
    after = taken_in(organization, (change for step in steps for change in step.outcome(memory)))
    code = operation.as_code(precondition, memory, after)
    return code, written(code, calls(steps, memory))


def _shown(request: Request, code: Code, texts: Iterable[Written]) -> Shown:
    blocks = packed([f"*As code: #{request.id}* {escape(shorten(request.title, 200))}", escape(note(code))])
    files: dict[str, str] = {}
    for one in texts:
        if len(one.text) <= LONGEST:
            blocks.append(preformatted(_title(one, code), one.text))
            continue
        name = f"{request.operation}-{request.id}.{one.suffix}"
        files[name] = one.text
        blocks.append(section(AS_FILE.format(label=one.label, name=name)))
    return Shown(blocks, files)


def _title(one: Written, code: Code) -> str:
    imported = f" (import it by {identifiers(code.resources)})" if one.label == CLOUDFORMATION else ""
    return f"{one.label}{imported}"
