"""Whatever a click's payload says that Slack would not say: refused or harmless, and never an error of the bot's own."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.http.transport import SignedHttp
from tests.harness.handling import APPROVALS, BOB, TEAM, Handling

MOVE = "move-account --account fullback-staging --to /Workloads/Production"
MISSING = object()
WRONG: tuple[Any, ...] = (
    *(MISSING, None, "", " ", "x", "0", "-1", "2", "007", "1e3", "9" * 400, "²", "\u202e1", "<!channel>", "'; --"),
    *(0, -1, 2, 2**63, 1.5, True, [], [[]], ["1"], {}, {"id": "1"}, "x" * 4000),
)


def payload(kind: str) -> dict[str, Any]:
    """A press of a button of request #1's card, in Slack's shape. Source: Slack API, "block_actions payload"."""
    return {
        "type": "block_actions",
        "user": {"id": BOB, "username": "bob", "name": "bob", "team_id": TEAM},
        "api_app_id": "A0ORGBOT",
        "token": "verification",
        "container": {"type": "message", "message_ts": "1.2", "channel_id": APPROVALS, "is_ephemeral": False},
        "trigger_id": "1.2.3",
        "team": {"id": TEAM, "domain": "fullback"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": APPROVALS, "name": "aws-approvals"},
        "message": {"type": "message", "ts": "1.2", "text": "Waiting", "blocks": []},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.example/actions/1",
        "actions": [
            {
                "action_id": kind,
                "block_id": "b",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "1",
                "type": "button",
                "action_ts": "1.3",
            }
        ],
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field, however deep."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


def tampered(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


@pytest.fixture
def asked(handling: Handling) -> Handling:
    """Alice has asked for request #1."""
    handling.types(MOVE)
    return handling


def press(handling: Handling, body: dict[str, Any]) -> int:
    headers = {"content-type": ["application/x-www-form-urlencoded"]}
    status, _, _ = SignedHttp(handling.app).dispatch(urlencode({"payload": json.dumps(body)}), headers)
    handling.work()
    return status


@pytest.mark.parametrize("path", list(places(payload("approve"))), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("kind", ["approve", "deny", "cancel"])
def test_a_field_that_was_tampered_with_is_refused_or_harmless(
    asked: Handling, caplog: pytest.LogCaptureFixture, kind: str, path: tuple[Any, ...]
) -> None:
    for value in WRONG:
        body = tampered(payload(kind), path, value)
        assert press(asked, body) in (200, 400, 404), value
        assert [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.ERROR] == [], value
    for click in asked.clicks():
        assert is_what_slack_vouches_for(click, path)


def is_what_slack_vouches_for(click: tuple[str, str, str, int, str], path: tuple[Any, ...]) -> bool:
    """The edge has checked Slack's signature over the whole, so that who pressed is who the payload names; the rest is as it was.

    What is kept names the request that the button names, which a worker looks up; it decides nothing by itself.
    """
    kind, user, team, number, _ = click
    known = {
        "kind": kind in ("approve", "deny", "cancel"),
        "user": user == BOB,
        "team": team == TEAM,
        "number": number == 1,
    }
    free: dict[tuple[Any, ...], set[str]] = {
        ("user",): {"user", "team"},
        ("user", "id"): {"user"},
        ("user", "team_id"): {"team"},
    }
    free |= {
        ("actions", 0): {"kind", "number"},
        ("actions", 0, "value"): {"number"},
        ("actions", 0, "action_id"): {"kind"},
    }
    wrong = {name for name, same in known.items() if not same}
    return wrong <= free.get(path, set()) and number > 0
