"""What people may have meant by a name that is not there. Pure.

Slack waits for the answer meanwhile, so that of tens of thousands of names only the most promising are compared in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest

MOST = 3
COMPARED = 50
ALIKE = 0.6  # difflib's own measure of a close match.
SHORTEST = 3  # Shorter words are held by nearly everything.
LONGEST = 128  # Of a longer path its end tells more.


def perhaps(wanted: str, known: Iterable[tuple[str, str]]) -> str:
    """`Perhaps: web (111111111111).`, from pairs of a name and how it is shown; empty where no name is alike."""
    found = nearest(wanted, known)
    return f"Perhaps: {', '.join(found)}." if found else ""


def nearest(wanted: str, known: Iterable[tuple[str, str]]) -> list[str]:
    """How the three names most alike are shown, the best first: those that hold the wanted one or are held by it, then the
    close matches.
    """
    word = wanted.strip().casefold()[-LONGEST:]
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    folded = [(name.casefold()[-LONGEST:], shown) for name, shown in known]
    promising = nlargest(COMPARED, folded, key=lambda one: _held(word, one[0]) or _shared(pairs, one[0]))
    scored = [(_held(word, name) or SequenceMatcher(None, name, word).ratio(), shown) for name, shown in promising]
    return [shown for _, shown in nlargest(MOST, filter(_is_alike, scored), key=lambda one: one[0])]


def _is_alike(scored: tuple[float, str]) -> bool:
    return scored[0] >= ALIKE


def _held(word: str, name: str) -> float:
    """1 to 2 when one of the two is a part of the other, the more the better it fills it; else 0."""
    if word in name and len(word) >= SHORTEST:
        return 1 + len(word) / len(name)
    return 1 + len(name) / len(word) if name in word and len(name) >= SHORTEST else 0


def _shared(pairs: list[str], name: str) -> float:
    """How many of a word's neighbouring letters a name has, in relation to its length; below 1."""
    return sum(map(name.__contains__, pairs)) / (len(pairs) + len(name) + 1)


def listed(items: list[str], most: int = 8) -> str:
    """The first few of many, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
