"""The sign-in page's federation endpoint, which turns temporary credentials into a link to the console.

Source: IAM User Guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
import secrets
from urllib.parse import parse_qs

from sandbox.aws.answers import HttpAnswer
from sandbox.aws.requests import Environ

PATH = "/federation"
SWITCH_ROLE = "/switchrole"
SERVICE = "signin"
SESSION_KEYS = {"sessionId", "sessionKey", "sessionToken"}


def answer(environ: Environ) -> HttpAnswer:
    """`getSigninToken` gives a token for the credentials of a session, `login` a page; everything else is refused."""
    query = _query(environ)
    if environ["PATH_INFO"] == SWITCH_ROLE:
        return _html(200, "Here the AWS console would switch the role.")
    if query.get("Action") == "getSigninToken":
        return _token(query)
    if query.get("Action") == "login" and {"Issuer", "Destination", "SigninToken"} <= set(query):
        return _html(200, "Here the AWS console would open.")
    return _html(400, "The request needs Action=getSigninToken or login, with their parameters.")


def action(environ: Environ) -> str:
    """What is asked for; the rest of the query holds secrets and is nobody's business."""
    return "switchrole" if environ["PATH_INFO"] == SWITCH_ROLE else _query(environ).get("Action", "")


def _query(environ: Environ) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}


def _token(query: dict[str, str]) -> HttpAnswer:
    try:
        session = json.loads(query.get("Session", ""))
    except ValueError:
        session = None
    if not isinstance(session, dict) or not set(session) >= SESSION_KEYS:
        return _html(400, f"Session must be a JSON object with {', '.join(sorted(SESSION_KEYS))}.")
    token = json.dumps({"SigninToken": secrets.token_urlsafe(32)})
    return HttpAnswer(200, [("Content-Type", "application/json")], token.encode())


def _html(status: int, text: str) -> HttpAnswer:
    return HttpAnswer(status, [("Content-Type", "text/html")], f"<p>{text}</p>".encode())
