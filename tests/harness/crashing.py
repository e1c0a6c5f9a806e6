"""Workers of two processes that may die at any line, an emptied database for each run, and everybody who might press a button."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from unittest import mock

from sqlalchemy import delete
from sqlmodel import SQLModel, col, select

from approvals.authority.directory import Person
from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import Rule, Rules
from approvals.context import Context
from approvals.dispatcher import KINDS, JobKey, due_jobs
from approvals.models import AuditRecord, Interaction, Message, Request, Vote
from approvals.outbox.delivering import Delivering
from approvals.outbox.sending import Outbox
from approvals.queue.leases import forget_all
from approvals.queue.outgoing import LIVING
from approvals.request import execute
from approvals.request.execute import run
from approvals.request.execution import Execution
from approvals.request.intake import AlreadyAskedError, Draft
from approvals.slack.client import SlackAwayError
from operations.core.registry import by_name
from operations.core.steps import Shared
from sandbox.aws.calls import Call
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM, KnownPeople
from tests.harness.slack import InMemorySlack
from tests.harness.workers import WORK, Workers

ALICE_TOO, BOB_TOO = "U0ALICE2", "U0BOB2"
GUEST, LEFT, ROBOT, FOREIGN, NOBODY = "U0GUEST", "U0LEFT", "U0ROBOT", "U0FOREIGN", "U0NOBODY"
Row = TypeVar("Row", bound=SQLModel)
EVERYBODY = (ALICE, ALICE_TOO, BOB, BOB_TOO, CAROL, DAVE, GUEST, LEFT, ROBOT, FOREIGN, NOBODY)
APPROVERS = tuple(user for user in EVERYBODY if user not in (ALICE, DAVE))
ACCOUNTS = ("222222222222", "333333333333", "444444444444")
GUARDED = ACCOUNTS[-1]  # The one account for which the rule wants two approvals.
ONE, TWO = "one approval", "two approvals"
HANDED_OUT = {kind.job.name for kind in KINDS} - {"home"}
MANY = 20  # Rounds in which all that is due at one moment is surely done.
EFFECTIVE = frozenset({"ok", "drop-after", "bad-json"})
DEATHS = (
    *((Execution, line) for line in ("start", "begin_step", "end_attempt", "advance", "wait", "succeed", "fail")),
    *((Delivering, line) for line in ("_mark_sending", "_post")),
    (Outbox, "_sent"),
)


DECISIONS = ("request.approved", "request.denied", "request.cancelled")


def two_approvals(approvers: tuple[str, ...]) -> Rule:
    """The rule for the guarded account."""
    return Rule(TWO, approvers, approvals=2, accounts=(GUARDED,))


class Died(BaseException):
    """The process is gone: nothing catches it, and nothing after it runs."""


class Cast(KnownPeople):
    """Everybody, with second accounts and people who may not act; `away` is Slack not answering."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        flags: dict[str, dict[str, Any]] = {
            ALICE_TOO: {"key": "alice@example.com"},
            BOB_TOO: {"key": "bob@example.com"},
            GUEST: {"guest": True},
            LEFT: {"deactivated": True},
            ROBOT: {"is_bot": True},
            FOREIGN: {"team": "T0OTHER"},
        }
        for user, values in flags.items():
            someone = Person(user, TEAM, f"{user.lower()}@example.com", user)
            self.people[user] = dataclasses.replace(someone, **values)

    def look(self, user: str) -> Person:
        if self.away:
            raise SlackAwayError("users.info: not now")
        return super().look(user)


class CrashingWorkers(Workers):
    """One database and one snapshot of the organization for all runs; `begin` makes everything else new."""

    people: Cast

    def __init__(self, aws: AwsSandbox, url: str = "sqlite://") -> None:
        super().__init__(aws, url)
        self.aws = aws
        self._names = itertools.count()
        # Patched once and not for each job, because threads that work at once would put back each other's patch.
        self._quick = mock.patch.object(execute, "QUICK_PAUSES", (0.0, 0.0, 0.0))
        self._quick.start()

    def close(self) -> None:
        """Closes the database, and AWS is left a moment between tries again."""
        self._quick.stop()
        super().close()

    def begin(self) -> None:
        """An empty database, everybody as they were, two processes that have just started."""
        with self.context.store.write() as session:
            for table in reversed(SQLModel.metadata.sorted_tables):
                session.execute(delete(table))
        self.aws.faults.clear()
        self.aws.calls.clear()
        self.people = Cast()
        self.clock.now = datetime.now(UTC)
        self.slack = InMemorySlack()
        self.rules = Rules([two_approvals(APPROVERS), Rule(ONE, APPROVERS)])
        self.dead: set[str] = {""}
        self.processes = [self._process(), self._process()]

    def card_of(self, request: Request) -> tuple[str, str]:
        """Where the card stands in Slack, which may not be known in the database; nobody can press what was not posted."""
        cards = (post for post in self.slack.posts if "thread_ts" not in post and f"#{request.id} " in post["text"])
        card = next((post for post in cards if post["channel"] == "C0APPROVALS"), None)
        return ("C0APPROVALS", card["ts"]) if card else ("", "")

    def look_again(self) -> None:
        """The organization stays as it is; tags are no part of it."""

    def _process(self) -> Context:
        return self._context(f"process {next(self._names)}")

    def request_tag(self, by: str, account: str, rule: Rule, subject: str = "") -> int | None:
        """Files a request for a tag whose value no other request has; None when one for this account is live.

        A `subject` of its own lets it pass beside others for the same account. Which rule decides depends on the account.
        """
        value = f"v{next(self._names)}"
        account = GUARDED if rule.name == TWO else ACCOUNTS[0] if account == GUARDED else account
        asked = by_name()["tag-account"].model_validate({"account": account, "tags": [f"run={value}"]})
        draft = Draft(
            operation="tag-account",
            params=asked.model_dump(mode="json"),
            subject=subject or asked.subject(),
            reason="",
            requester=by,
            team=TEAM,
            channel="C0GENERAL",
            delivery=value,
            required=Requirements((Requirement(rule, rule.approvals),)),
        )
        try:
            return self.intake.file(draft)
        except AlreadyAskedError:
            return None

    def jobs(self) -> list[JobKey]:
        """What is due now, messages included; nobody looks at a home tab here."""
        with self.context.store.read() as session:
            return list(due_jobs(session, self.clock(), HANDED_OUT))

    def do(self, job: JobKey, process: int = 0) -> None:
        """One job by one of the processes; raises Died."""
        kind, key = job
        context = self.processes[process]
        if kind == "lane":
            Outbox(context, self.slack, lambda: "B0ORGBOT", lambda _: {}).send_lane(str(key))
        elif kind == "run":
            run(context, int(key), Shared())
        else:
            WORK[kind](context, int(key))

    def replace(self, process: int, *, forget: bool) -> None:
        """A new process in place of one that died; `forget` as with SQLite, else its leases have to run out."""
        self.dead.add(self.processes[process].owner)
        self.processes[process] = self._process()
        if forget:
            with self.context.store.write() as session:
                forget_all(session)

    def drain(self) -> None:
        """Lets time pass until nothing is left to do and nobody can decide any more."""
        self.people.away = False
        for _ in range(200):
            self._work_off()
            live = [request for request in self.rows(Request) if request.finished_at is None]
            if not live and not self.unsent():
                return
            self.clock.advance(hours=80) if any(r.status == "pending" for r in live) else self.clock.advance(minutes=3)
        raise AssertionError(f"never finished: {[(request.id, request.status) for request in live]}, {self.unsent()}")

    def _work_off(self) -> None:
        for _ in range(MANY):
            if not (jobs := self.jobs()):
                return
            for job in jobs:
                self.do(job)
        assert self.jobs() == [], "these are due for ever"

    def rows(self, model: type[Row]) -> list[Row]:
        """All rows of a table, oldest first."""
        with self.context.store.read() as session:
            return list(session.exec(select(model).order_by(col(model.id))).all())  # type: ignore[attr-defined]

    def lease_owners(self) -> set[str]:
        """Who has something in hand."""
        tables = (self.rows(Request), self.rows(Interaction), self.rows(Message))
        return {row.lease_owner.partition("#")[0] for rows in tables for row in rows}

    def is_for(self, call: Call, request: Request) -> bool:
        """Whether a call to AWS was made for this request."""
        tags = [{"Key": key, "Value": value} for key, value in request.params["tags"].items()]
        return bool(call.params["Tags"] == tags)

    def effects(self, request: Request) -> int:
        """How often AWS has carried out the call for this request."""
        made = self.aws.calls.of("TagResource")
        return len([call for call in made if self.is_for(call, request) and call.outcome in EFFECTIVE])

    def votes(self, number: int | None) -> list[Vote]:
        """The votes on a request."""
        with self.context.store.read() as session:
            return list(session.exec(select(Vote).where(Vote.request_id == number)).all())

    def decisions(self, request: Request) -> list[str]:
        """What the audit says that was decided about a request."""
        with self.context.store.read() as session:
            about = select(AuditRecord.event).where(AuditRecord.request_id == request.id)
            return [event for event in session.exec(about).all() if event in DECISIONS]

    def set_flag(self, user: str, flag: str, *, on: bool) -> None:
        """Makes somebody a guest, or deactivates them, or takes that back."""
        self.people.people[user] = dataclasses.replace(self.people.people[user], **{flag: on})  # type: ignore[arg-type]

    def able(self) -> set[str]:
        """Those who may ask and decide at all, judged without the bot's own code."""
        everybody = self.people.people.items()
        return {
            user
            for user, person in everybody
            if person.team == TEAM and not (person.guest or person.deactivated or person.is_bot)
        }

    def direct(self, request: Request) -> list[dict[str, Any]]:
        """The direct messages about a request, as they stand in Slack."""
        markers = {
            row.marker for row in self.rows(Message) if row.kind in ("dm", *LIVING) and row.request_id == request.id
        }
        return [post for post in self.slack.posts if post["metadata"]["event_payload"]["id"] in markers]


@contextmanager
def dying(place: tuple[type, str], *, before: bool, nth: int = 1) -> Iterator[None]:
    """Within this block the process dies the nth time it comes to `place`, right before or right after it."""
    owner, line = place
    real = getattr(owner, line)
    times = itertools.count(1)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        dies = next(times) == nth
        if dies and before:
            raise Died
        answer = real(*args, **kwargs)
        if dies:
            raise Died
        return answer

    with mock.patch.object(owner, line, deadly):
        yield
