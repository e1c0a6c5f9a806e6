"""One call to Slack's Web API, its errors sorted by what the caller may do next. The SDK's own retries are off: they post twice.

Only Slack's own word counts: whatever else comes back (a page, an empty or a cut body, JSON that is no object) leaves open
whether the call was done.

Source: Slack API, "Using the Slack Web API" (Evaluating responses), "Rate limits".
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from datetime import timedelta
from http.client import HTTPException
from traceback import walk_tb
from types import NoneType
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from approvals.slack.codes import MENDABLE, NO_ANSWER, Answer, answer_of
from approvals.slack.pacing import ForPeople, Pacing
from operations.aws.client import check_fence

MEND_PAUSE = timedelta(seconds=60)
CODE = re.compile(r"[a-z][a-z0-9_]*")  # The SDK puts a page that is no JSON into the same field.
# The connection broke, or what came back is no answer. Any other error is the bot's own, and no outage.
LOST = (OSError, HTTPException, SlackClientError, ValueError, RecursionError)
# The call did not leave: nobody listens, or there is no way there. After anything else some of it may have been read.
UNSENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})
SERVER_ERROR = 500
TOO_MANY = 429
LIMITED = frozenset({"ratelimited", "rate_limited"})
TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
_NAMED = {"id": str}
_WRITTEN = {"messages": [{"ts": TS, "metadata": (dict, NoneType)}]}
_ABOUT = {"id": str, "team_id": (str, NoneType), "profile": (dict, NoneType), "enterprise_user": (dict, NoneType)}
# What an answer of a method holds at the least; where it doesn't, something else than Slack has answered.
HOLDS: dict[str, Any] = {
    "apps.connections.open": {"url": str},
    "auth.test": {"team_id": str, "user_id": str},
    "chat.getPermalink": {"permalink": str},
    "chat.postMessage": {"ts": TS, "channel": (str, NoneType)},
    "conversations.history": _WRITTEN,
    "conversations.info": {"channel": _NAMED},
    "conversations.list": {"channels": [{"id": str, "name": str}]},
    "conversations.members": {"members": [str]},
    "conversations.open": {"channel": _NAMED},
    "conversations.replies": _WRITTEN,
    "files.completeUploadExternal": {"files": [_NAMED]},
    "files.getUploadURLExternal": {"upload_url": str, "file_id": str},
    "files.info": {"file": dict},
    "files.upload.v2": {"files": [_NAMED]},
    "usergroups.list": {"usergroups": [{"id": str, "handle": str}]},
    "usergroups.users.list": {"users": [str]},
    "users.info": {"user": _ABOUT},
    "users.lookupByEmail": {"user": _NAMED},
    "views.open": {"view": _NAMED},
    "views.update": {"view": _NAMED},
}


class SlackRefusedError(Exception):
    """Slack said no (`code`, such as `channel_not_found`): nothing was done."""

    def __init__(self, method: str, code: str, detail: str = "") -> None:
        super().__init__(f"{method}: {code}{detail}")
        self.method, self.code = method, code

    @property
    def answer(self) -> Answer:
        """What Slack's code says."""
        return answer_of(self.code)

    @property
    def mendable(self) -> bool:
        """Whether somebody can mend it, so that nothing is given up meanwhile."""
        return self.answer in MENDABLE


class SlackBusyError(Exception):
    """Slack said not now, or could not be reached: nothing was done; `wait` is how long to leave it alone."""

    def __init__(self, method: str, code: str, wait: timedelta) -> None:
        super().__init__(f"{method}: {code}")
        self.wait = wait


class RateLimitedError(SlackBusyError):
    """Slack was asked too much, and says when it may be asked again."""


class NotYourTurnError(SlackBusyError):
    """The call was not made, because it would be one too many just now: its turn comes after `wait`."""


class SlackAmbiguousError(Exception):
    """The answer was lost: it may have been done."""


def take_turn(slack: WebClient, method: str, channel: str = "", ticket: str = "") -> None:
    """Takes this call's turn now, or raises NotYourTurnError, which says when it comes; `ticket` keeps it until then."""
    pacing: Pacing | ForPeople | None = getattr(slack, "pacing", None)
    wait = pacing.wait(method, channel, ticket) if pacing else 0.0
    if wait:
        raise NotYourTurnError(method, f"its turn comes in {wait:.1f} s", timedelta(seconds=wait))


def ahead(slack: WebClient) -> timedelta:
    """How far Slack's clock is ahead of ours, as far as its answers have told."""
    clock = getattr(slack, "slacks_clock", None)
    return clock.ahead if clock else timedelta(0)


def call(slack: WebClient, method: str, **params: Any) -> dict[str, Any]:
    """Slack's answer; raises SlackRefusedError, SlackBusyError (NotYourTurnError before its turn) or SlackAmbiguousError."""
    take_turn(slack, method, str(params.get("channel") or ""))
    return call_now(slack, method, **params)


def call_now(slack: WebClient, method: str, **params: Any) -> dict[str, Any]:
    """The same for a call that has taken its turn.

    Raises FencedError, and sends nothing, when the work at hand is another worker's by now.
    """
    try:
        return _called(slack, method, params)
    except RateLimitedError as error:
        pacing: Pacing | ForPeople | None = getattr(slack, "pacing", None)
        if pacing:
            pacing.leave_alone(method, error.wait.total_seconds())
        raise


def _called(slack: WebClient, method: str, params: dict[str, Any]) -> dict[str, Any]:
    check_fence()
    try:
        answer = getattr(slack, method.replace(".", "_"))(**params)
    except SlackApiError as error:
        raise _sorted(method, error) from error
    except URLError as error:
        if _is_unsent(error.reason):
            told = f"Slack could not be reached ({error.reason})"
            raise SlackBusyError(method, told, timedelta(seconds=5)) from error
        raise SlackAmbiguousError(f"{method}: {error.reason}") from error
    except LOST as error:
        raise SlackAmbiguousError(f"{method}: {type(error).__name__}") from error
    except (AttributeError, LookupError) as error:
        if not _is_the_sdks(error):
            raise
        raise SlackAmbiguousError(f"{method}: what came is no answer") from error
    if not is_answer(method, answer.data):
        raise SlackAmbiguousError(f"{method}: what came is no answer")
    return dict(answer.data)


def is_answer(method: str, data: Any) -> bool:
    """Whether what came back is an answer of this method's, and no other's."""
    return _fits(data, {"ok": True, **HOLDS.get(method, {})})


def _fits(found: Any, shape: Any) -> bool:
    """Whether it is of the type, holds what a mapping names, or has items such as a list's only one, or is written so."""
    if isinstance(shape, dict):
        return isinstance(found, dict) and all(_fits(found.get(name), part) for name, part in shape.items())
    if isinstance(shape, list):
        return isinstance(found, list) and all(_fits(item, shape[0]) for item in found)
    if isinstance(shape, re.Pattern):
        return isinstance(found, str) and bool(shape.fullmatch(found))
    return found is True if shape is True else isinstance(found, shape)


def _is_the_sdks(error: Exception) -> bool:
    """Whether the SDK tripped over what came back: JSON that is no object, a charset that nobody knows."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__", "")).startswith("slack_sdk.")


def _is_unsent(reason: object) -> bool:
    return isinstance(reason, UNSENT) or (isinstance(reason, OSError) and reason.errno in NO_WAY)


def _sorted(method: str, error: SlackApiError) -> Exception:
    response, code = error.response, code_of(error)
    status = int(getattr(response, "status_code", 0) or 0)
    if status == TOO_MANY or code in LIMITED:
        return RateLimitedError(method, code or "too many calls", _retry_after(response))
    if code and answer_of(code) is Answer.NOT_NOW:
        return SlackBusyError(method, code, _retry_after(response))
    if not code or answer_of(code) is Answer.MAYBE:
        return SlackAmbiguousError(f"{method}: {code or NO_ANSWER} (HTTP {status})")
    return SlackRefusedError(method, code, _messages(response))


def code_of(error: SlackApiError) -> str:
    """Slack's own word, such as `invalid_auth`; empty where what came is not Slack's, be it a page, an empty or a cut answer."""
    status = int(getattr(error.response, "status_code", 0) or 0)
    code = _field(error.response, "error")
    own = status < SERVER_ERROR and isinstance(code, str) and CODE.fullmatch(code)
    return str(code) if own and _field(error.response, "ok") is False else ""


def _field(response: Any, name: str) -> Any:
    data = getattr(response, "data", None)
    return data.get(name) if isinstance(data, dict) else None


def _messages(response: Any) -> str:
    metadata = _field(response, "response_metadata")
    said = metadata.get("messages", []) if isinstance(metadata, dict) else []
    return f" {'; '.join(str(line) for line in said[:3])}" if said else ""


def _retry_after(response: Any) -> timedelta:
    headers = {str(key).lower(): value for key, value in (getattr(response, "headers", None) or {}).items()}
    value = headers.get("retry-after", "5")
    text = value[0] if isinstance(value, list) else value
    return timedelta(seconds=min(max(float(text), 1.0), 600.0) if str(text).replace(".", "", 1).isdigit() else 5.0)


class SlackAwayError(Exception):
    """Slack did not tell; nothing can be decided now, and it is asked again later.

    `refused` is Slack's no, where it said one: then somebody has to mend something first.
    """

    def __init__(self, why: str, refused: SlackRefusedError | None = None) -> None:
        super().__init__(why)
        self.refused = refused

    @property
    def to_mend(self) -> str:
        """Slack's code, where somebody has to mend something and people can be told; empty otherwise."""
        refused = self.refused
        return refused.code if refused and refused.mendable and refused.answer is not Answer.LOGIN else ""
