"""Only this machine and this page: a Host that is no loopback name, or another Origin than this one, is refused.

Another program's page on this machine is another origin as well: its port differs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_loopback(authority: str) -> bool:
    """Whether `host` or `host:port` names this machine."""
    try:
        return urlsplit(f"//{authority}").hostname in LOOPBACK
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
    host, origin = headers.get("host", ""), headers.get("origin")
    return is_loopback(host) and (origin is None or origin == f"http://{host}")
