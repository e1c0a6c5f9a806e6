"""`/org policy <which>`: where one policy is attached, whom it reaches, and its document. Pure."""

from __future__ import annotations

from approvals.slack.blocks import Block, actions, button, escape, fields, header, packed, section, shorten
from handlers.queries.parts import aged, code_lines, code_sections, name, untold
from handlers.queries.policies import status
from handlers.queries.question import Question
from operations.aws.errors import AwsError, FieldError
from operations.snapshot.live import Live
from operations.snapshot.names import spread
from operations.snapshot.organization import Organization
from operations.snapshot.places import reach_lines, target_label
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import is_authorization, label

DOCUMENT = "look:document"
MOST_TARGETS = 15
SHOWN = 2  # Code blocks; the rest of a document opens in a window of its own.


def policy(question: Question, live: Live) -> list[Block]:
    """The policy that was asked for."""
    if not question.text:
        raise FieldError("policy", "say which policy: `/org policy <name or id>`; `/org policies` lists them")
    found = question.organization.policies.find(question.text, "policy")
    return [
        header(found.name),
        *fields(_facts(found)),
        *([section(escape(shorten(found.description, 512)))] if found.description else []),
        *packed(["*Attached to*", *_targets(question.organization, found)]),
        *packed(["*Whom it reaches*", *_reached(question, found)]),
        *_document(live, found),
        aged(question, f"{label(found.type)}: {status(question, found.type)}", *_unbound(found)),
    ]


def _unbound(found: Policy) -> list[str]:
    return ["It does not bind the management account"] if is_authorization(found.type) else []


def _facts(found: Policy) -> dict[str, str]:
    return {"Policy": found.id, "Type": label(found.type)} | ({"Managed by": "AWS"} if found.aws_managed else {})


def _targets(organization: Organization, found: Policy) -> list[str]:
    why = organization.policies.untold(found.id)
    if why:
        return [_could_not(why)]
    targets = organization.policies.targets.get(found.id, ())
    return spread(targets, MOST_TARGETS, lambda target: name(target_label(organization, target), 100)) or ["_nothing_"]


def _could_not(why: str) -> str:
    return f":warning: Could not be read: {escape(why)}"


def _reached(question: Question, found: Policy) -> list[str]:
    why = question.organization.policies.untold(found.id)
    if why:
        return [_could_not(why)]
    lines = reach_lines(question.organization, question.tree.reached(found.id))
    return [name(line, 110) for line in lines]


def _document(live: Live, found: Policy) -> list[Block]:
    try:
        sections = code_sections(code_lines(live.document(found.id)))
    except AwsError as error:
        return [untold("Document", error)]
    more = [button("Whole document", DOCUMENT, found.id)] if len(sections) > SHOWN else []
    return [section("*Document*"), *sections[:SHOWN], *actions(*more)]
