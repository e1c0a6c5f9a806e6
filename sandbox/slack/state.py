"""What is filled in: the state of inputs as Slack sends it, and what its clients refuse before they send a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.limits.elements import every_option
from sandbox.slack.limits.judge import elements_of

Json = dict[str, Any]
Values = dict[str, dict[str, Json]]
REQUIRED = "Please complete this required field."


@dataclass(frozen=True)
class Kept:
    """Under which key an element's state keeps its value, where its initial value stands, and what empty is."""

    key: str
    initial: str
    empty: Any = None


def _menus() -> Iterator[tuple[str, Kept]]:
    for kind in ("static", "external"):
        yield f"{kind}_select", Kept("selected_option", "initial_option")
        yield f"multi_{kind}_select", Kept("selected_options", "initial_options", [])
    for kind, one in (("users", "user"), ("conversations", "conversation"), ("channels", "channel")):
        yield f"{kind}_select", Kept(f"selected_{one}", f"initial_{one}")
        yield f"multi_{kind}_select", Kept(f"selected_{one}s", f"initial_{one}s", [])


KEPT: dict[str, Kept] = {
    **dict(_menus()),
    **{f"{kind}_input": Kept("value", "initial_value") for kind in ("plain_text", "email_text", "url_text", "number")},
    "radio_buttons": Kept("selected_option", "initial_option"),
    "checkboxes": Kept("selected_options", "initial_options", []),
    "datepicker": Kept("selected_date", "initial_date"),
    "timepicker": Kept("selected_time", "initial_time"),
    "datetimepicker": Kept("selected_date_time", "initial_date_time"),
    "rich_text_input": Kept("rich_text_value", "initial_value"),
    "file_input": Kept("files", "", []),
}


@dataclass(frozen=True)
class Place:
    """An element with its block."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """The block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """The element's id."""
        return str(self.element.get("action_id", ""))

    @property
    def type(self) -> str:
        """The element's type."""
        return str(self.element["type"])

    @property
    def is_required(self) -> bool:
        """Whether a form cannot be sent without it."""
        return self.block["type"] == "input" and not self.block.get("optional", False)


def places(blocks: list[Json]) -> list[Place]:
    """Every element that a person can use."""
    return [Place(block, element) for block in blocks for element in elements_of(block) if "action_id" in element]


def find(blocks: list[Json], block_id: str, action_id: str) -> Place | None:
    """The element with these ids."""
    for place in places(blocks):
        if (place.block_id, place.action_id) == (block_id, action_id):
            return place
    return None


def filled(blocks: list[Json], given: Values) -> Values:
    """The whole state: what was filled in, else the initial value, else empty; buttons have none."""
    state: Values = {}
    for place in places(blocks):
        kept = KEPT.get(place.type)
        if kept is None:
            continue
        entry = given.get(place.block_id, {}).get(place.action_id, {})
        value = entry[kept.key] if kept.key in entry else place.element.get(kept.initial, kept.empty)
        if kept.key == "value":
            value = value or None
        state.setdefault(place.block_id, {})[place.action_id] = {"type": place.type, kept.key: value}
    return state


def refused(blocks: list[Json], state: Values) -> dict[str, str]:
    """{block_id: text} for what Slack's clients refuse: empty required inputs, wrong lengths, no address or number."""
    errors = {}
    for place in places(blocks):
        kept = KEPT.get(place.type)
        if kept is None or place.block["type"] != "input":
            continue
        value = state[place.block_id][place.action_id][kept.key]
        trouble = _trouble(place, value)
        if trouble:
            errors[place.block_id] = trouble
    return errors


def _trouble(place: Place, value: Any) -> str | None:
    if value in (None, [], ""):
        return REQUIRED if place.is_required else None
    if isinstance(value, str):
        return _text_trouble(place, value)
    many = place.element.get("max_selected_items")
    if many and len(value) > many:
        return f"Please choose at most {many}."
    return None


def _text_trouble(place: Place, value: str) -> str | None:
    least, most = place.element.get("min_length", 0), place.element.get("max_length", 3000)
    if place.type == "plain_text_input" and not least <= len(value) <= most:
        return f"Please enter {least} to {most} characters."
    if place.type == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "Please enter a valid email address."
    if place.type == "url_text_input" and not re.match(r"https?://\S+", value):
        return "Please enter a valid URL."
    if place.type == "number_input":
        return _number_trouble(place.element, value)
    return None


def _number_trouble(element: Json, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != int(number):
        return "Please enter a whole number."
    low, high = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return None if low <= number <= high else f"Please enter a number between {low:g} and {high:g}."


def not_offered(blocks: list[Json], state: Values) -> str | None:
    """A sentence when a static menu holds an option that it does not offer: no client of Slack sends that."""
    for place in places(blocks):
        if place.type not in {"static_select", "multi_static_select", "radio_buttons", "checkboxes"}:
            continue
        entry = state[place.block_id][place.action_id]
        chosen = entry.get("selected_options") or [entry.get("selected_option")]
        if any(option is not None and option not in every_option(place.element) for option in chosen):
            return f"{place.action_id} has no such option"
    return None


def acted(place: Place, given: Json) -> Json:
    """The entry of `actions`: the element's own words, and the value that the person chose."""
    action: Json = {"type": place.type, "block_id": place.block_id, "action_id": place.action_id}
    for name in ("text", "value", "style", "placeholder", "url"):
        if name in place.element and place.type != "overflow":
            action[name] = place.element[name]
    kept = KEPT.get(place.type)
    key = "selected_option" if place.type == "overflow" else kept.key if kept else ""
    if key:
        action[key] = given.get(key, kept.empty if kept else None)
    return action
