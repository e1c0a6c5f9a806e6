"""Where each element of a JSON text stands: line, column and offset, as Access Analyzer tells them.

Source: IAM Access Analyzer API Reference, "Span" (lines from 1, columns and offsets from 0).
"""

from __future__ import annotations

import json
import re
from typing import Any

Path = tuple[str | int, ...]
BLANK = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+')


class Located:
    """A JSON text, its `value`, and the start and end of each element by its path; raises json.JSONDecodeError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.value: Any = json.loads(text)
        self.spans: dict[Path, tuple[int, int]] = {}
        self._walk((), self.value, 0)

    def span(self, path: Path) -> dict[str, Any]:
        """The Span structure of an element; of the nearest element above it where there is none."""
        while path not in self.spans:
            path = path[:-1]
        start, end = self.spans[path]
        return {"start": position(self.text, start), "end": position(self.text, end)}

    def _walk(self, path: Path, value: Any, at: int) -> int:
        start = self._skip(at)
        if isinstance(value, dict):
            end = self._walk_object(path, start)
        elif isinstance(value, list):
            end = self._walk_array(path, value, start)
        else:
            end = self._scalar_end(start)
        self.spans[path] = (start, end)
        return end

    def _walk_object(self, path: Path, start: int) -> int:
        at = self._skip(start + 1)
        while self.text[at] != "}":
            key_end = self._scalar_end(at)
            key = json.loads(self.text[at:key_end])
            start_of_value = self._skip(self._skip(key_end) + 1)
            # Asked of the text, because of a key that comes twice `value` has the last one only.
            member, _ = json.JSONDecoder().raw_decode(self.text, start_of_value)
            at = self._next(self._walk((*path, key), member, start_of_value))
        return at + 1

    def _walk_array(self, path: Path, value: list[Any], start: int) -> int:
        at = self._skip(start + 1)
        index = 0
        while self.text[at] != "]":
            at = self._next(self._walk((*path, index), value[index], at))
            index += 1
        return at + 1

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at] == "," else at

    def _skip(self, at: int) -> int:
        found = BLANK.match(self.text, at)
        return found.end() if found else at

    def _scalar_end(self, at: int) -> int:
        found = SCALAR.match(self.text, at)
        return found.end() if found else at


def position(text: str, offset: int) -> dict[str, int]:
    """The Position structure of an offset."""
    before = text[:offset]
    return {"line": before.count("\n") + 1, "column": offset - (before.rfind("\n") + 1), "offset": offset}
