"""Slack's error codes in sentences with the way out, for whoever sets the bot up.

Source: Slack API, "auth.test", "conversations.info", "users.info", "usergroups.users.list", "apps.connections.open" (Errors).
"""

from __future__ import annotations

import re

from slack_sdk.errors import SlackApiError

from approvals.slack.client import SERVER_ERROR

NO_ANSWER = "no answer"
CODE = re.compile(r"[a-z_]+")  # The SDK puts a page that is no JSON into the same field.
COPY_AGAIN = "copy it again from the app's settings in Slack"
INSTALL_AGAIN = "install the app again in the workspace, and copy its new token"
NO_PERSON = "Slack knows nobody like that in this workspace; correct the e-mail address or user id"
NO_GROUP = "Slack knows no such user group in this workspace, or it is disabled; correct its id (S…)"
MEANINGS = {
    "account_inactive": f"the token belongs to an app that was removed; {INSTALL_AGAIN}",
    "channel_not_found": "the bot sees no such channel; correct ORGBOT_APPROVAL_CHANNEL, or type /invite @orgbot in the channel",
    "invalid_auth": f"Slack does not know this token; {COPY_AGAIN}",
    "missing_scope": f"the app lacks a scope for it; take manifest.yml as the app's manifest, and {INSTALL_AGAIN}",
    NO_ANSWER: "Slack gave no answer that can be read; try again in a minute, or correct SLACK_API_URL",
    "no_such_subteam": NO_GROUP,
    "not_allowed_token_type": f"this is a token of another kind; {COPY_AGAIN}",
    "not_authed": f"Slack was given no token; {COPY_AGAIN}",
    "ratelimited": "Slack is asked too much just now; try again in a minute",
    "subteam_not_found": NO_GROUP,
    "token_expired": f"the token has expired; {INSTALL_AGAIN}",
    "token_revoked": f"the token was revoked; {INSTALL_AGAIN}",
    "user_not_found": NO_PERSON,
    "user_not_visible": NO_PERSON,
    "users_not_found": NO_PERSON,
}


def meaning(code: str) -> str:
    """One sentence, with Slack's code in brackets."""
    return f"{MEANINGS.get(code, 'Slack refuses it; its API pages explain the code')} ({code})"


def code_of(error: SlackApiError) -> str:
    """Slack's code for an error, such as `invalid_auth`; NO_ANSWER where what came is none of Slack's own."""
    response = error.response
    code = str(response.get("error") or "") if response is not None else ""
    broken = int(getattr(response, "status_code", 0) or 0) >= SERVER_ERROR
    return code if CODE.fullmatch(code) and not broken else NO_ANSWER
