"""The home tab: what waits for me, what runs, what I asked for, the organization at a glance, and the commonest requests.

Source: Slack API, "App Home", "views.publish" (100 blocks), "app_home_opened event".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt import App

from approvals.authority.people import SlackAwayError
from approvals.models import Request
from approvals.request.waiting import Waits
from approvals.slack.text import Block, button, context, divider, escape, header, section
from handlers.declared import readable
from handlers.front import Front
from handlers.queries.reads import NOTHING, asked_by_you, line, titled, with_button
from handlers.sessions import EVERYBODYS, YOURS, blocks
from handlers.wording import ago
from operations.core.registry import by_name
from operations.snapshot.organization import Organization

FIRST = ("create-account", "move-account")  # Until people have asked for anything.
BUTTONS = 5
SHOWN = 15


@dataclass(frozen=True)
class Work:
    """The requests that the home tab shows, newest first but for those that wait, and the commonest operations.

    `unread` says why there is no picture of the organization.
    """

    waits: Waits
    running: Sequence[Request]
    mine: Sequence[Request]
    commonest: Sequence[str] = FIRST
    sessions: Sequence[Block] = ()
    unread: str = ""


def home_view(work: Work, organization: Organization | None, now: datetime) -> Block:
    """The home tab's view."""
    return {
        "type": "home",
        "blocks": [
            header("Your AWS Organization"),
            context(_glance(work, organization, now), _activity(work)),
            {"type": "actions", "elements": [_form_button(name) for name in _offered(work.commonest)]},
            divider(),
            *_waiting(work.waits.mine),
            *titled("Running", map(line, work.running[:SHOWN])),
            *_more(work.running),
            *asked_by_you(work.mine[:SHOWN]),
            *work.sessions,
            context("`/org help` shows all that can be asked for."),
        ],
    }


def _waiting(requests: Sequence[Request]) -> list[Block]:
    shown = [with_button(request) for request in requests[:SHOWN]] or [section(NOTHING)]
    return [section("*Waiting for your decision*"), *shown, *_more(requests)]


def _more(requests: Sequence[Request]) -> list[Block]:
    more = len(requests) - SHOWN
    return [context(f"and {more} more: `/org requests`")] if more > 0 else []


def _offered(commonest: Sequence[str]) -> list[str]:
    """What exists still, filled up with what everybody begins with."""
    return [name for name in dict.fromkeys((*commonest, *FIRST)) if name in by_name()][:BUTTONS]


def _form_button(operation: str) -> Block:
    return button(readable(operation), f"form:{operation}", "{}")


def _glance(work: Work, organization: Organization | None, now: datetime) -> str:
    if organization is None:
        return f":hourglass: {escape(work.unread)}"
    units = len(organization.units) - 1  # The root is no organizational unit.
    return (
        f"{len(organization.accounts)} accounts in {units} organizational units, read {ago(organization.read_at, now)}"
    )


def _activity(work: Work) -> str:
    others = f", {work.waits.others} for others" if work.waits.others else ""
    return f"{len(work.waits.mine)} waiting for you{others}; {len(work.running)} running"


def register(app: App, front: Front) -> None:
    """Notes who opens the home tab; a worker publishes it then, and whenever something has changed."""

    @app.event("app_home_opened")
    def opened(body: dict[str, Any], event: dict[str, Any]) -> None:
        user, ours = event.get("user"), body.get("team_id", front.team()) == front.team()
        if user and ours and event.get("tab", "home") == "home":
            front.desk.opens_home(str(user))


def home_of(front: Front, user: str) -> Block:
    """One person's home tab as it is now; raises approvals.authority.people.SlackAwayError."""
    unwelcome = front.admission.now(user, front.team())
    if unwelcome:
        return {"type": "home", "blocks": [section(unwelcome)]}
    work = Work(
        waits=front.waits_for(user),
        running=front.desk.recent(running=True, limit=100),
        mine=front.desk.recent(requester=user, limit=SHOWN),
        commonest=front.desk.commonest(BUTTONS),
        sessions=_sessions(front, user),
        unread=front.unread(),
    )
    return home_view(work, front.organization(), front.clock())


def _sessions(front: Front, user: str) -> list[Block]:
    """Everybody's role sessions for those who approve them, one's own for the others, nothing where there are none."""
    try:
        everybodys = front.oversees(user)
    except SlackAwayError:
        everybodys = False
    found = front.desk.sessions("" if everybodys else user)
    return blocks(front, EVERYBODYS if everybodys else YOURS, found) if found else []
