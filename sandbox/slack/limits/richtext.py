"""Rich text. Source: Slack's "Rich text block" page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.limits.checks import Check, Shape, anything, array, boolean, integer, one_of, string, typed

_STYLE = Shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)


def _part(required: dict[str, Check], **optional: Check) -> Shape:
    return Shape(required, {"style": _STYLE, **optional})


_PARTS: dict[str, Check] = {
    "text": _part({"text": string(40_000, 0)}),
    "link": _part({"url": string(3000)}, text=string(40_000, 0), unsafe=boolean),
    "emoji": _part({"name": string(255)}, unicode=string(255), skin_tone=integer(1, 6)),
    "user": _part({"user_id": string(255)}),
    "usergroup": _part({"usergroup_id": string(255)}),
    "channel": _part({"channel_id": string(255)}),
    "team": _part({"team_id": string(255)}),
    "broadcast": _part({"range": one_of("here", "channel", "everyone")}),
    "date": _part(
        {"timestamp": integer(0, 9_999_999_999), "format": string(255)}, url=string(3000), fallback=string(255)
    ),
    "color": _part({"value": string(255)}),
}

_LINE = {"elements": array(typed(_PARTS), 10_000, 0)}
_BORDER: dict[str, Check] = {"border": integer(0, 1)}

_SECTION: Check = Shape(_LINE)
_RICH: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": Shape(_LINE, _BORDER),
    "rich_text_preformatted": Shape(
        {"elements": array(typed(_PARTS, {"text", "link"}), 10_000, 0)}, {**_BORDER, "language": string(255)}
    ),
    "rich_text_list": Shape(
        {
            "style": one_of("bullet", "ordered"),
            "elements": array(typed({"rich_text_section": _SECTION}), 10_000, 0),
        },
        {**_BORDER, "indent": integer(0, 8), "offset": integer(0, 10_000)},
    ),
}


def rich_text(value: Any, at: str) -> Iterator[str]:
    """A rich_text block or cell."""
    yield from Shape({"elements": array(typed(_RICH), 10_000, 0)}, {"block_id": anything})(value, at)
