"""The servers that `ack` compares, each a process of its own: `python -m benchmarks.servers NAME PORT FOLDER`.

`floor`: bare WSGI, HMAC, and one durable insert with raw sqlite3. `bolt`: Bolt as its documentation shows it, with one
listener that makes the same insert. `bot`: the bot's edge, Bolt, handlers and front desk.
`slow`: the floor with a handler of 150 ms before its answer, and `slow-bot` the bot's edge with the same.
All run on the bot's own HTTP server with the same threads, and on the same journal settings.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from approvals.authority.admission import Admission
from approvals.authority.directory import Directory, Person, Workspace
from approvals.authority.rules import BY_NAME, Rule, Rules
from approvals.queue.store import FifoLock, Store
from approvals.request.intake import Intake
from approvals.request.pending import PendingFor
from bot import collector
from bot.aws import Boto3Clients
from bot.database import migrate, open_engine
from bot.http.edge import EVENTS, Edge, SlackEndpoint
from bot.http.metrics import Metrics
from bot.http.server import EdgeServer
from bot.http.transport import SignedHttp
from handlers.action_ids import COMMAND
from handlers.dependencies import Dependencies, Sources
from handlers.door import Readable
from handlers.register import register
from operations.aws.client import Aws
from operations.snapshot.live import LiveAws
from operations.snapshot.organization import Account, Organization, OrganizationalUnit

SECRET = "benchmark"  # noqa: S105  No secret: both sides of the benchmark know it.
TOKEN = "xoxb-benchmark"  # noqa: S105
TEAM, ASKS = "T0", "U0ALICE"
THREADS = 32
WAIT = 0.150
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def floor(folder: Path, wait: float = 0.0) -> Wsgi:
    """The least that can be done: read, check the signature, insert durably, answer."""
    keep = _insertion(folder / "floor.db")

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if not _signed(environ, body):
            start_response("401 Unauthorized", [("Content-Length", "0")])
            return [b""]
        if wait:
            time.sleep(wait)
        keep(body.decode())
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    return answer


def _insertion(path: Path) -> Callable[[str], None]:
    """One durable row with raw sqlite3."""
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE IF NOT EXISTS request (id INTEGER PRIMARY KEY, body TEXT)")
    lock = FifoLock()

    def keep(body: str) -> None:
        with lock:
            database.execute("INSERT INTO request (body) VALUES (?)", (body,))

    return keep


def _signed(environ: dict[str, Any], body: bytes) -> bool:
    base = b"v0:" + environ["HTTP_X_SLACK_REQUEST_TIMESTAMP"].encode() + b":" + body
    wanted = "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, environ["HTTP_X_SLACK_SIGNATURE"])


def bolt(folder: Path) -> Wsgi:
    """What everybody pays who takes a command with Bolt and keeps it: its adapter, its check of the signature, one listener."""
    keep = _insertion(folder / "bolt.db")
    app = _app(signing_secret=SECRET)

    @app.command(COMMAND)
    def org(ack: Any, body: dict[str, Any]) -> None:
        keep(json.dumps(body))
        ack("ok")

    handler: Wsgi = SlackRequestHandler(app, path=EVENTS)
    return handler


def _app(**chosen: Any) -> App:
    client = WebClient(TOKEN, base_url="http://127.0.0.1:9/")
    result = AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_id="B0", bot_user_id="U0", bot_token=TOKEN)
    return App(client=client, authorize=lambda: result, process_before_response=True, **chosen)


def bot(folder: Path, wait: float = 0.0) -> Wsgi:
    """The bot's whole way to the ack; the workers behind it are left out, they run after the ack."""
    engine = open_engine(f"sqlite:///{folder / 'bot.db'}")
    migrate(engine)
    intake = Intake(Store(engine), lambda: datetime.now(UTC), lambda: time.sleep(wait) if wait else None)
    return Edge(SlackEndpoint(SECRET, SignedHttp(app_of(deps_of(intake))).dispatch), list, Metrics())


def app_of(deps: Dependencies) -> App:
    """The bot's handlers behind Bolt."""
    app = _app(request_verification_enabled=False, before_authorize=Readable())
    register(app, deps)
    return app


def deps_of(intake: Intake) -> Dependencies:
    """What the handlers need, for one person who asks and whom Slack has told of."""
    units = (OrganizationalUnit("r-1", "Root", "", "/"), OrganizationalUnit("ou-1", "Workloads", "r-1", "/Workloads"))
    accounts = (Account("1" * 12, "management", "m@example.com", "ACTIVE", "r-1"),)
    snapshot = Organization("o-1", "1" * 12, "r-1", "ALL", units, accounts, datetime.now(UTC))
    rules = Rules((Rule("default", ("U0BOB",)),))
    return Dependencies(
        intake=intake,
        admission=_admission(),
        organization=lambda: snapshot,
        refresh=lambda: None,
        unread=str,
        rules=lambda: rules,
        guards=lambda: BY_NAME,
        run=lambda _: None,
        may_decide=lambda _: True,
        pending_for=lambda _: PendingFor((), 0),
        pick_shell=lambda _: None,
        may_ask=lambda _: frozenset(),
        clock=lambda: datetime.now(UTC),
        approval_channel="C0",
        oversees=lambda _: False,
        reveal=lambda _: "",
        sources=Sources(LiveAws(Aws(Boto3Clients())), lambda _, __: None),
        look_up=lambda _: None,
    )


def _admission() -> Admission:
    """Slack has told of the person who asks."""
    admission = Admission(Members(), lambda: datetime.now(UTC))
    admission.unwelcome(ASKS, TEAM)
    return admission


class Members(Directory):
    """Everybody is a full member."""

    def __init__(self) -> None:
        self.here = lambda: Workspace(TEAM)

    def look(self, user: str) -> Person:
        """The person behind a user id."""
        return Person(user, TEAM, user, user)


SERVERS: dict[str, Callable[[Path], Wsgi]] = {
    "floor": floor,
    "bolt": bolt,
    "bot": bot,
    "slow-floor": lambda folder: floor(folder, WAIT),
    "slow-bot": lambda folder: bot(folder, WAIT),
}


def main() -> None:
    """Serves until it is ended."""
    name, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    logging.disable(logging.WARNING)  # The bot keeps the libraries as quiet.
    server = EdgeServer(SERVERS[name](folder), "127.0.0.1", port, THREADS)
    collector.spare()
    server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
