"""Break glass from the request to the signed review."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from approvals.authority.rules import Rule, Rules
from approvals.models import Message, Request
from approvals.queue.outgoing import EDITED
from approvals.request.prepare import announce
from approvals.request.prune import prune
from approvals.states import Status
from approvals.views import thread
from approvals.views.card import card
from approvals.views.living import living
from sandbox.aws.server import AwsSandbox
from tests.harness.changes import WEB, moves_and_is_read
from tests.harness.people import ALICE, BOB, CAROL, DAVE
from tests.harness.rules import required
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
RULE = Rule("careful", (BOB,), approvals=2, second_approvers=(CAROL,), break_glass=("S0ONCALL",))


@pytest.fixture
def glass(workers: Workers) -> Workers:
    """Alice is on call."""
    workers.people.groups["S0ONCALL"] = [ALICE]
    workers.rules = Rules([RULE])
    return workers


def broken(workers: Workers, by: str = ALICE) -> Request:
    """A request under break glass, as the handlers file it; only announced so far."""
    request = workers.ask("create-account", by=by, **NEW)
    with workers.context.store.write() as session:
        session.get_one(Request, request.id).break_glass = True
    announce(workers.context, request.id or 0)
    return workers.request(request.id)


def review(workers: Workers, request: Request, by: str) -> Request:
    workers.click(request, "review", by)
    workers.work()
    return workers.request(request.id)


def shown(request: Request) -> str:
    return str(card(request, [], required=required(RULE))["blocks"])


def test_it_is_done_at_once_and_nobody_is_noted_as_the_one_who_approved(glass: Workers) -> None:
    request = broken(glass)
    assert (request.status, request.decided_by) == (Status.APPROVED, "")
    assert glass.until_done(request).status == Status.SUCCEEDED
    events = [(entry.event, entry.actor) for entry in glass.audit() if entry.request_id == request.id]
    assert events[:3] == [("request.filed", ALICE), ("request.break_glass", ALICE), ("request.approved", ALICE)]


def test_the_channel_is_told_who_and_why_and_who_has_to_review_it(glass: Workers) -> None:
    request = broken(glass)
    loud = thread.glass_broken(request, required(RULE))
    assert loud["text"] in glass.said("thread")
    assert loud["reply_broadcast"] is True
    for words in (f"<@{ALICE}> acts at once", "for the test", f"<@{BOB}>, <@{CAROL}>"):
        assert words in loud["text"]


def test_whoever_is_not_named_is_refused(glass: Workers, aws: AwsSandbox) -> None:
    request = broken(glass, by=DAVE)
    assert request.status == Status.REFUSED
    assert "does not let you break the glass" in glass.said("dm")[-1]
    assert aws.calls.of("CreateAccount") == []


@pytest.mark.parametrize("change", ["group", "deactivated", "rule"])
def test_whoever_is_no_longer_named_before_anything_is_sent(glass: Workers, aws: AwsSandbox, change: str) -> None:
    request = broken(glass)
    match change:
        case "group":
            glass.people.groups["S0ONCALL"] = []
        case "deactivated":
            glass.people.people[ALICE] = dataclasses.replace(glass.people.people[ALICE], deactivated=True)
        case _:
            glass.rules = Rules([dataclasses.replace(RULE, break_glass=())])
    assert glass.until_done(request).status == Status.STALE
    assert aws.calls.of("CreateAccount") == []


def test_whoever_reviews_it_reviews_what_it_hit(workers: Workers, aws: AwsSandbox) -> None:
    """Moved between the press and the run, where the requester may break the glass as well: it is not done under the old rule."""
    workers.people.groups["S0ONCALL"] = [ALICE]
    places = (("staging", BOB), ("production", CAROL))
    rules = [Rule(name, (by,), under=f"/Workloads/{name}", break_glass=("S0ONCALL",)) for name, by in places]
    workers.rules = Rules([*rules, Rule("rest", (DAVE,))])
    request = workers.ask("tag-account", account=WEB, tags=["a=b"])
    with workers.context.store.write() as session:
        session.get_one(Request, request.id).break_glass = True
    announce(workers.context, request.id or 0)
    moves_and_is_read(workers, aws)
    request = workers.until_done(request)
    assert (request.status, aws.calls.of("TagResource")) == (Status.STALE, [])
    assert "“production” decides as well now, and its approvers would not review it." in request.outcome


def test_what_is_granted_at_once_anyway_breaks_no_glass(glass: Workers) -> None:
    glass.rules = Rules([Rule("at once", (), approvals=0)])
    request = broken(glass)
    assert (request.status, request.break_glass) == (Status.APPROVED, False)


@pytest.mark.parametrize("who", [BOB, CAROL])
def test_the_card_asks_for_a_review_until_somebody_has_signed(glass: Workers, who: str) -> None:
    request = glass.until_done(broken(glass))
    assert "'review'" in shown(request)
    assert f"Needs a review by <@{BOB}>, <@{CAROL}>" in shown(request)

    request = review(glass, request, who)
    assert (request.reviewed_by, request.status) == (who, Status.SUCCEEDED)
    assert "'review'" not in shown(request)
    assert f"reviewed by <@{who}>" in shown(request)
    assert f"Reviewed by <@{who}>" in glass.said("thread")[-1]
    assert [(entry.event, entry.actor) for entry in glass.audit()][-1] == ("request.reviewed", who)


def test_the_requesters_message_says_who_has_reviewed_it(glass: Workers) -> None:
    request = glass.until_done(broken(glass))
    assert "Ran under break glass; somebody else has to review it." in str(living(request)["blocks"])
    review(glass, request, BOB)
    with glass.context.store.read() as session:
        edits = select(Message).where(Message.kind == EDITED, Message.user == ALICE).order_by(col(Message.id).desc())
        newest = str(session.exec(edits.limit(1)).one().body["blocks"])
    assert f"Ran under break glass; reviewed by <@{BOB}>." in newest
    assert "somebody else has to" not in newest


def test_until_somebody_has_signed_its_messages_are_kept_so_that_they_can_be_edited(glass: Workers) -> None:
    request = glass.until_done(broken(glass))
    with glass.context.store.write() as session:
        session.execute(update(Message).values(status="sent", ts="7.7", channel="D0ALICE", due_at=None))
    glass.clock.advance(days=100)
    assert prune(glass.context.store, glass.clock(), timedelta(days=90)) == 0
    review(glass, request, BOB)
    assert prune(glass.context.store, glass.clock(), timedelta(days=90)) == 0
    glass.clock.advance(days=91)
    assert prune(glass.context.store, glass.clock(), timedelta(days=90)) == 1


def test_a_bad_end_is_reviewed_as_well(glass: Workers, aws: AwsSandbox) -> None:
    aws.fail_next_creation("INVALID_ADDRESS")
    request = glass.until_done(broken(glass))
    assert request.status == Status.FAILED
    assert "'review'" in shown(request)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (ALICE, "somebody else has to review it"),
        ("U0ALICE2", "somebody else has to review it"),
        (DAVE, "not among the approvers"),
        ("U0NOBODY", "accounts that Slack doesn't know"),
    ],
)
def test_nobody_else_can_sign(glass: Workers, by: str, told: str) -> None:
    glass.people.people["U0ALICE2"] = dataclasses.replace(glass.people.people[ALICE], user="U0ALICE2")
    glass.rules = Rules([dataclasses.replace(RULE, approvers=(BOB, ALICE, "U0ALICE2"))])
    request = review(glass, glass.until_done(broken(glass)), by)
    assert request.reviewed_by == ""
    assert told in glass.said("private")[-1]


def test_the_first_signature_stays(glass: Workers) -> None:
    request = glass.until_done(broken(glass))
    review(glass, request, BOB)
    assert review(glass, request, CAROL).reviewed_by == BOB
    assert f"already reviewed by <@{BOB}>" in glass.said("private")[-1]


def test_what_was_approved_has_nothing_to_review(glass: Workers) -> None:
    glass.rules = Rules([Rule("default", (BOB, CAROL))])
    request = review(glass, glass.until_done(glass.approved("create-account", **NEW)), CAROL)
    assert request.reviewed_by == ""
    assert "nothing to review" in glass.said("private")[-1]
    assert "'review'" not in shown(request)
