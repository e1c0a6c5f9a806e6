"""HCL, in which OpenTofu and Terraform are written: import blocks, resource blocks and their values, as `terraform fmt` lays them out. Pure.

Source: HCL Native Syntax Specification, "Template Expressions" (escapes), "Numeric Literals"; Terraform Language, "Import".
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.core.nesting import load
from operations.core.visible import is_visible

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A sign that begins a template is doubled where one stands whole, such as `${aws:username}`; else, where not every parser would read
# that, its code is written.
TEMPLATE = re.compile(r'(?<![$%])([$%])(?=\{[^{}"\\$%]*\})|([$%])(?=\{)')
PLAIN_KEY = re.compile(r"[A-Z][A-Za-z0-9]*", re.ASCII)  # No keyword begins with a capital; IAM's elements do.
LONGEST_LINE = 100


@dataclass(frozen=True)
class Document:
    """A JSON text where a policy's document stands."""

    text: str

    def value(self) -> Any:
        """What it holds; the text itself where it is no JSON."""
        try:
            return load(self.text)
        except ValueError:
            return self.text


def block(head: str, arguments: Mapping[str, str], comments: Mapping[str, str], *nested: str) -> str:
    """A block with its arguments, which are HCL already, with comments behind some, and with other blocks in it."""
    lines = [*_aligned(arguments, comments), *(["", *_indented(nested)] if nested else [])]
    return "\n".join([f"{head} {{", *(f"  {line}".rstrip() for line in lines), "}"])


def _indented(blocks: Sequence[str]) -> list[str]:
    return [line for one in blocks for line in one.split("\n")]


def _aligned(pairs: Mapping[str, str], comments: Mapping[str, str]) -> list[str]:
    """`key = value` each, the signs of those that stand together beneath one another; what takes several lines stands apart."""
    width, lines = dict[str, int](), list[str]()
    for run in _runs(pairs):
        width |= dict.fromkeys(run, max(map(len, run)))
    for key, value in pairs.items():
        comment = f" # {' '.join(comments[key].split())}" if comments.get(key) else ""
        lines += f"{key:<{width[key]}} = {value}{comment}".split("\n")
    return lines


def _runs(pairs: Mapping[str, str]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for key, value in pairs.items():
        if "\n" in value:
            runs += [[key], []]
        else:
            runs[-1].append(key)
    return [run for run in runs if run]


def value(given: Any) -> str:
    """A text, a list, a mapping, a number, true, false, null or a Document as HCL."""
    if isinstance(given, Document):
        return f"jsonencode({value(given.value())})"
    if isinstance(given, str):
        return quoted(given)
    if isinstance(given, Mapping):
        return _object(given)
    if isinstance(given, list | tuple):
        return _list(given)
    return json.dumps(given)


def quoted(text: str) -> str:
    """The text as a literal in which nothing is a template, and nothing is invisible."""
    return f'"{TEMPLATE.sub(_literally, "".join(map(_escaped, text)))}"'


def _literally(found: re.Match[str]) -> str:
    return found[1] * 2 if found[1] else f"\\u{ord(found[2]):04x}"


def _escaped(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if is_visible(character):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _object(given: Mapping[str, Any]) -> str:
    pairs = {key if PLAIN_KEY.fullmatch(key) else quoted(key): value(item) for key, item in given.items()}
    if not pairs:
        return "{}"
    return "\n".join(["{", *(f"  {line}" for line in _aligned(pairs, {})), "}"])


def _list(given: Sequence[Any]) -> str:
    items = [value(item) for item in given]
    line = f"[{', '.join(items)}]"
    if "\n" not in line and len(line) <= LONGEST_LINE:
        return line
    return "\n".join(["[", *(f"  {line}" for item in items for line in f"{item},".split("\n")), "]"])


def label(name: str, otherwise: str) -> str:
    """A resource's name in the code, made of what people call it; of `otherwise` where no letter of it can be taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return found if found[:1].isalpha() else re.sub(r"[^a-z0-9]+", "_", f"{otherwise}_{found}".casefold()).strip("_")
