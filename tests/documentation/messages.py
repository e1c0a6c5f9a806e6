"""docs/messages.md: all that people read, as it is played; and the sentences in the code that nobody has played.

`make messages` writes it. Each chapter is played by itself, so that a test says which one is stale.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from sandbox.aws.server import AwsSandbox
from tests.documentation.pages import ROOT
from tests.documentation.playing import Entry, played
from tests.documentation.reading import Settled
from tests.documentation.story import BY_BUTTON, chapters
from tests.harness.aws import running

MADE = "<!-- Made by `make messages`, which plays all of it; what is written here by hand is lost. -->"
HEAD = """# Messages

All that people read, in the order in which it appears: answers, cards, threads, direct messages, forms, refusals and home tabs, as
plain text. Ids, digests and times are the play's own. Of an edited message only what is new (`+`) and what is gone (`-`) is shown. The last chapters have
what people rarely read, each as the bot shows it; the sentences that stand nowhere else come at the end, read from the source, with `{…}` where something is filled in."""
UNPLAYED = "Sentences that stand nowhere else"
FENCE = "````"
# Where sentences for people stand; what `orgbot` prints is another matter.
ROOMS = ("approvals", "handlers", "operations")
NOT_FOR_PEOPLE = ("approvals/models.py",)  # What columns are for.
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|IS NOT NULL|AND NOT|UNIQUE|REPEATABLE READ)\b|status IN")
# What is given to these is for a log, for `orgbot iam-policy`, or for whoever writes an operation.
UNSEEN = {
    "later",
    "look_later",
    "careful",
    "_careful",
    "Permission",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
}
UNSEEN |= {
    "LaterError",
    "NotYetError",
    "UnseenError",
    "SlackAmbiguousError",
    "SlackBusyError",
    "AmbiguousError",
    "Unready",
}
LOGGED = {"debug", "info", "warning", "error", "exception", "critical", "log"}
MARKS = re.compile(r"[*_~`>|\s]+")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
PATTERN = re.compile(r"[\\^]|\(\?")
WORDS = re.compile(r"[A-Za-z][a-z']* +[A-Za-z(]")


def messages() -> str:
    """The whole page."""
    with running() as aws:
        os.environ.update(aws.environment())
        told = {title: chapter(aws, title) for title in chapters()}
    return page(told)


def page(told: dict[str, str]) -> str:
    """The page with these chapters, and what none of them has."""
    parts = [f"## {title}\n\n{FENCE}text\n{text}\n{FENCE}" for title, text in told.items()]
    lines = "\n\n".join(unplayed("\n".join(told.values())))
    return "\n\n".join([MADE, HEAD, *parts, f"## {UNPLAYED}", lines]) + "\n"


def chapter(aws: AwsSandbox, title: str) -> str:
    """One chapter, played now."""
    with played(aws, "reveal" if title == BY_BUTTON else "dm") as play:
        chapters()[title](play)
        entries = play.slack.entries
    settled = Settled()
    return "\n\n".join(settled("\n".join(_written(entry))) for entry in entries)


def _written(entry: Entry) -> Iterator[str]:
    yield entry.head
    yield from (f"    {line}".rstrip() for line in entry.lines)


def written(text: str) -> dict[str, str]:
    """The chapters of a page, as they stand in it."""
    found = re.findall(rf"^## ([^\n]+)\n\n{FENCE}text\n(.*?)\n{FENCE}$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def unplayed(told: str) -> Iterator[str]:
    """For each module its sentences of which a part is in no chapter."""
    shown = _bare(told)
    for module, sentences in sentences_in_code():
        missing = [sentence for sentence in sentences if any(part not in shown for part in _parts(sentence))]
        if missing:
            lines = "\n".join(" ".join(sentence.split()) for sentence in dict.fromkeys(missing))
            yield f"### {module}\n\n{FENCE}text\n{lines}\n{FENCE}"


@cache
def sentences_in_code() -> tuple[tuple[str, list[str]], ...]:
    """Each module with the texts in it that look like sentences, `{…}` where something is filled in."""
    files = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    read = (
        (name, list(_sentences(file))) for file in files if (name := str(file.relative_to(ROOT))) not in NOT_FOR_PEOPLE
    )
    return tuple((name, found) for name, found in read if found)


def _sentences(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    left_out = {id(part) for node in ast.walk(tree) for part in _not_for_people(node)}
    for node in ast.walk(tree):
        if id(node) not in left_out:
            text = _text(node)
            if WORDS.search(PLACEHOLDER.sub("", text)) and not PATTERN.search(text) and not SQL.search(text):
                yield from () if _is_codes(text) else (text,)


def _is_codes(text: str) -> bool:
    """Whether it is a list of codes or of AWS's operations, which nobody reads as a sentence."""
    words = text.split()
    return sum("_" in word or "." in word.strip(".") or word[1:] != word[1:].lower() for word in words) > len(words) / 2


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values)  # type: ignore[misc]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _not_for_people(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, other texts that stand alone, what is logged, and the parts of texts that count as wholes."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGED:
        yield from (part for argument in node.args for part in ast.walk(argument))
    if isinstance(node, ast.Call) and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in UNSEEN:
        yield from ast.walk(node)
    if isinstance(node, ast.JoinedStr):
        yield from (part for value in node.values for part in ast.walk(value) if isinstance(part, ast.Constant))
    if isinstance(node, ast.AnnAssign):
        yield from ast.walk(node.annotation)


def _parts(sentence: str) -> Iterable[str]:
    pieces = (_bare(piece) for line in sentence.splitlines() for piece in PLACEHOLDER.split(line))
    return [piece for piece in pieces if len(piece) > 3]


def _bare(text: str) -> str:
    """Without marks, line ends and capitals, of which a sentence in the code and the same one in a message have others."""
    plain = text.replace("<@", "").replace("<#", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return MARKS.sub(" ", plain).strip().casefold()
