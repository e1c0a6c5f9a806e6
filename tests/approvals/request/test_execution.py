"""What a worker writes down while it has a request in hand: what others may read of it, and from where it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from approvals.audit.chain import record
from approvals.audit.proof import LEARNED, mark
from approvals.context import NotYetError
from approvals.models import Attempt, Message, Request, operation_of
from approvals.queue.changes import since
from approvals.queue.leases import claim
from approvals.queue.outgoing import ANEW, LINE
from approvals.queue.worker import TRIES
from approvals.request import attempts
from approvals.request.attempts import LeaseLostError
from approvals.request.execute import run
from approvals.request.execution import RUN, Execution, take
from approvals.states import Outcome, Status
from approvals.views.on_hold import FAILED_LOOKS, GIVE_UP, NOT_NOW, ON_HOLD, OWN_ERROR, SLACK, UNSEEN, effect
from approvals.views.set_aside import not_begun
from approvals.views.thread import MENDABLE, OPENS, SAID, SNIPPETS, UNDO
from operations.aws.client import Call
from operations.aws.prefilled import Prefilled
from operations.core.observations import Done, Failed, Snippet, Stale
from operations.core.registry import by_name
from operations.core.steps import Shared, Step
from tests.harness.people import ALICE
from tests.harness.workers import Workers

NEW = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
OTHER = {"account_name": "fullback-web", "email": "web@example.com"}


@pytest.fixture
def execution(workers: Workers) -> Execution:
    """An approved request in the first process's hands, which has begun."""
    found = taken(workers, workers.approved("create-account", **NEW))
    found.start()
    return found


def taken(workers: Workers, request: Request) -> Execution:
    """In the hands of the first process, as the worker that claims it gives it."""
    context = workers.context
    with context.store.write() as session:
        assert claim(session, Request, request.id or 0, context.owner, context.clock())
    return take(context, workers.request(request.id))


def first_step(execution: Execution) -> Step:
    return operation_of(execution.request).steps(execution.request.preview["precondition"])[0]


def remember(workers: Workers, request: Request, memory: dict[str, Any]) -> None:
    with workers.context.store.write() as session:
        session.execute(update(Request).where(col(Request.id) == request.id).values(memory=memory))


def test_what_others_remember_is_that_of_requests_for_the_same_operation(
    workers: Workers, execution: Execution
) -> None:
    """A creation looks there whether an account that it has found is another request's."""
    remember(workers, execution.request, {"account": "111111111111"})
    remember(workers, workers.ask("create-account", **OTHER), {"account": "222222222222"})
    remember(workers, workers.ask("create-ou", unit_name="Data"), {"unit": "ou-1"})
    assert execution.others() == [{"account": "222222222222"}]
    with workers.context.store.write() as session:
        over = {"status": Status.SUCCEEDED, "finished_at": workers.clock()}
        session.execute(update(Request).where(col(Request.id) != execution.number).values(**over))
    assert execution.others() == [{"account": "222222222222"}]


def test_what_ended_before_a_request_was_filed_is_no_longer_remembered(workers: Workers, execution: Execution) -> None:
    """Up to the difference that there may be between two machines' clocks."""
    workers.ask("create-account", **OTHER)
    assert execution.request.created_at
    a_day_before = execution.request.created_at - timedelta(days=1)
    for ended, count in ((a_day_before, 1), (a_day_before - timedelta(microseconds=1), 0)):
        over = {"status": Status.SUCCEEDED, "finished_at": ended, "memory": {"account": "222222222222"}}
        with workers.context.store.write() as session:
            session.execute(update(Request).where(col(Request.id) != execution.number).values(**over))
        assert len(execution.others()) == count


def test_attempts_are_numbered_anew_for_each_request(workers: Workers, execution: Execution) -> None:
    other = taken(workers, workers.approved("create-account", **OTHER))
    assert [one.begin_step(first_step(one)).number for one in (execution, other, execution)] == [1, 1, 2]


@pytest.mark.parametrize(("length", "kept"), [(500, 500), (501, 500)])
def test_of_what_aws_said_so_much_is_kept(workers: Workers, execution: Execution, length: int, kept: int) -> None:
    attempt = execution.begin_step(first_step(execution))
    execution.end_attempt(attempt, Outcome.REFUSED, "x" * length)
    with workers.context.store.read() as session:
        ended = attempts.made(session, execution.number, attempt.step)[-1]
    assert (ended.outcome, ended.detail, ended.finished_at) == ("refused", "x" * kept, workers.clock())


def test_an_attempt_that_somebody_left_open_is_ambiguous_from_then_on(workers: Workers, execution: Execution) -> None:
    """The audit has which one it was: without that, nobody could tell from it that a call may have left."""
    execution.give_up_attempt(execution.begin_step(first_step(execution)))
    with workers.context.store.read() as session:
        (attempt,) = session.exec(select(Attempt)).all()
    assert (attempt.outcome, attempt.finished_at) == (Outcome.AMBIGUOUS, workers.clock())
    noted = workers.audit()[-1]
    assert (noted.event, noted.actor, noted.request_id) == ("aws.call", "orgbot", execution.number)
    assert noted.detail == {"outcome": "unknown", "step": attempt.step, "number": 1, "ended": "ambiguous"}


def test_a_call_is_in_the_audit_once_with_its_attempt_and_how_that_ended(
    workers: Workers, execution: Execution
) -> None:
    """Also when another worker has taken the request over meanwhile, because it was made all the same."""
    attempt = execution.begin_step(first_step(execution))
    workers.restart()
    for call in ("aws-1", "aws-2"):
        execution.calls.append(Call("organizations", "CreateAccount", "ok", call, write=True))
    before = len(workers.audit())
    execution.end_attempt(attempt, Outcome.OK)
    noted = workers.audit()[before:]
    assert [record.detail["aws_request_id"] for record in noted] == ["aws-1", "aws-2"]
    of_attempt = {"step": attempt.step, "number": 1, "ended": "ok"}
    assert all(of_attempt.items() <= record.detail.items() for record in noted)
    assert execution.calls == []
    with workers.context.store.read() as session:
        (ended,) = attempts.made(session, execution.number, attempt.step)
    assert (ended.outcome, ended.detail) == (Outcome.OK, "")


def test_each_step_that_is_done_is_in_the_audit_with_what_it_has_learned(
    workers: Workers, execution: Execution
) -> None:
    """What the next steps go by is proven by it, also where nothing was learned."""
    execution.advance(Done("The account is there.", {"account": "111111111111"}))
    execution.advance(Done("It is in its OU."))
    noted = [record.detail for record in workers.audit() if record.event == LEARNED]
    assert noted == [{"step": 1, "facts": {"account": mark("111111111111")}}, {"step": 2, "facts": {}}]


def pauses(workers: Workers, execution: Execution, times: int) -> list[timedelta]:
    """How long the request waits each time that AWS is still at work."""
    found = []
    for _ in range(times):
        execution.wait(Status.WAITING)
        due = workers.request(execution.number).due_at
        assert due
        found.append(due - workers.clock())
        execution = taken(workers, execution.request)
    return found


def test_the_pause_grows_while_nothing_is_new_and_begins_anew_with_the_next_step(
    workers: Workers, execution: Execution
) -> None:
    pace = workers.context.pace
    assert pauses(workers, execution, 3) == [pace.after(0), pace.after(1), pace.after(2)]
    again = taken_again(workers, execution)
    again.advance(Done("The account is there."))
    assert (again.request.step, again.request.polls) == (1, 0)
    assert pauses(workers, again, 2) == [pace.after(0), pace.after(1)]


def taken_again(workers: Workers, execution: Execution) -> Execution:
    """After its lease has run out, as by another tick."""
    workers.clock.advance(hours=1)
    return taken(workers, execution.request)


def test_waiting_says_only_what_there_is_to_say_and_that_once(workers: Workers, execution: Execution) -> None:
    said = workers.said("thread")
    execution.wait(Status.WAITING)
    assert workers.said("thread") == said
    for _ in range(2):
        execution = taken_again(workers, execution)
        execution.wait(Status.WAITING, "AWS is creating the account.")
    assert len(workers.said("thread")) == len(said) + 1


def test_looks_that_failed_are_forgotten_when_one_succeeds(workers: Workers, execution: Execution) -> None:
    execution.hold(3, Failed("AWS cannot be reached."))
    assert {ON_HOLD: True, FAILED_LOOKS: 3}.items() <= workers.request(execution.number).memory.items()
    taken_again(workers, execution).wait(Status.WAITING)
    assert not {ON_HOLD, FAILED_LOOKS} & workers.request(execution.number).memory.keys()


def test_a_turn_goes_on_from_what_was_written_down(workers: Workers, execution: Execution) -> None:
    """Its request is the row as it is now, not as it was when the turn began."""
    execution.advance(Done("The account is there.", {"account": "111111111111"}))
    assert execution.request.memory["account"] == "111111111111"
    execution.advance(Done("It is in its OU.", {"ou": "ou-1"}))
    assert workers.request(execution.number).memory.items() >= {"account": "111111111111", "ou": "ou-1"}.items()
    assert workers.request(execution.number).step == 2


def test_a_pause_begins_anew_with_another_state(workers: Workers, execution: Execution) -> None:
    """A call whose answer was lost is looked for soon, however long the request has waited before."""
    pauses(workers, execution, 4)
    again = taken_again(workers, execution)
    again.wait(Status.UNKNOWN)
    assert workers.request(again.number).due_at == workers.clock() + workers.context.pace.after(0)


def test_what_an_accepted_call_tells_is_in_the_audit_at_once_and_stands_for_who_carries_on(
    workers: Workers, execution: Execution
) -> None:
    execution.remember({"creation": "car-1"})
    noted = workers.audit()[-1]
    assert (noted.event, noted.actor, noted.detail) == (
        LEARNED,
        "orgbot",
        {"step": 0, "facts": {"creation": mark("car-1")}},
    )
    assert workers.request(execution.number).memory["creation"] == "car-1"


def test_what_each_look_tells_anew_is_in_the_audit_once(workers: Workers, execution: Execution) -> None:
    for creation in ("car-1", "car-1", "car-2"):
        execution.wait(Status.WAITING, learned={"creation": creation, "asked": ""})
        execution = taken_again(workers, execution)
    noted = [record.detail["facts"] for record in workers.audit() if record.event == LEARNED]
    assert noted == [{"creation": mark("car-1")}, {"creation": mark("car-2")}]


def test_only_what_it_has_in_hand_goes_on(workers: Workers, execution: Execution) -> None:
    other = taken(workers, workers.approved("create-account", **OTHER))
    execution.advance(Done("The account is there."))
    assert [workers.request(one.number).step for one in (execution, other)] == [1, 0]


def test_what_it_knew_and_which_steps_were_done_stay_known_at_a_bad_end(workers: Workers, execution: Execution) -> None:
    execution.steps = by_name()["enable-all-features"]().steps({})
    execution.advance(Done("The account is there.", {"account": "111111111111"}))
    lines = workers.unsent().count(LINE)
    execution.fail(Failed("AWS says no."))
    assert workers.request(execution.number).memory["account"] == "111111111111"
    assert workers.unsent().count(LINE) == lines + 1


def test_to_stay_in_a_state_is_no_event(workers: Workers, execution: Execution) -> None:
    for _ in range(3):
        execution.begin_step(first_step(execution))
    assert [record.actor for record in workers.audit() if record.event == "request.running"] == ["orgbot"]


def test_who_is_told_that_it_failed_half_way_reads_what_was_done_and_what_was_not(
    workers: Workers, execution: Execution
) -> None:
    execution.steps = operation_of(execution.request).steps(execution.request.preview["precondition"])
    first, *others = (step.title for step in execution.steps)
    execution.advance(Done("The account is there.", {"account": "111111111111"}))
    execution.fail(Failed("AWS says no."))
    outcome = workers.request(execution.number).outcome
    assert outcome == f"AWS says no. Done before: {first} (account 111111111111). Not done: {'; '.join(others)}."


def test_what_goes_stale_says_whether_anything_may_have_been_changed(workers: Workers) -> None:
    """Of what has sent nothing all can be asked for again; of what has sent something AWS has to be looked at first."""
    said = "The world changed after the approval: It is elsewhere."
    for number, sent in enumerate((False, True)):
        found = taken(workers, workers.approved("create-account", **NEW | {"email": f"m{number}@example.com"}))
        found.start()
        if sent:
            found.begin_step(first_step(found))
        found.go_stale(Stale("It is elsewhere."))
        request = workers.request(found.number)
        assert (request.status, request.outcome, request.advice) == (
            (
                Status.FAILED,
                f"{said} {effect(sent=True)}",
                "Check in AWS what is there; ask again if it is still wanted.",
            )
            if sent
            else (Status.STALE, f"{said} {effect(sent=False)}", "Ask again if it is still wanted.")
        )
        assert request.memory == ({MENDABLE: True} if sent else {})
        assert request.outcome in workers.said("thread")[-1]
        assert workers.unsent()[-1] == ANEW


def test_the_same_may_be_asked_for_again_where_the_end_says_so(workers: Workers) -> None:
    opens = (Prefilled(operation="create-ou", values={"unit_name": "Data"}),)
    for number, (end, remembered) in enumerate(
        (
            ("fail", {MENDABLE, OPENS}),
            ("stop", {MENDABLE}),  # It may be something else than what was approved, so that it is not gone by.
        )
    ):
        for again_ in (True, False):
            email = f"m{number}{again_}@example.com"
            found = taken(workers, workers.approved("create-account", **NEW | {"email": email}))
            getattr(found, end)(Failed("AWS says no.", "Look there.", opens=opens, again=again_))
            request = workers.request(found.number)
            assert (request.status, request.outcome) == (Status.FAILED, "AWS says no.")
            assert request.advice.startswith("Look there.")
            assert set(request.memory) == remembered - (set() if again_ else {MENDABLE})


def test_what_goes_stale_half_way_has_failed_and_says_what_was_done(workers: Workers, execution: Execution) -> None:
    execution.steps = operation_of(execution.request).steps(execution.request.preview["precondition"])
    execution.advance(Done("The account is there.", {"account": "111111111111"}))
    helping = Prefilled(operation="create-ou", values={"unit_name": "Data"})
    execution.go_stale(Stale("The OU is gone.", opens=(helping,)))
    request = workers.request(execution.number)
    assert OPENS in request.memory
    assert request.status == Status.FAILED
    assert request.outcome.startswith("The world changed after the approval: The OU is gone. Done before: ")
    assert request.advice == "Ask only for what is missing."


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (Status.APPROVED, Status.RUNNING),
        (Status.RUNNING, Status.RUNNING),
        (Status.UNKNOWN, Status.RUNNING),
        (Status.WAITING, Status.WAITING),
    ],
)
def test_what_acts_runs_unless_it_only_tries_again_after_a_throttle(
    workers: Workers, status: Status, becomes: Status
) -> None:
    found = taken(workers, workers.approved("create-account", **NEW))
    with workers.context.store.write() as session:
        session.execute(update(Request).values(status=status))
    found.request = workers.request(found.number)
    found.begin_step(first_step(found))
    assert workers.request(found.number).status == becomes


def test_the_beginning_is_shown_on_the_card_and_each_of_several_steps_in_the_threads_line(workers: Workers) -> None:
    found = taken(workers, workers.approved("create-account", **NEW))
    found.steps = by_name()["enable-all-features"]().steps({})
    cards, said, told = workers.unsent().count("card"), len(workers.said("thread")), len(workers.said("dm"))
    found.start()
    assert (workers.unsent().count("card"), len(workers.said("thread"))) == (cards + 1, said)
    assert len(workers.said("dm")) == told + 1
    found.advance(Done("The account is there."))
    assert "The account is there." in workers.said("thread")[said]
    assert "The account is there." in workers.said("dm")[-1]


def test_of_a_single_step_only_the_end_is_told(workers: Workers) -> None:
    found = taken(workers, workers.approved("create-account", **NEW))
    said = workers.said("thread")
    found.start()
    found.steps = by_name()["enable-all-features"]().steps({})[:1]
    found.advance(Done("It is done."))
    assert workers.said("thread") == said


def test_the_card_is_brought_up_to_date_when_it_waits_for_something_else(
    workers: Workers, execution: Execution
) -> None:
    cards = workers.unsent().count("card")
    for number, status in enumerate((Status.WAITING, Status.WAITING, Status.UNKNOWN)):
        execution.wait(status)
        assert workers.unsent().count("card") == cards + (1, 1, 2)[number]
        execution = taken_again(workers, execution)


def test_the_pause_begins_anew_when_aws_can_be_looked_at_again(workers: Workers, execution: Execution) -> None:
    pauses(workers, execution, 4)
    again = taken_again(workers, execution)
    again.hold(3, Failed("AWS cannot be reached."))
    taken_again(workers, again).wait(Status.WAITING)
    assert workers.request(again.number).due_at == workers.clock() + workers.context.pace.after(0)


def test_who_has_lost_the_request_to_another_worker_writes_nothing(workers: Workers, execution: Execution) -> None:
    workers.restart()
    taken(workers, execution.request)
    before, said, told = workers.request(execution.number), workers.said("thread"), len(workers.audit())
    why = Failed("AWS says no.")
    for writes in (
        lambda: execution.advance(Done("The account is there.")),
        lambda: execution.remember({"creation": "car-1"}),
        lambda: execution.wait(Status.WAITING),
        lambda: execution.hold(1, why),
        lambda: execution.lose_sight(why),
        lambda: execution.fail(why),
        lambda: execution.stop(why),
        lambda: execution.go_stale(Stale("It is elsewhere.")),
        lambda: execution.begin_step(first_step(execution)),
    ):
        with pytest.raises(LeaseLostError):
            writes()
    assert (workers.request(execution.number), workers.said("thread"), workers.attempts(before)) == (before, said, [])
    assert len(workers.audit()) == told


def test_what_a_step_has_done_is_told_to_every_process_and_known_here_at_once(
    workers: Workers, execution: Execution
) -> None:
    caught_up: list[int] = []
    here = replace(execution.context, catch_up=lambda: caught_up.append(workers.request(execution.number).step))
    execution.context = here
    execution.steps = operation_of(execution.request).steps(execution.request.preview["precondition"])
    memory = {"account": "111111111111"}
    outcome = execution.steps[0].outcome(memory)
    execution.advance(Done("The account is there.", memory))
    with workers.context.store.read() as session:
        told = [changes for _, changes in since(session, workers.clock())]
    assert told == [outcome]
    assert caught_up == [1], "once all of it is in the database"


def test_what_fails_half_way_and_makes_no_account_names_none(workers: Workers) -> None:
    execution = taken(workers, workers.approved("tag-account", account="222222222222", tags=["a=b"]))
    execution.start()
    execution.steps = by_name()["enable-all-features"]().steps({})
    first, second = (step.title for step in execution.steps)
    execution.advance(Done("It is done."))
    execution.fail(Failed("AWS says no."))
    outcome = workers.request(execution.number).outcome
    assert outcome == f"AWS says no. Done before: {first}. Not done: {second}."


def test_what_helps_after_an_end_is_filled_in_with_what_was_asked_for_and_what_it_was_approved_for(
    workers: Workers,
) -> None:
    found = taken(workers, workers.approved("move-account", account="222222222222", to="/Workloads/Production"))
    found.start()
    back = Prefilled(operation="move-account", taking={"account": ("account",), "to": ("source",)})
    found.fail(Failed("AWS says no.", opens=(back,)))
    request = workers.request(found.number)
    values = {"account": "222222222222", "to": request.preview["precondition"]["source"]}
    assert request.memory[OPENS] == [{"operation": "move-account", "values": values}]


def test_calls_that_belong_to_no_attempt_are_noted_once(workers: Workers, execution: Execution) -> None:
    execution.calls.append(Call("sts", "AssumeRole", "AccessDenied", "aws-1", write=False))
    before = len(workers.audit())
    for _ in range(2):
        execution.note_other_calls()
    (noted,) = workers.audit()[before:]
    assert (noted.request_id, execution.calls) == (execution.number, [])
    assert noted.detail["aws_request_id"] == "aws-1"


def test_a_request_that_is_given_back_as_it_is_has_no_failed_looks(workers: Workers, execution: Execution) -> None:
    execution.hold()
    assert FAILED_LOOKS not in workers.request(execution.number).memory


def test_who_is_in_the_way_is_known_by_name_and_aws_needs_none(workers: Workers, execution: Execution) -> None:
    """By it people read what goes on again."""
    why = Failed("It waits.")
    execution.hold(1, why, SLACK)
    assert workers.request(execution.number).memory[ON_HOLD] == SLACK
    execution = again(workers, execution)
    execution.wait(Status.WAITING)
    again(workers, execution).hold(1, why)
    assert workers.request(execution.number).memory[ON_HOLD] is True


def test_why_it_waits_is_told_once_however_often_it_is_held(workers: Workers) -> None:
    found = taken(workers, workers.approved("create-account", **NEW))
    before = len(workers.said("thread"))
    for _ in range(2):
        found.hold(1, Failed("AWS does not let the bot look."))
        found = again(workers, found)
    assert len(workers.said("thread")) == before + 1


def test_what_aws_accepted_and_never_shows_is_told_once_and_looked_for_every_ten_minutes(
    workers: Workers, execution: Execution
) -> None:
    said, told, cards = workers.said("thread"), len(workers.said("dm")), workers.unsent().count("card")
    for _ in range(3):
        execution.lose_sight(Failed("The account does not show.", "Look in AWS."))
        execution = again(workers, execution)
    assert (execution.request.status, execution.request.memory[ON_HOLD]) == (Status.UNKNOWN, UNSEEN)
    (line,) = workers.said("thread")[len(said) :]
    assert "The account does not show." in line
    assert len(workers.said("dm")) == told + 1
    assert workers.unsent().count("card") == cards + 1
    execution.request.polls = 30
    execution.lose_sight(Failed("The account does not show."))
    assert workers.request(execution.number).due_at == workers.clock() + timedelta(minutes=10)


def test_who_has_read_that_a_single_step_waits_reads_when_it_does_no_longer(workers: Workers) -> None:
    found = taken(workers, workers.approved("create-account", **NEW))
    found.steps = by_name()["enable-all-features"]().steps({})[:1]
    found.wait(Status.WAITING, "Everybody has to agree.", snippets=[Snippet(label="Ask them", text="Please agree.")])
    assert {SAID, SNIPPETS} <= workers.request(found.number).memory.keys()
    found = again(workers, found)
    found.steps = by_name()["enable-all-features"]().steps({})[:1]
    said = len(workers.said("thread"))
    found.request.memory = {**found.request.memory, NOT_NOW: {"LIMIT": "2030-01-01T00:00:00+00:00"}}
    found.advance(Done("All have agreed."))
    assert len(workers.said("thread")) == said + 1
    assert not {SAID, SNIPPETS, NOT_NOW} & workers.request(found.number).memory.keys()


def again(workers: Workers, execution: Execution) -> Execution:
    workers.clock.advance(hours=1)
    return taken(workers, execution.request)


@pytest.mark.parametrize("ends", ["succeed", "fail", "go stale"])
def test_the_card_is_brought_up_to_date_at_the_end(workers: Workers, execution: Execution, ends: str) -> None:
    execution.steps = operation_of(execution.request).steps(execution.request.preview["precondition"])
    remember(workers, execution.request, {"account": "222222222222"})
    execution.request = workers.request(execution.number)
    cards = workers.unsent().count("card")
    if ends == "succeed":
        execution.succeed()
    elif ends == "fail":
        execution.fail(Failed("AWS says no."))
    else:
        execution.go_stale(Stale("It is another one."))
    assert workers.unsent().count("card") == cards + 1
    assert workers.unsent()[-1] == ANEW, "the requester is to notice"
    assert workers.request(execution.number).finished_at == workers.clock()


def test_what_is_done_ends_when_the_organization_is_known_by_which_its_result_is_told(workers: Workers) -> None:
    request = workers.approved("create-account", **NEW)
    found = taken(workers, request)
    found.start()
    found.context = replace(found.context, organization=lambda: None)
    with pytest.raises(NotYetError):
        found.succeed()
    assert workers.request(request.id).status == Status.RUNNING


def test_what_it_ended_with_is_kept_for_the_card(workers: Workers) -> None:
    request = workers.until_done(workers.approved("create-account", **NEW))
    assert request.memory["closing"]["summary"] == request.outcome != ""
    assert request.outcome in workers.said("thread")[-1]


def test_how_it_can_be_undone_is_kept_and_shown(workers: Workers) -> None:
    request = workers.until_done(workers.approved("tag-account", account="222222222222", tags=["team=mobile"]))
    assert request.memory[UNDO] == ["Remove 1 tag from fullback-staging-web (222222222222)"]
    with workers.context.store.read() as session:
        last = session.exec(select(Message).where(Message.kind == "thread").order_by(col(Message.id).desc())).first()
    assert last
    assert request.memory[UNDO][0] in str(last.body["blocks"])


def test_what_has_sent_nothing_and_stumbles_over_an_error_of_the_bots_own_ends_and_says_so(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Execution) -> str:
        raise KeyError("no")

    request = workers.approved("create-account", **NEW)
    cards = workers.unsent().count("card")
    monkeypatch.setattr("approvals.request.execute.what_changed", broken)
    for _ in range(TRIES):
        run(workers.context, request.id or 0, Shared())
        workers.clock.advance(minutes=1)
    request = workers.request(request.id)
    assert (request.status, request.outcome) == (Status.FAILED, not_begun(request).say)
    assert any(request.outcome in line for line in workers.said("dm"))
    assert any(request.outcome in line for line in workers.said("thread"))
    assert (workers.unsent().count("card"), workers.unsent()[-1]) == (cards + 1, ANEW)


def test_what_has_sent_something_and_stumbles_over_an_error_of_the_bots_own_stays_open_and_says_so(
    workers: Workers, execution: Execution
) -> None:
    execution.begin_step(first_step(execution))
    said = len(workers.said("thread"))
    with workers.context.store.write() as session:
        RUN.told(session, session.get_one(Request, execution.number), workers.clock())
    request = workers.request(execution.number)
    assert (request.status, request.memory[ON_HOLD]) == (Status.RUNNING, OWN_ERROR)
    assert (len(workers.said("thread")), workers.unsent()[-1]) == (said + 1, ANEW)


def test_a_request_that_went_on_before_it_was_given_up_is_carried_out(workers: Workers) -> None:
    """Whoever gave it up did so because AWS could not be looked at, and it can be again."""
    request = workers.approved("create-account", **NEW)
    remember(workers, request, {"asked": GIVE_UP.key})
    with workers.context.store.write() as session:
        record(session, workers.clock(), f"request.asked.{GIVE_UP.key}", ALICE, request.id)
    assert workers.until_done(request).status == Status.SUCCEEDED
