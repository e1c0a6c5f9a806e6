"""How the driver finds what a person sees: elements by label or text, options by their text."""

from __future__ import annotations

from typing import Any

from sandbox.slack.limits.elements import every_option
from sandbox.slack.state import Place, places

Json = dict[str, Any]


def words(place: Place) -> list[str]:
    """What a person or a test may call an element: its text, label, action_id, block_id, placeholder, section."""
    element, block = place.element, place.block
    named = [element.get("text"), block.get("label"), element.get("placeholder"), block.get("text")]
    texts = [entry.get("text", "") for entry in named if isinstance(entry, dict)]
    return [*texts, place.action_id, place.block_id]


def named(blocks: list[Json], name: str, where: str, *, buttons: bool = False) -> Place:
    """The one element of that name; AssertionError names those that there are."""
    there = [place for place in places(blocks) if (place.type == "button") == buttons]
    found = [place for place in there if name in words(place)]
    if len(found) == 1:
        return found[0]
    kind = "button" if buttons else "input"
    known = ", ".join(repr(words(place)[0]) for place in there) or "none"
    trouble = f"no {kind} {name!r}" if not found else f"{len(found)} {kind}s are called {name!r}"
    raise AssertionError(f"{trouble} in {where}; there are: {known}")


def option(offered: list[Json], wanted: str, where: str) -> Json:
    """The option with that text or value, or the only one that contains it; AssertionError names what is offered."""
    exact = [entry for entry in offered if wanted in {entry["text"]["text"], entry.get("value")}]
    near = exact or [entry for entry in offered if wanted.lower() in entry["text"]["text"].lower()]
    if len(near) == 1 or exact:
        return near[0]
    known = ", ".join(repr(entry["text"]["text"]) for entry in offered) or "none"
    raise AssertionError(f"{'several options match' if near else 'no option'} {wanted!r} in {where}; offered: {known}")


def static_options(place: Place) -> list[Json]:
    """The options that stand in the block itself."""
    return every_option(place.element)
