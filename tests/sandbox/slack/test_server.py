"""The server's own life: it stops with pages and bots still connected, and says when it cannot start."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from threading import Event
from unittest.mock import Mock

import pytest
from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.sync.client import connect

from sandbox.slack.driver import SlackSandbox
from sandbox.slack.server import Droppable, Stoppable, _shut
from tests.sandbox.slack.bots import client_of
from tests.sandbox.slack.conftest import MANIFEST
from tests.sandbox.slack.page_client import Page

PATIENCE = 20


def test_it_stops_while_a_page_and_a_bot_are_connected() -> None:
    slack = SlackSandbox(MANIFEST, "socket")
    slack.start()
    url = client_of(slack).apps_connections_open(app_token=slack.app_token)["url"]
    with Page(slack, "U0ALICE").events() as events, connect(url) as bot:
        bot.recv(5)
        slack.stop()
        assert list(events) == []
        with pytest.raises(ConnectionClosed):
            bot.recv(5)
    assert slack.socket.connections == 0


def test_who_connects_in_the_moment_of_the_end_is_parted_from() -> None:
    """The end and the connection come in one turn of the server's loop; warnings of what was left open are errors."""
    slack = SlackSandbox(MANIFEST)
    slack.start()
    server = slack._server._server
    assert server is not None
    loop, both = wait_for_loop(server), Event()
    loop.call_soon_threadsafe(both.wait, PATIENCE)
    with socket.create_connection(("127.0.0.1", int(slack.page_url.rpartition(":")[2]))) as late:
        server.end()
        both.set()
        slack.stop()
        late.settimeout(PATIENCE)
        assert left(late)
    gc.collect()


def wait_for_loop(server: Stoppable) -> asyncio.AbstractEventLoop:
    """The server listens before its thread has come as far as its loop."""
    end = time.monotonic() + PATIENCE
    while server._loop is None:
        assert time.monotonic() < end
        time.sleep(0.001)
    return server._loop


def left(connection: socket.socket) -> bool:
    """Whether the other side has ended it; raises TimeoutError while it is open."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_websocket_whose_other_side_has_just_left_is_closed() -> None:
    class Leaving:
        """uvicorn's protocol between the goodbye that it got and the end of the connection."""

        def __init__(self) -> None:
            self.transport = Mock(spec=asyncio.Transport)

        def shutdown(self) -> None:
            raise InvalidState("connection is closing")

    connection = Leaving()
    _shut(connection)
    connection.transport.close.assert_called_once_with()


def test_it_may_be_stopped_twice_and_started_again() -> None:
    slack = SlackSandbox(MANIFEST)
    for _ in range(2):
        slack.start()
        assert client_of(slack).auth_test()["ok"]
        slack.stop()
        slack.stop()


def test_a_port_that_is_taken(slack: SlackSandbox) -> None:
    port = int(slack.page_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        SlackSandbox(MANIFEST, port=port).start()


def test_the_page_and_nothing_else_is_served(slack: SlackSandbox) -> None:
    page = Page(slack, "U0ALICE")
    assert page.request("GET", "/page/main.js")[0] == 200
    assert b"<html" in page.request("GET", "/")[1]
    assert page.request("GET", "/page/../driver.py")[0] == 404
    assert page.request("GET", "/page/%2e%2e/driver.py")[0] == 404


def test_finished_connections_are_forgotten(slack: SlackSandbox) -> None:
    client_of(slack).auth_test()
    slack.stop()
    assert Droppable.open == {}
