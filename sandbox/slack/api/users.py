"""users.* and usergroups.*"""

from __future__ import annotations

from sandbox.slack.api.conversations import channel_object, types
from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.cast import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Group, User
from sandbox.slack.errors import SlackRefusal

READ = ("users:read",)
GROUPS = ("usergroups:read",)


def user_object(user: User, *, email: bool) -> Json:
    """A person as the Web API shows them; the e-mail only with users:read.email."""
    shown: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": _profile(user, email=email),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1700000000,
    }
    if user.team_id != TEAM_ID:
        shown["is_stranger"] = True
    if user.deleted:
        return shown
    return shown | {
        "color": user.color,
        "real_name": user.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_email_confirmed": not user.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }


def _profile(user: User, *, email: bool) -> Json:
    first, _, last = user.real_name.partition(" ")
    profile: Json = {
        "title": user.title,
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "team": user.team_id,
    }
    if user.is_bot:
        return profile | {"bot_id": BOT_ID, "api_app_id": APP_ID}
    return profile | ({"email": user.email} if email and user.email else {})


def _show(call: Call, user: User) -> Json:
    return user_object(user, email="users:read.email" in call.scopes)


@method("users.info", scopes=READ)
def users_info(call: Call) -> Json:
    """One person."""
    user = call.workspace.users.get(call.required("user"))
    if user is None:
        raise SlackRefusal("user_not_found")
    return {"ok": True, "user": _show(call, user)}


@method("users.list", scopes=READ)
def users_list(call: Call) -> Json:
    """Everybody, deactivated people included; people of other teams are not listed."""
    own = [user for user in call.workspace.users.values() if user.team_id == TEAM_ID]
    page, following = call.page(own)
    members = [_show(call, user) for user in page]
    return {"ok": True, "members": members, "cache_ts": 1700000000, "response_metadata": following}


@method("users.lookupByEmail", scopes=("users:read.email",))
def users_lookup_by_email(call: Call) -> Json:
    """One active person by e-mail address."""
    wanted = call.required("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == wanted and not user.deleted and user.team_id == TEAM_ID:
            return {"ok": True, "user": _show(call, user)}
    raise SlackRefusal("users_not_found")


@method("users.conversations")
def users_conversations(call: Call) -> Json:
    """The channels of a person, or of the bot."""
    wanted, who = types(call), call.text("user", BOT_USER)
    if who not in call.workspace.users:
        raise SlackRefusal("user_not_found")
    found = [c for c in call.workspace.channels.values() if c.kind in wanted and {who, BOT_USER} & c.members >= {who}]
    seen = [c for c in found if c.kind == "public_channel" or BOT_USER in c.members]
    page, following = call.page(seen)
    return {"ok": True, "channels": [channel_object(entry) for entry in page], "response_metadata": following}


def _group_object(call: Call, group: Group) -> Json:
    shown: Json = {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1700000000,
        "date_delete": 1700000001 if group.disabled else 0,
        "auto_provision": False,
        "prefs": {"channels": [], "groups": []},
    }
    if call.flag("include_users"):
        shown["users"] = list(group.users)
    if call.flag("include_count"):
        shown["user_count"] = len(group.users)
    return shown


@method("usergroups.list", scopes=GROUPS)
def usergroups_list(call: Call) -> Json:
    """The user groups."""
    found = [g for g in call.workspace.groups.values() if not g.disabled or call.flag("include_disabled")]
    return {"ok": True, "usergroups": [_group_object(call, group) for group in found]}


@method("usergroups.users.list", scopes=GROUPS)
def usergroups_users_list(call: Call) -> Json:
    """Who is in a user group."""
    group = call.workspace.groups.get(call.required("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise SlackRefusal("no_such_subteam")
    return {"ok": True, "users": list(group.users)}
