"""What AWS would surely refuse of a new account is told to whoever asks, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from approvals.authority.rules import Rule, Rules
from approvals.models import Message
from approvals.queue.outgoing import ANEW
from approvals.states import Status
from handlers.carried import Carried
from operations.accounts.create_account import CreateAccount
from operations.aws.errors import FieldError
from operations.snapshot.changes import AccountIs, taken_in
from operations.snapshot.organization import Organization
from tests.harness.organizations import with_policies
from tests.harness.people import BOB
from tests.harness.workers import Workers

ASKED = {"account_name": "new", "email": "New@example.com", "ou": "/"}


def with_address(state: str) -> Organization:
    other = AccountIs(id="8" * 12, name="other", email="new@example.com", state=state)
    return taken_in(with_policies(), (other,))


@pytest.mark.parametrize(("state", "told"), [("ACTIVE", "has this address. Give"), ("CLOSED", "and is CLOSED. Give")])
def test_an_address_that_a_member_has_is_not_put_before_approvers(state: str, told: str) -> None:
    """A closed account keeps its address too."""
    with pytest.raises(FieldError, match=r"other \(888888888888\) has this address") as caught:
        CreateAccount.model_validate(ASKED).settled(with_address(state))
    assert caught.value.field == "email"
    assert told in caught.value.message


def test_one_that_a_member_has_got_since_is_told_before_anything_is_sent(workers: Workers) -> None:
    first = workers.approved("create-account", **ASKED)
    workers.snapshot_is(taken_in(workers.snapshot, (AccountIs(id="8" * 12, name="other", email="new@example.com"),)))
    ended = workers.until_done(first)
    assert ended.status == Status.STALE
    assert "has this address" in ended.outcome


def test_how_the_root_user_gets_its_password_stands_in_the_thread_and_the_message(workers: Workers) -> None:
    ended = workers.until_done(workers.approved("create-account", **ASKED))
    assert ended.status == Status.SUCCEEDED
    with workers.context.store.read() as session:
        told = {
            kind: str([m.body for m in session.exec(select(Message)).all() if m.kind == kind])
            for kind in ("thread", ANEW)
        }
    for kind in ("thread", ANEW):
        assert "New@example.com. No password yet: “Forgot password?” on the sign-in page sets one." in told[kind]


@pytest.mark.parametrize(
    ("name", "told"),
    [("fullback-audit", "An account of this name exists: "), ("Fullback-Audit", "looks almost like")],
)
def test_a_name_that_another_account_has_is_told_once(workers: Workers, name: str, told: str) -> None:
    warnings = workers.approved("create-account", **{**ASKED, "account_name": name}).preview["warnings"]
    assert [told in notice["say"] for notice in warnings if "555555555555" in notice["say"]] == [True]


@pytest.mark.parametrize(
    ("rules", "offered"),
    [
        (Rules([Rule("all", (BOB,))]), ["form:credentials:0", "link-0", "code"]),
        (Rules([Rule("accounts", (BOB,), operations=("create-account",))]), ["link-0", "code"]),
    ],
    ids=["where the rules allow it", "where they don't"],
)
def test_a_new_account_offers_its_first_credentials(workers: Workers, rules: Rules, offered: list[str]) -> None:
    workers.rules = rules
    ended = workers.until_done(workers.approved("create-account", **ASKED))
    (told,) = [body for body in bodies(workers, ANEW) if "is ready" in body["text"]]
    pressed = [item for block in told["blocks"] if block["type"] == "actions" for item in block["elements"]]
    assert [item["action_id"] for item in pressed] == offered
    assert [item["text"]["text"] for item in pressed][-2:] == ["Open console", "As code"]
    if offered[0] == "form:credentials:0":
        filled_in = Carried.unpacked(pressed[0]["value"]).values
        assert filled_in == {"account": ended.memory["account"], "role": "OrganizationAccountAccessRole"}


def bodies(workers: Workers, kind: str) -> list[dict[str, Any]]:
    with workers.context.store.read() as session:
        return [message.body for message in session.exec(select(Message).where(Message.kind == kind)).all()]
