"""Looking requests up, in private."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Request
from approvals.states import Status
from handlers.reads import line, private_card
from sandbox.slack.limits import problems
from tests.handlers.reception import ALICE, BOB, Reception

MOVE = "move-account --account fullback-staging --to /Workloads/Production"


def request(status: Status = Status.PENDING, **values: Any) -> Request:
    given: dict[str, Any] = {
        "id": 12,
        "delivery": "d",
        "marker": "m",
        "operation": "move-account",
        "subject": "s",
        "team": "T",
        "requester": ALICE,
    }
    return Request(**(given | {"status": status, "params": {}, "preview": {}, "memory": {}} | values))


def test_lists(reception: Reception) -> None:
    reception.types(MOVE, user=ALICE)
    assert "#1 move-account" in reception.types("requests", user=ALICE)
    shown = reception.types("requests", user=BOB)
    assert shown.index("#1") < shown.index("Asked by you")
    assert shown.count("#1") == 1


def test_empty_lists(reception: Reception) -> None:
    assert reception.types("requests").count("None.") == 2


@pytest.mark.parametrize("text", ["request 1", "request #1", "Request  1 "])
def test_one_request(reception: Reception, text: str) -> None:
    reception.types(MOVE)
    assert "move-account" in reception.types(text)
    assert "Cancel request" in json.dumps(reception.blocks)
    assert "Approve" not in json.dumps([block for block in reception.blocks if block["type"] == "actions"])


@pytest.mark.parametrize(
    "text",
    ["request", "request x", "request 0", "request -1", "request 99999999999", "request ²", "request 2147483648"],
)
def test_a_wrong_number(reception: Reception, text: str) -> None:
    assert "is no request number" in reception.types(text)


def test_a_number_that_does_not_exist(reception: Reception) -> None:
    assert "here is no request #7" in reception.types("request 7")


def test_only_the_requester_can_take_it_back_there() -> None:
    assert not [block for block in private_card(request(), BOB) if block["type"] == "actions"]
    assert not [block for block in private_card(request(Status.RUNNING), ALICE) if block["type"] == "actions"]


@pytest.mark.parametrize("status", list(Status))
def test_every_state_is_shown_within_the_limits(status: Status) -> None:
    title = "<!channel> " + "x" * 3000
    preview = {"title": title, "facts": [{"label": "L" * 100, "value": "<" * 5000}] * 12, "plan": ["p" * 900] * 3}
    found = request(status, preview=preview, card_link="https://slack.example/archives/C0/p1", outcome="o" * 4000)
    assert problems(private_card(found, ALICE), "message") == []
    assert "<!channel>" not in line(found)
