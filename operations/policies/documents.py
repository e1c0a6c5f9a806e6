"""A policy document as people give it: read strictly, refused with line and column, and made small.

Source: RFC 8259, "The JavaScript Object Notation"; AWS Organizations User Guide, "Quotas and service limits" (white space
counts where a document comes through the API, so that it is taken out).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from operations.aws.errors import FieldError
from operations.core.json_fault import line_and_column, refused_as_json
from operations.core.nesting import DEEPEST, load, too_deep
from operations.core.visible import escaped
from operations.policies.syntax import How, offset, place, problems
from operations.snapshot.policy_types import label, limits

FENCE = "```"
NEWER = "If AWS has published it since this version of the bot, give `--newer-syntax yes`."
LONGEST_NUMBER = 400  # Digits; far more than any policy has, and than any parser tells apart.
COLON = re.compile(r"\s*:")
FILE_NAME = re.compile(r"[\w./-]+\.json")
ODD = "“”„‟«»\u2039\u203a"  # What keyboards, word processors and web pages write for the straight quote.
FRENCH = "«»\u2039\u203a"  # With blanks within, by the rules of French.
BLANKS = " \t\r\n\u00a0\u202f\u2007"  # No-break spaces too, which are no white space in JSON.
OPENS = re.compile(rf'["{ODD}]')
CLOSES = re.compile(rf'(?<!\\)["{ODD}](?=[{BLANKS}]*+(?:[,:}}\]]|\Z))')
UNESCAPED = re.compile(r'(?<!\\)"')
NO_BREAK = str.maketrans(dict.fromkeys("\u00a0\u202f\u2007", " "))
HINTS = (
    (re.compile(r"\A\s*(https?|file)://", re.IGNORECASE), "That looks like an address: give the document itself."),
    (re.compile(r"[\[{,]\s*'", re.DOTALL), "JSON wants double quotes, no single ones."),
    (re.compile(r"(^|\s)(//|#|/\*)"), "JSON has no comments."),
)


def read_document(text: str, kind: str, field: str = "content") -> str:
    """The document minified, its keys in their order; raises FieldError with line, column and the way out."""
    plain = _unwrapped(text)
    reader = _Reader(plain, field)
    document = reader.read()
    if not isinstance(document, dict):
        raise FieldError(field, f"the document has to be a JSON object, in braces; this is {_named(document)}.")
    small = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    _check_characters(small, field)
    _check_size(small, kind, field)
    return small


def _unwrapped(text: str) -> str:
    """Without a code fence and a byte order mark; with straight quotes and plain blanks where it is JSON with them alone."""
    bare = text.strip()
    fenced = bare.startswith(FENCE) and bare.endswith(FENCE) and len(bare) >= 2 * len(FENCE)
    inside = bare[len(FENCE) : -len(FENCE)].removeprefix("json").strip() if fenced else text
    plain = inside.removeprefix("\ufeff")
    if plain.isascii() or _is_json(plain):
        return plain
    mended = "".join(_mended(plain))
    return mended if _is_json(mended) else plain


def _is_json(text: str) -> bool:
    try:
        load(text)
    except ValueError:
        return False
    return True


def _mended(text: str) -> Iterator[str]:
    """The pieces of a document with each string in straight quotes: one ends at the first quote, of whatever kind, behind which
    JSON goes on.
    """
    at = 0
    while opened := OPENS.search(text, at):
        yield text[at : opened.start()].translate(NO_BREAK)
        closed = CLOSES.search(text, opened.end())
        if closed is None:
            yield text[opened.start() :]
            return
        inside = text[opened.end() : closed.start()]
        yield f'"{_inside(inside.strip(BLANKS) if opened[0] in FRENCH else inside)}"'
        at = closed.end()
    yield text[at:].translate(NO_BREAK)


def _inside(text: str) -> str:
    return UNESCAPED.sub(r"\"", text)


class _Reader:
    """Reads one text; an error names where it is."""

    def __init__(self, text: str, field: str) -> None:
        self._text = text
        self._field = field

    def read(self) -> Any:
        self._check_depth()
        try:
            return json.loads(
                self._text,
                object_pairs_hook=self._pairs,
                parse_constant=self._constant,
                parse_int=self._number(int),
                parse_float=self._number(float),
            )
        except json.JSONDecodeError as error:
            self._refuse_as_json(error)

    def _check_depth(self) -> None:
        """Before it is parsed, because a parser that goes too deep fails in its own way."""
        at = too_deep(self._text)
        if at is not None:
            self._refuse(f"is nested deeper than {DEEPEST} levels", at, " Nest it less deeply.")

    def _number(self, read: Callable[[str], float]) -> Callable[[str], float]:
        """Reads a number that can be written again as it is; others are refused before it is read."""

        def number(digits: str) -> float:
            if len(digits) > LONGEST_NUMBER or math.isinf(found := read(digits)):
                self._refuse(f"has a number that is too large, {digits[:20]}", self._text.find(digits), "")
            return found

        return number

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = next((key for key, times in Counter(key for key, _ in pairs).items() if times > 1), None)
        if twice is not None:
            self._refuse(f"has the key “{twice[:60]}” twice in one object", self._second(twice), " Keep one of them.")
        return dict(pairs)

    def _second(self, key: str) -> int:
        """Where the key stands a second time; exact when it stands twice in all, else near it."""
        first = self._stands(key, 0)
        second = self._stands(key, first + 1)
        return max(second, first, 0)

    def _stands(self, key: str, begin: int) -> int:
        """Where the key stands next, with its colon; -1 where it does not."""
        written = json.dumps(key)
        at = self._text.find(written, begin)
        while at >= 0 and not COLON.match(self._text, at + len(written)):
            at = self._text.find(written, at + 1)
        return at

    def _constant(self, name: str) -> NoReturn:
        self._refuse(f"holds {name}, which JSON does not know", max(self._text.find(name), 0), "")

    def _refuse_as_json(self, error: json.JSONDecodeError) -> NoReturn:
        raise FieldError(self._field, f"{refused_as_json(self._text, error.pos)}{_hint(self._text)}")

    def _refuse(self, what: str, at: int, hint: str) -> NoReturn:
        line, column = line_and_column(self._text, at)
        raise FieldError(self._field, f"the document {what}, at line {line}, column {column}.{hint}")


def _hint(text: str) -> str:
    """What may be meant by a text that is no JSON, as one more sentence."""
    if FILE_NAME.fullmatch(text.strip()):
        return " That looks like a file's name: give the document itself, or the file in the form."
    return next((f" {hint}" for pattern, hint in HINTS if pattern.search(text)), "")


def _named(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def check_syntax(text: str, small: str, kind: str, field: str = "content", *, newer: bool = False) -> None:
    """Raises FieldError for the first thing in a document that AWS would refuse, with its place in the text as given; with `newer`
    what the bot does not know may be there.
    """
    refused = {How.WRONG} if newer else {How.WRONG, How.NEW}
    wrong = next((problem for problem in problems(json.loads(small), kind) if problem.how in refused), None)
    if wrong is None:
        return
    way_out = f" {NEWER}" if wrong.how is How.NEW else ""
    if not wrong.path:
        raise FieldError(field, f"the document of a {label(kind)} {wrong.says}.{way_out}")
    plain = _unwrapped(text)
    line, column = line_and_column(plain, offset(plain, wrong.path))
    raise FieldError(field, f"“{place(wrong.path)[:200]}” (line {line}, column {column}) {wrong.says}.{way_out}")


def _check_characters(small: str, field: str) -> None:
    try:
        small.encode()
    except UnicodeEncodeError as error:
        raise FieldError(field, "the document has half a character in it (a lone surrogate); write it anew.") from error


def _check_size(small: str, kind: str, field: str) -> None:
    most = limits(kind).characters
    if most and len(small) > most:
        raise FieldError(
            field,
            f"the document has {len(small):,} characters without white space, and AWS takes {most:,} for a {label(kind)}. "
            "Shorten it, or make two policies of it.",
        )


def pretty(document: str) -> str:
    """The document as people read it, what nobody sees written as escapes; as it is when it is no JSON."""
    try:
        return escaped(json.dumps(load(document), indent=2, ensure_ascii=False))
    except ValueError:
        return document
