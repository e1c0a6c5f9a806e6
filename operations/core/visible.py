"""What nobody sees in a text: found by place and name, so that nothing is sent to AWS that the card could not show.

A character is invisible here when Unicode says that it controls, formats or separates lines, is private, unassigned or half of
one, or when it is drawn as nothing. Source: Unicode Standard, "General Category Values", "Default_Ignorable_Code_Point";
RFC 8259, "Strings" (escapes).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from operations.core.fields import FieldKind

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
DRAWN_AS_NOTHING = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\ufeff\uffa0\ufffc"
    "\U0001107f\U00013441\U00013442\U00016fe4\U0001d159"
)
SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # Says how the character before it is drawn.
FOR_SYMBOLS = "\ufe0e\ufe0f"  # As text, or as an emoji; the others change nothing in a symbol.
NOT_PLAIN = re.compile(
    "[^ -~]"
)  # All but the ASCII characters that everybody sees; most texts have few of them, or none.
LINES = "\n\t"
BLANK = " \t\r\n"  # At the ends of a text, where it is taken off.
MARK = "\ufeff"  # The byte order mark, with which some editors begin a file; it is taken off.
LONG = (FieldKind.LONG_TEXT, FieldKind.DOCUMENT)
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u(?=[dD][c-fC-F])([0-9a-fA-F]{4}))?|(.))", re.DOTALL)
SHORT_ESCAPES = {"b": "\b", "f": "\f", "r": "\r"}
NAMES = {"\r": "CARRIAGE RETURN", "\n": "LINE FEED", "\t": "TAB", "\x00": "NULL"}


class InvisibleError(ValueError):
    """A text holds a character that nobody sees; the text of the error says where, which, and what to do."""


def is_visible(character: str) -> bool:
    """Whether people see the character; a line end and a tab are seen by what they do."""
    if character in LINES:
        return True
    return character not in DRAWN_AS_NOTHING and unicodedata.category(character) not in UNSEEN


def check(value: Any, kind: FieldKind) -> None:
    """Raises InvisibleError when a field's value (a text, or texts in a list or a mapping) holds what nobody sees.

    A new line or a tab may stand in a long text or a document, and between the items that a form gives as lines.
    """
    if isinstance(value, str):
        _check_text(value, kind, "", lines=kind in LONG or kind.many)
        return
    for number, text in enumerate(_texts(value), 1):
        _check_text(text, kind, f"value {number}, ", lines=False)


def _texts(value: Any) -> Iterator[str]:
    """All texts in it, however deep, a mapping's keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts([part for pair in value.items() for part in pair])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts(item)


def _check_text(text: str, kind: FieldKind, where: str, *, lines: bool) -> None:
    if text.isascii() and text.isprintable() and kind is not FieldKind.DOCUMENT:
        return  # Nearly every text, and Slack waits for the answer meanwhile.
    allowed = LINES if lines else ""
    for at, character in (*_unseen(text, kind, allowed), *(_escapes(text) if kind is FieldKind.DOCUMENT else ())):
        raise InvisibleError(
            f"{where}{_place(text, at, lines=lines)} holds an invisible character, {spelled(character)}. Remove it."
        )


def _unseen(text: str, kind: FieldKind, allowed: str) -> Iterator[tuple[int, str]]:
    begin, end = len(text) - len(text.lstrip(BLANK)), len(text.rstrip(BLANK))
    if kind is FieldKind.DOCUMENT and text.startswith(MARK):
        begin = max(begin, 1)
    for found in NOT_PLAIN.finditer(text, begin, end):
        at, character = found.start(), found.group()
        if character in allowed or (character == "\r" and allowed and text[at + 1 : at + 2] == "\n"):
            continue
        if character in LINES or not is_visible(character) or _selects_nothing(text, at):
            yield at, character


def _selects_nothing(text: str, at: int) -> bool:
    """A sign that says how the one before is drawn, where it changes nothing that people see."""
    if not SELECTOR.match(text, at):
        return False
    return text[at] not in FOR_SYMBOLS or at == 0 or unicodedata.category(text[at - 1]) != "So"


def _escapes(document: str) -> Iterator[tuple[int, str]]:
    r"""Characters that a JSON document writes as escapes: `\u00ad` is a soft hyphen once it is read."""
    for found in ESCAPED.finditer(document):
        first, second, short = found.groups()
        character = SHORT_ESCAPES.get(short or "", "") if not first else _unescaped(first, second)
        if character and character not in LINES and (not is_visible(character) or SELECTOR.match(character)):
            yield found.start(), character


def _unescaped(first: str, second: str | None) -> str:
    """One character of one escape, or of the two that make a pair; half a pair stays one."""
    high = int(first, 16)
    if second is None or not 0xD800 <= high <= 0xDBFF:
        return chr(high)
    return chr(0x10000 + ((high - 0xD800) << 10) + int(second, 16) - 0xDC00)


def _place(text: str, at: int, *, lines: bool) -> str:
    column = f"column {at - text.rfind(chr(10), 0, at)}"
    return f"line {text.count(chr(10), 0, at) + 1}, {column}" if lines else column


def spelled(character: str) -> str:
    """A character that nobody sees, by its number and its name."""
    name = NAMES.get(character) or unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' {name}' if name else ''}"


DELETE = "\x7f"  # The one ASCII character that JSON takes as it is and nobody sees.


def escaped(document: str) -> str:
    r"""A JSON document in which what nobody sees is written as an escape, such as `\u00ad`; it means the same."""
    if document.isascii() and DELETE not in document:
        return document
    return "".join(
        character if is_visible(character) and not SELECTOR.match(character) else _as_escape(character)
        for character in document
    )


def _as_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
