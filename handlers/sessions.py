"""Role sessions: `/org sessions`, the buttons `Reveal` and `Extend`, and the menu of shells.

Source: Slack API, "block_actions payload", "Modals" (Opening modals).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from approvals.authority.press import Pressed, StrangeCardError, UnconfirmedCardError
from approvals.models import Request, RoleSession
from approvals.sessions.reveal import OVER, Press, over
from approvals.sessions.shells import Picked
from approvals.slack.blocks import Block, actions, escape, section, shorten
from approvals.slack.client import SlackAwayError
from approvals.views.sessions import end_button, listed
from approvals.views.snippets import PICKER
from handlers.actions import keep
from handlers.caller import BROKEN, Caller, delivery, of_interaction, part, pressed_request
from handlers.declared import LONGEST_REASON
from handlers.dependencies import Dependencies
from handlers.filing import NotAcceptedError, file
from handlers.parser import Given
from handlers.receipts import line
from handlers.responder import Responder, careful, show, tell
from operations.access.credentials import Credentials
from operations.snapshot.organization import Organization

SHOWN = 25
YOURS, EVERYBODYS = "Your sessions", "Everybody's sessions"
NO_SESSIONS = {YOURS: "You have no open sessions.", EVERYBODYS: "Nobody has an open session."}
TITLES = {"sessions": YOURS, "all-sessions": EVERYBODYS}  # By what the block of a session is called.
NOT_YOURS = ":x: Only the person who has this session can extend it."
GONE = ":x: This session doesn't exist any more. `/org sessions` lists those that are open."
AWAY = ":warning: Slack didn't say whether you may see everybody's sessions. Try again in a moment."


def register(app: App, deps: Dependencies) -> None:
    """Takes the buttons in; `End session` is a decision like the others, after which a list of sessions is made anew."""

    @app.action("reveal")
    def reveal(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        caller, pressed = of_interaction(body), pressed_request(body)
        careful(deps, "credentials could not be revealed", lambda: _reveal(deps, client, caller, pressed))
        ack()

    @app.action(PICKER)
    def shell(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        caller, picked = of_interaction(body), _picked(body)
        Responder(deps, client, caller).if_admitted(lambda: deps.pick_shell(picked))
        ack()

    @app.action("extend")
    def extend(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        responder = Responder(deps, client, of_interaction(body))
        responder.as_member(lambda: responder.tell(_extend(deps, body)))
        ack()

    @app.action("end")
    def end(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        pressed, responder = keep(deps, client, body), Responder(deps, client, of_interaction(body))
        title = TITLES.get(str(body["actions"][0].get("block_id")).partition(":")[0], "")
        if pressed and title and responder.caller.reply_to:
            responder.if_admitted(lambda: _listed_anew(responder, title, pressed))
        ack()


def _listed_anew(responder: Responder, title: str, pressed: Pressed) -> None:
    """The list in place of the one whose button was pressed; whether AWS has ended the session is told when it has."""
    user, everybodys = responder.caller.user, title == EVERYBODYS
    try:
        ended = responder.deps.intake.pressed_on(pressed, "end").id or 0
    except StrangeCardError:  # Who pressed it is told by the worker that judges the press.
        ended = 0
    if everybodys and not responder.deps.oversees(user):
        return
    found = responder.deps.intake.sessions("" if everybodys else user)
    responder.reply(blocks(responder.deps, title, found, ended), replace=True)


def _reveal(deps: Dependencies, slack: WebClient, caller: Caller, pressed: Pressed | None) -> None:
    unwelcome = deps.admission.unwelcome(caller.user, caller.team)
    said = unwelcome or (deps.reveal(Press(pressed, caller.user, caller.team, caller.trigger)) if pressed else BROKEN)
    if said == OVER:
        Responder(deps, slack, caller).reply([section(f":x: {said}"), *actions(*over())], replace=False)
    elif said:
        tell(deps, slack, caller, said if said in (BROKEN, unwelcome) else f":x: {said}")


def _picked(body: dict[str, Any]) -> Picked:
    """The choice, and the blocks that it stands among, which hold the secret: they are kept nowhere."""
    caller, chosen = of_interaction(body), part(body["actions"][0], "selected_option").get("value")
    view, message, container = (part(body, name) for name in ("view", "message", "container"))
    blocks = (view or message).get("blocks")
    return Picked(
        user=caller.user,
        shell=str(chosen),
        blocks=[block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else [],
        channel=caller.channel,
        ts=str(message.get("ts") or container.get("message_ts") or ""),
        text=str(message.get("text") or ""),
        view=str(view.get("id") or ""),
    )


def _extend(deps: Dependencies, body: dict[str, Any]) -> str:
    """Files the same request anew; gives what is told to the clicker."""
    caller, pressed = of_interaction(body), pressed_request(body)
    if pressed is None:
        return BROKEN
    try:
        request = deps.intake.pressed_on(pressed, "extend")
    except (StrangeCardError, UnconfirmedCardError) as error:
        return f":x: {error}"
    if request.operation != Credentials.name:
        return GONE
    if caller.user != request.requester:
        return NOT_YOURS
    name = delivery("extend", caller.team, caller.user, pressed.carried, body["actions"][0].get("action_ts"))
    try:
        filed = file(deps, caller, Credentials, _again(request), name)
    except NotAcceptedError as error:
        return "\n".join(f":x: {escape(problem.sentence)}" for problem in error.problems)
    return line(filed)


def _again(request: Request) -> Given:
    reason = f"Extends the session of request #{request.id}. {request.reason}".strip()
    return Given({name: str(value) for name, value in request.params.items()}, shorten(reason, LONGEST_REASON))


def answer(deps: Dependencies, slack: WebClient, caller: Caller) -> list[Block]:
    """The caller's own sessions at once; an approver gets everybody's a moment later."""
    careful(deps, "the sessions could not be shown", lambda: _everybodys(deps, slack, caller))
    return blocks(deps, YOURS, deps.intake.sessions(caller.user))


def _everybodys(deps: Dependencies, slack: WebClient, caller: Caller) -> None:
    try:
        if deps.oversees(caller.user):
            show(slack, caller, EVERYBODYS, blocks(deps, EVERYBODYS, deps.intake.sessions()))
    except SlackAwayError:
        tell(deps, slack, caller, AWAY)


def blocks(deps: Dependencies, title: str, sessions: Sequence[RoleSession], ended: int = 0) -> list[Block]:
    """A headline, and a line with the button that ends it for each session; none for the one that was asked to end just now."""
    lines = [_line(deps.organization(), title, row, ended) for row in sessions[:SHOWN]]
    more = [section(f"and {len(sessions) - SHOWN} more")] if len(sessions) > SHOWN else []
    return [section(f"*{title}*" if lines else NO_SESSIONS[title]), *lines, *more]


def _line(organization: Organization | None, title: str, row: RoleSession, ended: int) -> Block:
    name = organization.account_label(row.account) if organization else row.account
    if row.request_id == ended:
        return section(f"{listed(row, name)}  ·  _ending_")
    place = next(key for key, value in TITLES.items() if value == title)
    return section(listed(row, name)) | {
        "block_id": f"{place}:{row.request_id}",
        "accessory": end_button(row.button),
    }
