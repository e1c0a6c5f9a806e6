"""One loopback port for everything, served from a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from uvicorn.protocols.http.h11_impl import H11Protocol
from websockets.exceptions import InvalidState

from sandbox.slack.loopback import LOOPBACK, LoopbackOnly
from sandbox.slack.workspace import Workspace

GRACE_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 0.005
LAST_LOOKS = 2
PAGE = Path(__file__).parent / "page"


class Droppable(H11Protocol):
    """uvicorn's protocol, which remembers its connections so that a fault can break one."""

    open: dict[tuple[Any, Any], asyncio.Transport] = {}  # noqa: RUF012 - One table for all connections.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection by both of its ends."""
        super().connection_made(transport)
        self.open[_ends(transport)] = transport

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the connection belongs to uvicorn's WebSocket protocol, which this class does not hear of."""
        self.open.pop(_ends(self.transport), None)
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.open.pop(_ends(self.transport), None)
        super().connection_lost(exc)


def _ends(transport: asyncio.Transport) -> tuple[Any, Any]:
    """Host and port of both sides; IPv6 has more, which nobody compares."""
    return tuple(transport.get_extra_info("peername")[:2]), tuple(transport.get_extra_info("sockname")[:2])


def _shut(connection: Any) -> None:
    """Ask a connection to end; uvicorn does not expect a WebSocket whose other side has just said goodbye."""
    try:
        connection.shutdown()
    except InvalidState:
        connection.transport.close()


def drop(request: Request) -> None:
    """Break the connection that a request came over: the other side sees a reset, and no answer."""
    ends = (tuple(request.scope["client"]), tuple(request.scope["server"]))
    transport = Droppable.open.get(ends)
    if transport is not None:
        transport.abort()


class Stoppable(uvicorn.Server):
    """uvicorn's server, which ends when it is told instead of looking every tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end; the Date header stays that of the start, which nobody reads here."""
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        if not self.should_exit:
            await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what listens, ask the connections to end, wait for them as long as it takes and no longer."""
        await self._close(sockets or [])
        for connection in list(self.server_state.connections):
            _shut(connection)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        for _ in range(LAST_LOOKS):
            self._part()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _close(self, listeners: list[socket.socket]) -> None:
        """Let nobody in any more.

        A connection is accepted in one turn of the loop and attached to its server in the next: whoever was accepted gets that
        turn before the server is closed, for after that asyncio drops the transport, open, with nobody knowing of it.
        """
        for listener in listeners:
            asyncio.get_running_loop().remove_reader(listener)
        await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()

    def _part(self) -> None:
        """Whoever has not left by now, or came last, is not waited for."""
        for transport in list(getattr(asyncio.get_running_loop(), "_transports", {}).values()):
            transport.abort()

    def end(self) -> None:
        """Let it end, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end.set)


class Server:
    """A uvicorn server in a thread; `start` returns when it listens, `stop` when the thread has ended."""

    def __init__(self, routes: list[BaseRoute], host: str, port: int, workspace: Workspace) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"host {host!r} is not a loopback address: the sandbox knows no passwords. Use 127.0.0.1.")
        self._workspace = workspace
        self._address = (host, port)
        self._routes = Starlette(routes=[*routes, *_page()])
        self._app = LoopbackOnly(self._routes)
        self._thread: Thread | None = None
        self._server: Stoppable | None = None
        self.url = ""

    def add(self, routes: list[BaseRoute]) -> None:
        """More to answer, from now on."""
        self._routes.router.routes[:0] = routes

    def start(self) -> str:
        """Listen; the server's own address. Raises OSError when the port is taken."""
        listener = socket.create_server(self._address, family=_family(self._address[0]), backlog=256)
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        self.url = f"http://{host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            self._app,
            http=Droppable,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._server = Stoppable(config)
        self._thread = Thread(target=self._serve, args=(listener,), name="slack-sandbox", daemon=True)
        self._thread.start()
        return self.url

    def _serve(self, listener: socket.socket) -> None:
        assert self._server is not None  # noqa: S101 - start() sets it before the thread runs.
        with listener:
            asyncio.run(self._server.serve(sockets=[listener]))

    def stop(self) -> None:
        """End the streams, then the server, then the thread."""
        self._workspace.pages.close()
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join()
        self._server = self._thread = None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def _index(_: Request) -> Response:
    page = PAGE / "index.html"
    return FileResponse(page) if page.exists() else PlainTextResponse("The page is not built in here.\n", 404)


def _page() -> list[BaseRoute]:
    """The page and its modules."""
    return [Route("/", _index), Mount("/page", StaticFiles(directory=PAGE, check_dir=False))]
