"""What the end of a request has offered stands in its thread: from a new account to its first credentials."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.authority.rules import Rule, Rules
from approvals.models import Request
from approvals.states import Status
from sandbox.slack.driver import SlackSandbox
from tests.harness.mail import Mail
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers


@pytest.fixture
def mail(workers: Workers, slack: SlackSandbox) -> Mail:
    found = Mail(workers, slack)
    found.whole_story()
    return found


def credentials(mail: Mail, follows: int = 1) -> Request:
    """The first credentials for the new account, asked for and as far as approvers have been asked."""
    account = str(mail.workers.request(1).memory["account"])
    request = mail.workers.ask("credentials", account=account)
    with mail.workers.context.store.write() as session:
        session.get_one(Request, request.id).follows = follows
    mail.deliver()
    return mail.workers.request(request.id)


def in_the_channel(mail: Mail) -> list[dict[str, Any]]:
    return [said for said in mail.slack.messages("aws-approvals") if said.get("bot_id")]


def beneath(mail: Mail) -> list[str]:
    """What stands in the thread of the first card."""
    return [said["text"] for said in mail.slack.replies(in_the_channel(mail)[0])]


def test_all_of_it_is_in_one_thread_and_approvers_see_the_card_in_the_channel(mail: Mail) -> None:
    request = credentials(mail)
    first, second = in_the_channel(mail)
    assert (second["subtype"], second["thread_ts"]) == ("thread_broadcast", first["ts"])
    assert (request.card_ts, request.thread_ts) == (second["ts"], first["ts"])

    mail.workers.click(request, "approve", BOB)
    mail.deliver()
    mail.workers.until_done(request)
    mail.deliver()
    assert mail.workers.request(request.id).status == Status.SUCCEEDED
    assert len(in_the_channel(mail)) == 2
    said = "\n".join(beneath(mail))
    for told in ("is ready", "Done: #2 Credentials", "Approved by", "has the credentials"):
        assert told in said
    assert any("Credentials for" in direct["text"] for direct in mail.slack.person("alice").dms), (
        "the secret is hers alone"
    )


def test_where_nobody_has_to_approve_the_channel_hears_nothing_of_it(mail: Mail) -> None:
    mail.workers.rules = Rules([Rule("at once", (), approvals=0)])
    credentials(mail)
    assert len(in_the_channel(mail)) == 1
    assert any("#2 Credentials" in said for said in beneath(mail))


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_a_card_whose_answer_was_lost_is_looked_for_in_the_thread(mail: Mail, fault: Any) -> None:
    mail.slack.faults.add("chat.postMessage", fault, times=1, when=lambda given: "#2 " in given["text"])
    mail.workers.rules = Rules([Rule("at once", (), approvals=0)])  # Such a card is not in the channel's history.
    credentials(mail)
    assert len([said for said in beneath(mail) if "#2 Credentials" in said]) == 1


@pytest.mark.parametrize("error", ["thread_not_found", "cannot_reply_to_message", "cant_broadcast_message"])
def test_a_thread_that_takes_nothing_leaves_the_card_to_stand_by_itself(mail: Mail, error: str) -> None:
    mail.slack.faults.add("chat.postMessage", error=error, times=None, when=lambda given: bool(given.get("thread_ts")))
    request = credentials(mail)
    (card,) = [said for said in in_the_channel(mail) if "#2 " in said["text"]]
    assert "thread_ts" not in card
    assert (request.card_ts, request.thread_ts) == (card["ts"], "")


def test_a_card_that_vanished_from_the_thread_is_posted_there_anew(mail: Mail) -> None:
    request = credentials(mail)
    mail.slack.workspace.delete(mail.slack.workspace.find(request.card_channel, request.card_ts))
    mail.workers.click(request, "approve", BOB)
    mail.deliver()
    anew = mail.workers.request(request.id)
    assert anew.card_ts != request.card_ts
    assert anew.thread_ts == request.thread_ts


def test_with_another_approval_channel_it_stands_there(mail: Mail, slack: SlackSandbox) -> None:
    other = next(one.id for one in slack.workspace.channels.values() if one.name == "general")
    slack.invite("orgbot", "general")
    mail.approves_in(other)
    request = credentials(mail)
    assert (request.card_channel, request.thread_ts) == (other, "")


def test_what_follows_from_what_followed_is_in_the_same_thread(mail: Mail) -> None:
    """Slack takes no replies to replies."""
    second = credentials(mail)
    mail.workers.click(second, "deny", BOB, reason="no")
    mail.deliver()
    third = credentials(mail, follows=second.id or 0)
    assert third.thread_ts == second.thread_ts


def test_the_requester_is_told_where_its_card_is(mail: Mail) -> None:
    request = credentials(mail)
    assert request.requester == ALICE
    assert "thread_ts=" in request.card_link
