"""Names, numbers and times as they stand in sentences, and what people may have meant by a name that is not there. Pure.

Slack waits for the answer meanwhile, so that of tens of thousands of names only the most promising are compared in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from heapq import nlargest
from typing import TypeVar

MOST = 3
COMPARED = 50
ALIKE = 0.6  # difflib's own measure of a close match.
SHORTEST = 3  # Shorter words are held by nearly everything.
LONGEST = 128  # Of a longer path its end tells more.
T = TypeVar("T")


def did_you_mean(labels: Sequence[str]) -> str:
    """`Did you mean web, shop or audit?`; empty where there is nothing that may have been meant."""
    *others, last = labels or [""]
    return f"Did you mean {' or '.join([*([', '.join(others)] if others else []), last])}?" if last else ""


def nearest(wanted: str, known: Iterable[tuple[str, T]]) -> list[T]:
    """The three things whose names are most alike, the best first: those that hold the wanted one or are held by it, then the
    close matches.
    """
    word = wanted.strip().casefold()[-LONGEST:]
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    folded = [(name.casefold()[-LONGEST:], thing) for name, thing in known]
    promising = nlargest(COMPARED, folded, key=lambda one: _held(word, one[0]) or _shared(pairs, one[0]))
    scored = [(_held(word, name) or SequenceMatcher(None, name, word).ratio(), thing) for name, thing in promising]
    return [thing for _, thing in nlargest(MOST, filter(_is_alike, scored), key=lambda one: one[0])]


def _is_alike(scored: tuple[float, object]) -> bool:
    return scored[0] >= ALIKE


def _held(word: str, name: str) -> float:
    """1 to 2 when one of the two is a part of the other, the more the better it fills it; else 0."""
    if word in name and len(word) >= SHORTEST:
        return 1 + len(word) / len(name)
    return 1 + len(name) / len(word) if name in word and len(name) >= SHORTEST else 0


def _shared(pairs: list[str], name: str) -> float:
    """How many of a word's neighbouring letters a name has, in relation to its length; below 1."""
    return sum(map(name.__contains__, pairs)) / (len(pairs) + len(name) + 1)


def listed(items: Sequence[str], most: int = 8) -> str:
    """The first few of many in one line, and how many more there are."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more:,} more" if more > 0 else "")


def joined(items: Iterable[str], word: str = "and") -> str:
    """All of them within a sentence: `a`, `a and b`, `a, b and c`; with `or` in place of `and` where one is to be chosen."""
    *most, last = [*items] or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def spread(items: Sequence[T], most: int, say: Callable[[T], str] = str) -> list[str]:
    """The first few in words, each for a line of its own, and how many more there are."""
    more = len(items) - most
    return [*map(say, items[:most]), *([f"and {more:,} more"] if more > 0 else [])]


def counted(number: int, one: str, many: str = "") -> str:
    """`1 account`, `2,000 accounts`; `many` where an s does not make it many."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


# A name before its id in brackets, or one that no word looks like: what AWS calls something stays as AWS has it.
NAMED = re.compile(r"\S+ \(|(?!e-mail)[a-z]+[-_.@/:\d]\S")


def capital(sentence: str) -> str:
    """The sentence with a capital at its beginning, unless it begins with a name; the rest of it stays as it is."""
    return sentence if NAMED.match(sentence) else sentence[:1].upper() + sentence[1:]


def uncapital(sentence: str) -> str:
    """The sentence as it goes on after another one's colon."""
    return sentence[:1].lower() + sentence[1:]


SPOKEN = "\u2060"  # Nobody sees it; Slack's messages show a time that has it in the reader's own zone.


def zoned(moment: datetime) -> str:
    """A time within a sentence for people: as `utc`, and marked for `approvals.slack.blocks.escape`."""
    return f"{utc(moment).removesuffix(' UTC')}{SPOKEN} UTC"


def utc(moment: datetime, *, date_only: bool = False) -> str:
    """`2026-11-30 00:41 UTC`, or its date, where Slack cannot show a time in the reader's own zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if date_only else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
