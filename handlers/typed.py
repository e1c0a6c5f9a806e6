"""What people type after `/org`, as Slack hands it on: its rewriting undone, then split into words. Pure.

Source: Slack API, "Enabling interactivity with Slash Commands"; Slack Help, "Format your messages" (smart punctuation).
"""

from __future__ import annotations

import re

from approvals.text import clean

LONGEST = 8000
LINK = re.compile(r"<(?:mailto:)?([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>")
QUOTES = str.maketrans(
    {
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u00a0": " ",
        "\u202f": " ",
    }
)
DASHED_FLAG = re.compile(r"(?<!\S)[\u2014\u2013]-?(?=[A-Za-z])")


class ParseError(ValueError):
    """What was typed cannot be understood; the text says where and what to type instead."""


def undo_rewriting(text: str) -> str:
    """The text as it was typed: links, escapes, curly quotes and long dashes turned back; invisible characters removed."""
    if len(text) > LONGEST:
        raise ParseError(
            f"the command has {len(text)} characters; {LONGEST} is the most. Use the form for long values."
        )
    plain = LINK.sub(lambda link: link[2] or link[1], text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").translate(QUOTES)
    return DASHED_FLAG.sub("--", clean(plain))


def words(text: str) -> list[str]:
    """The words, where quotes hold several together; a quote inside a word (O'Brien) is just a character."""
    found: list[str] = []
    rest = text.strip()
    while rest:
        word, rest = _first_word(rest)
        found.append(word)
        rest = rest.lstrip()
    return found


def _first_word(text: str) -> tuple[str, str]:
    pieces: list[str] = []
    position = 0
    while position < len(text) and not text[position].isspace():
        character = text[position]
        opens = character == '"' or (character == "'" and (position == 0 or text[position - 1] == "="))
        if opens:
            piece, position = _quoted(text, position)
        else:
            piece, position = character, position + 1
        pieces.append(piece)
    return "".join(pieces), text[position:]


def _quoted(text: str, start: int) -> tuple[str, int]:
    end = text.find(text[start], start + 1)
    if end < 0:
        raise ParseError(f"a quote is opened and never closed: {text[start : start + 40]} … Add the closing quote.")
    return text[start + 1 : end], end + 1
