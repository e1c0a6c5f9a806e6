"""How an address of Slack's is asked: the answer is here as a whole within its time, or there is none; and nobody is led elsewhere.

urllib's own timeout is for each piece of an answer, so that one that drips in would hold a thread for ever; a redirect would carry
the bot's token to another host, and make a post anew as something else. Source: Python documentation, "urllib.request"
(HTTPRedirectHandler), "http.client".
"""

from __future__ import annotations

import ssl
import time
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

LARGEST = 20_000_000  # Bytes of an answer; the largest that is asked for is a page of 200 messages.


class _Whole(RawIOBase):
    """What comes over a connection, until the seconds that it may wait for one piece are over, or more came than is read."""

    def __init__(self, connection: socket) -> None:
        self._connection, self._pieces = connection, connection.makefile("rb", buffering=0)
        self._seconds, self._began, self._read = connection.gettimeout(), time.monotonic(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._seconds is not None:
            self._connection.settimeout(self._left(self._seconds))
        read = self._pieces.readinto(buffer)
        self._read += read or 0
        if self._read > LARGEST:
            raise HTTPException(f"an answer of more than {LARGEST:,} bytes")
        return int(read) if read is not None else None

    def _left(self, seconds: float) -> float:
        left = self._began + seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not here in time")
        return left

    def close(self) -> None:
        self._pieces.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, connection: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(connection, *arguments, **named)
        self.fp.close()
        self.fp = BufferedReader(_Whole(connection))


class _Http(HTTPConnection):
    response_class = _Answer


class _Https(HTTPSConnection):
    response_class = _Answer


class _OverHttp(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Http, req)


class _OverHttps(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Https, req, context=_trusted())


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: the authorities of a machine are many."""
    return ssl.create_default_context()


def opener(proxy: str | None = None) -> OpenerDirector:
    """Opens addresses over http and https, through `proxy`, or what the environment names.

    `open(request, timeout=seconds)` raises as urllib's does: HTTPError for any status but 2xx, URLError, OSError, HTTPException.
    """
    through = ProxyHandler({"http": proxy, "https": proxy}) if proxy else ProxyHandler()
    return build_opener(_NoRedirects(), _OverHttp(), _OverHttps(), through)
