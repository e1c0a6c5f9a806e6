"""What the panel reads and does, under /sandbox/panel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.aws.calls import Call
from sandbox.aws.faults import is_change
from sandbox.panel import organization
from sandbox.panel.buttons import answer_invitation, buttons
from sandbox.panel.keeper import Keeper
from sandbox.panel.scenes import SCENES, SECONDS_A_WORD, Theatre

Json = dict[str, Any]
MOST_CALLS = 60
ABOUT = ("AccountName", "Name", "AccountId", "ResourceId", "TargetId", "OrganizationalUnitId", "RoleName", "RoleArn")
"""The parameters that say best what a call is about, the best first."""
OUTCOMES = {"drop-after": "done, answer lost"}
"""How people read the faults that the buttons plan."""


class PanelApi:
    """GET tells how everything stands; POST presses a button, answers an invitation or plays a scene."""

    def __init__(self, keeper: Keeper, pause: float = SECONDS_A_WORD) -> None:
        self._keeper = keeper
        self._buttons = {button.name: button for button in buttons()}
        self._theatre = Theatre(keeper, pause)

    def routes(self) -> list[BaseRoute]:
        """Both."""
        return [Route("/sandbox/panel", self.show, methods=["GET"]), Route("/sandbox/panel", self.do, methods=["POST"])]

    def show(self, request: Request) -> Response:
        """Everything; the tree is left out where its `mark` is the one that the page has."""
        tree = organization.tree()
        mark = hashlib.sha256(json.dumps(tree).encode()).hexdigest()[:12]
        known = request.query_params.get("mark") == mark
        stage = self._theatre.stage
        return JSONResponse(
            {
                "bot": self._keeper.status,
                "mark": mark,
                "tree": None if known else tree,
                "calls": self._calls(reads=bool(request.query_params.get("reads"))),
                "buttons": [
                    {"name": one.name, "label": one.label, "on": one.is_on(self._keeper) if one.is_on else None}
                    for one in self._buttons.values()
                ],
                "invitations": organization.invitations(),
                "scenes": [{"name": scene.name, "label": scene.label} for scene in SCENES],
                "playing": self._theatre.is_busy,
                "lines": [asdict(line) for line in stage.lines] if stage else [],
            }
        )

    def _calls(self, *, reads: bool) -> list[Json]:
        """The newest calls, the newest last; those that only look are left out unless they are wanted."""
        found = [call for call in self._keeper.place.aws.calls if reads or is_change(call.operation)]
        return [_call(call) for call in found[-MOST_CALLS:]]

    async def do(self, request: Request) -> Response:
        """`{"press": name}`, `{"accept": id}`, `{"decline": id}` or `{"play": name}`; what was done, for people."""
        body = await request.json()
        doings: dict[str, Callable[[str], str]] = {
            "press": lambda name: self._buttons[name].press(self._keeper),
            "accept": lambda which: answer_invitation(self._keeper, which, accept=True),
            "decline": lambda which: answer_invitation(self._keeper, which, accept=False),
            "play": self._play,
        }
        try:
            [kind] = doings.keys() & body.keys()
            return JSONResponse({"ok": True, "said": await run_in_threadpool(doings[kind], body[kind])})
        except (KeyError, ValueError, LookupError):
            return JSONResponse({"ok": False, "error": "there is no such button, invitation or scene now"}, 404)

    def _play(self, name: str) -> str:
        self._theatre.play(name)
        return ""


def _call(call: Call) -> Json:
    return {
        "at": call.at.timestamp(),
        "service": call.service,
        "operation": call.operation,
        "about": next((str(call.params[key]) for key in ABOUT if key in call.params), ""),
        "outcome": OUTCOMES.get(call.outcome, call.outcome),
        "changes": is_change(call.operation),
    }
