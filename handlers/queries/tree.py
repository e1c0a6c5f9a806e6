"""`/org tree [path]`: the tree as lines of text, folded where it is large, a page at a time, and the button for the picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from approvals.slack.blocks import Block, button, section, shorten, verbatim
from handlers.queries.accounts import ACTIVE
from handlers.queries.parts import aged, code_sections, name, of_total, page, plain, turning, unread
from handlers.queries.question import Question
from operations.snapshot.live import Live
from operations.snapshot.names import counted
from operations.snapshot.organization import Account, OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.tree import Tree

MOST_LINES = 100
MOST_ACCOUNTS = 15
MOST_POLICIES = 3
MORE = "… and "

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
        *unread(question),
        *(["◆ attached policies; those that AWS manages are left out"] if has_policies else []),
    ]


@dataclass(frozen=True)
class Detail:
    """How much of a tree is shown: so many levels of OUs, and whether the accounts in them."""

    levels: int
    accounts: bool


DETAILS = (Detail(5, accounts=True), *(Detail(levels, accounts=False) for levels in (5, 4, 3, 2)))


LEAST = Detail(1, accounts=False)


@dataclass(frozen=True)
class Outline:
    """The lines, and whether anything is left out of them."""

    lines: tuple[str, ...]
    folded: bool


def outline(tree: Tree, unit: OrganizationalUnit) -> Outline:
    """The tree beneath an OU with as much detail as a hundred lines hold; its own OUs are always there, however many."""
    for detail in DETAILS:
        lines = tuple(islice(_lines(tree, unit, detail), MOST_LINES + 1))
        if len(lines) <= MOST_LINES:
            return Outline(lines, folded=not detail.accounts or any(MORE in line for line in lines))
    return Outline(tuple(_lines(tree, unit, LEAST)), folded=True)


def _lines(tree: Tree, unit: OrganizationalUnit, detail: Detail) -> Iterator[str]:
    yield _unit_line(tree, unit, plain(unit.path, 100), folded=False)
    yield from _beneath(tree, unit, detail, "")


def _beneath(tree: Tree, unit: OrganizationalUnit, detail: Detail, indent: str) -> Iterator[str]:
    """The lines beneath an OU: its accounts, then its OUs, each with what is beneath it."""
    entries: list[str | OrganizationalUnit] = [*_account_lines(tree, unit, detail), *tree.units_in(unit.id)]
    for number, entry in enumerate(entries, 1):
        last = number == len(entries)
        branch = f"{indent}{'└─ ' if last else '├─ '}"
        if isinstance(entry, str):
            yield branch + entry
            continue
        folded = detail.levels == 1
        yield branch + _unit_line(tree, entry, f"{plain(entry.name, 48)}/", folded=folded)
        if not folded:
            inner = Detail(detail.levels - 1, detail.accounts)
            yield from _beneath(tree, entry, inner, f"{indent}{'   ' if last else '│  '}")


def _account_lines(tree: Tree, unit: OrganizationalUnit, detail: Detail) -> list[str]:
    if not detail.accounts:
        return []
    found = tree.accounts_in(unit.id)
    more = len(found) - MOST_ACCOUNTS
    lines = [_account_line(tree, account) for account in found[:MOST_ACCOUNTS]]
    return [*lines, *([f"{MORE}{counted(more, 'more account')}"] if more > 0 else [])]


def _account_line(tree: Tree, account: Account) -> str:
    state = "" if account.state in ACTIVE else f"  {account.state}"
    return f"{plain(account.name, 50)}  {account.id}{state}{attached(tree, account.id)}"


def _unit_line(tree: Tree, unit: OrganizationalUnit, title: str, *, folded: bool) -> str:
    inside = tree.units_beneath(unit.id)
    units = f" in {counted(inside, 'OU')}" if inside and (folded or not unit.parent) else ""
    return f"{title}  {counted(tree.count_beneath(unit.id), 'account')}{units}{attached(tree, unit.id)}"


def attached(tree: Tree, target: str) -> str:
    """The policies that are attached to it, without those that AWS itself manages, which are everywhere."""
    found = [policy for policy in tree.organization.policies.on(target) if not policy.aws_managed]
    more = len(found) - MOST_POLICIES
    shown = ", ".join(_short(policy) for policy in found[:MOST_POLICIES])
    return f"  ◆ {shown}{f' +{more}' if more > 0 else ''}" if found else ""


def _short(policy: Policy) -> str:
    return plain(policy.name, 32)
