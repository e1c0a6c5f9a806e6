"""What people type after `/org`, as they meant it: Slack's and the keyboard's rewriting undone, then cut into words.

Source: Slack API, "Formatting text for app surfaces" (Escaping text, Retrieving formatted messages), "Slash commands".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from approvals.slack.blocks import clean, shorten

LONGEST = 8000
LABELLED_LINK = re.compile(r"<[a-z]{2,10}:[^<>|]*\|([^<>|]*)>")
BARE_LINK = re.compile(r"<(?:mailto:)?([^<>|\s@#!]+(?:@[^<>|\s]+)?)>")
DOUBLE = '"“”„‟'  # Keyboards write the curly ones for the straight one.
SINGLE = "'‘’‚‛"  # noqa: RUF001
FRENCH = {
    "«": "»",
    "»": "«",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
}  # By what each is closed, as in French or in German books.
TICK = "`"
QUOTES = f"{DOUBLE}{SINGLE}{''.join(FRENCH)}"
DASHES = "-‐‑‒–—―−"  # noqa: RUF001
BEGINNINGS = tuple(DASHES)

BLANKS = re.compile(r"\s*")
SIMPLE = re.compile(rf"([^\s={QUOTES}{{`]+)(?=\s|\Z)")
PLAIN = re.compile(rf"[^\s={QUOTES}]+=?|=")
STRAIGHT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
CURLY = re.compile(rf"[{DOUBLE}]((?:[^{DOUBLE}\\]|\\.)*)[{DOUBLE}]", re.DOTALL)
SINGLE_QUOTED = re.compile(rf"[{SINGLE}](.*?)[{SINGLE}](?=\s|\Z)", re.DOTALL)
FENCE = "```"
IN_JSON = f"{DOUBLE}{''.join(FRENCH)}"
JSON_PIECE = re.compile(rf"[{{}}]|[{IN_JSON}](?>(?:[^{IN_JSON}\\]|\\.?+)*)([{IN_JSON}]?)", re.DOTALL)
BRACE = re.compile(r"[{}]")
TICKED = re.compile(r"`([^`]+)`(?=[\s,]|\Z)")
WHOLE = re.compile(r"\s*+(`{1,3})(?!`)([^`]*+)\1\s*+")
AGAIN = "/org"
NO_BREAK = str.maketrans(dict.fromkeys("\u00a0\u202f\u2007", " "))
ESCAPED = re.compile(r"\\([\"\\])")


class UnreadableError(ValueError):
    """The text cannot be cut into words; the message says where and what to do."""


@dataclass(frozen=True)
class Word:
    """One word; `quoted` when it began with a quote, so that it is a value even if it begins with dashes; `commas` are those
    at its end outside of quotes, behind which more of a list follows.
    """

    text: str
    quoted: bool = False
    commas: int = 0

    def flag(self) -> str:
        """`--name` when this is a flag (`--Name`, `—name`, `--name=x`), else nothing."""
        text = clean(self.text)
        if self.quoted or not text.startswith(BEGINNINGS):
            return ""
        bare = text.lstrip(DASHES)
        if not bare[:1].isalpha() or text[: len(text) - len(bare)] == "-":
            return ""
        return f"--{bare.partition('=')[0].casefold()}"

    def value(self) -> Word | None:
        """What follows the `=` of a flag; None when there is no `=`."""
        _, sign, value = self.text.partition("=")
        return replace(self, text=value) if sign else None

    def item(self) -> str:
        """The word as one of a list: without the commas that part it from the next and from the one before."""
        text = self.text[: len(self.text) - self.commas]
        return text if self.quoted else text.lstrip(",")

    def goes_on(self) -> bool:
        """Whether it goes on with the list that the word before it belongs to."""
        return not self.quoted and self.text.startswith(",")


def undone(text: str) -> str:
    """The text as it was typed: no links in angle brackets, no escapes, no backticks around all of it, and no `/org` that was
    pasted behind the first. Raises UnreadableError.

    Invisible characters stay: those in a value are refused by name and place, and flags are read without them.
    """
    if len(text) > LONGEST:
        raise UnreadableError(
            f"that is {len(text):,} characters long, and {LONGEST:,} is the most; leave the long values out, and the form asks for them."
        )
    text = LABELLED_LINK.sub(r"\1", text)
    text = BARE_LINK.sub(r"\1", text)
    return _unpasted(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _unpasted(text: str) -> str:
    """A command as it stands in a document: in backticks, and with its own `/org`, whichever of them is outside."""
    for _ in range(2):
        quoted = WHOLE.fullmatch(text)
        text = _behind_command(quoted[2] if quoted else text)
    return text


def _behind_command(text: str) -> str:
    at = _behind_blanks(text, 0)
    while text[at : at + len(AGAIN)].casefold() == AGAIN and not text[at + len(AGAIN) : at + len(AGAIN) + 1].strip():
        at = _behind_blanks(text, at + len(AGAIN))
    return text[at:]


def spaced(text: str) -> str:
    """A value with blanks for the no-break spaces that web pages and French keyboards write."""
    return text.translate(NO_BREAK)


def words(text: str) -> list[Word]:
    """The words of an undone text; raises UnreadableError for a quote that nobody closes.

    A quote opens at the beginning of a word or after `=`, and a single one closes at the end of a word, so that
    apostrophes and inches need no care. A JSON document or a fenced block needs no quotes: it ends where it is closed.
    """
    found: list[Word] = []
    at, documents = 0, _Documents(text)
    while (at := _behind_blanks(text, at)) < len(text):
        simple = SIMPLE.match(text, at)  # Most words are: this spares the steps below, while Slack waits.
        if simple:
            found.append(Word(simple[1], commas=_commas(simple[1])))
            at = simple.end()
        else:
            quoted = text[at] in QUOTES or documents.ticked(at) is not None
            begun, (word, at) = at, _word(text, at, documents)
            found.append(Word(word, quoted, _commas(text[begun:at])))
    return found


def _behind_blanks(text: str, at: int) -> int:
    blanks = BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _commas(typed: str) -> int:
    """How many commas stand at the end, where a closing quote would stand behind those within it."""
    return len(typed) - len(typed.rstrip(","))


def _word(text: str, at: int, documents: _Documents) -> tuple[str, int]:
    """The word that begins at `at`, and where it ends."""
    pieces: list[str] = []
    start = at
    while at < len(text) and not text[at].isspace():
        begins = at == start or text[at - 1] == "="
        if begins and text[at] in QUOTES:
            piece, at = _quotation(text, at)
        elif begins and (ticked := documents.ticked(at)):
            piece, at = ticked[1], ticked.end()
        elif begins and (end := documents.end(at)):
            piece, at = text[at:end], end
        else:
            run = PLAIN.match(text, at)
            piece, at = (run[0], run.end()) if run else (text[at], at + 1)
        pieces.append(piece)
    return "".join(pieces), at


class _Documents:
    """Finds where documents and code end. Behind a brace that nobody closes no further object is looked for: each takes the whole
    rest.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._closed = True

    def ticked(self, at: int) -> re.Match[str] | None:
        """The code in backticks that begins here: a value, as quotes would make it; none where nobody closes it. The search for
        the end stops at the next backtick, whatever that is.
        """
        return TICKED.match(self._text, at)

    def end(self, at: int) -> int:
        """Where the fenced block or the JSON object that begins here is closed; 0 when none begins here, or it stays open."""
        if self._text.startswith(FENCE, at):
            closed = self._text.find(FENCE, at + len(FENCE))
            return closed + len(FENCE) if closed > 0 else 0
        if self._text[at] != "{" or not self._closed:
            return 0
        depth = 0
        for brace in self._braces(at):
            depth += 1 if self._text[brace] == "{" else -1
            if depth == 0:
                return brace + 1
        self._closed = False
        return 0

    def _braces(self, at: int) -> Iterator[int]:
        """Where braces stand outside of strings. Behind a quote that nobody closes no later one is closed either."""
        for piece in JSON_PIECE.finditer(self._text, at):
            if piece[0] in ("{", "}"):
                yield piece.start()
            elif not piece[1]:
                yield from (brace.start() for brace in BRACE.finditer(self._text, piece.start()))


def _quotation(text: str, at: int) -> tuple[str, int]:
    """What stands between the quotes. A straight quote is closed by a straight one if there is one, else by a curly one."""
    if text[at] in FRENCH:
        return _in_french(text, at)
    if text[at] in SINGLE:
        found = SINGLE_QUOTED.match(text, at)
    else:
        found = (STRAIGHT.match(text, at) if text[at] == '"' else None) or CURLY.match(text, at)
    if found is None:
        raise _open(text, at)
    return found[1] if text[at] in SINGLE else ESCAPED.sub(r"\1", found[1]), found.end()


def _in_french(text: str, at: int) -> tuple[str, int]:
    """French sets blanks inside of its quotes, which are no part of the value."""
    end = text.find(FRENCH[text[at]], at + 1)
    if end < 0:
        raise _open(text, at)
    return text[at + 1 : end].strip(), end + 1


def _open(text: str, at: int) -> UnreadableError:
    begun = shorten(" ".join(text[at : at + 100].split()), 40)
    return UnreadableError(f"the quote that begins at {begun} is never closed. Put a quote at the end of the value.")
