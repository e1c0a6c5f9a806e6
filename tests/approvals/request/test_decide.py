"""Who may decide, who was first, and what everybody else is told."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import select

from approvals.audit.alarm import NOT_PRESSED
from approvals.audit.proof import RULES_CHANGED, WISH, mark
from approvals.authority.directory import Person, Stranger
from approvals.authority.may import JudgedClick, RulesChangedError, judge
from approvals.authority.press import UnconfirmedCardError
from approvals.authority.rules import Rule, Rules
from approvals.context import Context, NotYetError
from approvals.dispatcher import KEPT_CLICKS
from approvals.models import DIGEST, Interaction, Message, Request, Stumble, Vote
from approvals.queue.outgoing import ANEW
from approvals.queue.worker import TRIES, LaterError
from approvals.request.decide import COUNTED_BEFORE, InHandError, _why_it_waits, decide, expire, forget_old_clicks
from approvals.request.prepare import TELL_SILENCE_AFTER, announce
from approvals.slack.client import SlackAwayError, SlackRefusedError
from approvals.slack.codes import meaning
from approvals.states import TERMINAL, Status
from approvals.views.hindered import AT_WORK, UNCONFIRMED, UNREAD, no_card_in_time, unknown
from approvals.views.on_hold import GIVE_UP, ON_HOLD
from approvals.views.set_aside import ERROR, NOBODY_ASKED, NOT_ASKED_IN_TIME, not_carried_out, not_expired
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE, KnownPeople
from tests.harness.rules import required
from tests.harness.tables import each_of
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}


def test_one_approval_by_an_approver_is_enough(workers: Workers) -> None:
    request = workers.approved("create-account", **NEW)
    assert (request.status, request.decided_by) == (Status.APPROVED, BOB)


def test_a_denial_ends_it_and_carries_its_reason(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "deny", CAROL, reason="not in this quarter")
    workers.work()

    denied = workers.request(request.id)
    assert (denied.status, denied.due_at) == (Status.DENIED, None)
    assert "not in this quarter" in workers.said("thread")[-1]
    assert "not in this quarter" in workers.said("dm")[-1]
    assert aws.calls.of("CreateAccount") == []


def test_the_requester_takes_it_back(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "cancel", ALICE)
    workers.work()
    assert workers.request(request.id).status == Status.CANCELLED


@pytest.mark.parametrize(
    ("kind", "by", "told"),
    [
        ("approve", ALICE, "your own request"),
        ("deny", ALICE, "your own request"),
        ("approve", DAVE, "can decide this"),
        ("deny", DAVE, "can decide this"),
        ("cancel", BOB, "Only the person who asked"),
        ("approve", "U0NOBODY", "accounts that Slack doesn't know"),
    ],
)
def test_a_click_by_the_wrong_person_changes_nothing(workers: Workers, kind: str, by: str, told: str) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, kind, by)
    workers.work()

    assert workers.request(request.id).status == Status.PENDING
    assert told in workers.said("private")[-1]


@pytest.mark.parametrize("flag", ["is_bot", "deactivated", "guest"])
@pytest.mark.parametrize("kind", ["approve", "deny", "cancel"])
def test_bots_guests_and_deactivated_users_are_refused(workers: Workers, kind: str, flag: str) -> None:
    by = ALICE if kind == "cancel" else BOB
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.people.people[by] = dataclasses.replace(workers.people.people[by], **{flag: True})  # type: ignore[arg-type]
    workers.click(request, kind, by)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING


REFUSALS = [
    ("approve", ALICE, "your own request"),
    ("approve", DAVE, "can decide this"),
    ("cancel", BOB, "Only the person who asked"),
    ("withdraw", BOB, "nothing to withdraw"),
    ("end", ALICE, "no session to end"),
    ("end", BOB, "no session to end"),
    ("end", DAVE, "can do this"),
    ("control:give-up", DAVE, "can do this"),
    ("review", BOB, "nothing to review"),
    ("control:give-up", BOB, "can no longer be asked for"),
    ("deny", "U0NOBODY", "accounts that Slack doesn't know"),
]


@pytest.mark.parametrize(("kind", "by", "told"), REFUSALS, ids=lambda value: value)
def test_a_refused_click_is_told_once_and_not_again_an_hour_later(
    workers: Workers, kind: str, by: str, told: str
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, kind, by)
    for _ in range(3):
        workers.work()
        workers.clock.advance(hours=1)
    (line,) = workers.said("private")
    assert told in line
    refused = [entry for entry in workers.audit() if entry.event == f"click.{kind}.refused"]
    assert [(entry.actor, entry.request_id) for entry in refused] == [(by, request.id)]


@pytest.mark.parametrize(
    ("by", "number", "told", "about"),
    [
        (DAVE, 1, ":information_source: Request #1: Only <@U0BOB>", 1),
        ("U0NOBODY", 1, "orgbot isn't", None),
        ("U0NOBODY", 77, "orgbot isn't", None),
    ],
)
def test_who_may_see_nothing_is_told_nothing_of_the_request(
    workers: Workers, by: str, number: int, told: str, about: int | None
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.intake.click(dataclasses.replace(workers.press(request, "deny", by), delivery="d", request_id=number))
    workers.work()
    with workers.context.store.read() as session:
        line = session.exec(select(Message).where(Message.kind == "private")).one()
    assert line.body["text"].startswith(told)
    assert (line.user, line.request_id) == (by, about)
    (refused,) = [entry for entry in workers.audit() if entry.event == "click.deny.refused"]
    assert refused.request_id == (1 if number == 1 else None)
    assert refused.detail["why"] in line.body["text"]
    assert workers.audit()[-1] == refused
    assert workers.audit()[-2].event == "request.filed", "nothing else is noted"


def test_what_was_decided_while_a_press_under_other_rules_was_judged_stays_as_it_is(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_rules(*_: object) -> None:
        raise RulesChangedError(required(Rule("other", (BOB,))))

    request = workers.approved("create-account", **NEW)
    cards = workers.unsent().count("card")
    workers.click(request, "deny", CAROL)
    monkeypatch.setattr("approvals.request.decide.judge", other_rules)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).rules == request.rules
    assert workers.unsent().count("card") == cards
    assert not [record for record in workers.audit() if record.event == RULES_CHANGED]
    assert "“default” decides now" in workers.said("private")[-1]


def test_a_press_under_rules_that_decide_no_more_is_noted_and_shown(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    said, cards = len(workers.said("thread")), workers.unsent().count("card")
    workers.rules = Rules([Rule("new", (CAROL,), approvals=2, operations=("create-account",)), *workers.rules.rules])
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    stands = workers.request(request.id)
    assert (stands.status, stands.rule, stands.approvals_needed) == (Status.PENDING, "new", 2)
    (noted,) = [record for record in workers.audit() if record.event == RULES_CHANGED]
    assert (noted.actor, noted.request_id, noted.detail["rules"]) == ("orgbot", request.id, ["new"])
    assert len(workers.said("thread")) == said + 1
    assert workers.unsent().count("card") == cards + 1
    assert "“new” decides now. Look at the card again." in workers.said("private")[-1]
    with workers.context.store.read() as session:
        assert session.exec(select(Vote)).all() == []


@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_a_click_that_was_carried_out_is_not_looked_at_again_an_hour_later(workers: Workers, kind: str) -> None:
    """It would be told that it came too late."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, kind, BOB)
    for _ in range(3):
        workers.work()
        workers.clock.advance(hours=1)
    assert workers.said("private") == []


def test_another_teams_user_is_refused(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB, team="T0OTHER")
    workers.work()
    assert workers.request(request.id).status == Status.PENDING
    assert "other workspaces" in workers.said("private")[-1]


def test_a_second_account_of_the_requester_is_the_requester(workers: Workers) -> None:
    """One person is one e-mail address: Alice's second account is no second pair of eyes."""
    workers.people.people["U0ALICE2"] = dataclasses.replace(workers.people.people[ALICE], user="U0ALICE2")
    workers.rules = Rules([Rule("default", (BOB, "U0ALICE2"))])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", "U0ALICE2")
    workers.work()
    assert workers.request(request.id).status == Status.PENDING


def test_two_of_two_need_two_people(workers: Workers) -> None:
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    for by in (BOB, BOB):
        workers.click(request, "approve", by)
        workers.work()
    assert workers.request(request.id).status == Status.PENDING
    assert "counted already" in workers.said("private")[-1]

    workers.click(request, "approve", CAROL)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).status == Status.APPROVED


def test_with_the_first_of_two_approvals_the_requester_reads_that_one_is_there(workers: Workers) -> None:
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.card_of(request)
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    assert "1 of 2" in workers.said("dm")[-1]


def test_who_approves_while_another_press_is_judged_is_looked_up_and_counts(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    digest, judged = workers.request(request.id).digest, list[JudgedClick]()

    def judging(context: Context, click: Interaction) -> JudgedClick:
        judged.append(judge(context, click))
        if len(judged) == 1:
            _add_vote(workers, request, "approve", digest)
        return judged[-1]

    monkeypatch.setattr("approvals.request.decide.judge", judging)
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    assert (workers.request(request.id).status, len(judged)) == (Status.APPROVED, 2)


def _add_vote(workers: Workers, request: Request, decision: str, digest: str) -> None:
    of: dict[str, Any] = {"request_id": request.id, "user": CAROL, "person": "carol@example.com"}
    with workers.context.store.write() as session:
        session.add(Vote(**of, decision=decision, digest=digest, at=workers.clock()))


def test_what_is_no_approval_does_not_count_as_one(workers: Workers) -> None:
    """However it came to stand beside a request that is still open."""
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    _add_vote(workers, request, "deny", workers.request(request.id).digest)
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).status == Status.PENDING


def _delivery(workers: Workers) -> str:
    return max(_clicks(workers), key=lambda click: click.id or 0).delivery


def _last_click(workers: Workers) -> int:
    return max(click.id or 0 for click in _clicks(workers))


def _clicks(workers: Workers) -> list[Interaction]:
    with workers.context.store.read() as session:
        return list(session.exec(select(Interaction)).all())


def test_a_late_click_is_told_who_decided(workers: Workers) -> None:
    request = workers.approved("create-account", **NEW)
    workers.click(request, "deny", CAROL)
    workers.work()
    assert f"<@{BOB}> approved it <!date" in workers.said("private")[-1]
    assert workers.until_done(request).status == Status.SUCCEEDED


def test_a_click_that_slack_delivers_twice_counts_once(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    for _ in range(3):
        workers.click(request, "approve", BOB, delivery="the same")
    workers.work()
    assert workers.said("private") == []


def test_a_worker_that_comes_late_to_a_click_tells_nobody_twice(workers: Workers) -> None:
    """It read the queue before another one dealt with the click."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", DAVE)
    for _ in range(2):
        decide(workers.context, _last_click(workers))
    assert len(workers.said("private")) == 1


def test_a_worker_that_comes_late_to_a_card_keeps_nobody_waiting(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    announce(workers.context, request.id or 0)
    assert workers.request(request.id).lease_owner == ""


def test_nobody_decides_in_time(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.clock.advance(hours=73)
    workers.click(request, "approve", BOB)
    workers.work()

    assert workers.request(request.id).status == Status.EXPIRED
    assert aws.calls.of("CreateAccount") == []
    assert "Nobody decided in time" in workers.said("dm")[-1]


@pytest.mark.parametrize(("left", "status"), [(1, Status.DENIED), (0, Status.PENDING), (-1, Status.PENDING)])
def test_a_click_counts_until_the_second_at_which_the_request_expires(
    workers: Workers, left: int, status: Status
) -> None:
    """Whether the request was ended already does not matter: the click may be quicker than that."""
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.clock.advance(hours=72, seconds=-left)
    workers.click(request, "deny", BOB)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).status == status
    assert [line for line in workers.said("private") if "Nobody decided in time" in line] == workers.said("private")
    assert len(workers.said("private")) == (left <= 0)


@pytest.mark.parametrize(("left", "status"), [(1, Status.PENDING), (0, Status.EXPIRED), (-1, Status.EXPIRED)])
def test_a_request_expires_at_the_second_that_its_rule_says(workers: Workers, left: int, status: Status) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.clock.advance(hours=72, seconds=-left)
    workers.work()
    assert workers.request(request.id).status == status


@pytest.mark.parametrize(("hours", "seconds", "kept"), [(48, 0, 1), (48, 1, 0), (47, 0, 1)])
def test_the_mark_of_a_click_is_kept_for_as_long_as_slack_may_deliver_it_again(
    workers: Workers, hours: int, seconds: int, kept: int
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", DAVE)
    workers.work()
    workers.clock.advance(hours=hours, seconds=seconds)
    forget_old_clicks(workers.context, KEPT_CLICKS)
    assert len(_clicks(workers)) == kept


def test_a_click_that_waits_is_never_forgotten(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB)
    workers.clock.advance(hours=1000)
    forget_old_clicks(workers.context, KEPT_CLICKS)
    assert len(_clicks(workers)) == 1


@pytest.mark.parametrize("pair", [("approve", "approve"), ("approve", "deny"), ("deny", "deny")])
def test_of_two_clicks_at_the_same_instant_one_wins(workers: Workers, aws: AwsSandbox, pair: tuple[str, str]) -> None:
    for number in range(10):
        request = workers.ask("create-account", account_name="twice", email=f"twice{number}@example.com")
        workers.work()
        workers.click(request, pair[0], BOB)
        workers.click(request, pair[1], CAROL)
        clicks = [key for kind, key in workers._due() if kind == "click"]
        _at_once([lambda key=key: decide(workers.context, int(key)) for key in clicks])
        decided = [
            entry.event for entry in workers.audit() if entry.request_id == request.id and "request." in entry.event
        ]
        assert len([event for event in decided if event in ("request.approved", "request.denied")]) == 1
        assert any(" it <!date" in line or "counted already" in line for line in workers.said("private"))


def _at_once(works: list[Any]) -> None:
    start = threading.Barrier(len(works))
    threads = [threading.Thread(target=lambda work=work: (start.wait(), work())) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_request_by_a_guest_is_not_put_before_approvers(workers: Workers) -> None:
    workers.people.people[ALICE] = dataclasses.replace(workers.people.people[ALICE], guest=True)
    request = workers.ask("create-account", **NEW)
    workers.work()
    assert workers.request(request.id).status == Status.REFUSED
    assert workers.said("dm") == [Stranger.GUEST.value]


def test_terminal_states_never_change(workers: Workers) -> None:
    request = workers.until_done(workers.approved("create-account", **NEW))
    for kind, by in (("approve", CAROL), ("deny", CAROL), ("cancel", ALICE)):
        workers.click(request, kind, by)
    workers.work()
    assert workers.request(request.id).status in TERMINAL
    assert workers.request(request.id).status == Status.SUCCEEDED


def test_what_cannot_be_done_names_its_field(workers: Workers) -> None:
    """The account is where it shall go already; approvers are not asked."""
    request = workers.ask("move-account", account="fullback-audit", to="/Security")
    workers.work()
    assert workers.request(request.id).status == Status.REFUSED
    assert "Move to: the account is already in /Security" in workers.said("dm")[-1]


def test_a_request_whose_record_was_changed_is_not_decided_and_the_audit_says_so(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    with workers.context.store.write() as session:
        session.get_one(Request, request.id).params = {**request.params, "email": "mallory@example.com"}
    workers.click(request, "approve", BOB)
    workers.work()

    assert [entry.event for entry in workers.audit()][-2:] == ["request.tampered", "click.approve.refused"]
    assert workers.request(request.id).status == Status.PENDING
    assert "its record was changed" in workers.said("private")[-1]


@pytest.mark.parametrize("tried", [True, False])
def test_what_nobody_could_be_asked_about_says_so_when_its_time_is_over(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, *, tried: bool
) -> None:
    def away(user: str) -> Person:
        raise SlackAwayError(user)

    request = workers.ask("create-account", **NEW)
    if tried:
        monkeypatch.setattr(workers.people, "look", away)
        announce(workers.context, request.id or 0)
    workers.clock.advance(hours=72)
    expire(workers.context, request.id or 0)
    request = workers.request(request.id)
    assert (request.status, request.outcome) == (Status.REFUSED, NOBODY_ASKED)
    assert workers.unsent()[-1] == ANEW, "the requester is to notice"


OWN_ERROR = {"error": "KeyError at prepare.py:91", "tries": TRIES}
OUTAGE = {"waits": 3}


@pytest.mark.parametrize(
    ("stumble", "said"),
    [
        (("announce", OUTAGE), NOBODY_ASKED),
        (("announce", OWN_ERROR), NOT_ASKED_IN_TIME),
        (("remind", OWN_ERROR), NOBODY_ASKED),
    ],
)
def test_who_was_never_asked_reads_whether_it_was_an_outage_or_an_error_of_the_bots(
    workers: Workers, stumble: tuple[str, dict[str, Any]], said: str
) -> None:
    request = workers.ask("create-account", **NEW)
    stumbles(workers, stumble[0], request.id, **stumble[1])
    workers.clock.advance(hours=72)
    expire(workers.context, request.id or 0)
    request = workers.request(request.id)
    assert (request.status, request.outcome) == (Status.REFUSED, said)
    assert (workers.audit()[-1].event, workers.audit()[-1].actor) == ("request.refused", "orgbot")


def stumbles(workers: Workers, kind: str, key: int | None, **values: Any) -> None:
    with workers.context.store.write() as session:
        session.add(Stumble(kind=kind, key=key or 0, **values))


@pytest.mark.parametrize(
    ("row", "set_aside", "card_posted", "status"),
    [
        ("first card", True, False, Status.REFUSED),
        ("first card", False, False, Status.EXPIRED),  # It may still be posted.
        ("first card", True, True, Status.EXPIRED),  # Only an update of it failed.
        ("second card", True, False, Status.EXPIRED),
        ("thread", True, False, Status.EXPIRED),
        ("another's card", True, False, Status.EXPIRED),
        ("sent card", True, False, Status.EXPIRED),
    ],
)
def test_what_had_no_card_that_could_be_posted_says_so_when_its_time_is_over(
    workers: Workers, row: str, *, set_aside: bool, card_posted: bool, status: Status
) -> None:
    other, request = workers.ask("create-ou", unit_name="Data"), workers.ask("create-account", **NEW)
    workers.work()
    lane: dict[str, Any] = {"lane": "a", "marker": "a", "created_at": workers.clock(), "request_id": request.id}
    with workers.context.store.write() as session:
        first = session.exec(select(Message).where(Message.request_id == request.id, Message.kind == "card")).one()
        another = session.exec(select(Message).where(Message.request_id == other.id, Message.kind == "card")).one()
        rows = {
            "first card": first,
            "second card": Message(kind="card", **lane),
            "thread": Message(kind="thread", **lane),
        }
        rows |= {"another's card": another, "sent card": first}
        session.add_all(rows.values())
        session.flush()
        number = rows[row].id
        if row == "sent card":
            first.status = "sent"
    if card_posted:
        workers.card_of(request)
    stumbles(workers, "lane", number, set_aside_at=workers.clock() if set_aside else None)
    workers.clock.advance(hours=72)
    expire(workers.context, request.id or 0)
    request = workers.request(request.id)
    assert (request.status, request.outcome) == (status, no_card_in_time(ERROR) if status == Status.REFUSED else "")


@pytest.mark.parametrize(
    ("error", "asked", "why"),
    [
        ("is_archived", "", no_card_in_time(meaning("is_archived"))),
        ("is_archived", "queued", no_card_in_time(meaning("is_archived"))),
        ("is_archived", "sent", ""),  # Approvers were asked to decide by direct message.
        ("", "", ""),
    ],
)
def test_why_there_was_no_card_is_said_unless_approvers_were_asked_elsewhere(
    workers: Workers, error: str, asked: str, why: str
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    with workers.context.store.write() as session:
        card = session.exec(select(Message).where(Message.kind == "card")).one()
        card.error = error
        if asked:
            now, number = workers.clock(), request.id or 0
            session.add(
                Message(kind="dm", lane=f"call:{number}", marker="a", created_at=now, request_id=number, status=asked)
            )
    workers.clock.advance(hours=72)
    expire(workers.context, request.id or 0)
    request = workers.request(request.id)
    assert (request.status, request.outcome) == (Status.REFUSED if why else Status.EXPIRED, why)


@pytest.mark.parametrize("kind", ["approve", "deny"])
def test_a_vote_keeps_who_gave_it_for_whom_they_speak_on_what_and_why(workers: Workers, kind: str) -> None:
    workers.rules = Rules([Rule("two", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, kind, BOB, reason="we talked about it")
    decide(workers.context, _last_click(workers))
    with workers.context.store.read() as session:
        vote = session.exec(select(Vote)).one()
    assert vote.model_dump(exclude={"id", "seat"}) == {
        "request_id": request.id,
        "user": BOB,
        "person": "bob@example.com",
        "decision": kind,
        "reason": "we talked about it",
        "digest": workers.request(request.id).digest,
        "seats": {"two": "first"},
        "at": workers.clock(),
    }
    (noted,) = [record for record in workers.audit() if record.event == f"vote.{kind}"]
    assert (noted.actor, noted.request_id) == (BOB, request.id)
    assert noted.detail == {
        "digest": vote.digest,
        "reason": "we talked about it",
        "seats": {"two": "first"},
        "person": mark("bob@example.com"),
        "press": mark(_delivery(workers)),
    }


def test_with_each_approval_the_card_says_for_whom_the_approvers_speak_by_now(workers: Workers) -> None:
    workers.people.groups = {"S0LEADS": [BOB, DAVE], "S0SECURITY": [CAROL]}
    workers.rules = Rules([Rule("two", ("S0LEADS",), approvals=3, second_approvers=("S0SECURITY",))])
    request = workers.ask("create-account", **NEW)
    workers.work()
    cards = workers.unsent().count("card")
    for number, by in enumerate((BOB, CAROL), start=1):
        workers.click(request, "approve", by)
        decide(workers.context, _last_click(workers))
        assert workers.unsent().count("card") == cards + number
        workers.people.groups["S0SECURITY"].append(BOB)
    with workers.context.store.read() as session:
        seats = {vote.user: vote.seats for vote in session.exec(select(Vote)).all()}
    assert seats == {BOB: {"two": "either"}, CAROL: {"two": "second"}}


def test_what_was_not_put_before_approvers_yet_is_not_decided(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).status == Status.PENDING
    assert "cannot be decided yet: what it would do is still being looked up." in workers.said("private")[-1]


def test_the_mark_of_a_click_that_was_set_aside_is_forgotten_as_well(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever pressed may have pressed anew since, so that it is not tried again after a restart, and the log does not say so."""

    def broken(*_: object) -> None:
        raise KeyError("no")

    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB)
    monkeypatch.setattr("approvals.request.decide.judge", broken)
    for _ in range(TRIES):
        decide(workers.context, _last_click(workers))
        workers.clock.advance(minutes=1)
    assert (workers.audit()[-1].event, workers.audit()[-1].request_id) == ("click.approve.set-aside", request.id)
    assert "is set aside" in caplog.text
    assert "tried once more" not in caplog.text
    assert workers.said("private") == [not_carried_out(_clicks(workers)[0])["text"]]
    workers.clock.advance(hours=48)
    forget_old_clicks(workers.context, KEPT_CLICKS)
    assert _clicks(workers) == []


def test_what_is_asked_again_word_for_word_begins_without_the_approvals_of_before(workers: Workers) -> None:
    workers.rules = Rules([Rule("two", (BOB, CAROL), approvals=2)])
    before = workers.ask("create-account", **NEW)
    workers.work()
    for kind, by in (("approve", BOB), ("cancel", ALICE)):
        workers.click(before, kind, by)
        workers.work()
    again = workers.ask("create-account", **NEW)
    workers.work()
    assert workers.request(before.id).digest == workers.request(again.id).digest
    workers.click(again, "approve", CAROL)
    decide(workers.context, _last_click(workers))
    assert workers.request(again.id).status == Status.PENDING


def test_an_approval_of_another_request_keeps_the_rules_for_which_it_was_given(workers: Workers) -> None:
    rules = [Rule(name, (BOB, CAROL), approvals=2, operations=(name,)) for name in ("create-account", "tag-account")]
    workers.rules = Rules(rules)
    asked = workers.ask("create-account", **NEW), workers.ask("tag-account", account="222222222222", tags=["a=b"])
    workers.work()
    for request in asked:
        workers.click(request, "approve", BOB)
        workers.work()
    with workers.context.store.read() as session:
        seats = [vote.seats for vote in session.exec(select(Vote)).all()]
    assert seats == [{"create-account": "first"}, {"tag-account": "first"}]


def test_where_there_are_more_approvers_by_now_the_audit_says_how_many_approvals_it_needs(workers: Workers) -> None:
    workers.people.groups["S0LEADS"] = [BOB]
    workers.rules = Rules([Rule("able", ("S0LEADS",), approvals_if_able=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.people.groups["S0LEADS"].append(CAROL)
    workers.click(request, "approve", BOB)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING
    (noted,) = (record for record in workers.audit() if record.event == RULES_CHANGED)
    demands = mark(workers.request(request.id).rules)
    assert noted.detail == {"rule": "able", "rules": ["able"], "approvals": 2, "demands": demands}


def test_how_many_approvals_it_needs_is_noted_with_the_press_that_was_judged_so(workers: Workers) -> None:
    """What is looked at afterwards goes by who was known a while ago."""
    workers.people.groups["S0LEADS"] = [BOB]
    workers.rules = Rules([Rule("able", ("S0LEADS",), approvals_if_able=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    known = KnownPeople()
    known.groups = {"S0LEADS": [BOB]}
    workers.context = dataclasses.replace(workers.context, cached_directory=known)
    workers.people.groups["S0LEADS"].append(CAROL)
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    events = [record.event for record in workers.audit()]
    assert events[events.index(RULES_CHANGED) + 1] == "vote.approve"
    assert workers.request(request.id).approvals_needed == 2


def test_an_approval_under_the_rules_on_the_card_notes_no_other_rules(workers: Workers) -> None:
    workers.approved("create-account", **NEW)
    assert not [record for record in workers.audit() if record.event == RULES_CHANGED]


class Refused(KnownPeople):
    """Slack says no to one of its methods until `mended`."""

    mended = False

    def look(self, user: str) -> Person:
        if not self.mended:
            raise SlackAwayError("users.info: missing_scope", SlackRefusedError("users.info", "missing_scope"))
        return super().look(user)


@pytest.mark.parametrize("kind", ["approve", "deny", "cancel"])
def test_what_keeps_a_press_from_counting_is_told_at_once_and_once_and_it_counts_when_that_is_mended(
    workers: Workers, kind: str
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.people = people = Refused()
    workers.context = dataclasses.replace(workers.context, people=people)
    by = ALICE if kind == "cancel" else BOB
    workers.click(request, kind, by)
    for _ in range(5):
        workers.work()
        workers.clock.advance(seconds=30)
    (told,) = workers.said("private")
    assert "your press is kept" in told
    assert "missing_scope" in told
    said = workers.said("dm")
    assert ["can't be decided yet" in line for line in said] == [True] * (by == BOB)  # Who pressed has heard it.
    people.mended = True
    workers.work()
    assert workers.request(request.id).decided_by == by


def test_each_press_that_is_kept_from_counting_is_told_to_who_pressed_and_why_to_the_requester_once(
    workers: Workers,
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    with workers.context.store.write() as session:
        session.execute(update(Request).values(memory={"known": "before"}))
    workers.context = dataclasses.replace(workers.context, people=Refused())
    for by in (BOB, CAROL):
        workers.click(request, "approve", by)
    workers.work()
    assert len([told for told in workers.said("private") if "your press is kept" in told]) == 2
    assert len([told for told in workers.said("dm") if "can't be decided yet" in told]) == 1, "the reason is the same"
    assert workers.request(request.id).memory["known"] == "before"


def test_who_cannot_be_looked_up_is_told_why_approvers_are_not_asked(workers: Workers) -> None:
    workers.context = dataclasses.replace(workers.context, people=Refused())
    request = workers.ask("create-account", **NEW)
    for _ in range(5):
        workers.work()
        workers.clock.advance(seconds=30)
    (told,) = workers.said("dm")
    assert "approvers have not been asked yet" in told
    assert "missing_scope" in told
    assert workers.request(request.id).status == Status.PENDING


@pytest.mark.parametrize("pressed", [{"request_id": 77}, {"key": "of another database"}], ids=["no request", "another"])
def test_whose_press_waits_on_what_is_not_the_request_with_that_number_is_told_and_nobody_else(
    workers: Workers, pressed: dict[str, Any]
) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.context = dataclasses.replace(workers.context, people=Refused())
    workers.intake.click(dataclasses.replace(workers.press(request, "approve", BOB), delivery="d", **pressed))
    decide(workers.context, _last_click(workers))
    with workers.context.store.read() as session:
        (told,) = session.exec(select(Message).where(Message.kind == "private")).all()
    assert (told.user, told.request_id) == (BOB, None if "request_id" in pressed else request.id)
    assert workers.said("dm") == []


@each_of(
    ("error", "why"),
    [
        (NotYetError("the organization has not been read yet"), UNREAD),
        (InHandError("a worker has the request in hand"), AT_WORK),
        (SlackAwayError("users.info"), unknown()),
    ],
)
def test_why_a_press_waits_is_told_by_what_it_waits_for(error: LaterError | SlackAwayError, why: str) -> None:
    assert _why_it_waits(error) == why


def test_what_is_asked_of_a_request_that_waits_is_looked_at_at_once_and_its_pauses_begin_anew(workers: Workers) -> None:
    request = workers.approved("create-account", **NEW)
    with workers.context.store.write() as session:
        waits = session.get_one(Request, request.id)
        waits.memory, waits.polls = {ON_HOLD: True, "account": "1"}, 30
        waits.due_at = workers.clock() + workers.context.pace.longest_poll
    said = len(workers.said("thread"))
    workers.click(request, f"control:{GIVE_UP.key}", BOB)
    decide(workers.context, _last_click(workers))
    asked = workers.request(request.id)
    assert (asked.due_at, asked.polls) == (workers.clock(), 0)
    assert asked.memory == {ON_HOLD: True, "account": "1", WISH: GIVE_UP.key}
    (line,) = workers.said("thread")[said:]
    assert GIVE_UP.label in line
    noted = workers.audit()[-1]
    assert (noted.event, noted.actor, noted.request_id) == (f"request.asked.{GIVE_UP.key}", BOB, request.id)


def test_a_request_that_an_error_of_the_bots_own_keeps_from_ending_says_that_its_time_is_over(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("no")

    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.card_of(request)
    monkeypatch.setattr("approvals.request.decide._unasked", broken)
    workers.clock.advance(hours=72)
    for _ in range(TRIES):
        expire(workers.context, request.id or 0)
        workers.clock.advance(minutes=1)
    request = workers.request(request.id)
    for kind in ("dm", "thread"):
        assert not_expired(request)["text"] in workers.said(kind)[-1]
    assert request.status == Status.PENDING


def test_a_press_on_what_is_not_the_card_as_it_is_now_is_answered_and_only_an_old_card_is_brought_up_to_date(
    workers: Workers,
) -> None:
    """What came from another database says nothing of the request that has its number here."""
    strange: list[str] = []
    workers.context = dataclasses.replace(workers.context, strange_press=lambda: strange.append("strange"))
    request = workers.ask("create-account", **NEW)
    workers.work()
    seen: list[tuple[int | None, int, int]] = []
    cards = workers.unsent().count("card")
    presses: tuple[dict[str, Any], ...] = ({"key": "0" * 32}, {"shown": "0" * DIGEST}, {"shown": ""})
    for number, pressed in enumerate(presses):
        press = dataclasses.replace(workers.press(request, "approve", BOB), delivery=f"d{number}", **pressed)
        workers.intake.click(press)
        decide(workers.context, _last_click(workers))
        (refused,) = [entry for entry in workers.audit() if entry.event == "click.approve.refused"][number:]
        seen.append((refused.request_id, workers.unsent().count("card") - cards, len(strange)))
        assert refused.detail["why"] in workers.said("private")[-1]
    assert seen == [(None, 0, 1), (request.id, 0, 1), (request.id, 1, 1)]
    assert workers.request(request.id).status == Status.PENDING


def test_a_press_that_nobody_made_is_said_to_be_none_and_nothing_of_the_request(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.request.decide.alarm.is_forged_press", lambda *_: True)
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB)
    decide(workers.context, _last_click(workers))
    assert workers.request(request.id).status == Status.PENDING
    with workers.context.store.read() as session:
        line = session.exec(select(Message).where(Message.kind == "private")).one()
    assert (line.user, line.request_id, NOT_PRESSED in str(line.body)) == (BOB, None, True)


def test_a_press_on_a_card_that_slack_has_not_confirmed_is_kept_until_it_has(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unconfirmed(*_: object) -> None:
        raise UnconfirmedCardError

    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "deny", BOB)
    with monkeypatch.context() as patch:
        patch.setattr("approvals.request.decide.judge", unconfirmed)
        workers.work()
        assert workers.said("private") == []
        workers.clock.now += TELL_SILENCE_AFTER
        workers.work()
    assert UNCONFIRMED in workers.said("private")[-1]
    workers.clock.advance(minutes=1)
    workers.work()
    assert workers.request(request.id).status == Status.DENIED


def test_what_is_decided_does_not_run_out_of_time(workers: Workers) -> None:
    """It would be taken in hand for that again and again, while it is carried out."""
    workers.approved("create-account", **NEW)
    workers.clock.advance(hours=73)
    assert "expire" not in [kind for kind, _ in workers._due()]


def test_the_requester_is_to_notice_what_was_ended_and_not_by_them_and_reads_the_rest_where_it_stands(
    workers: Workers,
) -> None:
    noticed = {}
    for kind, by in (("approve", BOB), ("deny", BOB), ("cancel", ALICE), ("", "nobody in time")):
        request = workers.ask("create-account", **NEW | {"email": f"m{kind}@example.com"})
        workers.work()
        anew, cards = workers.unsent().count(ANEW), workers.unsent().count("card")
        if kind:
            workers.click(request, kind, by)
            decide(workers.context, _last_click(workers))
        else:
            workers.clock.advance(hours=72)
            expire(workers.context, request.id or 0)
        noticed[workers.request(request.id).status] = workers.unsent().count(ANEW) - anew
        assert workers.unsent().count("card") == cards + 1, "the card says how it was decided"
    assert noticed == {"approved": 0, "denied": 1, "cancelled": 0, "expired": 1}


def test_a_press_that_was_counted_counts_no_second_time_though_the_approval_was_taken_back(workers: Workers) -> None:
    """Whoever makes its row due anew: the audit has it."""
    workers.rules = Rules([Rule("two", (BOB, CAROL), approvals=2)])
    request = workers.ask("create-account", **NEW)
    workers.work()
    workers.click(request, "approve", BOB)
    workers.work()
    press = _last_click(workers)
    workers.click(request, "withdraw", BOB)
    workers.work()
    with workers.context.store.write() as session:
        session.get_one(Interaction, press).due_at = workers.clock()
    decide(workers.context, press)
    assert COUNTED_BEFORE in workers.said("private")[-1]
    with workers.context.store.read() as session:
        assert session.exec(select(Vote)).all() == []


def test_what_else_could_not_be_sent_is_no_missing_card(workers: Workers) -> None:
    request = workers.ask("create-account", **NEW)
    workers.work()
    line: dict[str, Any] = {"lane": "a", "marker": "a", "created_at": workers.clock(), "request_id": request.id}
    with workers.context.store.write() as session:
        session.exec(select(Message).where(Message.kind == "card")).one().status = "sent"
        session.add(Message(kind="thread", error="is_archived", **line))
    workers.clock.advance(hours=72)
    expire(workers.context, request.id or 0)
    assert workers.request(request.id).status == Status.EXPIRED
