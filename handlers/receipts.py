"""What somebody reads at once when a request was taken in, with what they may do about it there: look at it, take it back.

Source: Slack API, "block_actions payload", "Modals" (Updating modal views).
"""

from __future__ import annotations

from typing import Any

from approvals.models import Request
from approvals.slack.blocks import Block, actions, button, escape, section, shorten
from approvals.slack.modals import window
from approvals.views.confirmations import cancelling
from handlers.caller import Caller
from handlers.dependencies import Dependencies
from handlers.filing import Filed
from handlers.queries import requests
from handlers.responder import Responder

LATER = "I'll DM you when it's {end}."
TITLE = "orgbot"


def about(deps: Dependencies, caller: Caller, request: Request) -> list[Block]:
    """One request and its history, with what this reader may do about it."""
    told = requests.history(*deps.intake.history(request.id or 0))
    return requests.with_history(requests.private_card(request, caller.user), told)


def receipt(deps: Dependencies, caller: Caller, filed: Filed) -> list[Block]:
    """A title has names of the organization in it: until Slack has told who asks, the number has to do."""
    if deps.admission.lately(caller.user, caller.team) == "":
        return [section(line(filed)), *_buttons(caller, filed, filed.title)]
    deps.admission.learn(deps.run, caller.user, caller.team)
    received = f":white_check_mark: Request #{filed.number} received. {_later(filed)}"
    return [section(received), *_buttons(caller, filed, f"Request #{filed.number}")]


def line(filed: Filed) -> str:
    """The same in mrkdwn for whom Slack has told of, with what they should look at once more."""
    notes = "".join(f"\n:warning: {escape(shorten(note, 400))}" for note in filed.notes)
    title = escape(shorten(filed.title, 300))
    return f":white_check_mark: *#{filed.number} {title}* received. {_later(filed)}{notes}"


def _later(filed: Filed) -> str:
    """Where nobody has to approve, nothing is decided either."""
    return LATER.format(end="decided" if filed.approvals else "done")


def _buttons(caller: Caller, filed: Filed, title: str) -> list[Block]:
    """In a direct message the request's own message follows at once, with the same buttons."""
    if caller.channel.startswith("D"):
        return []
    return actions(
        button("View", "details", filed.button),
        button("Cancel request", "cancel", filed.button, confirm=cancelling(filed.number, title)),
    )


def answer_form(ack: Any, responder: Responder, told: list[Block]) -> None:
    """Where the form was opened, whether the bot is there or not; one that was opened in no channel, such as on the home tab, says
    it itself.
    """
    if responder.caller.reply_to:
        responder.later("the answer to a form was not shown", lambda: responder.bring(told))
        ack()
    else:
        ack(response_action="update", view=window(TITLE, told))
