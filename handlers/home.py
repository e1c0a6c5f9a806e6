"""The home tab: what waits for me, what runs, what I asked for, the organization at a glance, and the commonest requests.

Source: Slack API, "App Home", "views.publish" (100 blocks), "app_home_opened event".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.models import Request
from approvals.request.pending import PendingFor
from approvals.slack.blocks import Block, actions, ago, button, context, divider, escape, header, section
from approvals.slack.client import SlackAwayError, call
from approvals.slack.modals import home
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.declared import readable
from handlers.dependencies import Dependencies
from handlers.queries.requests import NOTHING, asked_by_you, line, titled, with_button
from handlers.responder import careful
from handlers.sessions import EVERYBODYS, YOURS, blocks
from operations.core.registry import all_operations, by_name
from operations.snapshot.names import counted
from operations.snapshot.organization import Organization

FIRST = ("create-account", "move-account")  # Until people have asked for anything.
BUTTONS = 5
SHOWN = 15


@dataclass(frozen=True)
class Work:
    """The requests that the home tab shows, newest first but for those that wait, and the commonest operations.

    `unread` says why there is no snapshot of the organization.
    """

    waits: PendingFor
    running: Sequence[Request]
    mine: Sequence[Request]
    commonest: Sequence[str] = FIRST
    sessions: Sequence[Block] = ()
    unread: str = ""


def home_view(work: Work, organization: Organization | None, now: datetime) -> Block:
    """The home tab's view."""
    return home(
        [
            header("Your AWS Organization"),
            context(_glance(work, organization, now), _activity(work)),
            *actions(*map(_form_button, _offered(work.commonest, organization))),
            divider(),
            *_waiting(work.waits.mine),
            *titled("Running", map(line, work.running[:SHOWN])),
            *_more(work.running),
            *asked_by_you(work.mine[:SHOWN]),
            *work.sessions,
            context("`/org help` shows all that can be asked for."),
        ]
    )


def _waiting(requests: Sequence[Request]) -> list[Block]:
    shown = [with_button(request) for request in requests[:SHOWN]] or [section(NOTHING)]
    return [section("*Waiting for your decision*"), *shown, *_more(requests)]


def _more(requests: Sequence[Request]) -> list[Block]:
    more = len(requests) - SHOWN
    return [context(f"and {more} more: `/org requests`")] if more > 0 else []


def _offered(commonest: Sequence[str], organization: Organization | None) -> list[str]:
    """What exists still, filled up with what everybody begins with; where there is no organization, to create one."""
    if organization is not None and not organization.id:
        return [operation.name for operation in all_operations() if operation.founds]
    return [name for name in dict.fromkeys((*commonest, *FIRST)) if name in by_name()][:BUTTONS]


def _form_button(operation: str) -> Block:
    return button(readable(operation), f"form:{operation}", Carried().packed())


def _glance(work: Work, organization: Organization | None, now: datetime) -> str:
    if organization is None:
        return f":hourglass: {escape(work.unread)}"
    if not organization.id:
        return f"The AWS account {escape(organization.management_account)} is in no organization yet."
    units = len(organization.units) - 1  # The root is no organizational unit.
    accounts = counted(len(organization.accounts), "account")
    return f"{accounts} in {counted(units, 'organizational unit')}, read {ago(organization.read_at, now)}"


def _activity(work: Work) -> str:
    others = f", {work.waits.others} for others" if work.waits.others else ""
    return f"{len(work.waits.mine)} waiting for you{others}; {len(work.running)} running"


def register(app: App, deps: Dependencies) -> None:
    """Notes who opens the home tab; a worker publishes it then, and whenever something has changed."""

    @app.event("app_home_opened")
    def opened(body: dict[str, Any], event: dict[str, Any], client: WebClient) -> None:
        user, team = event.get("user"), body.get("team_id")
        if not user or event.get("tab", "home") != "home":
            return
        caller = Caller(str(user), str(team or ""))
        if deps.admission.lately(caller.user, caller.team) == "":
            deps.intake.opens_home(caller.user)
        else:  # Of strangers nothing is noted.
            careful(deps, "a home tab was not shown", lambda: _first_asked(deps, client, caller))


def _first_asked(deps: Dependencies, slack: WebClient, caller: Caller) -> None:
    """For whom Slack has to be asked first: a member's tab is noted, and while Slack does not tell that of anybody, for later."""
    try:
        unwelcome = deps.admission.now(caller.user, caller.team)
    except SlackAwayError:
        unwelcome = ""
    if unwelcome:
        call(slack, "views.publish", user_id=caller.user, view=_refused(unwelcome))
    else:
        deps.intake.opens_home(caller.user)


def _refused(sentence: str) -> Block:
    return home([section(sentence)])


def home_of(deps: Dependencies, user: str) -> Block:
    """One person's home tab as it is now; raises SlackAwayError."""
    unwelcome = deps.admission.now(user)
    if unwelcome:
        return _refused(unwelcome)
    work = Work(
        waits=deps.pending_for(user),
        running=deps.intake.recent(running=True, limit=100),
        mine=deps.intake.recent(requester=user, limit=SHOWN),
        commonest=deps.intake.commonest(BUTTONS),
        sessions=_sessions(deps, user),
        unread=deps.unread(),
    )
    return home_view(work, deps.organization(), deps.clock())


def _sessions(deps: Dependencies, user: str) -> list[Block]:
    """Everybody's role sessions for those who approve them, one's own for the others, nothing where there are none."""
    try:
        everybodys = deps.oversees(user)
    except SlackAwayError:
        everybodys = False
    found = deps.intake.sessions("" if everybodys else user)
    return blocks(deps, EVERYBODYS if everybodys else YOURS, found) if found else []
