"""A bot without Slack's side: the database, the workers run by hand, a clock that only tests move, and AWS's stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from approvals.audit.chain import note_call
from approvals.audit.evidence import every
from approvals.audit.keys import NO_KEYS, Keys
from approvals.authority.press import BESIDE_ITS_DIGEST
from approvals.authority.reach import ask_of, hits, judged
from approvals.authority.rules import BY_NAME, Rule, Rules
from approvals.context import Context, Limits, Pace
from approvals.dispatcher import JOBS, due_jobs
from approvals.models import DIGEST, Attempt, AuditRecord, Installation, Interaction, Message, Request
from approvals.queue import changes
from approvals.queue.leases import claim, forget_all
from approvals.queue.outgoing import LINE, LIVING
from approvals.queue.store import Store
from approvals.queue.worker import take_up_again
from approvals.request.decide import decide, expire
from approvals.request.execute import run
from approvals.request.execution import RUN, Execution, take
from approvals.request.intake import Click, Draft, Intake
from approvals.request.prepare import announce
from approvals.request.quarantine import Quarantine, replaced
from approvals.request.reminders import remind, tell_absent
from approvals.request.restored import MAY_RUN
from bot.aws import GLANCING
from operations.aws.errors import AwsError
from operations.core.closing import Console
from operations.core.registry import by_name
from operations.core.steps import Shared
from operations.snapshot.changes import taken_in
from operations.snapshot.organization import Organization
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws, organization
from tests.harness.clock import Clock
from tests.harness.database import SQLITE, give_back, kept, new_database, put_back
from tests.harness.moments import next_moment
from tests.harness.people import ALICE, BOB, CAROL, TEAM, KnownPeople

WORK = {"announce": announce, "click": decide, "expire": expire, "remind": remind, "tell": tell_absent}
DONE_HERE = {*WORK, "run"}


class Workers:
    """`ask`, `click` and `work`: what the front desk takes in, and what the workers make of it."""

    def __init__(
        self, aws: AwsSandbox, url: str = SQLITE, rule: Rule | None = None, keys: Keys = NO_KEYS, whole: bytes = b""
    ) -> None:
        self.keys = keys
        self.clock = Clock()
        self.limits = Limits()
        self.guards = BY_NAME
        self.people = KnownPeople()
        self.rules = Rules([rule or Rule("default", (BOB, CAROL))])
        self.engine = new_database(url, whole)
        self.quarantine: Quarantine | None = None
        self._sandbox = aws
        self._aws = bot_aws(note_call)
        self._organization = organization(aws, self._aws, self.clock)
        self._deliveries = 0
        self.context = self._context("first process")
        self.intake = Intake(self.context.store, self.clock, lambda: None)

    def _context(self, owner: str) -> Context:
        return Context(
            owner=owner,
            store=Store(self.engine, self.keys.info()),
            aws=self._aws,
            glancing=bot_aws(note_call, GLANCING),
            people=self.people,
            cached_directory=self.people,
            rules=lambda: self.rules,
            clock=self.clock,
            organization=lambda: self._organization,
            changed=self.look_again,
            catch_up=self.catch_up,
            pace=Pace(poll=timedelta(seconds=5), settle=timedelta(seconds=720)),
            console=Console(partition=lambda: self._aws.partition),
            approval_channel="C0APPROVALS",
            limits=self.limits,
            guards=lambda: self.guards,
            quarantined=lambda: bool(self.quarantine),
        )

    def restored(
        self, whole: bytes, backup_at: datetime, meanwhile: Callable[[Session], object] = lambda _: None
    ) -> None:
        """A backup of the database in memory (`tests.harness.database.kept`) was restored, and a new process has begun on it.
        `meanwhile` is what somebody wrote into it before.
        """
        put_back(self.engine, whole)
        with self.context.store.write() as session:
            row = session.get(Installation, 1) or Installation(id=1, identity="this one", created_at=backup_at)
            session.add(row)
            session.flush()
            forget_all(session)
            replaced(session, self.clock(), backup_at)
        with self.context.store.write() as session:
            meanwhile(session)
        self.quarantine = Quarantine(self.context.store, self.clock)
        self.context = self._context("second process")

    def go_on_with(self, engine: Engine) -> None:
        """A new process works on another database from here on."""
        give_back(self.engine)
        self.engine = engine
        self.context = self._context("another process")
        self.intake = Intake(self.context.store, self.clock, lambda: None)

    def look_again(self) -> None:
        """A newer snapshot; the old one stays when AWS is away, as in the bot."""
        try:
            self._organization = organization(self._sandbox, self._aws, self.clock)
        except AwsError:
            return

    def catch_up(self) -> None:
        """What was done since the snapshot was read, taken in as in the bot."""
        with self.context.store.read() as session:
            newer = changes.since(session, self._organization.read_at)
        self._organization = taken_in(self._organization, (change for _, known in newer for change in known))

    def snapshot_is(self, organization: Organization) -> None:
        """From now on this is known of the organization."""
        self._organization = organization

    @property
    def snapshot(self) -> Organization:
        """What is known of the organization."""
        return self._organization

    def ask(self, operation: str, by: str = ALICE, delivery: str = "", **params: Any) -> Request:
        """Files a request as the handlers do."""
        asked = by_name()[operation].model_validate(params).settled(self._organization)
        draft = Draft(
            operation=operation,
            params=asked.model_dump(mode="json"),
            subject=asked.subject_for(by),
            reason="for the test",
            requester=by,
            team=TEAM,
            channel="C0GENERAL",
            delivery=delivery or self._delivery(),
            required=judged(self.rules, ask_of(asked), hits(asked, self._organization), self.guards),
        )
        return self.request(self.intake.file(draft))

    def click(
        self, request: Request, kind: str, by: str, *, team: str = TEAM, delivery: str = "", reason: str = ""
    ) -> None:
        """A press of a button on the request's card, taken in; `work` decides."""
        self.intake.click(replace(self.press(request, kind, by, team, reason), delivery=delivery or self._delivery()))

    def press(self, request: Request, kind: str, by: str, team: str = TEAM, reason: str = "") -> Click:
        """The press of a button on the request's card, as the handlers read it."""
        channel, ts = self.card_of(request)
        shown = self.request(request.id).digest[:DIGEST] if kind in BESIDE_ITS_DIGEST else ""
        return Click("", kind, by, team, request.id or 0, request.key, channel, ts, reason=reason, shown=shown)

    def card_of(self, request: Request) -> tuple[str, str]:
        """Where the request's card stands; where no outbox has posted it, it stands from now on."""
        stands = self.request(request.id)
        if not stands.card_ts:
            stands.card_channel, stands.card_ts = "C0APPROVALS", f"{request.id}.0"
            with self.context.store.write() as session:
                session.add(stands)
        return stands.card_channel, stands.card_ts

    def work(self) -> int:
        """Does what is due now, until nothing is; gives the number of jobs."""
        done = 0
        while jobs := self._due():
            shared = Shared()
            for kind, key in jobs:
                if kind == "run":
                    run(self.context, int(key), shared)
                else:
                    WORK[kind](self.context, int(key))
            done += len(jobs)
        return done

    def _due(self) -> list[tuple[str, int | str]]:
        with self.context.store.read() as session:
            return list(due_jobs(session, self.clock(), DONE_HERE & MAY_RUN if self.quarantine else DONE_HERE))

    def lanes(self) -> list[str]:
        """The lanes in which a message is due."""
        with self.context.store.read() as session:
            return [str(key) for _, key in due_jobs(session, self.clock(), ("lane",))]

    def unsent(self) -> list[str]:
        """The kinds of the messages that still wait."""
        with self.context.store.read() as session:
            waiting = select(Message.kind).where(col(Message.status).in_(("queued", "sending")))
            return list(session.exec(waiting).all())

    def approved(self, operation: str, **params: Any) -> Request:
        """A request that Alice asked for and Bob has just approved; nothing is carried out yet."""
        request = self.ask(operation, **params)
        self.work()
        self.click(request, "approve", BOB)
        decide(self.context, self._newest_click())
        return self.request(request.id)

    def approved_as_before(self, operation: str, **params: Any) -> Request:
        """As `approved`, of workers to whom nothing has happened yet. What was the same once in an organization like this is taken from
        there, so that the looks that came before the approval are not made again.
        """
        assert not self._deliveries, "what has happened to these workers would be lost"
        world = self._sandbox.state()
        if world is None:
            return self.approved(operation, **params)
        key = operation, repr(params), repr(self.rules), self.keys, world
        if key not in _approved:
            request = self.approved(operation, **params)
            _approved[key] = kept(self.engine), self.clock.now, self._deliveries, request.id or 0
            return request
        whole, self.clock.now, self._deliveries, number = _approved[key]
        put_back(self.engine, whole)
        self.look_again()
        return self.request(number)

    def _newest_click(self) -> int:
        with self.context.store.read() as session:
            return session.exec(select(Interaction.id).order_by(col(Interaction.id).desc())).first() or 0

    def take(self, request: Request) -> Execution | None:
        """The request in this process's hands, as a worker holds it while it carries it out."""
        with self.context.store.write() as session:
            if not claim(session, Request, request.id or 0, self.context.owner, self.clock(), *RUN.is_due):
                return None
        return take(self.context, self.request(request.id))

    def until_done(self, request: Request, hours: float = 1) -> Request:
        """Lets time pass until the request is finished, an hour at most."""
        end = self.clock() + timedelta(hours=hours)
        self.work()
        while self.clock() < end and not self.request(request.id).finished_at:
            self.jump(end)
            self.work()
        return self.request(request.id)

    def jump(self, end: datetime) -> None:
        """Lets time pass until something may be due, `end` at the latest."""
        with self.context.store.read() as session:
            self.clock.now = next_moment(session, self.clock(), end)

    def restart(self, owner: str = "second process") -> None:
        """A new process takes over from one that died; its leases are forgotten, as at the bot's start."""
        self.context = self._context(owner)
        self.intake = Intake(self.context.store, self.clock, lambda: None)
        with self.context.store.write() as session:
            forget_all(session)
            take_up_again(session, JOBS)

    def request(self, number: int | None) -> Request:
        """The request as it stands."""
        with self.context.store.read() as session:
            return session.get_one(Request, number)

    def said(self, kind: str) -> list[str]:
        """The texts of the queued messages of a kind: thread, dm, private; with those that are edited in place."""
        kinds = {"dm": ("dm", *LIVING), "thread": ("thread", LINE)}.get(kind, (kind,))
        with self.context.store.read() as session:
            found = session.exec(select(Message).where(col(Message.kind).in_(kinds)).order_by(col(Message.id))).all()
            return [str(message.body.get("text", "")) for message in found]

    def audit(self) -> list[AuditRecord]:
        """The audit from its beginning."""
        with self.context.store.read() as session:
            return list(session.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all())

    def unproven(self) -> list[str]:
        """What `orgbot audit verify` finds wrong with the proofs of all requests."""
        with self.context.store.read() as session:
            return list(every(session.connection()))

    def attempts(self, request: Request) -> list[str]:
        """The outcomes of the calls that were meant to change something, in order."""
        with self.context.store.read() as session:
            query = select(Attempt).where(Attempt.request_id == request.id).order_by(col(Attempt.id))
            return [attempt.outcome for attempt in session.exec(query).all()]

    def close(self) -> None:
        """Closes the database."""
        give_back(self.engine)

    def _delivery(self) -> str:
        self._deliveries += 1
        return f"delivery-{self._deliveries}"


_approved: dict[tuple[str, str, str, Keys, bytes], tuple[bytes, datetime, int, int]] = {}
_happened: dict[Callable[[Workers], object], tuple[bytes, Workers]] = {}


def after(story: Callable[[Workers], object], aws: AwsSandbox, url: str = SQLITE) -> Workers:
    """Workers on a new database of this kind in which the story has happened; in AWS it has not.

    It happens once for each process of the tests, which takes longer than most of them.
    """
    if story not in _happened:
        first = Workers(aws)
        story(first)
        _happened[story] = kept(first.engine), first
        first.close()
        aws.reset()
    whole, first = _happened[story]
    found = Workers(aws, url, whole=whole)
    found.clock.now = first.clock.now
    found._deliveries = first._deliveries
    return found
