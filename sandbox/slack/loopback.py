"""Only this machine: a Host or Origin that is no loopback name is refused, so that no web page elsewhere gets in."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_loopback(authority: str) -> bool:
    """Whether `host`, `host:port` or an origin names this machine."""
    try:
        return urlsplit(authority if "://" in authority else f"//{authority}").hostname in LOOPBACK
    except ValueError:
        return False


class LoopbackOnly:
    """ASGI middleware against DNS rebinding and foreign pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass what comes from this machine; 403 or a refused WebSocket else."""
        if scope["type"] == "lifespan" or _allowed(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("This sandbox answers this machine only.\n", 403)(scope, receive, send)


def _allowed(headers: Headers) -> bool:
    origin = headers.get("origin")
    return is_loopback(headers.get("host", "")) and (origin is None or is_loopback(origin))
