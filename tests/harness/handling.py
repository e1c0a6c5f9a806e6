"""A handling: the handlers behind a real Bolt app and a real front desk, with Slack's side recorded and judged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result
from sqlalchemy import update
from sqlmodel import col, select

from approvals.authority.admission import Admission
from approvals.authority.directory import Directory, Person, Workspace
from approvals.authority.rules import BY_NAME, Rule, Rules
from approvals.context import Limits
from approvals.dispatcher import due_jobs
from approvals.models import Interaction, Request
from approvals.outbox.home_tabs import HomeTabs, PictureBook
from approvals.queue.store import Store
from approvals.queue.worker import Desk
from approvals.request.intake import Click, Intake
from approvals.request.pending import PendingFor
from approvals.sessions.reveal import Press
from approvals.sessions.shells import Picked
from approvals.slack.client import SlackAwayError, SlackRefusedError
from bot.app import quiet_logger
from bot.snapshot.cache import NOT_YET
from handlers.dependencies import Dependencies, Sources
from handlers.door import Readable
from handlers.home import home_of
from handlers.queries.upload import Pictures
from handlers.register import register
from operations.aws.errors import UnknownError
from operations.core.registry import all_operations
from operations.snapshot.changes import Change, taken_in
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from sandbox.slack.limits import message_error, option_problems, problems, view_problems
from tests.harness.aws_now import AwsNow
from tests.harness.database import give_back, new_database

TEAM, OTHER_TEAM = "T0ORGBOT", "T0OTHER"
ALICE, BOB, GUEST, NEW = "U0ALICE", "U0BOB", "U0GUEST", "U0NEW"
GENERAL, APPROVALS = "C0GENERAL", "C0APPROVALS"
CARD, PRIVATE = "1.2", "private"
COMMAND_URL, CLICK_URL = "https://hooks.slack.com/commands/1", "https://hooks.slack.com/actions/1"
MOVED = {"title": "Move it", "facts": [], "plan": [], "precondition": {"source": "ou-1-stag"}}
NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
Block = dict[str, Any]


def organization(read_at: datetime = NOW, accounts: int = 0) -> Organization:
    """A small organization, with `accounts` more accounts under /Workloads when a large one is wanted."""
    units = (
        OrganizationalUnit("r-1", "Root", "", "/"),
        OrganizationalUnit("ou-1-work", "Workloads", "r-1", "/Workloads"),
        OrganizationalUnit("ou-1-stag", "Staging", "ou-1-work", "/Workloads/Staging"),
        OrganizationalUnit("ou-1-prod", "Production", "ou-1-work", "/Workloads/Production"),
    )
    people = (
        Account("111111111111", "fullback-management", "aws@example.com", "ACTIVE", "r-1"),
        Account("222222222222", "fullback-staging", "aws-staging@example.com", "ACTIVE", "ou-1-stag"),
        Account("333333333333", "fullback-old", "aws-old@example.com", "SUSPENDED", "ou-1-prod"),
    )
    many = (
        Account(f"{900000000000 + n}", f"team-{n:05}", f"team-{n:05}@example.com", "ACTIVE", "ou-1-work")
        for n in range(accounts)
    )
    return Organization("o-1", "111111111111", "r-1", "ALL", units, (*people, *many), read_at)


@dataclass(frozen=True)
class Call:
    """One call to Slack's Web API."""

    method: str
    params: dict[str, Any]


class RecordingSlack(WebClient):
    """Slack's Web API: every call is kept, and its blocks are judged by Slack's limits. `refuse` makes a method fail."""

    def __init__(self) -> None:
        super().__init__("xoxb-test")
        self.calls: list[Call] = []
        self.refuse: dict[str, str] = {}
        self.uploads = 0
        self.mimetype = "image/png"

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        params = {**(arguments.get("json") or {}), **(arguments.get("params") or {}), **(arguments.get("data") or {})}
        self.calls.append(Call(api_method, json.loads(json.dumps(params))))
        _judge(params)
        if api_method in self.refuse:
            answer = self._answer(api_method, {"ok": False, "error": self.refuse[api_method]})
            raise SlackApiError("refused", answer)  # type: ignore[no-untyped-call]
        self.uploads += api_method == "files.completeUploadExternal"
        file = {"id": f"F0PICTURE{self.uploads}", "mimetype": self.mimetype}
        link = {"permalink": f"https://slack.example/{params.get('message_ts')}"}
        uploaded = {"file": file, "files": [file], "upload_url": "", "file_id": file["id"]}
        return self._answer(
            api_method, {"ok": True, "channel": {"id": "D0ALICE"}, "view": {"id": "V0"}, **uploaded, **link}
        )

    def _upload_file(self, **_: Any) -> FileUploadV2Result:
        return FileUploadV2Result(200, "OK")

    def _answer(self, method: str, data: dict[str, Any]) -> SlackResponse:
        return SlackResponse(
            client=self, http_verb="POST", api_url=method, req_args={}, data=data, headers={}, status_code=200
        )

    def made(self, method: str) -> list[dict[str, Any]]:
        """The parameters of each call of a method."""
        return [call.params for call in self.calls if call.method == method]


def _judge(params: Mapping[str, Any]) -> None:
    if "view" in params:
        assert view_problems(params["view"]) == []
    if "blocks" in params:
        assert problems(params["blocks"], "message") == []


STRANGERS = {
    GUEST: Person(GUEST, TEAM, "guest@example.com", "Gus", guest=True),
    "U0FOREIGN": Person("U0FOREIGN", OTHER_TEAM, "fay@example.net", "Fay", outside=True),
    "U0GONE": Person("U0GONE", TEAM, "gone@example.com", "Gina", deactivated=True),
    "U0APP": Person("U0APP", TEAM, "U0APP", "app", is_bot=True),
    "U0NOBODY": Person("U0NOBODY", "", "U0NOBODY", "U0NOBODY", known=False),
}


class Members(Directory):
    """Everybody is a full member but the strangers; `away` when Slack does not tell. Who was asked about is kept."""

    def __init__(self) -> None:
        self.here = lambda: Workspace(TEAM)
        self.asked: list[str] = []
        self.away = False

    def look(self, user: str) -> Person:
        self.asked.append(user)
        if self.away:
            raise SlackAwayError("users.info")
        return STRANGERS.get(user) or Person(user, TEAM, user, user)


class BrokenIntake(Intake):
    """A front desk whose database is away."""

    def take_in(self, draft: Any) -> tuple[int, str]:
        raise RuntimeError(f"the database is away: {draft.params}")


class Handling:
    """What people do in Slack, and what came of it. Work that calls Slack waits until `work()`, unless `prompt` is set."""

    def __init__(self) -> None:
        self.slack = RecordingSlack()
        self.organization: Organization | None = organization()
        self.rules = Rules([Rule("default", (BOB,))])
        self.now = NOW + timedelta(minutes=3)
        self.refreshed = 0
        self.looked_up: list[str] = []
        self.new: dict[str, tuple[Change, ...]] = {}
        self.unread = NOT_YET
        self.live = AwsNow()
        self.last_view: Block = {}  # What a form became when it was sent.
        self.replies: list[tuple[str, dict[str, Any]]] = []
        self.deaf = False
        self.command_url = COMMAND_URL
        self.away = False
        self.revealed: list[Press] = []
        self.picked: list[Picked] = []
        self.waiting: list[Callable[[], None]] = []
        self._triggers = (f"trigger-{number}" for number in itertools.count())
        self.store = Store(new_database())
        self.intake = Intake(self.store, lambda: self.now, lambda: None)
        self.people = Members()
        self.admission = Admission(self.people, lambda: self.now)
        self.knows(ALICE, BOB)
        self.app = self._app(self.intake)
        self.pictures = Pictures(
            self.slack, self.waiting.append, lambda: self.now, PictureBook(self.store, lambda: self.now)
        )
        make_view = partial(home_of, self._deps(self.intake), pictures=self.pictures)
        self.home_tabs = HomeTabs(Desk("worker", self.store, lambda: self.now), self.slack, make_view)

    def ends(self, **values: Any) -> None:
        """Request #1 is over, with these columns."""
        with self.store.write() as session:
            session.execute(update(Request).where(col(Request.id) == 1).values(**values))

    def close(self) -> None:
        """Closes the database."""
        give_back(self.store.engine)

    def _app(self, intake: Intake) -> App:
        authorized = AuthorizeResult(
            enterprise_id=None, team_id=TEAM, bot_token="xoxb-test", bot_id="B0", bot_user_id="U0B"
        )
        app = App(
            name="orgbot",  # As the bot is called; see there.
            client=self.slack,
            authorize=lambda: authorized,
            request_verification_enabled=False,
            process_before_response=True,
            before_authorize=Readable(),
            logger=quiet_logger(),
        )

        @app.middleware
        def recorded(context: Any, next: Callable[[], None]) -> None:  # noqa: A002
            context["client"] = self.slack
            next()

        register(app, self._deps(intake))
        return app

    def _deps(self, intake: Intake) -> Dependencies:
        return Dependencies(
            intake=intake,
            admission=self.admission,
            organization=lambda: self.organization,
            refresh=self._refresh,
            unread=lambda: self.unread,
            rules=lambda: self.rules,
            guards=lambda: BY_NAME,
            run=self.waiting.append,
            may_decide=self._may_decide,
            pending_for=self._pending_for,
            may_ask=self._may_ask,
            clock=lambda: self.now,
            approval_channel=APPROVALS,
            oversees=lambda user: user == BOB,
            reveal=self._reveal,
            pick_shell=self.picked.append,
            sources=Sources(self.live, self._respond),
            look_up=self._look_up,
        )

    def _look_up(self, unknown: UnknownError) -> Organization | None:
        """AWS tells what a test has put into `new`, by the names."""
        self.looked_up.append(unknown.wanted)
        if self.organization is not None:
            self.organization = taken_in(self.organization, self.new.get(unknown.wanted, ()))
        return self.organization

    def _respond(self, url: str, body: dict[str, Any]) -> None:
        assert message_error(body["text"], body["blocks"]) is None
        assert problems(body["blocks"], "message") == []
        if self.deaf:
            raise SlackRefusedError("response_url", "HTTP 404 expired_url")
        self.replies.append((url, body))
        self.slack.calls.append(Call("response_url", body))

    def _may_decide(self, click: Click) -> bool:
        return click.user == BOB and click.team == TEAM and self.intake.find(click.request_id) is not None

    def _pending_for(self, user: str) -> PendingFor:
        if self.away:
            raise SlackAwayError("users.info")
        pending = [request for request in self.requests() if request.status == "pending"]
        return PendingFor(pending, 0) if user == BOB else PendingFor((), len(pending))

    def _may_ask(self, user: str) -> frozenset[str]:
        return frozenset(
            one.name for one in all_operations() if self.rules.may_ask(one.name, lambda named: user in named)
        )

    def _reveal(self, press: Press) -> str:
        self.revealed.append(press)
        return "not now"

    def _refresh(self) -> None:
        self.refreshed += 1

    def knows(self, *users: str) -> None:
        """Slack has told about these people a moment ago."""
        for user in users:
            self.admission.unwelcome(user, TEAM)
        self.people.asked.clear()

    def lose_database(self) -> None:
        """From now on nothing can be filed."""
        self.app = self._app(BrokenIntake(self.store, lambda: self.now, lambda: None))

    def limit(self, per_hour: int = 0, clicks: int = 0) -> None:
        """From now on one person may file only so many requests in an hour, and press so many buttons in a minute."""
        limits = Limits(per_hour=per_hour, clicks=clicks)
        self.app = self._app(Intake(self.store, lambda: self.now, lambda: None, limits))

    def work(self) -> None:
        """Does what the handlers left to the workers."""
        while self.waiting:
            self.waiting.pop(0)()
        with self.store.read() as session:
            viewers = [int(key) for _, key in due_jobs(session, self.now, ("home",))]
        for viewer in viewers:
            self.home_tabs.show(viewer)

    def types(self, text: str, *, user: str = ALICE, team: str = TEAM, trigger: str = "") -> str:
        """`/org <text>` in #general; gives the whole text of the private answer, empty when there is none."""
        command = {
            "command": "/org",
            "text": text,
            "user_id": user,
            "team_id": team,
            "channel_id": GENERAL,
            "trigger_id": trigger or next(self._triggers),
            "response_url": self.command_url,
        }
        answer = self._deliver(urlencode(command))
        assert problems(answer.get("blocks", []), "message") == []
        assert message_error(str(answer.get("text", "")), answer.get("blocks", [])) is None
        self.blocks = answer.get("blocks", [])
        assert answer.get("response_type", "ephemeral") == "ephemeral"
        return str(answer.get("text", ""))

    def posts_card(self, number: int = 1) -> None:
        """The outbox has posted the card of a request."""
        with self.store.write() as session:
            place = {"card_channel": APPROVALS, "card_ts": CARD}
            session.execute(update(Request).where(col(Request.id) == number).values(**place))

    def button(self, number: int = 1) -> str:
        """What the buttons of a request carry."""
        request = self.intake.find(number)
        assert request is not None
        return request.button

    def presses(
        self,
        action_id: str,
        value: str | None,
        *,
        user: str = BOB,
        team: str = TEAM,
        channel: str = APPROVALS,
        trigger: str = "",
        block: str = "b",
        on: str = "",
        view: Block | None = None,
        chosen: str = "",
    ) -> None:
        """A press of a button in a block: of the message `on` (a request's card unless it is given), of what the presser alone
        sees ("private"), of the modal `view`, or of the home tab where there is no channel. `chosen` is what was chosen in a menu.
        """
        container = {"type": "message", "message_ts": on or CARD, "channel_id": channel, "is_ephemeral": on == PRIVATE}
        action: Block = {
            "type": "button",
            "block_id": block,
            "action_id": action_id,
            "value": value,
            "action_ts": "1.2",
        }
        if chosen:
            option = {"text": {"type": "plain_text", "text": chosen}, "value": chosen}
            action |= {"type": "static_select", "selected_option": option}
        where: Block = {"container": container, "channel": {"id": channel}}
        where = where if channel and view is None else {"container": {"type": "view", "view_id": "V0"}}
        where |= {"view": {**view, "id": "V0"}} if view else {}
        self.interacts("block_actions", user, team, trigger, actions=[action], **where)

    def takes_shortcut(self, message: Block | None = None, *, user: str = ALICE, team: str = TEAM) -> None:
        """The shortcut from anywhere, or from a message in #general."""
        if message is None:
            self.interacts("shortcut", user, team, callback_id="launcher")
        else:
            where: Block = {
                "channel": {"id": GENERAL, "name": "general"},
                "message": message,
                "message_ts": message.get("ts"),
            }
            self.interacts("message_action", user, team, callback_id="launcher-message", **where)

    def submits(
        self, view: Block, values: Mapping[str, Any], *, user: str = ALICE, team: str = TEAM, view_id: str = "V1"
    ) -> dict[str, str]:
        """Sends a form, as it was opened but for `values`; gives the field errors."""
        sent = {**view, "id": view_id, "state": {"values": state(view, values)}}
        answer = self.interacts("view_submission", user, team, view=sent)
        self.last_view = answer.get("view", {})
        assert answer.get("response_action") in (None, "errors", "update")
        return dict(answer.get("errors", {}))

    def looks_for(self, action_id: str, text: str, *, user: str = ALICE, team: str = TEAM) -> list[str]:
        """What a picker suggests for `text`."""
        answer = self.interacts("block_suggestion", user, team, action_id=action_id, block_id="b", value=text)
        assert option_problems(answer) == []
        return [option["value"] for option in answer["options"]]

    def opens_home(self, user: str = ALICE, **event: Any) -> None:
        """A look at the home tab."""
        told = {"type": "app_home_opened", "user": user, "tab": "home", **event}
        body = {"type": "event_callback", "team_id": TEAM, "event": told}
        self._deliver(json.dumps(body), "application/json")

    def interacts(self, kind: str, user: str, team: str, trigger: str = "", **payload: Any) -> dict[str, Any]:
        """Any interaction; with Slack Connect the team outside of `user` is always our own."""
        body = {
            "type": kind,
            "user": {"id": user, "team_id": team},
            "team": {"id": TEAM},
            "trigger_id": trigger or next(self._triggers),
            **({"response_url": CLICK_URL} if payload.get("channel") else {}),
            **payload,
        }
        return self._deliver(urlencode({"payload": json.dumps(body)}))

    def _deliver(self, body: str, content_type: str = "application/x-www-form-urlencoded") -> dict[str, Any]:
        answer = self.app.dispatch(BoltRequest(body=body, headers={"content-type": [content_type]}))
        assert answer.status == 200, answer.body
        return dict(json.loads(answer.body)) if answer.body.startswith("{") else {}

    def form(self) -> Block:
        """The one form that was opened."""
        self.work()
        (opened,) = self.slack.made("views.open")
        return dict(opened["view"])

    def requests(self) -> list[Request]:
        """All requests, oldest first."""
        with self.store.read() as session:
            return list(session.exec(select(Request).order_by(col(Request.id))).all())

    def clicks(self) -> list[tuple[str, str, str, int, str]]:
        """Kind, user, team, request and reason of each click that was kept."""
        with self.store.read() as session:
            kept = session.exec(select(Interaction).order_by(col(Interaction.id))).all()
            return [(click.kind, click.user, click.team, click.request_id, click.reason) for click in kept]

    def told(self) -> list[str]:
        """The private lines that workers sent, to where somebody was, in channels and by direct message."""
        self.work()
        return [
            str(call.params["text"])
            for call in self.slack.calls
            if call.method in ("response_url", "chat.postEphemeral", "chat.postMessage")
        ]


def state(view: Block, values: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """`state.values` as Slack sends it: what the form was opened with, replaced by what was entered."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            entered = _entered(element, values[block["block_id"]]) if block["block_id"] in values else _initial(element)
            found[block["block_id"]] = {element["action_id"]: {"type": element["type"], **entered}}
    return found


def _entered(element: Block, value: Any) -> Block:
    if element["type"].endswith("_select"):
        return {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value} if value else None}
    return {"value": value or None}


def _initial(element: Block) -> Block:
    if element["type"].startswith("multi_"):
        return {"selected_options": element.get("initial_options") or []}
    if element["type"].endswith("_select"):
        return {"selected_option": element.get("initial_option")}
    return {"value": element.get("initial_value")}
