"""What is taken in from Slack is sealed with the audit's key: who writes a request or a press into the database decides nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy import insert as sql_insert
from sqlmodel import Session, col, select

from approvals.audit import signing
from approvals.audit.chain import MARK, digest_of
from approvals.authority.rules import Rule, Rules
from approvals.models import AuditRecord, Interaction, Message, Request
from approvals.outbox.sending import Outbox
from approvals.queue.outgoing import LIVING
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.slack import InMemorySlack
from tests.harness.tampering import KEYS, TAG, Tamper, asked, tamper
from tests.harness.workers import Workers


def alarms(workers: Workers) -> list[str]:
    return [said for said in workers.said("notice") if "can't be proven" in said]


def rows(workers: Workers, model: type[Request] | type[Interaction]) -> list[Any]:
    with workers.context.store.read() as session:
        return list(session.exec(select(model).order_by(col(model.id))).all())


def insert(workers: Workers, model: type[Request] | type[Interaction], like: Any, **values: Any) -> int:
    """A row by hand, as another one but for these columns; gives its id."""
    with workers.context.store.write() as session:
        row = model(**{name: getattr(like, name) for name in model.model_fields if name != "id"} | values)
        session.add(row)
        session.flush()
        return row.id or 0


@pytest.mark.parametrize("kind", ["approve", "deny", "cancel", "withdraw", "review", "end", "control:give-up", "show"])
def test_a_press_that_slack_has_not_delivered_does_nothing(signed: Workers, kind: str) -> None:
    request = asked(signed)
    signed.click(request, "deny", CAROL)
    (real,) = rows(signed, Interaction)
    forged = {"delivery": "forged", "kind": kind, "user": ALICE if kind == "cancel" else BOB}
    insert(signed, Interaction, real, **forged)
    with signed.context.store.write() as session:
        session.execute(delete(Interaction).where(col(Interaction.id) == real.id))
    before = [entry.event for entry in signed.audit()]

    signed.work()

    assert signed.request(request.id).status == Status.PENDING
    assert [entry.event for entry in signed.audit()][len(before) :] == [
        "click.forged",
        f"click.{kind}.refused",
    ]
    (told,) = alarms(signed)
    assert "has got a press that can't be proven" in told
    assert "press again" in signed.said("private")[-1]


def test_the_channel_is_told_once_of_presses_that_nobody_made(signed: Workers) -> None:
    request = asked(signed)
    signed.click(request, "deny", CAROL)
    (real,) = rows(signed, Interaction)
    for number in range(3):
        insert(signed, Interaction, real, delivery=f"forged {number}", user=BOB)
    signed.work()
    assert len(alarms(signed)) == 1
    assert signed.request(request.id).status == Status.DENIED, "Carol's own press counts"


@pytest.mark.parametrize(
    "column", ["user", "kind", "request_id", "key", "team", "channel", "message_ts", "reason", "shown"]
)
def test_no_column_of_a_press_can_be_changed(signed: Workers, column: str) -> None:
    request = asked(signed)
    signed.click(request, "approve", BOB)
    other = signed.ask("tag-account", account="333333333333", tags=["owner=shop"])
    value: Any = {"user": CAROL, "kind": "deny", "request_id": other.id}.get(column, "x")
    with signed.context.store.write() as session:
        session.execute(update(Interaction).values({column: value}))
    signed.work()
    assert {signed.request(number).status for number in (request.id, other.id)} == {Status.PENDING}
    assert len(alarms(signed)) == 1


def test_a_press_that_counted_is_not_made_to_count_again(workers: Workers) -> None:
    """Bob has withdrawn; whoever makes the row of his first press due anew doesn't approve in his name."""
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = asked(workers)
    workers.click(request, "approve", BOB)
    workers.work()
    workers.click(request, "withdraw", BOB)
    workers.work()
    with workers.context.store.write() as session:
        session.execute(update(Interaction).where(col(Interaction.kind) == "approve").values(due_at=workers.clock()))
    workers.work()
    assert "counted before" in workers.said("private")[-1]
    workers.click(request, "approve", CAROL)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING
    workers.click(request, "approve", BOB)
    assert workers.until_done(request).status == Status.SUCCEEDED, "but a new press of his counts"


FORGED: dict[str, dict[str, Any]] = {
    "by another": {"requester": CAROL},
    "for something else": {"params": {"account": "333333333333", "tags": ["owner=mallory"]}},
    "another operation": {"operation": "close-account", "params": {"account": "222222222222"}},
    "under break glass": {"break_glass": True},
    "with another reason": {"reason": "it is urgent"},
    "of another team": {"team": "T0OTHER"},
}


@pytest.mark.parametrize("values", FORGED.values(), ids=FORGED)
def test_a_request_that_was_changed_before_approvers_saw_it(signed: Workers, values: dict[str, Any]) -> None:
    signed.rules = Rules([Rule("default", (BOB, CAROL), break_glass=(ALICE, CAROL))])
    request = signed.ask("tag-account", **TAG)
    with signed.context.store.write() as session:
        session.execute(update(Request).values(**values))
    ended = signed.until_done(request)
    assert ended.status == Status.REFUSED
    assert "nobody has asked for it in Slack" in ended.outcome
    assert len(alarms(signed)) == 1
    assert "card" not in signed.unsent()


def test_a_request_that_is_written_into_the_database(signed: Workers, aws: AwsSandbox) -> None:
    signed.rules = Rules([Rule("default", (BOB,), approvals=0)])
    real = signed.until_done(signed.ask("tag-account", **TAG))
    assert real.status == Status.SUCCEEDED
    blank = {"digest": "", "status": Status.PENDING, "announced_at": None, "finished_at": None, "decided_at": None}
    due: dict[str, Any] = {**blank, "due_at": signed.clock(), "memory": {}, "step": 0}
    forged = [insert(signed, Request, real, **due, delivery="forged", marker="f" * 32)]
    with signed.context.store.write() as session:  # A copy with its seal, under another number.
        session.execute(update(Request).where(col(Request.id) == real.id).values(delivery="moved away"))
    forged.append(insert(signed, Request, real, **due, subject="another"))
    signed.work()
    assert [signed.request(number).status for number in forged] == [Status.REFUSED, Status.REFUSED]
    assert len(aws.calls.of("TagResource")) == 1
    assert len(alarms(signed)) == 2


def test_a_request_that_is_over_is_not_begun_anew(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("tag-account", **TAG))

    def again(session: Any, found: Request) -> None:
        blank = {"digest": "", "status": Status.PENDING, "announced_at": None, "finished_at": None}
        session.execute(update(Request).where(col(Request.id) == found.id).values(**blank, due_at=workers.clock()))

    tamper(workers, request, again)
    workers.work()
    assert workers.request(request.id).status == Status.REFUSED
    assert len(aws.calls.of("TagResource")) == 1
    assert len(alarms(workers)) == 1


def test_what_was_asked_in_slack_is_what_it_was(signed: Workers) -> None:
    request = signed.until_done(signed.approved("tag-account", **TAG))
    assert (request.status, request.team, alarms(signed)) == (Status.SUCCEEDED, TEAM, [])


def test_the_first_key_takes_what_waits_as_it_is(workers: Workers) -> None:
    request = workers.ask("tag-account", **TAG)
    workers.keys = KEYS
    workers.restart()
    signing.begin(workers.context.store, workers.clock())
    workers.work()
    workers.click(request, "approve", BOB)
    assert workers.until_done(request).status == Status.SUCCEEDED
    assert not [entry for entry in workers.audit() if entry.event in ("request.unproven", "click.forged")]


def test_without_its_seal_nothing_is_in_the_audit_of_it(signed: Workers) -> None:
    request = signed.ask("tag-account", **TAG)
    with signed.context.store.write() as session:
        session.execute(update(Request).values(sealed=""))
    signed.work()
    with signed.context.store.read() as session:
        events = session.exec(select(AuditRecord.event).where(AuditRecord.request_id == request.id)).all()
    assert list(events) == ["request.unproven", "request.refused"]


OTHER_WORDS = {"text": "Harmless", "blocks": []}


def sends(workers: Workers, slack: InMemorySlack) -> None:
    for lane in workers.lanes():
        Outbox(workers.context, slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(lane)


def edited(session: Session, request: Request) -> None:
    """Other words on the card, with the buttons that it has."""
    where = {"channel": request.card_channel, "ts": request.card_ts, "request_id": request.id}
    row = {"lane": f"edit:{request.id}", "kind": "edit", "body": OTHER_WORDS, "marker": "x", "status": "queued"}
    times = {"created_at": request.created_at, "due_at": request.created_at, "tries": 0, "error": "", "user": ""}
    session.execute(sql_insert(Message).values(**where, **row, **times, lease_owner=""))


def reworded(session: Session, request: Request) -> None:
    session.execute(update(Message).where(col(Message.kind).in_(LIVING)).values(body=OTHER_WORDS))


def readdressed(session: Session, request: Request) -> None:
    session.execute(update(Message).where(col(Message.kind).in_(LIVING)).values(user=DAVE))


@pytest.mark.parametrize("how", [edited, reworded, readdressed])
def test_words_that_were_written_into_the_database_are_not_said(signed: Workers, how: Tamper) -> None:
    slack, request = InMemorySlack(), asked(signed)
    sends(signed, slack)  # The card is there, and the requester's message waits.
    tamper(signed, request, how)
    sends(signed, slack)
    assert "Harmless" not in str(slack.posts)
    assert f"D{DAVE}" not in str(slack.posts)
    assert sum("what was to be said of it can't be proven" in said for said in alarms(signed)) == 1
    assert any(f"D{ALICE}" == post["channel"] for post in slack.posts) == (how is edited)


def test_messages_that_wait_when_sealing_begins_are_said(workers: Workers) -> None:
    """A key that is new, and a version that is new, take what waits as it is."""
    slack, request = InMemorySlack(), asked(workers)
    workers.keys = KEYS
    workers.restart()
    signing.begin(workers.context.store, workers.clock())
    with workers.context.store.write() as session:  # As a version left it that sealed no messages.
        session.execute(update(Message).values(sealed=""))
        mark = session.exec(select(AuditRecord).where(AuditRecord.event == MARK)).one()
        mark.detail = {name: value for name, value in mark.detail.items() if name != "messages"}
        mark.hash = digest_of(mark, KEYS)
    signing.begin(workers.context.store, workers.clock())
    for _ in range(2):
        sends(workers, slack)
    assert any(request.requester in str(post["channel"]) for post in slack.posts)
    assert alarms(workers) == []
