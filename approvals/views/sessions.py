"""What is said about role sessions: the message that hands credentials over, and the lines around it. Pure.

The `text` of a message goes into notifications and onto locked screens: nothing secret ever stands there.
Source: Slack API, "Formatting text for app surfaces" (Date formatting), "Block Kit: Blocks".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from approvals.models import RoleSession
from approvals.slack.blocks import (
    BUTTON_URL,
    Block,
    actions,
    button,
    code,
    confirm,
    context,
    escape,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.slack.modals import window
from approvals.views.snippets import snippets
from approvals.views.thread import Body, body
from operations.access.role_sessions import Minted
from operations.access.session_length import written
from operations.core.closing import Console, cli_profile, switch_role_link

UNKNOWN = "an unknown time"


@dataclass(frozen=True)
class Subject:
    """What the words are about: the request's number, the account's id and name, the role, the seconds, and the console.

    `button` is what the buttons about it carry.
    """

    request: int
    button: str
    account: str
    name: str
    role: str
    seconds: int
    console: Console

    @property
    def where(self) -> str:
        """Role and account as mrkdwn."""
        return f"*{escape(self.role)}* in *{escape(self.name)}* ({self.account})"


@dataclass(frozen=True)
class Handed:
    """Open credentials as they are handed over; `link` is as secret as they are. `again` after a try that reached nobody."""

    minted: Minted
    link: SecretStr | None
    delete_at: datetime | None = None
    again: bool = False


def credentials(subject: Subject, handed: Handed) -> Body:
    """The direct message with the credentials."""
    text = f":key: Your credentials for {subject.where}, until {slack_date(handed.minted.expires_at)}."
    gone = (
        f"I delete this message {slack_date(handed.delete_at, none=UNKNOWN)}; copy what you need into no other message."
    )
    return {
        "text": text,
        "blocks": [section(text), *revealed(subject, handed), _buttons(subject, handed), context(gone)],
    }


def revealed(subject: Subject, handed: Handed) -> list[Block]:
    """The blocks that hold the credentials, for a message or a form, and what needs no secret below them."""
    fitting, left_out = snippets(handed.minted, subject.name)
    notes = [
        f"CloudTrail names this session `{handed.minted.access_key_id}`, request #{subject.request}.",
        *([f"Left out, because Slack's messages end before: {escape(', '.join(left_out))}."] if left_out else []),
        *(["These are new ones: an earlier try to hand credentials over did not reach you."] if handed.again else []),
        *([] if handed.link else ["The sign-in page gave no link to the console just now; use the role switch."]),
    ]
    shown = [section(f"*{escape(snippet.label)}*\n{code(snippet.text)}") for snippet in fitting]
    return [*shown, *secretless(subject), context(*notes)]


def secretless(subject: Subject) -> list[Block]:
    """The profile that needs no secret, for those who may assume the role from the management account themselves."""
    profile = cli_profile(subject.console, subject.account, subject.role, subject.name)
    return [section(f"*Without a secret: {escape(profile.label)}*\n{code(profile.text)}")]


def _buttons(subject: Subject, handed: Handed) -> Block:
    return {"type": "actions", "elements": [*links(subject, handed.link), end_button(subject.button)]}


def links(subject: Subject, link: SecretStr | None) -> list[Block]:
    """The console in this session (for 15 minutes), and the role switch, which needs no secret."""
    address = link.get_secret_value() if link else ""
    console = [url_button("Open the console (within 15 min)", "link-console", address)]
    switch = switch_role_link(subject.console, subject.account, subject.role, subject.name)
    return [*(console if 0 < len(address) <= BUTTON_URL else []), url_button(switch.label, "link-switch", switch.url)]


def end_button(carried: str) -> Block:
    """`End session now`, for the requester and the approvers; `carried` is the session's or the request's `button`."""
    sure = confirm(
        "End this session?",
        "AWS then denies what is signed with these credentials. What was started with them goes on.",
        "End session now",
        "Keep it",
    )
    return button("End session now", "end", carried, style="danger", confirm=sure)


def offer(subject: Subject, until: datetime) -> Body:
    """The direct message with the button; nothing in it is secret."""
    text = f":key: Your credentials for {subject.where} are ready, for {written(subject.seconds)}."
    pressed = button("Reveal credentials", "reveal", subject.button, style="primary")
    hint = f"Only you can open them, until {slack_date(until)}. Their time begins with the first press."
    return {
        "text": text,
        "blocks": [
            section(text),
            {"type": "actions", "elements": [pressed, *links(subject, None), end_button(subject.button)]},
            *secretless(subject),
            context(hint),
        ],
    }


def opening() -> Block:
    """The form while AWS is being asked."""
    return view([section(":hourglass_flowing_sand: One moment, I am asking AWS for the credentials …")])


def shown(subject: Subject, handed: Handed) -> Block:
    """The form with the credentials."""
    text = (
        f":key: {subject.where}, until {slack_date(handed.minted.expires_at)}. They stand here only; close when done."
    )
    return view([section(text), *revealed(subject, handed), *actions(*links(subject, handed.link))])


def not_shown(why: str) -> Block:
    """The form when there are none."""
    return view([section(f":x: {escape(shorten(why, 2500))}")])


def view(blocks: list[Block]) -> Block:
    """A form without anything to send."""
    return window("Credentials", blocks)


def live(row: RoleSession) -> Body:
    """Into the thread: somebody has credentials now."""
    text = f":key: <@{row.user}> has the credentials, until {slack_date(row.expires_at, none=UNKNOWN)} (`{row.access_key_id}`)."
    return body(text, section(text), {"type": "actions", "elements": [end_button(row.button)]})


def nearly_over(row: RoleSession) -> Body:
    """To the requester, some minutes before the end."""
    text = f":hourglass: Your session as *{escape(row.role)}* in {row.account} ends {slack_date(row.expires_at, none=UNKNOWN)}."
    hint = "*Extend* asks for a new one under the same rule; it does not make this one longer."
    extend = button("Extend", "extend", row.button, style="primary")
    return body(text, section(f"{text}\n{hint}"), {"type": "actions", "elements": [extend, end_button(row.button)]})


def ended(row: RoleSession) -> Body:
    """After `End session now`: what is ended, and what is not."""
    who = f"The session of <@{row.user}> as *{escape(row.role)}* in {row.account} was ended by <@{row.ended_by}>."
    if not row.access_key_id:
        return body(f":no_entry_sign: {who} Nobody had opened it, so there were no credentials.")
    return body(
        f":no_entry_sign: {who}\n"
        "*Ended:* AWS denies every call that is signed with its credentials, and the console that was opened with them, as "
        "soon as the role's policy has spread, which takes some seconds.\n"
        "*Not ended:* whatever was started or created with them; sessions of other roles that were opened from this one, "
        f"until they expire; other sessions of this role. The credentials exist until {slack_date(row.expires_at, none=UNKNOWN)}: AWS cannot "
        "delete them, only deny them."
    )


def not_ended(row: RoleSession, say: str, advice: str) -> Body:
    """AWS would not have it: the session goes on."""
    return body(
        f":warning: *The session of <@{row.user}> as {escape(row.role)} in {row.account} goes on* until "
        f"{slack_date(row.expires_at, none=UNKNOWN)}. {escape(shorten(say, 1200))}\n*What to do:* {escape(shorten(advice, 800))}"
    )


def not_deleted(row: RoleSession, why: str) -> Body:
    """The alert for the approval channel: a message with credentials is still in Slack."""
    state = (
        "They have expired"
        if row.state == "expired"
        else f"They are valid until {slack_date(row.expires_at, none=UNKNOWN)}"
    )
    return body(
        f":rotating_light: I cannot delete the direct message with the credentials of request #{row.request_id} from "
        f"<@{row.user}>'s messages ({escape(why)}). {state}. I keep trying; a Slack administrator can delete it, and "
        "`End session now` above ends the session."
    ) | {"reply_broadcast": True}


def listed(row: RoleSession, name: str) -> str:
    """A session in a line."""
    until = {"offered": "not opened yet", "ending": "being ended"}.get(
        row.state, f"until {slack_date(row.expires_at, none=UNKNOWN)}"
    )
    key = f"  ·  `{row.access_key_id}`" if row.access_key_id else ""
    return f":key: #{row.request_id} <@{row.user}>  ·  {escape(row.role)} in {escape(name)}  ·  {until}{key}"
