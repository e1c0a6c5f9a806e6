"""The choice of a shell: rewrites where it was made, and is remembered; what it was made on is kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from approvals.sessions.shells import Picked, pick, shell_of
from approvals.slack.client import SlackRefusedError
from approvals.views.snippets import keys_of, shell_block
from operations.access.role_sessions import Minted
from tests.harness.handling import RecordingSlack
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

MINTED = Minted("ASIA1", SecretStr("canarySECRET"), SecretStr("canaryTOKEN"), datetime(2030, 1, 2, tzinfo=UTC), "AROA1")


def choice(shell: str = "fish", **where: Any) -> Picked:
    place = where or {"channel": "D1", "ts": "1.2", "text": "Credentials"}
    return Picked(user=ALICE, shell=shell, blocks=[shell_block(keys_of(MINTED), "bash", "web-session")], **place)


def remembered(workers: Workers, user: str) -> str:
    with workers.context.store.read() as session:
        return shell_of(session, user)


def test_the_same_message_is_rewritten_and_the_choice_is_remembered(workers: Workers) -> None:
    slack = RecordingSlack()
    for shell in ("powershell", "fish"):
        pick(workers.context, slack, choice(shell))
    (*_, made) = slack.made("chat.update")
    assert (made["channel"], made["ts"], made["text"]) == ("D1", "1.2", "Credentials")
    assert 'set -gx AWS_SESSION_TOKEN "canaryTOKEN"' in str(made["blocks"])
    assert (remembered(workers, ALICE), remembered(workers, BOB)) == ("fish", "bash")


def test_the_same_form_is_rewritten(workers: Workers) -> None:
    slack = RecordingSlack()
    pick(workers.context, slack, choice(view="V1"))
    (made,) = slack.made("views.update")
    assert made["view_id"] == "V1"
    assert "set -gx" in str(made["view"]["blocks"])


def test_a_shell_that_there_is_not_changes_nothing(workers: Workers) -> None:
    slack = RecordingSlack()
    pick(workers.context, slack, choice("tcsh"))
    assert (slack.calls, remembered(workers, ALICE)) == ([], "bash")


def test_a_message_that_is_gone_is_left_alone(workers: Workers) -> None:
    slack = RecordingSlack()
    slack.refuse["chat.update"] = "message_not_found"
    with pytest.raises(SlackRefusedError) as refused:
        pick(workers.context, slack, choice())
    assert "canary" not in str(refused.value)


def test_what_the_choice_was_made_on_does_not_print() -> None:
    assert "canary" not in repr(choice())
