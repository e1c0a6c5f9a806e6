"""Where a text stops being JSON, and what would have to stand there, in words of our own: each Python words it differently. Pure.

It takes linear time whatever the text is. Source: RFC 8259, "The JavaScript Object Notation (JSON) Data Interchange Format".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

BLANK = re.compile(r"[ \t\r\n]*+")
STRING = re.compile(r'"(?>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*)"')
BEGUN = re.compile(r'"(?>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*)')  # A string as far as it is right.
PLAIN = re.compile(r"true|false|null|NaN|-?Infinity|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
CLOSING = {"{": "}", "[": "]"}
NEXT = {"{": "a comma or “}”", "[": "a comma or “]”"}  # What follows a value, by what it stands in.
KEY = "a key in double quotes"
FIRST_KEY, VALUE, FIRST_VALUE, COLON, END = f"{KEY} or “}}”", "a value", "a value or “]”", "a colon", "the end"


@dataclass(frozen=True)
class JsonFault:
    """At `at`, counted from 0, stands what is no JSON; `says` is what is wrong there and the way out."""

    at: int
    says: str

    def told(self, text: str) -> str:
        """As people read it, with its place in the text: `invalid JSON at line 2, column 8: expected a value, found “}”.`"""
        line, column = line_and_column(text, self.at)
        return f"invalid JSON at line {line}, column {column}: {self.says}"


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Where the character at `at` stands, both counted from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def refused_as_json(text: str, at: int) -> str:
    """What people read of a text that a parser refused at `at`, which counts only where nothing is found here."""
    return (json_fault(text) or JsonFault(at, "it can't be read.")).told(text)


def json_fault(text: str) -> JsonFault | None:
    """The first place at which a text is no JSON; None where it is. Numbers that are none (NaN) pass, as Python's parser lets them."""
    walk = _Walk(text)
    while walk.fault is None and not walk.over:
        walk.step()
    return walk.fault


@dataclass
class _Walk:
    """One way through a text, from token to token; `expected` is what may come next."""

    text: str
    at: int = 0
    expected: str = VALUE
    fault: JsonFault | None = None
    inside: list[str] = field(default_factory=list)
    after_comma: int | None = None

    @property
    def over(self) -> bool:
        return self.expected == END and self.at == len(self.text)

    def step(self) -> None:
        found = BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        if self.over:
            return
        here = self.text[self.at : self.at + 1]
        takes = next((take for take in (self._close, self._key, self._value, self._mark) if take(here)), None)
        if takes is None and self.fault is None:
            self.fault = self._unexpected(here)

    def _close(self, here: str) -> bool:
        may = self.expected in {FIRST_KEY, FIRST_VALUE, *NEXT.values()}
        if not (may and self.inside and here == CLOSING[self.inside[-1]]):
            return False
        self.inside.pop()
        return self._past(1, self._then())

    def _key(self, here: str) -> bool:
        return self.expected in {KEY, FIRST_KEY} and here == '"' and self._string(COLON)

    def _value(self, here: str) -> bool:
        if self.expected not in {VALUE, FIRST_VALUE}:
            return False
        if here and here in CLOSING:
            self.inside.append(here)
            return self._past(1, FIRST_KEY if here == "{" else FIRST_VALUE)
        if here == '"':
            return self._string(self._then())
        found = PLAIN.match(self.text, self.at)
        return bool(found) and self._past(len(found[0]) if found else 0, self._then())

    def _mark(self, here: str) -> bool:
        if self.expected == COLON and here == ":":
            return self._past(1, VALUE)
        if self.expected in NEXT.values() and here == ",":
            comma = self.at
            self._past(1, KEY if self.inside[-1] == "{" else VALUE)
            self.after_comma = comma
            return True
        return False

    def _string(self, then: str) -> bool:
        found = STRING.match(self.text, self.at)
        if found:
            return self._past(len(found[0]), then)
        begun = BEGUN.match(self.text, self.at)
        self.fault = _in_string(self.text, self.at, begun.end() if begun else self.at)
        return False

    def _then(self) -> str:
        return NEXT[self.inside[-1]] if self.inside else END

    def _past(self, length: int, then: str) -> bool:
        self.at, self.expected, self.after_comma = self.at + length, then, None
        return True

    def _unexpected(self, here: str) -> JsonFault:
        if self.after_comma is not None and here in CLOSING.values():
            return JsonFault(self.after_comma, f"there is a comma too many before “{here}”. Take it out.")
        return JsonFault(self.at, f"expected {self.expected}, found {shown(here)}.")


def _in_string(text: str, begins: int, at: int) -> JsonFault:
    here = text[at : at + 1]
    if not here:
        return JsonFault(begins, "the text that begins here isn't closed. End it with a double quote.")
    if here == "\\":
        return JsonFault(
            at, "there is a backslash that JSON doesn't know. Write \\\\ for a backslash, \\\" for a quote."
        )
    return JsonFault(at, f"there is {CONTROLS.get(here, 'a control character')} within a text. {_instead(here)}")


CONTROLS = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}


def _instead(here: str) -> str:
    return {"\n": "Write \\n for it, or end the text.", "\t": "Write \\t for it."}.get(here, "Take it out.")


def shown(character: str) -> str:
    """A character as people are told of it, by its name where it looks almost like another or can't be seen."""
    if not character:
        return "the end"
    if character.isascii() and character.isprintable():
        return f"“{character}”" if character != '"' else "a double quote"
    name = unicodedata.name(character, "a character without a name")
    return f"{character} ({name})" if character.isprintable() else name
