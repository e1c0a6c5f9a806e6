"""What the bot's answer to a submission does to a person's forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App

from sandbox.slack.driver import SlackSandbox
from tests.sandbox.slack.bots import Bot, over_http

Json = dict[str, Any]


def page(name: str, **more: Any) -> Json:
    title = {"type": "plain_text", "text": name}
    return {"type": "modal", "callback_id": "step", "title": title, "submit": title, "blocks": [note()], **more}


def note() -> Json:
    element = {"type": "plain_text_input", "action_id": "note", "initial_value": "x"}
    return {"type": "input", "block_id": "note", "label": {"type": "plain_text", "text": "Note"}, "element": element}


class Steps(Bot):
    """A bot whose form is answered by whatever a test sets."""

    answer: Json

    def __init__(self, slack: SlackSandbox) -> None:
        super().__init__(slack)
        self.app: App
        self.app.view("step")(self.on_step)
        self.app.view_closed("step")(self.on_closed)
        self.answer = {}

    def on_command(self, ack: Any, body: Json, client: Any) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=page("First", notify_on_close=True))

    def on_step(self, ack: Any, body: Json) -> None:
        self.got.append(body)
        ack(**self.answer)


@pytest.fixture
def bot(slack: SlackSandbox) -> Iterator[Steps]:
    made = Steps(slack)
    with over_http(made, slack):
        slack.person("alice").types("/org")
        yield made


def titles(slack: SlackSandbox) -> str | None:
    view = slack.person("alice").view
    return view["title"]["text"] if view else None


def test_an_empty_answer_closes_the_form(slack: SlackSandbox, bot: Steps) -> None:
    assert slack.person("alice").submits().ok
    assert titles(slack) is None


def test_an_update_replaces_it(slack: SlackSandbox, bot: Steps) -> None:
    before = slack.person("alice").view or {}
    bot.answer = {"response_action": "update", "view": page("Second")}
    result = slack.person("alice").submits()
    assert (result.ok, result.response_action) == (True, "update")
    after = slack.person("alice").view or {}
    assert titles(slack) == "Second"
    assert after["id"] == before["id"]
    assert after["hash"] != before["hash"]


def test_a_push_lies_on_it_and_falls_back_to_it(slack: SlackSandbox, bot: Steps) -> None:
    alice = slack.person("alice")
    bot.answer = {"response_action": "push", "view": page("Second")}
    assert alice.submits().response_action == "push"
    assert titles(slack) == "Second"
    bot.answer = {}
    alice.submits()
    assert titles(slack) == "First"


def test_a_clear_takes_all(slack: SlackSandbox, bot: Steps) -> None:
    alice = slack.person("alice")
    bot.answer = {"response_action": "push", "view": page("Second")}
    alice.submits()
    bot.answer = {"response_action": "clear"}
    assert alice.submits().response_action == "clear"
    assert titles(slack) is None


def test_errors_keep_it_open(slack: SlackSandbox, bot: Steps) -> None:
    bot.answer = {"response_action": "errors", "errors": {"note": "No."}}
    result = slack.person("alice").submits()
    assert (result.ok, result.by_block, result.errors["Note"]) == (False, {"note": "No."}, "No.")
    assert titles(slack) == "First"


def test_errors_elsewhere_are_a_failure_as_in_slack(slack: SlackSandbox, bot: Steps) -> None:
    bot.answer = {"response_action": "errors", "errors": {"nowhere": "No."}}
    result = slack.person("alice").submits()
    assert result.error is not None
    assert result.error.startswith("We had some trouble connecting.")


def test_a_view_above_slack_s_limits_is_a_failure(slack: SlackSandbox, bot: Steps) -> None:
    bot.answer = {"response_action": "update", "view": page("x" * 25)}
    result = slack.person("alice").submits()
    assert result.error is not None
    assert "json-pointer:/view/title/text" in result.error
    assert titles(slack) == "First"


def test_clear_on_close_takes_all_and_tells_so(slack: SlackSandbox, bot: Steps) -> None:
    alice = slack.person("alice")
    bot.answer = {"response_action": "push", "view": page("Second", clear_on_close=True)}
    alice.submits()
    alice.closes()
    assert titles(slack) is None
    assert [(body["type"], body.get("is_cleared")) for body in bot.got[1:]] == [("view_closed", True)]


def test_someone_else_s_form_is_not_found(slack: SlackSandbox, bot: Steps) -> None:
    view = slack.person("alice").view or {}
    with pytest.raises(Exception, match="not_found"):
        slack.forms.submit("bob", view["id"], {})
