"""manifest.yml is what Slack accepts: its limits, its keys, and no scope that nobody can explain.

Source: Slack API, "App manifest reference". The part of its schema that this manifest uses is written out here, closed to
every other key as Slack's is.
"""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.checks.slack import SCOPES
from handlers.action_ids import LAUNCHER, MESSAGE_LAUNCHER

MANIFEST = Path(__file__).parents[1] / "manifest.yml"
SCOPE_LINE = re.compile(r"^ +- (?P<scope>[a-z.]+(?::[a-z.]+)?)(?P<rest>.*)$")


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def text(longest: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


def some(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": items}


TRUE, FALSE, FLAG = {"const": True}, {"const": False}, {"type": "boolean"}
COMMAND = closed(
    ["command", "description", "usage_hint", "should_escape"],
    command=text(32, pattern="^/[a-z0-9_-]+$"),
    description=text(2000),
    usage_hint=text(1000),
    should_escape=FALSE,
)
SHORTCUT = closed(
    ["name", "type", "callback_id", "description"],
    name=text(24),
    type={"enum": ["global", "message"]},
    callback_id=text(255),
    description=text(150),
)
SCHEMA = closed(
    ["display_information", "features", "oauth_config", "settings"],
    _metadata=closed([], major_version={"const": 2}, minor_version={"type": "integer"}),
    display_information=closed(
        ["name"],
        name=text(35),
        description=text(140),
        long_description=text(4000, minLength=175),
        background_color={"type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$"},
    ),
    features=closed(
        ["app_home", "bot_user", "slash_commands"],
        app_home=closed(
            ["home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"],
            home_tab_enabled=TRUE,
            messages_tab_enabled=TRUE,
            messages_tab_read_only_enabled=TRUE,
        ),
        bot_user=closed(["display_name"], display_name=text(80), always_online=FLAG),
        slash_commands=some(COMMAND, 50),
        shortcuts=some(SHORTCUT, 10),
    ),
    oauth_config=closed(["scopes"], scopes=closed(["bot"], bot=some(text(255), 255))),
    settings=closed(
        ["event_subscriptions", "interactivity", "socket_mode_enabled", "token_rotation_enabled"],
        event_subscriptions=closed(["bot_events"], bot_events=some({"enum": ["app_home_opened"]}, 100)),
        interactivity=closed(["is_enabled"], is_enabled=TRUE),  # Socket Mode: no request_url.
        org_deploy_enabled=FALSE,
        socket_mode_enabled=TRUE,
        token_rotation_enabled=FALSE,
    ),
)


@pytest.fixture
def manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def complaints(manifest: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(SCHEMA).iter_errors(manifest)]


def scope_lines() -> dict[str, str]:
    """Scope -> what follows it on its line."""
    below = MANIFEST.read_text(encoding="utf-8").partition("    bot:\n")[2].partition("\nsettings:")[0]
    found = [SCOPE_LINE.match(line) for line in below.splitlines()]
    return {match["scope"]: match["rest"] for match in found if match}


def test_slack_accepts_it(manifest: Any) -> None:
    assert complaints(manifest) == []


def test_the_shortcuts_are_those_that_the_bot_takes(manifest: Any) -> None:
    declared = {shortcut["type"]: shortcut["callback_id"] for shortcut in manifest["features"]["shortcuts"]}
    assert declared == {"global": LAUNCHER, "message": MESSAGE_LAUNCHER}


def test_the_command_is_org(manifest: Any) -> None:
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/org"]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("display_information", "name"), "n" * 36),
        (("display_information", "description"), "d" * 141),
        (("features", "bot_user", "display_name"), "b" * 81),
        (("features", "shortcuts"), []),
        (("features", "shortcuts", 0, "name"), "n" * 25),
        (("features", "shortcuts", 0, "type"), "everywhere"),
        (("features", "app_home", "messages_tab_enabled"), False),
        (("oauth_config", "scopes", "bot"), []),
        (("oauth_config", "redirect_urls"), []),
        (("settings", "interactivity", "request_url"), "https://example.com"),
        (("settings", "event_subscriptions", "bot_events"), ["app_home_open"]),
    ],
)
def test_what_slack_refuses_is_refused_here(manifest: Any, path: tuple[str | int, ...], wrong: Any) -> None:
    spoiled = deepcopy(manifest)
    place = spoiled
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    assert complaints(spoiled)


def test_every_scope_gives_its_reason(manifest: Any) -> None:
    lines = scope_lines()
    assert list(lines) == manifest["oauth_config"]["scopes"]["bot"]
    assert [scope for scope, rest in lines.items() if not re.match(r" # \S+", rest)] == []


def test_scopes_are_sorted_and_just_those_that_orgbot_check_compares_with() -> None:
    assert list(scope_lines()) == sorted(SCOPES)
