"""One port on every address of a host; what cannot be had is told with its setting."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from bot.http.server import ListenError, listen

HERE, ALSO_HERE, NOWHERE = "127.0.0.1", "127.0.0.2", "192.0.2.1"
two_addresses = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has more than one loopback address unasked"
)


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the host's name stands for."""
    known: list[str] = []

    def getaddrinfo(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in known]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def bound(port: int = 0) -> list[tuple[str, int]]:
    made = listen("the-host", port)
    names = [one.getsockname() for one in made]
    for one in made:
        one.close()
    return names


@two_addresses
def test_every_address_gets_the_same_port(addresses: list[str]) -> None:
    addresses += [HERE, ALSO_HERE]
    (first, port), (second, same) = bound()
    assert (first, second, port) == (HERE, ALSO_HERE, same)
    assert port > 0


def test_an_address_that_is_named_twice_is_taken_once(addresses: list[str]) -> None:
    addresses += [HERE, HERE]
    assert len(bound()) == 1


def test_an_address_that_this_machine_lacks_is_left_out(addresses: list[str]) -> None:
    addresses += [NOWHERE, HERE]
    assert [address for address, _ in bound()] == [HERE]


def test_a_host_without_an_address_of_this_machine_is_refused(addresses: list[str]) -> None:
    addresses += [NOWHERE]
    with pytest.raises(ListenError, match="HOST=the-host PORT=0: this machine has no such address; set another"):
        bound()


@two_addresses
def test_a_port_that_is_taken_is_refused_and_nothing_stays_open(addresses: list[str]) -> None:
    addresses += [ALSO_HERE, HERE]
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ListenError, match=f"HOST=the-host PORT={port}: .*; set another, or stop what listens there"
        ):
            bound(port)
        with socket.socket() as asked:
            assert asked.connect_ex((ALSO_HERE, port)) != 0


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ListenError, match="HOST=no such host"):
        listen("no such host", 0)
