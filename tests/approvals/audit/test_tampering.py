"""An approval that the audit does not prove: whatever is written into the database, it never runs, and verify names it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from approvals.audit import signing
from approvals.audit.chain import ChainCheck
from approvals.audit.evidence import every
from approvals.audit.keys import NO_KEYS
from approvals.audit.lines import lines, query
from approvals.authority.rules import Rule, Rules
from approvals.models import Attempt, AuditRecord, Request
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.people import BOB, CAROL, DAVE
from tests.harness.tampering import (
    DECIDED,
    KEYS,
    TAG,
    UNDECIDED,
    WITHOUT_KEY,
    Tamper,
    asked,
    columns,
    learned,
    tamper,
    vote,
    without,
)
from tests.harness.workers import Workers

FORBIDDEN = ("TagResource", "UntagResource")


@pytest.fixture(params=[NO_KEYS, KEYS], ids=["plain", "signed"])
def workers(request: pytest.FixtureRequest, aws: AwsSandbox) -> Iterator[Workers]:
    found = Workers(aws, keys=request.param)
    signing.begin(found.context.store, found.clock())
    yield found
    found.close()


def verified(workers: Workers) -> list[str]:
    """What `orgbot audit verify` finds."""
    check = ChainCheck(workers.keys)
    with workers.engine.connect() as connection:
        chain = lines(connection, query(connection.dialect.name).order_by(col(AuditRecord.id)))
        return [*(line for entry in chain for line in check.look(entry)), *check.at_the_end(), *every(connection)]


def alarms(workers: Workers) -> list[str]:
    return [said for said in workers.said("notice") if "can't be proven" in said]


def events(workers: Workers) -> list[str]:
    with workers.context.store.read() as session:  # Without their details, which may be mangled.
        return list(session.exec(select(AuditRecord.event)).all())


def never_runs(workers: Workers, aws: AwsSandbox, request: Request, how: Tamper) -> None:
    assert verified(workers) == []
    tamper(workers, request, how)
    named = verified(workers)
    assert named, "before it is tried"

    request = workers.until_done(request)

    assert [call for name in FORBIDDEN for call in aws.calls.of(name)] == []
    assert request.status == Status.FAILED
    assert "The audit does not prove that this was approved" in request.outcome
    assert len(alarms(workers)) == 1
    assert "request.unproven" in events(workers)
    assert verified(workers), "and afterwards"


@pytest.mark.parametrize("how", UNDECIDED.values(), ids=UNDECIDED)
def test_what_nobody_decided(workers: Workers, aws: AwsSandbox, how: Tamper) -> None:
    never_runs(workers, aws, asked(workers), how)


@pytest.mark.parametrize("how", DECIDED.values(), ids=DECIDED)
def test_what_was_changed_after_the_decision(workers: Workers, aws: AwsSandbox, how: Tamper) -> None:
    never_runs(workers, aws, workers.approved_as_before("tag-account", **TAG), how)


@pytest.mark.parametrize("how", WITHOUT_KEY.values(), ids=WITHOUT_KEY)
def test_what_only_the_key_can_show(signed: Workers, aws: AwsSandbox, how: Tamper) -> None:
    never_runs(signed, aws, asked(signed), how)


def half_done(workers: Workers, aws: AwsSandbox) -> Request:
    """An account is being opened that is to be moved afterwards."""
    aws.conditions.creation_seconds = 120
    new = {"account_name": "new", "email": "new@example.com", "ou": "/Workloads/Staging"}
    request = workers.approved_as_before("create-account", **new)
    workers.work()
    assert workers.request(request.id).status == Status.WAITING
    return workers.request(request.id)


def unsent(session: Session, request: Request) -> None:
    """As if it had never left, so that it would leave again."""
    session.execute(delete(Attempt).where(col(Attempt.request_id) == request.id))


def ended_as(outcome: str) -> Tamper:
    """As if AWS had not taken it on, so that it would be sent again."""

    def do(session: Session, request: Request) -> None:
        session.execute(update(Attempt).where(col(Attempt.request_id) == request.id).values(outcome=outcome))

    return do


BETWEEN: dict[str, Tamper] = {
    "another account": learned(account="333333333333"),
    "another creation": learned(creation="car-99999999999999999999999999999999"),
    "a step further": columns(step=1),
    "other params": columns(params={"name": "new"}),
    "another ending": learned(asked="cancel"),
    "another decision": columns(decided_by=DAVE),
    "without its beginning": without("request.running"),
    "without what it learned": without("request.learned"),
    "without the call that was sent": unsent,
    "its call as one that AWS refused": ended_as("refused"),
    "its call as one that never left": ended_as("fenced"),
}


@pytest.mark.parametrize("killed", [False, True], ids=["goes on", "after a kill"])
@pytest.mark.parametrize("how", BETWEEN.values(), ids=BETWEEN)
def test_what_was_changed_between_two_steps(workers: Workers, aws: AwsSandbox, how: Tamper, *, killed: bool) -> None:
    request = half_done(workers, aws)
    tamper(workers, request, how)
    assert verified(workers)
    if killed:
        workers.restart()
    aws.advance(minutes=3)

    workers.until_done(request)

    assert aws.calls.of("MoveAccount") == []
    assert workers.request(request.id).status == Status.FAILED
    assert len(alarms(workers)) == 1
    assert verified(workers)


def test_a_withdrawn_approval_is_not_brought_back(workers: Workers, aws: AwsSandbox) -> None:
    workers.rules = Rules([Rule("default", (BOB, CAROL), approvals=2)])
    request = asked(workers)
    workers.click(request, "approve", BOB)
    workers.work()
    workers.click(request, "withdraw", BOB)
    workers.work()
    assert alarms(workers) == []

    def back(session: Session, found: Request) -> None:
        without("vote.withdrawn")(session, found)
        vote(session, found, BOB)
        UNDECIDED["status approved by hand"](session, found)

    never_runs(workers, aws, request, back)


def test_what_nobody_touched_runs(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.until_done(workers.approved("tag-account", **TAG))
    assert request.status == Status.SUCCEEDED
    assert len(aws.calls.of("TagResource")) == 1
    assert (alarms(workers), verified(workers)) == ([], [])


def test_another_request_is_not_touched_by_what_was_done_to_one(workers: Workers) -> None:
    one = asked(workers)
    other = workers.ask("tag-account", account="333333333333", tags=["owner=shop"])
    workers.work()
    tamper(workers, one, UNDECIDED["a vote inserted, status by hand"])
    workers.click(other, "approve", BOB)
    assert workers.until_done(other).status == Status.SUCCEEDED
    assert {line.partition(":")[0] for line in verified(workers)} == {f"request {one.id}"}


def test_the_channel_is_told_once_and_what_is_known(workers: Workers) -> None:
    request = asked(workers)
    tamper(workers, request, UNDECIDED["a vote inserted, status by hand"])
    workers.until_done(request)
    (told,) = alarms(workers)
    assert told.startswith(f":rotating_light: *Request #{request.id} (")
    assert "did not run" in told
    assert "The approval of U0DAVE is not in the audit" in told
    assert "`orgbot audit verify`" in told
