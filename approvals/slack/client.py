"""One call to Slack's Web API, its errors sorted by what the caller may do next. The SDK's own retries are off: they post twice.

Source: Slack API, "Using the Slack Web API" (Evaluating responses), "Rate limits".
"""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from operations.aws.client import check_fence

PASSING = frozenset({"service_unavailable", "team_added_to_org", "request_timeout", "ratelimited", "rate_limited"})
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "no answer"})
MENDABLE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "missing_scope",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
    }
)
MEND_PAUSE = timedelta(seconds=60)
# The connection broke, or what came back is no answer. Any other error is the bot's own, and no outage.
LOST = (OSError, HTTPException, SlackClientError, ValueError)
SERVER_ERROR = 500
TOO_MANY = 429


class SlackRefusedError(Exception):
    """Slack said no (`code`, such as `channel_not_found`): nothing was done."""

    def __init__(self, method: str, code: str, detail: str = "") -> None:
        super().__init__(f"{method}: {code}{detail}")
        self.code = code

    @property
    def mendable(self) -> bool:
        """Whether an administrator can mend it, so that it is worth trying again."""
        return self.code in MENDABLE


class SlackBusyError(Exception):
    """Slack said not now, or could not be reached: nothing was done; `wait` is how long to leave it alone."""

    def __init__(self, method: str, code: str, wait: timedelta) -> None:
        super().__init__(f"{method}: {code}")
        self.wait = wait


class SlackAmbiguousError(Exception):
    """The answer was lost: it may have been done."""


def call(slack: WebClient, method: str, **params: Any) -> dict[str, Any]:
    """Slack's answer; raises SlackRefusedError, SlackBusyError or SlackAmbiguousError.

    Raises FencedError, and sends nothing, when the work at hand is another worker's by now.
    """
    check_fence()
    try:
        answer = getattr(slack, method.replace(".", "_"))(**params)
    except SlackApiError as error:
        raise _sorted(method, error) from error
    except URLError as error:
        if isinstance(error.reason, ConnectionRefusedError | OSError) and not isinstance(
            error.reason, TimeoutError | ConnectionResetError
        ):
            told = f"Slack could not be reached ({error.reason})"
            raise SlackBusyError(method, told, timedelta(seconds=5)) from error
        raise SlackAmbiguousError(f"{method}: {error.reason}") from error
    except LOST as error:
        raise SlackAmbiguousError(f"{method}: {type(error).__name__}") from error
    return dict(answer.data) if isinstance(answer.data, dict) else {}


def _sorted(method: str, error: SlackApiError) -> Exception:
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    code = str(_field(response, "error") or "no answer")
    if status == TOO_MANY or code in PASSING:
        return SlackBusyError(method, code, _retry_after(response))
    if status >= SERVER_ERROR or code in MAYBE_DONE:
        return SlackAmbiguousError(f"{method}: {code} (HTTP {status})")
    return SlackRefusedError(method, code, _messages(response))


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
    """Slack did not tell; nothing can be decided now, and it is asked again later."""
