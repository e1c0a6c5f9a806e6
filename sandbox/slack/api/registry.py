"""Which methods there are, the scopes they need, and the arguments they are called with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.slack.errors import SlackRefusal, invalid_arguments

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call: the workspace, the arguments, and the server's own address (for URLs in answers)."""

    workspace: Workspace
    args: Json
    base_url: str
    new_socket_url: Callable[[], str]
    scopes: frozenset[str]

    def text(self, name: str, default: str = "") -> str:
        """An argument as text, whatever JSON type it came as."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """An argument that must be there; raises invalid_arguments as Slack does."""
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean, which arrives as true, "true", 1 or "1"."""
        value = self.args.get(name)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int, most: int) -> int:
        """A count between 1 and `most`; raises invalid_arguments when it is none."""
        try:
            value = int(self.text(name, str(default)))
        except ValueError:
            raise invalid_arguments(f"[ERROR] must be an integer [json-pointer:/{name}]") from None
        return max(1, min(value or default, most))

    def data(self, name: str, bad: str) -> Any:
        """A structure: JSON already, or a JSON string; raises SlackRefusal `bad` when it cannot be read."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackRefusal(bad) from None

    def need(self, *scopes: str) -> None:
        """Hold the bot to its scopes (any of these will do); raises missing_scope with needed and provided."""
        if scopes and not self.scopes.intersection(scopes):
            raise SlackRefusal("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.scopes)))

    def page(self, entries: Iterable[Any], default: int = 100, most: int = 1000) -> tuple[list[Any], Json]:
        """A page by `cursor` and `limit`, with the response_metadata that leads to the next; raises invalid_cursor."""
        everything = list(entries)
        cursor = self.text("cursor")
        if cursor and not cursor.removeprefix("next:").isdigit():
            raise SlackRefusal("invalid_cursor")
        start = int(cursor.removeprefix("next:")) if cursor else 0
        end = start + self.number("limit", default, most)
        following = f"next:{end}" if end < len(everything) else ""
        return everything[start:end], {"next_cursor": following}


@dataclass(frozen=True)
class Method:
    """A Web API method."""

    name: str
    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    caller: Literal["bot", "app", "none"] = "bot"


METHODS: dict[str, Method] = {}


@dataclass(frozen=True)
class method:  # noqa: N801 - It is used as a decorator.
    """Declares a function as a Web API method; any one of the scopes is enough."""

    name: str
    scopes: tuple[str, ...] = field(default=())
    caller: Literal["bot", "app", "none"] = "bot"

    def __call__(self, run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[self.name] = Method(self.name, run, self.scopes, self.caller)
        return run
