"""Sending and closing forms: what goes to the bot, and what its answer does to the person's stack of forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.slack.api.views import judged
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.interactions import Interactions
from sandbox.slack.outcomes import SubmitResult
from sandbox.slack.state import Values, filled, not_offered, refused
from sandbox.slack.transport.delivery import Delivery
from sandbox.slack.triggers import WINDOW
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
TROUBLE = "We had some trouble connecting. Try again?"


@dataclass
class Forms:
    """The forms' side of `Interactions`."""

    actions: Interactions

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return self.actions.workspace

    def submission(self, user_id: str, view_id: str, values: Values) -> Delivery:
        """The delivery of a filled form, not sent."""
        with self.workspace.lock:
            user, view = self._own(user_id, view_id)
            state = filled(view["blocks"], values)
            return Delivery("interactive", self.actions.payloads.submission(user, view, state))

    def _own(self, user_id: str, view_id: str) -> tuple[Any, Json]:
        user = self.workspace.user(user_id)
        owner, view = self.workspace.views.find(view_id)
        if owner != user.id:
            raise SlackRefusal("not_found")
        return user, view

    def submit(self, user_id: str, view_id: str, values: Values) -> SubmitResult:
        """Send a form. What Slack's client refuses never reaches the bot; the bot's answer is carried out."""
        user, view = self._own(user_id, view_id)
        state = filled(view["blocks"], values)
        errors = refused(view["blocks"], state)
        if errors:
            return _refused(view, errors)
        strange = not_offered(view["blocks"], state)
        if strange:
            return SubmitResult(ok=False, error=strange)
        answer = self.actions.dispatcher.send(self.submission(user_id, view_id, values))
        if not answer.ok:
            return SubmitResult(ok=False, error=TROUBLE)
        return self._carry_out(user.id, view, answer.body)

    def _carry_out(self, user_id: str, view: Json, body: Any) -> SubmitResult:
        try:
            with self.workspace.changed:
                return self._respond(user_id, view, body or {})
        except SlackRefusal as refusal:
            reasons = refusal.fields.get("response_metadata", {}).get("messages", [])
            return SubmitResult(ok=False, error="; ".join([refusal.code, *reasons]))

    def _respond(self, user_id: str, view: Json, body: Any) -> SubmitResult:
        """Slack's "Modals: updating, pushing, closing, displaying errors"."""
        action = body.get("response_action") if isinstance(body, dict) else "none"
        if not body:
            self._tell_closed(user_id, [view["id"]] if self._close(view) else [])
            return SubmitResult(ok=True)
        if action == "errors":
            return self._errors(view, body.get("errors"))
        if action == "clear":
            self._tell_closed(user_id, [v["id"] for v in self.workspace.views.close(view["id"], whole_stack=True)])
            return SubmitResult(ok=True, response_action="clear")
        if action == "update":
            shown = self.workspace.views.replace(view, judged(body.get("view", {})), None)
        elif action == "push":
            shown = self.workspace.views.push(user_id, judged(body.get("view", {})), WINDOW.get())
        else:
            return SubmitResult(ok=False, error=TROUBLE)
        event = "view_updated" if action == "update" else "view_pushed"
        self.workspace.tell_user(user_id, {"type": event, "view": shown})
        return SubmitResult(ok=True, response_action=action, view=shown)

    def _errors(self, view: Json, errors: Any) -> SubmitResult:
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
            return SubmitResult(ok=False, error=f"{TROUBLE} (errors must name input blocks of this view)")
        return _refused(view, {block_id: str(text) for block_id, text in errors.items()})

    def _close(self, view: Json) -> bool:
        """Take the form away, unless the bot replaced or removed it while it answered."""
        try:
            self.workspace.views.close(view["id"])
        except SlackRefusal:
            return False
        return True

    def _tell_closed(self, user_id: str, view_ids: list[str]) -> None:
        for view_id in view_ids:
            self.workspace.tell_user(user_id, {"type": "view_closed", "view_id": view_id})

    def close(self, user_id: str, view_id: str) -> None:
        """Cancel a form; the bot hears view_closed where the view asked for it. clear_on_close takes all forms."""
        user, view = self._own(user_id, view_id)
        clears = bool(view["clear_on_close"])
        closed = self.workspace.views.close(view_id, whole_stack=clears)
        self._tell_closed(user.id, [entry["id"] for entry in closed])
        for entry in closed:
            if entry["notify_on_close"]:
                payload = self.actions.payloads.closed(user, entry, is_cleared=clears)
                self.actions.dispatcher.send(Delivery("interactive", payload))


def _refused(view: Json, errors: dict[str, str]) -> SubmitResult:
    """Errors by block_id and by label, for those who know only what they see."""
    labels = {block["block_id"]: block["label"]["text"] for block in view["blocks"] if block["type"] == "input"}
    by_label = {labels[block_id]: text for block_id, text in errors.items() if block_id in labels}
    return SubmitResult(ok=False, response_action="errors", errors={**errors, **by_label}, by_block=errors)
