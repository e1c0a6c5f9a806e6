"""Text from people made safe and short for Slack, times and names as people read them, and the few blocks that everything is built of. Pure.

Source: Slack API, "Formatting text for app surfaces" (Escaping text, Mentioning users and groups), "Block Kit: Blocks" and "Block elements".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from approvals.slack.named import Named

MOST_MENTIONED = 20

Block = dict[str, Any]
SECTION, FIELD, HEADER, BUTTON_TEXT, BUTTON_VALUE, BUTTON_URL = 3000, 2000, 150, 75, 2000, 3000
FIELDS_A_SECTION, CONTEXT_ELEMENTS = 10, 10
MESSAGE, SHORTEST = 12_000, 50
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
FORMATTING = re.compile(r"(?<![^\W_])([*_~])(?=\S)(?=[^\n]*\S\1(?![^\W_]))")  # The opening one of a pair.
EMOJI = re.compile(r"(?<!\w)(?<!\w:):(?=[\w+'-]+:)")  # Not within `arn:aws:iam::…` or 12:30:00, which are copied.
ALIKE = {"*": "∗", "_": "ˍ", "~": "∼"}  # noqa: RUF001  They look the same and format nothing.
MENTION = re.compile("<(?=[!@#])")  # Nothing in rich text; apart for those who copy it elsewhere.
HALF = re.compile(r"&(?:am?p?|lt?|gt?)?\Z")  # The beginning of an escape sequence, where a text was cut.
JOINER = "\u2060"  # Keeps apart what would mean something together; nobody sees it.
INVISIBLE = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0")


def clean(text: str) -> str:
    """The text without characters that are invisible or turn the reading direction; new lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text  # Nearly every text, and Slack waits for the answer meanwhile.
    return "".join(character for character in text if _is_visible(character))


def _is_visible(character: str) -> bool:
    if character in "\n\t":
        return True
    return character not in INVISIBLE and unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def escape(text: str) -> str:
    """Cleaned text that mrkdwn shows as it is: no mention, no link, no emoji by name, nothing bold, slanted or struck out.

    Nobody's text can so look like the bot's own. Single backticks stay, because the bot's sentences name commands in them.
    """
    return EMOJI.sub(f":{JOINER}", FORMATTING.sub(lambda found: ALIKE[found[1]], verbatim(text)))


def verbatim(text: str) -> str:
    """The same for inside a block of code, where signs of formatting mean nothing and are copied."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("``", f"`{JOINER}`")


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut; an escape sequence is never cut in two."""
    if len(text) <= limit:
        return text
    return HALF.sub("", text[: limit - 1]) + "…"


def section(mrkdwn: str) -> Block:
    """A section of mrkdwn text, at most 3,000 characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": shorten(mrkdwn, SECTION)}}


def context(*mrkdwn: str) -> Block:
    """Small grey text, at most ten pieces; Slack sets them side by side, so that a dot parts them."""
    parted = [*mrkdwn[:1], *(f"·  {text}" for text in mrkdwn[1:CONTEXT_ELEMENTS])]
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shorten(text, FIELD)} for text in parted]}


def header(text: str) -> Block:
    """A headline in plain text, at most 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": shorten(clean(text), HEADER), "emoji": False}}


def divider() -> Block:
    """A line between blocks."""
    return {"type": "divider"}


def fields(pairs: Mapping[str, str]) -> list[Block]:
    """Labels and values in two columns, ten a section; labels and values come from people and are escaped here."""
    texts = [f"*{escape(label)}*\n{escape(value) or '-'}" for label, value in pairs.items()]
    shown = [{"type": "mrkdwn", "text": shorten(text, FIELD)} for text in texts]
    starts = range(0, len(shown), FIELDS_A_SECTION)
    return [{"type": "section", "fields": shown[start : start + FIELDS_A_SECTION]} for start in starts]


def code(text: str) -> str:
    """A block of code to copy, as mrkdwn."""
    return f"```\n{shorten(verbatim(text), 2800)}\n```"


def quoted(title: str, text: str) -> Block:
    """What somebody has written freely, as a quotation beneath a title: Slack formats nothing in it, whatever it holds.

    Source: Slack API, "Block Kit: Rich text block" (rich_text_quote).
    """
    apart = MENTION.sub(f"<{JOINER}", clean(text).replace("``", f"`{JOINER}`"))
    shown = shorten(apart, SECTION)
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": title, "style": {"bold": True}}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": shown}]},
        ],
    }


def confirm(title: str, text: str, ok: str, cancel: str, style: str = "") -> Block:
    """A confirmation dialog for a button; `style` is that of its first button, primary or danger."""
    made: Block = {
        "title": _plain(title, CONFIRM_TITLE),
        "text": _plain(text, CONFIRM_TEXT),
        "confirm": _plain(ok, CONFIRM_BUTTON),
        "deny": _plain(cancel, CONFIRM_BUTTON),
    }
    return made | ({"style": style} if style else {})


def button(text: str, action_id: str, value: str, *, style: str | None = None, confirm: Block | None = None) -> Block:
    """A button that carries `value` back to the bot; `style` is primary or danger."""
    made = {"type": "button", "text": _plain(text, BUTTON_TEXT), "action_id": action_id, "value": value[:BUTTON_VALUE]}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def url_button(text: str, action_id: str, url: str) -> Block:
    """A button that opens a link; Slack tells the bot of the press as well."""
    return {"type": "button", "text": _plain(text, BUTTON_TEXT), "action_id": action_id, "url": url[:BUTTON_URL]}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shorten(clean(text), limit), "emoji": False}


def fit(blocks: list[Block], most: int = MESSAGE) -> list[Block]:
    """The blocks with their longest texts cut until all together fit into one message; code to copy is never cut.

    Slack refuses longer messages with msg_blocks_too_long, at about 13,200 characters, far below its documented limits.
    """
    texts = [item for block in blocks for item in _texts(block)]
    while sum(len(item["text"]) for item in texts) > most:
        cuttable = [item for item in texts if "```" not in item["text"] and len(item["text"]) > SHORTEST]
        if not cuttable:
            break
        longest = max(cuttable, key=lambda item: len(item["text"]))
        longest["text"] = shorten(longest["text"], max(len(longest["text"]) * 2 // 3, SHORTEST))
    return blocks


def _texts(block: Block) -> Iterator[Block]:
    for item in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            yield item
        elif isinstance(item, dict) and item.get("type", "").startswith("rich_text"):
            yield from _texts(item)


def mentions(named: Iterable[str], without: Collection[str] = ()) -> str:
    """The people and groups as mrkdwn that notifies them, e-mails as text; empty when nobody is left."""
    called = [_mention(name) for name in named if name not in without]
    more = len(called) - MOST_MENTIONED
    return ", ".join(called[:MOST_MENTIONED]) + (f" and {more} more" if more > 0 else "")


def _mention(name: str) -> str:
    named = Named(name)
    if named.is_address:
        return escape(name)
    return f"<!subteam^{name}>" if named.is_group else f"<@{name}>"


def span(time: timedelta) -> str:
    """A length of time, roughly: `40 minutes`, `4 hours`, `3 days`."""
    minutes = max(int(time.total_seconds() // 60), 1)
    count, unit = (
        (minutes, "minute") if minutes < 90 else (minutes // 60, "hour") if minutes < 2880 else (minutes // 1440, "day")
    )
    return f"{count} {unit}{'' if count == 1 else 's'}"


def ago(then: datetime, now: datetime) -> str:
    """How long ago, roughly: `just now`, `3 min ago`, `2 h ago`, `5 days ago`."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


def packed(lines: Iterable[str], *, between: str = "\n") -> list[Block]:
    """As few sections as hold the lines of mrkdwn; no line is cut unless it alone is too long."""
    texts: list[str] = []
    for line in lines:
        short = shorten(line, SECTION)
        if texts and len(texts[-1]) + len(between) + len(short) <= SECTION:
            texts[-1] += between + short
        elif short.strip():
            texts.append(short)
    return [section(text) for text in texts]
