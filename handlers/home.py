"""The home tab, to work from: what waits for me, what I asked for, my sessions, what I ask for most, the organization at a glance.

Source: Slack API, "App Home", "views.publish" (100 blocks), "app_home_opened event".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.models import Request
from approvals.request.pending import PendingFor
from approvals.slack.blocks import Block, actions, button, context, divider, escape, header, section, slack_date
from approvals.slack.client import SlackAwayError, call
from approvals.slack.modals import home
from approvals.states import Status
from handlers.caller import Caller
from handlers.carried import Carried
from handlers.dependencies import Dependencies
from handlers.queries.question import view_of
from handlers.queries.requests import own, to_decide
from handlers.queries.tree import PICTURE
from handlers.queries.upload import Pictured, Pictures
from handlers.responder import careful
from handlers.sessions import YOURS, blocks
from operations.core.registry import all_operations, by_name
from operations.snapshot.names import counted
from operations.snapshot.organization import Organization

FIRST = ("credentials", "create-account", "move-account")  # Until somebody has asked for anything.
BUTTONS = 5
SHOWN = 8
POSTED_WITHIN = timedelta(minutes=1)
FREE = "*Nothing needs you right now.* What would you like to do?"


@dataclass(frozen=True)
class Work:
    """What one person's home tab shows: what waits for them, what they asked for (newest first), their sessions, what they ask
    for most, and the operations that they may ask for.

    `running` is how many requests are being carried out, whoever asked; `unread` says why there is no snapshot of the organization,
    `picture` is that of it, and `posting` says that a card is about to stand to which the tab would lead.
    """

    waits: PendingFor
    mine: Sequence[Request]
    usual: Sequence[str] = ()
    may_ask: Collection[str] = frozenset(by_name())
    sessions: Sequence[Block] = ()
    running: int = 0
    unread: str = ""
    picture: Pictured = field(default_factory=Pictured)
    posting: bool = False


def home_view(work: Work, organization: Organization | None) -> Block:
    """The home tab's view; nothing is said about what isn't there."""
    shortcuts = actions(*map(_form_button, _offered(work, organization)))
    todo = [*_waiting(work.waits), *_mine(work.mine), *work.sessions]
    greeting = [] if todo else [section(FREE)]
    shown = [*greeting, *shortcuts, *todo, divider(), *_glance(work, organization)]
    return home(shown, coming=work.picture.coming or work.posting)


def _waiting(waits: PendingFor) -> list[Block]:
    if not waits.mine:
        return []
    each = [to_decide(request, waits.left.get(request.id, 1)) for request in waits.mine[:SHOWN]]
    shown = [block for number, blocks in enumerate(each) for block in ([divider()] if number else []) + blocks]
    more = len(waits.mine) - SHOWN
    rest = [context(f"and {more} more: `/org requests`")] if more > 0 else []
    return [header("Waiting for your decision"), *shown, *rest]


def _mine(requests: Sequence[Request]) -> list[Block]:
    shown = [block for request in requests[:SHOWN] for block in own(request)]
    return [header("Your requests"), *shown] if shown else []


def _offered(work: Work, organization: Organization | None) -> list[str]:
    """What this person asks for most, filled up with what everybody begins with, as far as they may and as it exists; where
    there is no organization, to create one.
    """
    if organization is not None and not organization.id:
        wanted = [operation.name for operation in all_operations() if operation.founds]
    else:
        wanted = [name for name in dict.fromkeys((*work.usual, *FIRST)) if name in by_name()]
    return [name for name in wanted if name in work.may_ask][:BUTTONS]


def _form_button(operation: str) -> Block:
    return button(by_name()[operation].wanted, f"form:{operation}", Carried().packed())


def _glance(work: Work, organization: Organization | None) -> list[Block]:
    """The organization, what goes on in it, and the way to look around."""
    if organization is None:
        return [context(f":hourglass: {escape(work.unread)}")]
    if not organization.id:
        return [context(f"AWS account {escape(organization.management_account)} isn't in an organization yet.")]
    units = len(organization.units) - 1  # The root is no organizational unit.
    size = f"{counted(len(organization.accounts), 'account')} in {counted(units, 'organizational unit')}"
    read = f"as of {slack_date(organization.read_at)}"
    look = button("Show the tree", PICTURE, organization.root)
    told = context("  ·  ".join([size, read, *_others(work)]))
    return [header("Your AWS Organization"), told, *work.picture.blocks, *actions(look)]


def _others(work: Work) -> list[str]:
    """What goes on that is not this person's to do."""
    waiting = [f"{counted(work.waits.others, 'request')} waiting for others"] if work.waits.others else []
    return [*waiting, *([f"{work.running} running"] if work.running else [])]


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


def home_of(deps: Dependencies, user: str, pictures: Pictures) -> Block:
    """One person's home tab as it is now; raises SlackAwayError."""
    unwelcome = deps.admission.now(user)
    if unwelcome:
        return _refused(unwelcome)
    organization, waits = deps.organization(), deps.pending_for(user)
    mine = deps.intake.recent(requester=user, limit=SHOWN)
    work = Work(
        waits=waits,
        mine=mine,
        usual=deps.intake.usual(user),
        may_ask=deps.may_ask(user),
        sessions=_sessions(deps, user),
        running=deps.intake.running(),
        unread=deps.unread(),
        posting=any(_is_being_posted(request, deps.clock()) for request in (*waits.mine, *mine)),
        picture=pictures.of(view_of(organization).tree) if organization and organization.id else Pictured(),
    )
    return home_view(work, organization)


def _is_being_posted(request: Request, now: datetime) -> bool:
    """Whether its card comes any moment; nothing is recorded then, so the tab would go on without it."""
    waits = request.status == Status.PENDING and not request.card_link
    return waits and request.announced_at is not None and now - request.announced_at < POSTED_WITHIN


def _sessions(deps: Dependencies, user: str) -> list[Block]:
    """Their own role sessions with the button that ends each; nothing where there are none."""
    found = deps.intake.sessions(user)[:SHOWN]
    return blocks(deps, YOURS, found) if found else []
