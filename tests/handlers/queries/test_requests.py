"""Looking requests up, in private."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.audit import chain
from approvals.models import Request
from approvals.states import Status
from approvals.views.confirmations import to_cancel
from handlers.queries.requests import NO_REQUESTS, line, private_card
from sandbox.slack.limits import problems
from tests.harness.handling import ALICE, BOB, Handling
from tests.harness.tables import each_of

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


def test_lists(handling: Handling) -> None:
    handling.types(MOVE, user=ALICE)
    mine = handling.types("requests", user=ALICE)
    assert mine.index("Your requests") < mine.index("#1 move-account")
    assert "Also under way" not in mine
    assert mine.count("#1") == 1
    assert f"<@{ALICE}>" not in mine
    others = handling.types("requests", user=BOB)
    assert others.index("Also under way") < others.index("#1 move-account") < others.index(f"<@{ALICE}>")
    assert others.count("#1") == 1


def test_empty_lists(handling: Handling) -> None:
    assert handling.types("requests") == NO_REQUESTS


@pytest.mark.parametrize("text", ["request 1", "request #1", "Request  1 "])
def test_one_request(handling: Handling, text: str) -> None:
    handling.types(MOVE)
    assert "move-account" in handling.types(text)
    assert "Cancel request" in json.dumps(handling.blocks)
    assert "Approve" not in json.dumps([block for block in handling.blocks if block["type"] == "actions"])


@pytest.mark.parametrize(
    "text",
    ["request x", "request 0", "request -1", "request 99999999999", "request ²", "request 2147483648"],
)
def test_a_wrong_number(handling: Handling, text: str) -> None:
    assert "is not a request number" in handling.types(text)


def test_a_number_that_does_not_exist(handling: Handling) -> None:
    assert "here is no request #7" in handling.types("request 7")


def test_only_the_requester_can_take_it_back_there() -> None:
    assert not [block for block in private_card(request(), BOB) if block["type"] == "actions"]
    assert not [block for block in private_card(request(Status.RUNNING), ALICE) if block["type"] == "actions"]


@each_of("status", list(Status))
def test_every_state_is_shown_within_the_limits(status: Status) -> None:
    title = "<!channel> " + "x" * 3000
    preview = {"title": title, "facts": [{"label": "L" * 100, "value": "<" * 5000}] * 12, "plan": ["p" * 900] * 3}
    found = request(status, preview=preview, card_link="https://slack.example/archives/C0/p1", outcome="o" * 4000)
    assert problems(private_card(found, ALICE), "message") == []
    assert "<!channel>" not in line(found)


def record(handling: Handling, event: str, actor: str = "orgbot", **detail: Any) -> None:
    with handling.store.write() as session:
        chain.record(session, handling.now, event, actor, 1, **detail)


def history_of(handling: Handling) -> str:
    handling.types("request 1")
    return "\n".join(b["text"]["text"] for b in handling.blocks if "UTC>" in b.get("text", {}).get("text", ""))


def test_a_request_shows_its_history(handling: Handling) -> None:
    handling.types(MOVE)
    record(handling, "request.filed", ALICE)
    record(handling, "click.approve.refused", ALICE, why="You asked for this yourself")
    record(handling, "vote.approve", BOB, reason="")
    record(handling, "request.approved", BOB)
    record(handling, "aws.call", operation="MoveAccount", outcome="ok", aws_request_id="f-1")
    record(handling, "aws.call", outcome="unknown", step="move")

    lines = history_of(handling).splitlines()[1:]
    stamp = f"<!date^{int(handling.now.timestamp())}^{{date_short_pretty}} at {{time_secs}}|2030-01-02 03:07 UTC>"
    assert [line.removeprefix(stamp).strip() for line in lines] == [
        f"Asked; the approvers got the card  ·  <@{ALICE}>",
        f"“Approve” was refused, and they were told: You asked for this yourself  ·  <@{ALICE}>",
        f":ballot_box_with_check: Approval  ·  <@{BOB}>",
        f":arrow_forward: No more approvals are needed; it starts  ·  <@{BOB}>",
        "AWS MoveAccount: ok (request id `f-1`)  ·  orgbot",
        "AWS step move: unknown  ·  orgbot",
    ]


def test_cancelling_there_asks_the_same_as_on_the_card() -> None:
    (actions,) = [block for block in private_card(request(), ALICE) if block["type"] == "actions"]
    assert actions["elements"][0]["confirm"] == to_cancel(request())


def test_a_request_without_records_shows_none(handling: Handling) -> None:
    handling.types(MOVE)
    assert "History" not in handling.types("request 1")


def test_of_a_long_history_the_newest_lines_are_shown(handling: Handling) -> None:
    handling.types(MOVE)
    for number in range(33):
        record(handling, "vote.deny", BOB, reason=f"reason {number}.")
    told = history_of(handling)
    assert told.count("Denial") == 20
    assert "reason 12." not in told
    assert "reason 13." in told
    assert "13 earlier" in told


@pytest.mark.parametrize(
    "event",
    ["request.waiting", "request.made-up", "vote.approve", "vote.x", "click.x.refused", "aws.call", "new.kind", ""],
)
def test_nothing_in_a_record_mentions_links_or_breaks_the_layout(handling: Handling, event: str) -> None:
    """Twenty of the longest lines and a long card are one message still."""
    evil = "<!channel> <@U0BOB> <https://evil.example|x>\u202e\n```" + "&" * 5000
    handling.types(MOVE + f" --reason {'r' * 450}")
    for _ in range(21):
        record(
            handling,
            event,
            evil,
            **dict.fromkeys(("why", "reason", "operation", "outcome", "step", "aws_request_id"), evil),
        )
    told = history_of(handling)
    assert told.count("UTC>") == 20
    assert not any(bad in told for bad in ("<!channel", "<@", "<http", "\u202e", "```"))
    assert sum(len(b["text"]["text"]) for b in handling.blocks if b["type"] == "section" and "text" in b) <= 12_000
