"""auth.*, api.test, apps.connections.open, team.info, bots.info."""

from __future__ import annotations

from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.cast import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from sandbox.slack.errors import SlackRefusal


@method("api.test", caller="none")
def api_test(call: Call) -> Json:
    """Answers with what it was given."""
    given = {name: value for name, value in call.args.items() if name != "token"}
    if "error" in given:
        raise SlackRefusal(str(given["error"]), args=given)
    return {"ok": True, "args": given}


@method("auth.test")
def auth_test(call: Call) -> Json:
    """Who the token is."""
    return {
        "ok": True,
        "url": f"{call.base_url}/",
        "team": TEAM_NAME,
        "user": call.workspace.users[BOT_USER].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", caller="app")
def apps_connections_open(call: Call) -> Json:
    """A WebSocket address that one connection may use."""
    return {"ok": True, "url": call.new_socket_url()}


@method("team.info", scopes=("team:read",))
def team_info(call: Call) -> Json:
    """The workspace's name and domain."""
    if call.text("team", TEAM_ID) != TEAM_ID:
        raise SlackRefusal("team_not_found")
    team = {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": "example.com", "icon": {}}
    return {"ok": True, "team": {**team, "url": f"{call.base_url}/"}}


@method("bots.info", scopes=("users:read",))
def bots_info(call: Call) -> Json:
    """The app's bot."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise SlackRefusal("bot_not_found")
    name = call.workspace.users[BOT_USER].name
    bot = {"id": BOT_ID, "deleted": False, "name": name, "updated": 0, "app_id": APP_ID, "user_id": BOT_USER}
    return {"ok": True, "bot": {**bot, "icons": {}}}
