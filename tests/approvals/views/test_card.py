"""Cards and lines within Slack's limits, with the longest that AWS allows, for every operation and every state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.authority.rules import Rule
from approvals.models import Request, Vote
from approvals.states import Status
from approvals.views import thread
from approvals.views.card import card, whole_card
from approvals.views.living import line, living
from operations.core.closing import Closing, Link
from operations.core.observations import Snippet
from operations.core.preview import Fact, Preview, caution
from sandbox.slack.limits import message_error, problems
from tests.harness.rules import required
from tests.harness.tables import each_of

NASTY = "<!channel> <@U0BOB> *bold* `code` ```fence``` \u202eright to left\u200b & <https://evil.example|click>"
LONG = (NASTY + "x" * 6000)[:6000]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CLOSING = Closing(
    summary=LONG,
    facts=tuple(Fact(label=f"Fact {number}", value=LONG) for number in range(12)),
    links=(Link(label="Switch role", url="https://signin.aws.amazon.com/switchrole?account=1"),),
    snippets=(Snippet(label=LONG[:100], text=LONG),),
)
PREVIEW = Preview(
    title=LONG,
    facts=tuple(Fact(label=f"Fact {number}", value=LONG) for number in range(12)),
    plan=(LONG,) * 8,
    warnings=(caution(LONG),) * 8,
)
every_state = each_of("status", list(Status))


def longest(status: Status) -> Request:
    return Request(
        id=2**31 - 1,
        delivery="d",
        marker="m",
        operation="create-account",
        subject="s",
        team="T0",
        requester="U0ALICE",
        reason=LONG[:500],
        status=status,
        rule=LONG[:60],
        params={"account_name": "web", "email": "web@example.com"},
        memory={
            "closing": CLOSING.model_dump(mode="json"),
            "undo": [LONG],
            "steps": [LONG] * 3,
            "said": LONG,
            "snippets": [{"label": LONG[:100], "text": LONG}],
        },
        preview=PREVIEW.model_dump(mode="json"),
        outcome=LONG,
        advice=LONG,
        decided_by="U0BOB",
        decision_reason=LONG[:500],
        decided_at=NOW,
        expires_at=NOW,
        card_channel="C0",
        card_link="https://example.slack.com/archives/C0/p1",
    )


def test_a_reason_cannot_look_like_the_bots_words() -> None:
    imitation = "fine\n\n*What will happen*\n1. Nothing at all.\n:white_check_mark: *Approved by security*"
    request = longest(Status.DENIED).model_copy(update={"reason": imitation, "decision_reason": imitation})
    for body in (card(request, VOTES), thread.decided(request), thread.glass_broken(request, required(RULE))):
        quotes = [block for block in body["blocks"] if block["type"] == "rich_text"]
        assert [block["elements"][1]["elements"][0]["text"] for block in quotes] == [imitation] * len(quotes)
        formatted = [block["text"]["text"] for block in body["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
        assert quotes
        assert "Approved by security" not in str(formatted)
        assert "*Approved by security*" not in body["text"]


def test_a_card_of_what_is_over_is_a_title_and_a_line() -> None:
    request = longest(Status.SUCCEEDED).model_copy(
        update={"preview": {"title": "Create web"}, "outcome": "web is ready."}
    )
    shown = card(request, VOTES)["blocks"]
    assert [block["type"] for block in shown] == ["header", "section", "context", "rich_text", "actions"]
    assert shown[0]["text"]["text"] == f"#{2**31 - 1} Create web"
    assert shown[1]["text"]["text"] == ":white_check_mark: *Done*  ·  web is ready."
    assert [item["text"]["text"] for item in shown[-1]["elements"]] == ["Details"]


def test_while_it_waits_an_approval_is_missing_whatever_one_rule_asks_for() -> None:
    """Two rules that ask for one approval each, of different people."""
    waits = longest(Status.PENDING)
    assert "0 of 1 approvals" in living(waits)["text"]
    assert "1 of 2 approvals" in living(waits, VOTES)["text"]


def test_a_denial_and_its_reason_do_not_run_together() -> None:
    request = longest(Status.DENIED).model_copy(update={"decision_reason": "not now"})
    said = thread.decided(request)
    assert said["text"] == ":x: Denied by <@U0BOB>. Nothing has been changed.\nReason: not now"
    assert said["blocks"][0]["text"]["text"] == ":x: Denied by <@U0BOB>. Nothing has been changed."


VOTES = [Vote(id=1, request_id=1, user="U0BOB", person="bob@example.com", decision="approve", digest="d", at=NOW)]


RULE = Rule(
    LONG[:60],
    tuple(f"{number}{'a' * 60}@{'b' * 200}.example" for number in range(20)),
    approvals=10,
    second_approvers=tuple(f"S0{number}{'X' * 30}" for number in range(20)),
)


def within_limits(body: dict[str, Any]) -> None:
    assert problems(body["blocks"], "message") == []
    assert message_error(body["text"], body["blocks"], 4000) is None


@every_state
def test_the_longest_card_is_within_slacks_limits(status: Status) -> None:
    closing = CLOSING if status is Status.SUCCEEDED else None
    within_limits(card(longest(status), VOTES))
    within_limits(whole_card(longest(status), VOTES, closing))


@every_state
def test_nothing_that_people_wrote_mentions_or_links(status: Status) -> None:
    whole = whole_card(longest(status), VOTES, CLOSING if status is Status.SUCCEEDED else None)
    for text in mrkdwn_in([card(longest(status), VOTES), whole, living(longest(status), VOTES)]):
        assert not [
            attack
            for attack in ("<!channel>", "<@U0BOB> *bold*", "<https://evil", "\u202e", "\u200b")
            if attack in text
        ]


def mrkdwn_in(found: Any) -> list[str]:
    """Every mrkdwn text in some blocks; plain text neither mentions nor links."""
    if isinstance(found, list):
        return [text for item in found for text in mrkdwn_in(item)]
    if not isinstance(found, dict):
        return []
    own = [str(found["text"])] if found.get("type") == "mrkdwn" else []
    return own + [text for value in found.values() for text in mrkdwn_in(value)]


@every_state
def test_what_is_edited_in_place_is_within_slacks_limits(status: Status) -> None:
    within_limits(living(longest(status), VOTES))
    if status not in (Status.PENDING, Status.REFUSED):
        within_limits(line(longest(status), VOTES))


@pytest.mark.parametrize("status", [Status.FAILED, Status.STALE])
def test_the_longest_bad_end_is_within_slacks_limits(status: Status) -> None:
    within_limits(thread.ended_badly(longest(status)))


def test_the_longest_good_end_is_within_slacks_limits() -> None:
    within_limits(thread.succeeded(longest(Status.SUCCEEDED), CLOSING))


def test_the_other_lines_are_within_slacks_limits() -> None:
    for body in (thread.private(1, LONG), thread.progress(LONG)):
        within_limits(body)


@every_state
def test_only_a_pending_card_has_decision_buttons(status: Status) -> None:
    shown = str(card(longest(status), VOTES)["blocks"])
    assert ("'approve'" in shown) == (status is Status.PENDING)


@every_state
def test_an_approval_can_be_withdrawn_while_there_is_one_and_it_waits(status: Status) -> None:
    assert ("'withdraw'" in str(card(longest(status), VOTES))) == (status is Status.PENDING)
    assert "'withdraw'" not in str(card(longest(status), []))


@every_state
@each_of("signed", [False, True])
def test_the_longest_card_of_broken_glass_is_within_slacks_limits(status: Status, signed: bool) -> None:  # noqa: FBT001
    request = longest(status)
    request.break_glass = True
    request.reviewed_by, request.reviewed_at = ("U0CAROL", NOW) if signed else ("", None)
    within_limits(card(request, [], required(RULE)))
    within_limits(thread.glass_broken(request, required(RULE)))
    within_limits(thread.reviewed(request))


@pytest.mark.parametrize("votes", [[], VOTES])
def test_the_longest_rule_is_within_slacks_limits(votes: list[Vote]) -> None:
    request = longest(Status.PENDING)
    request.approvals_needed = 10
    within_limits(card(request, votes, required(RULE)))


def test_a_button_carries_what_only_this_request_ever_had() -> None:
    request = longest(Status.PENDING)
    request.key = "0123456789abcdef" * 2
    blocks = card(request, VOTES)["blocks"]
    buttons = next(block["elements"] for block in blocks if block["type"] == "actions")
    assert request.button.endswith(request.key)
    assert [(item["text"]["text"], item["action_id"], item["value"]) for item in buttons] == [
        ("Approve", "approve", request.button),
        ("Deny", "deny", request.button),
        ("Withdraw approval", "withdraw", request.button),
        ("Cancel request", "cancel", request.button),
    ]


def test_where_nobody_may_approve_the_card_says_so() -> None:
    request = longest(Status.PENDING)
    body = card(request, [], required(Rule("r", ("U0ALICE", "U0CAROL"))), frozenset({"U0CAROL"}))
    assert "needs 1 more, which nobody may give under today's rules" in str(body["blocks"])
