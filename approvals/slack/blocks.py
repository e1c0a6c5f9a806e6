"""Text from people made safe and short for Slack, times and names as people read them, and the few blocks that everything is built of. Pure.

Source: Slack API, "Formatting text for app surfaces" (Escaping text, Mentioning users and groups), "Block Kit: Blocks" and "Block elements".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from approvals.slack.named import Named
from operations.core.visible import is_visible
from operations.snapshot.names import SPOKEN, counted, listed, utc

MOST_MENTIONED = 20

Block = dict[str, Any]
SECTION, FIELD, HEADER, BUTTON_TEXT, BUTTON_VALUE, BUTTON_URL = 3000, 2000, 150, 75, 2000, 3000
FIELDS_A_SECTION, CONTEXT_ELEMENTS = 10, 10
MESSAGE, SHORTEST = 12_000, 50
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
PLACEHOLDER, ALT_TEXT, OPTION = 150, 2000, 75
OPENING = re.compile(r"(?<![^\W_])([*_~])(?=\S)")
CLOSING = re.compile(r"(?<=\S)([*_~])(?![^\W_])")
EMOJI = re.compile(r"(?<!\w)(?<!\w:):(?=[\w+'-]+:)")  # Not within `arn:…:iam::…` or 12:30:00, which are copied.
ALIKE = {"*": "∗", "_": "ˍ", "~": "∼"}  # noqa: RUF001  They look the same and format nothing.
MENTION = re.compile("<(?=[!@#])")  # Nothing in rich text; apart for those who copy it elsewhere.
HALF = re.compile(r"&(?:am?p?|lt?|gt?)?\Z")  # The beginning of an escape sequence, where a text was cut.
PREFORMATTED = "rich_text_preformatted"
SPOKEN_TIME = re.compile(rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d){SPOKEN} UTC")
JOINER = "\u2060"  # Keeps apart what would mean something together; nobody sees it.


def clean(text: str) -> str:
    """The text without characters that are invisible or turn the reading direction; new lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text  # Nearly every text, and Slack waits for the answer meanwhile.
    return "".join(character for character in text if is_visible(character))


def escape(text: str) -> str:
    """Cleaned text that mrkdwn shows as it is: no mention, no link, no emoji by name, nothing bold, slanted or struck out.

    Nobody's text can so look like the bot's own. Single backticks stay, because the bot's sentences name commands in them.
    """
    escaped = EMOJI.sub(f":{JOINER}", "\n".join(map(_unformatted, verbatim(text).split("\n"))))
    return _dated(escaped, SPOKEN_TIME.findall(text)) if SPOKEN in text else escaped


def _dated(text: str, times: Sequence[str]) -> str:
    """With Slack's own dates in place of the times that the bot's sentences name."""
    for time in times:
        moment = datetime.strptime(time, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        text = text.replace(f"{time} UTC", slack_date(moment))
    return text


def _unformatted(line: str) -> str:
    """The line with each sign replaced that opens a pair: one that closes it stands behind it, with something between."""
    last = {found[1]: found.start() for found in CLOSING.finditer(line)}
    return OPENING.sub(lambda found: ALIKE[found[1]] if last.get(found[1], 0) > found.end() else found[1], line)


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
    return {"type": "header", "text": plain(text, HEADER)}


def picture(file: str, says: str) -> Block:
    """An image that Slack keeps as a file of the bot's own; `says` is for those who don't see it.

    Source: Slack API, "Block Kit: Image block" (messages, modals, home tabs), "Slack file object".
    """
    return {"type": "image", "slack_file": {"id": file}, "alt_text": shorten(says, ALT_TEXT)}


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


def preformatted(title: str, text: str) -> Block:
    """A text as it is, beneath a title where there is one: Slack formats nothing in it, and nothing in it is escaped or cut.

    Source: Slack API, "Block Kit: Rich text block" (rich_text_preformatted).
    """
    heading = {"type": "rich_text_section", "elements": [{"type": "text", "text": title, "style": {"bold": True}}]}
    shown = {"type": PREFORMATTED, "elements": [{"type": "text", "text": clean(text)}]}
    return {"type": "rich_text", "elements": [*([heading] if title else []), shown]}


def confirm(title: str, text: str, ok: str, cancel: str, style: str = "") -> Block:
    """A confirmation dialog for a button; `style` is that of its first button, primary or danger."""
    made: Block = {
        "title": plain(title, CONFIRM_TITLE),
        "text": plain(text, CONFIRM_TEXT),
        "confirm": plain(ok, CONFIRM_BUTTON),
        "deny": plain(cancel, CONFIRM_BUTTON),
    }
    return made | ({"style": style} if style else {})


def button(text: str, action_id: str, value: str, *, style: str | None = None, confirm: Block | None = None) -> Block:
    """A button that carries `value` back to the bot; `style` is primary or danger."""
    made = {"type": "button", "text": plain(text, BUTTON_TEXT), "action_id": action_id, "value": value[:BUTTON_VALUE]}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def url_button(text: str, action_id: str, url: str) -> Block:
    """A button that opens a link; Slack tells the bot of the press as well."""
    return {"type": "button", "text": plain(text, BUTTON_TEXT), "action_id": action_id, "url": url[:BUTTON_URL]}


def menu(action_id: str, placeholder: str, options: list[Block]) -> Block:
    """A menu beside buttons, which tells the bot of a choice at once."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, PLACEHOLDER),
        "options": options,
    }


def grouped_menu(action_id: str, placeholder: str, groups: Mapping[str, list[Block]]) -> Block:
    """The same with its options beneath headlines."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, PLACEHOLDER),
        "option_groups": [{"label": plain(label, OPTION), "options": options} for label, options in groups.items()],
    }


def actions(*elements: Block) -> list[Block]:
    """A row of buttons and menus; nothing where there are none."""
    return [{"type": "actions", "elements": list(elements)}] if elements else []


def plain(text: str, limit: int) -> Block:
    """Plain text, at most `limit` characters, in which nothing becomes an emoji."""
    return {"type": "plain_text", "text": shorten(clean(text), limit), "emoji": False}


def fallback(blocks: Iterable[Block]) -> str:
    """The sections' texts, for notifications and screen readers."""
    return shorten("\n".join(block["text"]["text"] for block in blocks if "text" in block) or "orgbot", 2900)


def fit(blocks: list[Block], most: int = MESSAGE) -> list[Block]:
    """The blocks with their longest texts cut until all together fit into one message; code is never cut.

    Slack refuses longer messages with msg_blocks_too_long, at about 13,200 characters, far below its documented limits.
    """
    texts = [item for block in blocks for item in _texts(block)]
    code = {id(item) for block in blocks for item in _preformatted(block)}
    while sum(len(item["text"]) for item in texts) > most:
        long = [item for item in texts if len(item["text"]) > SHORTEST and id(item) not in code]
        cuttable = [item for item in long if "```" not in item["text"]]
        if not cuttable:
            break
        longest = max(cuttable, key=lambda item: len(item["text"]))
        longest["text"] = shorten(longest["text"], max(len(longest["text"]) * 2 // 3, SHORTEST))
    return blocks


def _preformatted(block: Block) -> Iterator[Block]:
    for item in block.get("elements", []):
        if item.get("type") == PREFORMATTED:
            yield from item["elements"]


def _texts(block: Block) -> Iterator[Block]:
    for item in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            yield item
        elif isinstance(item, dict) and item.get("type", "").startswith("rich_text"):
            yield from _texts(item)


def mentions(named: Iterable[str], without: Collection[str] = ()) -> str:
    """The people and groups as mrkdwn that notifies them, e-mails as text; empty when nobody is left."""
    return listed([_mention(name) for name in named if name not in without], MOST_MENTIONED)


def _mention(name: str) -> str:
    named = Named(name)
    if named.is_address:
        return escape(name)
    return f"<!subteam^{name}>" if named.is_group else f"<@{name}>"


def slack_date(moment: datetime | None, *, seconds: bool = False, none: str = "") -> str:
    """A time in the reader's own zone, as Slack shows it; `none` when there is none.

    Source: Slack API, "Formatting text for app surfaces" (Date formatting).
    """
    if moment is None:
        return none
    time = "{time_secs}" if seconds else "{time}"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {time}|{utc(moment)}>"


def span(time: timedelta) -> str:
    """A length of time, roughly: `40 minutes`, `4 hours`, `3 days`."""
    minutes = max(int(time.total_seconds() // 60), 1)
    if minutes < 90:
        return counted(minutes, "minute")
    return counted(minutes // 60, "hour") if minutes < 2880 else counted(minutes // 1440, "day")


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
