"""`/org accounts [text]`: the accounts that hold every word of the text, a page at a time, by their place in the tree. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from approvals.slack.blocks import Block, escape, packed, section, shorten
from handlers.queries.parts import aged, name, of_total, page, turning
from handlers.queries.question import Question
from operations.snapshot.live import Live
from operations.snapshot.names import counted
from operations.snapshot.organization import Account, Organization

SIZE = 25
ACTIVE = ("", "ACTIVE")


def accounts(question: Question, _: Live) -> list[Block]:
    """The page of the accounts that were asked for."""
    found = matching(question)
    if not found:
        return [
            section(
                f"No account has “{escape(shorten(question.text, 100))}” in its name, e-mail address, id, OU or state."
            ),
            aged(question),
        ]
    shown = page(question, found, SIZE)
    about = f" with “{escape(shorten(question.text, 100))}”" if question.text else ""
    return [
        section(f"*{counted(len(found), 'account')}{about}*{of_total(question, len(found), SIZE)}"),
        *packed(_grouped(question.organization, shown)),
        *turning("accounts", question, len(found), SIZE),
        aged(question, "`/org account &lt;id, name or e-mail&gt;` shows one"),
    ]


def matching(question: Question) -> Sequence[Account]:
    """The accounts that hold every word in name, id, e-mail, path or state, in the order of the tree."""
    words = question.text.casefold().split()
    if not words:
        return question.tree.accounts
    found = question.view.hays
    for word in words:
        found = tuple(pair for pair in found if word in pair[0])
    return [account for _, account in found]


def _grouped(organization: Organization, shown: Sequence[Account]) -> list[str]:
    """A headline for each OU, and a line for each account beneath it."""
    return [
        line
        for parent, members in groupby(shown, key=lambda account: account.parent)
        for line in (
            f"*{name(organization.path_of(parent), 100)}*",
            *(account_line(organization, each) for each in members),
        )
    ]


def account_line(organization: Organization, account: Account) -> str:
    """Name, id and e-mail address; whether it is the management account; its state when it is not active."""
    management = "  ·  management account" if account.id == organization.management_account else ""
    return f"{name(account.name, 50)}  `{account.id}`  ·  {name(account.email, 64)}{management}{state(account)}"


def state(account: Account) -> str:
    """The state of an account that is not active."""
    return "" if account.state in ACTIVE else f"  ·  :warning: {name(account.state, 30)}"
