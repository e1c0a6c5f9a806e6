"""Messages, forms and home tabs as a person reads them, in plain text. Pure.

Source: Slack API, "Formatting text for app surfaces", "Block Kit: Blocks", "Block elements".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from sandbox.slack.cast import channels, groups, people
from sandbox.wording import CODE, MARKED, REFERENCE

Block = dict[str, Any]
LABELLED = re.compile(r"(?m)^(\*[^*\n]+\*)\n(?!`)")
NAMES = {
    **{f"@{user.id}": f"@{user.name}" for user in people()},
    **{f"#{channel.id}": f"#{channel.name}" for channel in channels()},
    **{f"!subteam^{group.id}": f"@{group.handle}" for group in groups()},
}
# What is another one in each run, in the order in which they are met: the first account that is made is always the same.
PASSING = {
    "session-token-{:02}": re.compile(r"FQoGZX[A-Za-z0-9+/=]{40,}"),
    "request-id-{:02}": re.compile(r"(?<=request id `)[A-Za-z0-9-]+(?=`)"),
    "secret-{:02}": re.compile(
        r"(?<![A-Za-z0-9/+=])(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
    ),
    "1000000000{:02}": re.compile(r"(?<![0-9a-f.])(?!(?:([1-7])\1{11}|123456789012)(?!\d))\d{12}(?![0-9a-f])"),
    "ou-exam-{:08}": re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"),
    "r-ex{:02}": re.compile(r"\br-[0-9a-z]{4,32}\b"),
    "p-example{:02}": re.compile(r"\bp-(?!FullAWSAccess)[0-9a-z]{8,}\b"),
    "o-example{:02}": re.compile(r"\bo-[a-z0-9]{10,32}\b"),
    "h-example{:02}": re.compile(r"\bh-[0-9a-z]{8,32}\b"),
    "car-example{:02}": re.compile(r"\bcar-[0-9a-z]{8,32}\b"),
    "ASIAEXAMPLE{:02}": re.compile(r"\bA[SK]IA[0-9A-Z]{12,}\b"),
    "digest-{:02}": re.compile(r"(?<=digest )`?[0-9a-f]{12}`?"),
    "00000000-0000-0000-0000-0000000000{:02}": re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    "key-{:02}": re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{16,64}\b"),
}


def plainly(text: str) -> str:
    """mrkdwn as it is read: names instead of ids, labels instead of links, no marks; emoji keep their names."""
    pieces = [piece if CODE.fullmatch(piece) else MARKED.sub(r"\2", piece) for piece in CODE.split(text)]
    named = REFERENCE.sub(lambda found: _named(found[1], found[2]), "".join(pieces))
    return named.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u2060", "")


def _named(target: str, label: str | None) -> str:
    return NAMES.get(target) or label or target


def message(body: Block) -> list[str]:
    """The lines of a message; what a notification says stands first, where the message does not begin with it."""
    lines = [line for block in body.get("blocks") or () for line in block_lines(block)]
    text = plainly(body.get("text", "")).splitlines()
    shown = " ".join(lines)
    return (
        lines
        if lines and all(line in shown for line in text)
        else [*(f"(notification) {line}" for line in text), *lines]
        if lines
        else text
    )


def view(body: Block) -> list[str]:
    """The lines of a form or a home tab, with its buttons."""
    lines = [line for block in body["blocks"] for line in block_lines(block)]
    title = [f"== {_text(body['title'])} =="] if "title" in body else []
    buttons = [f"[{_text(body[name])}]" for name in ("submit", "close") if name in body]
    return [*title, *lines, *([" ".join(buttons)] if buttons else [])]


def block_lines(block: Block) -> Iterator[str]:
    """The lines of one block."""
    kind = block["type"]
    if kind in ("section", "header"):
        yield from (line for found in (block.get("text"), *block.get("fields", ())) if found for line in _lines(found))
        yield from (element_line(block["accessory"]) for _ in range("accessory" in block))
    elif kind == "context":
        yield "  ".join(_text(item) for item in block["elements"])
    elif kind == "actions":
        yield " ".join(map(element_line, block["elements"]))
    elif kind == "input":
        yield from _input(block)
    elif kind == "divider":
        yield "---"
    elif kind == "rich_text":
        yield from _rich(block)
    else:
        yield f"<{kind}> {block.get('alt_text', '')}".strip()


def _lines(text: Block) -> list[str]:
    """A label in bold and what stands beneath it are one line."""
    joined = {**text, "text": LABELLED.sub(r"\1: ", text["text"])} if text["type"] == "mrkdwn" else text
    return _text(joined).splitlines()


def _text(text: Block) -> str:
    return plainly(text["text"]) if text["type"] == "mrkdwn" else str(text.get("text", text.get("alt_text", "")))


def element_line(element: Block) -> str:
    """A button, or a menu with what can be chosen."""
    if element["type"] == "button":
        return f"[{_text(element['text'])}]"
    options = " | ".join(_options(element))
    return f"[{_text(element['placeholder']) if 'placeholder' in element else ''}▾ {options}]".replace("▾ ]", "▾]")


def _options(element: Block) -> Iterator[str]:
    """What can be chosen, with the headline of each group."""
    yield from (_text(option["text"]) for option in element.get("options", ()))
    for group in element.get("option_groups", ()):
        yield f"{_text(group['label'])}: {' | '.join(_text(option['text']) for option in group['options'])}"


def question(element: Block) -> list[str]:
    """What is asked behind a button."""
    asked = element.get("confirm")
    return (
        [
            f"== {_text(asked['title'])} ==",
            *_lines(asked["text"]),
            f"[{_text(asked['confirm'])}] [{_text(asked['deny'])}]",
        ]
        if asked
        else []
    )


def _input(block: Block) -> Iterator[str]:
    element, optional = block["element"], " (optional)" if block.get("optional") else ""
    given = element.get("initial_value") or _chosen(element)
    shown = f": {given}" if given else ""
    yield f"{_text(block['label'])}{optional}{shown}"
    options = " | ".join(_text(option["text"]) for option in element.get("options", ()))
    hints = (
        f"  choices: {options}" if options else "",
        f"  placeholder: {_text(element['placeholder'])}" if "placeholder" in element else "",
        f"  hint: {_text(block['hint'])}" if "hint" in block else "",
    )
    yield from filter(None, hints)


def _chosen(element: Block) -> str:
    chosen = [*element.get("initial_options", ()), *filter(None, [element.get("initial_option")])]
    return ", ".join(_text(option["text"]) for option in chosen)


def _rich(block: Block) -> Iterator[str]:
    for part in block["elements"]:
        text = "".join(item.get("text", "") for item in part["elements"])
        mark = {"rich_text_quote": "> ", "rich_text_preformatted": "| "}.get(part["type"], "")
        yield from (f"{mark}{line}" for line in text.replace("\u2060", "").splitlines())


class Settled:
    """What is another one in each run, replaced by what is the same in each: by the order in which it is first met."""

    def __init__(self) -> None:
        self._met: dict[str, dict[str, str]] = {name: {} for name in PASSING}

    def __call__(self, text: str) -> str:
        for form, pattern in PASSING.items():
            text = pattern.sub(partial(self._of, form), text)
        return text

    def _of(self, form: str, found: re.Match[str]) -> str:
        met = self._met[form]
        return met.setdefault(found[0], form.format(len(met) + 1))
