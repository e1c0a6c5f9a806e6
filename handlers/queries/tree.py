"""`/org tree [path]`: the tree as text, a page at a time, and the button for the picture. Pure."""

from __future__ import annotations

from approvals.slack.blocks import Block, button, section, shorten, verbatim
from handlers.queries.outline import outline
from handlers.queries.parts import aged, code_sections, name, of_total, page, turning
from handlers.queries.question import Question, counted
from operations.snapshot.live import Live
from operations.snapshot.organization import OrganizationalUnit

SIZE, LONGEST = 50, 200
PICTURE = "look:picture"


def tree(question: Question, _: Live) -> list[Block]:
    """The page of the outline beneath the OU that was asked for."""
    unit = unit_of(question)
    found = outline(question.tree, unit)
    picture = button("As a picture", PICTURE, unit.id)
    return [
        section(f"{_title(question, unit)}{of_total(question, len(found.lines), SIZE)}"),
        *code_sections(shorten(verbatim(line), LONGEST) for line in page(question, found.lines, SIZE)),
        *turning("tree", question, len(found.lines), SIZE, picture),
        aged(question, *_notes(question, unit, folded=found.folded)),
    ]


def unit_of(question: Question) -> OrganizationalUnit:
    """The OU that was asked for, else the root; raises FieldError with the candidates."""
    return question.organization.find_unit(question.text or "/", "ou")


def _title(question: Question, unit: OrganizationalUnit) -> str:
    what = f"Organization {question.organization.id}" if not unit.parent else name(unit.path, 120)
    accounts = counted(question.tree.count_beneath(unit.id), "account")
    units = question.tree.units_beneath(unit.id)
    return f"*{what}*: {accounts}" + (f" in {counted(units, 'organizational unit')}" if units else "")


def _notes(question: Question, unit: OrganizationalUnit, *, folded: bool) -> list[str]:
    opens = next((below.path for below in question.tree.units_in(unit.id)), unit.path)
    hint = f"Not all is shown: `/org tree {name(opens)}` opens a part, `/org accounts {name(opens)}` lists its accounts"
    policies = question.organization.policies
    has_policies = any(policies.targets.get(policy.id) for policy in policies.known if not policy.aws_managed)
    return [
        *([hint] if folded else []),
        *(["◆ attached policies; those that AWS manages are left out"] if has_policies else []),
    ]
