"""Listening sockets for a host and a port. Source: Python documentation, "socket": `getaddrinfo`, `create_server`."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack

BACKLOG = 1024
# `localhost` may name an IPv6 address that this machine, or a container on it, lacks.
ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class ListenError(OSError):
    """The bot cannot listen on HOST and PORT; the text says why and what to do."""


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of `host`, all on the same port (0 takes a free one); raises ListenError."""
    made: list[socket.socket] = []
    with ExitStack() as undo:
        try:
            for family, address in _addresses(host, port):
                bound = _bound(family, address, made[0].getsockname()[1] if made else port)
                made += [undo.enter_context(bound)] if bound else []
        except OSError as error:
            raise _error(host, port, error.strerror or str(error)) from error
        if not made:
            raise _error(host, port, "this machine has no such address")
        undo.pop_all()
    return made


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket | None:
    try:
        return socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise


def _error(host: str, port: int, why: str) -> ListenError:
    return ListenError(f"HOST={host} PORT={port}: {why}; set another, or stop what listens there")
