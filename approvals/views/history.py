"""One audit record as a line that people read: when, what, by whom. Pure.

Source: Slack API, "Formatting text for app surfaces" (Mentioning users).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from approvals.models import AuditRecord
from approvals.slack.blocks import escape, shorten, slack_date
from approvals.states import Status
from approvals.views.card import STATES

USER = re.compile(r"[UW][A-Z0-9]{1,20}", re.ASCII)
LONGEST_WORD, LONGEST_REASON = 60, 90
_REQUEST: dict[str, str] = {
    **{status: " ".join(STATES[status]) for status in Status},
    "filed": "Asked; the approvers got the card",
    "rules_changed": ":scales: Other rules decide, or they ask for more approvals or for other people",
    "tampered": ":warning: Its record had been changed",
    "learned": ":heavy_check_mark: AWS's answer was noted",
    "doubted": ":warning: Restored from a backup: AWS is asked whether it had begun",
    "unproven": ":rotating_light: The audit did not prove its approval, and it was stopped",
    # The votes are lines of their own, and these say what follows from them.
    Status.APPROVED: ":arrow_forward: No more approvals are needed; it starts",
    Status.DENIED: ":x: Closed; nothing was changed",
}
PRESSED = {"approve": "Approve", "deny": "Deny", "cancel": "Cancel request"}


def line(entry: AuditRecord) -> str:
    """The record as one line of mrkdwn, at most about 300 characters; an event of another version is shown by its name."""
    return f"{slack_date(entry.at, seconds=True)}  {_what(entry)}  ·  {_who(entry.actor)}"


def _who(actor: str) -> str:
    return f"<@{actor}>" if USER.fullmatch(actor) else escape(shorten(actor, LONGEST_WORD))


def _what(entry: AuditRecord) -> str:
    kind, _, rest = entry.event.partition(".")
    return _WORDS.get(kind, _as_it_is)(entry, rest)


def _as_it_is(entry: AuditRecord, _: str) -> str:
    return escape(shorten(entry.event, LONGEST_WORD))


def _request(entry: AuditRecord, word: str) -> str:
    return _REQUEST.get(word, _as_it_is(entry, word))


def _vote(entry: AuditRecord, word: str) -> str:
    said = {"approve": ":ballot_box_with_check: Approval", "deny": ":ballot_box_with_check: Denial"}
    said["withdrawn"] = (
        f":leftwards_arrow_with_hook: The approval of {_who(str(entry.detail.get('of') or entry.actor))} no longer counts"
    )
    return f"{said.get(word, _as_it_is(entry, word))}{_quoted(entry, 'reason')}"


def _click(entry: AuditRecord, word: str) -> str:
    kind = word.partition(".")[0]
    pressed = PRESSED.get(kind, escape(shorten(kind, LONGEST_WORD)))
    return f"“{pressed}” was refused, and they were told{_quoted(entry, 'why') or ' why'}"


def _call(entry: AuditRecord, _: str) -> str:
    operation = _word(entry, "operation") or f"step {_word(entry, 'step')}"
    number = _word(entry, "aws_request_id")
    return f"AWS {operation}: {_word(entry, 'outcome')}{f' (request id `{number}`)' if number else ''}"


def _quoted(entry: AuditRecord, name: str) -> str:
    text = str(entry.detail.get(name) or "")
    return f": {escape(shorten(' '.join(text.split()), LONGEST_REASON))}" if text else ""


def _word(entry: AuditRecord, name: str) -> str:
    return escape(shorten(str(entry.detail.get(name) or ""), LONGEST_WORD)).replace("`", "")


_WORDS: dict[str, Callable[[AuditRecord, str], str]] = {
    "request": _request,
    "vote": _vote,
    "click": _click,
    "aws": _call,
}
