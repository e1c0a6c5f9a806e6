"""The text after `/org` becomes an operation and its values. Pure; whatever is typed gives a Command or a ParseError."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from approvals.slack.blocks import clean, shorten
from handlers.declared import Value, chosen, fields_of, flags_of, missing, nearest
from handlers.query_names import ALIASES, WORDS, meant, only_looks
from handlers.typed import UnreadableError, Word, spaced, undone, words
from operations.core.base import Operation
from operations.core.fields import FieldKind, OperationField
from operations.core.registry import by_name
from operations.core.visible import BLANK

FORM, HELP, BREAK_GLASS = "--form", "--help", "--break-glass"
MANY = tuple(kind for kind in FieldKind if kind.many)
WHOLE = (FieldKind.EMAIL, FieldKind.CHOICE, FieldKind.DOCUMENT)  # Of which no value has a blank outside of quotes.
QUERIES = (*WORDS, *ALIASES)


@dataclass(frozen=True)
class Given:
    """What was given so far: values by field name (a list for tags), the reason, and whether it shall act at once.

    `after` is what the buttons of the request carry whose end offered this one.
    """

    values: dict[str, Value] = field(default_factory=dict)
    reason: str = ""
    break_glass: bool = False
    after: str = ""


@dataclass(frozen=True)
class Command:
    """A command that could be read. `form` asks for the form and `help` for the help of the operation."""

    operation: type[Operation]
    given: Given
    form: bool = False
    help: bool = False

    def complete(self) -> bool:
        """Whether all that the operation requires is given."""
        return not missing(self.operation, self.given.values)

    def wants_form(self) -> bool:
        """Whether the form opens: asked for, or something is missing, or nothing but the operation was typed."""
        return self.form or not self.complete() or not (self.given.values or self.given.reason)


class ParseError(Exception):
    """A command that cannot be read: one plain sentence, and what was understood until then, or the query that was meant."""

    def __init__(
        self, message: str, operation: type[Operation] | None = None, given: Given | None = None, query: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.query = query
        self.given = given or Given()


def split(text: str) -> tuple[str, str]:
    """The first word, folded to lower case, and the rest, both as they were meant. Raises ParseError."""
    try:
        pieces = undone(text).split(maxsplit=1)
    except UnreadableError as error:
        raise ParseError(str(error)) from error
    word, rest = (*pieces, "", "")[:2]
    return clean(word).strip("`").casefold(), rest


def operation_named(word: str, rest: str, others: Iterable[str] = QUERIES) -> type[Operation]:
    """The operation of this name or alias; raises ParseError with the nearest one, or the nearest of `others`.

    `rest` is what follows: names have two words, which people part by a space as well. Whoever wants to look at something is
    led to no change.
    """
    known = by_name()
    if word in known:
        return known[word]
    if word in QUERIES:
        raise ParseError(
            f"`{meant(word)}` only shows something: it changes nothing and needs no approval. "
            "`/org help` shows what there is."
        )
    joined = "-".join([word, *rest.split()[:1]]).casefold()
    choices = [*(() if only_looks(word) else known), *others]
    near = meant(joined if joined in choices else nearest(word, choices))
    guess = f" Did you mean `{near}`?" if near else ""
    said = f"there is no operation “{shorten(word, 60)}”.{guess} `/org help` shows what there is."
    raise ParseError(said, known.get(near), query=near if near in QUERIES else "")


def read(operation: type[Operation], rest: str) -> Command:
    """The values that the flags in `rest` give; raises ParseError, which carries what was understood."""
    reader = _Reader(operation)
    try:
        return reader.read(words(rest))
    except UnreadableError as error:
        raise ParseError(str(error), operation) from error
    except ParseError as error:
        raise ParseError(error.message, operation, reader.given()) from error


def parse(text: str, others: Iterable[str] = QUERIES) -> Command:
    """The whole text after `/org`, when it begins with an operation; raises ParseError, as `operation_named`."""
    word, rest = split(text)
    return read(operation_named(word, rest, others), rest)


class _Reader:
    """Goes through the words once; `_open` is the flag that waits for its value, `_last` the one before this word, and
    `_more` says that a comma has announced one more of a list. `_ended` says that the value before this word is whole, so that
    a word without a flag is the next field that is needed.
    """

    def __init__(self, operation: type[Operation]) -> None:
        self._operation = operation
        self._flags = flags_of(operation)
        self._values: dict[str, Value] = {}
        self._switches: set[str] = set()
        self._open: OperationField | None = None
        self._last: OperationField | None = None
        self._more = False
        self._ended = True

    def read(self, typed: list[Word]) -> Command:
        for word in typed:
            flag = word.flag()
            if flag:
                self._close()
                self._flag(flag, word.value())
            else:
                self._value(word)
        self._close()
        return Command(self._operation, self.given(), form=FORM in self._switches, help=HELP in self._switches)

    def given(self) -> Given:
        values = {name: value for name, value in self._values.items() if name != "reason" and value}
        return Given(values, str(self._values.get("reason", "")).strip(BLANK), BREAK_GLASS in self._switches)

    def _flag(self, name: str, value: Word | None) -> None:
        self._more = False
        if name in (FORM, HELP, BREAK_GLASS):
            self._switches.add(name)
            return
        found = self._flags.get(name)
        if found is None:
            raise ParseError(self._unknown(name))
        self._open = found
        if value is not None:
            self._value(value)

    def _unknown(self, name: str) -> str:
        near = nearest(name, self._flags)
        known = ", ".join(f"`{field.flag.names[0]}`" for field in fields_of(self._operation))
        way_out = f"Did you mean `{near}`?" if near else f"It takes {known}."
        return f"`{self._operation.name}` has no flag {shorten(name, 60)}. {way_out}"

    def _value(self, word: Word) -> None:
        if self._open is None:
            self._further(word)
            return
        if self._open.flag.kind.many:
            self._items(self._open, word)
            return
        found, self._open, self._last = self._open, None, self._open
        self._ended = word.quoted or found.flag.kind in WHOLE
        if found.name in self._values:
            raise ParseError(f"`{found.flag.names[0]}` is given twice; give it once.")
        text = word.text
        self._values[found.name] = text if found.flag.kind is FieldKind.DOCUMENT else chosen(found, spaced(text))

    def _items(self, field: OperationField, word: Word) -> None:
        """One or more of a list, which people part by blanks, by commas, or by both."""
        item, self._more = spaced(word.item()), word.commas > 0
        if not item and self._more:
            return
        self._open, self._last, self._ended = None, field, False
        given = list(self._values.get(field.name, ()))
        if given and _is_second_half(given[-1], item):
            item = f"{given.pop()},{item}"
        pieces = item.split(",") if field.flag.kind is FieldKind.ACCOUNTS else [item]
        self._values[field.name] = [*given, *(piece.strip() for piece in pieces if piece.strip())]

    def _further(self, word: Word) -> None:
        """A word that follows a finished value: one more of a list, the next field that is needed, or a mistake."""
        kind = self._last.flag.kind if self._last else None
        announced = kind in MANY and (self._more or word.goes_on())
        if self._last and (announced or kind is FieldKind.ACCOUNTS or (kind is FieldKind.TAGS and "=" in word.text)):
            self._items(self._last, word)
            return
        needed = missing(self._operation, self._values)
        if not needed or not self._ended or self._forgot_dashes(word):
            raise ParseError(self._stray(shorten(word.text, 60)))
        self._open = needed[0]
        self._value(word)
        self._ended = True

    def _forgot_dashes(self, word: Word) -> bool:
        """Whether a word without a flag is the name of one."""
        field = self._flags.get(f"--{word.text.casefold()}")
        return not word.quoted and field is not None and field.name not in self._values

    def _stray(self, text: str) -> str:
        near = nearest(f"--{text}", self._flags)
        if near and near.strip("-")[:1] == text[:1].casefold():
            return f"“{text}” belongs to no flag. Did you mean `{near}`?"
        if self._last:
            flag = self._last.flag.names[0]
            return f'“{text}” belongs to no flag. If it is part of {flag}, put the whole value in quotes: {flag} "… {text}"'
        known = ", ".join(f"`{field.flag.names[0]}`" for field in fields_of(self._operation))
        return f"“{text}” belongs to no flag. `{self._operation.name}` takes {known}."

    def _close(self) -> None:
        """Nothing may be waiting for its value when the next flag begins."""
        if self._open is None:
            return
        flag = self._open.flag
        example = flag.choices[0].value if flag.choices else flag.placeholder
        such = f", such as {flag.names[0]} {example}" if example else ""
        raise ParseError(f"`{flag.names[0]}` ({flag.label}) has no value behind it; give one{such}.")


def _is_second_half(first: str, second: str) -> bool:
    """Whether a tag in the AWS CLI's spelling was typed with a blank in its middle: `Key=owner, Value=web`."""
    return first.startswith("Key=") and "," not in first and second.startswith("Value=")
