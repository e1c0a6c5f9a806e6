"""What comes over HTTP and has none of the shapes that Slack sends is 400, however it is spoilt."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from bot.transport import SignedHttp

DEEP = "[" * 5000 + "]" * 5000
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Bolt:
    """An app that nothing unreadable may reach."""

    def dispatch(self, _: Any) -> Any:
        raise AssertionError("this was read")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (urlencode({"payload": f'{{"type": "block_actions", "actions": {DEEP}}}'}), FORM),
        (f'{{"type": "event_callback", "event": {DEEP}}}', JSON),
        (urlencode({"payload": "{"}), FORM),
        ("[]", JSON),
    ],
    ids=["deep payload", "deep event", "cut off", "a list"],
)
def test_what_cannot_be_read_is_400(body: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    app: Any = Bolt()
    assert SignedHttp(app).dispatch(body, {"content-type": [kind]})[0] == 400
    assert "a delivery that cannot be read was refused" in caplog.text
