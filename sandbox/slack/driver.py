"""`SlackSandbox`: a Slack workspace on this machine, for the demo and for tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any, Literal, Self, TypeVar

from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.slack.api.registry import Json
from sandbox.slack.calls import CallLog
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.faults import Faults
from sandbox.slack.forms import Forms
from sandbox.slack.hooks import ResponseUrls
from sandbox.slack.interactions import Interactions
from sandbox.slack.manifest import Manifest
from sandbox.slack.messages import Message
from sandbox.slack.page_api import PageApi
from sandbox.slack.payloads import Payloads
from sandbox.slack.person import Person
from sandbox.slack.server import Server, drop
from sandbox.slack.transport.delivery import Answer, Delivered, Delivery
from sandbox.slack.transport.dispatcher import Dispatcher
from sandbox.slack.transport.http import HttpTransport, SignedRequest
from sandbox.slack.transport.socket import SocketTransport
from sandbox.slack.uploads import Uploads
from sandbox.slack.web import WebApi
from sandbox.slack.workspace import Workspace

T = TypeVar("T")
Mode = Literal["http", "socket"]
LOOK_AGAIN_SECONDS = 0.05  # At the latest: whatever is said in Slack is seen at once.


class SlackSandbox:
    """A stand-in for a Slack workspace on a loopback port, in a thread of this process.

    `manifest` is the app's manifest.yml (its scopes, commands and tabs bind the bot as in a real workspace) or a
    `Manifest`. mode "http" posts signed requests to `request_url`, which may be set later; "socket" waits for the bot's
    WebSockets. Use it as a context manager. Raises OSError when the port is taken, ValueError for a host that is not
    loopback.
    """

    def __init__(
        self,
        manifest: Path | Manifest,
        mode: Mode = "http",
        request_url: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        declared = manifest if isinstance(manifest, Manifest) else Manifest.read(manifest)
        self.mode: Mode = mode
        self.bot_token = f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_hex(12)}"
        self.app_token = f"xapp-1-A0ORGBOT-{secrets.token_hex(24)}"
        self.signing_secret = secrets.token_hex(16)
        self.workspace = Workspace(declared)
        self.faults = Faults()
        self.calls = CallLog()
        self.socket = SocketTransport()
        self.http = HttpTransport(self.signing_secret, self.workspace.clock.now, request_url)
        self.dispatcher = Dispatcher(self.http if mode == "http" else self.socket, self.faults)
        self._people: dict[str, Person] = {}
        self._web = WebApi(
            self.workspace, self.bot_token, self.app_token, self.faults, self.calls, self._new_socket_url, drop
        )
        self._payloads = Payloads(self.workspace, lambda: self.page_url)
        self.interactions = Interactions(self.workspace, self.dispatcher, self._payloads)
        self.forms = Forms(self.interactions)
        self._server = Server(self._routes(), host, port, self.workspace)

    def _routes(self) -> list[Any]:
        hooks = ResponseUrls(self.interactions)
        self._page = PageApi(self.interactions, self.forms, lambda: self.page_url)
        return [
            Route("/api/{method}", self._web.endpoint, methods=["GET", "POST"]),
            Route("/commands/{team}/{key}", hooks.endpoint, methods=["POST"]),
            Route("/actions/{team}/{key}", hooks.endpoint, methods=["POST"]),
            WebSocketRoute("/link/", self.socket.endpoint),
            *Uploads(self.workspace, self.bot_token).routes(),
            *self._page.routes(),
        ]

    def put_beside(self, routes: list[BaseRoute]) -> None:
        """What stands beside the workspace on the page; without it the page has Slack alone."""
        self._server.add(routes)
        self._page.has_panel = True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the port."""
        self._web.base_url = self._server.start()

    def stop(self) -> None:
        """Close it, and every connection."""
        self._server.stop()

    @property
    def page_url(self) -> str:
        """The address of the page for people; it is also the workspace's."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """The Web API's address, for SLACK_API_URL."""
        return f"{self._server.url}/api/"

    def answer(self, method: str, headers: dict[str, str], body: bytes) -> Response:
        """The answer to a call of this process, which needs no connection; only while no fault is planned."""
        return self._web.answer(method, headers, body)

    def _new_socket_url(self) -> str:
        return f"{self._server.url.replace('http', 'ws', 1)}/link/?ticket={self.socket.ticket()}&app_id=A0ORGBOT"

    @property
    def request_url(self) -> str | None:
        """Where the bot takes signed requests."""
        return self.http.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.http.request_url = url

    def environment(self) -> dict[str, str]:
        """The SLACK_* variables for a bot that talks to this workspace."""
        common = {"SLACK_BOT_TOKEN": self.bot_token, "SLACK_API_URL": self.api_url}
        if self.mode == "socket":
            return common | {"SLACK_APP_TOKEN": self.app_token}
        return common | {"SLACK_SIGNING_SECRET": self.signing_secret}

    def person(self, who: str) -> Person:
        """Somebody by name or id; the same object each time."""
        user = self.workspace.user(who)
        return self._people.setdefault(user.id, Person(self, user.id))

    def invite(self, who: str, channel: str) -> None:
        """Make somebody (or the bot: "orgbot") a member of a channel."""
        with self.workspace.lock:
            self.workspace.channel(channel).members.add(self.workspace.user(who).id)

    def seen(self, wanted: Callable[[Message], bool]) -> list[Json]:
        """The messages of every channel that a condition picks, by time, metadata included."""
        with self.workspace.lock:
            said = [message for log in self.workspace.log.values() for message in log if wanted(message)]
            return [self.workspace.show_page(message) for message in sorted(said, key=lambda message: message.ts)]

    def messages(self, channel: str) -> list[Json]:
        """A channel's messages without replies and ephemeral ones, oldest first."""
        place = self.workspace.channel(channel).id
        return self.seen(lambda m: m.channel == place and m.ephemeral_for is None and (m.broadcast or not m.is_reply))

    def message(self, message: Json) -> Json:
        """A message as it is now."""
        with self.workspace.lock:
            return self.workspace.show_page(self.workspace.find(message["channel"], message["ts"]))

    def replies(self, message: Json) -> list[Json]:
        """What was said in a message's thread, oldest first."""
        place, ts = message["channel"], message["ts"]
        return self.seen(lambda m: m.channel == place and m.is_reply and m.thread_ts == ts and m.ephemeral_for is None)

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 60.0, what: str = "it") -> T:
        """The predicate's first truthy value; AssertionError with what was seen when none comes in `timeout` seconds.

        AssertionError, KeyError, IndexError and SlackRefusal inside the predicate count as "not yet".
        """
        deadline, last = monotonic() + timeout, ""
        while True:
            try:
                value = predicate()
                if value:
                    return value
                last = f"the last value was {value!r}"
            except (AssertionError, LookupError, SlackRefusal) as error:
                last = f"{type(error).__name__}: {error}"
            if monotonic() > deadline:
                raise AssertionError(f"{what} did not come in {timeout:g} s; {last}.\n{self.story()}")
            with self.workspace.changed:
                self.workspace.changed.wait(LOOK_AGAIN_SECONDS)

    def story(self, most: int = 30) -> str:
        """What was said and called last, for people who read a failed test."""
        lines = [f"  {m['channel']} {m['user']}: {m['text'][:100]}" for m in self.seen(lambda _: True)[-most:]]
        calls = [
            f"  {c.method} -> {(c.result or {}).get('error', 'ok' if c.result else 'not done')}" for c in self.calls
        ]
        return "\n".join(["said:", *lines, "calls:", *calls[-most:]])

    @property
    def deliveries(self) -> list[Delivered]:
        """What was sent to the bot, with its answers."""
        return self.dispatcher.deliveries

    def redeliver(self, delivered: Delivered | None = None) -> Answer:
        """Send a payload (the last one) to the bot once more."""
        return self.dispatcher.again(delivered or self.deliveries[-1])

    def sign(self, delivery: Delivery) -> SignedRequest:
        """The signed HTTP request for a payload, not sent: change it with dataclasses.replace, then `.send()`."""
        return self.http.sign(delivery)

    def verify_url(self) -> bool:
        """Ask the request URL for its url_verification challenge, as Slack does when it is entered."""
        payload = self._payloads.url_verification()
        answer = self.http.deliver(Delivery("events_api", payload), self.dispatcher.ack_seconds)
        body = answer.body.get("challenge") if isinstance(answer.body, dict) else answer.body
        return answer.ok and body == payload["challenge"]

    def at_once(self, *doings: Callable[[], T]) -> list[T]:
        """Do things at the same instant, each in its thread; their results in the order given."""
        gate = Barrier(len(doings))

        def run(doing: Callable[[], T]) -> T:
            gate.wait(10)
            return doing()

        with ThreadPoolExecutor(len(doings)) as pool:
            return [future.result() for future in [pool.submit(run, doing) for doing in doings]]
