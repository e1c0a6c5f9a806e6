"""The shell that somebody's credentials are written for: chosen in the message itself, and remembered.

What Slack sends with the choice holds the message's blocks, and so the secret. They are written anew from there: nothing is
opened, and nothing secret is kept. Source: Slack API, "block_actions payload", "chat.update", "views.update".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from slack_sdk import WebClient
from sqlmodel import Session

from approvals.context import Context
from approvals.models import Preference
from approvals.slack.blocks import Block
from approvals.slack.client import call
from approvals.views.sessions import view
from approvals.views.snippets import DEFAULT, SHELLS, in_shell


@dataclass(frozen=True)
class Picked:
    """A choice in the menu of shells, on a message (`channel`, `ts`, `text`) or in a form (`view`).

    `blocks` are those that it stands among; they hold the secret, so that they don't print.
    """

    user: str
    shell: str
    blocks: list[Block] = field(repr=False)
    channel: str = ""
    ts: str = ""
    text: str = ""
    view: str = ""


def shell_of(session: Session, user: str) -> str:
    """What somebody has chosen last; the first there is for who has not."""
    chosen = session.get(Preference, user)
    return chosen.shell if chosen and chosen.shell in SHELLS else DEFAULT


def pick(context: Context, slack: WebClient, picked: Picked) -> None:
    """Rewrites the message or form, and remembers the choice; raises as `approvals.slack.client.call`."""
    blocks = in_shell(picked.blocks, picked.shell)
    if blocks is None:
        return
    with context.store.write() as session:
        session.merge(Preference(user=picked.user, shell=picked.shell))
    if picked.view:
        call(slack, "views.update", view_id=picked.view, view=view(blocks))
    else:
        call(slack, "chat.update", channel=picked.channel, ts=picked.ts, text=picked.text, blocks=blocks)
