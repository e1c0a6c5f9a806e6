"""views.*"""

from __future__ import annotations

from sandbox.slack.api.registry import Call, Json, method
from sandbox.slack.errors import SlackRefusal, invalid_arguments
from sandbox.slack.limits import view_problems


def _view(call: Call, kind: str = "modal") -> Json:
    view = call.data("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise invalid_arguments("[ERROR] missing required field: view")
    if view.get("type") != kind:
        raise invalid_arguments(f"[ERROR] must be one of {kind} [json-pointer:/view/type]")
    judged(view)
    found = list(call.workspace.files.unusable(view["blocks"], "/view/blocks"))
    if found:
        raise invalid_arguments(*found)
    return view


def judged(view: Json) -> Json:
    """The view, when Slack would take it; raises view_too_large or invalid_arguments with the reasons."""
    found = view_problems(view)
    if any("bytes" in entry for entry in found):
        raise SlackRefusal("view_too_large")
    if found:
        raise invalid_arguments(*found)
    return view


@method("views.open")
def views_open(call: Call) -> Json:
    """Open a form for the person whose trigger it is."""
    view = _view(call)
    trigger = call.workspace.triggers.spend(call.required("trigger_id"))
    opened = call.workspace.views.open(trigger.user, view, trigger.window)
    call.workspace.tell_user(trigger.user, {"type": "view_opened", "view": opened}, trigger.window)
    return {"ok": True, "view": opened}


@method("views.push")
def views_push(call: Call) -> Json:
    """Lay a form on the one in which the person just acted."""
    view = _view(call)
    trigger = call.workspace.triggers.spend(call.required("trigger_id"))
    pushed = call.workspace.views.push(trigger.user, view, trigger.window)
    call.workspace.tell_user(trigger.user, {"type": "view_pushed", "view": pushed}, trigger.window)
    return {"ok": True, "view": pushed}


@method("views.update")
def views_update(call: Call) -> Json:
    """New content for an open form, by view_id or external_id; `hash` guards against a race."""
    view, views = _view(call), call.workspace.views
    if call.text("view_id"):
        owner, old = views.find(call.text("view_id"))
    else:
        owner, old = views.find_external(call.required("external_id"))
    updated = views.replace(old, view, call.text("hash") or None)
    call.workspace.tell_user(owner, {"type": "view_updated", "view": updated})
    return {"ok": True, "view": updated}


@method("views.publish")
def views_publish(call: Call) -> Json:
    """A person's home tab."""
    if not call.workspace.manifest.home_tab:
        raise SlackRefusal("not_enabled")
    user = call.workspace.users.get(call.required("user_id"))
    if user is None:
        raise SlackRefusal("invalid_arguments")
    published = call.workspace.views.publish(user.id, _view(call, "home"), call.text("hash") or None)
    call.workspace.tell_user(user.id, {"type": "home", "view": published})
    return {"ok": True, "view": published}
