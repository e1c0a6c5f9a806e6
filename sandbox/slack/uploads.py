"""Where the bytes of files go to and come from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.errors import SlackRefusal
from sandbox.slack.workspace import Workspace


@dataclass
class Uploads:
    """The upload addresses of files.getUploadURLExternal, and url_private."""

    workspace: Workspace
    bot_token: str

    def routes(self) -> list[BaseRoute]:
        """Both."""
        return [
            Route("/upload/{ticket}", self.upload, methods=["POST"]),
            Route("/files/{file_id}/{name}", self.download, methods=["GET"]),
        ]

    async def upload(self, request: Request) -> Response:
        """Take the bytes; their number must be the one that was announced."""
        try:
            file = self.workspace.files.by_ticket(request.path_params["ticket"])
        except SlackRefusal as refusal:
            return JSONResponse(refusal.as_answer(), 404)
        body = await request.body()
        if len(body) != file.length:
            return PlainTextResponse(f"{len(body)} bytes came, {file.length} were announced", 400)
        file.content = body
        return PlainTextResponse(f"OK - {len(body)}")

    async def download(self, request: Request) -> Response:
        """The bytes, for the page and for a bot with its token and files:read; else, as in Slack, a page to sign in."""
        if not self._may_read(request):
            return HTMLResponse("<!DOCTYPE html><title>Sign in to your workspace</title>")
        try:
            file = self.workspace.files.find(request.path_params["file_id"])
        except SlackRefusal as refusal:
            return JSONResponse(refusal.as_answer(), 404)
        return Response(file.content or b"", media_type=str(file.for_api("")["mimetype"]))

    def _may_read(self, request: Request) -> bool:
        if request.headers.get("sec-fetch-site") == "same-origin":
            return True
        known = request.headers.get("authorization") == f"Bearer {self.bot_token}"
        return known and "files:read" in self.workspace.manifest.scopes
