"""Only this machine gets in."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.loopback import is_loopback
from tests.sandbox.slack.page_client import Page

STATE = "/sandbox/state?as=U0ALICE"


def test_this_machine_s_names_get_in(slack: SlackSandbox) -> None:
    page = Page(slack, "U0ALICE")
    assert page.request("GET", STATE, Host="localhost:8080", Origin="http://localhost:8080")[0] == 200
    assert page.request("GET", STATE, Host="[::1]:80")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1:3100", "Origin": "http://127.0.0.1:8000"},
        {"Host": "127.0.0.1:3100", "Origin": "http://localhost:3100"},
    ],
)
def test_other_names_and_origins_do_not(slack: SlackSandbox, headers: dict[str, str]) -> None:
    assert Page(slack, "U0ALICE").request("GET", STATE, None, **headers)[0] == 403


def test_a_foreign_page_opens_no_websocket(slack: SlackSandbox) -> None:
    url = f"{slack.page_url.replace('http', 'ws')}/link/?ticket={slack.socket.ticket()}"
    with pytest.raises(InvalidStatus, match="403"), connect(url, additional_headers={"Origin": "https://evil.example"}):
        pass


@pytest.mark.parametrize("name", ["127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "10.0.0.1"])
def test_names_that_only_look_like_it(name: str) -> None:
    assert not is_loopback(name)
