"""Who may press what, and what happens when people press at once, twice, or too late."""

from __future__ import annotations

import pytest

from tests.scenarios.scene import Scene


@pytest.mark.parametrize(
    ("who", "told"),
    [("alice", "somebody else has to decide"), ("dave", "not among the approvers"), ("guest", "Guests cannot")],
)
def test_a_click_by_the_wrong_person(play: Scene, who: str, told: str) -> None:
    play.slack.invite(who, "aws-approvals")
    play.ask()
    play.press("Approve", who)
    play.told(who, told)
    assert "Waiting" in play.card()["text"]


def test_a_click_by_another_teams_user(play: Scene) -> None:
    play.slack.invite("foreign", "aws-approvals")
    play.ask()
    play.press("Approve", "foreign")
    play.told("foreign", "other workspaces")
    assert "Waiting" in play.card()["text"]
    assert play.aws.calls.of("CreateAccount") == []


def test_two_approvals_at_the_same_instant(either: Scene) -> None:
    either.ask()
    card = either.card()
    bob, carol = either.person("bob"), either.person("carol")
    either.slack.at_once(lambda: bob.clicks("Approve", card), lambda: carol.clicks("Approve", card))
    either.done()

    either.slack.wait_for(lambda: len(bob.ephemerals) + len(carol.ephemerals) == 1, what="one private line")
    assert "already approved by" in (bob.ephemerals + carol.ephemerals)[0]["text"]
    assert len(either.accounts("fullback-mobile@example.com")) == 1


def test_approve_and_deny_at_the_same_instant(play: Scene) -> None:
    play.ask()
    card = play.card()
    carol = play.person("carol")
    carol.clicks("Deny", card)
    play.slack.wait_for(lambda: carol.view, what="the form for the reason")
    carol.fills({"Reason": "not now"})
    bob = play.person("bob")
    play.slack.at_once(lambda: bob.clicks("Approve", card), carol.submits)

    play.slack.wait_for(lambda: len(bob.ephemerals) + len(carol.ephemerals) == 1, what="one private line")
    assert "already" in (bob.ephemerals + carol.ephemerals)[0]["text"]
    decided = play.slack.wait_for(lambda: _decisions(play), what="the decision in the thread")
    assert len(decided) == 1


def _decisions(play: Scene) -> list[str]:
    return [line for line in play.thread() if "Approved by" in line or "Denied by" in line]


def test_a_denial_with_its_reason(play: Scene) -> None:
    play.ask()
    carol = play.person("carol")
    carol.clicks("Deny", play.card())
    play.slack.wait_for(lambda: carol.view, what="the form for the reason")
    carol.fills({"Reason": "use the shared account"})
    assert carol.submits().ok
    play.until("Denied")
    assert "use the shared account" in play.direct("alice", "Denied by")
    assert "Approve" not in str(play.card()["blocks"])


def test_the_requester_cancels(play: Scene) -> None:
    play.ask()
    play.press("Cancel request", "alice")
    play.until("Cancelled")
    assert play.aws.calls.of("CreateAccount") == []


def test_the_same_command_delivered_twice_is_one_request(either: Scene) -> None:
    either.ask()
    either.slack.redeliver()
    either.card()
    either.press("Approve", "bob")
    either.done()
    assert len(either.cards()) == 1


def test_the_same_wish_typed_twice_points_to_the_first(play: Scene) -> None:
    play.ask()
    reply = play.ask()
    assert "#1" in reply.text
    play.card()
    assert len(play.cards()) == 1


def test_the_same_click_delivered_twice_counts_once(either: Scene) -> None:
    either.ask()
    either.press("Approve", "bob")
    either.slack.redeliver()
    either.done()
    assert either.person("bob").ephemerals == []
    assert len(either.aws.calls.of("CreateAccount")) == 1


def test_an_approver_removed_from_the_group_no_longer_decides(play: Scene) -> None:
    play.ask()
    card = play.card()
    play.slack.workspace.groups["S0APPROVERS"].users.remove("U0BOB")
    play.person("bob").clicks("Approve", card)
    play.told("bob", "not among the approvers")


def test_who_may_not_deny_is_shown_no_form(play: Scene) -> None:
    play.slack.invite("dave", "aws-approvals")
    play.ask()
    play.press("Deny", "dave")
    play.told("dave", "not among the approvers")
    assert play.person("dave").view is None


def test_a_slow_slack_keeps_no_approver_from_denying(play: Scene) -> None:
    """The trigger of a click lives 3 s; the bot gives up asking who this is before that."""
    play.ask()
    card = play.card()
    slow = play.slack.faults.add("users.info", delay=4)
    carol = play.person("carol")
    carol.clicks("Deny", card)
    play.slack.wait_for(lambda: carol.view, what="the form for the reason")
    assert slow.times == 0
