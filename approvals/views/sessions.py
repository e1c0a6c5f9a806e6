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
    confirm,
    context,
    escape,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.slack.modals import window
from approvals.views.snippets import DEFAULT, keys_of, picker, profile_name, shell_block
from approvals.views.thread import Body, body
from operations.access.role_sessions import Minted
from operations.access.session_length import spoken
from operations.core.closing import Console, switch_role_link

UNKNOWN = "an unknown time"
ENDS = "AWS denies its calls within seconds. Resources it started keep running."


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
    """Open credentials as they are handed over; `link` is as secret as they are, `shell` one of views.snippets.SHELLS.

    `again` after a try that reached nobody.
    """

    minted: Minted
    link: SecretStr | None
    shell: str = DEFAULT
    delete_at: datetime | None = None
    again: bool = False


def credentials(subject: Subject, handed: Handed) -> Body:
    """The direct message with the credentials."""
    text = f":key: Credentials for {subject.where}, until {slack_date(handed.minted.expires_at)}."
    gone = f"Deleted {slack_date(handed.delete_at, none=UNKNOWN)}. Don't paste these anywhere else."
    return {
        "text": text,
        "blocks": [section(text), *revealed(subject, handed, end_button(subject.button)), context(gone)],
    }


def revealed(subject: Subject, handed: Handed, *buttons: Block) -> list[Block]:
    """The blocks that hold the credentials, once and for one shell, for a message or a form."""
    notes = [
        f"In CloudTrail: `{handed.minted.access_key_id}`, request #{subject.request}",
        *([] if handed.link is None else ["*Open console* works for 15 minutes"]),
        *(["New ones: an earlier try didn't reach you"] if handed.again else []),
    ]
    return [
        shell_block(keys_of(handed.minted), handed.shell, profile_name(subject.name)),
        *actions(picker(handed.shell), _console(subject, handed.link), *buttons),
        context(*notes),
    ]


def _console(subject: Subject, link: SecretStr | None) -> Block:
    """The console in this session; where the sign-in page gave no link, the role switch for those who are signed in."""
    address = link.get_secret_value() if link else ""
    if 0 < len(address) <= BUTTON_URL:
        return url_button("Open console", "link-console", address)
    switch = switch_role_link(subject.console, subject.account, subject.role, subject.name)
    return url_button(switch.label, "link-switch", switch.url)


def end_button(carried: str) -> Block:
    """`End session`, for the requester and the approvers; `carried` is the session's or the request's `button`."""
    sure = confirm("End this session?", ENDS, "End session", "Keep it")
    return button("End session", "end", carried, style="danger", confirm=sure)


def offer(subject: Subject, row: RoleSession, until: datetime | None) -> Body:
    """The message whose button shows the credentials: what has and hasn't happened. Nothing in it is secret."""
    text = f":key: Credentials for {subject.where}, for {spoken(subject.seconds)}."
    return {
        "text": text,
        "blocks": [section(f"{text}\n{_so_far(row, until)}"), *actions(*_on_offer(subject, row))],
    }


def _on_offer(subject: Subject, row: RoleSession) -> list[Block]:
    if row.state not in ("offered", "live"):
        return []
    first = row.state == "offered"
    reveal = button("Reveal" if first else "Reveal again", "reveal", subject.button, style="primary" if first else None)
    return [reveal, end_button(subject.button)]


def _so_far(row: RoleSession, until: datetime | None) -> str:
    shown = f"Shown {slack_date(row.issued_at, none=UNKNOWN)}" if row.access_key_id else "Not revealed"
    ended = f"ended by <@{row.ended_by}>" if row.ended_by else "ended"
    over = slack_date(row.expires_at, none=UNKNOWN)
    return {
        "offered": f"Ready: press *Reveal*. Only you can, until {slack_date(until)}; the time starts then.",
        "live": f"{shown}; valid until {over}. *Reveal again* opens new ones for the time that is left.",
        "ending": f"{shown}; being ended.",
        "ended": f"{shown}; {ended}.",
        "expired": f"{shown}; expired.",
    }.get(row.state, "Not revealed: no session could be opened.")


def opening() -> Block:
    """The form while AWS is being asked."""
    return view([section(":hourglass_flowing_sand: Getting credentials from AWS…")])


def shown(subject: Subject, handed: Handed) -> Block:
    """The form with the credentials."""
    text = (
        f":key: {subject.where}, until {slack_date(handed.minted.expires_at)}. Shown only here, until you close this."
    )
    return view([section(text), *revealed(subject, handed)])


def not_shown(why: str, *buttons: Block) -> Block:
    """The form when there are none, with the buttons that help."""
    return view([section(f":x: {escape(shorten(why, 2500))}"), *actions(*buttons)])


def view(blocks: list[Block]) -> Block:
    """A form without anything to send."""
    return window("Credentials", blocks)


def live(row: RoleSession) -> Body:
    """Into the thread: somebody has credentials now."""
    text = f":key: <@{row.user}> has the credentials, until {slack_date(row.expires_at, none=UNKNOWN)} (`{row.access_key_id}`)."
    return body(text, section(text), *actions(end_button(row.button)))


def nearly_over(row: RoleSession, name: str) -> Body:
    """To the requester, some minutes before the end; `name` is the account's."""
    text = f":hourglass: Your session in *{escape(name)}* ends {slack_date(row.expires_at, none=UNKNOWN)}."
    hint = "*Extend* asks for a new session under the same rules."
    extend = button("Extend", "extend", row.button, style="primary")
    return body(text, section(f"{text} {hint}"), *actions(extend, end_button(row.button)))


def ended(row: RoleSession, name: str) -> Body:
    """After `End session`: what is ended, and what is not; `name` is the account's."""
    by = "" if row.ended_by == row.user else f" by <@{row.ended_by}>"
    what = f":no_entry_sign: Session in {escape(name)} ended{by}."
    return body(f"{what} {ENDS}" if row.access_key_id else f"{what} The credentials were never revealed.")


def not_ended(row: RoleSession, name: str, say: str, advice: str) -> Body:
    """AWS would not have it: the session goes on."""
    return body(
        f":warning: *Session in {escape(name)} could not be ended.* It is valid until "
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
        f":rotating_light: The direct message to <@{row.user}> with the credentials of request #{row.request_id} could not be "
        f"deleted ({escape(why)}). {state}. Deleting is tried again; a Slack administrator can do it now, and "
        "*End session* above ends the session."
    ) | {"reply_broadcast": True}


def listed(row: RoleSession, name: str) -> str:
    """A session in a line."""
    until = {"offered": "not revealed yet", "ending": "being ended"}.get(
        row.state, f"until {slack_date(row.expires_at, none=UNKNOWN)}"
    )
    key = f"  ·  `{row.access_key_id}`" if row.access_key_id else ""
    return f":key: #{row.request_id} <@{row.user}>  ·  {escape(row.role)} in {escape(name)}  ·  {until}{key}"
