"""What a worker writes down while it has a request in hand: each a single transaction, each guarded by the lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select, text

from approvals.audit import chain
from approvals.audit.chain import record_calls, record_lost_call
from approvals.audit.proof import LEARNED, NOTES, WISH, mark
from approvals.authority.may import helping, may_ask_next
from approvals.context import Context
from approvals.models import LIVE, UNPRUNED_SQL, Attempt, Request, operation_of
from approvals.outbox import telling
from approvals.queue import changes, outgoing
from approvals.queue.leases import release, set_held
from approvals.queue.worker import Job
from approvals.request import attempts
from approvals.request.attempts import LeaseLostError
from approvals.request.lifecycle import LostRaceError, transition
from approvals.request.remainder import in_words, remainder_of
from approvals.states import EXECUTING, Outcome, Status
from approvals.views import on_hold, set_aside, thread
from approvals.views.on_hold import FAILED_LOOKS, NOT_NOW, ON_HOLD, OWN_ERROR, UNSEEN, WHY
from approvals.views.thread import CLOSING, MENDABLE, OPENS, REST, SAID, SNIPPETS, STEPS, UNDO
from operations.aws.client import Call
from operations.core.observations import Done, Failed, Observation, Snippet, Stale
from operations.core.steps import Step

CHANGED = "The world changed after the approval"
UNSEEN_PAUSE = timedelta(minutes=10)
SKEW = timedelta(days=1)  # For clocks that differ.
FIRST_TIME = datetime.min.replace(tzinfo=UTC) + SKEW


@dataclass
class Execution:
    """One worker's hold on one request; `request` is what the worker knows of it, renewed by each write."""

    context: Context
    request: Request
    steps: tuple[Step, ...] = ()
    approval_is_fresh: bool = False
    proven_at: int | None = None  # At which step the approval was last shown to be proven.
    calls: list[Call] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.request.id or 0

    def begin_step(self, step: Step) -> Attempt:
        """The intent to act, committed; raises LeaseLostError."""
        with self.context.store.write() as session:
            if self.request.status != Status.WAITING:  # Trying again after a throttle is no news for people.
                self._become(session, Status.RUNNING)
            return attempts.begin(session, self.number, step.key, self.context.owner, self.context.clock())

    def end_attempt(self, attempt: Attempt, outcome: Outcome, detail: str = "") -> None:
        """The outcome of an attempt and its calls; kept even when the lease was lost in between, because it is true all the same."""
        now = self.context.clock()
        with self.context.store.write() as session:
            attempts.end(session, attempt, outcome, now, detail)
            ended = {"number": attempt.number, "ended": outcome.value}
            record_calls(session, now, self.number, self.calls, attempt.step, **ended)
        self.calls.clear()

    def give_up_attempt(self, attempt: Attempt) -> None:
        """An attempt of a process that is gone, or of a worker that stumbled: nobody will write down any more how it ended."""
        now = self.context.clock()
        with self.context.store.write() as session:
            attempts.end(session, attempt, Outcome.AMBIGUOUS, now, "the answer was not written down")
            ended = {"number": attempt.number, "ended": Outcome.AMBIGUOUS.value}
            record_lost_call(session, now, self.number, attempt.step, **ended)

    def note_other_calls(self) -> None:
        """The calls that belong to no attempt, such as a role that could not be assumed."""
        if self.calls:
            with self.context.store.write() as session:
                record_calls(session, self.context.clock(), self.number, self.calls)
            self.calls.clear()

    def attempts(self, step: Step) -> list[Attempt]:
        """The attempts at a step that may have had an effect."""
        with self.context.store.read() as session:
            return [
                a for a in attempts.made(session, self.number, step.key) if a.outcome not in attempts.WITHOUT_EFFECT
            ]

    def has_sent(self) -> bool:
        """Whether any call of this request may have had an effect."""
        with self.context.store.read() as session:
            return attempts.any_sent(session, self.number)

    def others(self) -> list[Mapping[str, Any]]:
        """What other requests for the same operation remember."""
        with self.context.store.read() as session:
            return others(session, self.request)

    def start(self) -> None:
        """Approved becomes running."""
        with self.context.store.write() as session:
            self._become(session, Status.RUNNING)
            outgoing.card(session, self.request, self.context.clock())
            telling.tell(session, self.request, self.context.clock())
            outgoing.handover(session, self.request, self.context.clock(), operation_of(self.request).delivers)

    def delivery(self) -> Observation:
        """How far the handing over of the result is, as the outbox has left it."""
        with self.context.store.read() as session:
            return outgoing.delivery(session, self.request)

    def advance(self, done: Done) -> None:
        """A step's goal stands: what it learned into the memory, its outcome into the snapshot, on to the next step. Where there
        are several, people learn which are done.
        """
        now, several, waited = self.context.clock(), len(self.steps) > 1, SAID in self.request.memory
        with self.context.store.write() as session:
            memory = {**self._going_on(session), **done.learned}
            memory = {name: kept for name, kept in memory.items() if name not in (NOT_NOW, SAID, SNIPPETS)}
            if several:
                memory[STEPS] = [*memory.get(STEPS, []), done.say]
            for step in self.steps[self.request.step :][:1]:
                changes.note(session, step.outcome(memory), now)
            self._learn(session, done.learned, self.request.step + 1)
            self._set(session, step=self.request.step + 1, polls=0, memory=memory)
            if several or waited:
                telling.note(session, self.request, now)
                telling.tell(session, self.request, now)
        self.context.catch_up()

    def remember(self, learned: Mapping[str, Any]) -> None:
        """What the answer to an accepted call tells, before anything is looked at that may fail."""
        with self.context.store.write() as session:
            self._learn(session, learned)
            self._set(session, memory={**self.request.memory, **learned})

    def _learn(self, session: Session, learned: Mapping[str, Any], step: int | None = None) -> None:
        """The steps go by what they have learned, so that the audit has it, and how far they are."""
        facts = {name: mark(value) for name, value in learned.items() if name not in NOTES | {WISH}}
        if step is not None or facts:
            at = self.request.step if step is None else step
            chain.record(session, self.context.clock(), LEARNED, chain.ORGBOT, self.number, step=at, facts=facts)

    def wait(
        self,
        status: Status,
        say: str = "",
        learned: Mapping[str, Any] | None = None,
        snippets: Sequence[Snippet] = (),
        *,
        longest: timedelta | None = None,
    ) -> None:
        """AWS is at work, or its answer was lost: give the request back until it is due; people learn what is waited for, and
        what is to be copied meanwhile. The pause grows to `longest` while nothing is new.
        """
        now = self.context.clock()
        with self.context.store.write() as session:
            news = self.request.status != status
            held_before = self.request.memory.get(ON_HOLD)
            polls = 0 if news or self.request.memory.get(ON_HOLD) else self.request.polls
            memory = {**self._going_on(session), **(learned or {})}
            self._learn(session, _new(learned or {}, self.request.memory))
            self._become(session, status)
            told = say and memory.get(SAID) != say
            if told:
                memory |= {SAID: say, SNIPPETS: [one.model_dump() for one in snippets]}
            if news:
                outgoing.card(session, self.request, now)
            self._give_back(session, memory, polls, longest)
            if told or memory.get(ON_HOLD) != held_before:
                self._tell_how_far(session, now)

    def hold(self, stumbles: int = 0, why: Failed | None = None, by: str = "") -> None:
        """AWS could not be looked at, or who is in the way is `by`: give the request back as it is. People are told `why` once,
        and by `wait` or `advance` when it goes on.
        """
        memory = dict(self.request.memory) | ({FAILED_LOOKS: stumbles} if stumbles else {})
        with self.context.store.write() as session:
            news = not memory.get(ON_HOLD)
            if why and news:
                memory |= {ON_HOLD: by or True, **self._noted(session, why)}
            self._give_back(session, memory, self.request.polls)
            if why and news:
                self._tell_why(session, why)

    def lose_sight(self, why: Failed) -> None:
        """AWS accepted a call and shows nothing of it: nobody knows whether it will. People are told once; it is looked at on."""
        memory = dict(self.request.memory)
        with self.context.store.write() as session:
            news = memory.get(ON_HOLD) != UNSEEN
            self._become(session, Status.UNKNOWN)
            if news:
                memory |= {ON_HOLD: UNSEEN, **self._noted(session, why)}
                outgoing.card(session, self.request, self.context.clock())
            self._give_back(session, memory, self.request.polls, UNSEEN_PAUSE)
            if news:
                self._tell_why(session, why)

    def _noted(self, session: Session, why: Failed) -> dict[str, str]:
        return on_hold.noted(why, sent=attempts.any_sent(session, self.number))

    def _tell_why(self, session: Session, why: Failed) -> None:
        """Somebody may have to mend something, so that it is told as news."""
        now, sent = self.context.clock(), attempts.any_sent(session, self.number)
        self._read(session)
        outgoing.thread(session, self.request, now, on_hold.waits(self.request, why, sent=sent))
        telling.tell(session, self.request, now, anew=True)

    def _tell_how_far(self, session: Session, now: datetime) -> None:
        self._read(session)
        telling.note(session, self.request, now)
        telling.tell(session, self.request, now)

    def _going_on(self, session: Session) -> dict[str, Any]:
        """What is remembered, now that AWS could be looked at; whoever was told that it could not is told that it can."""
        now, memory = self.context.clock(), dict(self.request.memory)
        if memory.pop(ON_HOLD, False):
            outgoing.thread(session, self.request, now, on_hold.goes_on(self.request))
        for name in (FAILED_LOOKS, WHY):
            memory.pop(name, None)
        return memory

    def _give_back(
        self, session: Session, memory: Mapping[str, Any], polls: int, longest: timedelta | None = None
    ) -> None:
        due = self.context.clock() + self.context.pace.after(polls, longest)
        values = {"memory": memory, "polls": polls + 1, "due_at": due}
        if not release(session, Request, self.number, self.context.owner, **values):
            raise LeaseLostError

    def succeed(self) -> None:
        """Every step is done: the card, the thread and the requester get the result."""
        now = self.context.clock()
        organization = self.context.snapshot()
        operation = operation_of(self.request)
        closing = operation.closing(self.request.memory, organization, self.context.console)
        closing = closing.only(lambda wanted: may_ask_next(self.context, self.request, wanted))
        with self.context.store.write() as session:
            undo = operation.undone_by(self.request.preview["precondition"], self.request.memory)
            titles = [one.title(organization) for one in undo]
            memory = {**self.request.memory, CLOSING: closing.model_dump(mode="json"), UNDO: titles}
            self._end(session, Status.SUCCEEDED, outcome=closing.summary, memory=memory)
            if not operation.delivers:  # Else the thread has that it was handed over, with the button to end it.
                outgoing.thread(session, self.request, now, thread.succeeded(self.request, closing, undo=titles))
            telling.tell(session, self.request, now, anew=not operation.delivers)

    def fail(self, failed: Failed) -> None:
        """AWS will not do it: said in plain words, together with what has been done already and what has not."""
        outcome, advice = (
            failed.say + self._half_done(),
            f"{failed.advice} {in_words(remainder_of(self.request))}".strip(),
        )
        mendable = {MENDABLE: True} if failed.again else {}
        self._end_badly(Status.FAILED, outcome, advice, {**mendable, **self._helping(failed), **self._rest()})

    def stop(self, why: Failed) -> None:
        """It is not what was approved, or nobody knows: what it says of itself is not gone by, so that nothing is offered."""
        self._end_badly(Status.FAILED, why.say, why.advice, {MENDABLE: True} if why.again else {})

    def _rest(self) -> dict[str, bool]:
        return {REST: True} if remainder_of(self.request) else {}

    def _helping(self, end: Failed | Stale) -> dict[str, Any]:
        """The requests that the advice means, filled in with what this one has."""
        if not end.opens:
            return {}
        known = {**self.request.preview.get("precondition", {}), **self.request.params}
        opens = helping(self.context, self.request, [one.filled(known) for one in end.opens])
        return {OPENS: opens} if opens else {}

    def go_stale(self, stale: Stale) -> None:
        """The world changed: nothing is done any more, or, when something was done or sent already, it has failed half-way."""
        told, sent = f"{CHANGED}: {stale.say}", self.has_sent()
        if self.request.step or sent:
            effect = f" {on_hold.effect(sent=sent)}" if not self.request.step else ""
            advice = (
                "" if remainder_of(self.request) else "Check in AWS what is there; ask again if it is still wanted."
            )
            self.fail(Failed(told + effect, advice, opens=stale.opens, again=True))
            return
        outcome = f"{told} {on_hold.effect(sent=sent)}"
        remembered = {**self._helping(stale), **self._rest()}
        self._end_badly(Status.STALE, outcome, "Ask again if it is still wanted.", remembered)

    def _end_badly(self, status: Status, outcome: str, advice: str, remembered: Mapping[str, Any]) -> None:
        now = self.context.clock()
        with self.context.store.write() as session:
            memory = {**self.request.memory, **remembered}
            self._end(session, status, outcome=outcome, advice=advice, memory=memory)
            outgoing.thread(session, self.request, now, thread.ended_badly(self.request))
            telling.tell(session, self.request, now, anew=True)

    def _half_done(self) -> str:
        done = [step.title for step in self.steps[: self.request.step]]
        if not done:
            return ""
        left = [step.title for step in self.steps[self.request.step :]]
        account = self.request.memory.get("account")
        what = f" (account {account})" if account else ""
        return f" Done before: {'; '.join(done)}{what}. Not done: {'; '.join(left)}."

    def _end(self, session: Session, status: Status, **values: Any) -> None:
        self._become(session, status, **values)
        outgoing.card(session, self.request, self.context.clock())
        if self.request.memory.keys() & {STEPS, SAID}:  # The line says no longer that something is waited for.
            telling.note(session, self.request, self.context.clock())

    def _become(self, session: Session, status: Status, **values: Any) -> None:
        if self.request.status == status:
            return
        now, owner = self.context.clock(), self.context.owner
        try:
            self.request = transition(session, self.number, status, now, chain.ORGBOT, owner=owner, **values)
        except LostRaceError as error:
            raise LeaseLostError from error

    def _set(self, session: Session, **values: Any) -> None:
        if not set_held(session, Request, self.number, self.context.owner, **values):
            raise LeaseLostError
        self._read(session)

    def _read(self, session: Session) -> None:
        self.request = session.get_one(Request, self.number, populate_existing=True)


def _new(learned: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What each look tells anew is no news."""
    return {name: value for name, value in learned.items() if name not in known or known[name] != value}


def others(session: Session, request: Request) -> list[Mapping[str, Any]]:
    """What other requests for the same operation remember: those under way, and those that ended since this one was filed.

    What a request may take for its own was begun after it was filed, and nobody else's was over before.
    """
    same = (Request.operation == request.operation, Request.id != request.id)
    under_way = select(Request.memory).where(LIVE, *same)
    since = (request.created_at or FIRST_TIME) - SKEW
    ended = select(Request.memory).where(text(UNPRUNED_SQL), col(Request.finished_at) >= since, *same)
    return [*session.exec(under_way).all(), *session.exec(ended).all()]


def _tell_set_aside(session: Session, request: Request, now: datetime) -> None:
    """What has sent nothing ends. What has sent something stays open, because only AWS can tell what became of it."""
    if attempts.any_sent(session, request.id or 0):
        request.memory = {**request.memory, ON_HOLD: OWN_ERROR}
        session.add(request)
        outgoing.thread(session, request, now, set_aside.not_followed(request))
        telling.tell(session, request, now, anew=True)
        return
    failed = set_aside.not_begun(request)
    ended = transition(
        session,
        request.id or 0,
        Status.FAILED,
        now,
        chain.ORGBOT,
        outcome=failed.say,
        advice=failed.advice,
        memory={**request.memory, MENDABLE: failed.again},
        owner=request.lease_owner,
    )
    outgoing.card(session, ended, now)
    outgoing.thread(session, ended, now, thread.ended_badly(ended))
    telling.tell(session, ended, now, anew=True)


RUN: Job[Request] = Job(
    "run",
    Request,
    Request.due_at,
    (LIVE, col(Request.status).in_(EXECUTING)),
    told=_tell_set_aside,
    in_doubt=(col(Request.status) == Status.UNKNOWN,),
)


def take(context: Context, request: Request) -> Execution:
    """The request in hand, under the lease that was taken for it."""
    return Execution(context.held_by(request.lease_owner), request)
