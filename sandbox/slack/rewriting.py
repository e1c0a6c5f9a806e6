"""What Slack makes of a typed command before the app sees it."""

from __future__ import annotations

import re

_OPENING = re.compile(r'(^|[\s(=\[{])"')
_OPENING_SINGLE = re.compile(r"(^|[\s(=\[{])'")
_LINK = re.compile(r"\bhttps?://[^\s<>|]+")
_MAIL = re.compile(r"(?<![\w.+/:-])([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")


def escaped(text: str) -> str:
    """`& < >` as Slack escapes them in every command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def smart(text: str) -> str:
    """What phones and the smart punctuation of keyboards do: curly quotes, a dash for two hyphens, an ellipsis."""
    text = text.replace("--", "—").replace("...", "…")
    text = _OPENING.sub("\\1\N{LEFT DOUBLE QUOTATION MARK}", text).replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")
    text = _OPENING_SINGLE.sub("\\1\N{LEFT SINGLE QUOTATION MARK}", text)
    return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


def linked(text: str) -> str:
    """Addresses become markup: <http://…> and <mailto:a@b|a@b>."""
    text = _LINK.sub(lambda match: f"<{match[0]}>", text)
    return _MAIL.sub(lambda match: f"<mailto:{match[1]}|{match[1]}>", text)


def rewritten(text: str) -> str:
    """All of it, as when a command is typed on a phone."""
    return linked(escaped(smart(text)))
