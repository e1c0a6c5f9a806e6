"""What a half-done request leaves undone is asked for by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from approvals.models import Message, Request
from approvals.request.remainder import in_words, remainder_of
from operations.accounts.move_account import MoveAccount
from sandbox.aws.server import AwsSandbox
from tests.harness.workers import Workers

NEW = {"account_name": "new", "email": "new@example.com", "ou": "ou-1-stag", "billing": "ALLOW"}
INVITED = {"who": "666666666666", "ou": "ou-1-stag"}


def half_done(operation: str, params: dict[str, Any], step: int = 1) -> Request:
    """A request whose first `step` steps were done, and made the account 666666666666."""
    known = {"delivery": "d", "marker": "m", "subject": "s", "team": "T0", "requester": "U0ALICE"}
    learned = {"memory": {"account": "666666666666"}, "preview": {"precondition": {"root": "r-1"}}}
    return Request.model_validate(known | learned | {"operation": operation, "params": params, "step": step})


@pytest.mark.parametrize(("operation", "params"), [("create-account", NEW), ("invite-account", INVITED)])
def test_an_account_that_is_there_is_only_to_be_moved(operation: str, params: dict[str, Any]) -> None:
    assert remainder_of(half_done(operation, params)) == (MoveAccount(account="666666666666", to="ou-1-stag"),)


def test_nothing_is_left_where_nothing_was_done() -> None:
    assert remainder_of(half_done("create-account", NEW, step=0)) == ()


def test_an_invited_account_that_stays_in_the_root_needs_no_move() -> None:
    assert remainder_of(half_done("invite-account", INVITED | {"ou": "r-1"})) == ()


def test_what_is_found_done_may_be_asked_for_as_a_whole() -> None:
    assert remainder_of(half_done("enable-all-features", {})) == ()


def test_the_rest_in_words() -> None:
    move = MoveAccount(account="666666666666", to="/My OU")
    assert in_words((move,)) == "Ask only for what is missing."
    assert in_words(()) == ""


def buttons(workers: Workers) -> list[str]:
    """The labels beneath the last line of the thread."""
    with workers.context.store.read() as session:
        threads = select(Message).where(Message.kind == "thread").order_by(col(Message.id).desc())
        last = session.exec(threads).first()
    blocks = last.body["blocks"] if last else []
    return [element["text"]["text"] for block in blocks for element in block.get("elements", []) if "text" in element]


@pytest.mark.parametrize(
    ("call", "code", "label"),
    [
        ("MoveAccount", "AccessDeniedException", "Ask for the rest"),
        ("CreateAccount", "AccessDeniedException", "Ask again"),
        ("CreateAccount", "InvalidInputException", "Edit and resubmit"),
    ],
)
def test_the_button_beneath_a_failure(workers: Workers, aws: AwsSandbox, call: str, code: str, label: str) -> None:
    """The same may be asked for again where somebody can mend it; what AWS does not take is corrected first."""
    aws.faults.add(call, "error", code=code)
    workers.until_done(workers.approved("create-account", **(NEW | {"ou": "/Workloads/Staging"})))
    assert buttons(workers) == [label]
