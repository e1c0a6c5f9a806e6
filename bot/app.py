"""The assembly: from settings to a running bot, over Socket Mode or HTTP."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from slack_bolt import App

from approvals.audit import signing
from approvals.audit.chain import note_call
from approvals.audit.guards import Audited
from approvals.audit.keys import Keys, is_genuine
from approvals.authority.admission import Admission
from approvals.authority.bindings import Bindings
from approvals.authority.directory import CachedDirectory, Directory, Memory, SharedDirectory, Workspace
from approvals.authority.may import oversees
from approvals.context import Context, Handover, Limits, Pace
from approvals.dispatcher import JOBS, Dispatcher
from approvals.outbox.home_tabs import PictureBook
from approvals.outbox.refusals import lose_cards, move_cards
from approvals.outbox.sending import Outbox
from approvals.pools import Pool
from approvals.queue import changes
from approvals.queue.clock import SteadyClock, pull_in
from approvals.queue.leases import InHand, forget_all
from approvals.queue.store import Store
from approvals.queue.worker import take_up_again
from approvals.request.intake import Intake
from approvals.request.pending import may_ask, may_decide, pending_for
from approvals.request.quarantine import Quarantine
from approvals.request.reachability import look_soon
from approvals.sessions.reveal import Reveal
from approvals.sessions.shells import pick
from approvals.slack.client import SlackAmbiguousError, SlackBusyError, SlackRefusedError, call
from approvals.slack.files import Attachments
from approvals.slack.pacing import ForPeople, Pacing
from approvals.slack.response_urls import ResponseUrls
from bot import database, signals
from bot.aws import GLANCING, LOOKING_UP, WAITED_FOR, Boto3Clients
from bot.channel import ChannelWatch
from bot.checks.findings import WrongError
from bot.config.settings import Settings, SettingsError
from bot.http.edge import Edge, SlackEndpoint
from bot.http.metrics import Measuring, Metrics
from bot.http.readiness import Readiness
from bot.http.server import EdgeServer
from bot.http.transport import Gate, SignedHttp, SocketMode
from bot.identity import Identity, channel_id
from bot.logging.setup import bind_request
from bot.neighbours import Neighbours, identity_of
from bot.rules import InForce
from bot.scheduler import Pulse, Scheduler, every
from bot.slack import CountingWebClient, OwnClient, SlackHealth, SlacksClock, slack_client
from bot.snapshot.cache import Numbered, SnapshotCache
from bot.snapshot.file import SnapshotFile
from bot.snapshot.shared import SnapshotRow
from handlers.dependencies import Dependencies, Sources
from handlers.door import Readable
from handlers.home import home_of
from handlers.queries.upload import Pictures
from handlers.register import register
from operations.aws.client import Aws, Call
from operations.aws.errors import UnknownError
from operations.aws.looks import begun
from operations.core.closing import Console
from operations.snapshot.live import LiveAws, look_up
from operations.snapshot.organization import Organization

log = logging.getLogger(__name__)
ADMIN_THREADS = 4
LOOK_SECONDS = 0.25  # The probes say what was found last.
SLACK_TIMEOUT = 15
LOOK_AGAIN = 0.02
WATCH_TIMEOUT = 4  # Less than the time between two looks.
QUICK_TIMEOUT = 1  # A form has to be opened within the 3 s that its trigger lives.
ADMISSION_TIMEOUT = 10  # Nothing is shown before Slack has told; a form is opened meanwhile and filled then.
FIRST_READING = timedelta(seconds=20)
# Seconds of a stop, together less than the 30 that a container gets.
LONGEST_STOP, SHORTEST_STOP, EDGE_STOP = 18.0, 5.0, 3.0
TRANSPORT_STOP, PULSE_STOP = 13.0, 0.5
LOOK_UP_SECONDS = 1.0  # Slack waits 3 s for the answer to a form, and the last call may take a second more.
A_MOMENT = timedelta(seconds=2)


class Orgbot:
    """The bot. `start()` returns when it answers Slack; `stop()` when everything in hand is finished.

    The probes answer from the moment that it is made until the end of `stop()`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._steady = SteadyClock()
        self._clock: Callable[[], datetime] = self._steady
        self._database_clock: database.DatabaseClock | None = None
        self._closing = ExitStack()
        self.metrics = Metrics()
        self.in_force = InForce(settings, self._rules_changed)
        self.health = SlackHealth()
        self.readiness = Readiness(self.health)
        self.gate = Gate()
        self.edge, self.admin = self._edge(), self._admin_edge()
        for edge in self._edges():
            edge.start()
        self.pacing = Pacing(apart=settings.post_seconds)
        self.slacks_clock = SlacksClock(lambda: self._clock())  # noqa: PLW0108  It is another one on PostgreSQL.
        self.slack = self._slack(SLACK_TIMEOUT)
        self.identity = Identity(self.slack)
        self.approval_channel = channel_id(self.slack, settings.approval_channel)
        clients = Boto3Clients()
        self.aws = Aws(clients.asking(WAITED_FOR), self._count_call)
        reading = Aws(clients, self._count_call)
        self.glancing = Aws(clients.asking(GLANCING), self._count_call)
        self._looking_up = Aws(clients.asking(LOOKING_UP), self._count_call)
        self._sign_in = settings.console_url or clients.instead_of_aws()
        self.in_hand = InHand()
        self.store = self._open_store()
        self.pulse = self._pulse()
        clock = self._clock
        self.neighbours = self._neighbours()
        if self._database_clock is not None:
            self.in_force.share(self.store, clock, self.neighbours.owner)
        self.bindings = Bindings(self.store, lambda: self.in_force.rules, clock, Audited())
        every = timedelta(seconds=settings.refresh_seconds)
        self.snapshot = SnapshotCache(reading, clock, every, self._kept(), self._has_read, self._changes_since)
        self.measure = Measuring(self.store, self.snapshot, self.metrics)
        self.context = self._context()
        self.channel_watch = ChannelWatch(clock, lambda: self._took_up(lose_cards(self.context)))
        self.dispatcher = self._dispatcher()
        self.intake = Intake(self.store, clock, self.dispatcher.wake, self.context.limits)
        self.deps = self._deps()
        self.pictures = Pictures(self.slack, self.deps.look, clock, PictureBook(self.store, clock))
        self.app = self._bolt_app()
        self.transport = self._transport()
        anchors = timedelta(hours=settings.anchor_hours)
        self.scheduler = Scheduler(self.dispatcher, self.snapshot, settings.tick_seconds, anchors, self._watch)
        self.look = Pulse(self.readiness.look, self._look_at_clock, seconds=LOOK_SECONDS)

    def start(self) -> None:
        """Learns who the bot is, reads the organization, then opens the doors; raises when Slack refuses the token, and WrongError
        for AWS credentials with which it must not work.
        """
        self.identity.learn()
        kept = self.snapshot.latest()
        if kept is not None:
            self.bindings.refresh(kept)
        self._read_first_snapshot()
        if self.snapshot.misplaced:
            raise WrongError(self.snapshot.misplaced)
        moved = move_cards(self.context)
        if moved:
            log.info("moves %s cards to the approval channel", moved)
        self.pulse.start()
        self.neighbours.beat()
        self.scheduler.start()
        self.transport.start()
        lines = (self.neighbours.line, self.channel_watch.line, *((self.quarantine.line,) if self.quarantine else ()))
        self.readiness.watch(self.store, self.snapshot, self.transport, self.bindings, *lines, *self.in_force.looks())
        self.measure(self._clock())
        self.look.start()
        self._wait_no_longer()
        self.readiness.state = "started"
        log.info("orgbot is ready: team %s, port %s", self.identity.team, self.edge.port)

    def stop(self) -> None:
        """Not ready, no new deliveries, no new work; then waits for what is in hand, and closes everything.

        Within 30 s at the worst; where something is still in hand then, nothing is closed under its feet.
        """
        end = time.monotonic() + LONGEST_STOP
        self.readiness.state = "stopping"
        ended = within(TRANSPORT_STOP, self.transport.stop)
        self.scheduler.stop()
        ended &= self.dispatcher.stop(max(end - time.monotonic(), SHORTEST_STOP))
        for pulse in (self.pulse, self.look):
            ended &= within(PULSE_STOP, pulse.stop)
        ended &= within(PULSE_STOP, self.neighbours.leave)
        for edge in self._edges():
            edge.stop(timeout=EDGE_STOP)
        if ended:
            self.store.engine.dispose()
            self._closing.close()

    def _slack(self, timeout: int) -> CountingWebClient:
        slack = slack_client(self._settings, timeout)
        slack.count, slack.pacing, slack.slacks_clock = self._count_slack, self.pacing, self.slacks_clock
        return slack

    def _count_slack(self, method: str, outcome: str) -> None:
        self.metrics.slack_calls.labels(method, outcome).inc()
        self.health.note(method, outcome)

    def _look_at_clock(self) -> None:
        """What waits by a clock that was set would wait for too long."""
        gone_back = self._steady.look()
        if self._steady.was_set:
            log.warning("the machine's clock was set; the bot goes on by its own until that has stood for some minutes")
            self.scheduler.realign()
        if gone_back and self._database_clock is None:
            with self.store.write() as session:
                pull_in(session, self._clock())

    def _watch(self) -> None:
        self._watch_slack()
        self.neighbours.look(self._slack(WATCH_TIMEOUT), self.approval_channel)
        if self.readiness.stores:  # Of a database that is away the readiness tells, and nobody else.
            self.channel_watch.look(self._slack(WATCH_TIMEOUT), self.approval_channel)
            self.neighbours.beat()
            self.measure(self._clock())

    def _took_up(self, cards: int) -> None:
        """Cards that nobody can press any more are offered elsewhere at once."""
        if cards:
            self.dispatcher.wake()

    def _neighbours(self) -> Neighbours:
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        identity = identity_of(self.store, self._clock(), lambda: uuid.uuid4().hex)
        return Neighbours(self.store, self._clock, owner, identity, lambda: self.identity.bot_id)

    def _kept(self) -> SnapshotRow | SnapshotFile | None:
        if self._database_clock is not None:
            return SnapshotRow(self.store)
        return SnapshotFile(self._settings.snapshot) if self._settings.snapshot else None

    def _watch_slack(self) -> None:
        """While Slack is away nothing else may have to be asked of it, and nobody would notice that it is back."""
        if self.health.failing:
            with suppress(SlackRefusedError, SlackBusyError, SlackAmbiguousError):
                call(self._slack(WATCH_TIMEOUT), "auth.test")

    def _rules_changed(self) -> None:
        organization = self.snapshot.latest()
        if organization is not None:
            self.bindings.refresh(organization)
        look_soon(self.store, self._clock())

    def _has_read(self, organization: Organization) -> None:
        """Where something is called or placed otherwise, other rules may decide; the snapshot is in use a moment later."""
        self.bindings.refresh(organization)
        known = self.snapshot.latest()
        if known is not None and _places(known) != _places(organization):
            look_soon(self.store, self._clock() + A_MOMENT)

    def _read_first_snapshot(self) -> None:
        """Waits a while for the first snapshot; when AWS is slow or away the bot starts all the same and goes on trying."""
        reading = begun(self.snapshot.refresh, 0)
        end = time.monotonic() + FIRST_READING.total_seconds()
        while not reading.done():
            if time.monotonic() >= end:
                log.warning("the organization is still being read; the bot starts without it")
                return
            signals.pause(LOOK_AGAIN)
        reading.result()

    def _open_store(self) -> Store:
        url = self._settings.database_url
        self._closing.enter_context(database.alone(url))
        name = database.file_of(url)
        database.keep_private(name)
        engine = database.open_engine(url, self._settings.workers, self._settings.http_threads)
        self._wait_no_longer = database.wait_longer(engine)
        database.migrate(engine)
        if engine.dialect.name == "postgresql":
            self._clock = self._database_clock = database.DatabaseClock(engine)
        guard = database.Keeper(engine, name) if name else None
        store = Store(engine, Keys.given(self._settings.audit_keys()).info(), guard)
        try:
            signing.begin(store, self._clock())
        except signing.KeyMissingError as error:
            raise SettingsError([str(error)]) from error
        if engine.dialect.name == "sqlite":
            with store.write() as session:
                forgotten = forget_all(session)
                pull_in(session, self._clock())  # The last process may have ended while the clock was wrong.
            if forgotten:
                log.info("took over %s rows that the last process had in hand", forgotten)
        self.quarantine = Quarantine(store, self._clock)
        if self.quarantine:
            log.warning(
                "this database was restored from a backup: nothing is changed in AWS before `orgbot restore --release`"
            )
        with store.write() as session:
            again = take_up_again(session, JOBS)
        if again:
            log.info("takes up %s jobs again that were set aside", again)
        return store

    def _changes_since(self, read_at: datetime) -> list[Numbered]:
        with self.store.read() as session:
            return changes.since(session, read_at, lambda row: is_genuine(session, row))

    def _pulse(self) -> Pulse:
        """Leases and the database's clock, and a tick for when the machine's clock has kept the scheduler's back."""
        clock = [self._database_clock.ask] if self._database_clock else []
        tick = every(self._settings.tick_seconds, lambda: self.dispatcher.wake())  # noqa: PLW0108  It is made later.
        return Pulse(
            *clock, lambda: self.in_hand.renew(self.store, self._clock), self.quarantine.look, self.in_force.look, tick
        )

    def _dispatcher(self) -> Dispatcher:
        context = self.context
        outbox = Outbox(
            context, self.slack, lambda: self.identity.bot_id, lambda user: home_of(self.deps, user, self.pictures)
        )
        return Dispatcher(context, outbox, self._settings.workers, bind_request, self.metrics.tick_seconds.time)

    def _context(self) -> Context:
        settings, memory = self._settings, Memory(self._clock)
        return Context(
            owner=self.neighbours.owner,
            installation=self.neighbours.identity,
            strange_press=self.neighbours.strange_press,
            store=self.store,
            aws=self.aws,
            glancing=self.glancing,
            people=SharedDirectory(self.slack, self._here, memory),
            cached_directory=CachedDirectory(self.slack, self._here, memory),
            rules=lambda: self.in_force.rules,
            guards=lambda: self.bindings.guards,
            clock=self._clock,
            organization=self.snapshot.latest,
            changed=self.snapshot.outdate,
            catch_up=self.snapshot.catch_up,
            pace=_pace(settings),
            console=Console(self._sign_in, settings.cli_source_profile, lambda: self.aws.partition),
            approval_channel=self.approval_channel,
            limits=Limits(settings.requests_per_hour, settings.pending_per_person, settings.clicks_per_minute),
            handover=_handover(settings),
            files=Attachments(self.slack).read,
            keep=timedelta(days=settings.keep_days),
            quarantined=lambda: bool(self.quarantine),
            in_hand=self.in_hand,
            set_aside=lambda kind: self.metrics.jobs_set_aside.labels(kind).inc(),
        )

    def _bolt_app(self) -> App:
        app = App(
            name="orgbot",  # Without one, Bolt looks through the source of all that is on the stack for a name.
            client=self.slack,
            authorize=lambda: self.identity.authorize(),  # noqa: PLW0108  Bolt reads the names of the parameters, and takes `self` for one.
            request_verification_enabled=False,  # The edge server has checked the signature; Socket Mode has none.
            process_before_response=True,
            before_authorize=Readable(),
            logger=quiet_logger(),
        )
        slack = self._slack(SLACK_TIMEOUT)
        slack.pacing = ForPeople(self.pacing)
        app.middleware(OwnClient(slack))
        register(app, self.deps)
        return app

    def _deps(self) -> Dependencies:
        quick = replace(self.context, people=self._directory(QUICK_TIMEOUT))
        return Dependencies(
            intake=self.intake,
            admission=self._admission(),
            organization=self.snapshot.latest,
            refresh=self.snapshot.outdate,
            unread=lambda: self.snapshot.unread,
            rules=lambda: self.in_force.rules,
            guards=lambda: self.bindings.guards,
            run=self.dispatcher.submit,
            run_look=partial(self.dispatcher.submit, pool=Pool.LOOKS),
            may_decide=lambda click: may_decide(quick, click),
            pending_for=lambda user: pending_for(self.context, user),
            may_ask=lambda user: may_ask(self.context, user),
            clock=self._clock,
            approval_channel=self.approval_channel,
            oversees=lambda user: oversees(self.context, user),
            reveal=Reveal(self.context, self.slack, partial(self.dispatcher.submit, pool=Pool.CREDENTIALS)).show,
            pick_shell=partial(pick, self.context, self.slack),
            sources=self._sources(),
            look_up=self._look_up,
        )

    def _look_up(self, unknown: UnknownError) -> Organization | None:
        """What AWS tells about a name goes into every process's snapshot."""
        organization, end = self.snapshot.latest(), time.monotonic() + LOOK_UP_SECONDS
        if organization is not None and organization.id:
            found = look_up(self._looking_up, organization, unknown, lambda: time.monotonic() > end)
            with self.store.write() as session:
                changes.note_told(session, found, self._clock())
            self.snapshot.catch_up()
        return self.snapshot.latest()

    def _admission(self) -> Admission:
        return Admission(self._directory(ADMISSION_TIMEOUT), self._clock)

    def _directory(self, timeout: int) -> Directory:
        return Directory(self._slack(timeout), self._here)

    def _here(self) -> Workspace:
        return self.identity.workspace

    def _sources(self) -> Sources:
        live = LiveAws(self.glancing)
        respond = ResponseUrls(self._settings.slack_api_url, SLACK_TIMEOUT)
        return Sources(live, respond, self.context.console)

    def _transport(self) -> SocketMode | SignedHttp:
        token = self._settings.slack_app_token
        return (
            SocketMode(self.app, token.get_secret_value(), self.neighbours.hello)
            if token
            else SignedHttp(self.app, self.gate)
        )

    def _edge(self) -> EdgeServer:
        settings = self._settings
        secret = None if settings.slack_app_token else settings.slack_signing_secret
        endpoint = SlackEndpoint(secret.get_secret_value(), self.gate, self._seconds) if secret else None
        details = settings.admin_port is None
        edge = Edge(endpoint, self.readiness.lines, self.metrics, details=details)
        return EdgeServer(edge, settings.host, settings.port, settings.http_threads)

    def _admin_edge(self) -> EdgeServer | None:
        settings = self._settings
        if settings.admin_port is None:
            return None
        edge = Edge(None, self.readiness.lines, self.metrics)
        return EdgeServer(edge, settings.host, settings.admin_port, ADMIN_THREADS, "ORGBOT_ADMIN_PORT")

    def _edges(self) -> list[EdgeServer]:
        return [edge for edge in (self.edge, self.admin) if edge]

    def _seconds(self) -> float:
        return self._clock().timestamp()

    def _count_call(self, call: Call) -> None:
        self.metrics.aws_calls.labels(call.operation, call.outcome).inc()
        note_call(call)


def within(seconds: float, step: Callable[[], object]) -> bool:
    """Whether a step of a stop was over in so many seconds; a database that answers nothing would hold it for ever."""
    thread = threading.Thread(target=step, name="stop", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        log.warning("a step of the stop is not over after %s s; the bot ends without it", seconds)
    return not thread.is_alive()


def _places(organization: Organization) -> object:
    return organization.units_by_id, {one.id: (one.parent, one.name, one.email) for one in organization.accounts}


def quiet_logger() -> logging.Logger:
    """For Bolt, which warns of tokens in the environment, and otherwise takes its level from the root's and logs bodies."""
    quiet = logging.getLogger("slack_bolt.orgbot")
    quiet.setLevel(logging.ERROR)
    return quiet


def _pace(settings: Settings) -> Pace:
    return Pace(
        poll=timedelta(seconds=settings.poll_seconds),
        settle=timedelta(seconds=settings.settle_seconds),
        slack_settle=timedelta(seconds=settings.slack_settle_seconds),
    )


def _handover(settings: Settings) -> Handover:
    minutes = settings.credentials_delete_after
    return Handover(settings.credentials_delivery, None if minutes is None else timedelta(minutes=minutes))
