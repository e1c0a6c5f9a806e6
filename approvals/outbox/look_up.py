"""Did a message arrive whose answer was lost? It is looked for in Slack by the opaque id that it carries.

Only messages from around the time of sending are looked through, all of them, page by page: people may have written hundreds
since. Slack's `ts` is the time in seconds of Slack's own clock. How far that is from ours is known by the dates of its answers;
`SKEW` is for what they don't tell. Ours may have been set since, so that both times are looked at. Source: Slack API, "conversations.history" (Pagination, Pagination by time),
"conversations.replies", "Message metadata".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from approvals.queue.worker import LaterError
from approvals.slack.client import MEND_PAUSE, SlackAmbiguousError, SlackBusyError, SlackRefusedError, ahead, call
from approvals.slack.codes import Answer

PAGE = 200  # Slack recommends no more; where it gives fewer, the cursor leads on.
MOST_PAGES = 20
SKEW = timedelta(minutes=5)
LATEST = timedelta(minutes=15)  # No call to Slack is under way for so long.
PAUSE = timedelta(seconds=2)
OPENING = "conversations.open"


class UnseenError(LaterError):
    """Whether a message arrived cannot be told now: it is not sent before that is known, and looked for again after `wait`."""

    def __init__(self, why: str, wait: timedelta = PAUSE) -> None:
        super().__init__(why, wait, status="sending")


@dataclass(frozen=True)
class Place:
    """Where a message went: into a channel, or into the thread under the message `thread`."""

    channel: str
    thread: str = ""


@contextmanager
def looking_up() -> Iterator[None]:
    """Within this block whatever keeps Slack from telling becomes UnseenError, and is never taken for a look that found nothing.

    A thread that is gone, and a person who is, stay a SlackRefusedError: the message could not be sent there either.
    """
    try:
        yield
    except SlackBusyError as error:
        raise UnseenError(str(error), error.wait) from error
    except SlackAmbiguousError as error:
        raise UnseenError(str(error)) from error
    except SlackRefusedError as error:
        nobody = error.answer is Answer.FINAL and error.method == OPENING
        if nobody or error.answer is Answer.GONE:
            raise
        raise UnseenError(f"{error}; `orgbot check` says what to mend", MEND_PAUSE) from error


def find(slack: WebClient, place: Place, sent_at: datetime, is_it: Callable[[dict[str, Any]], bool]) -> list[str]:
    """The `ts` of the message whose sending began at `sent_at`; of several, which two workers have sent, the oldest first.

    Raises what `call` raises, and UnseenError where it was not found, and more was written than is looked through.
    """
    found, cursor = list[str](), ""
    for _ in range(MOST_PAGES):
        answer = _page(slack, place, sent_at, cursor)
        found += [str(item["ts"]) for item in answer["messages"] if is_it(item)]
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    if found or not cursor:
        return sorted(found, key=float)
    raise UnseenError(f"more than {MOST_PAGES * PAGE} messages were written around the time of sending", MEND_PAUSE)


def is_marked(item: dict[str, Any], marker: str, bot_id: str) -> bool:
    """Whether a message of Slack's is the one of this marker; `bot_id` is the bot's own."""
    if any(file.get("name") == file_name(marker) for file in item.get("files") or ()):
        return True
    payload = (item.get("metadata") or {}).get("event_payload") or {}
    return payload.get("id") == marker and item.get("bot_id") in (None, "", bot_id)


def file_name(marker: str) -> str:
    """By which a file is found, because it carries no metadata."""
    return f"request-{marker}.txt"


def _page(slack: WebClient, place: Place, sent_at: datetime, cursor: str) -> dict[str, Any]:
    by_slacks_clock = sent_at + ahead(slack)
    oldest, latest = min(sent_at, by_slacks_clock) - SKEW, max(sent_at, by_slacks_clock) + LATEST
    span = {"oldest": _ts(oldest), "latest": _ts(latest), "inclusive": True}
    asked = {"channel": place.channel, "limit": PAGE, "include_all_metadata": True, **span}
    asked |= {"cursor": cursor} if cursor else {}
    if place.thread:
        return call(slack, "conversations.replies", ts=place.thread, **asked)
    return call(slack, "conversations.history", **asked)


def _ts(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"
