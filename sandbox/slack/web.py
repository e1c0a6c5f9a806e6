"""`/api/<method>`: tokens, scopes, arguments, faults, the record; then the method itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive

from sandbox.slack.api import METHODS, Method
from sandbox.slack.api.registry import Call
from sandbox.slack.calls import ApiCall, CallLog
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.faults import Fault, Faults
from sandbox.slack.multipart import read_parts
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass
class WebApi:
    """The Web API over one workspace."""

    workspace: Workspace
    bot_token: str
    app_token: str
    faults: Faults
    calls: CallLog
    new_socket_url: Callable[[], str]
    drop: Callable[[Request], None]
    base_url: str = ""

    async def endpoint(self, request: Request) -> Response:
        """Answer one call as Slack does: HTTP 200 with `ok` and `error`, except where a fault says otherwise."""
        name = request.path_params["method"]
        try:
            params = await _params(request)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_json"})
        token = _token(request, params)
        fault = self.faults.next(name, params)
        if fault is None:
            return self._limited(name, params) or self._respond(name, self._done(name, params, token))
        return await self._faulty(fault, request, name, params, token)

    def answer(self, name: str, headers: dict[str, str], body: bytes) -> Response:
        """The answer to a call of this process, which needs no connection. What may go wrong does so over one: see `faults`."""
        sent = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
        scope = {
            "type": "http",
            "method": "POST",
            "path_params": {"method": name},
            "query_string": b"",
            "headers": sent,
        }
        return _at_once(self.endpoint(Request(scope, _whole(body))))

    def _limited(self, name: str, params: Json) -> Response | None:
        now = self.workspace.clock.now()
        wait = self.faults.rates.refuses(name, params, now)
        if not wait:
            return None
        refusal = {"ok": False, "error": "ratelimited"}
        self.calls.add(ApiCall(name, params, now, refusal))
        return JSONResponse(refusal, 429, headers={"Retry-After": str(wait)})

    async def _faulty(self, fault: Fault, request: Request, name: str, params: Json, token: str) -> Response:
        if fault.fault == "late":
            result = self._done(name, params, token)
            await asyncio.sleep(fault.delay)
            return self._respond(name, result)
        await asyncio.sleep(fault.delay)
        if fault.page is not None:
            return self._page(fault, name, params, token)
        if fault.error or fault.status:
            result = {"ok": False, "error": fault.error or "ratelimited"}
            self.calls.add(ApiCall(name, params, self.workspace.clock.now(), None))
            return _failed(fault, result)
        if fault.fault == "drop-before":
            self.calls.add(ApiCall(name, params, self.workspace.clock.now(), None))
            self.drop(request)
            return Response(status_code=500)
        result = self._done(name, params, token)
        if fault.fault == "drop-after":
            self.drop(request)
        return self._respond(name, result)

    def _page(self, fault: Fault, name: str, params: Json, token: str) -> Response:
        if fault.fault == "drop-after":
            self._done(name, params, token)
        else:
            self.calls.add(ApiCall(name, params, self.workspace.clock.now(), None))
        return Response(fault.page, fault.status or 200, media_type="text/html")

    def _respond(self, name: str, result: Json) -> Response:
        method = METHODS.get(name)
        headers = {"x-oauth-scopes": ",".join(sorted(self.workspace.manifest.scopes))}
        headers["x-accepted-oauth-scopes"] = ",".join(method.scopes) if method else ""
        return JSONResponse(result, headers=headers)

    def _done(self, name: str, params: Json, token: str) -> Json:
        """Do it, under the lock, and remember it."""
        with self.workspace.lock:
            try:
                result = self._run(name, params, token)
            except SlackRefusal as refusal:
                result = refusal.as_answer()
            answer: Json = json.loads(json.dumps(result))
            self.calls.add(ApiCall(name, params, self.workspace.clock.now(), answer))
        return answer

    def _run(self, name: str, params: Json, token: str) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackRefusal("unknown_method", req_method=name)
        self._authorize(method, token)
        scopes = self.workspace.manifest.scopes
        call = Call(self.workspace, params, self.base_url, self.new_socket_url, scopes)
        call.need(*method.scopes)
        return method.run(call)

    def _authorize(self, method: Method, token: str) -> None:
        if method.caller == "none":
            return
        if not token:
            raise SlackRefusal("not_authed")
        if token not in {self.bot_token, self.app_token}:
            raise SlackRefusal("invalid_auth")
        if token != (self.app_token if method.caller == "app" else self.bot_token):
            raise SlackRefusal("not_allowed_token_type")


def _whole(body: bytes) -> Receive:
    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _at_once(answering: Coroutine[Any, Any, Response]) -> Response:
    """What a coroutine gives that waits for nothing."""
    try:
        answering.send(None)
    except StopIteration as ended:
        answer: Response = ended.value
        return answer
    answering.close()
    raise RuntimeError("the answer has to be waited for")


def _failed(fault: Fault, result: Json) -> Response:
    if fault.status is None:
        return JSONResponse(result)
    if fault.status == 429:
        return JSONResponse(
            result, 429, headers={"Retry-After": str(1 if fault.retry_after is None else fault.retry_after)}
        )
    if fault.status >= 500:
        return Response("<html>Server Error</html>", fault.status, media_type="text/html")
    return JSONResponse(result, fault.status)


async def _params(request: Request) -> Json:
    """Query, form, multipart or JSON arguments; raises ValueError when JSON is announced and none comes."""
    params: Json = dict(request.query_params)
    body, kind = await request.body(), request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        data = json.loads(body or b"{}")
        if not isinstance(data, dict):
            raise ValueError("the arguments must be an object")
        return params | data
    if kind.startswith("multipart/form-data"):
        return params | {part.name: part.text for part in read_parts(kind, body) if part.filename is None}
    return params | dict(parse_qsl(body.decode(), keep_blank_values=True))


def _token(request: Request, params: Json) -> str:
    """The token of the header or the arguments; it leaves the arguments, so that no record holds it."""
    field = params.pop("token", "")
    header = request.headers.get("authorization", "")
    return header[len("Bearer ") :].strip() if header.startswith("Bearer ") else str(field)
