"""Whether Python's engine needs more than linear time for a regular expression, told from the pattern alone.

The engine tries one way after the other, so that two things cost more: inside of a repetition the same character may be
taken in two ways, from both of which a repetition is reached; and a search fails behind a repetition, to begin again inside
of what it has just gone through. Where this cannot be excluded the pattern is refused, also when it is harmless.
Source: Python documentation, "re"; A. Brüggemann-Klein, "Regular Expressions into Finite Automata" (position automata).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from re import _constants as sre
from re import _parser
from typing import Any

# The characters of a pattern itself, and these, stand for all that a class may take.
SAMPLE = (*range(0x180), *range(0x2000, 0x2070), 0x1F600)
MOST = 1000  # So many times one character may be repeated and still count as a constant.
COPIES = 4  # So many of them stand for all.
ONE = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
DECIDE = (sre.POSSESSIVE_REPEAT, sre.ATOMIC_GROUP)  # They give nothing back of what they have taken.
NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Part:
    """A part of a pattern: the positions that it begins and ends with, and whether it may be empty.

    `sure_ends` and `surely_empty` are the same where nothing that only looks (an anchor, a look-ahead) may still refuse.
    """

    begins: frozenset[int] = NOTHING
    ends: frozenset[int] = NOTHING
    empty: bool = True
    sure_ends: frozenset[int] = NOTHING
    surely_empty: bool = True


LOOK = Part(surely_empty=False)


@dataclass
class Automaton:
    """The positions of one alternative: what each takes, what follows it, which are repeated without bound."""

    flags: int
    alphabet: tuple[int, ...]
    takes: list[int] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)
    loops: set[int] = field(default_factory=set)
    settled: set[tuple[int, int]] = field(default_factory=set)
    hollow: bool = False
    behind: int = 0
    whole: Part = Part()

    def sequence(self, items: Iterable[Any]) -> Part:
        found = Part()
        for item in items:
            found = self.joined(found, self.part(*item))
        return found

    def joined(self, one: Part, two: Part) -> Part:
        for position in one.ends:
            self.follow[position] |= two.begins
        return Part(
            one.begins | (two.begins if one.empty else NOTHING),
            two.ends | (one.ends if two.empty else NOTHING),
            one.empty and two.empty,
            two.sure_ends | (one.sure_ends if two.surely_empty else NOTHING),
            one.surely_empty and two.surely_empty,
        )

    def part(self, op: Any, value: Any) -> Part:
        if op in ONE:
            return self.character(self.taken(op, value))
        if op in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
            return self.decided(op, self.sequence, value[3] if op is sre.SUBPATTERN else value)
        if op is sre.BRANCH:
            return _either([self.sequence(items) for items in value[1]])
        if op in REPEATS:
            return self.decided(op, self.repeated, *value)
        if op in (sre.ASSERT, sre.ASSERT_NOT):
            return self.looked(op, *value)
        return LOOK  # An anchor, or a reference to a group.

    def decided(self, op: Any, made: Callable[..., Part], *given: Any) -> Part:
        begin, found = len(self.takes), made(*given)
        self.settled |= {(begin, len(self.takes))} if op in DECIDE else set()
        return found

    def character(self, characters: int) -> Part:
        self.takes.append(characters)
        self.follow.append(set())
        here = frozenset({len(self.takes) - 1})
        return Part(here, here, empty=False, sure_ends=here, surely_empty=False)

    def taken(self, op: Any, value: Any) -> int:
        """The characters of the alphabet that one item takes, a bit for each."""
        if op is sre.ANY:
            return _bits(bool(self.flags & re.DOTALL) or code != ord("\n") for code in self.alphabet)
        items = [(sre.LITERAL, value)] if op in (sre.LITERAL, sre.NOT_LITERAL) else list(value)
        negated = op is sre.NOT_LITERAL or items[0][0] is sre.NEGATE
        return _bits(
            any(_is(code, kind, item, self.flags) for kind, item in items) != negated for code in self.alphabet
        )

    def repeated(self, least: int, most: int, items: Any) -> Part:
        bounded = most is not sre.MAXREPEAT and most <= MOST
        single = _is_one(items)
        least, times = min(least, COPIES), min(most if bounded else least, COPIES) if single else min(least, 1)
        found = Part()
        for number in range(times):
            found = self.joined(found, _perhaps(self.sequence(items), really=number >= least))
        if bounded and (single or most <= 1):
            return found if single or least else _perhaps(self.sequence(items), really=True)
        return self.joined(found, self.looped(items))

    def looped(self, items: Any) -> Part:
        first = len(self.takes)
        body = self.sequence(items)
        inside = set(range(first, len(self.takes)))
        for position in body.ends:
            self.follow[position] |= body.begins
        self.loops |= inside
        self.hollow |= body.empty  # Nothing, taken once more or once less, is one more way each time.
        return _perhaps(body, really=True)

    def looked(self, op: Any, direction: int, items: Any) -> Part:
        if direction < 0:
            if op is sre.ASSERT_NOT and len(items) == 1 and items[0][0] is sre.IN and not self.takes:
                self.behind |= self.taken(*items[0])
            return self.sequence(items) if op is sre.ASSERT and not self.takes else LOOK
        return self.joined(_perhaps(self.sequence(items), really=True), LOOK)

    def reaching(self) -> set[int]:
        """The positions from which a repetition is reached."""
        found, more = set(self.loops), True
        while more:
            added = {at for at, after in enumerate(self.follow) if at not in found and after & found}
            found, more = found | added, bool(added)
        return found

    def _apart(self, one: int, two: int, at: int) -> bool:
        """Whether a possessive repetition or an atomic group has decided between the two."""
        return any(
            (begin <= at < end or end - begin == 1) and (begin <= one < end) != (begin <= two < end)
            for begin, end in self.settled
        )

    def ambiguous(self) -> bool:
        """Whether one character may be taken in two ways wherever a repetition goes on, both of which reach one."""
        reaching = self.reaching()
        return self.hollow or any(
            self.takes[one] & self.takes[two] & self._going_on(at) and not self._apart(one, two, at)
            for at in self.loops
            for one in self.follow[at] & reaching
            for two in self.follow[at] & reaching
            if one < two
        )

    def _going_on(self, at: int) -> int:
        """The characters with which a repetition comes back to where it is."""
        found = 0
        for after in self.follow[at]:
            found |= self.takes[after] if at in self.reached(after) else 0
        return found

    def reached(self, at: int) -> set[int]:
        seen, found = {at}, [at]
        while found:
            after = self.follow[found.pop()] - seen
            seen |= after
            found += after
        return seen

    def begins_again(self) -> bool:
        """Whether a search that fails behind a repetition may begin again inside of what was repeated."""
        return any(not self._cannot_begin(at) for at in self.loops if self._may_fail(at))

    def _may_fail(self, at: int) -> bool:
        return not self.reached(at) <= self.whole.sure_ends

    def _cannot_begin(self, at: int) -> bool:
        """Every match holds, at a fixed distance from its beginning, what the repetition doesn't take."""
        if not self.takes[at] & ~self.behind:
            return True
        here = set(self.whole.begins)
        while here and not self.whole.empty:
            if not any(self.takes[position] & self.takes[at] for position in here):
                return True
            if here & (self.loops | self.whole.ends):
                return False
            here = set().union(*(self.follow[position] for position in here))
        return False


def _bits(codes: Iterable[bool]) -> int:
    return sum(1 << number for number, here in enumerate(codes) if here)


def _perhaps(part: Part, *, really: bool) -> Part:
    return Part(part.begins, part.ends, empty=True, sure_ends=part.sure_ends) if really else part


def _either(parts: list[Part]) -> Part:
    return Part(
        frozenset().union(*(part.begins for part in parts)),
        frozenset().union(*(part.ends for part in parts)),
        any(part.empty for part in parts),
        frozenset().union(*(part.sure_ends for part in parts)),
        all(part.surely_empty for part in parts if part.empty),
    )


def _is(code: int, kind: Any, item: Any, flags: int) -> bool:
    if kind is sre.CATEGORY:
        return re.match(CATEGORIES[item], chr(code), flags & re.ASCII) is not None
    low, high = item if kind is sre.RANGE else (item, item) if kind is sre.LITERAL else (1, 0)
    folded = {code, *((ord(chr(code).lower()[0]), ord(chr(code).upper()[0])) if flags & re.IGNORECASE else ())}
    return any(low <= one <= high for one in folded)


CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}


def groups_repeated_possessively(pattern: str, flags: int = 0) -> bool:
    """Whether it has a `(...)*+`, `(...)++` or `(...)?+`, of which Python before 3.11.5 keeps the beginning of what did not fit.

    `(?>(...)*)` is the same, and right there too. Source: CPython, issue 106052.
    """
    return any(
        op is sre.POSSESSIVE_REPEAT and not _is_one(value[2]) for op, value in _parts(_parser.parse(pattern, flags))
    )


def _is_one(items: Any) -> bool:
    """Whether this takes one character, whichever."""
    return len(items) == 1 and items[0][0] in ONE


def _parts(found: Any) -> Iterator[tuple[Any, Any]]:
    """Each part of a parsed pattern, those within others too."""
    for one in found if isinstance(found, (list, tuple, _parser.SubPattern)) else ():
        if isinstance(one, tuple) and len(one) == 2:
            yield one
        yield from _parts(one)


def complaint(pattern: str, flags: int = 0, *, searched: bool) -> str:
    """Why the pattern may take more than linear time; empty when it doesn't. `searched` when it isn't only matched at one place."""
    parsed = _parser.parse(pattern, flags)
    flags, alphabet = parsed.state.flags, (*SAMPLE, *{ord(character) for character in pattern} - {*SAMPLE})
    items = list(parsed)
    alternatives = items[0][1][1] if len(items) == 1 and items[0][0] is sre.BRANCH else [items]
    for alternative in alternatives:
        made = Automaton(flags, alphabet)
        made.whole = made.sequence(alternative)
        if made.ambiguous():
            return "one character may be taken in two ways inside of a repetition"
        anchored = bool(alternative) and tuple(alternative[0]) in (
            (sre.AT, sre.AT_BEGINNING_STRING),
            (sre.AT, sre.AT_BEGINNING),
        )
        if searched and not anchored and made.begins_again():
            return "a search may fail behind a repetition and begin again inside of it"
    return ""
