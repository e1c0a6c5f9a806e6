"""A sweep over everything that people are sent: each button about a request carries what only this request ever had."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import approvals
import handlers
from approvals.authority.press import read
from approvals.authority.rules import Rule
from approvals.models import Request, RoleSession, Vote
from approvals.states import Status
from approvals.views import on_hold, sessions, thread
from approvals.views.card import card, picture_button
from approvals.views.living import line, living
from handlers.queries.requests import own, private_card, to_decide
from operations.core.closing import Closing, Console
from operations.core.observations import Failed
from operations.core.steps import Control
from tests.harness.rules import required
from tests.harness.tables import each_of

KEY = "0123456789abcdef" * 2
NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
WHY = Failed("AWS cannot be asked.", "Wait.")


def request(status: Status = Status.PENDING, **values: Any) -> Request:
    known: dict[str, Any] = {"delivery": "d", "marker": "m", "operation": "credentials", "subject": "s", "team": "T0"}
    return Request(id=12, key=KEY, requester="U0ALICE", status=status, **known | values)


VOTE = Vote(request_id=12, user="U0BOB", person="bob@example.com", decision="approve", digest="d", at=NOW)
FACTS = {"Account": "222222222222", "Role": "OrganizationAccountAccessRole", "Duration": "1h"}
WHOLE = {"title": "t", "facts": [{"label": label, "value": said} for label, said in FACTS.items()], "plan": []}
ROW = RoleSession(
    request_id=12, key=KEY, user="U0ALICE", account="2", role="R", duration=900, session_name="s", state="live"
)
SUBJECT = sessions.Subject(12, request().button, "222222222222", "web", "R", 900, Console())
DONE = {"closing": {"summary": "done"}, "undo": ["back"]}
PARAMS = {"account": "222222222222", "role": "R", "duration": 900}
VIEWS: dict[str, list[Any]] = {
    "card": [*(card(request(status), []) for status in Status), card(request(), [VOTE])],
    "card of broken glass": [
        card(request(Status.SUCCEEDED, break_glass=True, decided_at=NOW), [], required(Rule("r", ())))
    ],
    "private card": [private_card(request(), "U0ALICE")],
    "to decide": [to_decide(request(digest="f" * 64, params={"account": "222222222222"}, preview=WHOLE))],
    "picture": picture_button(request(operation="move-account")),
    "own": [own(request(status)) for status in (Status.PENDING, Status.REFUSED, Status.EXPIRED)],
    "living": [living(request(status, memory=DONE, params=PARAMS)) for status in Status],
    "line": [line(request(Status.EXPIRED))],
    "expired": [thread.decided(request(Status.EXPIRED))],
    "waiting": [thread.while_waiting(request(), (), (Control("resend", "Send again", "Sure?"),))],
    "on hold": [on_hold.waits(request(), WHY, sent=True)],
    "as code": [thread.succeeded(request(operation="create-ou"), Closing(summary="done"))],
    "undo": [thread.succeeded(request(), Closing(summary="done"), undo=["back"])],
    "again": [
        thread.ended_badly(request(Status.FAILED)),
        thread.ended_badly(request(Status.FAILED, memory={"rest": True})),
    ],
    "sessions": [sessions.live(ROW), sessions.nearly_over(ROW, "web"), sessions.offer(SUBJECT, ROW, NOW)],
}
ABOUT_A_REQUEST = {
    "approve",
    "deny",
    "withdraw",
    "cancel",
    "review",
    "control",
    "undo",
    "again",
    "edit",
    "details",
    "code",
    "end",
    "reveal",
    "extend",
    "picture",
}


def buttons(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        for item in found:
            yield from buttons(item)
    if isinstance(found, dict):
        if found.get("type") == "button" and "url" not in found:
            yield found
        yield from buttons(list(found.values()))


def kind_of(button: dict[str, Any]) -> str:
    return str(button["action_id"]).partition(":")[0]


@each_of("name", VIEWS)
def test_a_button_carries_the_key_of_its_request(name: str) -> None:
    found = list(buttons(VIEWS[name]))
    assert found
    for button in found:
        assert kind_of(button) in ABOUT_A_REQUEST
        pressed = read(button["value"])
        assert pressed is not None
        assert (pressed.number, pressed.key) == (12, KEY), button["action_id"]


def test_every_such_button_is_in_the_sweep() -> None:
    assert {kind_of(button) for views in VIEWS.values() for button in buttons(views)} == ABOUT_A_REQUEST


def test_no_code_puts_a_number_into_a_button() -> None:
    """What a button of a request carries is written in one place, `models.carried`."""
    for package in (approvals, handlers):
        for file in Path(str(package.__file__)).parent.rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "button":
                    assert "str(" not in ast.unparse(call.args[2]), f"{file.name}: {ast.unparse(call)}"
