"""What the page in the browser reads and does, under /sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from sandbox.slack.cast import BOT_ID, BOT_USER, TEAM_ID, TEAM_NAME
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.files import MOST_BYTES
from sandbox.slack.forms import Forms
from sandbox.slack.interactions import Interactions
from sandbox.slack.multipart import read_parts
from sandbox.slack.triggers import WINDOW
from sandbox.slack.workspace import Workspace, channel_for_page

Json = dict[str, Any]


@dataclass
class PageApi:
    """The page's endpoints; `as` names the person who sits in front of it, `window` the browser's window."""

    actions: Interactions
    forms: Forms
    base_url: Callable[[], str]
    has_panel: bool = False

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return self.actions.workspace

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        reads = {"state": self.state, "messages": self.messages, "replies": self.replies, "home": self.home}
        writes = {
            "command": self.command,
            "message": self.message,
            "action": self.action,
            "shortcut": self.shortcut,
            "options": self.options,
            "submit": self.submit,
            "close": self.close,
            "seen": self.seen,
            "home": self.open_home,
        }
        return [
            *(Route(f"/sandbox/{name}", self._reader(run), methods=["GET"]) for name, run in reads.items()),
            *(Route(f"/sandbox/{name}", self._writer(run), methods=["POST"]) for name, run in writes.items()),
            Route("/sandbox/upload", self.upload, methods=["POST"]),
            WebSocketRoute("/sandbox/events", self.events),
        ]

    def _reader(self, run: Callable[[Json], Json]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            try:
                with self.workspace.lock:
                    return JSONResponse(run(dict(request.query_params)))
            except SlackRefusal as refusal:
                return JSONResponse(refusal.as_answer(), 404)

        return endpoint

    def _must_be_active(self, who: str) -> None:
        """Who is deactivated is signed out; only what was already on its way still reaches the bot."""
        if self.workspace.user(who).deleted:
            raise SlackRefusal("account_inactive")

    def _writer(self, run: Callable[[Json], Json]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                body = await request.json()
                self._must_be_active(body["as"])
                WINDOW.set(body.get("window"))
                return JSONResponse(await run_in_threadpool(run, body))
            except SlackRefusal as refusal:
                return JSONResponse(refusal.as_answer())
            except KeyError as missing:
                return JSONResponse({"ok": False, "error": f"missing field {missing}"}, 400)
            except ValueError:
                return JSONResponse({"ok": False, "error": "the body must be JSON"}, 400)

        return endpoint

    def state(self, query: Json) -> Json:
        """The workspace as one person sees it."""
        user = self.workspace.user(query.get("as", ""))
        self.workspace.dm(user.id)
        bot, read_only = self.workspace.users[BOT_USER], self.workspace.manifest.messages_tab_read_only
        return {
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "me": user.id,
            "users": [_person(entry) for entry in self.workspace.users.values()],
            "groups": [asdict(group) for group in self.workspace.groups.values()],
            "channels": [
                channel_for_page(channel, user.id) | {"is_read_only": channel.is_im and read_only}
                for channel in self.workspace.channels.values()
                if self.workspace.sees(user, channel)
            ],
            "names": {
                channel.id: channel.name
                for channel in self.workspace.channels.values()
                if not channel.is_private and not channel.is_im
            },
            "commands": [asdict(command) for command in self.workspace.manifest.commands],
            "shortcuts": [asdict(shortcut) for shortcut in self.workspace.manifest.shortcuts],
            "bot": {"user_id": BOT_USER, "bot_id": BOT_ID, "name": bot.name},
            "panel": self.has_panel,
            "unread": sorted(self.workspace.unread),
        }

    def messages(self, query: Json) -> Json:
        """A channel's own messages, with the ephemeral ones that this person got."""
        user, channel = self.workspace.user(query.get("as", "")), self.workspace.channel(query.get("channel", ""))
        if not self.workspace.sees(user, channel):
            raise SlackRefusal("channel_not_found")
        said = [m for m in self.workspace.log.get(channel.id, []) if m.ephemeral_for in {None, user.id}]
        shown = [m for m in said if not m.is_reply or m.broadcast]
        return {"messages": [self.workspace.show_page(message) for message in shown]}

    def replies(self, query: Json) -> Json:
        """A thread: parent and replies."""
        user, channel = self.workspace.user(query.get("as", "")), self.workspace.channel(query.get("channel", ""))
        if not self.workspace.sees(user, channel):
            raise SlackRefusal("channel_not_found")
        parent = self.workspace.find(channel.id, query.get("ts", ""))
        said = [m for m in self.workspace.log[channel.id] if m.ephemeral_for in {None, user.id}]
        thread = [parent, *(m for m in said if m.is_reply and m.thread_ts == parent.ts)]
        return {"messages": [self.workspace.show_page(message) for message in thread]}

    def home(self, query: Json) -> Json:
        """The home tab, once the bot published one."""
        return {"view": self.workspace.views.home(self.workspace.user(query.get("as", "")).id)}

    def command(self, body: Json) -> Json:
        """Type a slash command."""
        reply = self.actions.command(body["as"], body["channel"], body["text"])
        return {"ok": reply.error is None, "error": reply.error, "status": reply.status}

    def message(self, body: Json) -> Json:
        """Say something."""
        said = self.actions.say(body["as"], body["channel"], body["text"], body.get("thread_ts"))
        return {"ok": True, "ts": said.ts}

    def action(self, body: Json) -> Json:
        """Click or choose."""
        return asdict(self.actions.act(body["as"], body))

    def shortcut(self, body: Json) -> Json:
        """Take a shortcut."""
        return asdict(self.actions.shortcut(body["as"], body))

    def options(self, body: Json) -> Json:
        """A menu's options for what was typed."""
        return self.actions.options(body["as"], body)

    def submit(self, body: Json) -> Json:
        """Send a form."""
        result = self.forms.submit(body["as"], body["view_id"], (body.get("state") or {}).get("values", {}))
        shown = asdict(result)
        shown["errors"] = shown.pop("by_block") or None
        return shown

    def close(self, body: Json) -> Json:
        """Cancel a form."""
        self.forms.close(body["as"], body["view_id"])
        return {"ok": True}

    def seen(self, body: Json) -> Json:
        """Read a channel."""
        self.workspace.see(self.workspace.user(body["as"]).id, body["channel"])
        return {"ok": True}

    def open_home(self, body: Json) -> Json:
        """Open the home tab."""
        answer = self.actions.open_home(body["as"])
        return {"ok": answer.ok, "error": answer.error}

    async def upload(self, request: Request) -> Response:
        """A file for a file_input."""
        body = await request.body()
        parts = read_parts(request.headers.get("content-type", ""), body) if len(body) <= MOST_BYTES else []
        fields = {part.name: part for part in parts}
        if "as" not in fields or "file" not in fields:
            return JSONResponse({"ok": False, "error": f"a form with `as` and `file`, at most {MOST_BYTES} bytes"}, 400)
        user, part = self.workspace.user(fields["as"].text), fields["file"]
        file = self.workspace.files.announce(part.filename or "file", len(part.content), user.id)
        file.content = part.content
        return JSONResponse({"ok": True, "file": file.for_api(self.base_url())})

    async def events(self, socket: WebSocket) -> None:
        """What happens, as it happens; refused for a person whom nobody knows."""
        try:
            user = self.workspace.user(socket.query_params.get("as", ""))
        except SlackRefusal:
            await socket.close(1008)
            return
        await self.workspace.pages.serve(socket, user.id)


def _person(user: Any) -> Json:
    names = ("id", "name", "real_name", "title", "email", "color", "is_bot", "deleted")
    return {name: getattr(user, name) for name in names}
